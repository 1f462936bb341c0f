import CKernels

/// The precision to which gradients are rounded where shards are added, and in which they travel between nodes.
///
/// Rounding happens at fixed places of the fixed tree, so results depend on the precision but not on the number of
/// ranks or nodes.
public enum GradientPrecision: String, Sendable, CaseIterable {
    /// No rounding beyond Float32; an element takes four bytes in a message.
    case float32
    /// Every shard's gradient and every sum of two is rounded to the nearest bfloat16, ties to even. An element takes
    /// two bytes in a message, which loses nothing more.
    ///
    /// A rounding changes an element by at most 2⁻⁸ of its size, about 2⁻⁹ on average, and there are 1 + ⌈log₂ S⌉
    /// roundings in a row. In memory gradients remain Float32.
    case bfloat16

    /// Bytes of an element in a message.
    var messageBytes: Int { self == .bfloat16 ? 2 : 4 }

    /// out = a + b, with a and b rounded before the addition and the sum after it; `out` may be `a` or `b`.
    func add(
        _ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        _ out: UnsafeMutablePointer<Float>,
        _ kernels: UnsafePointer<dt_kernels>
    ) {
        switch self {
        case .float32: kernels.pointee.add(Int64(count), a, b, out)
        case .bfloat16: kernels.pointee.add_bfloat16(Int64(count), a, b, out)
        }
    }

    /// Rounds the gradients of a shard that no sum has rounded.
    func round(_ count: Int, _ x: UnsafeMutablePointer<Float>, _ kernels: UnsafePointer<dt_kernels>) {
        if self == .bfloat16 { kernels.pointee.round_bfloat16(Int64(count), x) }
    }

    /// Packs rounded values into `message`, which may start where `x` does; returns the message.
    func pack(
        _ count: Int, _ x: UnsafePointer<Float>, to message: UnsafeMutableRawPointer,
        _ kernels: UnsafePointer<dt_kernels>
    ) -> UnsafeRawBufferPointer {
        switch self {
        case .float32:
            if UnsafeRawPointer(x) != UnsafeRawPointer(message) {
                message.copyMemory(from: x, byteCount: count * 4)
            }
        case .bfloat16:
            kernels.pointee.to_bf16(Int64(count), x, message.assumingMemoryBound(to: UInt16.self))
        }
        return UnsafeRawBufferPointer(start: message, count: count * messageBytes)
    }

    /// Where to receive the message of values that will be unpacked to `x`: at the end of the values' memory.
    func room(_ count: Int, _ x: UnsafeMutablePointer<Float>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(x) + count * (4 - messageBytes), count: count * messageBytes)
    }

    /// Unpacks the message that was received in `room`.
    func unpack(_ count: Int, _ x: UnsafeMutablePointer<Float>, _ kernels: UnsafePointer<dt_kernels>) {
        guard self == .bfloat16 else { return }
        let message = UnsafeRawPointer(x) + count * (4 - messageBytes)
        kernels.pointee.from_bf16(Int64(count), message.assumingMemoryBound(to: UInt16.self), x)
    }
}
