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
}
