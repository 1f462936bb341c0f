import DistributedTraining

/// A small network of one's own: layers are stored properties, the call says how they are joined.
struct MyNet: Model {
    let conv1 = Conv2d(8, kernel: 3, padding: 1, bias: false)
    let norm1 = BatchNormalization()
    let hidden = Linear(32)
    let output = Linear(4)

    func callAsFunction(_ x: Tensor) -> Tensor {
        let image = norm1(conv1(x)).relu().maxPooled(Window2d(kernel: 2))
        let features = hidden(image.flattened())
        return output(features + features.tanh())
    }
}
