import Safetensors
import Testing

@Suite struct AccessTests {
    private func file() throws -> SafetensorsFile {
        var writer = SafetensorsWriter()
        try writer.add(name: "counts", shape: [1], int64s: [3])
        try writer.add(name: "floats", shape: [1], floats: [3])
        try writer.add(name: "huge", shape: [2], doubles: [.infinity, 1e39])
        try writer.add(name: "infinite", shape: [1], doubles: [.infinity])
        return try SafetensorsFile(bytes: writer.serialized())
    }

    private func reason(_ body: () throws -> Void) -> SafetensorsError.Reason? {
        do { try body() } catch { return (error as? SafetensorsError)?.reason }
        return nil
    }

    @Test func entriesAreFoundByName() throws {
        let file = try file()
        for entry in file.tensors { #expect(file.entry(named: entry.name) == entry) }
        for name in ["", "a", "countss", "count", "g", "z"] { #expect(file.entry(named: name) == nil) }
    }

    @Test func wrongRequestsAreErrors() throws {
        let file = try file()
        #expect(reason { _ = try file.tensor(named: "nothing") } == .missingTensor)
        #expect(reason { _ = try file.bytes(named: "nothing") } == .missingTensor)
        #expect(reason { _ = try file.tensor(named: "counts") } == .wrongType)
        #expect(reason { _ = try file.doubles(named: "counts") } == .wrongType)
        #expect(reason { _ = try file.int64s(named: "floats") } == .wrongType)
        #expect(reason { _ = try file.tensor(named: "huge") } == .outOfRange)
        #expect(try file.tensor(named: "infinite") == [.infinity])
        #expect(try file.doubles(named: "huge") == [.infinity, 1e39])
        #expect(try file.doubles(named: "floats") == [3])
    }

    @Test func theWriterRefusesNamesThatTheReaderWould() throws {
        var writer = SafetensorsWriter()
        for name in ["", "..", "a..b", "a/b", "a\nb", "a\u{0}", "__metadata__"] {
            #expect(reason { try writer.add(name: name, shape: [], floats: [1]) } == .unusableName, "\(name)")
        }
        try writer.add(name: "é", shape: [], floats: [1])
        #expect(reason { try writer.add(name: "é", shape: [], floats: [1]) } == .duplicateName)
        #expect(reason { try writer.add(name: "e\u{301}", shape: [], floats: [1]) } == .duplicateName)
        #expect(try SafetensorsFile(bytes: writer.serialized()).tensors.map(\.name) == ["é"])
    }
}
