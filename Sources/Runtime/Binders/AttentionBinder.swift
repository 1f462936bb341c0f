import CKernels
import Graph

/// Attention, on matrices that stand in columns: positions are neighbours.
struct AttentionBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Attention) throws(RuntimeError) {
        switch operation {
        case .attention(let form): try bindForward(form)
        case .attentionGradient(let form): try bindGradient(form)
        }
    }

    /// Where queries, keys and values stand: a buffer each, and the rows of it in front of them.
    private struct Places {
        let buffers: [Int]
        let rows: [Int]

        init(_ form: AttentionForm, _ buffers: [Int], features: Int) {
            switch form.source {
            case .own:
                self.buffers = [buffers[0], buffers[0], buffers[0]]
                rows = [0, features, 2 * features]
            case .other:
                self.buffers = [buffers[0], buffers[1], buffers[1]]
                rows = [0, 0, features]
            }
        }

        func pointer(_ part: Int, _ frame: Frame, _ attention: dt_attention) -> UnsafeMutablePointer<Float> {
            let stride = part == 0 ? attention.padded_queries : attention.padded_keys
            return frame.floats(buffers[part]) + rows[part] * Int(stride)
        }
    }

    private func bindForward(_ form: AttentionForm) throws(RuntimeError) {
        let kernels = kernels
        let sources = form.source == .own ? 1 : 2
        let features = node.types[0].shape[1]
        let attention = dt_attention(form, examples: node.types[1].shape[0], features: features)
        var read: [Int] = []
        for operand in 0..<sources { read.append(try buffer(operand, .columns)) }
        let limits = try limits(form, from: sources)
        let places = Places(form, read, features: features)
        let y = define(.columns)
        let logarithms = define(result: 1)
        builder.emit(
            work(form, "attention", products: 2), reads: read + limits.buffers, writes: [y, logarithms],
            scratch: withUnsafePointer(to: attention) { Int(dt_attention_scratch($0)) }
        ) { frame in
            var bound = limits.bound(attention, frame)
            kernels.pointee.attention(
                &bound, places.pointer(0, frame, bound), places.pointer(1, frame, bound),
                places.pointer(2, frame, bound), frame.floats(y), frame.floats(logarithms), frame.scratch)
        }
    }

    private func bindGradient(_ form: AttentionForm) throws(RuntimeError) {
        let kernels = kernels
        let sources = form.source == .own ? 1 : 2
        let features = type(sources).shape[1]
        let attention = dt_attention(form, examples: type(sources + 1).shape[0], features: features)
        var read: [Int] = []
        for operand in 0..<sources { read.append(try buffer(operand, .columns)) }
        let y = try buffer(sources, .columns)
        let logarithms = try plain(sources + 1)
        let dy = try buffer(sources + 2, .columns)
        let limits = try limits(form, from: sources + 3)
        var made: [Int] = []
        for result in 0..<sources { made.append(define(.columns, result: result)) }
        let (operands, results) = (
            Places(form, read, features: features), Places(form, made, features: features)
        )
        builder.emit(
            work(form, "attention gradient", products: 5),
            reads: read + [y, logarithms, dy] + limits.buffers, writes: made,
            scratch: withUnsafePointer(to: attention) { Int(dt_attention_scratch($0)) }
        ) { frame in
            var bound = limits.bound(attention, frame)
            kernels.pointee.attention_gradient(
                &bound, operands.pointer(0, frame, bound), operands.pointer(1, frame, bound),
                operands.pointer(2, frame, bound), frame.floats(y), frame.floats(logarithms),
                frame.floats(dy), results.pointer(0, frame, bound), results.pointer(1, frame, bound),
                results.pointer(2, frame, bound), frame.scratch)
        }
    }

    /// The buffers of lengths and example indices.
    private struct Limits {
        let queryLengths: Int?
        let keyLengths: Int?
        let indices: Int?

        var buffers: [Int] { [queryLengths, keyLengths, indices].compactMap { $0 } }

        /// `attention` with these of a shard.
        func bound(_ attention: dt_attention, _ frame: Frame) -> dt_attention {
            var bound = attention
            bound.query_lengths = queryLengths.map { UnsafePointer(frame.labels($0)) }
            bound.key_lengths = keyLengths.map { UnsafePointer(frame.labels($0)) }
            bound.indices = indices.map { UnsafePointer(frame.indices($0)) }
            bound.key = frame.scalars.pointee.dropoutKey
            return bound
        }
    }

    private func limits(_ form: AttentionForm, from place: Int) throws(RuntimeError) -> Limits {
        var place = place
        var next: Int? { defer { place += 1 }; return place }
        let queries = form.hasQueryLengths ? next : nil
        let keys = form.hasKeyLengths ? next : nil
        let indices = form.dropout > 0 ? next : nil
        return Limits(
            queryLengths: try bufferIfAny(queries), keyLengths: try bufferIfAny(keys),
            indices: try bufferIfAny(indices))
    }

    private func bufferIfAny(_ operand: Int?) throws(RuntimeError) -> Int? {
        guard let operand else { return nil }
        return try plain(operand)
    }

    private func work(_ form: AttentionForm, _ name: String, products: Int) -> Work {
        let positions = type(0).shape[0]
        let features = type(0).shape[1] / (form.source == .own ? 3 : 1)
        let product = 2 * positions * form.keys * features / (form.isCausal ? 2 : 1)
        return Work(
            name, detail: "\(positions / form.queries) x \(form.queries) to \(form.keys), \(features)",
            flops: products * product)
    }
}

extension dt_attention {
    fileprivate init(_ form: AttentionForm, examples: Int, features: Int) {
        self.init()
        self.examples = Int64(examples)
        queries = Int64(form.queries)
        keys = Int64(form.keys)
        heads = Int64(form.heads)
        head_dim = Int64(features / form.heads)
        padded_queries = Int64((examples * form.queries + 15) / 16 * 16)
        padded_keys = Int64((examples * form.keys + 15) / 16 * 16)
        causal = form.isCausal
        rate = Float(form.dropout)
        tag = UInt32(form.tag)
    }
}
