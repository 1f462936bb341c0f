/// Floats are summed in two passes: first for the mean m, then M2 = Σ(x − m)² − (Σ(x − m))²/n, whose second term
/// removes the effect of rounding the mean.
extension BlockStatistics {
    /// Sums up runs of `channelWidth` values. Value i of a run goes to lane i mod 8, and the lanes are added in a fixed
    /// order at the end. So the order is fixed although the additions do not wait for each other.
    func floatRuns<Value: StoredScalar>(
        _ values: UnsafePointer<Value>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        let n = Double(partial.count)
        for channel in 0..<channels {
            var sums = SIMD8<Double>.zero
            var least = SIMD8<Double>(repeating: .infinity)
            var most = SIMD8<Double>(repeating: -.infinity)
            for position in positions {
                let run = values + offset(position) + channel * channelWidth
                var i = 0
                while i + 8 <= channelWidth {
                    let eight = Value.eight(run + i)
                    sums += eight
                    least.replace(with: eight, where: eight .< least)
                    most.replace(with: eight, where: eight .> most)
                    i += 8
                }
                while i < channelWidth {
                    let value = run[i].double
                    sums[i & 7] += value
                    if value < least[i & 7] { least[i & 7] = value }
                    if value > most[i & 7] { most[i & 7] = value }
                    i += 1
                }
            }
            let mean = folded(sums) / n
            var squares = SIMD8<Double>.zero
            var rests = SIMD8<Double>.zero
            for position in positions {
                let run = values + offset(position) + channel * channelWidth
                var i = 0
                while i + 8 <= channelWidth {
                    let distance = Value.eight(run + i) - mean
                    rests += distance
                    squares += distance * distance
                    i += 8
                }
                while i < channelWidth {
                    let distance = run[i].double - mean
                    rests[i & 7] += distance
                    squares[i & 7] += distance * distance
                    i += 1
                }
            }
            let rest = folded(rests)
            partial.set(
                channel: channel, mean: mean, squares: max(0, folded(squares) - rest * rest / n),
                minimum: least.min(), maximum: most.max())
        }
    }

    /// Sums up the columns of a block, in which every feature is a channel.
    func floatColumns<Value: StoredScalar>(
        _ values: UnsafePointer<Value>, _ positions: Range<Int>, _ partial: inout FeaturePartial
    ) {
        let n = Double(partial.count)
        // Five rows of `width` numbers: mean, rest, squares, least, most.
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 5 * width) { memory in
            memory.initialize(repeating: 0)
            guard let means = memory.baseAddress else { return }
            let (rests, squares) = (means + width, means + 2 * width)
            let (least, most) = (means + 3 * width, means + 4 * width)
            least.update(repeating: .infinity, count: width)
            most.update(repeating: -.infinity, count: width)
            for position in positions {
                let row = values + offset(position)
                for k in 0..<width {
                    let value = row[k].double
                    means[k] += value
                    least[k] = value < least[k] ? value : least[k]
                    most[k] = value > most[k] ? value : most[k]
                }
            }
            for k in 0..<width { means[k] /= n }
            for position in positions {
                let row = values + offset(position)
                for k in 0..<width {
                    let distance = row[k].double - means[k]
                    rests[k] += distance
                    squares[k] += distance * distance
                }
            }
            for k in 0..<width {
                partial.set(
                    channel: k, mean: means[k], squares: max(0, squares[k] - rests[k] * rests[k] / n),
                    minimum: least[k], maximum: most[k])
            }
        }
    }

    /// The sum of eight lanes as ((0+4)+(2+6)) + ((1+5)+(3+7)).
    private func folded(_ lanes: SIMD8<Double>) -> Double {
        let four = lanes.lowHalf + lanes.highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }
}
