import Synchronization

@testable import Training

/// A device that keeps what is written, with a width and a clock that tests set.
final class WrittenLines: Sendable {
    private let written = Mutex("")
    private let width: Mutex<Int?>
    private let time = Mutex(100.0)
    private let color: Bool
    /// Called after each write.
    private let onWrite: @Sendable () -> Void

    /// A terminal of so many columns; nil for a file.
    init(columns: Int?, color: Bool = true, onWrite: @escaping @Sendable () -> Void = {}) {
        width = Mutex(columns)
        self.color = color
        self.onWrite = onWrite
    }

    var text: String { written.withLock { $0 } }
    /// Lines that stand in the end, as a person sees them on a terminal that is wide enough, or in a file.
    var lines: [String] {
        text.split(separator: "\n").map { line in
            line.split(separator: "\r").last.map { String($0).replacing("\u{1b}[K", with: "") } ?? ""
        }
    }

    func resize(to columns: Int) { width.withLock { $0 = columns } }
    func pass(seconds: Double) { time.withLock { $0 += seconds } }

    /// A line of progress of a program that started at 100 s.
    func line(_ times: ProgressTimes = ProgressTimes(patience: 2, drawing: 0.1, plain: 30)) -> ProgressLine {
        ProgressLine(device, start: 100, times: times) { [self] in time.withLock { $0 } }
    }

    private var device: LineDevice {
        LineDevice(columns: { [self] in width.withLock { $0 } }, usesColor: color) { [self] text in
            written.withLock { $0 += text }
            onWrite()
        }
    }

    /// What is drawn of a line, without what sets it off, drawing by drawing.
    var drawings: [String] {
        text.split(separator: "\r").compactMap { piece in
            guard piece.hasSuffix("\u{1b}[K"), piece.count > 3 else { return nil }
            return String(piece.dropLast(3)).replacing(/\u{1b}\[[0-9]*m/, with: "")
        }
    }
}
