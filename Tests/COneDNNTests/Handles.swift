import COneDNN

/// A failure that COneDNN reported, with its message.
struct OneDNNError: Error, CustomStringConvertible {
    let status: Int32
    let description: String

    var isUnimplemented: Bool { status == Int32(OD_UNIMPLEMENTED.rawValue) }
}

/// Throws what `od_last_error` says unless `status` is OD_OK.
func check(_ status: Int32) throws {
    guard status != Int32(OD_OK.rawValue) else { return }
    throw OneDNNError(status: status, description: String(cString: od_last_error()))
}

/// An owned `od_layout`; elements of `dims` at places oneDNN knows, float32 unless another type is asked for.
final class Layout {
    let handle: OpaquePointer

    /// Takes over the handle that `make` writes.
    init(_ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) throws {
        od_set_thread()
        var made: OpaquePointer?
        try check(make(&made))
        guard let made else { throw OneDNNError(status: -1, description: "no layout was written") }
        handle = made
    }

    /// Row-major contiguous.
    static func plain(_ dims: [Int], type: Int = OD_FLOAT32) throws -> Layout {
        try Layout { od_layout_plain_of(Int32(type), Int32(dims.count), dims.map(Int64.init), $0) }
    }

    /// Any strides, in elements.
    static func strided(_ dims: [Int], _ strides: [Int], type: Int = OD_FLOAT32) throws -> Layout {
        try Layout {
            od_layout_strided_of(
                Int32(type), Int32(dims.count), dims.map(Int64.init), strides.map(Int64.init), $0)
        }
    }

    /// Channels last: (N, C, H, W) stored N, H, W, C.
    static func channelsLast(_ dims: [Int], type: Int = OD_FLOAT32) throws -> Layout {
        let (c, h, w) = (dims[1], dims[2], dims[3])
        return try strided(dims, [c * h * w, 1, w * c, c], type: type)
    }

    /// nChw8c or nChw16c.
    static func blocked(_ dims: [Int], _ block: Int, type: Int = OD_FLOAT32) throws -> Layout {
        try Layout { od_layout_channels_blocked_of(Int32(type), dims.map(Int64.init), Int32(block), $0) }
    }

    var bytes: Int { withExtendedLifetime(self) { od_layout_bytes(handle) } }
    var type: Int { withExtendedLifetime(self) { Int(od_layout_type(handle)) } }
    var block: Int { withExtendedLifetime(self) { Int(od_layout_block(handle)) } }

    deinit { od_layout_free(handle) }
}

/// An owned `od_primitive`.
final class Primitive {
    let handle: OpaquePointer

    /// Takes over the handle that `make` writes.
    init(_ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) throws {
        od_set_thread()
        var made: OpaquePointer?
        try check(make(&made))
        guard let made else { throw OneDNNError(status: -1, description: "no primitive was written") }
        handle = made
    }

    var name: String { String(cString: od_primitive_name(handle)) }
    var argumentCount: Int { Int(od_primitive_argument_count(handle)) }

    /// The layout at a position, borrowed from the primitive; nil for an absent argument.
    func layout(_ argument: Int) -> OpaquePointer? { od_primitive_layout(handle, Int32(argument)) }

    /// Runs on row-major values, reordering every argument into the primitive's own layout and the argument
    /// at each of `outputs` back. `inputs` has nil for outputs and absent arguments.
    func run(_ inputs: [[Float]?], outputs: [Int: [Int]], dims: [Int: [Int]]) throws -> [Int: [Float]] {
        od_set_thread()
        let buffers = try (0..<argumentCount).map { index -> Buffer? in
            guard let layout = layout(index) else { return nil }
            let buffer = Buffer(bytes: od_layout_bytes(layout))
            if let values = inputs[index], let dims = dims[index] {
                try reorder(values, from: Layout.plain(dims), to: layout, into: buffer)
            }
            return buffer
        }
        try Call(self, buffers).run()
        defer { withExtendedLifetime(self) {} }
        var results: [Int: [Float]] = [:]
        for (index, dims) in outputs {
            guard let layout = layout(index), let buffer = buffers[index] else {
                throw OneDNNError(status: -1, description: "argument \(index) is absent")
            }
            results[index] = try reorderBack(buffer, from: layout, to: Layout.plain(dims))
        }
        return results
    }

    deinit { od_primitive_free(handle) }
}

/// A call with scratch memory of its own.
final class Call {
    private let handle: OpaquePointer
    private let scratchpad: Buffer
    private let kept: (Primitive, [Buffer?])  // the C call borrows both

    init(_ primitive: Primitive, _ buffers: [Buffer?]) throws {
        var made: OpaquePointer?
        let pointers: [UnsafeMutableRawPointer?] = buffers.map { $0?.pointer }
        try check(od_call_create(primitive.handle, pointers, &made))
        guard let made else { throw OneDNNError(status: -1, description: "no call was written") }
        handle = made
        scratchpad = Buffer(bytes: od_primitive_scratchpad_bytes(primitive.handle))
        kept = (primitive, buffers)
    }

    /// Runs on the calling thread.
    func run() throws {
        try withExtendedLifetime(self) { try check(od_call_run(handle, scratchpad.pointer)) }
    }

    /// Points an argument elsewhere; nil leaves it without memory.
    func set(_ argument: Int, _ pointer: UnsafeMutableRawPointer?) throws {
        try check(od_call_set(handle, Int32(argument), pointer))
    }

    deinit { od_call_free(handle) }
}

/// Memory filled with NaN of either type, so that results nobody wrote show. `offset` moves it off 64-byte alignment.
final class Buffer {
    let pointer: UnsafeMutableRawPointer
    let count: Int
    private let base: UnsafeMutableRawPointer

    init(bytes: Int, offset: Int = 0) {
        count = bytes / 4
        base = .allocate(byteCount: bytes + offset + 64, alignment: 64)
        pointer = base + offset
        base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes + offset + 64)
    }

    convenience init(_ values: [Float], offset: Int = 0) {
        self.init(bytes: values.count * 4, offset: offset)
        withExtendedLifetime(self) { _ = floats.update(fromContentsOf: values) }
    }

    /// bfloat16 elements by their bits.
    convenience init(bfloat16 bits: [UInt16], offset: Int = 0) {
        self.init(bytes: bits.count * 2, offset: offset)
        withExtendedLifetime(self) {
            UnsafeMutableRawBufferPointer(start: pointer, count: bits.count * 2).copyBytes(
                from: bits.withUnsafeBytes { Array($0) })
        }
    }

    /// The first `count` elements of bfloat16, by their bits.
    func bfloat16Bits(_ count: Int) -> [UInt16] {
        withExtendedLifetime(self) {
            Array(UnsafeBufferPointer(start: pointer.assumingMemoryBound(to: UInt16.self), count: count))
        }
    }

    var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Float.self), count: count)
    }
    var values: [Float] { withExtendedLifetime(self) { Array(floats) } }

    deinit { base.deallocate() }
}

private func reorder(
    _ values: [Float], from: Layout, to: OpaquePointer, into buffer: Buffer
) throws {
    let primitive = try withExtendedLifetime(from) {
        try Primitive { od_reorder_create(from.handle, to, $0) }
    }
    try Call(primitive, [Buffer(values), buffer]).run()
}

private func reorderBack(_ buffer: Buffer, from: OpaquePointer, to: Layout) throws -> [Float] {
    let primitive = try withExtendedLifetime(to) {
        try Primitive { od_reorder_create(from, to.handle, $0) }
    }
    let result = Buffer(bytes: to.bytes)
    try Call(primitive, [buffer, result]).run()
    return result.values
}
