import Foundation
import Messages

/// A configuration for data that were looked at, to start from: it trains as it stands, and its comments say why it is as
/// it is.
package struct StarterConfiguration {
    /// The configuration, with comments.
    package let yaml: String
    /// What was found and chosen, a line each.
    package let findings: [(title: String, text: String)]

    /// A file as messages and comments name it, and as the configuration does.
    package struct File {
        package let name: String
        package let path: String

        /// A file at `path`, which the configuration calls `written`.
        package init(_ path: String, written: String) {
            name = path.split(separator: "/").last.map(String.init) ?? path
            self.path = path
            self.written = YAMLWriter.string(written)
        }

        let written: String
    }

    /// The lines behind the data: the model, how it is trained, and where results go.
    static func training(
        _ sizes: StarterSizes, layers: [String], loss: String, rate: Double, rateRemark: String, name: String
    ) -> [String] {
        ["model:"] + layers.map { "  - \($0)" } + [
            "loss: \(loss)",
            "optimizer: {name: adam, lr: \(YAMLWriter.number(rate))}  # \(rateRemark)",
            "schedule: cosine  # the rate falls to 0 by the end of the run",
            "training: {epochs: \(sizes.epochs), batch: \(sizes.batch), seed: 0}  # \(counted(sizes.steps, "step")) an epoch, of \(counted(sizes.examples, "training example"))",
            "output: \(YAMLWriter.string("runs/\(name)"))",
        ]
    }

    /// The line that holds examples out, where there is no test set.
    static let validation =
        "  validation: {fraction: \(YAMLWriter.number(heldOut))}  # drawn by training.seed; its metrics say how good the model is"

    /// The fraction of the examples that is held out.
    static let heldOut = 0.2

    /// How many examples are trained on.
    static func trained(of count: Int, hasTest: Bool) -> Int {
        hasTest ? count : max(1, count - Int((heldOut * Double(count)).rounded()))
    }

    /// A number of a file as comments have it, to four digits.
    static func text(_ value: Double) -> String {
        YAMLWriter.number(Double(String(format: "%.4g", value)) ?? value)
    }

    /// Lines as a text. Values are escaped already; comments quote the files, which may hold anything.
    static func text(of lines: [String]) -> String { lines.map { plain($0) + "\n" }.joined() }

    /// A line without the characters that end a line or that YAML does not allow.
    static func plain(_ line: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            let isAllowed =
                ("\u{20}"..."\u{7e}").contains(scalar)
                || scalar.value >= 0xa0 && ![0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff].contains(scalar.value)
            plain.append(isAllowed ? scalar : "?")
        }
        return String(plain)
    }

    /// The first line.
    static func title(_ what: String) -> String {
        "# \(what), written by dtrain init; \"dtrain methods\" lists every key"
    }
}
