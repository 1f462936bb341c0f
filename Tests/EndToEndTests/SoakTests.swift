import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/soak: kills at random moments, and every resumed run against one that nothing happened to.
    @Suite(.serialized) struct Soak {
        private static let script = Checkout.script("soak")

        @Test func someKills() throws {
            let run = try ProcessRun.run(
                Self.script, ["--kills", "8", "--dtrain", try BuiltExecutable.path("dtrain")],
                timeLimit: .seconds(180))
            #expect(run.exitCode == 0 && run.survivors.isEmpty, "\(run)")
            #expect(run.standardOutput.contains(": 8 kills, "), "\(run)")
        }

        /// A program that forgets where it was is found.
        @Test func findsDifferences() throws {
            let data = try TestData()
            defer { data.remove() }
            // It trains with another seed whenever there is something to go on from.
            let program = try data.write(
                "dtrain",
                text: """
                    #!/usr/bin/env bash
                    for word in "$@"; do
                        if [ -n "${output-}" ] && ls -d "$word"/checkpoints/step-* > /dev/null 2>&1; then
                            rm -r "$word"
                            set -- "$@" --set training.seed=2
                            break
                        fi
                        output=$([ "$word" != --output ] || echo next)
                    done
                    exec '\(try BuiltExecutable.path("dtrain"))' "$@"
                    """)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let run = try ProcessRun.run(
                Self.script,
                ["--kills", "8", "--ranks", "1", "--dtrain", program, "--folder", data.path("soak")],
                timeLimit: .seconds(180))
            #expect(run.exitCode == 1 && run.standardError.contains("soak: FAILED: "), "\(run)")
        }
    }
}
