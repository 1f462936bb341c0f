import Foundation

/// Weights and gradients for tests, from closed formulas so that a failure repeats.
enum TestSequence {
    /// Initial weights: signs alternate, sizes from 2 up, so that 20 small steps keep them away from 0, where
    /// a relative error would say nothing.
    static func weights(_ count: Int) -> [Float] {
        (0..<count).map { (i: Int) -> Float in
            let size = 2 + 0.37 * Float(i % 11)
            return i % 2 == 0 ? size : -size
        }
    }

    /// The gradient of step t, from 1: signs change, sizes span four powers of ten, every ninth element is 0.
    static func gradient(_ count: Int, step: Int) -> [Float] {
        (0..<count).map { (i: Int) -> Float in
            if i % 9 == 4 { return 0 }
            let phase = 2.3 * Double(i) + 0.9 * Double(step)
            let size = pow(10, Double(i % 5 - 4))
            return Float(sin(phase) * size)
        }
    }
}
