/// The page as a Mustache template. It is valid as XML and as HTML, and loads nothing.
enum PageTemplate {
    /// What tells a report from other pages.
    static let generator = #"<meta name="generator" content="dtrain report"/>"#

    static let text = """
        {{% CONTENT_TYPE:MARKUP}}<!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        \(generator)
        <title>{{title}}</title>
        <style>
        {{{style}}}
        </style>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
        <h1>{{title}}</h1>
        <p>{{summary}}</p>
        <nav aria-label="Sections"><ul>
        {{#sections}}
        <li><a href="#{{anchor}}">{{title}}</a></li>
        {{/sections}}
        </ul></nav>
        </header>
        <main id="main">
        {{#sections}}
        <section id="{{anchor}}" aria-labelledby="{{anchor}}-title">
        <h2 id="{{anchor}}-title">{{title}}</h2>
        {{#notes}}
        <p class="note">{{.}}</p>
        {{/notes}}
        {{#hasFacts}}
        <dl>
        {{#facts}}
        <div><dt>{{name}}</dt><dd>{{value}}</dd></div>
        {{/facts}}
        </dl>
        {{/hasFacts}}
        {{#hasFigures}}
        <div class="figures">
        {{#figures}}
        <figure>
        <figcaption>{{title}}</figcaption>
        {{#hasLegend}}
        <ul class="legend">
        {{#legend}}
        <li><svg viewBox="0 0 28 10" aria-hidden="true"><line class="curve {{look}}" x1="1" y1="5" x2="27" y2="5"/></svg>{{name}}</li>
        {{/legend}}
        </ul>
        {{/hasLegend}}
        {{{picture}}}
        {{#note}}<p class="note">{{.}}</p>{{/note}}
        </figure>
        {{/figures}}
        </div>
        {{/hasFigures}}
        {{#hasGallery}}
        <ul class="gallery">
        {{#gallery}}
        <li><img src="{{{address}}}" alt="{{description}}"/><span>{{caption}}</span></li>
        {{/gallery}}
        </ul>
        {{/hasGallery}}
        {{#hasTables}}
        <div class="tables">
        {{#tables}}
        <div class="wide" tabindex="0" role="group" aria-label="{{label}}">
        <table>
        {{#caption}}<caption>{{.}}</caption>{{/caption}}
        <thead><tr>{{#head}}<th scope="col">{{.}}</th>{{/head}}</tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row">{{name}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
        {{/rows}}
        </tbody>
        </table>
        </div>
        {{/tables}}
        </div>
        {{/hasTables}}
        {{#folded}}
        <details><summary>{{caption}}</summary>
        <div class="wide" tabindex="0" role="group" aria-label="{{label}}">
        <table>
        <thead><tr>{{#head}}<th scope="col">{{.}}</th>{{/head}}</tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row">{{name}}</th>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
        {{/rows}}
        </tbody>
        </table>
        </div>
        </details>
        {{/folded}}
        {{#listings}}
        <details><summary>{{title}}</summary>
        <pre tabindex="0">{{text}}</pre>
        </details>
        {{/listings}}
        </section>
        {{/sections}}
        </main>
        </body>
        </html>

        """
}
