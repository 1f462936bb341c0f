import COneDNN
import Foundation
import Testing

@Suite struct CallTests {
    @Test func anArgumentCanBePointedElsewhere() throws {
        let (from, to) = (try Layout.plain([4]), try Layout.plain([4]))
        let copy = try Primitive { od_reorder_create(from.handle, to.handle, $0) }
        let (first, second, result) = (Buffer([1, 2, 3, 4]), Buffer([5, 6, 7, 8]), Buffer(bytes: 16))
        let call = try Call(copy, [first, result])
        try call.run()
        #expect(result.values == [1, 2, 3, 4])
        try call.set(Int(OD_REORDER_FROM), second.pointer)
        try call.run()
        #expect(result.values == [5, 6, 7, 8])
        withExtendedLifetime((from, to, second)) {}
        let error = #expect(throws: OneDNNError.self) { try call.set(2, nil) }
        #expect(error?.description.contains("no argument 2") == true)
    }

    @Test func aCallWithoutAPointerIsRefused() throws {
        let layout = try Layout.plain([4])
        let copy = try Primitive { od_reorder_create(layout.handle, layout.handle, $0) }
        withExtendedLifetime(layout) {}
        let call = try Call(copy, [Buffer([1, 2, 3, 4]), nil])
        let error = #expect(throws: OneDNNError.self) { try call.run() }
        #expect(error?.description.contains("argument 1") == true)
    }

    @Test func aThreadIsLimitedOnlyByItsOwnCall() throws {
        let limits = try onThreads(1) { _ -> [Int32] in
            let before = od_thread_limit()
            od_set_thread()
            return [before, od_thread_limit()]
        }
        // Whatever OMP_NUM_THREADS says before, and whatever other threads did.
        #expect(limits[0][0] >= 1)
        #expect(limits[0][1] == 1)
    }

    /// One primitive, two threads, buffers at different alignments: each thread's bits are the same.
    @Test(arguments: Processor.hasBFloat16 ? [OD_FLOAT32, OD_BFLOAT16] : [OD_FLOAT32])
    func bitsDependOnNeitherThreadNorAlignment(type: Int) throws {
        let test = ConvolutionCase(n: 4, c: 16, h: 14, w: 14, k: 32, r: 3, s: 3, padding: (1, 1, 1, 1))
        var shape = test.shape
        shape.type = Int32(type)
        let (srcLayout, dstLayout) = (
            try Layout.blocked(test.src, 16, type: type), try Layout.blocked(test.dst, 16, type: type)
        )
        let gradient = try Primitive {
            od_convolution_backward_weights(
                &shape, Int32(OD_DIRECT), true, srcLayout.handle, dstLayout.handle, nil, $0)
        }
        let src = values(count(test.src), seed: 1), diffDst = values(count(test.dst), seed: 2)
        withExtendedLifetime((srcLayout, dstLayout)) {}
        nonisolated(unsafe) let shared = gradient
        let results = try onThreads(2) { thread in
            od_set_thread()
            return try (0..<20).map { round -> [UInt32] in
                let offset = 4 * (round % 16) * thread
                let bytes = od_layout_bytes(shared.layout(Int(OD_BACKWARD_WEIGHTS_DIFF_WEIGHTS)))
                let weights = Buffer(bytes: bytes, offset: offset)
                let bias = Buffer(bytes: test.k * 4, offset: offset)
                let inputs = [src, diffDst].map {
                    type == OD_FLOAT32
                        ? Buffer($0, offset: offset)
                        : Buffer(bfloat16: $0.map(bfloat16Bits), offset: offset / 2)
                }
                try Call(shared, inputs + [weights, bias]).run()
                return (weights.values + bias.values).map(\.bitPattern)
            }
        }
        let first = results[0][0]
        #expect(first.contains { $0 != 0 })
        #expect(results.allSatisfy { $0.allSatisfy { $0 == first } })
    }

    @Test func primitivesAreMadeAndRunOnTwoThreadsAtOnce() throws {
        let (m, n, k) = (17, 23, 31)
        let a = values(m * k, seed: 1), b = values(k * n, seed: 2)
        let expected = referenceProduct(m, n, k, a: a, transA: false, b: b, transB: true, bias: nil)
        let results = try onThreads(2) { _ in
            try (0..<50).map { _ -> Float in
                let primitive = try Primitive {
                    od_matmul_create(17, 23, 31, false, true, false, false, false, $0)
                }
                let c = Buffer(bytes: m * n * 4)
                try Call(primitive, [Buffer(a), Buffer(b), nil, c]).run()
                return distance(c.values, expected)
            }
        }
        #expect(results.joined().allSatisfy { $0 <= tolerance(terms: k) })
    }

    @Test func theInstructionSetIsFixedByUse() throws {
        _ = try Primitive { od_matmul_create(2, 2, 2, false, false, false, false, false, $0) }
        #expect((OD_ISA_BASELINE...OD_ISA_AVX512_BFLOAT16).contains(Int(od_isa())))
        #expect(od_set_max_isa(4) == Int32(OD_FAILED.rawValue))
        #expect(od_set_max_isa(Int32(OD_ISA_AVX2)) != 0)
        #expect(String(cString: od_last_error()).contains("before oneDNN is first used"))
        #expect(String(cString: od_version()).split(separator: ".").count == 3)
    }
}

/// Runs `body` on `count` new threads at once and returns their results in order.
private func onThreads<T: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> T
) throws -> [T] {
    nonisolated(unsafe) var results = [Result<T, any Error>?](repeating: nil, count: count)
    let lock = NSLock()
    let done = DispatchGroup()
    for index in 0..<count {
        done.enter()
        Thread {
            let result = Result { try body(index) }
            lock.withLock { results[index] = result }
            done.leave()
        }.start()
    }
    done.wait()
    return try results.compactMap { $0 }.map { try $0.get() }
}
