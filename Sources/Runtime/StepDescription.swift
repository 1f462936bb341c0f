import Graph

/// What a step of a program does, for profiles; one instance per planned step.
package final class StepDescription: Sendable {
    /// The operation, such as "convolution".
    package let name: String
    /// Its shape, such as "32x14x14 to 64, 3x3"; may be empty.
    package let detail: String
    /// Floating-point operations of one run on one shard; 0 where memory decides the time.
    package let flops: Int
    /// Bytes of the tensors one run reads and writes, each counted once.
    package let byteCount: Int
    /// Whether the operations are products of bfloat16 numbers, which have a peak of their own.
    package let isBFloat16: Bool

    /// A description; names and shapes that are equal are one row of a profile.
    package init(
        name: String, detail: String = "", flops: Int = 0, byteCount: Int = 0, isBFloat16: Bool = false
    ) {
        self.name = name
        self.detail = detail
        self.flops = flops
        self.byteCount = byteCount
        self.isBFloat16 = isBFloat16
    }

    /// The same work in another amount.
    package func scaled(by factor: Double) -> StepDescription {
        StepDescription(
            name: name, detail: detail, flops: Int(Double(flops) * factor),
            byteCount: Int(Double(byteCount) * factor), isBFloat16: isBFloat16)
    }
}

/// What a step computes, before its buffers are known.
struct Work {
    /// The operation.
    let name: String
    /// The shape, where the name does not say it.
    let detail: String
    /// Floating-point operations, where they matter; two for a multiplication and an addition.
    let flops: Int
    /// What the operands of products are stored as.
    let element: ElementType

    init(_ name: String, detail: String = "", flops: Int = 0, _ element: ElementType = .float32) {
        self.name = name
        self.detail = detail
        self.flops = flops
        self.element = element
    }

    /// The description of a step that touches `byteCount` bytes.
    func description(byteCount: Int) -> StepDescription {
        StepDescription(
            name: name, detail: detail, flops: flops, byteCount: byteCount, isBFloat16: element == .bfloat16)
    }
}
