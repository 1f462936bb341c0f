extension Sequential {
    /// LeNet-5 (LeCun et al. 1998) with tanh, plain average pooling and a dense output: (N, C, H, W) → (N, K).
    ///
    /// The padding of 2 makes 28 x 28 images the original's 32 x 32; others of at least 12 x 12 fit too.
    ///
    /// - Parameter classes: The number of outputs, K.
    public static func lenet5(classes: Int) -> Sequential {
        [
            Conv2d(6, kernel: 5, padding: 2), Tanh(), AvgPool2d(2),
            Conv2d(16, kernel: 5), Tanh(), AvgPool2d(2),
            Flatten(), Linear(120), Tanh(), Linear(84), Tanh(), Linear(classes),
        ]
    }
}
