import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// The page of `dtrain report` in a browser, where Debian's package chromium is installed.
    @Suite struct ReportInABrowser {
        private static let chromium = ["/usr/bin/chromium"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }

        /// What a browser did with a page.
        private struct Visit {
            /// What the page wrote to the console, or failed at.
            var console: [Substring] = []
            /// What the page asked for over the network: not what Chromium asks its makers by itself.
            var requests: Set<String> = []
            /// Pixels of the picture, across and down.
            var size: [Int] = []
        }

        /// Opens a page in a window, with the picture beside it.
        private func visit(_ page: String, width: Int, height: Int) throws -> Visit {
            let (log, picture, profile) = ("\(page).net.json", "\(page)-\(width).png", "\(page).profile")
            let run = try ProcessRun.run(
                try #require(Self.chromium),
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--virtual-time-budget=2000", "--enable-logging=stderr", "--log-net-log=\(log)",
                    "--user-data-dir=\(profile)", "--window-size=\(width),\(height)",
                    "--screenshot=\(picture)",
                    "file://\(page)",
                ], timeLimit: .seconds(120))
            try #require(run.exitCode == 0, "\(run)")
            var visit = Visit()
            visit.console = run.standardError.split(separator: "\n").filter {
                $0.contains(":CONSOLE:") || $0.contains(":CONSOLE(")
            }
            let events = try String(contentsOfFile: log, encoding: .utf8)
            for match in events.matches(of: /"url":"((?:https?|wss?):[^"]*)"/) {
                let url = String(match.output.1)
                let host = URL(string: url)?.host ?? ""
                if !host.hasSuffix("googleapis.com"), !host.hasSuffix("google.com") {
                    visit.requests.insert(url)
                }
            }
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: picture)))
            visit.size = [16, 20].map { place in bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
            return visit
        }

        @Test(.enabled(if: chromium != nil, "Debian's package chromium is not installed"))
        func asksForNothing() throws {
            let data = try TestData()
            defer { data.remove() }
            for (name, rate) in [("one", "0.05"), ("two", "0.1")] {
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", try SameBytes.configuration(data, "cnn"), "--output", data.path(name),
                        "--set",
                        "optimizer.lr=\(rate)",
                    ])
                try #require(run.exitCode == 0, "\(run)")
            }
            for runs in [["one"], ["one", "two"]] {
                let page = data.path("report-\(runs.count).html")
                let made = try DTrainRun.run(0, ["report"] + runs.map(data.path) + ["--output", page])
                try #require(made.exitCode == 0, "\(made)")
                for (width, height) in [(400, 4000), (1200, 2400)] {
                    let visit = try visit(page, width: width, height: height)
                    #expect(visit.console.isEmpty && visit.requests.isEmpty, "\(visit)")
                    #expect(visit.size == [width, height])
                }
            }
            // The control: a page that asks and complains is noticed.
            let page = data.path("report-1.html")
            let text = try String(contentsOfFile: page, encoding: .utf8)
            let bad =
                "<script>console.error('no');</script><img src=\"http://127.0.0.1:9/picture.png\"/></main>"
            try data.write("bad.html", text: text.replacing("</main>", with: bad))
            let visit = try visit(data.path("bad.html"), width: 400, height: 400)
            #expect(
                visit.console.count == 1 && visit.requests == ["http://127.0.0.1:9/picture.png"], "\(visit)")
        }
    }
}
