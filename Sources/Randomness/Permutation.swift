/// Seeded permutations.
public enum Permutation {
    /// A permutation of 0..<count by Fisher and Yates: position i, from the last down to 1, is exchanged with
    /// the position that counter i draws from 0...i. O(count).
    public static func shuffled(count: Int, random: CounterRandom) -> [Int32] {
        precondition(count >= 0 && count <= Int(Int32.max), "a permutation of \(count) elements")
        var order = Array(0..<Int32(count))
        guard count > 1 else { return order }
        order.withUnsafeMutableBufferPointer { order in
            for i in stride(from: count - 1, to: 0, by: -1) {
                order.swapAt(i, Int(random.below(UInt64(i) + 1, at: UInt64(i))))
            }
        }
        return order
    }
}
