import CKernels
import Testing

/// Rows gathered from a data set and normalized.
@Suite struct BatchesTests {
    /// Rows of `width` elements, channels of `channel` elements.
    struct Format: Sendable {
        let width, channel: Int
        var channels: Int { (width + channel - 1) / channel }
    }

    static let formats = [
        Format(width: 784, channel: 784), Format(width: 3 * 49, channel: 49), Format(width: 1, channel: 1),
        Format(width: 20, channel: 1), Format(width: 3 * 16, channel: 16), Format(width: 31, channel: 31),
    ]

    /// Rows in no order, some twice, none of them the last two of nine.
    static let rows: [Int64] = [3, 0, 6, 3, 1]

    /// Where the stored example begins that element i of the batch comes from.
    private static func start(_ i: Int, _ format: Format) -> Int {
        Int(rows[i / format.width]) * format.width
    }

    @Test(arguments: formats, [0, 1, 5]) func bytes(format: Format, n: Int) {
        var numbers = TestNumbers(seed: 30)
        let x = (0..<9 * format.width).map { _ in UInt8(truncatingIfNeeded: numbers.bits()) }
        let center = numbers.doubles(format.channels, 100...150),
            factor = numbers.doubles(format.channels, 0.01...0.1)
        let table = zip(center, factor).flatMap { center, factor in
            (0..<256).map { Float((Double($0) - center) * factor) }
        }
        let expected = (0..<n * format.width).map { (i: Int) -> Float in
            let e = i % format.width
            let value = Int(x[Self.start(i, format) + e])
            return table[e / format.channel * 256 + value]
        }
        let result = agreeing("gather_u8") { kernels in
            written(n * format.width) {
                kernels.gather_u8(
                    x, Self.rows, Int64(n), Int64(format.width), Int64(format.channel), center, factor, table,
                    $0)
            }
        }
        #expect(result == expected)
    }

    /// Every byte value finds its own entry, wherever in a row it stands.
    @Test func everyByteValue() {
        let x = (0..<512).map { UInt8(truncatingIfNeeded: $0 / 2) }, table = (0..<256).map(Float.init)
        let result = agreeing("gather_u8") { kernels in
            written(512) { kernels.gather_u8(x, [0], 1, 512, 512, [0], [1], table, $0) }
        }
        #expect(result == (0..<512).map { Float($0 / 2) })
    }

    @Test(arguments: formats, [0, 1, 5]) func floats(format: Format, n: Int) {
        var numbers = TestNumbers(seed: 31)
        let x = numbers.floats(9 * format.width, 0...255)
        let center = numbers.doubles(format.channels, 100...150),
            factor = numbers.doubles(format.channels, 0.01...0.1)
        let expected = (0..<n * format.width).map { (i: Int) -> Float in
            let e = i % format.width, channel = e / format.channel
            let value = Double(x[Self.start(i, format) + e])
            return Float((value - center[channel]) * factor[channel])
        }
        let result = agreeing("gather_f32") { kernels in
            written(n * format.width) {
                kernels.gather_f32(
                    x, Self.rows, Int64(n), Int64(format.width), Int64(format.channel), center, factor, $0)
            }
        }
        #expect(result == expected)
    }

    /// Rounded once: a value whose Float32 neighbour is the center would come out as zero if rounded before.
    @Test(arguments: formats, [0, 1, 5]) func doubles(format: Format, n: Int) {
        var numbers = TestNumbers(seed: 32)
        let center = numbers.doubles(format.channels, 100...150),
            factor = numbers.doubles(format.channels, 1e8...1e9)
        let x = (0..<9 * format.width).map { (i: Int) -> Double in
            center[i % format.width / format.channel] + numbers.number(-1e-9...1e-9)
        }
        let expected = (0..<n * format.width).map { (i: Int) -> Float in
            let e = i % format.width, channel = e / format.channel
            return Float((x[Self.start(i, format) + e] - center[channel]) * factor[channel])
        }
        let result = agreeing("gather_f64") { kernels in
            written(n * format.width) {
                kernels.gather_f64(
                    x, Self.rows, Int64(n), Int64(format.width), Int64(format.channel), center, factor, $0)
            }
        }
        #expect(result == expected)
        #expect(n == 0 || result.contains { $0 != 0 })
    }
}
