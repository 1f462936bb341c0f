import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// scripts/soak: kills at random moments, and every resumed run against one that nothing happened to.
    @Suite struct Soak {
        private static let script = Checkout.script("soak")

        @Test func someKills() throws {
            let run = try ProcessRun.run(
                Self.script, ["--kills", "8", "--seed", "1", "--dtrain", try BuiltExecutable.path("dtrain")],
                timeLimit: Promptness.patience)
            #expect(run.exitCode == 0 && run.survivors.isEmpty, "\(run)")
            #expect(
                run.standardOutput.contains(": 8 kills, ") && !run.standardOutput.contains(" 0 resumes"),
                "\(run)")
        }

        /// A program that forgets where it was is found, also where the kills that are drawn leave it nothing to go on from,
        /// as those of the second seed do.
        @Test(arguments: [1, 1_795_926_890]) func findsDifferences(seed: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            // It trains with another seed whenever there is something to go on from.
            let text = """
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
                """
            let program = try data.write("dtrain", text: "")
            try ProgramFile.write(Data(text.utf8), to: program)
            let run = try ProcessRun.run(
                Self.script,
                [
                    "--kills", "8", "--ranks", "1", "--seed", "\(seed)", "--dtrain", program, "--folder",
                    data.path("soak"),
                ],
                timeLimit: Promptness.patience)
            #expect(
                run.exitCode == 1 && run.standardError.contains("soak: FAILED: the run differs"), "\(run)")
        }

        /// Nothing is shown by kills that come so early that there is never anything to go on from.
        @Test func oneKillIsLate() throws {
            let run = try ProcessRun.run(
                Self.script,
                [
                    "--kills", "1", "--seed", "1", "--ranks", "2", "--dtrain",
                    try BuiltExecutable.path("dtrain"),
                ],
                timeLimit: Promptness.patience)
            #expect(run.exitCode == 0 && run.standardOutput.contains(": 1 kills, 1 resumes"), "\(run)")
        }
    }
}
