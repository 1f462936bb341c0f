import COneDNN
import Graph

/// Convolutions and their two gradients, on blocked images and filters in oneDNN's own layouts.
struct ConvolutionBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.Convolution) throws(RuntimeError) {
        let (a, b, result) = (type(0).shape, type(1).shape, node.types[0].shape)
        let element = type(0).element
        switch operation {
        case .convolution(let geometry):
            try bindForward(ConvolutionShape(geometry, element, image: a, filter: b))
        case .convolutionInputGradient(let geometry, _):
            try bindInputGradient(ConvolutionShape(geometry, element, image: result, filter: b))
        case .convolutionWeightGradient(let geometry, _):
            try bindWeightGradient(ConvolutionShape(geometry, element, image: a, filter: result))
        }
    }

    private func bindForward(_ shape: ConvolutionShape) throws(RuntimeError) {
        let (primitive, layouts) = try firstImplemented(
            "a convolution", shape, imageLayouts(input: native(0).layout, channels: shape.image[1])
        ) { algorithm, input, output throws(RuntimeError) in
            let from = try input.handle(shape.element, dimensions: shape.image)
            let to = try output.handle(shape.element, dimensions: shape.output)
            // oneDNN reads both layouts while it makes the primitive, so they must live until then.
            return try shape.withDescription { description throws(RuntimeError) in
                try Primitive.make("planning a convolution") { made in
                    withExtendedLifetime((from, to)) {
                        od_convolution_forward(
                            description, algorithm, false, false, from.pointer, nil, to.pointer, made)
                    }
                }
            }
        }
        let filter = try filterBuffer(primitive, Int32(OD_FORWARD_WEIGHTS), shape)
        let source = try buffer(0, layouts.input)
        let y = define(layouts.output)
        builder.emitCall(
            shape.work("convolution"), primitive,
            arguments: [
                (Int32(OD_FORWARD_SRC), source), (Int32(OD_FORWARD_WEIGHTS), filter),
                (Int32(OD_FORWARD_DST), y),
            ], writes: [y])
    }

    private func bindInputGradient(_ shape: ConvolutionShape) throws(RuntimeError) {
        let (primitive, layouts) = try firstImplemented(
            "a convolution's input gradient", shape,
            [(.blocked(channelBlock), .blocked(channelBlock)), (.plain, .plain)]
        ) { algorithm, input, output throws(RuntimeError) in
            let from = try output.handle(shape.element, dimensions: shape.output)
            let to = try input.handle(shape.element, dimensions: shape.image)
            // oneDNN reads both layouts while it makes the primitive, so they must live until then.
            return try shape.withDescription { description throws(RuntimeError) in
                try Primitive.make("planning a convolution's input gradient") { made in
                    withExtendedLifetime((from, to)) {
                        od_convolution_backward_data(
                            description, algorithm, from.pointer, nil, to.pointer, made)
                    }
                }
            }
        }
        let filter = try filterBuffer(primitive, Int32(OD_BACKWARD_DATA_WEIGHTS), shape)
        let source = try buffer(0, layouts.output)
        let dx = define(layouts.input)
        builder.emitCall(
            shape.work("convolution input gradient"), primitive,
            arguments: [
                (Int32(OD_BACKWARD_DATA_DIFF_DST), source),
                (Int32(OD_BACKWARD_DATA_WEIGHTS), filter),
                (Int32(OD_BACKWARD_DATA_DIFF_SRC), dx),
            ], writes: [dx])
    }

    private func bindWeightGradient(_ shape: ConvolutionShape) throws(RuntimeError) {
        let (primitive, layouts) = try firstImplemented(
            "a convolution's weight gradient", shape,
            imageLayouts(input: native(0).layout, channels: shape.image[1])
        ) { algorithm, input, output throws(RuntimeError) in
            let from = try input.handle(shape.element, dimensions: shape.image)
            let to = try output.handle(shape.element, dimensions: shape.output)
            // oneDNN reads both layouts while it makes the primitive, so they must live until then.
            return try shape.withDescription { description throws(RuntimeError) in
                try Primitive.make("planning a convolution's weight gradient") { made in
                    withExtendedLifetime((from, to)) {
                        od_convolution_backward_weights(
                            description, algorithm, false, from.pointer, to.pointer, nil, made)
                    }
                }
            }
        }
        let source = try buffer(0, layouts.input)
        let cotangent = try buffer(1, layouts.output)
        let made = try primitive.layout(Int(OD_BACKWARD_WEIGHTS_DIFF_WEIGHTS))
        let isPlain = try made == LayoutHandle.plain(.float32, shape.filter)
        let gradient = isPlain ? define() : builder.temporary(made.byteCount)
        builder.emitCall(
            shape.work("convolution weight gradient"), primitive,
            arguments: [
                (Int32(OD_BACKWARD_WEIGHTS_SRC), source),
                (Int32(OD_BACKWARD_WEIGHTS_DIFF_DST), cotangent),
                (Int32(OD_BACKWARD_WEIGHTS_DIFF_WEIGHTS), gradient),
            ], writes: [gradient])
        if !isPlain {
            try builder.emitReorder(
                .float32, from: (.opaque(made), gradient), to: (.plain, define()), dimensions: shape.filter,
                name: "reorder weight gradient")
        }
    }

    /// The buffer of the filter, the second operand, in the layout a primitive asks for, made once per rank and step.
    private func filterBuffer(
        _ primitive: Primitive, _ place: Int32, _ shape: ConvolutionShape
    ) throws(RuntimeError) -> Int {
        let wanted = try primitive.layout(Int(place))
        let isPlain = try wanted == LayoutHandle.plain(shape.element, shape.filter)
        return try builder.buffer(
            node.operands[1], isPlain ? .plain : .opaque(wanted), dimensions: shape.filter)
    }

    /// Pairs of (image, result) layouts to try, best first. oneDNN reads a row-major image of few channels
    /// directly, which spares the first layer a conversion; some shapes have only a row-major form.
    private func imageLayouts(input: Layout, channels: Int) -> [(input: Layout, output: Layout)] {
        let blocked = Layout.blocked(channelBlock)
        let direct: [(input: Layout, output: Layout)] =
            input == .plain && channels < channelBlock / 2 ? [(.plain, blocked)] : []
        return direct + [(blocked, blocked), (.plain, .plain)]
    }

    private var channelBlock: Int { site.context.channelBlock }

    private func firstImplemented(
        _ what: String, _ shape: ConvolutionShape, _ layouts: [(input: Layout, output: Layout)],
        _ make: (Int32, Layout, Layout) throws(RuntimeError) -> Primitive?
    ) throws(RuntimeError) -> (Primitive, (input: Layout, output: Layout)) {
        if shape.suitsWinograd, channelBlock == 16,
            let primitive = try make(Int32(OD_WINOGRAD), .blocked(channelBlock), .blocked(channelBlock))
        {
            return (primitive, (.blocked(channelBlock), .blocked(channelBlock)))
        }
        // Plain loops, hundreds of times slower than anything else, are for shapes that have nothing better in any layout:
        // with AVX2 the weight gradient of a few row-major channels is only fast row-major on both sides.
        var plainLoops: (Primitive, (input: Layout, output: Layout))?
        for choice in layouts {
            guard let primitive = try make(Int32(OD_DIRECT), choice.input, choice.output) else { continue }
            guard primitive.isPlainLoops else { return (primitive, choice) }
            plainLoops = plainLoops ?? (primitive, choice)
        }
        guard let plainLoops else {
            throw RuntimeError(description: "oneDNN has no implementation of \(what) of this shape")
        }
        return plainLoops
    }
}

/// A convolution's extents as oneDNN counts them.
private struct ConvolutionShape {
    let image: [Int]
    /// With groups in front when there are several.
    let filter: [Int]
    let output: [Int]
    /// What images, filters and output gradients are stored as.
    let element: ElementType
    private let geometry: Convolution2d
    private let kernel: Extent2d

    init(_ geometry: Convolution2d, _ element: ElementType, image: [Int], filter: [Int]) {
        self.geometry = geometry
        self.element = element
        self.image = image
        kernel = Extent2d(filter[2], filter[3])
        let groups = geometry.groups
        self.filter = groups == 1 ? filter : [groups, filter[0] / groups] + filter[1...]
        output = geometry.outputShape(input: image, weight: filter)
    }

    /// Whether Winograd's algorithm is worth trying: 3x3 kernels of stride 1 on enough channels. Measured with oneDNN
    /// 2.6 and AVX-512 it is 1.2 to 1.7 times as fast as the direct form there, and slower on few channels. There is none on
    /// bfloat16 images.
    var suitsWinograd: Bool {
        element == .float32 && kernel == Extent2d(3, 3) && geometry.stride == Extent2d(1, 1)
            && geometry.groups == 1
            && image[1] >= 16 && output[1] >= 16
    }

    /// What a step of this shape computes.
    func work(_ name: String) -> Work { Work(name, detail: text, flops: flops, element) }

    /// The shape in words: input, output channels and kernel of one shard.
    var text: String {
        let stride = geometry.stride.height > 1 ? "/\(geometry.stride.height)" : ""
        return
            "\(image[1])x\(image[2])x\(image[3]) to \(output[1]), \(kernel.height)x\(kernel.width)\(stride)"
    }

    /// Floating-point operations of the plain algorithm; a faster one seems to exceed the machine's peak.
    var flops: Int {
        2 * output.reduce(1, *) * (image[1] / geometry.groups) * kernel.height * kernel.width
    }

    /// Calls `body` with oneDNN's description.
    ///
    /// Padding behind the image is what the output's extent implies: a stride may leave its last rows unread,
    /// which oneDNN's rounding allows as well.
    func withDescription<T>(
        _ body: (UnsafePointer<od_convolution_shape>) throws(RuntimeError) -> T
    ) throws(RuntimeError) -> T {
        var description = od_convolution_shape()
        description.examples = Int64(image[0])
        description.in_channels = Int64(image[1])
        description.height = Int64(image[2])
        description.width = Int64(image[3])
        description.out_channels = Int64(output[1])
        description.kernel_height = Int64(kernel.height)
        description.kernel_width = Int64(kernel.width)
        description.stride_height = Int64(geometry.stride.height)
        description.stride_width = Int64(geometry.stride.width)
        description.padding_top = Int64(geometry.padding.height)
        description.padding_left = Int64(geometry.padding.width)
        let needed = Extent2d(
            (output[2] - 1) * geometry.stride.height + kernel.height - image[2] - geometry.padding.height,
            (output[3] - 1) * geometry.stride.width + kernel.width - image[3] - geometry.padding.width)
        description.padding_bottom = Int64(max(0, needed.height))
        description.padding_right = Int64(max(0, needed.width))
        description.groups = Int64(geometry.groups)
        description.type = element.oneDNNType
        return try body(&description)
    }
}
