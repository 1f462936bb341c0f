import Foundation
import Safetensors
import Testing

@Suite struct RoundTripTests {
    private func sample() throws -> SafetensorsWriter {
        var writer = SafetensorsWriter(metadata: ["z": "last", "a": "quote \" slash \\ \u{1}\u{1f}\t é 🧮"])
        try writer.add(name: "10.weight", shape: [2, 2], floats: [1, -2, .infinity, .leastNonzeroMagnitude])
        try writer.add(name: "2.count", shape: [], int64s: [.min])
        try writer.add(name: "2.bias", shape: [3], doubles: [0.1, -0.0, 1e-300])
        try writer.add(name: "2.empty", shape: [0, 1 << 40], floats: [])
        try writer.add(name: "classes", shape: [2], int32s: [.max, .min])
        try writer.add(name: "raw", type: .uint8, shape: [3], bytes: [1, 2, 255])
        return writer
    }

    @Test func everyTypeComesBack() throws {
        let file = try SafetensorsFile(bytes: sample().serialized())
        #expect(
            file.tensors.map(\.name) == ["10.weight", "2.bias", "2.count", "2.empty", "classes", "raw"])
        #expect(file.tensors.map(\.shape) == [[2, 2], [3], [], [0, 1 << 40], [2], [3]])
        #expect(file.tensors.map(\.elementCount) == [4, 3, 1, 0, 2, 3])
        #expect(try file.tensor(named: "10.weight") == [1, -2, .infinity, .leastNonzeroMagnitude])
        #expect(try file.doubles(named: "2.bias") == [0.1, -0.0, 1e-300])
        #expect(try file.doubles(named: "2.bias")[1].sign == .minus)
        #expect(try file.tensor(named: "2.bias") == [0.1, -0.0, 0])
        #expect(try file.int64s(named: "2.count") == [.min])
        #expect(try file.tensor(named: "2.empty") == [])
        #expect(try file.int64s(named: "classes") == [Int64(Int32.max), Int64(Int32.min)])
        #expect(try Array(file.bytes(named: "raw")) == [1, 2, 255])
        #expect(file.metadata == ["z": "last", "a": "quote \" slash \\ \u{1}\u{1f}\t é 🧮"])
    }

    @Test func notANumberKeepsItsBits() throws {
        var writer = SafetensorsWriter()
        let odd = Float(bitPattern: 0x7fc1_2345)
        try writer.add(name: "x", shape: [1], floats: [odd])
        let file = try SafetensorsFile(bytes: writer.serialized())
        #expect(try file.tensor(named: "x").map(\.bitPattern) == [odd.bitPattern])
    }

    @Test func orderOfAddingLeavesNoTrace() throws {
        var forward = SafetensorsWriter()
        var backward = SafetensorsWriter()
        let names = (0..<50).map { "layer.\($0).weight" }
        for (index, name) in names.enumerated() {
            try forward.add(name: name, shape: [1], floats: [Float(index)])
        }
        for (index, name) in names.enumerated().reversed() {
            try backward.add(name: name, shape: [1], floats: [Float(index)])
        }
        for index in 0..<20 { forward.metadata["key \(index)"] = "\(index)" }
        for index in (0..<20).reversed() { backward.metadata["key \(index)"] = "\(index)" }
        #expect(try forward.serialized() == backward.serialized())
    }

    @Test func bytesAreTheFormats() throws {
        var writer = SafetensorsWriter(metadata: ["k": "v"])
        try writer.add(name: "b", shape: [2], floats: [1, -1])
        try writer.add(name: "a", shape: [1, 1], int64s: [258])
        let header =
            #"{"__metadata__":{"k":"v"},"a":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#
        let padded = header.padding(toLength: (header.count + 7) / 8 * 8, withPad: " ", startingAt: 0)
        let data: [UInt8] = [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf]
        #expect(try writer.serialized() == Fixture.file(padded) + data)
    }

    @Test func theDataBeginAtAMultipleOfEight() throws {
        for length in 1...16 {
            var writer = SafetensorsWriter()
            try writer.add(name: String(repeating: "n", count: length), shape: [], floats: [1])
            #expect(try (writer.serialized().count - 4).isMultiple(of: 8), "a name of \(length) bytes")
        }
    }

    @Test func nothingIsAFileToo() throws {
        let file = try SafetensorsFile(bytes: SafetensorsWriter().serialized())
        #expect(file.tensors.isEmpty && file.metadata.isEmpty)
    }

    @Test func filesHoldWhatMemoryHolds() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/weights.safetensors"
        try sample().write(to: path)
        #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == sample().serialized())
        #expect(try SafetensorsFile.read(path: path).int64s(named: "2.count") == [.min])
    }
}
