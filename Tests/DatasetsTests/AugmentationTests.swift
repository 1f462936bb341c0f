import CKernels
import Foundation
import Randomness
import Testing

@testable import Datasets

@Suite struct AugmentationTests {
    static let side = 12

    /// Images whose only lit pixels tell where they went: 1 at row 4, column 7.
    static func set(_ count: Int, channels: Int = 1) throws -> Dataset {
        var pixels = [Float](repeating: 0, count: count * channels * side * side)
        for plane in 0..<count * channels { pixels[(plane * side + 4) * side + 7] = 1 }
        return try Dataset(
            name: "n", features: pixels, exampleShape: [channels, side, side], labels: .none)
    }

    static func make(
        _ set: Dataset, _ augmentations: [Augmentation], seed: UInt64 = 3, epoch: UInt64? = 0,
        rows: [Int32]? = nil, scaling: FeatureScaling? = nil
    ) throws -> [Float] {
        let rows = rows ?? Array(0..<Int32(set.count))
        let maker = BatchMaker(
            examples: set.examples, scaling: scaling ?? FeatureScaling(unchanged: set.layout.channels),
            kernels: try #require(dt_kernels_for(dt_isa_detect())),
            augmenter: try Augmenter(augmentations, seed: seed, shape: set.exampleShape, name: "n"))
        var features = [Float](repeating: .nan, count: rows.count * set.layout.width)
        var indices = [Int64](repeating: 0, count: rows.count)
        features.withUnsafeMutableBufferPointer { features in
            indices.withUnsafeMutableBufferPointer { indices in
                guard let features = features.baseAddress, let indices = indices.baseAddress else { return }
                maker.make(rows: rows[...], features: features, indices: indices, epoch: epoch)
            }
        }
        return features
    }

    /// Where each image's light is, as (row, column); nil where it is gone.
    static func lights(_ images: [Float]) -> [(row: Int, column: Int)?] {
        stride(from: 0, to: images.count, by: side * side).map { start in
            images[start..<start + side * side].firstIndex(of: 1).map {
                (($0 - start) / side, ($0 - start) % side)
            }
        }
    }

    @Test func flipsAreAsLikelyAsSaid() throws {
        let set = try Self.set(4000)
        for (probability, vertical) in [(0.5, false), (0.1, true), (0, false), (1, true)] {
            let lights = Self.lights(
                try Self.make(set, [.flip(probability: probability, vertical: vertical)]))
            let flipped = lights.filter { vertical ? $0?.row == 7 : $0?.column == 4 }.count
            let still = lights.filter { $0?.row == 4 && $0?.column == 7 }.count
            #expect(flipped + still == 4000)
            // Five deviations of a binomial count.
            let deviation = (4000 * probability * (1 - probability)).squareRoot()
            #expect(abs(Double(flipped) - 4000 * probability) <= 5 * deviation)
        }
    }

    @Test(arguments: [Augmentation.shift(pixels: 3), .crop(padding: 3)])
    func offsetsAreUniform(augmentation: Augmentation) throws {
        let set = try Self.set(7 * 7 * 100)
        var counts = [Int](repeating: 0, count: 49)
        for light in Self.lights(try Self.make(set, [augmentation])) {
            let (row, column) = try #require(light)
            counts[(row - 1) * 7 + column - 4] += 1
        }
        // χ² of 48 degrees of freedom: mean 48, deviation about 10.
        let chi = counts.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
        #expect(chi < 98 && chi > 15)
    }

    @Test func whatComesFromOutsideIsTheStoredZero() throws {
        let pixels = (0..<50 * 2 * 36).map { UInt8(truncatingIfNeeded: 100 + $0 % 97) }
        let set = try Dataset(name: "n", features: pixels, exampleShape: [2, 6, 6], labels: .none)
        let list: [Augmentation] = [
            .shift(pixels: 2), .rotation(degrees: 40), .erasing(probability: 1), .flip(), .crop(padding: 1),
        ]
        let standard = FeatureScaling(.standardize, FeatureStatistics(set.examples))
        let raw = try Self.make(set, list)
        let scaled = try Self.make(set, list, scaling: standard)
        #expect(raw.contains(0))
        for i in raw.indices {
            let channel = i / 36 % 2
            let expected = (Double(raw[i]) - standard.center[channel]) * standard.factor[channel]
            #expect(abs(Double(scaled[i]) - expected) < 1e-5)
        }
        // Whitened after the changes, as they would be read.
        let whitening = try WhiteningTests.whitening(set.examples)
        let whitened = try Self.make(set, list, scaling: whitening)
        let changed = try Dataset(name: "c", features: raw, exampleShape: [2, 6, 6], labels: .none)
        #expect(try whitened == Self.make(changed, [], scaling: whitening))
        // Without an epoch nothing changes.
        #expect(try Self.make(set, list, epoch: nil) == pixels.map(Float.init))
    }

    @Test func erasedRectanglesAreAsSaid() throws {
        let random = CounterRandom(seed: 1, purpose: .test)
        var draws = Augmenter.Draws(random: random, next: 0)
        var areas: [Double] = []
        var logRatios: [Double] = []
        for _ in 0..<4000 {
            let hole = try #require(
                Augmenter.rectangle(height: 200, width: 300, 0.02...0.2, 0.5...2, &draws))
            #expect(hole.top >= 0 && hole.left >= 0)
            #expect(hole.top + hole.rows <= 200 && hole.left + hole.columns <= 300)
            areas.append(Double(hole.rows * hole.columns) / 60_000)
            logRatios.append(log(Double(hole.rows) / Double(hole.columns)))
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        // Uniform: deviations 0.18/√12 and 2·ln 2/√12, over √4000.
        #expect(abs(mean(areas) - 0.11) < 5 * 0.052 / 63)
        #expect(abs(mean(logRatios)) < 5 * 0.4 / 63)
        #expect(areas.min() ?? 0 > 0.018 && areas.max() ?? 1 < 0.202)
        #expect(logRatios.allSatisfy { abs($0) < 0.75 })
        // A rectangle as large as the image never fits.
        #expect(Augmenter.rectangle(height: 10, width: 10, 1...1, 1...1, &draws) == nil)
    }

    @Test func erasingIsAsLikelyAsSaid() throws {
        let ones = try Dataset(
            name: "n", features: [Float](repeating: 1, count: 2000 * 144), exampleShape: [1, 12, 12],
            labels: .none)
        let images = try Self.make(ones, [.erasing(probability: 0.25)])
        let erased = stride(from: 0, to: images.count, by: 144).filter { images[$0..<$0 + 144].contains(0) }
        #expect(abs(Double(erased.count) - 500) < 5 * 20)
    }

    /// The same image for (seed, epoch, row), whatever stands beside it and in which order.
    @Test func drawsDependOnSeedEpochAndRow() throws {
        let list: [Augmentation] = [
            .crop(padding: 3), .rotation(degrees: 30), .erasing(probability: 0.7), .flip(),
        ]
        let set = try Self.set(64, channels: 2)
        let size = 2 * Self.side * Self.side
        let whole = try Self.make(set, list)
        let rows = (0..<64).map { Int32($0 * 29 % 64) }
        for batch in [1, 5, 64] {
            for start in stride(from: 0, to: 64, by: batch) {
                let part = Array(rows[start..<min(start + batch, 64)])
                let images = try Self.make(set, list, rows: part)
                for (place, row) in part.enumerated() {
                    #expect(
                        images[place * size..<(place + 1) * size]
                            == whole[Int(row) * size..<(Int(row) + 1) * size])
                }
            }
        }
        #expect(try Self.make(set, list, epoch: 1) != whole)
        #expect(try Self.make(set, list, seed: 4) != whole)
        #expect(whole[..<size] != whole[size..<2 * size])
        // Two of a kind in a list are drawn apart.
        let twice = Self.lights(try Self.make(Self.set(200), [.shift(pixels: 1), .shift(pixels: 1)]))
        #expect(twice.contains { ($0?.row ?? 4 - 4) % 2 != 0 })
    }

    @Test func dataThatDoesNotSuit() throws {
        func error(_ list: [Augmentation], _ shape: [Int]) -> String? {
            do throws(AugmentationError) {
                _ = try Augmenter(list, seed: 0, shape: shape, name: "x.npy")
                return nil
            } catch { return error.description }
        }
        #expect(
            error([.flip()], [6])
                == "data.augment.0.flip: augmentations change images, but x.npy has examples of shape [6]: leave it out"
        )
        #expect(error([.flip()], [1, 2, 3, 4])?.contains("change images") == true)
        #expect(
            error([.flip(), .crop(padding: 28)], [1, 28, 30])?.hasPrefix("data.augment.1.crop: padding 28")
                == true)
        #expect(error([.shift(pixels: 9)], [8, 30])?.contains("at most 7") == true)
        #expect(error([.crop(padding: 27), .shift(pixels: 3)], [1, 28, 30]) == nil)
        #expect(error([], [6]) == nil)
    }

    @Test func portableFunctionsAgreeWithTheCLibrary() {
        for i in -200...200 {
            let x = Double(i) * 2 * Double.pi / 200
            let turn = PortableMath.cosineAndSine(x)
            #expect(abs(turn.cosine - cos(x)) < 1e-15 && abs(turn.sine - sin(x)) < 1e-15)
            let power = Double(i) * 0.9
            #expect(abs(PortableMath.exponential(power) / exp(power) - 1) < 1e-13)
            let positive = exp(power / 3)
            #expect(abs(PortableMath.logarithm(positive) - log(positive)) < 1e-14 * max(1, abs(power / 3)))
        }
        #expect(PortableMath.logarithm(1) == 0 && PortableMath.exponential(0) == 1)
    }
}
