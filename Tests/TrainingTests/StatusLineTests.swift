import Testing

@testable import Training

/// Lines on terminals of any width.
@Suite struct StatusLineTests {
    private var status: StatusLine {
        var status = StatusLine()
        status.add("epoch 3/10", rank: 7)
        status.addBar(0.5, rank: 2)
        status.add("step 120/2,340", rank: 4)
        status.add("loss 0.1234", rank: 5)
        status.add("lr 0.001", rank: 0)
        status.add("12,345 samples/s", rank: 3)
        status.add("345 MiB", rank: 1)
        status.add("2:03 left", rank: 6)
        return status
    }

    @Test func partsByWidth() {
        let half = String(repeating: "█", count: 12) + String(repeating: "░", count: 12)
        for (columns, line) in [
            (20, "epoch 3/10"),
            (21, "epoch 3/10"),
            (22, "epoch 3/10  2:03 left"),
            (40, "epoch 3/10  loss 0.1234  2:03 left"),
            (80, "epoch 3/10  ████░░░░░  step 120/2,340  loss 0.1234  12,345 samples/s  2:03 left"),
            (
                200,
                "epoch 3/10  \(half)  step 120/2,340  loss 0.1234  lr 0.001  12,345 samples/s  345 MiB  2:03 left"
            ),
            (5, "epoc"), (1, ""), (0, ""),
        ] {
            #expect(status.text(columns: columns, color: false) == line, "\(columns)")
        }
        #expect(
            status.plain
                == "epoch 3/10  step 120/2,340  loss 0.1234  lr 0.001  12,345 samples/s  345 MiB  2:03 left")
    }

    /// No line reaches the last column, with colour or without, and colour adds nothing that is seen.
    @Test func neverWraps() {
        for columns in 0...220 {
            let plain = status.text(columns: columns, color: false)
            let colored = status.text(columns: columns, color: true)
            #expect(plain.count <= max(0, columns - 1), "\(columns)")
            #expect(!plain.contains("\u{1b}"))
            #expect(colored.replacing(/\u{1b}\[[0-9]*m/, with: "") == plain, "\(columns)")
            if plain.contains("░") { #expect(colored.contains("\u{1b}[2m") && colored.contains("\u{1b}[0m")) }
        }
    }

    @Test func barsOfAnyFraction() {
        for (fraction, filled) in [(-1.0, 0), (0, 0), (0.999, 23), (1, 24), (7, 24), (.nan, 0)] {
            var status = StatusLine()
            status.addBar(fraction, rank: 0)
            status.add("x", rank: 1)
            let line = status.text(columns: 80, color: false)
            #expect(line.filter { $0 == "█" }.count == filled && line.count == 27, "\(fraction): \(line)")
        }
    }

    @Test func times() {
        for (seconds, stamp, clock, words) in [
            (0, "[00:00:00]", "0:00", "0 s"), (59.6, "[00:01:00]", "1:00", "1 min 0 s"),
            (83, "[00:01:23]", "1:23", "1 min 23 s"), (3599, "[00:59:59]", "59:59", "59 min 59 s"),
            (7500, "[02:05:00]", "2:05:00", "2 h 5 min"),
            (360_000, "[100:00:00]", "100:00:00", "100 h 0 min"),
            (-5, "[00:00:00]", "0:00", "0 s"), (.infinity, "[00:00:00]", "–", "–"),
        ] as [(Double, String, String, String)] {
            #expect(TimeText.stamp(seconds) == stamp)
            #expect(TimeText.clock(seconds) == clock)
            #expect(TimeText.words(seconds) == words)
        }
    }
}
