import CKernels
import Graph

extension dt_activation {
    /// How the vector loops count an activation (N, C, ...) in `layout`.
    init(_ type: TensorType, _ layout: Layout) {
        let pixels = type.shape.dropFirst(2).reduce(1, *)
        // Rows (N, C) are one block of C channels.
        let block = type.shape.count == 2 ? type.shape[1] : layout.block ?? 1
        self.init(
            n: Int64(type.shape[0]), c: Int64(type.shape[1]), hw: Int64(pixels), block: Int64(block),
            bfloat16: type.element == .bfloat16)
    }

    /// The channels with those that fill up the last block.
    var paddedChannels: Int64 { (c + block - 1) / block * block }
}

extension Window2d {
    /// How the vector loops count a pooling of an image (N, C, H, W) in `layout`.
    func counts(
        image: TensorType, output: [Int], _ layout: Layout
    ) throws(RuntimeError) -> (dt_activation, dt_window) {
        guard layout.block != nil else {
            throw RuntimeError(description: "pooling needs an image layout")
        }
        let activation = dt_activation(image, layout)
        let image = image.shape
        let pooling = dt_window(
            h: Int64(image[2]), w: Int64(image[3]), oh: Int64(output[2]), ow: Int64(output[3]),
            kernel_h: Int64(kernel.height), kernel_w: Int64(kernel.width),
            stride_h: Int64(stride.height), stride_w: Int64(stride.width),
            padding_h: Int64(padding.height), padding_w: Int64(padding.width))
        return (activation, pooling)
    }
}
