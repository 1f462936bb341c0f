import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What ranks hold and must not differ: found at the next check, the odd one named, exit code 76.
    @Suite struct ReplicaChecks {
        /// A bit turned over, and what is said about it.
        struct Fault: Sendable, CustomTestStringConvertible {
            let ranks: Int
            let model: String
            let options: [String]
            /// The fault, for DTRAIN_FAULT; an epoch has four steps.
            let flip: String
            /// What the error line contains.
            let says: [String]
            var testDescription: String { "-n \(ranks) \(model) \(options.joined(separator: " ")) \(flip)" }
        }

        static let faults = [
            // Each rank is a node with copies of its own; one of three is wrong.
            Fault(
                ranks: 3, model: "mlp",
                options: ["transport=point_to_point", "check=3"],
                flip: "step:2:2:flip=weights@5",
                says: ["weights on rank 2 (host ", "differ from the other ranks' at step 3, first in "]),
            Fault(
                ranks: 3, model: "mlp",
                options: ["transport=point_to_point", "check=2", "accumulate=2"],
                flip: "step:0:4:flip=weights@10",
                says: ["weights on rank 0 (host ", "at step 4"]),
            Fault(
                ranks: 3, model: "cnn",
                options: ["transport=point_to_point", "check=4", "delayed=true"],
                flip: "step:1:3:flip=weights@31",
                says: ["weights on rank 1 (host ", "at step 4, first in 4.bias"]),
            // Momentum carries the flip to weights of one block only: the state differs first, or the weights with it.
            Fault(
                ranks: 3, model: "mlp",
                options: ["transport=point_to_point", "check=3", "momentum=0.9"],
                flip: "step:1:2:flip=optimizer@22",
                says: ["on rank 1 (host ", "differ from the other ranks' at step 3"]),
            // Two copies, and nothing to tell which is right.
            Fault(
                ranks: 2, model: "mlp",
                options: ["transport=point_to_point", "check=3"],
                flip: "step:1:2:flip=weights@5",
                says: [
                    "weights differ between ranks 0 (host ", "1 (host ", "at step 3",
                    "no majority says whose is right",
                ]),
            // Nodes of two ranks share a copy: both have it.
            Fault(
                ranks: 5, model: "mlp", options: ["nodes=2", "check=3"],
                flip: "step:3:2:flip=weights@5",
                says: ["weights on ranks 2 (host ", "3 (host ", "at step 3"]),
            // Statistics belong to ranks, also where the rest is shared.
            Fault(
                ranks: 3, model: "cnn", options: ["check=3"],
                flip: "step:1:2:flip=statistics@20",
                says: ["running statistics on rank 1 (host ", "at step 3, first in 1.running_"]),
            // Memory changed between a check and the update: what exists once, or is about to be written over by what the
            // owner of a slice sends.
            Fault(
                ranks: 2, model: "mlp", options: ["check=1"],
                flip: "step:1:3:flip=weights",
                says: ["weights of ", "updates, changed in memory after step 2 though nothing wrote them"]),
            Fault(
                ranks: 3, model: "mlp",
                options: ["nodes=2", "check=2", "momentum=0.9", "sharded=true"],
                flip: "step:2:3:flip=optimizer",
                says: ["momentum_buffer values of ", "which rank 2 (host ", "changed in memory after step 2"]),
            Fault(
                ranks: 5, model: "mlp",
                options: ["nodes=2", "check=1", "sharded=true"],
                flip: "step:4:3:flip=weights",
                says: ["weights of 4.bias, which rank 4 (host ", "changed in memory after step 2"]),
            Fault(
                ranks: 0, model: "mlp", options: ["check=1"],
                flip: "step:0:2:flip=weights@7",
                says: ["weights of ", "which rank 0 (host ", "changed in memory after step 1"]),
        ]

        @Test(arguments: faults) func turnedOverBit(_ fault: Fault) throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try BuiltExecutable.path("training-controls")
            let arguments = ControlledRun.arguments(
                data, fault.model, fault.options + ["epochs=2"], output: data.path("run"))
            let environment = ["DTRAIN_FAULT": fault.flip]
            let result =
                fault.ranks == 0
                ? try ProcessRun.run(
                    program, arguments, environment: environment, timeLimit: Promptness.patience)
                : try MPIRun.run(
                    ranks: fault.ranks, executable: program, arguments: arguments, environment: environment)
            #expect(result.exitCode == 76, "\(result)")
            let lines = result.standardError.split(separator: "\n").filter { $0.contains("error:") }
            #expect(lines.count == 1, "\(result)")
            for text in fault.says { #expect(result.standardError.contains(text), "\(result)") }
            #expect(result.survivors.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: data.path("run/weights.safetensors")))
        }

        /// The same faults without checks end well and leave other weights: it is the checks that find them.
        @Test func withoutChecks() throws {
            let data = try TestData()
            defer { data.remove() }
            for fault in Self.faults.prefix(3) {
                let options = fault.options.filter { !$0.hasPrefix("check=") } + ["check=0", "epochs=2"]
                let clean = try ControlledRun.run(fault.ranks, data, fault.model, options)
                let spoiled = try ControlledRun.run(
                    fault.ranks, data, fault.model, options, environment: ["DTRAIN_FAULT": fault.flip])
                #expect(spoiled.weights != clean.weights, "\(fault.testDescription)")
            }
        }

        /// Checks find nothing in what is right, and change no byte.
        @Test(arguments: [
            (3, "cnn", ["momentum=0.9", "transport=point_to_point"]),
            (4, "cnn", ["optimizer=adam", "nodes=2", "sharded=true", "clip=0.5"]),
            (3, "mlp", ["optimizer=adam", "delayed=true", "transport=point_to_point"]),
            (3, "mlp", ["optimizer=lamb", "accumulate=2", "nodes=2", "bucket=1"]),
            (2, "cnn", ["lookahead=2", "patience=1", "epochs=4"]),
        ]) func noFalseAlarm(_ ranks: Int, _ model: String, _ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let without = try ControlledRun.run(ranks, data, model, options + ["check=0"])
            for check in [1, 3] {
                let run = try ControlledRun.run(ranks, data, model, options + ["check=\(check)"])
                #expect(run.weights == without.weights, "check=\(check)")
            }
        }
    }

    /// What ranks were started with, and must not differ: said before training, the odd one named, exit code 76.
    @Suite struct DifferentRanks {
        /// Runs `first` on `ranks` ranks and `last` on one more, in folders of their own.
        private func run(
            _ ranks: Int, _ first: [String], and last: [String], in folders: (String, String)? = nil
        ) throws -> ProcessResult {
            try MPIRun.run(
                ranks: ranks, executable: first[0],
                arguments: Array(first.dropFirst()) + [":", "-n", "1"]
                    + (folders.map { ["-wdir", $0.1] } ?? []) + last,
                options: folders.map { ["-wdir", $0.0] } ?? [])
        }

        private func expect(_ result: ProcessResult, says texts: [String]) {
            #expect(result.exitCode == 76, "\(result)")
            let lines = result.standardError.split(separator: "\n").filter { $0.contains("error:") }
            #expect(lines.count == 1, "\(result)")
            for text in texts { #expect(result.standardError.contains(text), "\(result)") }
            #expect(result.survivors.isEmpty)
        }

        /// A copy of the program with one byte more.
        @Test(arguments: ["auto", "point_to_point"]) func programs(_ transport: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try BuiltExecutable.path("training-controls")
            var bytes = try Data(contentsOf: URL(fileURLWithPath: program))
            bytes.append(0)
            let other = data.path("training-controls-other")
            try ProgramFile.write(bytes, to: other)
            let arguments = ControlledRun.arguments(
                data, "mlp", ["transport=\(transport)"], output: data.path("run"))
            expect(
                try run(2, [program] + arguments, and: [other] + arguments),
                says: ["the program file on rank 2 (host ", "install the same build"])
            expect(
                try run(1, [program] + arguments, and: [other] + arguments),
                says: ["the program file differs between ranks 0 (host ", "1 (host "])
        }

        /// Arguments of the command line, and what they change of the configuration.
        @Test(arguments: [
            ["--batch", "12"], ["--steps", "3"], ["--set", "training.transport=point_to_point"],
            ["--set", "training.check_replicas=3"], ["--dry-run"],
        ]) func configurations(_ more: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                try BuiltExecutable.path("dtrain"), "--config",
                try EndToEndTests.SameBytes.configuration(data, "mlp"),
                "--output", data.path("run"),
            ]
            let result = try run(2, arguments, and: arguments + more)
            expect(
                result,
                says: [
                    more.last?.contains("transport") == true ? "the transport" : "the configuration",
                    " on rank 2 (host ",
                ])
        }

        /// One element of the features differs in its last bit, on the one rank that reads another folder.
        @Test func contents() throws {
            let data = try TestData()
            defer { data.remove() }
            let other = try TestData()
            defer { other.remove() }
            let path = other.path("rows.npy")
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count - 4] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let program = try BuiltExecutable.path("training-controls")
            let arguments = [
                URL(fileURLWithPath: program).path, "none", "rows.npy", "labels.npy",
                data.path("run"),
                "mlp", "transport=point_to_point",
            ]
            expect(
                try run(2, arguments, and: arguments, in: (data.folder, other.folder)),
                says: ["the data on rank 2 (host ", "copy the same files"])
            expect(
                try run(2, arguments, and: arguments, in: (other.folder, data.folder)),
                says: ["the data on rank 2 (host "])
        }

        /// Another model under the same arguments.
        @Test func models() throws {
            let data = try TestData()
            defer { data.remove() }
            let program = try BuiltExecutable.path("training-controls")
            func arguments(_ model: String, _ more: [String] = []) -> [String] {
                [program] + ControlledRun.arguments(data, model, more, output: data.path("run"))
            }
            expect(
                try run(2, arguments("mlp"), and: arguments("mlp", ["momentum=0.9"])),
                says: ["the configuration on rank 2 (host "])
            expect(
                try run(2, arguments("mlp"), and: arguments("narrow")),
                says: ["the program or its configuration on rank 2 (host "])
        }
    }
}
