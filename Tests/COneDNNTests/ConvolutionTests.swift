import COneDNN
import Testing

/// How the activations of a test case are stored.
enum Storage: CaseIterable, Sendable { case plain, channelsLast, blocked8, blocked16, chosen }

/// The layout of `dims` in a storage; nil where oneDNN chooses.
func layout(_ storage: Storage, _ dims: [Int], type: Int = OD_FLOAT32) throws -> Layout? {
    switch storage {
    case .plain: try .plain(dims, type: type)
    case .channelsLast: try .channelsLast(dims, type: type)
    case .blocked8: try .blocked(dims, 8, type: type)
    case .blocked16: try .blocked(dims, 16, type: type)
    case .chosen: nil
    }
}

/// Small convolutions of all kinds: few channels, strides with a remainder, uneven padding, groups.
let smallConvolutions = [
    ConvolutionCase(c: 1, h: 9, w: 7, k: 20, r: 3, s: 3, padding: (1, 1, 1, 1)),
    ConvolutionCase(c: 5, h: 8, w: 11, k: 7, r: 3, s: 3, stride: (2, 2), padding: (1, 1, 1, 1)),
    ConvolutionCase(c: 16, h: 8, w: 8, k: 32, r: 3, s: 3, stride: (2, 2), padding: (1, 1, 1, 1)),
    ConvolutionCase(c: 19, h: 6, w: 8, k: 33, r: 1, s: 1, stride: (2, 2)),
    ConvolutionCase(c: 16, h: 7, w: 7, k: 16, r: 3, s: 3, padding: (1, 1, 1, 1)),
    ConvolutionCase(c: 6, h: 10, w: 9, k: 4, r: 4, s: 2, stride: (3, 2), padding: (2, 0, 1, 1)),
    ConvolutionCase(c: 6, h: 7, w: 7, k: 9, r: 3, s: 3, padding: (1, 1, 1, 1), groups: 3),
    ConvolutionCase(c: 17, h: 7, w: 6, k: 17, r: 3, s: 3, padding: (1, 1, 1, 1), groups: 17),
    ConvolutionCase(c: 32, h: 6, w: 6, k: 32, r: 3, s: 3, stride: (2, 2), padding: (0, 1, 1, 0), groups: 2),
]

@Suite struct ConvolutionTests {
    @Test(arguments: smallConvolutions, Storage.allCases)
    func directMatchesPlainLoops(test: ConvolutionCase, storage: Storage) throws {
        try compare(test, algorithm: OD_DIRECT, storage: storage)
    }

    @Test(arguments: [0, 4])
    func automaticMatchesPlainLoops(index: Int) throws {
        try compare(smallConvolutions[index], algorithm: OD_AUTO, storage: .chosen)
    }

    @Test func winogradMatchesPlainLoopsOrIsUnimplemented() throws {
        let test = ConvolutionCase(n: 2, c: 32, h: 14, w: 14, k: 32, r: 3, s: 3, padding: (1, 1, 1, 1))
        do {
            try compare(test, algorithm: OD_WINOGRAD, storage: .chosen)
        } catch let error as OneDNNError where error.isUnimplemented {
            let version = String(cString: od_version())
            #expect(!version.hasPrefix("2.") || od_isa() < OD_ISA_AVX512, "\(error)")
        }
        let wide = ConvolutionCase(c: 16, h: 7, w: 7, k: 16, r: 5, s: 5)
        let refused = #expect(throws: OneDNNError.self) {
            try compare(wide, algorithm: OD_WINOGRAD, storage: .chosen)
        }
        #expect(refused?.isUnimplemented == true)
    }

    @Test func givenWeightsLayoutIsUsed() throws {
        let test = smallConvolutions[4]
        var shape = test.shape
        let plain = try Layout.plain(test.weights)
        let given = try Primitive {
            od_convolution_forward(&shape, Int32(OD_DIRECT), false, false, nil, plain.handle, nil, $0)
        }
        defer { withExtendedLifetime((plain, given)) {} }
        let weights = try #require(given.layout(Int(OD_FORWARD_WEIGHTS)))
        #expect(od_layout_equal(weights, plain.handle))
        #expect(given.layout(Int(OD_FORWARD_BIAS)) == nil)
        #expect(given.layout(4) == nil)
        #expect(!given.name.isEmpty)
    }

    @Test func wrongShapesSayWhatWasExpected() throws {
        var shape = smallConvolutions[4].shape
        let wrong = try Layout.plain([3, 16, 7, 8])
        defer { withExtendedLifetime(wrong) {} }
        let error = #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_forward(&shape, Int32(OD_DIRECT), false, false, wrong.handle, nil, nil, $0)
            }
        }
        #expect(error?.description.contains("is 8, expected 7") == true)
        shape.groups = 3
        #expect(throws: OneDNNError.self) {
            try Primitive {
                od_convolution_forward(&shape, Int32(OD_DIRECT), false, false, nil, nil, nil, $0)
            }
        }
        var height: Int64 = 0, width: Int64 = 0
        var tall = ConvolutionCase(c: 1, h: 2, w: 9, k: 1, r: 3, s: 3).shape
        #expect(od_convolution_output(&tall, &height, &width) == Int32(OD_FAILED.rawValue))
        tall.padding_top = 1
        #expect(od_convolution_output(&tall, &height, &width) == 0)
        #expect((height, width) == (1, 7))
    }

    /// Forward with bias and ReLU, and all three gradients, against the plain loops.
    private func compare(_ test: ConvolutionCase, algorithm: Int, storage: Storage) throws {
        var shape = test.shape
        let winograd = algorithm != OD_DIRECT
        let algorithm = Int32(algorithm)
        let src = values(count(test.src), seed: 1), weights = values(count(test.weights), seed: 2)
        let bias = values(test.k, seed: 3), diffDst = values(count(test.dst), seed: 4)
        let srcLayout = try layout(storage, test.src), dstLayout = try layout(storage, test.dst)
        let window = test.c / test.groups * test.r * test.s
        defer { withExtendedLifetime((srcLayout, dstLayout)) {} }

        for relu in [false, true] {
            let forward = try Primitive {
                od_convolution_forward(
                    &shape, algorithm, true, relu, srcLayout?.handle, nil, dstLayout?.handle, $0)
            }
            let result = try forward.run(
                [src, weights, bias, nil], outputs: [3: test.dst],
                dims: [0: test.src, 1: test.weights, 2: [test.k]])
            let expected = test.forward(src, weights, bias: bias).map { relu ? max($0, 0) : $0 }
            let bound = tolerance(terms: window + 1, winograd: winograd)
            #expect(distance(result[3], expected) <= bound, "\(forward.name)")
        }

        let data = try Primitive {
            od_convolution_backward_data(&shape, algorithm, dstLayout?.handle, nil, srcLayout?.handle, $0)
        }
        let diffSrc = try data.run(
            [diffDst, weights, nil], outputs: [2: test.src], dims: [0: test.dst, 1: test.weights])
        let terms = test.k / test.groups * test.r * test.s
        #expect(
            distance(diffSrc[2], test.backwardData(diffDst, weights))
                <= tolerance(terms: terms, winograd: winograd), "\(data.name)")

        let gradient = try Primitive {
            od_convolution_backward_weights(
                &shape, algorithm, true, srcLayout?.handle, dstLayout?.handle, nil, $0)
        }
        let diffs = try gradient.run(
            [src, diffDst, nil, nil], outputs: [2: test.weights, 3: [test.k]],
            dims: [0: test.src, 1: test.dst])
        let bound = tolerance(terms: test.n * test.p * test.q, winograd: winograd)
        #expect(distance(diffs[2], test.backwardWeights(src, diffDst)) <= bound, "\(gradient.name)")
        #expect(distance(diffs[3], test.backwardBias(diffDst)) <= bound, "\(gradient.name)")
    }
}
