import CKernels
import COneDNN
import Graph

/// Values in the layouts that kernels ask for.
extension ProgramBuilder {
    /// The buffer of `value` in `layout`, converted once if it was not made so.
    ///
    /// - Parameter dimensions: How oneDNN counts the tensor's dimensions, where they are not the type's.
    func buffer(
        _ value: Graph.Value, _ layout: Layout, dimensions: [Int]? = nil
    ) throws(RuntimeError) -> Int {
        if let known = known(value, layout) { return known }
        let shape = type(value).shape
        if layout.isDense || native(value).layout.isDense { return try denseBuffer(value, layout) }
        let dimensions = dimensions ?? shape
        // Only a row-major tensor is the same when its dimensions are counted in another way.
        let source = dimensions == shape ? native(value) : (.plain, try plain(value))
        let converted = newBuffer(isUniform(value) ? .uniform : .arena, layout.byteCount(type(value)))
        try emitReorder(
            from: source, to: (layout, converted), dimensions: dimensions, name: "reorder",
            uniform: isUniform(value))
        alias(value, converted, layout)
        return converted
    }

    /// The buffer of `value` in row-major order.
    func plain(_ value: Graph.Value) throws(RuntimeError) -> Int { try buffer(value, .plain) }

    /// The layout an image came in, if the vector loops read it; else row-major.
    func imageLayout(_ value: Graph.Value) -> Layout {
        let layout = native(value).layout
        return layout.block == nil ? .plain : layout
    }

    /// Adds a conversion between layouts that oneDNN knows.
    func emitReorder(
        from source: Version, to target: Version, dimensions: [Int], name: String, uniform: Bool? = nil
    ) throws(RuntimeError) {
        let from = try source.layout.handle(dimensions: dimensions)
        let to = try target.layout.handle(dimensions: dimensions)
        let primitive = try Primitive.make("planning a reorder") { made in
            withExtendedLifetime((from, to)) { od_reorder_create(from.pointer, to.pointer, made) }
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN cannot convert between two layouts")
        }
        emitCall(
            name, primitive,
            arguments: [
                (Int32(OD_REORDER_FROM), source.buffer), (Int32(OD_REORDER_TO), target.buffer),
            ], writes: [target.buffer], uniform: uniform)
    }

    /// The buffer of a matrix in a layout of dense layers, or back from one in row-major order.
    private func denseBuffer(_ value: Graph.Value, _ layout: Layout) throws(RuntimeError) -> Int {
        let kernels = kernels
        let source: Version =
            native(value).layout == .columns ? native(value) : (.plain, try plain(value))
        let (m, k) = (Int64(type(value).shape[0]), Int64(type(value).shape[1]))
        let (x, target) = (source.buffer, newBuffer(home(value, layout), layout.byteCount(type(value))))
        let name: String
        let convert:
            (@convention(c) (UnsafePointer<Float>?, Int64, Int64, UnsafeMutablePointer<Float>?) -> Void)?
        switch (source.layout, layout) {
        case (.plain, .columns): (name, convert) = ("rows to columns", kernels.pointee.rows_to_columns)
        case (.plain, .strips): (name, convert) = ("rows to strips", kernels.pointee.rows_to_strips)
        case (.columns, .plain): (name, convert) = ("columns to rows", kernels.pointee.columns_to_rows)
        case (.columns, .strips): (name, convert) = ("columns to strips", kernels.pointee.columns_to_strips)
        case let (from, to):
            throw RuntimeError(description: "no conversion between layouts \(from) and \(to)")
        }
        emit(name, reads: [x], writes: [target], uniform: isUniform(value)) { frame in
            convert?(frame.floats(x), m, k, frame.floats(target))
        }
        alias(value, target, layout)
        return target
    }
}
