import Randomness

/// The random choices of one fuzz input, which its seed and number alone decide.
package struct Draws {
    private let random: CounterRandom
    private var next: UInt64 = 0

    /// The choices of input `number` of a seed.
    package init(seed: UInt64, number: UInt64) {
        random = CounterRandom(seed: seed, purpose: .test, stream: number)
    }

    /// A whole number in 0..<n.
    package mutating func below(_ n: Int) -> Int {
        next += 1
        return Int(random.below(UInt64(n), at: next))
    }

    /// Whether one of n equally likely things happened.
    package mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }

    /// One of the values, of which there must be some.
    package mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// Random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(below(256)) } }
}
