/// An event of an event file: `Event` of TensorBoard's event.proto.
package struct SummaryEvent: Sendable {
    package enum Content: Sendable {
        /// The first event of every file.
        case fileVersion
        case values([SummaryValue])
    }

    /// Seconds since 1970.
    package let wallTime: Double
    /// The step that the values belong to.
    package let step: Int
    package let content: Content

    package init(wallTime: Double, step: Int, _ content: Content) {
        self.wallTime = wallTime
        self.step = step
        self.content = content
    }

    /// The event as bytes of an event file.
    package var record: [UInt8] { EventRecord.framed(message.bytes) }

    var message: ProtobufMessage {
        ProtobufMessage { event in
            event.add(1, wallTime)
            if step != 0 { event.add(2, step) }
            switch content {
            case .fileVersion: event.add(3, Self.version)
            case .values(let values):
                event.add(5, ProtobufMessage { for value in values { $0.add(1, value.message) } })
            }
        }
    }

    private static let version = "brain.Event:2"
}
