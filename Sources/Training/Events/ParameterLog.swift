import DataParallel
import Foundation
import Glibc
import Layers
import Safetensors

/// `path.safetensors`: the trainable parameters at steps of a run, a row for each, so that the way they took can be
/// drawn.
///
/// A safetensors file has each tensor in one piece, so nothing can be appended to it. The run appends rows to path.rows:
/// the number of steps as Int64, then the parameters in the model's order as Float32, all little-endian. A run that is
/// resumed goes on there, and every run that ends writes path.safetensors of all rows.
final class ParameterLog: RunSink {
    /// The most parameters of a model whose parameters are kept.
    static let most = 10_000
    /// The tensor that holds the numbers of steps.
    static let stepsName = "steps"

    let name = RunFolder.pathRowsName
    private let folder: String
    private let variables: [(place: Int, variable: TracedModel.Variable)]
    private let file: AppendedFile
    private let mayWrite: () -> Bool
    /// The step of the last row.
    private var last: Int?
    private var isOpen = false

    /// A log in a run's folder that is not opened yet; see `AppendedFile`.
    init(
        of model: TracedModel, folder: String, mayWrite: @escaping () -> Bool = { true },
        _ warn: @escaping (String) -> Void
    ) {
        self.folder = folder
        self.mayWrite = mayWrite
        variables = model.variables.enumerated().filter(\.element.isTrainable).map {
            ($0.offset, $0.element)
        }
        file = AppendedFile(
            path: "\(folder)/\(RunFolder.pathRowsName)",
            AppendedFile.Words(subject: "parameters", piece: "row"), mayWrite: mayWrite, warn)
    }

    private var rowBytes: Int { 8 + 4 * variables.reduce(0) { $0 + $1.variable.count } }

    var position: Int { file.position }

    func start(at length: Int) throws {
        last = nil
        let rowBytes = rowBytes
        try file.start(at: length) { bytes in
            let whole = bytes.count / rowBytes * rowBytes
            if whole > 0 {
                let step = bytes.loadUnaligned(fromByteOffset: whole - rowBytes, as: Int64.self)
                self.last = Int(Int64(littleEndian: step))
            }
            return whole
        }
        isOpen = true
    }

    func take(_ event: RunEvent) {}

    /// Adds a row of the parameters of `state` unless the last one is of the same step.
    func add(step: Int, _ state: ModelState) {
        guard last != step else { return }
        last = step
        var row: [UInt8] = []
        row.reserveCapacity(rowBytes)
        withUnsafeBytes(of: Int64(step).littleEndian) { row += $0 }
        for (place, _) in variables {
            for value in state.value(place) {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { row += $0 }
            }
        }
        file.append(row)
    }

    var synchronization: (@Sendable () throws -> Void)? { file.synchronization }

    func finish() throws {
        try file.finish()
        try write()
    }

    /// Writes path.safetensors for a run that ends with an error; a second error would hide the first.
    func writeIfPossible() {
        guard isOpen else { return }
        try? write()
    }

    /// Writes path.safetensors of all rows, which are read tensor by tensor and never held together.
    private func write() throws {
        guard mayWrite() else { return }
        let (rowBytes, rows) = (rowBytes, file.position / rowBytes)
        let source = try ReadableFile(file.path)
        var parts = [(offset: 0, bytes: 8)]
        var tensors: [(name: String, type: SafetensorsType, shape: [Int])] = [
            (Self.stepsName, .int64, [rows])
        ]
        var offset = 8
        for (_, variable) in variables {
            tensors.append((variable.name, .float32, [rows] + variable.shape))
            parts.append((offset, 4 * variable.count))
            offset += 4 * variable.count
        }
        let outline = try SafetensorsOutline(tensors, path: RunFolder.pathName)
        let temporary = "\(folder)/.\(RunFolder.pathName).\(getpid()).tmp"
        unlink(temporary)
        let descriptor = try FileOutput.create(temporary)
        defer { close(descriptor) }
        do {
            try FileOutput.write(outline.header, to: descriptor, path: temporary)
            var buffer: [UInt8] = []
            for place in outline.order {
                for row in 0..<rows {
                    buffer += try source.bytes(parts[place].bytes, at: row * rowBytes + parts[place].offset)
                    guard buffer.count >= Self.pieceBytes else { continue }
                    try FileOutput.write(buffer, to: descriptor, path: temporary)
                    buffer.removeAll(keepingCapacity: true)
                }
            }
            try FileOutput.write(buffer, to: descriptor, path: temporary)
            try FileOutput.synchronize(descriptor, path: temporary)
            try FileOutput.move(temporary, to: "\(folder)/\(RunFolder.pathName)")
            try FileOutput.synchronize(folder: folder)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static let pieceBytes = 1 << 20
}
