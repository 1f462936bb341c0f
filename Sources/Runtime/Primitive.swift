import COneDNN

/// An owned oneDNN primitive: one operation with fixed shapes and layouts, usable from several threads.
final class Primitive: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { od_primitive_free(pointer) }

    /// Scratch memory of one run, in bytes.
    var scratchBytes: Int { od_primitive_scratchpad_bytes(pointer) }

    /// How many buffers a call takes.
    var argumentCount: Int { Int(od_primitive_argument_count(pointer)) }

    /// oneDNN's name of the implementation it chose.
    var implementation: String { String(cString: od_primitive_name(pointer)) }

    /// Whether oneDNN has nothing better for it than its reference implementation, such as "ref:any".
    var isPlainLoops: Bool { implementation.hasPrefix("ref") }

    /// The layout of the argument at `place`.
    func layout(_ place: Int) throws(RuntimeError) -> LayoutHandle {
        guard let layout = od_primitive_layout(pointer, Int32(place)) else {
            throw RuntimeError(description: "the primitive has no argument \(place)")
        }
        return try LayoutHandle.copy(of: layout)
    }

    /// The primitive that `body` makes; nil where oneDNN has no implementation of the request.
    static func make(
        _ what: @autoclosure () -> String, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(RuntimeError) -> Primitive? {
        var pointer: OpaquePointer?
        let status = body(&pointer)
        if status == Int32(OD_UNIMPLEMENTED.rawValue) { return nil }
        try RuntimeError.check(status, what())
        return pointer.map { Primitive(owning: $0) }
    }
}
