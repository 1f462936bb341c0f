import COneDNN

/// Repeatable values in [-1, 1), different for every seed.
func values(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
    }
}

/// The upper half of a float32 after rounding to nearest even; not for NaN.
func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}

/// `value` rounded to bfloat16.
func rounded(_ value: Float) -> Float { Float(bitPattern: UInt32(bfloat16Bits(value)) << 16) }

/// The number of elements of `dims`.
func count(_ dims: [Int]) -> Int { dims.reduce(1, *) }

/// The largest |a - b|, infinite for NaN or different lengths.
func distance(_ a: [Float]?, _ b: [Float]) -> Float {
    guard let a, a.count == b.count else { return .infinity }
    return zip(a, b).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

/// A bound on the rounding of a float32 sum of `terms` products of values in [-1, 1], in any order, with
/// room for Winograd's transforms when asked.
func tolerance(terms: Int, winograd: Bool = false) -> Float {
    Float(terms + 2) * Float.ulpOfOne * (winograd ? 64 : 1)
}

/// C (m, n) = op(A) op(B) + bias, summed in Float64.
func referenceProduct(
    _ m: Int, _ n: Int, _ k: Int, a: [Float], transA: Bool, b: [Float], transB: Bool, bias: [Float]?
) -> [Float] {
    var c = [Float](repeating: 0, count: m * n)
    for i in 0..<m {
        for j in 0..<n {
            var sum = Double(bias?[j] ?? 0)
            for l in 0..<k {
                sum += Double(a[transA ? l * m + i : i * k + l]) * Double(b[transB ? j * k + l : l * n + j])
            }
            c[i * n + j] = Float(sum)
        }
    }
    return c
}

/// A convolution case: shapes, and the plain loops that say what its results are.
struct ConvolutionCase: CustomStringConvertible, Sendable {
    /// Examples.
    var n: Int = 3
    /// Channels, height and width of the input.
    let c: Int, h: Int, w: Int
    /// Filters, and their height and width.
    let k: Int, r: Int, s: Int
    var stride = (1, 1)
    /// Top, left, bottom, right.
    var padding = (0, 0, 0, 0)
    var groups = 1

    var description: String {
        "\(n)x\(c)x\(h)x\(w) to \(k), \(r)x\(s), stride \(stride), padding \(padding), groups \(groups)"
    }

    var p: Int { (h + padding.0 + padding.2 - r) / stride.0 + 1 }
    var q: Int { (w + padding.1 + padding.3 - s) / stride.1 + 1 }
    var src: [Int] { [n, c, h, w] }
    var dst: [Int] { [n, k, p, q] }
    var weights: [Int] {
        groups > 1 ? [groups, k / groups, c / groups, r, s] : [k, c, r, s]
    }

    var shape: od_convolution_shape {
        od_convolution_shape(
            examples: Int64(n), in_channels: Int64(c), height: Int64(h), width: Int64(w),
            out_channels: Int64(k), kernel_height: Int64(r), kernel_width: Int64(s),
            stride_height: Int64(stride.0), stride_width: Int64(stride.1),
            padding_top: Int64(padding.0), padding_left: Int64(padding.1),
            padding_bottom: Int64(padding.2), padding_right: Int64(padding.3), groups: Int64(groups),
            type: Int32(OD_FLOAT32))
    }

    /// Calls `body` with the offsets in src, weights and dst of every product of the convolution.
    func forEachProduct(_ body: (_ src: Int, _ weight: Int, _ dst: Int) -> Void) {
        for example in 0..<n {
            for out in 0..<k {
                for y in 0..<p {
                    for x in 0..<q {
                        forEachProduct(of: example, out, y, x, body)
                    }
                }
            }
        }
    }

    /// The products of one element of dst.
    private func forEachProduct(
        of example: Int, _ out: Int, _ y: Int, _ x: Int,
        _ body: (_ src: Int, _ weight: Int, _ dst: Int) -> Void
    ) {
        let perGroup = c / groups
        let firstChannel = out / (k / groups) * perGroup
        let dst = ((example * k + out) * p + y) * q + x
        for inner in 0..<perGroup {
            for i in 0..<r {
                let row = y * stride.0 + i - padding.0
                guard row >= 0, row < h else { continue }
                for j in 0..<s {
                    let column = x * stride.1 + j - padding.1
                    guard column >= 0, column < w else { continue }
                    let src = ((example * c + firstChannel + inner) * h + row) * w + column
                    body(src, ((out * perGroup + inner) * r + i) * s + j, dst)
                }
            }
        }
    }

    /// dst and its gradients by plain loops in Float64.
    func forward(_ src: [Float], _ weights: [Float], bias: [Float]?) -> [Float] {
        var sums = (0..<count(dst)).map { Double(bias?[$0 / (p * q) % k] ?? 0) }
        forEachProduct { sums[$2] += Double(src[$0]) * Double(weights[$1]) }
        return sums.map { Float($0) }
    }

    func backwardData(_ diffDst: [Float], _ weights: [Float]) -> [Float] {
        var sums = [Double](repeating: 0, count: count(src))
        forEachProduct { sums[$0] += Double(diffDst[$2]) * Double(weights[$1]) }
        return sums.map { Float($0) }
    }

    func backwardWeights(_ src: [Float], _ diffDst: [Float]) -> [Float] {
        var sums = [Double](repeating: 0, count: count(weights))
        forEachProduct { sums[$1] += Double(src[$0]) * Double(diffDst[$2]) }
        return sums.map { Float($0) }
    }

    func backwardBias(_ diffDst: [Float]) -> [Float] {
        var sums = [Double](repeating: 0, count: k)
        for (index, value) in diffDst.enumerated() { sums[index / (p * q) % k] += Double(value) }
        return sums.map { Float($0) }
    }
}
