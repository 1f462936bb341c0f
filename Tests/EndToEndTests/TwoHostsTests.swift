import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Ranks on two hosts, which are network namespaces of this machine: what is promised of one host holds there too.
    @Suite(.alone, .enabled(if: HostPair.isPossible, "needs network namespaces and iproute2"))
    struct TwoHosts {
        /// Runs `script`, in which `train OUTPUT` trains on four ranks of both hosts with `fault`, and `again OUTPUT`
        /// without it on three ranks of host a.
        private func run(
            _ script: String, _ data: TestData, fault: String? = nil, options: [String] = []
        ) throws -> ProcessResult {
            try data.write("run.yaml", text: Faults.configuration)
            let arguments = "--config run.yaml --resume auto" + options.map { " --set \($0)" }.joined()
            return try HostPair.run(
                """
                program='\(try BuiltExecutable.path("dtrain"))'
                train() {
                    mpirun --hostfile hosts -x DTRAIN_FAULT='\(fault ?? "")' "$program" \(arguments) --output "$1"
                }
                again() { mpirun -n 3 --oversubscribe "$program" \(arguments) --output "$1"; }

                """ + script, in: data)
        }

        private func errors(_ run: ProcessResult) -> [Substring] {
            run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
        }

        @Test(arguments: [[], ["training.transport=point_to_point"], ["optimizer.sharded=true"]])
        func sameBytes(_ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run("train run && gone", data, options: options)
            try #require(run.exitCode == 0 && !run.standardOutput.contains("remaining processes"), "\(run)")
            #expect(!run.standardError.contains("shared memory cannot be had"), "\(run)")
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }

        /// What happens to a rank of host b, mpirun's exit code, and what is said.
        struct Loss: Sendable, CustomTestStringConvertible {
            let fault: String
            let code: Int
            var says: String?
            var isSharded = false
            var testDescription: String { fault }
        }

        /// Its end, and its standing still: the job ends, and host a alone goes on to the same bytes.
        @Test(arguments: [
            Loss(fault: "step:3:19:kill", code: 137),
            Loss(fault: "step:2:19:stop", code: 75, says: "rank 2 on host b has not moved since step 1"),
            Loss(fault: "checkpoint_write:2:8:kill", code: 137, isSharded: true),
        ])
        func lostRank(_ loss: Loss) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run(
                """
                began=$(now)
                train run && code=0 || code=$?
                echo "code $code after $(($(now) - began)) ms"
                gone
                again run
                """, data, fault: loss.fault,
                options: ["training.stall_timeout=3", "optimizer.sharded=\(loss.isSharded)"])
            try #require(run.exitCode == 0 && run.standardOutput.contains("code \(loss.code) "), "\(run)")
            #expect(!run.standardOutput.contains("remaining processes"), "\(run)")
            if let says = loss.says {
                #expect(errors(run).count == 1 && errors(run)[0].contains(says), "\(run)")
            }
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }

        /// The cable is pulled: both hosts' processes end by themselves, and the run goes on without host b.
        ///
        /// mpirun notices by itself where it is told to probe its connections; else the watchdog ends it, 10 s after the
        /// stall limit.
        @Test(arguments: [true, false])
        func lostHost(probing: Bool) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run(
                """
                if \(probing); then
                    export OMPI_MCA_oob_tcp_keepalive_time=3 OMPI_MCA_oob_tcp_keepalive_intvl=1
                    export OMPI_MCA_oob_tcp_keepalive_probes=3
                fi
                train run > out 2> errors &
                until ls -d run/checkpoints/step-* > /dev/null 2>&1; do kill -0 $! || exit 9; sleep 0.05; done
                ip link set between down
                began=$(now)
                wait $! && code=0 || code=$?
                echo "code $code after $(($(now) - began)) ms"
                gone 15
                cat errors >&2
                again run
                """, data, fault: "step:*:*:slow=200",
                options: ["training.stall_timeout=\(probing ? 60 : 3)"])
            // Open MPI's own code for a lost host, or that of a killed mpirun.
            let words =
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix("code ") }?
                .split(separator: " ").compactMap { Int($0) } ?? []
            try #require(run.exitCode == 0 && words.count == 2, "\(run)")
            #expect(
                words[0] == (probing ? 205 : 137)
                    && Double(words[1]) < (probing ? 11000 : 18000) * Promptness.slowdown, "\(run)")
            #expect(
                probing
                    || errors(run).count == 1
                        && errors(run)[0].contains("rank 2 on host b and rank 3 on host b have not moved"),
                "\(run)")
            #expect(!run.standardOutput.contains("remaining processes"), "\(run)")
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }

        /// Elastic training: the supervisor goes on with the ranks of host a.
        @Test func supervised() throws {
            let data = try TestData()
            defer { data.remove() }
            let script = Checkout.script("supervise")
            let run = try run(
                """
                export OMPI_MCA_oob_tcp_keepalive_time=3 OMPI_MCA_oob_tcp_keepalive_intvl=1
                export DTRAIN_FAULT='step:*:*:slow=100'
                '\(script)' --backoff 0 --probe 3 -- mpirun -n 4 -x DTRAIN_FAULT --hostfile hosts "$program" \
                    --config run.yaml --output run &
                until ls -d run/checkpoints/step-* > /dev/null 2>&1; do kill -0 $! || exit 9; sleep 0.05; done
                ip link set between down
                wait $!
                gone
                """, data)
            #expect(run.exitCode == 0 && !run.standardOutput.contains("remaining processes"), "\(run)")
            #expect(
                run.standardError.contains("no answer from b: going on with 2 ranks on the 2 slots"), "\(run)"
            )
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }

        /// Another file on host b where all ranks should have the same.
        @Test(arguments: [("data", "rows.npy"), ("program file", "dtrain")])
        func differentFile(_ kind: String, _ name: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run(
                """
                cp "$program" dtrain
                cp \(name) other
                if [ \(name) = dtrain ]; then printf x >> other; else printf x | dd of=other bs=1 seek=300 conv=notrunc; fi
                on_b mount --bind "$PWD/other" "$PWD/\(name)"
                program=$PWD/dtrain
                printf 'a slots=2\\nb slots=1\\n' > hosts
                train run && code=0 || code=$?
                echo "code $code"
                gone
                """, data)
            #expect(run.standardOutput == "code 76\n", "\(run)")
            #expect(
                errors(run).count == 1 && errors(run)[0].contains("the \(kind) on rank 2 (host b)"), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: data.path("run/weights.safetensors")))
        }

        /// A bit turned over on host b: two copies, and both owners named.
        @Test func turnedOverBit() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run(
                "train run && code=0 || code=$?\necho \"code $code\"\ngone\nagain run\n", data,
                fault: "step:2:5:flip=weights@9", options: ["training.check_replicas=3"])
            #expect(run.exitCode == 0 && run.standardOutput.contains("code 76\n"), "\(run)")
            #expect(
                errors(run).count == 1
                    && errors(run)[0].contains(
                        "which rank 2 (host b) updates, changed in memory after step 4"),
                "\(run)")
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }

        /// Host b has a folder of its own where host a writes: host a alone can go on from what both held.
        @Test func separateFolders() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try run(
                """
                mkdir run
                on_b mount -t tmpfs -o size=1m tmpfs "$PWD/run"
                train run && code=0 || code=$?
                echo "code $code"
                gone
                again run
                """, data, fault: "step:2:19:kill", options: ["optimizer.sharded=true"])
            #expect(run.exitCode == 0 && run.standardOutput.contains("code 137\n"), "\(run)")
            #expect(!run.standardOutput.contains("remaining processes"), "\(run)")
            #expect(run.standardOutput.contains("resuming at step 1"), "\(run)")
            #expect(try Faults.Outcome(data.path("run")) == Faults.undisturbed.get())
        }
    }
}
