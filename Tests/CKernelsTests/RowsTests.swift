import CKernels
import Foundation
import Testing

/// The softmax family, cross entropy, labels and counting against plain Float64 rows.
@Suite struct RowsTests {
    static let widths = [1, 2, 10, 15, 16, 17, 1000]
    static let rowCount = 5

    /// Rows of ordinary logits, of large ones, of equal ones, and with one that dominates.
    private static func logits(_ k: Int, seed: UInt64) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        var x = numbers.floats(k, -3...3) + numbers.floats(k, -1e4...1e4) + [Float](repeating: 1e4, count: k)
        x += numbers.floats(2 * k, -30...30)
        x[4 * k] = 1e4
        return x
    }

    private static func labels(_ k: Int) -> [Int32] { (0..<rowCount).map { Int32($0 * 7 % k) } }

    private static func rows(_ x: [Float], _ k: Int) -> [[Double]] {
        (0..<rowCount).map { i in x[(i * k)..<((i + 1) * k)].map(Double.init) }
    }

    private static func logSumExp(_ row: [Double]) -> Double {
        let peak = row.reduce(-.infinity) { max($0, $1) }
        return peak + log(row.reduce(0) { $0 + exp($1 - peak) })
    }

    /// One rounding of the exponential, one of the quotient: each half an ulp, and the first can count double
    /// when the quotient falls into the next lower binade; the Float64 part adds 2^-5 at most.
    @Test(arguments: widths) func softmax(k: Int) {
        let x = Self.logits(k, seed: 20), n = Int64(Self.rowCount), width = Int64(k)
        let y = agreeing("softmax") { t in written(x.count) { t.softmax(x, n, width, $0) } }
        for (i, row) in Self.rows(x, k).enumerated() {
            let total = Self.logSumExp(row)
            for j in 0..<k {
                let exact = exp(row[j] - total)
                // exp of a Float64 difference of numbers near 1e4 is itself only good to 1e4*2^-52.
                #expect(ulps(y[i * k + j], exact) <= 1.54, "row \(i), column \(j): \(y[i * k + j])")
            }
        }
    }

    /// One rounding; where one class has nearly all the mass the sum of exponentials rounds at 1.
    @Test(arguments: widths) func logSoftmax(k: Int) {
        let x = Self.logits(k, seed: 21), n = Int64(Self.rowCount), width = Int64(k), labels = Self.labels(k)
        let y = agreeing("log_softmax") { t in written(x.count) { t.log_softmax(x, n, width, $0) } }
        let loss = agreeing("cross_entropy") { t in
            written(Self.rowCount) { t.cross_entropy(x, labels, n, width, $0) }
        }
        for (i, row) in Self.rows(x, k).enumerated() {
            let total = Self.logSumExp(row)
            for j in 0..<k {
                let exact = row[j] - total
                let allowed = 0.54 * Double(Float(exact).ulp) + 1e-11
                #expect(abs(Double(y[i * k + j]) - exact) <= allowed, "row \(i), column \(j)")
            }
            let exact = total - row[Int(labels[i])]
            #expect(abs(Double(loss[i]) - exact) <= 0.54 * Double(Float(exact).ulp) + 1e-11, "loss \(i)")
        }
    }

    @Test(arguments: widths) func gradients(k: Int) {
        let n = Int64(Self.rowCount), width = Int64(k), count = Self.rowCount * k
        var numbers = TestNumbers(seed: 22)
        let y = numbers.floats(count, 0...1), logs = numbers.floats(count, -5...0)
        let dy = numbers.floats(count, -2...2)
        let soft = agreeing("softmax_gradient") { t in
            written(count) { t.softmax_gradient(y, dy, n, width, $0) }
        }
        let log = agreeing("log_softmax_gradient") { t in
            written(count) { t.log_softmax_gradient(logs, dy, n, width, $0) }
        }
        let rowsY = Self.rows(y, k), rowsLogs = Self.rows(logs, k), rowsDy = Self.rows(dy, k)
        for i in 0..<Self.rowCount {
            let inner = zip(rowsY[i], rowsDy[i]).reduce(0) { $0 + $1.0 * $1.1 },
                total = rowsDy[i].reduce(0, +)
            for j in 0..<k {
                // k Float64 additions of numbers up to 2 (error k^2*2^-52), then one rounding.
                let slack = Double(k * k) * 0x1p-51
                let exactSoft = rowsY[i][j] * (rowsDy[i][j] - inner)
                #expect(abs(Double(soft[i * k + j]) - exactSoft) <= Double(Float(exactSoft).ulp) / 2 + slack)
                let share = exp(rowsLogs[i][j]) * total, exactLog = rowsDy[i][j] - share
                let allowed = Double(Float(exactLog).ulp) / 2 + abs(share) * 0x1p-29 + slack
                #expect(abs(Double(log[i * k + j]) - exactLog) <= allowed)
            }
        }
    }

    /// dloss*(p - 1) at the label keeps its precision however close p is to 1, down to the Float64 sum's last
    /// bit.
    @Test(arguments: widths) func crossEntropyGradient(k: Int) {
        let x = Self.logits(k, seed: 23), n = Int64(Self.rowCount), width = Int64(k)
        var labels = Self.labels(k)
        labels[4] = 0
        let dloss: [Float] = [1, 0.5, -2, 3, 0.1]
        let dx = agreeing("cross_entropy_gradient") { t in
            written(x.count) { t.cross_entropy_gradient(x, labels, dloss, n, width, $0) }
        }
        for (i, row) in Self.rows(x, k).enumerated() {
            let total = Self.logSumExp(row), d = Double(dloss[i])
            for j in 0..<k {
                let p = exp(row[j] - total), exact = d * (j == Int(labels[i]) ? p - 1 : p)
                // Rounding the exponential to Float32 is relative to p; the result rounds once more.
                let roundedExponential = p == 1 ? 0 : p * 0x1p-24 * 1.1
                let allowed = 0.54 * Double(Float(exact).ulp) + abs(d) * (roundedExponential + p * 1e-11)
                #expect(
                    abs(Double(dx[i * k + j]) - exact) <= allowed, "row \(i), column \(j): \(dx[i * k + j])")
            }
        }
    }

    /// Two classes 40 apart: the gradient at the right label is -exp(-20 ...), which a Float32 p - 1 would
    /// call 0.
    @Test func sureAndRightStillLearns() {
        let x: [Float] = [20, 0], labels: [Int32] = [0], dloss: [Float] = [1]
        let dx = agreeing("gradient") { t in
            written(2) { t.cross_entropy_gradient(x, labels, dloss, 1, 2, $0) }
        }
        let exact = -1 / (1 + exp(20.0))
        #expect(abs(Double(dx[0]) / exact - 1) < 1e-6 && abs(Double(dx[1]) / -exact - 1) < 1e-6)
    }

    @Test(arguments: [1, 10, 16, 40]) func notANumberShows(k: Int) {
        for bad in [Float.nan, .infinity] {
            var x = [Float](repeating: 1, count: 2 * k)
            x[k / 2] = bad
            let width = Int64(k), labels: [Int32] = [0, 0], ones: [Float] = [1, 1]
            let soft = agreeing("softmax") { t in written(2 * k) { t.softmax(x, 2, width, $0) } }
            let log = agreeing("log_softmax") { t in written(2 * k) { t.log_softmax(x, 2, width, $0) } }
            let loss = agreeing("loss") { t in written(2) { t.cross_entropy(x, labels, 2, width, $0) } }
            let dx = agreeing("dx") { t in
                written(2 * k) { t.cross_entropy_gradient(x, labels, ones, 2, width, $0) }
            }
            #expect(loss[0].isNaN && !loss[1].isNaN)
            #expect(log[k / 2].isNaN && soft[k / 2].isNaN && dx[k / 2].isNaN)
            for y in [soft, log, dx] {
                #expect(y[k...].allSatisfy { $0.isFinite }, "the other row is touched")
            }
        }
    }

    @Test(arguments: widths) func oneHot(k: Int) {
        let labels = Self.labels(k), n = Int64(labels.count)
        let y = agreeing("one_hot") { t in written(labels.count * k) { t.one_hot(labels, n, Int64(k), $0) } }
        #expect(y == labels.flatMap { label in (0..<k).map { $0 == Int(label) ? 1 : 0 } })
    }

    /// Few different values, so that ties are common, with NaNs and infinities among them.
    @Test(arguments: KernelVariant.all, widths) func countCorrect(variant: KernelVariant, k: Int) {
        var numbers = TestNumbers(seed: 24)
        let values: [Float] = [0, 1, 2, 2, .infinity, -.infinity, .nan], n = 200
        for choices in [3, 4, 6, 7] {
            let x = (0..<(n * k)).map { _ in values[Int(numbers.bits() % UInt64(choices))] }
            let firstLargest = (0..<n).map { i in
                var best = 0
                for j in 1..<max(k, 1) {
                    let candidate = x[i * k + j], held = x[i * k + best]
                    if !held.isNaN && (candidate.isNaN || candidate > held) { best = j }
                }
                return Int32(best)
            }
            let others = (0..<n).map { _ in Int32(numbers.bits() % UInt64(k)) }
            let labels = (0..<n).map { $0 % 2 == 0 ? firstLargest[$0] : others[$0] }
            let expected = (0..<n).count { labels[$0] == firstLargest[$0] }
            #expect(variant.table.count_correct(x, labels, Int64(n), Int64(k)) == Double(expected))
        }
    }

    /// Rows whose label is negative have neither loss nor gradient, whatever stands in them; the others have
    /// what they had.
    @Test(arguments: widths) func ignoredRows(k: Int) {
        var x = Self.logits(k, seed: 25)
        x[3 * k] = .nan
        let n = Int64(Self.rowCount), width = Int64(k), labels = Self.labels(k)
        let some = labels.indices.map { $0 % 2 == 1 ? -1 : labels[$0] }
        let dloss: [Float] = [1, .nan, -2, 3, 0.1]
        func losses(_ labels: [Int32]) -> [Float] {
            agreeing("loss") { t in written(Self.rowCount) { t.cross_entropy(x, labels, n, width, $0) } }
        }
        func gradients(_ labels: [Int32]) -> [Float] {
            agreeing("dx") { t in
                written(x.count) { t.cross_entropy_gradient(x, labels, dloss, n, width, $0) }
            }
        }
        let loss = losses(some), whole = losses(labels), dx = gradients(some), wholeDx = gradients(labels)
        for i in 0..<Self.rowCount {
            let isIgnored = some[i] < 0, row = i * k..<(i + 1) * k
            #expect(loss[i] == (isIgnored ? 0 : whole[i]))
            #expect(bits(Array(dx[row])) == bits(isIgnored ? row.map { _ in 0 } : Array(wholeDx[row])))
        }
        for variant in KernelVariant.all {
            let t = variant.table, none = [Int32](repeating: -1, count: Self.rowCount)
            #expect(t.count_correct(x, none, n, width) == 0)
            let parts = some.indices.filter { some[$0] >= 0 }.map { i in
                t.count_correct(Array(x[i * k..<(i + 1) * k]), [labels[i]], 1, width)
            }
            #expect(t.count_correct(x, some, n, width) == parts.reduce(0, +))
        }
    }

    @Test func noRows() {
        for variant in KernelVariant.all {
            let t = variant.table, none: [Float] = [], labels: [Int32] = []
            #expect(written(0) { t.softmax(none, 0, 10, $0) }.isEmpty)
            #expect(written(0) { t.cross_entropy(none, labels, 0, 10, $0) }.isEmpty)
            #expect(written(0) { t.one_hot(labels, 0, 10, $0) }.isEmpty)
            #expect(t.count_correct(none, labels, 0, 10) == 0)
        }
    }
}
