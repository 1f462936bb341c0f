import COneDNN
import Testing

/// What a cap on the instruction set changes. A process can be capped only once, so each level has a process of its own.
@Suite struct InstructionSetTests {
    /// The instructions for bfloat16 leave results of float32 as they are; AVX2, which sums in other vectors, does not.
    @Test(.enabled(if: Processor.hasBFloat16, "this processor has no AVX512_BF16"))
    func bfloat16LeavesTheBytesOfFloat32() async throws {
        let expected = try await digests(level: OD_ISA_AVX512)
        #expect(expected.count > 40)
        #expect(try await digests(level: OD_ISA_AVX512_BFLOAT16) == expected)
        let others = try await digests(level: OD_ISA_AVX2)
        #expect(expected.contains { name, digest in others[name].map { $0 != digest } ?? false })
    }

    /// The digest of every float32 result by its name, of a new process that is capped to `level`.
    private func digests(level: Int) async throws -> [String: String] {
        let child = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            [level] in
            od_set_thread()
            try check(od_set_max_isa(Int32(level)))
            #expect(od_isa() == level)
            for (name, digest) in try float32Digests() { print("result: \(name): \(digest)") }
        }
        let text = String(decoding: try #require(child).standardOutputContent, as: UTF8.self)
        let lines = text.matches(of: /result: (.+): ([0-9]+)/)
        return Dictionary(lines.map { (String($0.1), String($0.2)) }) { first, _ in first }
    }
}

/// What was computed and a digest of its bytes, for convolutions of all algorithms, products and reorders.
private func float32Digests() throws -> [(name: String, digest: UInt64)] {
    var digests = [(name: String, digest: UInt64)]()
    func note(_ name: String, _ values: [Float]?) {
        // FNV-1a.
        let digest = (values ?? []).reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01B3
        }
        digests.append((name, digest))
    }

    let wide = ConvolutionCase(n: 2, c: 32, h: 14, w: 14, k: 64, r: 3, s: 3, padding: (1, 1, 1, 1))
    for test in smallConvolutions + [wide] {
        for algorithm in [Int32(OD_DIRECT), Int32(OD_WINOGRAD)] {
            var shape = test.shape
            let src = values(count(test.src), seed: 1), weights = values(count(test.weights), seed: 2)
            let bias = values(test.k, seed: 3), diffDst = values(count(test.dst), seed: 4)
            do {
                let forward = try Primitive {
                    od_convolution_forward(&shape, algorithm, true, false, nil, nil, nil, $0)
                }
                let data = try Primitive {
                    od_convolution_backward_data(&shape, algorithm, nil, nil, nil, $0)
                }
                let gradient = try Primitive {
                    od_convolution_backward_weights(&shape, algorithm, true, nil, nil, nil, $0)
                }
                let dst = try forward.run(
                    [src, weights, bias, nil], outputs: [3: test.dst],
                    dims: [0: test.src, 1: test.weights, 2: [test.k]])
                let diffSrc = try data.run(
                    [diffDst, weights, nil], outputs: [2: test.src], dims: [0: test.dst, 1: test.weights])
                let diffs = try gradient.run(
                    [src, diffDst, nil, nil], outputs: [2: test.weights, 3: [test.k]],
                    dims: [0: test.src, 1: test.dst])
                note("\(test) \(algorithm) forward", dst[3])
                note("\(test) \(algorithm) backward data", diffSrc[2])
                note("\(test) \(algorithm) backward weights", diffs[2])
                note("\(test) \(algorithm) backward bias", diffs[3])
            } catch let error as OneDNNError where error.isUnimplemented {
                note("\(test) \(algorithm) unimplemented", nil)
            }
        }
    }

    for (m, n, k) in [(5, 7, 3), (33, 18, 41), (32, 128, 784), (1, 64, 512)] {
        let product = try Primitive {
            od_matmul_create(Int64(m), Int64(n), Int64(k), false, true, true, false, false, $0)
        }
        let c = Buffer(bytes: m * n * 4)
        let operands = [values(m * k, seed: 1), values(n * k, seed: 2), values(n, seed: 3)].map { Buffer($0) }
        try Call(product, operands + [c]).run()
        note("product \(m) \(n) \(k)", c.values)
    }

    let dims = [2, 19, 3, 5]
    let plain = try Layout.plain(dims)
    for block in [8, 16] {
        let blocked = try Layout.blocked(dims, block)
        let reorder = try Primitive { od_reorder_create(plain.handle, blocked.handle, $0) }
        let result = Buffer(bytes: blocked.bytes)
        try Call(reorder, [Buffer(values(count(dims), seed: 1)), result]).run()
        withExtendedLifetime((plain, blocked)) {}
        note("reorder \(block)", result.values)
    }
    return digests
}
