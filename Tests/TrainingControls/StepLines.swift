import DistributedTraining
import Foundation

/// A sink of one's own: a file with the number of every logged step on a line.
final class StepLines: RunSink {
    let name = "steps"
    /// Bytes of the file.
    private(set) var position = 0
    private let path: String
    private var file: FileHandle?

    init(path: String) { self.path = path }

    func start(at position: Int) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = FileHandle(forUpdatingAtPath: path)
        let size = try file?.seekToEnd() ?? 0
        try file?.truncate(atOffset: min(UInt64(position), size))
        self.position = Int(try file?.seekToEnd() ?? 0)
        self.file = file
    }

    func take(_ event: RunEvent) {
        guard case .step(let step) = event else { return }
        let line = Data("\(step.step)\n".utf8)
        file?.write(line)
        position += line.count
    }
}
