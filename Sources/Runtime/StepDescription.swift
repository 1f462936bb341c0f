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

    /// A description; names and shapes that are equal are one row of a profile.
    package init(name: String, detail: String = "", flops: Int = 0, byteCount: Int = 0) {
        self.name = name
        self.detail = detail
        self.flops = flops
        self.byteCount = byteCount
    }

    /// The same work in another amount.
    package func scaled(by factor: Double) -> StepDescription {
        StepDescription(
            name: name, detail: detail, flops: Int(Double(flops) * factor),
            byteCount: Int(Double(byteCount) * factor))
    }
}
