import CKernels
import Randomness

/// Applies a list of augmentations to images of one size. Every draw depends only on (seed, epoch, row, place in the
/// list), never on ranks, shards, batches or threads.
package struct Augmenter: Sendable {
    package let augmentations: [Augmentation]
    private let seed: UInt64
    private let channels, height, width: Int

    /// An augmenter for examples of `shape`, [C, H, W] or [H, W]; throws if they are not images or their size does not
    /// suit a change. `name` is the data set's, for the message.
    package init(
        _ augmentations: [Augmentation], seed: UInt64, shape: [Int], name: String
    ) throws(AugmentationError) {
        let place = { (i: Int) in "data.augment.\(i).\(augmentations[i].name)" }
        guard augmentations.isEmpty || shape.count == 2 || shape.count == 3 else {
            throw AugmentationError(
                key: place(0),
                problem:
                    "augmentations change images, but \(name) has examples of shape \(shape): leave it out")
        }
        self.augmentations = augmentations
        self.seed = seed
        (channels, height, width) =
            shape.count == 3
            ? (shape[0], shape[1], shape[2]) : (1, shape.first ?? 1, shape.count == 2 ? shape[1] : 1)
        for (i, augmentation) in augmentations.enumerated() {
            if let problem = augmentation.problem(height: height, width: width) {
                throw AugmentationError(key: place(i), problem: problem)
            }
        }
    }

    /// Changes the images of rows `rows` (N) in place.
    ///
    /// - Parameters:
    ///   - images: (N, C, H, W).
    ///   - outside: The value that a stored 0 has become, per channel (C).
    ///   - epoch: The epoch, from 0.
    func apply(
        to images: UnsafeMutablePointer<Float>, rows: UnsafePointer<Int64>, count: Int, epoch: UInt64,
        outside: UnsafePointer<Float>, kernels: UnsafePointer<dt_kernels>
    ) {
        let random = CounterRandom(seed: seed, purpose: .augmentation, stream: epoch)
        let size = channels * height * width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { memory in
            guard let scratch = memory.baseAddress else { return }
            for i in 0..<count {
                let image = images + i * size
                for (place, augmentation) in augmentations.enumerated() {
                    // A counter's 64 bits hold 31 of row, 16 of place and 16 of draws.
                    var draws = Draws(random: random, next: UInt64(rows[i]) << 32 | UInt64(place) << 16)
                    change(image, augmentation, &draws, outside, scratch, kernels)
                }
            }
        }
    }

    /// Uniform numbers for one example and augmentation, in order.
    struct Draws {
        let random: CounterRandom
        var next: UInt64

        /// A number in [0, 1).
        mutating func uniform() -> Double {
            defer { next += 1 }
            return random.uniform(at: next)
        }

        /// A whole number, uniform over the range.
        mutating func whole(_ range: ClosedRange<Int>) -> Int {
            defer { next += 1 }
            return range.lowerBound + Int(random.below(UInt64(range.count), at: next))
        }
    }

    struct Rectangle: Equatable {
        let top, left, rows, columns: Int
    }

    private func change(
        _ image: UnsafeMutablePointer<Float>, _ augmentation: Augmentation, _ draws: inout Draws,
        _ outside: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
        _ kernels: UnsafePointer<dt_kernels>
    ) {
        let (c, h, w) = (Int64(channels), Int64(height), Int64(width))
        switch augmentation {
        case .flip(let probability, let vertical):
            if draws.uniform() < probability { kernels.pointee.augment_flip(image, c, h, w, vertical) }
            return
        case .crop(let reach), .shift(let reach):
            let down = draws.whole(-reach...reach)
            let right = draws.whole(-reach...reach)
            if down == 0 && right == 0 { return }
            kernels.pointee.augment_move(image, c, h, w, Int64(down), Int64(right), outside, scratch)
        case .rotation(let degrees):
            let angle = (2 * draws.uniform() - 1) * degrees / 180 * Double.pi
            let turn = PortableMath.cosineAndSine(angle)
            kernels.pointee.augment_rotate(image, c, h, w, turn.cosine, turn.sine, outside, scratch)
        case .erasing(let probability, let scale, let ratio):
            guard draws.uniform() < probability,
                let hole = Self.rectangle(height: height, width: width, scale, ratio, &draws)
            else { return }
            kernels.pointee.augment_erase(
                image, c, h, w, Int64(hole.top), Int64(hole.left), Int64(hole.rows), Int64(hole.columns),
                outside)
            return
        }
        image.update(from: scratch, count: channels * height * width)
    }

    /// The rectangle that erasing draws; nil if ten tries found none smaller than the image.
    static func rectangle(
        height: Int, width: Int, _ scale: ClosedRange<Double>, _ ratio: ClosedRange<Double>,
        _ draws: inout Draws
    ) -> Rectangle? {
        let low = PortableMath.logarithm(ratio.lowerBound)
        let high = PortableMath.logarithm(ratio.upperBound)
        for _ in 0..<10 {
            let fraction = scale.lowerBound + (scale.upperBound - scale.lowerBound) * draws.uniform()
            let aspect = PortableMath.exponential(low + (high - low) * draws.uniform())
            let area = fraction * Double(height * width)
            let rows = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
            let columns = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
            guard rows < height, columns < width else { continue }
            return Rectangle(
                top: draws.whole(0...height - rows), left: draws.whole(0...width - columns), rows: rows,
                columns: columns)
        }
        return nil
    }
}
