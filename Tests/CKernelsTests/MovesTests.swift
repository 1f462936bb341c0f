import CKernels
import Testing

/// Slices, concatenation, padding and running sums along the middle axis against plain loops.
@Suite struct MovesTests {
    typealias View = ShapeTests.View
    private typealias Stored = StoredBFloat16

    private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        return numbers.floats(count, -10...10)
    }

    /// Expects `floats` and `halves` to put the element at places[p] of their operand at p, and to leave or
    /// make what `rest` says where that is nil, with every instruction set.
    private static func expectMoved(
        _ what: String, _ v: View, places: [Int?], rest: (Float, UInt16),
        floats: (dt_kernels, [Float], UnsafeMutablePointer<Float>) -> Void,
        halves: (dt_kernels, [UInt16], UnsafeMutablePointer<UInt16>) -> Void
    ) {
        let x = numbers(v.count, seed: 81)
        let stored = Stored.numbers(v.count, -10...10, seed: 82, special: true)
        let y = agreeing(what) { k in written(places.count) { floats(k, x, $0) } }
        let expected = places.map { place in place.map { x[$0] } ?? rest.0 }
        #expect(bits(y) == bits(expected), "\(what) of \(v)")
        let expectedHalves = places.map { place in place.map { stored[$0] } ?? rest.1 }
        for variant in KernelVariant.all {
            let found = Stored.written(places.count) { halves(variant.table, stored, $0) }
            #expect(found == expectedHalves, "\(what) of \(v), \(variant.testDescription)")
        }
    }

    /// The places in `v` of the elements of a view of line.count places, of which m is place line[m] of `v`.
    private static func places(_ v: View, line: [Int?]) -> [Int?] {
        var places: [Int?] = []
        for o in 0..<v.outer {
            for source in line {
                for i in 0..<v.inner { places.append(source.map { (o * v.middle + $0) * v.inner + i }) }
            }
        }
        return places
    }

    // MARK: Slices and concatenation

    @Test(arguments: ShapeTests.views) func slices(_ v: View) {
        let (o, m, i) = v.sizes
        for first in Set([0, v.middle / 3, v.middle]) {
            for count in Set([0, (v.middle - first) / 2, v.middle - first]) {
                let line: [Int?] = (first..<first + count).map { $0 }
                Self.expectMoved("slice", v, places: Self.places(v, line: line), rest: (0, 0)) { k, x, y in
                    k.slice_middle(x, o, m, i, Int64(first), Int64(count), y)
                } halves: { k, x, y in
                    k.slice_middle_bf16(x, o, m, i, Int64(first), Int64(count), y)
                }
            }
        }
    }

    /// Around the place that is written everything stays.
    @Test(arguments: ShapeTests.views) func concatenation(_ v: View) {
        let (o, m, i) = v.sizes
        for (before, after) in [(0, 0), (2, 0), (0, 3), (1, 17)] {
            let total = Int64(before + v.middle + after)
            let line = [Int?](repeating: nil, count: before) + (0..<v.middle).map { $0 }
            let places = Self.places(v, line: line + [Int?](repeating: nil, count: after))
            Self.expectMoved("place", v, places: places, rest: (.nan, 0x7FED)) { k, x, y in
                k.place_middle(x, o, m, i, total, Int64(before), y)
            } halves: { k, x, y in
                k.place_middle_bf16(x, o, m, i, total, Int64(before), y)
            }
        }
    }

    // MARK: Padding

    static let modes = [DT_PAD_ZERO, DT_PAD_REFLECT, DT_PAD_REPLICATE, DT_PAD_CIRCULAR].map(\.rawValue)

    /// The places that a padded line consists of, nil for a zero; nil if the line is too short for that.
    private static func paddedLine(
        _ middle: Int, _ before: Int, _ after: Int, _ mode: dt_padding
    ) -> [Int?]? {
        let line: [Int?] = (0..<middle).map { $0 }
        switch mode {
        case DT_PAD_REFLECT:
            guard max(before, after) < middle else { return nil }
            let left: [Int?] = line.dropFirst().prefix(before).reversed()
            let right: [Int?] = line.dropLast().suffix(after).reversed()
            return left + line + right
        case DT_PAD_REPLICATE:
            guard let first = line.first, let last = line.last else { return nil }
            return [Int?](repeating: first, count: before) + line + [Int?](repeating: last, count: after)
        case DT_PAD_CIRCULAR:
            guard max(before, after) <= middle else { return nil }
            return Array(line.suffix(before)) + line + Array(line.prefix(after))
        default:
            return [Int?](repeating: nil, count: before) + line + [Int?](repeating: nil, count: after)
        }
    }

    static let margins: [(before: Int, after: Int)] = [(0, 0), (1, 0), (0, 2), (3, 1), (1, 1), (5, 20)]

    @Test(arguments: ShapeTests.views, modes) func padding(_ v: View, rawMode: UInt32) {
        let (o, m, i) = v.sizes, mode = dt_padding(rawValue: rawMode)
        for (before, after) in Self.margins {
            guard let line = Self.paddedLine(v.middle, before, after, mode) else { continue }
            let places = Self.places(v, line: line), (b, a) = (Int64(before), Int64(after))
            Self.expectMoved("padding \(rawMode)", v, places: places, rest: (0, 0)) { k, x, y in
                k.pad_middle(x, o, m, i, b, a, mode, y)
            } halves: { k, x, y in
                k.pad_middle_bf16(x, o, m, i, b, a, mode, y)
            }
        }
    }

    /// An element's own gradient first, then those of its repetitions in order.
    @Test(arguments: ShapeTests.views, modes) func paddingGradient(_ v: View, rawMode: UInt32) {
        let (o, m, i) = v.sizes, mode = dt_padding(rawValue: rawMode)
        for (before, after) in Self.margins {
            guard let line = Self.paddedLine(v.middle, before, after, mode) else { continue }
            let places = Self.places(v, line: line), dy = Self.numbers(places.count, seed: 83)
            var expected = [Float](repeating: 0, count: v.count)
            let isOwn = places.indices.map { p in
                (before..<before + v.middle).contains(p / v.inner % line.count)
            }
            for (p, place) in places.enumerated() where isOwn[p] {
                if let place { expected[place] = dy[p] }
            }
            for (p, place) in places.enumerated() where !isOwn[p] {
                if let place { expected[place] += dy[p] }
            }
            let dx = agreeing("padding gradient") { k in
                written(v.count) {
                    k.pad_middle_gradient(dy, o, m, i, Int64(before), Int64(after), mode, $0)
                }
            }
            #expect(dx == expected, "padding \(before), \(after)")
        }
    }

    // MARK: Running sums

    @Test(arguments: ShapeTests.views, [false, true]) func runningSums(_ v: View, reversed: Bool) {
        let x = Self.numbers(v.count, seed: 84), (o, m, i) = v.sizes
        var expected = [Float](repeating: 0, count: v.count)
        v.forEachLine { _, line in
            var sum = 0.0
            for place in reversed ? line.reversed() : line {
                sum += Double(x[place])
                expected[place] = Float(sum)
            }
        }
        let y = agreeing("cumulative sum") { k in
            written(v.count) { k.cumulative_sum(x, o, m, i, reversed, $0) }
        }
        let same = agreeing("cumulative sum in place") { k in
            written(v.count) { y in
                for p in x.indices { y[p] = x[p] }
                k.cumulative_sum(y, o, m, i, reversed, y)
            }
        }
        #expect(y == expected && same == expected)
    }
}
