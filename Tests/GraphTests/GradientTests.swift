import Graph
import GraphSupport
import Testing

/// Every operation's derivative against central differences in Float64.
@Suite struct GradientTests {
    /// Central differences are off by about 1e-10; a wrong rule is off by far more than this.
    private static func mismatch(_ derivative: ReferenceTensor, _ differences: ReferenceTensor) -> String? {
        derivative.mismatch(with: differences, relative: 1e-6, absolute: 1e-8)
    }

    private func differences(_ test: OperationCase, in place: Int) -> ReferenceTensor {
        let values = test.values
        return CentralDifference.gradient(at: values[place]) { point in
            var moved = values
            moved[place] = point
            return test.run(moved, test.forwardGraph).map { $0[.output(.objective)].scalar }.reduce(0, +)
        }
    }

    @Test(arguments: OperationCase.all)
    func gradientEqualsDifferences(_ test: OperationCase) {
        let results = test.run(test.values) {
            test.differentiated(test.differentiableGraph(count: $0), count: $0)
        }
        for place in test.leaves.indices {
            let problem = Self.mismatch(test.gradient(place, of: results), differences(test, in: place))
            #expect(problem == nil, "\(test.name), leaf \(place)")
        }
    }

    @Test(arguments: OperationCase.all)
    func decompositionEqualsComposite(_ test: OperationCase) {
        func expectEqual(_ some: [ReferenceResults], _ others: [ReferenceResults]) {
            for (one, other) in zip(some, others) {
                for role in other.roles { #expect(one[role].mismatch(with: other[role]) == nil, "\(role)") }
            }
        }
        let forward = test.run(test.values, test.forwardGraph)
        expectEqual(test.run(test.values) { test.forwardGraph(count: $0).decomposed() }, forward)

        let whole = test.run(test.values) {
            test.differentiated(test.differentiableGraph(count: $0), count: $0)
        }
        let before = test.run(test.values) {
            test.differentiated(test.forwardGraph(count: $0).decomposed(), count: $0)
        }
        let after = test.run(test.values) {
            test.differentiated(test.differentiableGraph(count: $0), count: $0).decomposed()
        }
        expectEqual(before, whole)
        expectEqual(after, whole)
    }

    @Test(arguments: OperationCase.all)
    func secondDerivativeEqualsDifferences(_ test: OperationCase) {
        func gradients(_ count: Int) -> Graph {
            test.differentiated(test.forwardGraph(count: count).decomposed(), count: count)
        }
        let products = test.run(test.values) {
            test.differentiated(test.directional(gradients($0).decomposed(), count: $0), count: $0)
        }
        let step = 1e-5
        let examples = test.counts.reduce(0, +)
        func gradientsMoved(by distance: Double) -> [ReferenceResults] {
            let moved = test.leaves.indices.map { place in
                let direction = test.directions[place]
                let rows =
                    test.leaves[place].isPerExample
                    ? ReferenceTensor.concatenated(Array(repeating: direction, count: examples)) : direction
                return test.values[place].combined(with: rows) { $0 + distance * $1 }
            }
            return test.run(moved, gradients)
        }
        let (above, below) = (gradientsMoved(by: step), gradientsMoved(by: -step))
        for place in test.leaves.indices {
            let difference = test.gradient(place, of: above)
                .combined(with: test.gradient(place, of: below)) { ($0 - $1) / (2 * step) }
            #expect(
                Self.mismatch(test.gradient(place, of: products), difference) == nil,
                "\(test.name), leaf \(place)")
        }
    }

    /// The comparison would notice a derivative off by a thousandth, of the wrong sign, or in the wrong place.
    @Test func wrongDerivativesAreNoticed() throws {
        let test = try #require(OperationCase.all.first { $0.name == "gelu" })
        let expected = differences(test, in: 0)
        #expect(Self.mismatch(expected.map { $0 * 1.001 }, expected) != nil)
        #expect(Self.mismatch(expected.map { -$0 }, expected) != nil)
        #expect(Self.mismatch(ReferenceTensor(expected.shape, expected.values.reversed()), expected) != nil)
        #expect(Self.mismatch(expected.map { _ in .nan }, expected) != nil)
        #expect(Self.mismatch(expected, expected) == nil)
    }

    /// One step of a shard's own sum instead of all shards' is noticed.
    @Test func derivativeWithoutCollectiveIsNoticed() throws {
        let test = try #require(OperationCase.all.first { $0.name == "crossShardSum" })
        let alone = test.shards(test.values).flatMap { shard in
            ReferenceInterpreter().run([shard], variables: test.variables(test.values)) {
                test.differentiated(test.forwardGraph(count: $0), count: $0)
            }
        }
        #expect(Self.mismatch(test.gradient(0, of: alone), differences(test, in: 0)) != nil)
    }

    @Test func detachedTensorsPassNothingBack() {
        let test = OperationCase("stopGradient", [.features([3])]) { $0[0].detached() * $0[0] }
        let results = test.run(test.values) { test.differentiated(test.forwardGraph(count: $0), count: $0) }
        // y = c·x with c = x held fast: the objective w·y + ½y² has the derivative (w + x²)·x.
        let weights = test.variables(test.values)[1].broadcastRows(test.values[0].shape[0])
        let expected = weights.combined(with: test.values[0]) { ($0 + $1 * $1) * $1 }
        #expect(test.gradient(0, of: results).mismatch(with: expected) == nil)
    }

    @Test func tiesShareTheDerivativeOfAMaximum() {
        let test = OperationCase("ties", [.features([4])], counts: [1]) { $0[0].maximum([1]) }
        let values = [ReferenceTensor([1, 4], [2, 5, 5, 5])]
        let results = test.run(values) { test.differentiated(test.forwardGraph(count: $0), count: $0) }
        let cotangent = test.variables(values)[1].scalar + 5
        let expected = ReferenceTensor([1, 4], [0, cotangent / 3, cotangent / 3, cotangent / 3])
        #expect(test.gradient(0, of: results).mismatch(with: expected) == nil)
    }

    @Test func firstOfEqualPixelsGetsTheDerivativeOfMaxPooling() {
        let test = OperationCase("ties", [.features([1, 2, 2])], counts: [1]) {
            $0[0].maxPooled(Window2d(kernel: 2))
        }
        let values = [ReferenceTensor([1, 1, 2, 2], [1, 3, 3, 3])]
        let results = test.run(values) { test.differentiated(test.forwardGraph(count: $0), count: $0) }
        let cotangent = test.variables(values)[1].scalar + 3
        #expect(test.gradient(0, of: results).values == [0, cotangent, 0, 0])
    }

    @Test func targetsTheObjectiveDoesNotReadGetZeros() {
        let test = OperationCase("unused", [.features([2]), .parameter([3])]) { $0[0].tanh() }
        let results = test.run(test.values) { test.differentiated(test.forwardGraph(count: $0), count: $0) }
        #expect(test.gradient(1, of: results).values == [0, 0, 0])
    }
}

extension ReferenceTensor {
    /// A row [1, ...] repeated for `count` examples.
    fileprivate func broadcastRows(_ count: Int) -> ReferenceTensor {
        .concatenated(Array(repeating: self, count: count))
    }
}
