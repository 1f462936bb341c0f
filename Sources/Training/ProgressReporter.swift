import Datasets
import Foundation
import Glibc

/// What a person sees of a run, on rank 0's standard output: a line per epoch, and on a terminal a bar between.
package final class ProgressReporter {
    private let isTerminal: Bool
    private let isQuiet: Bool
    private var lastDraw = 0.0
    private var hasBar = false

    /// Prints nothing unless `isActive`.
    init(isActive: Bool) {
        isQuiet = !isActive
        isTerminal = Self.writesToTerminal
    }

    /// Whether standard output is a terminal that a person looks at.
    package static var writesToTerminal: Bool {
        // Under mpirun standard output is a terminal without extent, even when it goes to a file.
        var size = winsize()
        return isatty(1) == 1 && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    }

    /// Prints a line, in place of the bar if there is one.
    func line(_ text: String) {
        guard !isQuiet else { return }
        StandardStream.output.write((hasBar ? "\r\u{1b}[K" : "") + text + "\n")
        hasBar = false
    }

    /// Draws the bar, at most ten times a second.
    ///
    /// - Parameters:
    ///   - fraction: The part of the epoch that is done.
    ///   - remaining: Seconds left of the run.
    func bar(
        epoch: Int, epochs: Int, fraction: Double, loss: Double, samplesPerSecond: Double, remaining: Double
    ) {
        guard !isQuiet, isTerminal else { return }
        let now = ProcessInfo.processInfo.systemUptime
        guard now - lastDraw >= 0.1 else { return }
        lastDraw = now
        let width = 24
        let done = min(width, Int(fraction * Double(width)))
        let bar = String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
        let speed = Self.number(samplesPerSecond)
        let text =
            "epoch \(epoch)/\(epochs) \(bar) loss \(Self.fixed(loss, 4))  \(speed) samples/s  "
            + "\(Self.duration(remaining)) left"
        StandardStream.output.write("\r\u{1b}[K" + text)
        hasBar = true
    }

    /// A number with `digits` decimals; nan, inf or -inf where it is none.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : value.plainText
    }

    /// A number with `digits` significant digits; nan, inf or -inf where it is none.
    package static func significant(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)g", value) : value.plainText
    }

    /// A whole number with a comma every three digits.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        var digits = String(Int(max(0, min(value, 1e15))))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    /// Seconds as 42 s, 3 min 10 s or 2 h 5 min.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "–" }
        let whole = Int(max(0, seconds).rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
