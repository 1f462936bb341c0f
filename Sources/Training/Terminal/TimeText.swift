/// Times as text for lines of progress.
package enum TimeText {
    /// Seconds since the start as hours, minutes and seconds, such as [00:01:23].
    package static func stamp(_ seconds: Double) -> String {
        let whole = whole(seconds)
        return "[\(padded(whole / 3600)):\(padded(whole / 60 % 60)):\(padded(whole % 60))]"
    }

    /// Seconds as short text, such as 0:42, 3:10 or 2:05:00.
    package static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "–" }
        let whole = whole(seconds)
        return whole < 3600
            ? "\(whole / 60):\(padded(whole % 60))"
            : "\(whole / 3600):\(padded(whole / 60 % 60)):\(padded(whole % 60))"
    }

    /// Seconds in words: 42 s, 3 min 10 s or 2 h 5 min.
    package static func words(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "–" }
        let whole = whole(seconds)
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    private static func whole(_ seconds: Double) -> Int {
        seconds.isFinite ? Int(min(1e9, max(0, seconds)).rounded()) : 0
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
