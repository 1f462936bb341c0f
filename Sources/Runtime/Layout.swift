import COneDNN
import Graph

/// Where a tensor's elements lie in its buffer.
///
/// A value is made in the layout its kernel writes, its native one, and is converted to others as readers ask for them,
/// once for all readers of a layout.
enum Layout: Equatable {
    /// Row-major, contiguous.
    case plain
    /// (N, C, H, W) with channels in blocks: [N][⌈C/b⌉][H][W][b], padded channels holding zeros.
    case blocked(Int)
    /// A matrix (examples, features) as [features][examples], examples padded to a multiple of 16 by anything: what
    /// dense layers work on. In bfloat16, pairs of neighbouring features stand together.
    case columns
    /// A matrix (examples, features) as [⌈features/32⌉][examples][32]: the inputs of weight gradients. In bfloat16, pairs of
    /// neighbouring examples stand together.
    case strips
    /// A bfloat16 matrix (examples, features) as [features][examples], examples padded to a multiple of 16 by zeros: the output
    /// gradients of weight gradients.
    case transposed
    /// bfloat16 weights (outputs, inputs) of a dense layer, row-major, rows of odd length padded by a zero.
    case evenRows
    /// bfloat16 weights packed for input gradients.
    case panels
    /// One of oneDNN's own, for filters.
    case opaque(LayoutHandle)

    /// The channel block as the vector loops count it; an opaque layout has none.
    var block: Int? {
        switch self {
        case .plain: 1
        case .blocked(let block): block
        case .columns, .strips, .transposed, .evenRows, .panels, .opaque: nil
        }
    }

    /// Columns of a strip.
    static var stripWidth: Int { 32 }

    /// Whether it is one of dense layers', which oneDNN does not know.
    var isDense: Bool {
        switch self {
        case .columns, .strips, .transposed, .evenRows, .panels: true
        case .plain, .blocked, .opaque: false
        }
    }

    /// The bytes a tensor takes in this layout.
    func byteCount(_ type: TensorType) -> Int {
        let isPaired = type.element == .bfloat16
        switch self {
        case .plain: return type.byteCount
        case .blocked(let block):
            let shape = type.shape
            let channels = (shape[1] + block - 1) / block * block
            return shape[0] * channels * shape[2] * shape[3] * type.element.size
        case .columns:
            let features = isPaired ? Self.even(type.shape[1]) : type.shape[1]
            return Self.padded(type.shape[0], to: 16) * features * type.element.size
        case .strips:
            let examples = isPaired ? Self.even(type.shape[0]) : type.shape[0]
            return examples * Self.padded(type.shape[1], to: 32) * type.element.size
        case .transposed: return Self.padded(type.shape[0], to: 16) * type.shape[1] * type.element.size
        case .evenRows: return type.shape[0] * Self.even(type.shape[1]) * type.element.size
        case .panels: return Self.even(type.shape[0]) * type.shape[1] * type.element.size
        case .opaque(let handle): return handle.byteCount
        }
    }

    private static func padded(_ extent: Int, to multiple: Int) -> Int {
        (extent + multiple - 1) / multiple * multiple
    }

    private static func even(_ extent: Int) -> Int { padded(extent, to: 2) }

    /// oneDNN's description of a tensor of `element` with `dimensions` in this layout.
    func handle(_ element: ElementType, dimensions: [Int]) throws(RuntimeError) -> LayoutHandle {
        switch self {
        case .plain: try LayoutHandle.plain(element, dimensions)
        case .blocked(let block): try LayoutHandle.blocked(element, dimensions, block)
        case .columns, .strips, .transposed, .evenRows, .panels:
            throw RuntimeError(description: "oneDNN does not know a layout of dense layers")
        case .opaque(let handle): handle
        }
    }
}

/// An owned oneDNN layout; immutable.
final class LayoutHandle: Equatable, @unchecked Sendable {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { od_layout_free(pointer) }

    var byteCount: Int { od_layout_bytes(pointer) }

    static func plain(_ element: ElementType, _ dimensions: [Int]) throws(RuntimeError) -> LayoutHandle {
        // A scalar is a vector of one to oneDNN.
        let dimensions = (dimensions.isEmpty ? [1] : dimensions).map { Int64($0) }
        return try make("plain layout") {
            od_layout_plain_of(element.oneDNNType, Int32(dimensions.count), dimensions, $0)
        }
    }

    static func blocked(
        _ element: ElementType, _ dimensions: [Int], _ block: Int
    ) throws(RuntimeError) -> LayoutHandle {
        let dimensions = dimensions.map { Int64($0) }
        return try make("blocked layout") {
            od_layout_channels_blocked_of(element.oneDNNType, dimensions, Int32(block), $0)
        }
    }

    /// An independent copy of a layout that a primitive owns.
    static func copy(of pointer: OpaquePointer) throws(RuntimeError) -> LayoutHandle {
        try make("copy of a layout") { od_layout_copy(pointer, $0) }
    }

    static func == (a: LayoutHandle, b: LayoutHandle) -> Bool {
        withExtendedLifetime((a, b)) { a === b || od_layout_equal(a.pointer, b.pointer) }
    }

    private static func make(
        _ what: String, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(RuntimeError) -> LayoutHandle {
        var pointer: OpaquePointer?
        try RuntimeError.check(body(&pointer), what)
        guard let pointer else { throw RuntimeError(description: "\(what): no layout was made") }
        return LayoutHandle(owning: pointer)
    }
}

extension ElementType {
    /// The element type as oneDNN's calls name it; of those that oneDNN computes with only bfloat16 is not Float32.
    var oneDNNType: Int32 { self == .bfloat16 ? Int32(OD_BFLOAT16) : Int32(OD_FLOAT32) }
}
