import CKernels
import Testing

/// An activation's shape and layout, and the way between it and plain [n][c][pixel] values.
struct ActivationShape: CustomTestStringConvertible, Sendable {
    /// Examples, channels and the pixels of a channel, h rows of w.
    let n, c, h, w: Int

    /// The channel block; c itself for 2-D activations.
    let block: Int

    /// Pixels per channel.
    var hw: Int { h * w }

    /// Channels with their padding.
    var padded: Int { (c + block - 1) / block * block }

    /// Stored elements.
    var count: Int { n * padded * hw }

    /// What the kernels take.
    var descriptor: dt_activation { descriptor(bfloat16: false) }

    /// What the kernels take if activations are stored as Float32 or as bfloat16.
    func descriptor(bfloat16: Bool) -> dt_activation {
        dt_activation(n: Int64(n), c: Int64(c), hw: Int64(hw), block: Int64(block), bfloat16: bfloat16)
    }

    var testDescription: String { "n \(n) c \(c) \(h)x\(w) block \(block)" }

    /// Where pixel `pixel` of channel `channel` of example `example` is stored.
    func offset(_ example: Int, _ channel: Int, _ pixel: Int) -> Int {
        ((example * (padded / block) + channel / block) * hw + pixel) * block + channel % block
    }

    /// The stored form of values [n][c][hw], with zeros in padded channels.
    func stored<T: Numeric>(_ values: [T]) -> [T] {
        var result = [T](repeating: 0, count: count)
        for (position, value) in zip(offsets, values) { result[position] = value }
        return result
    }

    /// The values [n][c][hw] of a stored form; padded channels must hold zeros.
    func values<T: Numeric>(_ stored: [T]) -> [T] {
        var rest = stored
        let result = offsets.map { stored[$0] }
        for position in offsets { rest[position] = 0 }
        #expect(rest.allSatisfy { $0 == 0 }, "padded channels are not zero")
        return result
    }

    /// The stored positions in the order of [n][c][hw].
    var offsets: [Int] {
        let total: Int = n * c * hw
        return (0..<total).map { (i: Int) -> Int in
            let plane = i / hw
            return offset(plane / c, plane % c, i % hw)
        }
    }

    /// The values of one channel over all examples, from values [n][c][hw].
    func channel<T>(_ channel: Int, of values: [T]) -> [T] {
        var result: [T] = []
        for example in 0..<n {
            let start = (example * c + channel) * hw
            result += values[start..<start + hw]
        }
        return result
    }

    /// 4-D shapes in every block and 2-D shapes, among them empty ones, odd images and padded channels.
    static let tested: [ActivationShape] = {
        var shapes = [
            ActivationShape(n: 67, c: 100, h: 1, w: 1, block: 100),
            ActivationShape(n: 3, c: 20, h: 6, w: 7, block: 20),
            ActivationShape(n: 2, c: 6, h: 5, w: 3, block: 3),
        ]
        for n in [0, 1, 5] {
            for c in [3, 16, 20, 32, 100] {
                shapes.append(ActivationShape(n: n, c: c, h: 1, w: 1, block: c))
                for block in [1, 8, 16] {
                    for (h, w) in [(1, 1), (3, 3), (7, 5)] {
                        shapes.append(ActivationShape(n: n, c: c, h: h, w: w, block: block))
                    }
                }
            }
        }
        return shapes
    }()
}
