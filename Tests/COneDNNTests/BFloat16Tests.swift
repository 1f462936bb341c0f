import COneDNN
import Testing

/// Convolutions of the recipes with two examples, others of many channels, and how their images are stored.
private let commonShapes: [(test: ConvolutionCase, input: Storage)] = [
    (ConvolutionCase(n: 2, c: 1, h: 28, w: 28, k: 32, r: 3, s: 3, padding: (1, 1, 1, 1)), .plain),
    (ConvolutionCase(n: 2, c: 3, h: 32, w: 32, k: 16, r: 3, s: 3, padding: (1, 1, 1, 1)), .plain),
    (ConvolutionCase(n: 2, c: 16, h: 28, w: 28, k: 16, r: 3, s: 3, padding: (1, 1, 1, 1)), .blocked16),
    (
        ConvolutionCase(n: 2, c: 16, h: 28, w: 28, k: 32, r: 3, s: 3, stride: (2, 2), padding: (1, 1, 1, 1)),
        .blocked16
    ),
    (ConvolutionCase(n: 2, c: 16, h: 28, w: 28, k: 32, r: 1, s: 1, stride: (2, 2)), .blocked16),
    (ConvolutionCase(n: 2, c: 32, h: 14, w: 14, k: 64, r: 3, s: 3, padding: (1, 1, 1, 1)), .blocked16),
    (
        ConvolutionCase(n: 2, c: 32, h: 14, w: 14, k: 64, r: 3, s: 3, stride: (2, 2), padding: (1, 1, 1, 1)),
        .blocked16
    ),
    (ConvolutionCase(n: 2, c: 64, h: 7, w: 7, k: 64, r: 3, s: 3, padding: (1, 1, 1, 1)), .blocked16),
    // Sums over more channels than a kernel takes at once must not be rounded in between.
    (ConvolutionCase(n: 1, c: 1024, h: 3, w: 3, k: 16, r: 3, s: 3, padding: (1, 1, 1, 1)), .blocked16),
    (ConvolutionCase(n: 1, c: 16, h: 3, w: 3, k: 1024, r: 3, s: 3, padding: (1, 1, 1, 1)), .blocked16),
    (ConvolutionCase(n: 1, c: 768, h: 1, w: 2, k: 512, r: 1, s: 1), .blocked16),
]

/// Convolutions on bfloat16 against plain loops on the same rounded operands.
@Suite(.enabled(if: Processor.hasBFloat16, "this processor has no AVX512_BF16"))
struct BFloat16Tests {
    @Test(arguments: smallConvolutions, Storage.allCases)
    func convolutionsMatchPlainLoops(test: ConvolutionCase, storage: Storage) throws {
        try compare(test, input: storage, output: storage, hasImageGradient: true)
    }

    /// oneDNN has a row-major image's gradient only as plain loops, and the first layer needs none.
    @Test(arguments: commonShapes)
    func commonShapesHaveFastForms(test: ConvolutionCase, input: Storage) throws {
        let names = try compare(
            test, input: input, output: .blocked16, hasImageGradient: input == .blocked16)
        for name in names { #expect(!name.contains("ref") && name.contains("bf16"), "\(name)") }
    }

    @Test func winogradIsUnimplemented() throws {
        let test = ConvolutionCase(n: 2, c: 32, h: 14, w: 14, k: 32, r: 3, s: 3, padding: (1, 1, 1, 1))
        var shape = test.bfloat16Shape
        let error = #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_forward(&shape, Int32(OD_WINOGRAD), false, false, nil, nil, nil, $0)
            }
        }
        #expect(error?.isUnimplemented == true)
    }

    @Test func layoutsMustBeOfTheTensorsType() throws {
        let test = smallConvolutions[4]
        var shape = test.bfloat16Shape
        let float32 = try Layout.plain(test.src)
        let filter = try Layout.plain(test.weights, type: OD_BFLOAT16)
        defer { withExtendedLifetime((float32, filter)) {} }
        let image = #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_forward(
                    &shape, Int32(OD_DIRECT), false, false, float32.handle, nil, nil, $0)
            }
        }
        #expect(image?.description.contains("input is of float32, expected bfloat16") == true)
        let gradient = #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_backward_weights(
                    &shape, Int32(OD_DIRECT), false, nil, nil, filter.handle, $0)
            }
        }
        #expect(gradient?.description.contains("weights is of bfloat16, expected float32") == true)
        shape.type = 2
        let unknown = #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_forward(&shape, Int32(OD_DIRECT), false, false, nil, nil, nil, $0)
            }
        }
        #expect(unknown?.description.contains("type 2") == true)
    }

    /// Halfway cases, signed zeros, infinities, NaN, and what rounds up to infinity, beside ordinary numbers.
    @Test(arguments: [Storage.plain, .channelsLast, .blocked8, .blocked16])
    func reordersRoundToNearestEven(storage: Storage) throws {
        let dims = [2, 19, 3, 5]
        let special: [UInt32] = [
            0, 0x8000_0000, 0x3F80_8000, 0x3F81_8000, 0x3F80_7FFF, 0x3F80_8001, 0x7F7F_7FFF, 0x7F7F_8000,
            0x7F80_0000, 0xFF80_0000, 0x0080_0000, 0x8080_8001,
        ]
        let data = special.map { Float(bitPattern: $0) } + values(count(dims) - special.count, seed: 1)
        let plain = try Layout.plain(dims)
        let there = try #require(try layout(storage, dims, type: OD_BFLOAT16))
        let into = try Primitive { od_reorder_create(plain.handle, there.handle, $0) }
        let back = try Primitive { od_reorder_create(there.handle, plain.handle, $0) }
        let halves = Buffer(bytes: there.bytes), result = Buffer(bytes: plain.bytes)
        try Call(into, [Buffer(data), halves]).run()
        try Call(back, [halves, result]).run()
        defer { withExtendedLifetime((plain, there)) {} }
        #expect(result.values.map(\.bitPattern) == data.map { rounded($0).bitPattern })

        let doubtful = Buffer([.nan, -.nan] + [Float](repeating: 1, count: count(dims) - 2))
        try Call(into, [doubtful, halves]).run()
        try Call(back, [halves, result]).run()
        #expect(result.values[0].isNaN && result.values[1].isNaN && result.values[2] == 1)
    }

    @Test func reordersMoveBFloat16BetweenLayouts() throws {
        let dims = [2, 19, 3, 5]
        let data = values(count(dims), seed: 1).map(bfloat16Bits)
        let (plain, blocked) = (
            try Layout.plain(dims, type: OD_BFLOAT16), try Layout.blocked(dims, 16, type: OD_BFLOAT16)
        )
        let into = try Primitive { od_reorder_create(plain.handle, blocked.handle, $0) }
        let result = Buffer(bytes: blocked.bytes)
        try Call(into, [Buffer(bfloat16: data), result]).run()
        defer { withExtendedLifetime((plain, blocked)) {} }
        let stored = result.bfloat16Bits(blocked.bytes / 2)
        for n in 0..<2 {
            for c in 0..<32 {
                for at in 0..<15 {
                    let place = ((n * 2 + c / 16) * 15 + at) * 16 + c % 16
                    #expect(stored[place] == (c < 19 ? data[(n * 19 + c) * 15 + at] : 0))
                }
            }
        }
    }

    /// What the header says of numbers below the normal range, which decides whether other code can give the same bytes.
    @Test func smallNumbersAreKeptOrFlushedByLevel() throws {
        let (from, to) = (try Layout.plain([32]), try Layout.plain([32], type: OD_BFLOAT16))
        let reorder = try Primitive { od_reorder_create(from.handle, to.handle, $0) }
        let small = [Float](repeating: -Float(bitPattern: 0x0055_0000), count: 32)
        let result = Buffer(bytes: to.bytes)
        try Call(reorder, [Buffer(small), result]).run()
        withExtendedLifetime((from, to)) {}
        let expected: UInt16 = od_isa() == OD_ISA_AVX512_BFLOAT16 ? 0x8000 : 0x8055
        #expect(result.bfloat16Bits(32).allSatisfy { $0 == expected })
    }

    /// Forward with bias and ReLU, and the gradients, against the plain loops; the names of the implementations.
    @discardableResult
    private func compare(
        _ test: ConvolutionCase, input: Storage, output: Storage, hasImageGradient: Bool
    ) throws -> [String] {
        var shape = test.bfloat16Shape
        let direct = Int32(OD_DIRECT)
        let src = values(count(test.src), seed: 1).map(rounded)
        let weights = values(count(test.weights), seed: 2).map(rounded)
        let bias = values(test.k, seed: 3), diffDst = values(count(test.dst), seed: 4).map(rounded)
        let srcLayout = try layout(input, test.src, type: OD_BFLOAT16)
        let dstLayout = try layout(output, test.dst, type: OD_BFLOAT16)
        defer { withExtendedLifetime((srcLayout, dstLayout)) {} }
        var names = [String]()

        for relu in [false, true] {
            let forward = try Primitive {
                od_convolution_forward(
                    &shape, direct, true, relu, srcLayout?.handle, nil, dstLayout?.handle, $0)
            }
            let result = try forward.run(
                [src, weights, bias, nil], outputs: [3: test.dst],
                dims: [0: test.src, 1: test.weights, 2: [test.k]])
            let expected = test.forward(src, weights, bias: bias)
            let bound = tolerance(terms: test.c / test.groups * test.r * test.s + 1)
            let lowest: Float = relu ? 0 : -.infinity
            #expect(isRounded(result[3], of: expected, within: bound, lowest: lowest), "\(forward.name)")
            #expect(forward.types == [OD_BFLOAT16, OD_BFLOAT16, OD_FLOAT32, OD_BFLOAT16])
            names.append(forward.name)
        }

        if hasImageGradient {
            let data = try Primitive {
                od_convolution_backward_data(&shape, direct, dstLayout?.handle, nil, srcLayout?.handle, $0)
            }
            let diffSrc = try data.run(
                [diffDst, weights, nil], outputs: [2: test.src], dims: [0: test.dst, 1: test.weights])
            let bound = tolerance(terms: test.k / test.groups * test.r * test.s)
            let expected = test.backwardData(diffDst, weights)
            #expect(isRounded(diffSrc[2], of: expected, within: bound), "\(data.name)")
            #expect(data.types == [OD_BFLOAT16, OD_BFLOAT16, OD_BFLOAT16])
            names.append(data.name)
        }

        let gradient = try Primitive {
            od_convolution_backward_weights(
                &shape, direct, true, srcLayout?.handle, dstLayout?.handle, nil, $0)
        }
        let diffs = try gradient.run(
            [src, diffDst, nil, nil], outputs: [2: test.weights, 3: [test.k]],
            dims: [0: test.src, 1: test.dst])
        let bound = tolerance(terms: test.n * test.p * test.q)
        #expect(distance(diffs[2], test.backwardWeights(src, diffDst)) <= bound, "\(gradient.name)")
        #expect(distance(diffs[3], test.backwardBias(diffDst)) <= bound, "\(gradient.name)")
        #expect(gradient.types == [OD_BFLOAT16, OD_BFLOAT16, OD_FLOAT32, OD_FLOAT32])
        names.append(gradient.name)
        return names
    }
}

extension ConvolutionCase {
    /// The same convolution on bfloat16.
    fileprivate var bfloat16Shape: od_convolution_shape {
        var shape = shape
        shape.type = Int32(OD_BFLOAT16)
        return shape
    }
}

extension Primitive {
    /// The element types of all arguments.
    fileprivate var types: [Int] {
        (0..<argumentCount).compactMap { layout($0).map { Int(od_layout_type($0)) } }
    }
}

/// Whether every value is what rounding to bfloat16 makes of a sum no further than `bound` from the exact one. Rounding
/// keeps order, so the value lies between the rounded ends of that interval.
private func isRounded(
    _ found: [Float]?, of exact: [Float], within bound: Float, lowest: Float = -.infinity
) -> Bool {
    guard let found, found.count == exact.count else { return false }
    return zip(found, exact).allSatisfy { found, exact in
        rounded(max(exact - bound, lowest)) <= found && found <= rounded(max(exact + bound, lowest))
    }
}
