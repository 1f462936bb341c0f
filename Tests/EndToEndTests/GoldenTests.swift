import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Runs have the bytes that they had when they were recorded, at any number of ranks.
    @Suite struct GoldenTests {
        private static let studies = ["rows", "images"]
        private static let recipes = [
            "fashion-cnn", "fashion-mlp", "fashion-mlp-big", "fashion-lenet5", "fashion-resnet20",
        ]
        private static let recipeSteps = 24

        /// One thing varied at a time: batch modes, update rules, schedules, normalizations, losses.
        @Test func variations() throws {
            let data = try Self.data()
            defer { data.remove() }
            for study in Self.studies {
                try Self.check(study) { ranks, set in
                    let output = data.path("\(study)-\(set)-\(ranks)")
                    let run = try DTrainRun.run(
                        ranks,
                        [
                            "study", data.path("\(study)-study.yaml"), "--output", output, "--set",
                            "training.instruction_set=\(set)",
                        ])
                    try #require(run.exitCode == 0, "\(run)")
                    let names = try FileManager.default.contentsOfDirectory(atPath: output).filter {
                        !$0.hasSuffix(".csv") && !$0.hasSuffix(".svg")
                    }
                    return try Dictionary(
                        uniqueKeysWithValues: names.map {
                            ("\(study)/\($0)", try Goldens.sum(ofRun: "\(output)/\($0)"))
                        })
                }
            }
        }

        /// The recipes' first steps. Toys are left out: their studies' tests hold what they come to.
        @Test func recipes() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            try Self.check("recipes", lower: ["avx2"]) { ranks, set in
                var sums: [String: String] = [:]
                for recipe in Self.recipes {
                    let output = data.path("\(recipe)-\(set)-\(ranks)")
                    let run = try DTrainRun.run(
                        ranks,
                        [
                            "--recipe", recipe, "--steps", "\(Self.recipeSteps)", "--set", "data.test=null",
                            "--output", output, "--set", "training.instruction_set=\(set)",
                        ])
                    try #require(run.exitCode == 0, "\(run)")
                    sums[recipe] = try Goldens.sum(ofRun: output)
                }
                return sums
            }
        }

        /// Runs that are stopped and gone on with at another number of ranks end where those do that were not.
        @Test(arguments: studies) func resumed(_ study: String) throws {
            let data = try Self.data()
            defer { data.remove() }
            let whole = try Goldens().recorded()["\(study)/base"]
            for (number, (first, second)) in [(3, 2), (1, 4)].enumerated() {
                let arguments = [
                    "--config", data.path("\(study).yaml"), "--output", data.path("resumed-\(number)"),
                ]
                let stopped = try DTrainRun.run(first, arguments + ["--steps", "7"])
                try #require(stopped.exitCode == 0, "\(stopped)")
                let resumed = try DTrainRun.run(second, arguments + ["--resume", "auto"])
                try #require(resumed.exitCode == 0, "\(resumed)")
                #expect(resumed.standardOutput.contains("resuming at step 7"), "\(resumed)")
                guard let whole else { continue }
                #expect(try Goldens.sum(ofRun: data.path("resumed-\(number)")) == whole)
            }
            guard whole != nil else { throw Self.unknown(Goldens().key) }
        }

        /// Rows, images and labels, and the configurations of what is varied.
        private static func data() throws -> TestData {
            let data = try TestData()
            for study in studies {
                for name in ["\(study).yaml", "\(study)-study.yaml"] {
                    let text = try String(contentsOfFile: Checkout.file("Goldens/\(name)"), encoding: .utf8)
                    try data.write(name, text: text)
                }
            }
            return data
        }

        /// Holds the sums that `find` has at 1 to 4 ranks to the recorded ones, for the highest instruction set; at 2 ranks for
        /// lower ones.
        private static func check(
            _ what: String, lower: [String] = ["avx2", "baseline"],
            find: (_ ranks: Int, _ instructionSet: String) throws -> [String: String]
        ) throws {
            var unknown: [String] = []
            for (place, set) in Goldens.instructionSets.enumerated() where place == 0 || lower.contains(set) {
                let goldens = Goldens(set)
                var expected: [String: String]?
                for ranks in place == 0 ? [1, 2, 3, 4] : [2] {
                    let found = try find(ranks, set)
                    if Goldens.records, expected == nil { try goldens.record(found) }
                    let wanted = try expected ?? goldens.recorded().filter { found[$0.key] != nil }
                    if wanted.isEmpty {
                        unknown.append(goldens.key)
                        expected = found
                        continue
                    }
                    expected = wanted
                    let differing = found.filter { wanted[$0.key] != $0.value }.keys.sorted()
                    #expect(
                        differing.isEmpty && found.count == wanted.count,
                        "\(what), \(goldens.key), \(ranks) ranks")
                }
            }
            if let key = unknown.first { throw Self.unknown(key) }
        }

        /// What ends a test where nothing was recorded for this processor and library: ranks were compared with one another.
        private static func unknown(_ key: String) -> any Error {
            do { try Test.cancel("no goldens are recorded for \(key); see Goldens.swift") } catch {
                return error
            }
        }
    }
}
