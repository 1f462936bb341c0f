import COneDNN

/// A primitive bound to the buffers of one shard's arena; the owner runs it on one thread at a time.
struct Call {
    private let call: OpaquePointer
    private let last: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let count: Int

    init(_ primitive: Primitive) throws(RuntimeError) {
        count = primitive.argumentCount
        last = .allocate(capacity: count)
        last.initialize(repeating: nil, count: count)
        var made: OpaquePointer?
        try RuntimeError.check(od_call_create(primitive.pointer, last, &made), "binding a primitive")
        guard let made else { throw RuntimeError(description: "binding a primitive made no call") }
        call = made
    }

    func free() {
        od_call_free(call)
        last.deallocate()
    }

    /// Gives the argument at `place` its buffer; a pointer it has already costs one comparison.
    @inline(__always)
    func set(_ place: Int, _ pointer: UnsafeMutableRawPointer) {
        guard last[place] != pointer else { return }
        last[place] = pointer
        Self.check(od_call_set(call, Int32(place), pointer))
    }

    @inline(__always)
    func run(scratch: UnsafeMutableRawPointer) { Self.check(od_call_run(call, scratch)) }

    /// A planned call has fixed shapes and valid buffers, so a failure is a fault of the program.
    private static func check(_ status: Int32) {
        precondition(
            status == Int32(OD_OK.rawValue), "oneDNN failed in a step: \(String(cString: od_last_error()))")
    }
}
