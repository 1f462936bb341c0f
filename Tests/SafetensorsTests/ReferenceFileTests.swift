import Foundation
import Safetensors
import Testing

/// Files made by the reference implementation; see scripts/references/safetensors_fixtures.py.
@Suite struct ReferenceFileTests {
    @Test func everyTypeIsRead() throws {
        let file = try SafetensorsFile.read(path: Fixture.path("mixed"))
        #expect(
            file.tensors.map { "\($0.name) \($0.type.rawValue) \($0.shape)" } == [
                "bfloat16 BF16 [3]", "bool BOOL [3]", "empty F32 [0, 3]", "float16 F16 [4]",
                "float32 F32 [1, 2]",
                "float64 F64 [3]", "int32 I32 [2]", "int64 I64 [3]", "int8 I8 [2]", "naïve.größe F32 [1]",
                "scalar I64 []", "uint8 U8 [2]",
            ])
        #expect(try file.tensor(named: "bfloat16") == [1, -2.5, Float(bitPattern: 0x7f62_0000)])
        #expect(try Array(file.bytes(named: "bool")) == [1, 0, 1])
        #expect(try file.tensor(named: "empty") == [])
        #expect(try file.tensor(named: "float16") == [1, -2.5, 65504, 0x1p-24])
        #expect(try file.tensor(named: "float32") == [0.1, -7.25])
        #expect(try file.doubles(named: "float64") == [0.1, -1e30, 0x1p-126])
        #expect(try file.tensor(named: "float64") == [0.1, -1e30, 0x1p-126])
        #expect(try file.int64s(named: "int32") == [2_147_483_647, -2_147_483_648])
        #expect(try file.int64s(named: "int64") == [.max, .min, 7])
        #expect(try file.int64s(named: "int8") == [-128, 127])
        #expect(try file.tensor(named: "naïve.größe") == [4])
        #expect(try file.int64s(named: "scalar") == [10])
        #expect(try file.int64s(named: "uint8") == [0, 255])
        #expect(file.metadata == ["note": "tab\t \"quoted\" é \u{1} \\"])
    }

    @Test func theWriterMakesTheSameBytes() throws {
        var writer = SafetensorsWriter()
        try writer.add(name: "2.weight", shape: [], floats: [-0.0])
        try writer.add(name: "0.weight", shape: [2, 3], floats: [-0.5, -0.25, 0, 0.25, 0.5, 0.75])
        try writer.add(
            name: "10.weight", shape: [2, 1], floats: [.leastNonzeroMagnitude, .greatestFiniteMagnitude])
        try writer.add(name: "0.bias", shape: [2], floats: [1.5, -.infinity])
        let reference = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path("floats"))))
        #expect(try writer.serialized() == reference)
    }
}
