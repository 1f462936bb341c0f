import Foundation
import ProcessSupport
import Safetensors
import Testing

/// What `dtrain landscape` left in a folder.
struct LandscapeFiles {
    /// A row of the table.
    struct Row {
        /// a, and b where there is one.
        let coordinates: [Double]
        let loss: Double
    }

    let folder: String
    let header: String
    let rows: [Row]
    let directions: SafetensorsFile

    /// Reads a landscape that is complete.
    init(_ folder: String) throws {
        self.folder = folder
        let text = try String(contentsOfFile: "\(folder)/landscape.csv", encoding: .utf8)
        let lines = text.split(separator: "\n")
        header = String(try #require(lines.first))
        rows = try lines.dropFirst().map { line in
            let numbers = try line.split(separator: ",").map { try #require(Double($0), "\(line)") }
            return Row(coordinates: Array(numbers.dropLast()), loss: try #require(numbers.last))
        }
        directions = try SafetensorsFile.read(path: "\(folder)/directions.safetensors")
    }

    /// Draws a landscape and reads it. Fails the test unless the command succeeds.
    static func draw(
        _ arguments: [String], into folder: String, ranks: Int = 0
    ) throws -> LandscapeFiles {
        let run = try DTrainRun.run(ranks, ["landscape"] + arguments + ["--output", folder])
        try #require(run.exitCode == 0, "\(arguments): \(run)")
        return try LandscapeFiles(folder)
    }

    /// The bytes of its files.
    static func bytes(_ folder: String) throws -> [Data] {
        try ["landscape.csv", "landscape.svg", "directions.safetensors"].map {
            try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
        }
    }

    /// The picture, with what it says unbroken by lines.
    static func picture(_ folder: String) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/landscape.svg", encoding: .utf8)
        return text.replacing(/<\/text><text class="note"[^>]*>/, with: " ")
    }

    /// The loss at a point of a line or a plane.
    func loss(_ coordinates: Double...) throws -> Double {
        try #require(rows.first { $0.coordinates == coordinates }, "no point at \(coordinates)").loss
    }

    /// Writes the weights at a row's point as anybody would make them of the directions: θ + a · a.NAME + b · b.NAME in
    /// Float64, rounded once.
    func weights(at row: Row, around weights: String, to path: String) throws {
        let file = try SafetensorsFile.read(path: weights)
        var writer = SafetensorsWriter()
        for entry in file.tensors {
            guard entry.type == .float32 else {
                try writer.add(
                    name: entry.name, shape: entry.shape, int64s: try file.int64s(named: entry.name))
                continue
            }
            var values = try file.doubles(named: entry.name)
            for (letter, position) in zip(["a", "b"], row.coordinates) {
                let direction = try directions.doubles(named: "\(letter).\(entry.name)")
                try #require(direction.count == values.count)
                for place in values.indices { values[place] += position * direction[place] }
            }
            try writer.add(name: entry.name, shape: entry.shape, floats: values.map { Float($0) })
        }
        try writer.write(to: path)
    }

    /// What `dtrain evaluate` reports as the loss of weights.
    static func evaluated(_ arguments: [String]) throws -> Double {
        let run = try DTrainRun.run(0, ["evaluate"] + arguments)
        try #require(run.exitCode == 0, "\(run)")
        let object = try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any]
        return try #require(object?["loss"] as? Double, "\(run)")
    }
}
