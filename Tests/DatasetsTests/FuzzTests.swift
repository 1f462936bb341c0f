import Randomness
import Testing

@testable import Datasets

/// Mutated files end in a DataError or in a loaded data set, never in a trap; the mutations are the same in
/// every run.
@Suite struct FuzzTests {
    struct Seed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let format: DatasetSource.Format
        let features, labels: [UInt8]
        var table = CSVOptions(label: [])
        let mutate: @Sendable ([UInt8]) -> [UInt8]
    }

    static let idxImages = TestBytes.idx(sizes: [20, 3, 4], data: (0..<240).map { UInt8($0) })
    static let idxLabels = TestBytes.idx(sizes: [20], data: (0..<20).map { $0 % 10 })
    static let npyFeatures = TestBytes.npy(
        TestBytes.header("<f4", "(20, 6)"), data: TestBytes.bytes((0..<120).map(Float.init)))
    static let npyLabels = TestBytes.npy(
        TestBytes.header("<i8", "(20,)"), data: TestBytes.bytes((0..<20).map { Int64($0 % 4) }))
    static let seeds = [
        Seed(testDescription: "idx", format: .idx, features: idxImages, labels: idxLabels) { $0 },
        // Damage to the compressed bytes, and good compression of damaged bytes.
        Seed(
            testDescription: "gzip", format: .idx, features: TestBytes.gzip(idxImages),
            labels: TestBytes.gzip(idxLabels)
        ) { $0 },
        Seed(
            testDescription: "gzip of damaged", format: .idx, features: idxImages, labels: idxLabels,
            mutate: TestBytes.gzip),
        Seed(testDescription: "npy", format: .npy, features: npyFeatures, labels: npyLabels) { $0 },
        Seed(
            testDescription: "csv of classes", format: .csv, features: Array(table.utf8), labels: [],
            table: CSVOptions(label: [.name("kind")])
        ) { $0 },
        Seed(
            testDescription: "csv of targets", format: .csv, features: Array(table.utf8), labels: [],
            table: CSVOptions(label: [.name("y")], task: .regression, ignored: [.index(3)])
        ) { $0 },
        Seed(testDescription: "cifar10", format: .cifar10, features: batch, labels: []) { $0 },
    ]
    static let table = """
        \u{FEFF}a,"b ""c""\",y,kind
        1,-2.5,3e-3,cat
        "7",+.5,1.,dog\r
        0.1, 12345678901234567890 ,4E2,"a, b
        c"

        """
    static let batch = CIFAR10Tests.batch([3, 1, 4])

    /// The seed's data set with other bytes.
    static func source(_ seed: Seed, _ features: [UInt8], _ labels: [UInt8]) -> DatasetSource {
        let file = DataOrigin.memory(name: "features", bytes: seed.mutate(features))
        switch seed.format {
        case .csv: return DatasetSource(csv: [file], options: seed.table)
        case .cifar10: return DatasetSource(format: .cifar10, features: [file], labels: [])
        case .idx, .npy: return TestBytes.source(seed.format, seed.mutate(features), seed.mutate(labels))
        }
    }

    @Test(arguments: seeds) func mutationsNeverTrap(seed: Seed) throws {
        #expect(TestBytes.error(loading: Self.source(seed, seed.features, seed.labels)) == nil)
        var failures = 0
        for round in 0..<UInt64(2000) {
            let random = CounterRandom(seed: 2024, purpose: .test, stream: round)
            let features =
                round % 3 == 0 && !seed.labels.isEmpty
                ? seed.features : Self.mutated(seed.features, random, 0)
            let labels = round % 3 == 1 ? seed.labels : Self.mutated(seed.labels, random, 1 << 20)
            let source = Self.source(seed, features, labels)
            guard let error = TestBytes.error(loading: source) else { continue }
            failures += 1
            #expect(!error.description.contains("\n"))
            #expect(["features", "labels"].contains(error.path))
        }
        // Both outcomes must occur, else the mutations test nothing; what CIFAR-10 has instead of a header is its size.
        #expect(failures > (seed.format == .cifar10 ? 300 : 500) && failures < 2000)
    }

    /// One to four changes: a flipped bit, a byte of an extreme value, a cut, an inserted, a repeated piece;
    /// most of them near the start, where headers are.
    private static func mutated(_ bytes: [UInt8], _ random: CounterRandom, _ first: UInt64) -> [UInt8] {
        var bytes = bytes
        var draw = first
        func below(_ n: Int) -> Int {
            draw += 1
            return Int(random.below(UInt64(n), at: draw))
        }
        for _ in 0..<1 + below(4) {
            guard !bytes.isEmpty else { break }
            let at = below(3) == 0 ? below(bytes.count) : below(min(bytes.count, 130))
            switch below(8) {
            case 0, 1, 2: bytes[at] ^= 1 << UInt8(below(8))
            case 3: bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x2d, 0x39][below(8)]
            case 4: bytes[at] = UInt8(below(256))
            case 5: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(16)))
            case 6: bytes.insert(contentsOf: (0..<1 + below(8)).map { _ in UInt8(below(256)) }, at: at)
            default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + below(16))], at: at)
            }
        }
        return bytes
    }
}
