import CKernels
import Testing

/// Rows of a table by number, and sums of rows by number, against plain loops.
@Suite struct TableRowsTests {
    private typealias Stored = StoredBFloat16

    static let widths = [0, 1, 3, 16, 33, 100]
    static let counts = [0, 1, 7, 300]
    private static let rows = 13

    /// Numbers of rows, most of them repeated, some negative, some beyond the last row.
    private static func indices(_ count: Int) -> [Int32] {
        var numbers = TestNumbers(seed: 85)
        return (0..<count).map { _ in Int32(numbers.bits() % UInt64(rows + 4)) - 2 }
    }

    private static func isRow(_ index: Int32) -> Bool { 0..<Int32(rows) ~= index }

    @Test(arguments: widths, counts) func gathering(width: Int, count: Int) {
        var numbers = TestNumbers(seed: 86)
        let table = numbers.floats(Self.rows * width, -1...1), indices = Self.indices(count)
        let stored = Stored.numbers(Self.rows * width, -1...1, seed: 87, special: true)
        let (r, w, n) = (Int64(Self.rows), Int64(width), Int64(count))
        func gathered<T>(_ table: [T], padding: T) -> [T] {
            indices.flatMap { index in
                (0..<width).map { Self.isRow(index) ? table[Int(index) * width + $0] : padding }
            }
        }
        let y = agreeing("gather") { k in
            written(count * width) { k.gather_rows(table, r, w, indices, n, $0) }
        }
        #expect(y == gathered(table, padding: 0))
        for variant in KernelVariant.all {
            let found = Stored.written(count * width) {
                variant.table.gather_rows_bf16(stored, r, w, indices, n, $0)
            }
            #expect(found == gathered(stored, padding: 0), "\(variant.testDescription)")
        }
    }

    /// Rows are added in their order, each sum rounded.
    @Test(arguments: widths, counts) func scattering(width: Int, count: Int) {
        var numbers = TestNumbers(seed: 88)
        let dy = numbers.floats(count * width, -1...1), indices = Self.indices(count)
        let size = Self.rows * width
        let table = agreeing("scatter") { k in
            written(size) {
                k.scatter_add_rows(dy, indices, Int64(count), Int64(width), Int64(Self.rows), $0)
            }
        }
        var expected = [Float](repeating: 0, count: size)
        for (row, index) in indices.enumerated() where Self.isRow(index) {
            for j in 0..<width { expected[Int(index) * width + j] += dy[row * width + j] }
        }
        #expect(table == expected)
    }
}
