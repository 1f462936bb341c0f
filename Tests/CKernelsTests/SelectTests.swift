import CKernels
import Testing

/// A choice between two operands, element by element.
@Suite struct SelectTests {
    @Test(arguments: testedCounts) func choosesAndWorksInPlace(count: Int) {
        var numbers = TestNumbers(seed: 80)
        let conditions: [Float] = [0, -0.0, .nan, 1, -.infinity, .leastNonzeroMagnitude]
        let condition = (0..<count).map { _ in conditions[Int(numbers.bits() % 6)] }
        let a = numbers.floats(count, -4...4), b = numbers.floats(count, -4...4), n = Int64(count)
        let expected = (0..<count).map { condition[$0] != 0 ? a[$0] : b[$0] }
        let y = agreeing("select") { k in written(count) { k.select(n, condition, a, b, $0) } }
        #expect(y == expected)
        for variant in KernelVariant.all {
            let k = variant.table
            var (c, first, second) = (condition, a, b)
            c.withUnsafeMutableBufferPointer { y in k.select(n, y.baseAddress, a, b, y.baseAddress) }
            first.withUnsafeMutableBufferPointer { y in
                k.select(n, condition, y.baseAddress, b, y.baseAddress)
            }
            second.withUnsafeMutableBufferPointer { y in
                k.select(n, condition, a, y.baseAddress, y.baseAddress)
            }
            #expect(c == expected && first == expected && second == expected)
        }
    }
}
