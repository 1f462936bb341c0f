import CKernels
import Testing

/// A kernel that steps arrays together, element by element: weights, gradient, then its state.
struct ElementSteps {
    typealias Arrays = [UnsafeMutablePointer<Float>]

    /// How many arrays there are, weights and gradient included.
    let arrays: Int
    /// Calls the kernel at step t, from 1, on arrays of a length.
    let kernel: (dt_kernels, Int, Int64, Arrays) -> Void
    /// The same step of one element, in Float32.
    let element: (Int, inout [Float]) -> Void

    /// Expects the kernel's bits to be the element's over four steps, on all variants and at odd addresses.
    func check(_ what: String, count: Int, weights: ClosedRange<Double> = -1...1) {
        for offset in [0, 1, 7] {
            let result = agreeing(what) { run($0, count, offset, weights) }
            #expect(bits(result) == bits(expected(count, weights)), "\(what) at offset \(offset)")
        }
    }

    private func inputs(_ count: Int, _ range: ClosedRange<Double>) -> (
        weights: [Float], gradients: [[Float]]
    ) {
        var numbers = TestNumbers(seed: 26)
        let weights = numbers.floats(count, range)
        return (weights, (1...4).map { _ in numbers.floats(count, -1...1) })
    }

    private func expected(_ count: Int, _ range: ClosedRange<Double>) -> [Float] {
        let (weights, gradients) = inputs(count, range)
        let elements = (0..<count).map { i in
            var values = [weights[i]] + Array(repeating: 0, count: arrays - 1)
            for step in 1...4 {
                values[1] = gradients[step - 1][i]
                element(step, &values)
            }
            return values
        }
        return (0..<arrays).flatMap { array in elements.map { $0[array] } }
    }

    private func run(
        _ kernels: dt_kernels, _ count: Int, _ offset: Int, _ range: ClosedRange<Double>
    ) -> [Float] {
        let (weights, gradients) = inputs(count, range)
        let stride = count + 16
        let storage = UnsafeMutablePointer<Float>.allocate(capacity: arrays * stride + offset)
        defer { storage.deallocate() }
        storage.initialize(repeating: 0, count: arrays * stride + offset)
        let pointers = (0..<arrays).map { storage + offset + $0 * stride }
        pointers[0].update(from: weights, count: count)
        for step in 1...4 {
            pointers[1].update(from: gradients[step - 1], count: count)
            kernel(kernels, step, Int64(count), pointers)
        }
        for pointer in pointers { #expect(pointer[count] == 0, "wrote past \(count) elements") }
        return pointers.flatMap { pointer in (0..<count).map { pointer[$0] } }
    }
}
