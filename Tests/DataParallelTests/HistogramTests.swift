import DataParallel
import Datasets
import Layers
import Optimizers
import Randomness
import ReplicaSupport
import Testing

/// Values are counted in the bins they belong to, exactly.
@Suite struct HistogramTests {
    private static let bins = ValueBins.standard

    /// The edges are TensorBoard's: 774 of each sign, each a tenth further from 0 than the one before, and 0.
    @Test func edges() {
        let edges = Self.bins.edges
        #expect(edges.count == 2 * 774 + 1 && Self.bins.count == 1550)
        #expect(
            edges[774] == 0 && edges[775] == 1e-12 && edges.last.map { $0 < 1e20 && $0 * 1.1 >= 1e20 } == true
        )
        for place in 1..<774 { #expect(edges[775 + place] == edges[774 + place] * 1.1) }
        for place in edges.indices { #expect(edges[place] == -edges[edges.count - 1 - place]) }
    }

    /// Bins by the definition: how many edges are not above the value. Of values around every edge, and of any others.
    @Test func binsByDefinition() {
        let edges = Self.bins.edges
        var values: [Float] = [
            0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        ]
        for edge in edges { values += [Float(edge), Float(edge).nextUp, Float(edge).nextDown] }
        let random = CounterRandom(seed: 3, purpose: .dropout)
        for place in 0..<20_000 {
            let words = random.words(at: UInt64(place))
            values += [Float(bitPattern: words.0)]
        }
        var wrong: [Float] = []
        for value in values where value.isFinite {
            // The first edge above the value, by halves.
            var (low, high) = (0, edges.count)
            while low < high {
                let middle = (low + high) / 2
                if edges[middle] <= Double(value) { low = middle + 1 } else { high = middle }
            }
            if Self.bins.bin(of: value) != low { wrong.append(value) }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(values.count), \(wrong.prefix(5))")
    }

    /// The histogram of some values by the definition.
    private func expected(_ values: [Float]) -> (counts: [Int], minimum: Double, maximum: Double) {
        var counts = Array(repeating: 0, count: Self.bins.count)
        for value in values { counts[Self.bins.edges.count { $0 <= Double(value) }] += 1 }
        return (counts, values.map(Double.init).min() ?? 0, values.map(Double.init).max() ?? 0)
    }

    private static let count = 24

    private static func harness(_ clipping: GradientClipping, isAccumulated: Bool) throws -> ReplicaHarness {
        let data = try Dataset(
            name: "rows", features: (0..<count * 72).map { Float(($0 * 7919 + 13) % 211 - 105) / 60 },
            exampleShape: [72],
            labels: .classes((0..<count).map { Int32(($0 * 5 + 1) % 3) }, count: 3))
        // The first layer has more than a block of 4,096 elements, so that sums go over several.
        let model: Sequential = [Linear(70), Tanh(), Linear(3)]
        return try ReplicaHarness(
            model, data: data, rule: GradientRecorder(), batch: isAccumulated ? count / 2 : count, shards: 4,
            clipping: clipping, adjust: { $0.accumulates = isAccumulated })
    }

    /// The rule makes the gradient the weights, so that both are known. It is counted before clipping, also of a step that is
    /// asked for nothing else.
    @Test(arguments: [false, true])
    func weightsAndGradients(isAccumulated: Bool) throws {
        let rows = isAccumulated ? [0..<12, 12..<24] : [0..<24]
        let plain = try Self.harness(.off, isAccumulated: isAccumulated)
        let without = try plain.step(rows, observes: [])
        #expect(without.histograms == nil && without.gradientNorm == nil)
        let gradients = plain.values

        let clipped = try Self.harness(
            GradientClipping(maximumNorm: 1e-3), isAccumulated: isAccumulated)
        let result = try clipped.step(rows, observes: .histograms)
        let found = try clipped.replica.histograms(gradient: result.histograms)
        try compare(found.weights, with: clipped.values)
        try compare(found.gradients, with: gradients)
        // Control: clipping has changed what they count.
        #expect(found.weights.map(\.counts) != found.gradients.map(\.counts))
        #expect(try clipped.replica.histograms(gradient: nil).gradients.isEmpty)
    }

    private func compare(_ histograms: [TensorHistogram], with values: [[Float]]) throws {
        #expect(histograms.map(\.variable) == Array(values.indices))
        for (histogram, values) in zip(histograms, values) {
            let (counts, minimum, maximum) = expected(values)
            #expect(histogram.counts == counts)
            #expect(histogram.minimum == minimum && histogram.maximum == maximum)
            let sum = values.reduce(0.0) { $0 + Double($1) }
            let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
            // Sums in another order: an ulp of the largest sum for each element.
            let size = values.reduce(0.0) { $0 + abs(Double($1)) }
            #expect(abs(histogram.sum - sum) <= size * Double(values.count) * 0x1p-52)
            #expect(abs(histogram.sumOfSquares - squares) <= squares * Double(values.count) * 0x1p-52)
        }
    }
}
