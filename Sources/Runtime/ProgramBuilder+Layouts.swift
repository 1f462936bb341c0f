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
            type(value).element, from: source, to: (layout, converted), dimensions: dimensions,
            name: "reorder",
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
        _ element: ElementType, from source: Version, to target: Version, dimensions: [Int], name: String,
        uniform: Bool? = nil
    ) throws(RuntimeError) {
        let from = try source.layout.handle(element, dimensions: dimensions)
        let to = try target.layout.handle(element, dimensions: dimensions)
        let primitive = try Primitive.make("planning a reorder") { made in
            withExtendedLifetime((from, to)) { od_reorder_create(from.pointer, to.pointer, made) }
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN cannot convert between two layouts")
        }
        emitCall(
            Work(name), primitive,
            arguments: [
                (Int32(OD_REORDER_FROM), source.buffer), (Int32(OD_REORDER_TO), target.buffer),
            ], writes: [target.buffer], uniform: uniform)
    }

    /// The buffer of a matrix in a layout of dense layers, or back from one in row-major order.
    private func denseBuffer(_ value: Graph.Value, _ layout: Layout) throws(RuntimeError) -> Int {
        if layout == .panels { return try panels(value) }
        let source = try denseSource(of: value, for: layout)
        let (m, k) = (Int64(type(value).shape[0]), Int64(type(value).shape[1]))
        let (x, target) = (source.buffer, newBuffer(home(value, layout), layout.byteCount(type(value))))
        if type(value).element == .bfloat16 {
            let convert = try conversionOfHalves(from: source.layout, to: layout)
            emit(convert.name, reads: [x], writes: [target], uniform: isUniform(value)) { frame in
                convert.run?(frame.halves(x), m, k, frame.halves(target))
            }
        } else {
            let convert = try conversionOfFloats(from: source.layout, to: layout)
            emit(convert.name, reads: [x], writes: [target], uniform: isUniform(value)) { frame in
                convert.run?(frame.floats(x), m, k, frame.floats(target))
            }
        }
        alias(value, target, layout)
        return target
    }

    /// The buffer of rounded weights packed for input gradients.
    private func panels(_ value: Graph.Value) throws(RuntimeError) -> Int {
        let kernels = kernels
        let rows = try buffer(value, .evenRows)
        let target = newBuffer(home(value, .panels), Layout.panels.byteCount(type(value)))
        let (n, k) = (Int64(type(value).shape[0]), Int64(type(value).shape[1]))
        emit("pack weights", reads: [rows], writes: [target], uniform: isUniform(value)) { frame in
            kernels.pointee.pack_weights(
                frame.halves(rows), n, k, 0, (n + 1) / 2, frame.halves(target))
        }
        alias(value, target, .panels)
        return target
    }

    /// The version of a matrix that is converted to `layout`.
    private func denseSource(of value: Graph.Value, for layout: Layout) throws(RuntimeError) -> Version {
        switch (native(value).layout, layout) {
        case (.columns, _), (.evenRows, _): return native(value)
        case (_, .transposed): return (.columns, try buffer(value, .columns))
        default: return (.plain, try plain(value))
        }
    }

    private typealias FloatConversion =
        @convention(c) (UnsafePointer<Float>?, Int64, Int64, UnsafeMutablePointer<Float>?) -> Void
    private typealias HalfConversion =
        @convention(c) (UnsafePointer<UInt16>?, Int64, Int64, UnsafeMutablePointer<UInt16>?) -> Void

    private func conversionOfFloats(
        from source: Layout, to target: Layout
    ) throws(RuntimeError) -> (name: String, run: FloatConversion?) {
        switch (source, target) {
        case (.plain, .columns): return ("rows to columns", kernels.pointee.rows_to_columns)
        case (.plain, .strips): return ("rows to strips", kernels.pointee.rows_to_strips)
        case (.columns, .plain): return ("columns to rows", kernels.pointee.columns_to_rows)
        case (.columns, .strips): return ("columns to strips", kernels.pointee.columns_to_strips)
        default: throw Self.noConversion(source, target)
        }
    }

    private func conversionOfHalves(
        from source: Layout, to target: Layout
    ) throws(RuntimeError) -> (name: String, run: HalfConversion?) {
        switch (source, target) {
        case (.plain, .columns): return ("rows to columns", kernels.pointee.rows_to_pairs)
        case (.plain, .strips): return ("rows to strips", kernels.pointee.rows_to_strips_bf16)
        case (.columns, .plain): return ("columns to rows", kernels.pointee.pairs_to_rows)
        case (.columns, .strips): return ("columns to strips", kernels.pointee.pairs_to_strips)
        case (.columns, .transposed): return ("transpose columns", kernels.pointee.pairs_to_transposed)
        default: throw Self.noConversion(source, target)
        }
    }

    private static func noConversion(_ source: Layout, _ target: Layout) -> RuntimeError {
        RuntimeError(description: "no conversion between layouts \(source) and \(target)")
    }
}
