import CKernels
import Testing

/// What happens to summed gradients before an update rule sees them.
@Suite struct GradientTests {
    @Test(arguments: testedCounts)
    func addScaled(count: Int) {
        var numbers = TestNumbers(seed: 4)
        let x = numbers.floats(count, -2...2)
        let sum = numbers.floats(count, -2...2)
        let result = agreeing("add scaled") { table in
            written(count) { y in
                y.update(from: sum, count: count)
                table.add_scaled(Int64(count), 0.3, x, y)
            }
        }
        #expect(result == zip(sum, x).map { $0 + 0.3 * $1 })
    }

    @Test(arguments: testedCounts)
    func clamp(count: Int) {
        var numbers = TestNumbers(seed: 5)
        var x = numbers.floats(count, -2...2)
        if count > 3 { x.replaceSubrange(0..<4, with: [.nan, .infinity, -.infinity, 1]) }
        let expected = x.map { $0.isNaN ? $0 : min(max($0, -1), 1) }
        let outside = x.filter { abs($0) > 1 }.count
        let result = agreeing("clamp") { table in
            written(count) { y in
                y.update(from: x, count: count)
                #expect(table.clamp_values(Int64(count), 1, y) == Int64(outside))
            }
        }
        #expect(bits(result) == bits(expected))
    }
}
