import Foundation

/// Small data sets on disk, the same in every run.
struct TestData {
    /// A folder that goes away with the test process's temporary files.
    let folder: String

    /// Images (n, 1, 8, 8) of four classes that a small network can tell apart, flat rows (n, 6), a line, and
    /// gradients that cancel.
    init(count: Int = 137) throws {
        folder =
            NSTemporaryDirectory()
            + "dtrain-tests-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let labels = (0..<count).map { Int64($0 * 7 % 4) }
        var images: [Float] = []
        var rows: [Float] = []
        for example in 0..<count {
            for pixel in 0..<64 {
                let noise = Float((example * 7919 + pixel * 104_729) % 997) / 997
                images.append(noise + (pixel % 4 == Int(labels[example]) ? 1 : 0))
            }
            for feature in 0..<6 {
                rows.append(Float((feature + 1) * (example % 13)) / 7 - Float(example % 5))
            }
        }
        try write("images.npy", shape: [count, 1, 8, 8], images)
        try write("labels.npy", labels)
        try write("rows.npy", shape: [count, 6], rows)
        // The gradient of (w·x − t)² at w ≈ 0 is −2·x·t: 1e8, 1, −1e8 in turn.
        try write("line.npy", shape: [24, 1], Array(repeating: 1, count: 24))
        try write(
            "line-targets.npy", shape: [24, 1], (0..<24).map { [1e8, 1, -1e8, 7, 3, 1e8, -1e8, 1][$0 % 8] })
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes text and returns its path.
    @discardableResult
    func write(_ name: String, text: String) throws -> String {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return path(name)
    }

    func write(_ name: String, shape: [Int], _ values: [Float]) throws {
        try save(name, "<f4", shape, values.withUnsafeBytes { Data($0) })
    }

    func write(_ name: String, shape: [Int], doubles: [Double]) throws {
        try save(name, "<f8", shape, doubles.withUnsafeBytes { Data($0) })
    }

    func write(_ name: String, _ values: [Int64], shape: [Int]? = nil) throws {
        try save(name, "<i8", shape ?? [values.count], values.withUnsafeBytes { Data($0) })
    }

    private func save(_ name: String, _ type: String, _ shape: [Int], _ bytes: Data) throws {
        let extents = shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
        header += String(repeating: " ", count: 63 - (10 + header.count) % 64) + "\n"
        var file = Data([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
        file.append(contentsOf: [UInt8(header.count & 255), UInt8(header.count >> 8)])
        file.append(Data(header.utf8))
        file.append(bytes)
        try file.write(to: URL(fileURLWithPath: path(name)))
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
