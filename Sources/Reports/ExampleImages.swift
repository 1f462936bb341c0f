import Datasets
import Foundation

/// Examples of a data set as small pictures, if they are images.
struct ExampleImages {
    private let dataset: Dataset
    private let shape: (channels: Int, height: Int, width: Int)

    /// Why there are no pictures.
    enum Absence: Error {
        /// The examples are not images; the page says nothing about it.
        case noImages
        /// Any other reason, as a sentence.
        case because(String)
    }

    /// The examples of a source, which must be as many as there are predictions.
    init(_ source: DatasetSource, count: Int) throws(Absence) {
        do { dataset = try Dataset(source.withoutLabels) } catch {
            throw .because("There are no pictures of examples: the data are not found (\(error)).")
        }
        let extents = dataset.exampleShape
        guard extents.count == 2 || extents.count == 3 && [1, 3].contains(extents[0]),
            let height = extents.dropLast().last, let width = extents.last, height > 1, width > 1
        else { throw .noImages }
        shape = (extents.count == 2 ? 1 : extents[0], height, width)
        guard dataset.count == count else {
            throw .because("There are no pictures of examples: the data are others by now.")
        }
    }

    /// The picture of a row as a data URL for an img element.
    func address(ofRow row: Int) -> String {
        let values = dataset.examples.features(ofRow: row)
        // Bytes are shown unchanged; other numbers are scaled from the example's smallest to its largest.
        let isByte = dataset.layout.elementType == .uint8
        let finite = values.filter(\.isFinite)
        let low = isByte ? 0 : finite.min() ?? 0
        let high = isByte ? 255 : max(finite.max() ?? 1, low.nextUp)
        let every = max(1, (max(shape.height, shape.width) + Self.mostPixels - 1) / Self.mostPixels)
        let (height, width) = (max(1, shape.height / every), max(1, shape.width / every))
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<shape.channels {
                    let value = values[(channel * shape.height + y * every) * shape.width + x * every]
                    let share = value.isFinite ? (value - low) / (high - low) : 0
                    pixels.append(UInt8(max(0, min(255, (share * 255).rounded()))))
                }
            }
        }
        let file = PNG.file(width: width, height: height, channels: shape.channels, pixels)
        return "data:image/png;base64,\(Data(file).base64EncodedString())"
    }

    /// The most pixels of the longer side; of larger images every second, third, ... pixel is shown.
    private static let mostPixels = 64
}
