import Graph
import Layers
import Testing

/// A model that does not fit says where and what to do.
@Suite struct ModelErrorTests {
    private func error(
        _ model: any Model, _ exampleShape: [Int], target: TargetKind = .none, loss: Loss = .meanSquaredError
    ) -> ModelError? {
        do {
            _ = try TracedModel(model, exampleShape: exampleShape, target: target, loss: loss)
            return nil
        } catch {
            return error
        }
    }

    private func expect(
        _ model: any Model, _ exampleShape: [Int], target: TargetKind = .none, loss: Loss = .meanSquaredError,
        fails text: String?, location: SourceLocation = #_sourceLocation
    ) {
        let found = error(model, exampleShape, target: target, loss: loss)?.description
        #expect(found == text, sourceLocation: location)
    }

    @Test func layersNameTheirInput() {
        expect(
            Linear(3), [1, 4, 4], fails: "expects (N, features), got shape (N, 1, 4, 4): put flatten in front"
        )
        expect(Linear(3, inputs: 5), [4], fails: "expects 5 features, got shape (N, 4): leave out in")
        expect(
            Conv2d(3, kernel: 3), [16],
            fails:
                "expects images (N, C, H, W), got shape (N, 16): put it in front of flatten, or store images as (examples, C, H, W)"
        )
        expect(
            Conv2d(3, inputs: 2, kernel: 3), [1, 4, 4],
            fails: "expects 2 channels, got shape (N, 1, 4, 4): leave out in")
        expect(
            Conv2d(3, kernel: 5, padding: 1), [1, 4, 2],
            fails:
                "expects images of at least 5 x 5 with padding, got shape (N, 1, 4, 2): take a smaller kernel, or more padding"
        )
        expect(
            Conv2d(4, kernel: 1, groups: 2), [3, 4, 4],
            fails: "expects channels that 2 groups divide (4 outputs), got shape (N, 3, 4, 4)")
        expect(
            MaxPool2d(5), [1, 4, 4],
            fails:
                "expects images of at least 5 x 5 with padding, got shape (N, 1, 4, 4): take a smaller kernel, or fewer layers that shrink the images"
        )
        expect(MaxPool2d(2, padding: 2), [1, 4, 4], fails: "padding must be at most half of the kernel")
        expect(
            AvgPool2d(2), [4],
            fails:
                "expects images (N, C, H, W), got shape (N, 4): put it in front of flatten, or store images as (examples, C, H, W)"
        )
        expect(
            GlobalAvgPool(), [4],
            fails:
                "expects images (N, C, H, W), got shape (N, 4): put it in front of flatten, or store images as (examples, C, H, W)"
        )
        expect(BatchNormalization(), [], fails: "expects (N, C, ...), got shape (N)")
        expect(BatchRenormalization(), [], fails: "expects (N, C, ...), got shape (N)")
        expect(LayerNormalization(), [], fails: "expects (N, ...), got shape (N)")
        expect(
            LayerNormalization([3, 4]), [2, 4, 4],
            fails: "expects the last dimensions to be (3, 4), got shape (N, 2, 4, 4)")
        expect(
            LayerNormalization([2, 4]), [4],
            fails: "expects the last dimensions to be (2, 4), got shape (N, 4)")
        expect(GroupNormalization(2), [], fails: "expects (N, C, ...), got shape (N)")
        expect(
            GroupNormalization(2), [3, 2, 2],
            fails: "expects channels that 2 groups divide, got shape (N, 3, 2, 2)")
        expect(
            GroupNormalization(3), [3, 1, 1],
            fails: "expects more than one value in each of 3 groups, got shape (N, 3, 1, 1)")
        for shape in [[4], [2, 3, 4, 5]] {
            let text = (["N"] + shape.map(String.init)).joined(separator: ", ")
            expect(
                InstanceNormalization(), shape,
                fails: "expects sequences (N, C, L) or images (N, C, H, W), got shape (\(text))")
        }
        expect(
            InstanceNormalization(), [3, 1, 1],
            fails: "expects more than one value in each channel, got shape (N, 3, 1, 1)")
        expect(
            InstanceNormalization(), [3, 1],
            fails: "expects more than one value in each channel, got shape (N, 3, 1)")
        expect(InstanceNormalization(), [3, 2], fails: nil)
        expect(Softmax(), [2, 2], fails: "expects rows (N, K), got shape (N, 2, 2)")
        expect(LogSoftmax(), [2, 2], fails: "expects rows (N, K), got shape (N, 2, 2)")
    }

    @Test func errorsCarryThePath() {
        expect(
            Sequential([Conv2d(2, kernel: 3), ReLU(), Linear(3)]), [1, 4, 4],
            fails: "layer 2: expects (N, features), got shape (N, 2, 2, 2): put flatten in front")
        expect(
            Sequential([Flatten(), Residual([ReLU(), Conv2d(2, kernel: 3)])]), [1, 4, 4],
            fails:
                "layer 1.body.1: expects images (N, C, H, W), got shape (N, 16): put it in front of flatten, or store images as (examples, C, H, W)"
        )
        expect(
            Sequential([Flatten(), Residual([], shortcut: [[Linear(3, inputs: 4)] as Sequential])]),
            [1, 4, 4],
            fails: "layer 1.shortcut.0.0: expects 4 features, got shape (N, 16): leave out in")
        expect(
            Sequential([Residual([Linear(3)])]), [4],
            fails:
                "layer 0: the body makes shape (N, 3), the shortcut (N, 4): give layers, under shortcut or in the body, that make them equal"
        )
    }

    @Test func outputsMustFitTheClasses() {
        for loss in [Loss.crossEntropy, .meanSquaredError] {
            expect(
                Linear(3), [4], target: .classes(5), loss: loss,
                fails:
                    "the model ends with shape (N, 3), the data has 5 classes: end it with linear: 5, unless the label 4 is a mistake"
            )
        }
        expect(
            Conv2d(5, kernel: 1), [1, 2, 2], target: .classes(5), loss: .crossEntropy,
            fails:
                "the model ends with shape (N, 5, 2, 2), the data has 5 classes: end it with linear: 5, unless the label 4 is a mistake"
        )
        expect(Linear(6), [4], target: .classes(5), loss: .crossEntropy, fails: nil)
    }

    @Test func outputsMustFitTheTargets() {
        expect(
            Linear(3), [4], target: .values([2]),
            fails: "the model ends with shape (N, 3), the targets have (N, 2)")
        expect(
            Linear(1), [4], target: .values([1]), loss: .crossEntropy,
            fails: "cross_entropy needs class labels, the data has numeric targets: use loss: mse")
        expect(Linear(2), [4], target: .values([2]), fails: nil)
    }

    private struct Forgetful: Model {
        let used = Linear(2)
        let neverUsed = Linear(3)
        func callAsFunction(_ x: Tensor) -> Tensor { used(x) }
    }

    @Test func unusedParametersAreNamed() {
        expect(
            Forgetful(), [4], fails: "layer never_used.weight: the model never uses it; remove it or use it")
    }
}
