/// A value with its tag: `Summary.Value` of TensorBoard's summary.proto.
package struct SummaryValue: Sendable {
    package enum Content: Sendable {
        /// A number in Float32.
        case scalar(Float)
        case histogram(SummaryHistogram)
        /// A text in Markdown.
        case text(String)
        /// A message of the HParams plug-in, which defines its tags.
        case hyperparameters(Hyperparameters)
    }

    /// The tag; TensorBoard groups by what precedes its first slash.
    package let tag: String
    package let content: Content

    package init(_ tag: String, _ content: Content) {
        self.tag = tag
        self.content = content
    }

    /// A message of the HParams plug-in, under its own tag.
    package init(_ content: Hyperparameters) { self.init(content.tag, .hyperparameters(content)) }

    var message: ProtobufMessage {
        ProtobufMessage { value in
            value.add(1, tag)
            switch content {
            case .scalar(let number): value.add(2, number)
            case .histogram(let histogram): value.add(5, histogram.message)
            case .text(let text):
                value.add(8, Self.tensor(text))
                value.add(9, Self.metadata(plugin: "text"))
            case .hyperparameters(let content):
                // The plug-in demands a tensor but does not read it.
                value.add(8, Self.tensor(0))
                value.add(9, Self.metadata(plugin: "hparams", content.message))
            }
        }
    }

    /// `TensorProto` of one text, without extents.
    private static func tensor(_ text: String) -> ProtobufMessage {
        ProtobufMessage { tensor in
            tensor.add(1, 7)
            tensor.add(2, ProtobufMessage())
            tensor.add(8, text)
        }
    }

    /// `TensorProto` of one Float32, without extents.
    private static func tensor(_ number: Float) -> ProtobufMessage {
        ProtobufMessage { tensor in
            tensor.add(1, 1)
            tensor.add(2, ProtobufMessage())
            tensor.add(5, withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) })
        }
    }

    /// `SummaryMetadata` of a value that is a tensor and belongs to a plug-in.
    private static func metadata(plugin name: String, _ content: ProtobufMessage? = nil) -> ProtobufMessage {
        ProtobufMessage { metadata in
            metadata.add(
                1,
                ProtobufMessage { plugin in
                    plugin.add(1, name)
                    if let content { plugin.add(2, content) }
                })
            metadata.add(4, 2)
        }
    }
}
