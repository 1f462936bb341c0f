import CKernels
import Cluster
import Graph
import Layers

extension Cluster {
    /// Throws on all ranks if a model cannot be computed in `precision` here; collective.
    ///
    /// Convolutions of bfloat16 are oneDNN's, which are fast where the processor has products of bfloat16, and have other
    /// bytes elsewhere. Dense layers are kernels of our own, with the same bytes on any processor.
    ///
    /// - Parameter pretended: A rank that behaves as if its processor had no such products, for tests.
    func check(
        _ precision: Precision, for model: TracedModel, withoutProducts pretended: Int? = nil
    ) throws {
        guard precision == .bfloat16, model.hasConvolutions else { return }
        let lacks = rank == pretended || !dt_has_bfloat16()
        let first = try world.allReduce(lacks ? rank : size, .min)
        if first < size {
            throw Self.precisionError(
                "which the processor of rank \(first) lacks: set training.precision to float32")
        }
        if instructionSet < .avx512 {
            throw Self.precisionError(
                "but all ranks run \(instructionSet.rawValue): set training.precision to float32, or leave out training.instruction_set"
            )
        }
    }

    private static func precisionError(_ lack: String) -> TrainingError {
        TrainingError(
            .configuration,
            "convolutions in bfloat16 need AVX512_BF16, \(lack)",
            about: .setting("training.precision"))
    }
}
