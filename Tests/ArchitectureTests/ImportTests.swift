import Foundation
import Testing

/// Imports between the targets go one way, as Package.swift says.
@Suite struct ImportTests {
    /// What each target under Sources may import of the others, from those that know least to those that know most. A
    /// target may only import those above it.
    static let house: [(target: String, imports: Set<String>)] = [
        ("Messages", []),
        ("COpenMPI", []), ("CZlib", []), ("CMPI", ["COpenMPI"]), ("COneDNN", []), ("CLAPACK", []),
        ("CKernels", []),
        ("CSignals", []),
        ("MPI", ["CMPI"]),
        ("Randomness", ["CKernels"]),
        ("FixedTree", []),
        ("Files", []),
        ("TensorBoard", []),
        ("Options", ["Messages"]),
        ("Safetensors", ["Files", "Messages"]),
        ("Graph", []),
        ("Layers", ["Graph", "Messages", "Options", "Randomness"]),
        ("Runtime", ["CKernels", "COneDNN", "Graph"]),
        ("Optimizers", ["CKernels", "Messages", "Options"]),
        ("Spectrum", ["CLAPACK"]),
        (
            "Datasets",
            [
                "CKernels", "CZlib", "Files", "FixedTree", "Messages", "Options", "Randomness",
                "Safetensors", "Spectrum",
            ]
        ),
        ("Cluster", ["CKernels", "COneDNN", "CSignals", "MPI", "Messages"]),
        (
            "DataParallel",
            [
                "CKernels", "COneDNN", "Cluster", "Datasets", "FixedTree", "Graph", "Layers", "MPI",
                "Messages",
                "Optimizers", "Randomness", "Runtime", "Spectrum",
            ]
        ),
        (
            "Training",
            [
                "CKernels", "COneDNN", "CSignals", "Cluster", "DataParallel", "Datasets", "Files",
                "FixedTree",
                "Graph", "Layers", "MPI", "Messages", "Optimizers", "Options", "Randomness", "Runtime",
                "Safetensors", "Spectrum", "TensorBoard",
            ]
        ),
        (
            "Configuration",
            [
                "Cluster", "Datasets", "Graph", "Layers", "Messages", "Optimizers", "Options", "Randomness",
                "Training",
            ]
        ),
        ("Reports", ["Configuration", "Datasets", "Messages", "Training"]),
        ("Studies", ["Cluster", "Configuration", "Datasets", "Messages", "Reports", "Training"]),
        (
            "DistributedTraining",
            [
                "Cluster", "Configuration", "DataParallel", "Datasets", "Graph", "Layers", "MPI",
                "Optimizers",
                "Options", "Training",
            ]
        ),
        (
            "dtrain",
            [
                "Cluster", "Configuration", "DataParallel", "Datasets", "Files", "Layers", "MPI", "Messages",
                "Reports", "Studies", "Training",
            ]
        ),
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The targets that the Swift files below a folder import.
    private static func imports(below folder: URL) throws -> Set<String> {
        let known = Set(house.map(\.target))
        var found: Set<String> = []
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ").drop { $0.hasPrefix("@") || $0 == "package" }
                guard words.first == "import", let name = words.dropFirst().first else { continue }
                if known.contains(String(name)) { found.insert(String(name)) }
            }
        }
        return found
    }

    @Test func everyTargetIsListedOnce() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appendingPathComponent("Sources").path)
        #expect(folders.filter { !$0.hasPrefix(".") }.sorted() == Self.house.map(\.target).sorted())
    }

    @Test func importsGoOneWay() {
        var above: Set<String> = []
        for (target, imports) in Self.house {
            #expect(imports.isSubset(of: above), "\(target): \(imports.subtracting(above))")
            above.insert(target)
        }
    }

    @Test(arguments: house.map(\.target))
    func importsWhatItMay(_ target: String) throws {
        let allowed = try #require(Self.house.first { $0.target == target }).imports
        let found = try Self.imports(below: Self.root.appendingPathComponent("Sources/\(target)"))
        #expect(found.isSubset(of: allowed.union([target])), "\(target): \(found.subtracting(allowed))")
    }
}
