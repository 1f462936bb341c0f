/// The style sheet of the page: light and dark, for screens, phones and paper.
enum PageStyle {
    /// The number of curve colours: those of Okabe and Ito, which colour-blind readers can tell apart, darkened on
    /// white and lightened on black.
    static let colors = 8

    private static let light = [
        "#0072b2", "#c34a00", "#00795a", "#a8487f", "#8a6d00", "#3b8fc4", "#444444", "#7a4fbf",
    ]
    private static let dark = [
        "#5fb4ea", "#ff9255", "#3ccb9f", "#e79ac4", "#e6c229", "#a3d5f5", "#c8c8c8", "#b79cf0",
    ]

    private static func variables(_ list: [String]) -> String {
        list.enumerated().map { "--c\($0): \($1);" }.joined(separator: " ")
    }

    /// That of a picture which stands alone: on white, and in words that programs know which are no browsers.
    static let picture = """
        text { font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #3d454e; }
        .title { font-size: 16px; font-weight: 600; fill: #1b1f24; }
        .ground { fill: #ffffff; }
        .grid { stroke: #d4d9df; stroke-width: 1; }
        .axis, .edge { stroke: #5a636e; stroke-width: 1; fill: none; }
        .place { stroke: #5a636e; stroke-width: 1; stroke-dasharray: 3 3; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        \(light.enumerated().map { ".c\($0) { stroke: \($1); } .mark.c\($0) { fill: \($1); stroke: none; }" }.joined(separator: "\n"))
        .level { fill: none; stroke: #ffffff; stroke-opacity: 0.75; stroke-width: 1.1; }
        .between { fill: none; stroke: #ffffff; stroke-opacity: 0.45; stroke-width: 0.6; }
        .halo { fill: none; stroke: #ffffff; stroke-width: 4; }
        .cross { fill: none; stroke: #000000; stroke-width: 1.6; }
        .named { fill: #000000; paint-order: stroke; stroke: #ffffff; stroke-width: 3.5px; stroke-linejoin: round; }
        .column rect { fill: none; pointer-events: all; }
        .column .rule, .column .tip { visibility: hidden; }
        .column:focus { outline: none; }
        .column:hover .rule, .column:focus .rule { visibility: visible; stroke: #5a636e; stroke-width: 1; }
        .column:hover .tip, .column:focus .tip { visibility: visible; }
        .tip { fill: #1b1f24; paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; pointer-events: none; }
        """

    /// A rule beside `picture` for a picture with faint curves.
    static let faint = "\n.faint { stroke-width: 1; opacity: 0.45; }"
    /// Rules beside `picture` for a picture with curves that are dashed or dotted.
    static let dashes = "\n.dashed { stroke-dasharray: 7 5; }\n.dotted { stroke-dasharray: 1 5; }"

    static let text = """
        :root { color-scheme: light dark; --back: #ffffff; --front: #1b1f24; --pale: #5a636e; --line: #d4d9df; --panel: #f5f7f9; \(variables(light)) }
        @media (prefers-color-scheme: dark) { :root { --back: #14171b; --front: #e8eaed; --pale: #a5adb7; --line: #3a414a; --panel: #1d2127; \(variables(dark)) } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 84rem; padding: 1rem clamp(0.75rem, 3vw, 2.5rem) 3rem; background: var(--back); color: var(--front); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
        h2 { font-size: 1.25rem; margin: 2.2rem 0 0.7rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
        header p { margin: 0.3rem 0 0.8rem; }
        a { color: var(--c0); }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; }
        nav ul, .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin: 0; padding: 0; }
        .note { color: var(--pale); margin: 0.3rem 0; }
        dl { display: grid; gap: 0.5rem; margin: 0; }
        dl > div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: 0.2rem 1rem; }
        dt { color: var(--pale); }
        dd { margin: 0; white-space: pre-wrap; }
        .tables { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
        .wide { overflow-x: auto; margin: 0.6rem 0; max-width: 100%; }
        table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--pale); padding-bottom: 0.3rem; }
        th, td { padding: 5px 11px; line-height: 24px; text-align: right; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
        td { white-space: nowrap; }
        thead th { font-weight: 600; vertical-align: bottom; color: var(--pale); }
        th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--back); }
        tbody th { font-weight: 500; max-width: 24rem; overflow-wrap: break-word; min-width: 4rem; }
        .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1.2rem; margin: 0.8rem 0; }
        figure { margin: 0; padding: 0.8rem; background: var(--panel); border-radius: 0.5rem; min-width: 0; }
        figcaption { font-weight: 600; margin-bottom: 0.3rem; }
        .legend { font-size: 0.85rem; color: var(--pale); margin-bottom: 0.3rem; }
        .legend svg { width: 1.75rem; height: 0.625rem; margin-right: 0.35rem; vertical-align: middle; }
        figure > svg { display: block; width: 100%; height: auto; }
        svg text { font-size: 13px; fill: var(--pale); }
        .grid { stroke: var(--line); stroke-width: 1; }
        .axis { stroke: var(--pale); stroke-width: 1; }
        .place { stroke: var(--pale); stroke-width: 1; stroke-dasharray: 3 3; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .dashed { stroke-dasharray: 7 5; }
        .dotted { stroke-dasharray: 1 5; stroke-width: 3; }
        .faint { stroke-width: 1; opacity: 0.45; }
        .bar { fill: var(--c0); }
        .bar:hover, .bar:focus { fill: var(--c1); outline: none; }
        \((0..<colors).map { ".part.c\($0) { fill: var(--c\($0)); stroke: none; }" }.joined(separator: " "))
        .dot { fill: var(--c0); fill-opacity: 0.55; }
        .cell .right { fill: var(--c2); }
        .cell .wrong { fill: var(--c1); }
        .cell .on { fill: var(--back); }
        .cell .off { fill: var(--front); }
        .cell:hover rect { stroke: var(--front); }
        .gallery { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1rem; margin: 1rem 0; padding: 0; font-size: 0.85rem; }
        .gallery img { display: block; width: 100%; max-width: 8rem; image-rendering: pixelated; border-radius: 0.3rem; margin-bottom: 0.3rem; }
        .column rect { fill: transparent; }
        .column .rule, .column .tip { visibility: hidden; }
        .column:focus { outline: none; }
        .column:hover .rule, .column:focus .rule { visibility: visible; stroke: var(--pale); stroke-width: 1; }
        .column:hover .tip, .column:focus .tip { visibility: visible; }
        .tip, .cell text { pointer-events: none; }
        svg .tip { fill: var(--front); paint-order: stroke; stroke: var(--panel); stroke-width: 5px; stroke-linejoin: round; }
        details { margin: 0.7rem 0; }
        summary { cursor: pointer; }
        pre { overflow-x: auto; background: var(--panel); padding: 0.8rem; border-radius: 0.5rem; font-size: 0.85rem; }
        :focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
        \((0..<colors).map { ".c\($0) { stroke: var(--c\($0)); } .mark.c\($0) { fill: var(--c\($0)); stroke: none; }" }.joined(separator: "\n"))
        @media (max-width: 32rem) { dl > div { grid-template-columns: 1fr; } h1 { font-size: 1.4rem; } figure { padding: 0.5rem; } }
        @media print { :root { color-scheme: light; --back: #ffffff; --front: #000000; --pale: #333333; --line: #bbbbbb; --panel: #ffffff; \(variables(light)) } nav, .skip { display: none; } body { max-width: none; padding: 0; font-size: 0.8rem; } .figures { grid-template-columns: 1fr 1fr; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } .wide { overflow: visible; } th:first-child { position: static; } }
        """
}
