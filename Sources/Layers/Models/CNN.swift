extension Sequential {
    /// Two 3 x 3 convolutions, each with batch norm, ReLU and 2 x 2 max pooling, then two dense layers:
    /// (N, C, H, W) → (N, K).
    ///
    /// - Parameters:
    ///   - channels: The channels of the two convolutions.
    ///   - hidden: The units of the hidden dense layer.
    ///   - classes: The number of outputs, K.
    ///   - synchronized: Whether batch norm's moments are the whole mini-batch's.
    public static func cnn(
        channels: (Int, Int) = (32, 64), hidden: Int = 128, classes: Int, synchronized: Bool = true
    ) -> Sequential {
        [
            Conv2d(channels.0, kernel: 3, padding: 1, bias: false),
            BatchNormalization(synchronized: synchronized), ReLU(), MaxPool2d(2),
            Conv2d(channels.1, kernel: 3, padding: 1, bias: false),
            BatchNormalization(synchronized: synchronized), ReLU(), MaxPool2d(2),
            Flatten(), Linear(hidden), ReLU(), Linear(classes),
        ]
    }
}
