import Layers
import Testing

@testable import DataParallel

/// The distribution of what layers read, and how far it moves.
@Suite struct LayerMomentsTests {
    /// Of examples [N, C] without positions.
    private func moments(_ values: [Float], width: Int, positions: Int = 1) -> LayerMoments {
        let examples = values.count / (width * positions)
        return values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return LayerMoments(width: width) }
            return LayerMoments(base, examples: examples, width: width, positions: positions)
        }
    }

    @Test func ofChannels() {
        // Two examples of two channels with three positions each.
        let found = moments([1, 2, 3, 10, 10, 10, 4, 5, 9, 10, 10, 16], width: 2, positions: 3)
        #expect(found.count == 6 && found.means == [4, 11])
        #expect(found.squares == [9 + 4 + 1 + 0 + 1 + 25, 5 + 25])
        #expect(LayerMoments(numbers: found.numbers[...], width: 2) == found)
    }

    /// Parts add up to the whole, empty ones too, without the loss of digits that large means bring.
    @Test func added() {
        let values = (0..<40).map { Float(1_000_000 + ($0 * 37) % 11) }
        var sum = LayerMoments(width: 2)
        for part in [values[..<6], values[6..<6], values[6..<30], values[30...]] {
            sum.add(moments(Array(part), width: 2))
        }
        let whole = moments(values, width: 2)
        #expect(sum.count == whole.count)
        for channel in 0..<2 {
            #expect(abs(sum.means[channel] - whole.means[channel]) < 1e-9)
            #expect(abs(sum.squares[channel] - whole.squares[channel]) < 1e-7)
        }
    }

    @Test func shifts() throws {
        // Mean 0 and deviation 2 come to a mean of 1.
        let start = moments([-2, 2], width: 1)
        #expect(start.shift(to: moments([-1, 3], width: 1)) == 0.5)
        // To a deviation of 3 about the same mean.
        #expect(start.shift(to: moments([-3, 3], width: 1)) == 0.5)
        #expect(start.shift(to: start) == 0)
        // Two channels, of deviations 3 and 4: the first moves by 3, the second's deviation by 4, over a spread of 5.
        let two = moments([-3, -4, 3, 4], width: 2)
        #expect(two.shift(to: moments([0, -8, 6, 8], width: 2)) == 1)
        // Nothing varies.
        #expect(moments([1, 1], width: 1).shift(to: start) == nil)
        #expect(start.shift(to: moments([.nan, 1], width: 1)) == nil)
    }

    @Test func layersThatReadOthers() throws {
        func names(_ model: any Model, _ shape: [Int]) throws -> [String] {
            try TracedModel(model, exampleShape: shape, target: .classes(4), loss: .crossEntropy).layerInputs
                .map { "\($0.parameter) \($0.width)x\($0.positions)" }
        }
        let convolutions: Sequential = [
            Conv2d(3, kernel: 3), ReLU(), Conv2d(5, kernel: 3), Flatten(), Linear(6), Tanh(), Linear(4),
        ]
        #expect(
            try names(convolutions, [1, 8, 8]) == ["2.weight 3x36", "4.weight 80x1", "6.weight 6x1"])
        let normalized: Sequential = [BatchNormalization(), Linear(4)]
        #expect(try names(normalized, [2]) == ["1.weight 2x1"])
        #expect(try names(Linear(4), [2]).isEmpty)
    }
}
