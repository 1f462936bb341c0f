import Testing

@testable import TensorBoard

/// Events have the bytes that TensorBoard 2.21.0's own classes and record writer give them.
@Suite struct EventTests {
    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
    }

    private func record(_ content: SummaryEvent.Content, step: Int = 0) -> [UInt8] {
        SummaryEvent(wallTime: 1234.5, step: step, content).record
    }

    @Test func fileVersion() {
        #expect(
            record(.fileVersion)
                == Self.bytes(
                    "1800000000000000a37f4b220900000000004a93401a0d627261696e2e4576656e743a3265b8d3fb"))
    }

    /// A step of two bytes, and a zero that stands there all the same.
    @Test func scalars() {
        #expect(
            record(
                .values([
                    SummaryValue("train/loss", .scalar(0.25)), SummaryValue("train/lr", .scalar(0)),
                ]), step: 300)
                == Self.bytes(
                    "3200000000000000241956ec0900000000004a934010ac022a240a110a0a747261696e2f6c6f7373150000803e0a0f0a08"
                        + "747261696e2f6c72150000000024863254"))
    }

    @Test func histogram() {
        let histogram = SummaryHistogram(
            edges: [-1, 0, 1, 2], counts: [2, 0, 1, 1, 1], minimum: -1.5, maximum: 2, sum: 1.25,
            sumOfSquares: 8.5)
        #expect(
            record(.values([SummaryValue("weights/a", .histogram(histogram))]), step: 7)
                == Self.bytes(
                    "a0000000000000002a5572250900000000004a934010072a92010a8f010a09776569676874732f612a8101090000000000"
                        + "00f8bf11000000000000004019000000000000144021000000000000f43f2900000000000021403228000000000000f0bf"
                        + "0000000000000000000000000000f03f0000000000000040ffffffffffffef7f3a28000000000000004000000000000000"
                        + "00000000000000f03f000000000000f03f000000000000f03f898f2944"))
    }

    @Test func text() {
        #expect(
            record(.values([SummaryValue("configuration", .text("    seed: 0 é"))]))
                == Self.bytes(
                    "3e00000000000000d9d240e70900000000004a93402a330a310a0d636f6e66696775726174696f6e421408071200420e20"
                        + "202020736565643a203020c3a94a0a0a060a04746578742002eaecb7d8"))
    }

    @Test func sessions() {
        let start = Hyperparameters.sessionStart(
            [("flag", .flag(true)), ("lr", .number(0.5)), ("rule", .text("sgd"))], time: 1234.5)
        #expect(
            record(.values([SummaryValue(start)]))
                == Self.bytes(
                    "7f0000000000000050391acb0900000000004a93402a740a720a1c5f68706172616d735f2f73657373696f6e5f73746172"
                        + "745f696e666f420a080112002a04000000004a460a420a0768706172616d7312371a350a0a0a04666c6167120220010a0f"
                        + "0a026c72120911000000000000e03f0a0d0a0472756c6512051a037367642900000000004a93402002ef7a0674"
                ))
        #expect(
            record(.values([SummaryValue(.sessionEnd(time: 1234.5))]))
                == Self.bytes(
                    "53000000000000000d7d4e910900000000004a93402a480a460a1a5f68706172616d735f2f73657373696f6e5f656e645f"
                        + "696e666f420a080112002a04000000004a1c0a180a0768706172616d73120d220b08011100000000004a934020025feb81"
                        + "8a"))
    }

    /// Varints by hand: 300 is 0xAC 0x02, and negative numbers have ten bytes.
    @Test func wholeNumbers() {
        #expect(ProtobufMessage { $0.add(1, 300) }.bytes == [0x08, 0xAC, 0x02])
        #expect(
            ProtobufMessage { $0.add(2, -1) }.bytes == [0x10] + Array(repeating: 0xFF, count: 9) + [0x01])
        #expect(ProtobufMessage { $0.add(16, 0) }.bytes == [0x80, 0x01, 0x00])
        #expect(ProtobufMessage { $0.add(6, packed: []) }.bytes == [])
    }
}
