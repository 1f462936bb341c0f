import CKernels
import FixedTree

/// The correlation matrix of a training set's features, (K, K), in tiles that ranks share out.
///
/// Each tile is summed over blocks of 64 examples in order, and the blocks over `FixedTree`, all in Float64. So a tile
/// has the same bits whichever rank computes it.
package struct Correlations {
    /// The widest examples that are whitened; a matrix of that size alone has 64 MB.
    package static let widthLimit = 4096
    /// Rows and columns of a tile.
    static let tileSize = Int(DT_TILE)
    /// The numbers in a tile.
    package static let tileElements = tileSize * tileSize

    private let examples: StoredExamples
    private let rows: [Int32]?
    private let scaling: FeatureScaling
    private let kernels: UnsafePointer<dt_kernels>

    /// The correlations of all examples or of the given rows.
    ///
    /// - Parameters:
    ///   - scaling: Standardizes each feature.
    ///   - kernels: Must outlive this value.
    package init(
        _ examples: StoredExamples, rows: [Int32]? = nil, scaling: FeatureScaling,
        kernels: UnsafePointer<dt_kernels>
    ) {
        precondition(
            scaling.center.count == examples.layout.width,
            "\(scaling.center.count) features of \(examples.layout.width)")
        self.examples = examples
        self.rows = rows
        self.scaling = scaling
        self.kernels = kernels
    }

    /// Throws if examples are too wide to be whitened, or of unlike lengths; `path` is the data's, for the message.
    package static func check(_ layout: DatasetLayout, path: String) throws(DataError) {
        guard layout.width <= widthLimit else {
            throw DataError(
                .unsupported, path: path, expected: "at most \(widthLimit) features to whiten",
                found: "\(layout.width)", advice: "set data.normalize to standardize")
        }
        guard !layout.hasLengths else {
            throw DataError(
                .unsupported, path: path, expected: "examples of one length to whiten", found: "lengths",
                advice: "set data.normalize to standardize")
        }
    }

    private var width: Int { examples.layout.width }
    private var side: Int { (width + Self.tileSize - 1) / Self.tileSize }
    private var count: Int { rows?.count ?? examples.layout.count }

    /// The number of tiles on and above the diagonal.
    package var tileCount: Int { side * (side + 1) / 2 }

    /// The sums Σ z_i·z_j of the given tiles, one tile after the other.
    package func compute(tiles: Range<Int>) -> [Double] {
        precondition(tiles.lowerBound >= 0 && tiles.upperBound <= tileCount, "tiles \(tiles) of \(tileCount)")
        let size = Self.tileSize
        let blockSize = FeatureStatistics.blockSize
        let blocks = FeatureStatistics.blockCount(examples: count)
        var result: [Double] = []
        result.reserveCapacity(tiles.count * size * size)
        let left = UnsafeMutablePointer<Double>.allocate(capacity: 2 * blockSize * size)
        let right = left + blockSize * size
        defer { left.deallocate() }
        left.initialize(repeating: 0, count: 2 * blockSize * size)
        for tile in tiles {
            let (i, j) = place(tile)
            result += FixedTree.fold(0..<blocks) { node -> [Double]? in
                guard node.count == 1 else { return nil }
                let positions = node.lowerBound * blockSize..<min(node.upperBound * blockSize, count)
                standardize(positions, panel: i, into: left)
                if i != j { standardize(positions, panel: j, into: right) }
                return Array(unsafeUninitializedCapacity: size * size) { sums, initialized in
                    initialized = size * size
                    guard let base = sums.baseAddress else { return }
                    kernels.pointee.tile_products(left, i == j ? left : right, Int64(positions.count), base)
                }
            } combine: { left, right in
                var total = left
                total.withUnsafeMutableBufferPointer { total in
                    for e in total.indices { total[e] += right[e] }
                }
                return total
            }
        }
        return result
    }

    /// The symmetric matrix (K, K) from the sums of all tiles in order.
    package func matrix(_ sums: [Double]) -> [Double] {
        let (size, k) = (Self.tileSize, width)
        precondition(sums.count == tileCount * size * size, "\(sums.count) numbers of \(tileCount) tiles")
        var matrix = Array(repeating: 0.0, count: k * k)
        for tile in 0..<tileCount {
            let (i, j) = place(tile)
            for row in i * size..<min((i + 1) * size, k) {
                for column in j * size..<min((j + 1) * size, k) {
                    let sum = sums[(tile * size + row - i * size) * size + column - j * size]
                    matrix[row * k + column] = sum / Double(count)
                    matrix[column * k + row] = sum / Double(count)
                }
            }
        }
        return matrix
    }

    /// The panels of rows and columns of a tile; tiles are counted row by row.
    private func place(_ tile: Int) -> (row: Int, column: Int) {
        var (row, first) = (0, 0)
        while tile - first >= side - row {
            first += side - row
            row += 1
        }
        return (row, row + tile - first)
    }

    /// Standardizes the features of a panel, one row of a tile's width per example. Columns after the last feature are
    /// not written, because nothing reads their sums.
    private func standardize(
        _ positions: Range<Int>, panel: Int, into panelRows: UnsafeMutablePointer<Double>
    ) {
        let first = panel * Self.tileSize
        let features = min(Self.tileSize, width - first)
        scaling.center.withUnsafeBufferPointer { center in
            scaling.factor.withUnsafeBufferPointer { factor in
                guard let center = center.baseAddress, let factor = factor.baseAddress else { return }
                for (place, position) in positions.enumerated() {
                    let row = rows.map { Int($0[position]) } ?? position
                    let start = row * width + first
                    let (n, c, f) = (Int64(features), center + first, factor + first)
                    let out = panelRows + place * Self.tileSize
                    switch examples.layout.elementType {
                    case .uint8:
                        kernels.pointee.standardize_u8(
                            examples.features.assumingMemoryBound(to: UInt8.self) + start, n, c, f, out)
                    case .float32:
                        kernels.pointee.standardize_f32(
                            examples.features.assumingMemoryBound(to: Float.self) + start, n, c, f, out)
                    case .float64:
                        kernels.pointee.standardize_f64(
                            examples.features.assumingMemoryBound(to: Double.self) + start, n, c, f, out)
                    }
                }
            }
        }
    }
}
