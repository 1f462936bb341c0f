import Graph

/// Two 3 x 3 convolutions with batch norm and a shortcut around them, as torchvision's BasicBlock.
struct BasicBlock: Layer {
    private let conv1: Conv2d
    private let bn1: BatchNormalization
    private let conv2: Conv2d
    private let bn2: BatchNormalization
    private let downsample: Sequential?

    /// A block whose first convolution has this stride; the shortcut is a 1 x 1 convolution where the shape changes.
    init(inputs: Int, outputs: Int, stride: Int, synchronized: Bool) {
        func convolution(kernel: Int, stride: Int) -> Conv2d {
            Conv2d(
                outputs, kernel: Extent2d(square: kernel), stride: Extent2d(square: stride),
                padding: Extent2d(square: kernel / 2), bias: false, initializer: .kaimingNormalFanOut)
        }
        func normalization() -> BatchNormalization { BatchNormalization(synchronized: synchronized) }
        conv1 = convolution(kernel: 3, stride: stride)
        bn1 = normalization()
        conv2 = convolution(kernel: 3, stride: 1)
        bn2 = normalization()
        let keepsShape = inputs == outputs && stride == 1
        downsample = keepsShape ? nil : [convolution(kernel: 1, stride: stride), normalization()]
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let around = downsample.map { $0(x) } ?? x
        return (bn2(conv2(bn1(conv1(x)).relu())) + around).relu()
    }

    func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 4 else { throw .noImages(shape) }
    }
}
