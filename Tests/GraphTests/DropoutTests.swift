import CKernels
import Graph
import GraphSupport
import Testing

/// Dropout masks are a function of key, tag, example and element alone.
@Suite struct DropoutTests {
    private let key = dt_philox_key(word: (0x1234_5678, 0x9abc_def0))

    @Test(arguments: [0.1, 0.25, 0.5, 0.9])
    func maskEqualsTheKernel(rate: Double) {
        let examples: [Int64] = [0, 7, 1 << 40, (1 << 32) + 7]
        let width = 37
        let reference = ReferenceTensor([4], examples.map(Double.init))
            .dropoutMask(shape: [4, width], rate: rate, tag: 5, key: key)
        var mask = [Float](repeating: -1, count: 4 * width)
        dt_kernels_for(DT_ISA_BASELINE).pointee.dropout_mask(
            key, 5, examples, 4, Int64(width), Float(rate), &mask)
        #expect(mask == reference.values.map { Float($0) })
    }

    @Test func shareOfZerosIsTheRate() {
        let indices = ReferenceTensor([100], (0..<100).map(Double.init))
        let mask = indices.dropoutMask(shape: [100, 100], rate: 0.25, tag: 0, key: key)
        let zeros = mask.values.count { $0 == 0 }
        // 10,000 draws: the deviation is 43.
        #expect((2500 - 220...2500 + 220).contains(zeros))
        #expect(Set(mask.values) == [0, 1 / 0.75])
    }

    @Test func maskFollowsTheExampleNotItsPlace() {
        let batch = ReferenceShard(
            count: 5, features: .distinct([5, 6], seed: 1),
            exampleIndices: ReferenceTensor([5], [11, 3, 900, 42, 7]))
        func run(_ counts: [Int]) -> ReferenceTensor {
            .concatenated(
                ReferenceInterpreter(dropoutKey: key).run(batch.split(counts), variables: []) { count in
                    let builder = GraphBuilder(mode: .training)
                    let indices = builder.input(.exampleIndices, TensorType([count], .int64))
                    let x = builder.input(.features, TensorType([count, 6]))
                    let y = x.droppedOut(rate: 0.5, exampleIndices: indices)
                    return builder.graph(for: [Graph.Result(.output(.prediction), y.value)])
                }.map { $0[.output(.prediction)] })
        }
        #expect(run([5]) == run([2, 0, 3]))
        #expect(run([5]) == run([1, 1, 1, 1, 1]))
    }

    @Test func everyDropoutOfATraceHasAMaskOfItsOwn() {
        let indices = ReferenceTensor([8], (0..<8).map(Double.init))
        let first = indices.dropoutMask(shape: [8, 8], rate: 0.5, tag: 0, key: key)
        #expect(first != indices.dropoutMask(shape: [8, 8], rate: 0.5, tag: 1, key: key))
        let builder = GraphBuilder(mode: .training)
        #expect(builder.nextDropoutTag() != builder.nextDropoutTag())
    }
}
