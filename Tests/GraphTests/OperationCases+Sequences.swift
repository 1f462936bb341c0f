import Graph
import GraphSupport

extension OperationCase {
    /// Recurrent layers, attention and RMS norm.
    static var sequences: [OperationCase] { recurrent + attention + rmsNorm }

    /// Lengths from 1 to 3, from the labels.
    private static func lengths(_ i: Ingredients) -> Tensor {
        i.labels.applying(.sequence(.windowed(Window1d(kernel: 1, stride: 1))))
    }

    private static var recurrent: [OperationCase] {
        var cases: [OperationCase] = []
        for cell in Recurrence.Cell.allCases {
            for (isReversed, hasLengths) in [(false, false), (true, true)] {
                let rows = 2 * cell.gates
                cases.append(
                    OperationCase(
                        "recurrent \(cell) reversed: \(isReversed) lengths: \(hasLengths)",
                        [
                            .features([4, 3]), .parameter([rows, 3]), .parameter([rows, 2]),
                            .parameter([rows]), .parameter([rows]),
                        ], counts: [2, 0, 1]
                    ) {
                        $0[0].transposed([1, 0, 2]).recurrent(
                            Recurrence(cell, isReversed: isReversed),
                            RecurrentWeights(
                                ofInputs: $0[1], ofHidden: $0[2], inputBias: $0[3], hiddenBias: $0[4]),
                            lengths: hasLengths ? lengths($0) : nil
                        ).transposed([1, 0, 2])
                    })
            }
        }
        return cases
    }

    private static var attention: [OperationCase] {
        var cases: [OperationCase] = []
        for (isCausal, hasLengths, dropout) in [
            (false, false, 0), (true, false, 0), (true, true, 0), (false, true, 0.4),
        ] {
            cases.append(
                OperationCase(
                    "attention causal: \(isCausal) lengths: \(hasLengths) dropout: \(dropout)",
                    [.features([4, 12])], counts: [2, 0, 1]
                ) {
                    let rows = $0[0].reshaped(to: [$0.count * 4, 12]).with(
                        lengths: hasLengths ? lengths($0) : nil)
                    let y = rows.selfAttention(steps: 4, heads: 2, isCausal: isCausal, dropout: dropout)
                    return y.reshaped(to: [$0.count, 4, 4])
                })
        }
        for (hasQueries, hasKeys) in [(false, false), (true, false), (false, true), (true, true)] {
            cases.append(
                OperationCase(
                    "attention to others, lengths \(hasQueries) \(hasKeys)",
                    [.features([2, 4]), .targets([3, 8])], counts: [2, 0, 1]
                ) {
                    let queries = $0[0].reshaped(to: [$0.count * 2, 4])
                        .with(lengths: hasQueries ? lengths($0) : nil)
                    let others = $0[1].reshaped(to: [$0.count * 3, 8]).with(
                        lengths: hasKeys ? lengths($0) : nil)
                    let y = queries.attention(to: others, queries: 2, keys: 3, heads: 2)
                    return y.reshaped(to: [$0.count, 2, 4])
                })
        }
        return cases
    }

    private static var rmsNorm: [OperationCase] {
        [([5], [5]), ([3, 4], [4])].map { shape, normalized in
            OperationCase(
                "rmsNorm over \(normalized) of \(shape)", [.features(shape), .parameter(normalized)],
                counts: [2, 0, 1]
            ) { $0[0].rmsNormalized(epsilon: 1e-3, weight: $0[1]) }
        }
    }
}
