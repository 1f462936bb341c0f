import Randomness
import Testing

@testable import Datasets

@Suite struct GzipBombTests {
    /// 256 MiB of zeros in 260 KB, behind a header that says so: good data, however well it compresses.
    static let zeros = 1 << 28

    @Test func aHeaderBeyondWhatGzipCanHoldIsRefusedUnread() {
        let bytes = TestBytes.gzip(TestBytes.idx(sizes: [60_000, 1 << 20], data: [1, 2, 3]))
        let error = TestBytes.error(loading: TestBytes.source(.idx, bytes))
        #expect(error?.kind == .size)
        #expect(error?.found.hasPrefix("at most") == true)
    }

    @Test func aSmallHeaderStopsTheBombAtTheFirstByteTooMany() throws {
        let bomb = TestBytes.gzip(
            TestBytes.idx(sizes: [2, 2], data: [UInt8](repeating: 0, count: Self.zeros)))
        let error = TestBytes.error(loading: TestBytes.source(.idx, bomb))
        #expect(error?.description.contains("header says 16 bytes, file has more than 16 bytes") == true)
        let reader = try DataReader(.memory(name: "bomb", bytes: bomb))
        #expect(throws: DataError.self) { try reader.checkSize(promised: 16) }
    }

    /// The trailer is made to agree with a header that is plausible for the file's size but wrong: the
    /// promise is beyond what is taken on trust, so the content is counted before anything is allocated.
    @Test func aForgedTrailerDoesNotBuyALargeAllocation() {
        // 100 MiB, one of them incompressible, in about 1.2 MB; the header says 200.
        let random = CounterRandom(seed: 1, purpose: .test)
        var data = (0..<UInt64(1 << 20)).map { UInt8(truncatingIfNeeded: random.bits(at: $0)) }
        data += [UInt8](repeating: 0, count: 99 << 20)
        var bytes = TestBytes.gzip(TestBytes.idx(sizes: [200, 1 << 20], data: data))
        let promised = 12 + (200 << 20)
        #expect(promised < bytes.count * GzipReader.largestRatio)
        for i in 0..<4 { bytes[bytes.count - 4 + i] = UInt8(truncatingIfNeeded: promised >> (8 * i)) }
        #expect(throws: DataError.self) { try TestBytes.source(.idx, bytes).inspect() }
    }

    /// The last member's length happens to be what the header promises for all of them: only reading to the
    /// end shows the bytes too many.
    @Test func aLastMemberOfThePromisedLengthDoesNotHideTheFirst() throws {
        let content = IDXTests.images + [1, 2, 3, 4, 5]
        let source = TestBytes.source(
            .idx, TestBytes.gzip(Array(content[..<5])) + TestBytes.gzip(Array(content[5...])))
        #expect(try source.inspect().count == 3)
        #expect(TestBytes.error(loading: source)?.kind == .size)
    }

    /// Formats without a header promise nothing: what they may inflate to has a limit of its own.
    @Test func formatsWithoutAHeaderHaveALimit() {
        let bytes = TestBytes.gzip([UInt8](repeating: 0, count: Self.zeros + 3073))
        let file = DataOrigin.memory(name: "batch.bin.gz", bytes: bytes)
        let cifar = DatasetSource(format: .cifar10, features: [file], labels: [])
        let error = TestBytes.error(loading: cifar)
        #expect(error?.description.contains("holds more than \(Self.zeros) bytes") == true)
        // A row has its own limit, which comes first.
        let table = TestBytes.error(loading: DatasetSource(csv: [file], options: CSVOptions(label: [])))
        #expect(table?.description.contains("rows of at most 16 MiB") == true)
    }
}
