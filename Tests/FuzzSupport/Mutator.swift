/// Damages files the way broken disks, wrong tools and attackers do: one to six changes, half of them near the start,
/// where headers are.
struct Mutator {
    /// The longest input, so that a second holds many.
    static let longest = 1 << 16

    /// Pieces that mean something to the format.
    let words: [[UInt8]]
    /// Whether numbers and delimiters are changed more often than bits.
    let isText: Bool

    /// A damaged `bytes`; `other` is another valid file, for splices.
    func mutated(_ bytes: [UInt8], with other: [UInt8], _ draws: inout Draws) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<1 + draws.below(6) {
            change(&bytes, other, &draws)
            if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        }
        return bytes
    }

    private func change(_ bytes: inout [UInt8], _ other: [UInt8], _ draws: inout Draws) {
        guard !bytes.isEmpty else {
            bytes = draws.oneIn(2) ? other : draws.bytes(draws.below(16))
            return
        }
        if draws.oneIn(300) { return repeatPiece(&bytes, &draws) }
        if isText, draws.oneIn(2) {
            switch draws.below(3) {
            case 0: changeNumber(&bytes, &draws)
            case 1: changeDelimiter(&bytes, &draws)
            default: insertWord(&bytes, &draws)
            }
            return
        }
        let at = place(in: bytes, &draws)
        let end = min(bytes.count, at + 1 + draws.below(draws.oneIn(4) ? 200 : 16))
        switch draws.below(13) {
        case 0, 1: bytes[at] ^= 1 << UInt8(draws.below(8))
        case 2: bytes[at] = draws.pick(Self.extremeBytes)
        case 3, 4: writeInteger(&bytes, at, &draws)
        case 5: bytes.removeSubrange(at..<end)
        case 6: bytes.insert(contentsOf: bytes[at..<end], at: place(in: bytes, &draws))
        case 7: bytes.insert(contentsOf: draws.bytes(1 + draws.below(16)), at: at)
        case 8: swap(&bytes, at..<end, &draws)
        case 9: bytes.removeLast(draws.oneIn(2) ? bytes.count - at : min(bytes.count, 1 + draws.below(9)))
        case 10:
            let from = other.isEmpty ? 0 : place(in: other, &draws)
            bytes.replaceSubrange(at..., with: other[from...])
        case 11: insertWord(&bytes, &draws)
        default:
            if draws.oneIn(2) { changeNumber(&bytes, &draws) } else { changeDelimiter(&bytes, &draws) }
        }
    }

    private func place(in bytes: [UInt8], _ draws: inout Draws) -> Int {
        draws.below(draws.oneIn(2) ? bytes.count : min(bytes.count, 160))
    }

    /// Writes an interesting integer of 1, 2, 4 or 8 bytes in either byte order, half the time at a multiple of its size.
    private func writeInteger(_ bytes: inout [UInt8], _ at: Int, _ draws: inout Draws) {
        let size = 1 << draws.below(4)
        let start = draws.oneIn(2) ? at / size * size : at
        var value = draws.pick(Self.integers)
        // Also what a size field says, off by one.
        if draws.oneIn(8) { value = UInt64(bytes.count) &+ UInt64(draws.below(3)) &- 1 }
        let isBig = draws.oneIn(2)
        for i in 0..<min(size, bytes.count - start) {
            bytes[start + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBig ? size - 1 - i : i)))
        }
    }

    private func swap(_ bytes: inout [UInt8], _ first: Range<Int>, _ draws: inout Draws) {
        let other = place(in: bytes, &draws)
        for (i, from) in first.enumerated() where other + i < bytes.count { bytes.swapAt(from, other + i) }
    }

    private func insertWord(_ bytes: inout [UInt8], _ draws: inout Draws) {
        let at = place(in: bytes, &draws)
        let word = words.isEmpty ? [] : draws.pick(words)
        let end = draws.oneIn(2) ? at : min(bytes.count, at + word.count)
        bytes.replaceSubrange(at..<end, with: word)
    }

    /// Changes a digit, or puts an interesting number in the place of a whole run of digits.
    private func changeNumber(_ bytes: inout [UInt8], _ draws: inout Draws) {
        let from = place(in: bytes, &draws)
        guard let first = bytes[from...].firstIndex(where: Self.isDigit) else { return }
        if draws.oneIn(2) {
            bytes[first] = UInt8(ascii: "0") + UInt8(draws.below(10))
        } else {
            let end = bytes[first...].firstIndex { !Self.isDigit($0) } ?? bytes.count
            bytes.replaceSubrange(first..<end, with: draws.pick(Self.numbers))
        }
    }

    /// Replaces a delimiter by another, doubles it or takes it away.
    private func changeDelimiter(_ bytes: inout [UInt8], _ draws: inout Draws) {
        let from = place(in: bytes, &draws)
        guard let first = bytes[from...].firstIndex(where: Self.delimiters.contains) else { return }
        switch draws.below(3) {
        case 0: bytes[first] = draws.pick(Self.delimiters)
        case 1: bytes.insert(draws.oneIn(2) ? bytes[first] : draws.pick(Self.delimiters), at: first)
        default: bytes.remove(at: first)
        }
    }

    /// Repeats a short piece thousands of times: deep nesting, long rows, many names.
    private func repeatPiece(_ bytes: inout [UInt8], _ draws: inout Draws) {
        let at = place(in: bytes, &draws)
        let piece =
            draws.oneIn(2) && !words.isEmpty
            ? draws.pick(words) : Array(bytes[at..<min(bytes.count, at + 1 + draws.below(24))])
        let count = (1 << (4 + draws.below(10))) / max(1, piece.count) + 1
        bytes.insert(contentsOf: Array(repeating: piece, count: count).joined(), at: at)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static let extremeBytes: [UInt8] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x0d, 0x2d, 0x39]
    private static let delimiters = Array(",;:\"'[]{}()\n\r\t &*#-./\\".utf8)
    private static let integers: [UInt64] = {
        let small: [UInt64] = [0, 1, 2, 3, 4, 16, 100]
        let shifts: [UInt64] = [7, 8, 15, 16, 31, 32, 40, 62, 63]
        let powers = shifts.flatMap { shift -> [UInt64] in [1 << shift, (1 << shift) - 1] }
        let floats: [UInt64] = [0x7ff0_0000_0000_0000, 0x7fc0_0000, 0x7f80_0000, 0xff80_0000]
        return small + powers + floats + [.max, .max - 1]
    }()
    private static let numbers: [[UInt8]] = [
        "0", "00", "01", "-1", "-0", "1.5", "1e400", "1e-400", "1e999999999999", "nan", ".nan", "inf", "255",
        "256", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "1099511627776",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999999999999999999999", "0x10", "1_000", "3.4028236e38", "0.00000000000000001",
    ].map { Array($0.utf8) }
}
