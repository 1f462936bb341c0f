import FuzzSupport
import Testing

@testable import Datasets

/// What labels in files of their own are taken as.
@Suite struct LabelTests {
    /// Three examples with labels of a dtype and shape.
    private static func source<Value: BitwiseCopyable>(
        _ descr: String, _ shape: String, _ labels: [Value], classCount: Int? = nil
    ) -> DatasetSource {
        TestBytes.source(
            .npy, TestBytes.npy(TestBytes.header("|u1", "(3, 1)"), data: [1, 2, 3]),
            TestBytes.npy(TestBytes.header(descr, shape), data: TestBytes.bytes(labels)),
            classCount: classCount)
    }

    @Test(arguments: ["(3,)", "(3, 1)"]) func wholeNumbersAreClasses(shape: String) throws {
        let integers = Self.source("<i4", shape, [2, 0, 1] as [Int32])
        #expect(try integers.task(wanted: .classification) == .classification)
        #expect(try TestBytes.classes(Dataset(integers)) == [2, 0, 1])
        let floats = Self.source("<f4", shape, [2, 0, 1] as [Float])
        #expect(try floats.task(wanted: .classification) == .classification)
        let set = try Dataset(floats.taking(.classification))
        #expect(TestBytes.classes(set) == [2, 0, 1] && set.classCount == 3)
        // Who does not ask for classes gets numbers.
        #expect(try TestBytes.targets(Dataset(floats)) == [2, 0, 1])
    }

    @Test(arguments: [[2, 0.5, 1], [2, -1, 1], [2, .nan, 1], [2, 4e9, 1]])
    func otherNumbersAreNone(labels: [Double]) throws {
        let source = Self.source("<f8", "(3,)", labels)
        #expect(try source.task(wanted: .classification) == nil)
        let error = TestBytes.error(loading: source.taking(.classification))
        #expect(error?.path == "labels" && error?.kind == .label)
        #expect(
            error?.problem.hasPrefix("the label of example 1 is ") == true, "\(String(describing: error))")
    }

    @Test func wholeNumbersAreNumbersWhereThatIsWanted() throws {
        let prices = Self.source("<i8", "(3,)", [346_000, -2, 7] as [Int64])
        #expect(try prices.task(wanted: .regression) == .regression)
        let set = try Dataset(prices.taking(.regression))
        #expect(TestBytes.targets(set) == [346_000, -2, 7] && set.layout.labels == .targets(width: 1))
        #expect(set.classCount == nil)
        let wide = Self.source("|u1", "(3, 2)", [1, 0, 0, 1, 1, 255] as [UInt8])
        #expect(try TestBytes.targets(Dataset(wide)) == [1, 0, 0, 1, 1, 255])
        // Who says how many classes there are, or what labels are, is believed.
        let declared = Self.source("<i8", "(3,)", [0, 1, 2] as [Int64], classCount: 3)
        #expect(try declared.task(wanted: .regression) == nil)
        #expect(try prices.taking(.classification).task(wanted: .regression) == .classification)
        #expect(try prices.taking(.regression).task(wanted: .classification) == .regression)
    }

    @Test func rowsAreNoClasses() {
        let rows = Self.source("<f4", "(3, 2)", [1, 0, 0, 1, 1, 0] as [Float]).taking(.classification)
        let error = TestBytes.error(loading: rows)
        #expect(error?.kind == .unsupported && error?.advice.contains("numpy.argmax(labels, axis=1)") == true)
        let cube = TestBytes.error(loading: Self.source("<i4", "(3, 1, 1, 1, 1)", [0, 1, 2] as [Int32]))
        #expect(cube?.kind == .unsupported && cube?.expected.hasPrefix("integer labels") == true)
    }

    @Test func labelsStandInTheirFile() {
        func file(_ labels: [Int32]) -> DataOrigin {
            .memory(
                name: "y\(labels.count)",
                bytes: TestBytes.npy(
                    TestBytes.header("<i4", "(\(labels.count),)"), data: TestBytes.bytes(labels)))
        }
        let source = DatasetSource(
            format: .npy, features: [.memory(name: "x", bytes: [])],
            labels: [file([0, 1]), file([2, 3, 4])])
        #expect(source.labelsName == "y2 and 1 more")
        #expect(source.place(ofLabel: 1) == ("y2", 1))
        #expect(source.place(ofLabel: 4) == ("y3", 2))
    }

    @Test(arguments: [
        (
            Array("PK\u{3}\u{4}".utf8) + Array(repeating: 0, count: 26) + Array("a/data.pkl".utf8),
            "PyTorch file"
        ),
        (Array("<!DOCTYPE html>".utf8), "web page"),
        (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "git lfs pull"),
        ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "HDF5"),
    ]) func otherFilesAreNamed(bytes: [UInt8], says: String) {
        for format in [DatasetSource.Format.npy, .idx, .cifar10] {
            let source = DatasetSource(
                format: format, features: [.memory(name: "x", bytes: bytes)], labels: [])
            let error = TestBytes.error(loading: source)
            #expect(error?.description.contains(says) == true, "\(format): \(String(describing: error))")
        }
        let table = DatasetSource(
            csv: [.memory(name: "x", bytes: bytes)], options: CSVOptions(label: [.name("y")]))
        let error = TestBytes.error(loading: table)
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    @Test func tablesAreUTF8() {
        func error(_ bytes: [UInt8], _ label: String = "k", task: LabelTask? = nil) -> DataError? {
            TestBytes.error(
                loading: DatasetSource(
                    csv: [.memory(name: "t.csv", bytes: bytes)],
                    options: CSVOptions(label: [.name(label)], task: task)))
        }
        let word = Array("caf".utf8) + [0xe9]
        for (found, place) in [
            // A class, a number and a name.
            (error(Array("x,k\n1,tea\n2,".utf8) + word), "3:2"),
            (error(Array("x,k\n1,2\n".utf8) + word + Array(",2".utf8), task: .regression), "3:1"),
            (error(Array("x,".utf8) + word + Array("\n1,2\n".utf8)), "1:2"),
            // A name that nothing mentions would be lost, and with it the column where other data are read.
            (error(word + Array(",k\n1,2\n".utf8)), "1:1"),
        ] {
            #expect(
                found?.place == place && found?.found.contains("e9") == true, "\(String(describing: found))")
            #expect(found?.advice.contains("iconv -f WINDOWS-1252 -t UTF-8") == true)
        }
        // A run from when such names were taken as they came still reads its data.
        let old = DatasetSource(
            csv: [.memory(name: "t.csv", bytes: word + Array(",k\n1,2\n".utf8))],
            options: CSVOptions(label: [.name("k")]))
        #expect(
            TestBytes.error(loading: old.following(classes: 3, names: nil, features: ["caf\u{fffd}"])) == nil)
        #expect(error(Array("x,k\n1,café\n2,tea\n".utf8)) == nil)
    }
}
