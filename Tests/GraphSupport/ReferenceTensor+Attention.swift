import CKernels
import Glibc
import Graph

/// Attention by its formula, with all weights at once.
extension ReferenceTensor {
    /// What attends, as it is read, and what limits it.
    private struct Operands {
        let form: AttentionForm
        let sources: [ReferenceTensor]
        let queryLengths: ReferenceTensor?
        let keyLengths: ReferenceTensor?
        /// [N, heads, T, S]; nil without dropout.
        let mask: ReferenceTensor?
        let examples: Int
        let features: Int

        init(
            _ form: AttentionForm, _ sources: [ReferenceTensor], _ rest: [ReferenceTensor],
            _ key: dt_philox_key
        ) {
            self.form = form
            self.sources = sources
            var rest = rest[...]
            examples = sources[0].shape[0] / form.queries
            features = sources[0].shape[1] / (form.source == .own ? 3 : 1)
            queryLengths = form.hasQueryLengths ? rest.removeFirst() : nil
            keyLengths = form.hasKeyLengths ? rest.removeFirst() : nil
            mask = rest.first.map {
                $0.dropoutMask(
                    shape: [sources[0].shape[0] / form.queries, form.heads, form.queries, form.keys],
                    rate: form.dropout, tag: form.tag, key: key)
            }
        }

        var width: Int { features / form.heads }

        /// The place of feature d of head h at a position, in the query (0), the key (1) or the value (2).
        func place(_ part: Int, _ n: Int, _ position: Int, _ h: Int, _ d: Int) -> (source: Int, element: Int)
        {
            let steps = part == 0 ? form.queries : form.keys
            let own = form.source == .own
            let source = own || part == 0 ? 0 : 1
            let column = (own ? part : max(0, part - 1)) * features + h * width + d
            return (source, (n * steps + position) * sources[source].shape[1] + column)
        }

        func value(_ part: Int, _ n: Int, _ position: Int, _ h: Int, _ d: Int) -> Double {
            let (source, element) = place(part, n, position, h, d)
            return sources[source].values[element]
        }

        func isQuery(_ n: Int, _ i: Int) -> Bool { queryLengths.map { Double(i) < $0.values[n] } ?? true }

        func sees(_ n: Int, _ i: Int, _ j: Int) -> Bool {
            (keyLengths.map { Double(j) < $0.values[n] } ?? true) && (!form.isCausal || j <= i)
        }

        /// The weights of query i of head h before dropout, and the logarithm of their exponentials' sum.
        func weights(_ n: Int, _ h: Int, _ i: Int) -> (weights: [Double], logarithm: Double) {
            let scores = (0..<form.keys).map { j -> Double in
                guard sees(n, i, j) else { return -.infinity }
                let product = (0..<width).reduce(0.0) { $0 + value(0, n, i, h, $1) * value(1, n, j, h, $1) }
                return product / Double(width).squareRoot()
            }
            let largest = scores.max() ?? 0
            let sum = scores.reduce(0) { $0 + exp($1 - largest) }
            return (scores.map { exp($0 - largest) / sum }, largest + log(sum))
        }

        func kept(_ n: Int, _ h: Int, _ i: Int, _ j: Int) -> Double {
            mask.map { $0.values[((n * form.heads + h) * form.queries + i) * form.keys + j] } ?? 1
        }

        /// Calls body for every query of every head and example that is not behind its example's length.
        func forEachQuery(_ body: (Int, Int, Int) -> Void) {
            for n in 0..<examples {
                for h in 0..<form.heads { for i in 0..<form.queries where isQuery(n, i) { body(n, h, i) } }
            }
        }
    }

    /// (y, logarithms of the sums of exponentials).
    static func attention(
        _ form: AttentionForm, _ operands: [ReferenceTensor], dropoutKey: dt_philox_key
    ) -> [ReferenceTensor] {
        let count = form.source == .own ? 1 : 2
        let o = Operands(form, Array(operands.prefix(count)), Array(operands.dropFirst(count)), dropoutKey)
        var y = ReferenceTensor([operands[0].shape[0], o.features], repeating: 0)
        var logarithms = ReferenceTensor([o.examples, form.heads, form.queries], repeating: 0)
        o.forEachQuery { n, h, i in
            let (weights, logarithm) = o.weights(n, h, i)
            logarithms.values[(n * form.heads + h) * form.queries + i] = logarithm
            for d in 0..<o.width {
                y.values[(n * form.queries + i) * o.features + h * o.width + d] = weights.indices.reduce(0) {
                    $0 + weights[$1] * o.kept(n, h, i, $1) * o.value(2, n, $1, h, d)
                }
            }
        }
        return [y, logarithms]
    }

    /// The derivatives in what attends.
    static func attentionGradient(
        _ form: AttentionForm, _ operands: [ReferenceTensor], dropoutKey: dt_philox_key
    ) -> [ReferenceTensor] {
        let count = form.source == .own ? 1 : 2
        let dy = operands[count + 2]
        let o = Operands(
            form, Array(operands.prefix(count)), Array(operands.dropFirst(count + 3)), dropoutKey)
        var made = operands.prefix(count).map { ReferenceTensor($0.shape, repeating: 0) }
        func add(_ part: Int, _ n: Int, _ position: Int, _ h: Int, _ d: Int, _ value: Double) {
            let (source, element) = o.place(part, n, position, h, d)
            made[source].values[element] += value
        }
        o.forEachQuery { n, h, i in
            let weights = o.weights(n, h, i).weights
            func passed(_ d: Int) -> Double {
                dy.values[(n * form.queries + i) * o.features + h * o.width + d]
            }
            let ofWeights = weights.indices.map { j in
                o.kept(n, h, i, j) * (0..<o.width).reduce(0.0) { $0 + passed($1) * o.value(2, n, j, h, $1) }
            }
            let mean = weights.indices.reduce(0.0) { $0 + weights[$1] * ofWeights[$1] }
            for j in weights.indices where weights[j] != 0 {
                let ofScore = weights[j] * (ofWeights[j] - mean) / Double(o.width).squareRoot()
                for d in 0..<o.width {
                    add(0, n, i, h, d, ofScore * o.value(1, n, j, h, d))
                    add(1, n, j, h, d, ofScore * o.value(0, n, i, h, d))
                    add(2, n, j, h, d, weights[j] * o.kept(n, h, i, j) * passed(d))
                }
            }
        }
        return made
    }

    /// RMS norm: the weight has the shape of the last dimensions.
    func rmsNorm(weight: ReferenceTensor, epsilon: Double) -> ReferenceTensor {
        let length = weight.values.count
        var y = self
        for start in stride(from: 0, to: values.count, by: max(1, length)) {
            let run = values[start..<start + length]
            let root = (run.reduce(0) { $0 + $1 * $1 } / Double(length) + epsilon).squareRoot()
            for place in 0..<length {
                y.values[start + place] = run[start + place] / root * weight.values[place]
            }
        }
        return y
    }

    /// (dx, dweight) of RMS norm.
    func rmsNormGradient(weight: ReferenceTensor, dy: ReferenceTensor, epsilon: Double) -> [ReferenceTensor] {
        let length = weight.values.count
        var (dx, dweight) = (self, weight.map { _ in 0 })
        for start in stride(from: 0, to: values.count, by: max(1, length)) {
            let run = values[start..<start + length]
            let root = (run.reduce(0) { $0 + $1 * $1 } / Double(length) + epsilon).squareRoot()
            let normalized = run.map { $0 / root }
            let scaled = (0..<length).map { dy.values[start + $0] * weight.values[$0] }
            let mean = zip(scaled, normalized).reduce(0) { $0 + $1.0 * $1.1 } / Double(length)
            for place in 0..<length {
                dx.values[start + place] = (scaled[place] - normalized[place] * mean) / root
                dweight.values[place] += dy.values[start + place] * normalized[place]
            }
        }
        return [dx, dweight]
    }
}
