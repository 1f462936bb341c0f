import CKernels
import Testing

/// Random changes of an image against the plain way.
@Suite struct AugmentTests {
    /// An image of planes of rows.
    struct Image: Sendable {
        let c, h, w: Int
        var count: Int { c * h * w }
    }

    static let images = [
        Image(c: 1, h: 28, w: 28), Image(c: 3, h: 5, w: 7), Image(c: 2, h: 1, w: 1), Image(c: 1, h: 4, w: 1),
    ]
    static let fill: [Float] = [-3, 5, 0.5]

    static func pixels(_ image: Image) -> [Float] {
        var numbers = TestNumbers(seed: 50)
        return numbers.floats(image.count, 0...1)
    }

    /// The image whose pixel (k, i, j) is what `from` gives for it.
    static func mapped(_ image: Image, _ from: (Int, Int) -> (Int, Int)?) -> [Float] {
        let x = pixels(image)
        return (0..<image.count).map { e in
            let (k, i, j) = (e / (image.h * image.w), e / image.w % image.h, e % image.w)
            guard let (row, column) = from(i, j), (0..<image.h).contains(row), (0..<image.w).contains(column)
            else { return fill[k] }
            return x[(k * image.h + row) * image.w + column]
        }
    }

    /// Runs a kernel that changes an image in place.
    static func changed(_ image: Image, _ body: (dt_kernels, UnsafeMutablePointer<Float>) -> Void) -> [Float]
    {
        agreeing("augment") { kernels in
            written(image.count) { y in
                y.update(from: pixels(image), count: image.count)
                body(kernels, y)
            }
        }
    }

    @Test(arguments: images, [false, true]) func flips(image: Image, vertical: Bool) {
        let result = Self.changed(image) { kernels, y in
            kernels.augment_flip(y, Int64(image.c), Int64(image.h), Int64(image.w), vertical)
        }
        #expect(result == Self.mapped(image) { vertical ? (image.h - 1 - $0, $1) : ($0, image.w - 1 - $1) })
    }

    @Test(arguments: images, [(0, 0), (1, -2), (-3, 4), (30, 0), (0, -30), (2, 1)])
    func moves(image: Image, by: (down: Int, right: Int)) {
        let x = Self.pixels(image)
        let result = agreeing("augment_move") { kernels in
            written(image.count) {
                kernels.augment_move(
                    x, Int64(image.c), Int64(image.h), Int64(image.w), Int64(by.down), Int64(by.right),
                    Self.fill,
                    $0)
            }
        }
        #expect(result == Self.mapped(image) { ($0 - by.down, $1 - by.right) })
    }

    @Test func erases() {
        let image = Image(c: 3, h: 5, w: 7)
        let result = Self.changed(image) { kernels, y in
            kernels.augment_erase(y, 3, 5, 7, 1, 2, 3, 5, Self.fill)
        }
        #expect(result == Self.mapped(image) { (1..<4).contains($0) && $1 >= 2 ? nil : ($0, $1) })
    }

    private static func rotated(_ image: Image, _ cosine: Double, _ sine: Double) -> [Float] {
        let x = pixels(image)
        return agreeing("augment_rotate") { kernels in
            written(image.count) {
                kernels.augment_rotate(
                    x, Int64(image.c), Int64(image.h), Int64(image.w), cosine, sine, fill, $0)
            }
        }
    }

    /// Quarter turns of a square are exact, counter-clockwise.
    @Test func quarterTurns() {
        let image = Image(c: 2, h: 6, w: 6)
        #expect(Self.rotated(image, 1, 0) == Self.pixels(image))
        #expect(Self.rotated(image, 0, 1) == Self.mapped(image) { ($1, 5 - $0) })
        #expect(Self.rotated(image, -1, 0) == Self.mapped(image) { (5 - $0, 5 - $1) })
    }

    /// Bilinear, every neighbour outside being the fill, as torch's grid_sample of (x - fill) with zeros, plus fill.
    @Test(arguments: images, [0.3, -1.2, 2.9]) func turnsAreBilinear(image: Image, angle: Double) {
        // Cosines and sines to four digits serve as well: the kernel takes what it is given.
        let (cosine, sine) =
            angle == 0.3 ? (0.9553, 0.2955) : angle == -1.2 ? (0.3624, -0.932) : (-0.971, 0.2392)
        let x = Self.pixels(image)
        let result = Self.rotated(image, cosine, sine)
        for e in 0..<image.count {
            let (k, i, j) = (e / (image.h * image.w), e / image.w % image.h, e % image.w)
            let di = Double(i) - Double(image.h - 1) / 2
            let dj = Double(j) - Double(image.w - 1) / 2
            let row = sine * dj + cosine * di + Double(image.h - 1) / 2
            let column = cosine * dj - sine * di + Double(image.w - 1) / 2
            var sum = 0.0
            for r in 0..<image.h {
                for c in 0..<image.w {
                    let weight = max(0, 1 - abs(row - Double(r))) * max(0, 1 - abs(column - Double(c)))
                    sum += weight * Double(x[(k * image.h + r) * image.w + c] - Self.fill[k])
                }
            }
            #expect(abs(Double(result[e]) - sum - Double(Self.fill[k])) < 1e-5)
        }
    }
}
