import CKernels
import Glibc

/// Random numbers as a pure function of (seed, purpose, stream, element): no state, so no order of
/// calls, thread or rank can change them.
///
/// The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// Its 64-bit key is one Philox block of (seed, purpose); its 128-bit counter is (element, stream). Two
/// (seed, purpose) pairs share a key only if 64 pseudo-random bits agree.
///
///     let random = CounterRandom(seed: 7, purpose: .initialization, stream: 3)
///     let weight = random.uniform(at: 12)   // the same Double in every process
public struct CounterRandom: Sendable, Hashable {
    private let keyLow, keyHigh: UInt32

    /// The stream inside (seed, purpose), such as an epoch or a parameter's index.
    public let stream: UInt64

    /// The generator of one stream of a seed and a purpose; equal arguments give equal numbers in every process.
    public init(seed: UInt64, purpose: RandomPurpose, stream: UInt64 = 0) {
        let seedKey = dt_philox_key(word: (seed.lowWord, seed.highWord))
        // The last words spell "dtrainkey", so that no derivation is also a plain draw of a small counter.
        let block = dt_philox(
            seedKey, dt_philox_block(word: (purpose.rawValue, 0x6474_7261, 0x696e_6b65, 0x79)))
        (keyLow, keyHigh) = (block.word.0, block.word.1)
        self.stream = stream
    }

    /// The derived Philox key, for a C kernel that draws from the same seed and purpose itself.
    package var key: dt_philox_key { dt_philox_key(word: (keyLow, keyHigh)) }

    /// The four 32-bit words of one counter.
    public func words(at counter: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
        dt_philox(
            key,
            dt_philox_block(word: (counter.lowWord, counter.highWord, stream.lowWord, stream.highWord))
        ).word
    }

    /// The first 64 random bits of an element.
    public func bits(at element: UInt64) -> UInt64 {
        let word = words(at: element)
        return UInt64(word.1) << 32 | UInt64(word.0)
    }

    /// A uniform number in [0, 1), a multiple of 2⁻⁵³.
    public func uniform(at element: UInt64) -> Double {
        Double(bits(at: element) >> 11) * 0x1p-53
    }

    /// A uniform number in [0, 1), a multiple of 2⁻²⁴.
    public func uniformFloat(at element: UInt64) -> Float {
        Float(words(at: element).0 >> 8) * 0x1p-24
    }

    /// A standard normal number, by Box and Muller's √(−2 ln u)·cos(2πv) in Float64.
    ///
    /// `log` and `cos` are the C library's: equal bits are promised for one version of it.
    public func normal(at element: UInt64) -> Double {
        let word = words(at: element)
        let first = UInt64(word.1) << 32 | UInt64(word.0)
        let second = UInt64(word.3) << 32 | UInt64(word.2)
        // u lies in (0, 1], so the logarithm is finite.
        let u = Double((first >> 11) + 1) * 0x1p-53
        let v = Double(second >> 11) * 0x1p-53
        return (-2 * log(u)).squareRoot() * cos(2 * Double.pi * v)
    }

    /// A whole number in 0..<n, by multiply and shift: no value is likelier than another by more than n·2⁻⁶⁴.
    public func below(_ n: UInt64, at element: UInt64) -> UInt64 {
        precondition(n > 0, "below(0) has no value to give")
        return bits(at: element).multipliedFullWidth(by: n).high
    }
}

extension UInt64 {
    fileprivate var lowWord: UInt32 { UInt32(truncatingIfNeeded: self) }
    fileprivate var highWord: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}
