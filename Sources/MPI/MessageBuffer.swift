/// Memory for elements of one type, owned by exactly one holder: what non-blocking operations take and return.
///
/// Because it cannot be copied, a buffer that an operation has taken cannot be touched until `wait()`
/// hands it back. The memory is aligned to 64 bytes.
public struct MessageBuffer<Element: MPIScalar>: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<Element>

    /// `count` elements of one value.
    public init(repeating value: Element, count: Int) {
        memory = Self.allocate(count)
        memory.initialize(repeating: value)
    }

    /// A copy of the array's elements.
    public init(_ elements: [Element]) {
        memory = Self.allocate(elements.count)
        _ = memory.initialize(from: elements)
    }

    /// `count` elements of unspecified value, to be received into.
    init(uninitialized count: Int) {
        memory = Self.allocate(count)
    }

    /// Takes over memory that `release()` gave out.
    init(adopting memory: UnsafeMutableBufferPointer<Element>) {
        self.memory = memory
    }

    deinit { UnsafeMutableRawPointer(memory.baseAddress)?.deallocate() }

    /// Number of elements.
    public var count: Int { memory.count }

    /// A copy of the elements as an array.
    public var array: [Element] { Array(memory) }

    /// The element at a position in 0..<count.
    public subscript(index: Int) -> Element {
        get {
            precondition(memory.indices.contains(index), "index \(index) is not in 0..<\(count)")
            return memory[index]
        }
        set {
            precondition(memory.indices.contains(index), "index \(index) is not in 0..<\(count)")
            memory[index] = newValue
        }
    }

    /// Lends the elements for reading.
    public borrowing func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeBufferPointer(memory))
    }

    /// Lends the elements for writing.
    public mutating func withUnsafeMutableBufferPointer<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try body(memory)
    }

    /// Gives the memory away; whoever takes it must deallocate it or adopt it again.
    consuming func release() -> UnsafeMutableBufferPointer<Element> {
        let memory = memory
        discard self
        return memory
    }

    private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
        precondition(count >= 0, "element count \(count) is negative")
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(!overflow, "\(count) elements of \(Element.self) exceed the address space")
        if count == 0 { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        return UnsafeMutableBufferPointer(
            start: raw.bindMemory(to: Element.self, capacity: count), count: count)
    }
}
