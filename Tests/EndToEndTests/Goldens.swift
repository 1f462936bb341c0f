import CKernels
import COneDNN
import Crypto
import Foundation
import Glibc

/// The weights that runs had when they were recorded, as SHA-256 sums for an instruction set and a version of oneDNN. Those
/// of whitening depend on the version of OpenBLAS, too; Debian 12 has 0.3.21.
///
/// A change that must leave all results alone is held to them. Where results are meant to change, or for another processor
/// or library, `DTRAIN_RECORD_GOLDENS=1 scripts/test --filter GoldenTests` records what this machine finds.
struct Goldens {
    /// What bytes depend on beside the program, such as "avx512 2.6.3".
    let key: String
    private static let path = Checkout.file("Goldens/SHA256.tsv")

    /// The goldens of an instruction set; nil for the highest of this machine.
    init(_ instructionSet: String? = nil) {
        key = "\(instructionSet ?? Self.highest) \(String(cString: od_version()))"
    }

    /// The instruction sets of this machine, the highest first.
    static let instructionSets: [String] = {
        let all = ["avx512", "avx2", "baseline"]
        return Array(all[(all.firstIndex(of: highest) ?? 0)...])
    }()

    private static let highest: String =
        switch dt_isa_detect() {
        case DT_ISA_AVX512: "avx512"
        case DT_ISA_AVX2: "avx2"
        default: "baseline"
        }

    /// Whether what is found is to be recorded.
    static let records = getenv("DTRAIN_RECORD_GOLDENS") != nil

    /// The recorded sums, by the names of runs; empty where nothing was recorded for this processor and library.
    func recorded() throws -> [String: String] {
        let lines = try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n")
        let own = lines.map { $0.split(separator: "\t").map(String.init) }.filter {
            $0.count == 3 && $0[0] == key
        }
        return Dictionary(own.map { ($0[1], $0[2]) }) { _, last in last }
    }

    /// Puts sums in the place of those of the same runs.
    func record(_ sums: [String: String]) throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let comments = text.split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
        let others = text.split(separator: "\n").map(String.init).filter { line in
            let fields = line.split(separator: "\t").map(String.init)
            return fields.count == 3 && (fields[0] != key || sums[fields[1]] == nil)
        }
        let own = sums.map { "\(key)\t\($0.key)\t\($0.value)" }
        let whole = (comments + (others + own).sorted()).joined(separator: "\n") + "\n"
        try whole.write(toFile: Self.path, atomically: true, encoding: .utf8)
    }

    /// The sum of a run's weights.
    static func sum(ofRun folder: String) throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/weights.safetensors"))
        return SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }
}
