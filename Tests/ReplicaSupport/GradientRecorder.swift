import CKernels
import Optimizers

/// An update rule that puts the summed gradient in the parameters' place, so that a test can read it.
package struct GradientRecorder: UpdateRule {
    package init() {}
    package var name: String { "gradient_recorder" }
    package var stateNames: [String] { [] }

    package enum Scalar: Int, ScalarName { case learningRate }

    package func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        Scalar.values([.learningRate: learningRate])
    }

    package func update(
        scalars: NamedScalars<Scalar>, weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        weights.update(from: gradient, count: count)
    }
}
