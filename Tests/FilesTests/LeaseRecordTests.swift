import Glibc
import Testing

@testable import Files

@Suite struct LeaseRecordTests {
    @Test func readsWhatItWrites() throws {
        var record = LeaseRecord(.openFile)
        let length = record.bytes.count
        for count in [0, 9, 10, UInt64.max] {
            record.count = count
            #expect(record.bytes.count == length)
            #expect(LeaseRecord(record.bytes) == record)
        }
    }

    @Test func tokensDiffer() { #expect(LeaseRecord(.lease).token != LeaseRecord(.lease).token) }

    @Test func nothingElseIsARecord() {
        let bytes = LeaseRecord(.lease).bytes
        for end in 0..<bytes.count - 1 {
            #expect(LeaseRecord(Array(bytes[..<end]))?.token == nil || end > bytes.count - 22)
        }
        for text in ["", "\n\n", "host a b", "token x\ntoken y", "process -1"] {
            #expect(LeaseRecord(Array(text.utf8)) == nil)
        }
        #expect(LeaseRecord([0xff, 0xfe, 0x0a]) == nil)
    }

    @Test func knowsWhoIsGone() {
        let own = ProcessIdentity.own
        #expect(!own.isGone && own.id == getpid() && own.start > 0)
        // The same id, used again.
        #expect(
            ProcessIdentity(host: own.host, id: own.id, start: own.start + 1, machine: own.machine).isGone)
        // No process has the largest id; of another machine nothing is known.
        let none = Int32.max
        #expect(ProcessIdentity(host: own.host, id: none, start: 7, machine: own.machine).isGone)
        #expect(!ProcessIdentity(host: own.host, id: none, start: 7, machine: "other").isGone)
        #expect(!ProcessIdentity(host: own.host, id: none, start: 7, machine: "").isGone)
    }
}
