import COneDNN
import Testing

@Suite struct LayoutTests {
    @Test func blocksAreRecognized() throws {
        let dims = [2, 19, 5, 3]
        #expect(try Layout.plain(dims).block == 1)
        #expect(try Layout.plain([7]).block == 1)
        #expect(try Layout.plain([4, 5]).block == 1)
        #expect(try Layout.channelsLast(dims).block == -1)
        #expect(try Layout.blocked(dims, 8).block == 8)
        #expect(try Layout.blocked(dims, 16).block == 16)
        #expect(try Layout.strided([4, 5], [1, 4]).block == 0)
        #expect(try Layout.strided([4, 5], [8, 1]).block == 0)
        #expect(try Layout.strided([2, 3, 4, 5], [120, 20, 5, 1]).block == 0)
    }

    @Test func ambiguousLayoutsAreRowMajor() throws {
        #expect(try Layout.channelsLast([2, 1, 5, 3]).block == 1)
        #expect(try Layout.channelsLast([2, 9, 1, 1]).block == 1)
        #expect(try Layout.strided([1, 5], [999, 1]).block == 1)
    }

    @Test func bytesCountPadding() throws {
        #expect(try Layout.plain([2, 19, 5, 3]).bytes == 2 * 19 * 15 * 4)
        #expect(try Layout.blocked([2, 19, 5, 3], 8).bytes == 2 * 24 * 15 * 4)
        #expect(try Layout.blocked([2, 19, 5, 3], 16).bytes == 2 * 32 * 15 * 4)
    }

    @Test func bfloat16TakesHalfTheBytes() throws {
        let dims = [2, 19, 5, 3]
        let plain = try Layout.plain(dims, type: OD_BFLOAT16)
        let blocked = try Layout.blocked(dims, 16, type: OD_BFLOAT16)
        #expect(plain.bytes == 2 * 19 * 15 * 2)
        #expect(blocked.bytes == 2 * 32 * 15 * 2)
        #expect(try Layout.blocked(dims, 8, type: OD_BFLOAT16).bytes == 2 * 24 * 15 * 2)
        #expect((plain.block, blocked.block) == (1, 16))
        #expect(try Layout.channelsLast(dims, type: OD_BFLOAT16).block == -1)
        #expect((plain.type, blocked.type) == (OD_BFLOAT16, OD_BFLOAT16))
        #expect(try Layout.plain(dims).type == OD_FLOAT32)
        let copy = try Layout { od_layout_copy(blocked.handle, $0) }
        #expect(copy.type == OD_BFLOAT16 && od_layout_equal(copy.handle, blocked.handle))
        withExtendedLifetime((blocked, copy)) {}
    }

    @Test func equalLayoutsHaveOneType() throws {
        let dims = [2, 16, 3, 3]
        let (float32, bfloat16) = (try Layout.plain(dims), try Layout.plain(dims, type: OD_BFLOAT16))
        #expect(!od_layout_equal(float32.handle, bfloat16.handle))
        withExtendedLifetime((float32, bfloat16)) {}
    }

    @Test func equalityAndCopies() throws {
        let plain = try Layout.plain([2, 16, 3, 3])
        let blocked = try Layout.blocked([2, 16, 3, 3], 16)
        let copy = try Layout { od_layout_copy(blocked.handle, $0) }
        #expect(od_layout_equal(copy.handle, blocked.handle))
        #expect(!od_layout_equal(plain.handle, blocked.handle))
        #expect(copy.block == 16)
        withExtendedLifetime((plain, blocked, copy)) {}
    }

    @Test func impossibleLayoutsSayWhy() throws {
        let empty = #expect(throws: OneDNNError.self) { try Layout.plain([2, 0]) }
        #expect(empty?.description.contains("dimension 1") == true)
        #expect(throws: OneDNNError.self) { try Layout.plain([]) }
        #expect(throws: OneDNNError.self) { try Layout.plain([1, 1, 1, 1, 1, 1, 1]) }
        #expect(throws: OneDNNError.self) { try Layout.blocked([2, 16, 3, 3], 4) }
        #expect(throws: OneDNNError.self) { try Layout.plain([1 << 40, 1 << 40]) }
        let unknown = #expect(throws: OneDNNError.self) { try Layout.plain([2], type: 2) }
        #expect(unknown?.description.contains("element type 2") == true)
    }

    @Test(arguments: [8, 16]) func reorderMovesEveryElement(block: Int) throws {
        let dims = [2, 19, 3, 5]
        let data = values(count(dims), seed: 1)
        let blocked = try Layout.blocked(dims, block)
        let plain = try Layout.plain(dims)
        let into = try Primitive { od_reorder_create(plain.handle, blocked.handle, $0) }
        let result = Buffer(bytes: blocked.bytes)
        try Call(into, [Buffer(data), result]).run()
        defer { withExtendedLifetime((plain, blocked, result)) {} }
        let channels = (19 + block - 1) / block * block
        for n in 0..<2 {
            for c in 0..<channels {
                for at in 0..<15 {
                    let place = ((n * (channels / block) + c / block) * 15 + at) * block + c % block
                    let stored = result.floats[place]
                    #expect(stored == (c < 19 ? data[(n * 19 + c) * 15 + at] : 0))
                }
            }
        }
    }
}
