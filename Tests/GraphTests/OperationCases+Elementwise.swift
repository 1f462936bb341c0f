import Graph
import GraphSupport

extension OperationCase {
    /// Functions of single elements.
    static var elementwise: [OperationCase] {
        let counts = [3, 0, 1]
        func unary(_ function: Unary, _ range: Leaf.Range = .distinct) -> OperationCase {
            OperationCase("\(function)", [.features([5], range)], counts: counts) {
                $0.node(.elementwise(.unary(function)), $0[0])
            }
        }
        func binary(_ function: Binary, _ range: Leaf.Range = .distinct, decomposed: Bool = false)
            -> OperationCase
        {
            OperationCase(
                "\(function)", [.features([4]), .targets([4], range)], counts: counts,
                decomposedFirst: decomposed
            ) { $0.node(.elementwise(.binary(function)), $0[0], $0[1]) }
        }
        /// No two elements are near each other, where these have a kink.
        func compared(_ function: Binary) -> OperationCase {
            OperationCase("\(function)", [.features([4]), .targets([4])], counts: counts) {
                $0.node(.elementwise(.binary(function)), $0[0], $0[1] * 1.2345)
            }
        }
        return [
            unary(.negate), unary(.exp), unary(.log, .positive), unary(.sqrt, .positive), unary(.reciprocal),
            unary(.tanh), unary(.sigmoid), unary(.erf), unary(.relu), unary(.abs), unary(.square),
            unary(.sin), unary(.cos), unary(.power(3)), unary(.power(-1.5), .positive), unary(.power(0)),
            unary(.step),
            unary(.sign), unary(.leakyRelu(slope: 0.2)), unary(.gelu), unary(.softplus),
            unary(.clamp(limit: 0.6180339)), unary(.scale(-1.7)),
            unary(.offset(0.3)),
            binary(.add), binary(.subtract), binary(.multiply), binary(.divide, .positive),
            compared(.maximum), compared(.minimum), compared(.less), compared(.lessOrEqual), compared(.equal),
            OperationCase("power", [.features([4], .positive), .targets([4])], counts: counts) {
                $0[0].power($0[1])
            },
            OperationCase("the larger of two equals", [.features([4])]) {
                $0[0].maximum($0[0].squared() * 0 + $0[0]) * $0[0]
            },
            OperationCase("select", [.features([4]), .targets([4]), .parameter([1, 4])], counts: counts) {
                $0[0].relu().selecting($0[1] * $0[0], else: $0[2].broadcast(to: $0[0].shape).squared())
            },
            binary(.reluGradient), binary(.leakyReluGradient(slope: 0.2)),
            binary(.sigmoidGradient, decomposed: true), binary(.tanhGradient, decomposed: true),
            binary(.geluGradient, decomposed: true),
            OperationCase("one tensor used twice", [.features([4])]) {
                ($0[0] * $0[0]) / ($0[0].squared() + 1)
            },
            OperationCase("convert to float64 and back", [.features([4])]) {
                ($0[0].converted(to: .float64) * $0[0].converted(to: .float64)).converted(to: .float32)
            },
            OperationCase("divided by the batch count", [.features([4])]) {
                $0[0] / $0.builder.batchCount.filled($0[0].shape)
            },
            OperationCase("divided by the weights of all labels", [.features([4])], counts: counts) {
                $0[0] / $0.builder.labelWeightSum([0.5, 2, 0, 3]).filled($0[0].shape)
            },
            OperationCase("times numbers", [.features([4])]) {
                let numbers = $0.builder.numbers([2.5, -1, 0, 3], shape: [1, 4])
                return $0[0] * numbers.broadcast(to: $0[0].shape)
            },
            OperationCase("times a constant tensor", [.features([4])]) {
                $0[0] * $0.builder.constant(2.5, shape: $0[0].shape)
            },
        ]
    }

    /// Elements along one axis, and rows of tables.
    private static var moves: [OperationCase] {
        let paddings = Padding.Mode.allCases.map { mode in
            OperationCase("pad by \(mode)", [.features([3, 4, 2])]) {
                $0[0].padded(2, before: 2, after: 3, mode)
            }
        }
        // A padding's own adjoint, differentiated once more.
        let folded = Padding.Mode.allCases.map { mode in
            OperationCase("fold by \(mode)", [.features([3, 9])]) {
                $0.node(.moves(.padGradient(Padding(axis: 2, before: 2, after: 3, mode: mode))), $0[0])
            }
        }
        return paddings + folded + [
            OperationCase("slice", [.features([3, 4])]) { $0[0].sliced(2, 1..<3) },
            OperationCase("slice of nothing", [.features([3, 4])]) { $0[0].sliced(1, 2..<2) },
            OperationCase("concatenate", [.features([2, 3]), .targets([1, 3])]) {
                .concatenated([$0[0], $0[1], $0[0]], axis: 1)
            },
            OperationCase("cumulative sum", [.features([3, 2])]) { $0[0].cumulativeSum(1) },
            OperationCase("cumulative sum from the end", [.features([3, 2])]) {
                $0[0].cumulativeSum(2, reversed: true)
            },
            OperationCase("gather rows", [.parameter([4, 3]), .features([3])]) {
                $0[0].gatheredRows($0.labels) * $0[1]
            },
            OperationCase("scatter rows", [.features([3])]) { $0[0].scatteredRows($0.labels, rows: 5) },
            OperationCase("batched matmul", [.features([2, 3, 4]), .targets([2, 4, 5])]) {
                $0[0].batchedMatmul($0[1])
            },
            OperationCase("batched matmul of transposes", [.features([4, 3]), .targets([5, 4])]) {
                $0[0].batchedMatmul($0[1], transposeA: true, transposeB: true)
            },
        ]
    }

    /// Functions that move, repeat or gather elements.
    static var shapes: [OperationCase] {
        [
            OperationCase("reshape", [.features([2, 3])]) { $0[0].reshaped(to: [$0.count, 3, 2]) },
            OperationCase("transpose", [.features([2, 3])]) { $0[0].transposed([2, 0, 1]) },
            OperationCase("broadcast", [.parameter([1, 3, 1])]) { $0[0].broadcast(to: [2, 3, 4]) },
            OperationCase("broadcast over examples", [.parameter([1, 3])], counts: [2, 0, 1]) {
                $0[0].broadcast(to: [$0.count, 3])
            },
            OperationCase("sum", [.features([2, 3])]) { $0[0].sum([2]) },
            OperationCase("sum over examples", [.features([2, 3])], counts: [2, 0, 1]) { $0[0].sum([0, 2]) },
            OperationCase("maximum", [.features([2, 3])]) { $0[0].maximum([1]) },
            OperationCase("maximum over two axes", [.features([2, 3])]) { $0[0].maximum([1, 2]) },
            OperationCase("oneHot", [.features([4])]) { $0.labels.oneHot(4) * $0[0] },
        ] + moves
    }
}
