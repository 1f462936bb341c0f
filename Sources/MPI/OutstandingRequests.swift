internal import CMPI

/// The MPI requests of one non-blocking operation, with everything that must live until they end.
///
/// Invariant: until `isComplete` or abandoned, MPI may read and write the operation's memory, so nothing frees it.
struct OutstandingRequests: ~Copyable {
    private let operation: StaticString
    private let communicator: Communicator
    private let peer: Int?
    private var handles: [MPI_Request?] = []
    private var statuses: [MPI_Status] = []
    // Elements each request must receive, or -1 where nothing is counted.
    private var expected: [Int32] = []
    private var elementType: MPIDatatype?
    private var scratch: [UnsafeMutableRawPointer] = []
    private var datatypes: [MPI_Datatype] = []
    private var owned: UnsafeMutableRawPointer?
    /// Whether all requests have ended or were abandoned.
    private(set) var isComplete = false

    /// An operation without requests yet; its errors carry the name `operation`.
    init(_ operation: StaticString, on communicator: Communicator, peer: Int? = nil) {
        self.operation = operation
        self.communicator = communicator
        self.peer = peer
    }

    deinit {
        if isComplete { return }
        // fatalError, because an optimized build prints no precondition's message.
        fatalError(
            """
            a pending \(operation) was dropped on rank \(communicator.rank) of \(communicator.size) without \
            wait(): MPI may still use its memory
            """)
    }

    /// Names the memory that a successful operation hands back; after a failure it is freed if MPI is done with it.
    mutating func own<T>(_ memory: UnsafeMutableBufferPointer<T>) {
        owned = UnsafeMutableRawPointer(memory.baseAddress)
    }

    /// Frees memory when the operation has ended.
    mutating func retain<T>(_ memory: UnsafeMutableBufferPointer<T>) {
        if let base = memory.baseAddress { scratch.append(UnsafeMutableRawPointer(base)) }
    }

    /// Frees datatypes when the operation has ended.
    mutating func retain(_ types: [MPI_Datatype]) { datatypes += types }

    /// A copy of an argument array that stays in place until the operation has ended.
    mutating func stable<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
        let copy = UnsafeMutablePointer<Value>.allocate(capacity: Swift.max(values.count, 1))
        copy.initialize(from: values, count: values.count)
        scratch.append(UnsafeMutableRawPointer(copy))
        return copy
    }

    /// Starts one request; on failure everything is given up and the error thrown.
    mutating func post(
        receiving count: Int32? = nil, of type: MPIDatatype? = nil,
        _ start: (UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws {
        var handle: MPI_Request? = dt_request_null()
        let code = start(&handle)
        if code != dt_err_success() {
            abandon()
            try check(code, operation, on: communicator, peer: peer)
        }
        handles.append(handle)
        statuses.append(MPI_Status())
        expected.append(count ?? -1)
        elementType = type ?? elementType
    }

    /// Progresses MPI and says whether the operation has ended; throws if it failed.
    mutating func test() throws -> Bool {
        if isComplete { return true }
        var flag: Int32 = 0
        let code = MPI_Testall(Int32(handles.count), &handles, &flag, &statuses)
        if code != dt_err_success() {
            let failed = statuses.lazy.map(\.MPI_ERROR).first(where: isFailure)
            let cause = code == dt_err_in_status() ? failed : code
            abandon()
            try check(cause ?? code, operation, on: communicator, peer: peer)
        }
        if flag == 0 { return false }
        isComplete = true
        freeRetained()
        try checkReceived()
        return true
    }

    /// Returns when the operation has ended: a short spin, then the core is yielded between tests.
    mutating func wait() throws {
        var tests = 0
        while try !test() {
            tests += 1
            if tests > 200 { dt_yield() }
        }
    }

    /// Gives up without waiting: memory and requests are leaked on purpose while MPI may still use them.
    mutating func abandon() {
        if isComplete { return }
        isComplete = true
        if handles.allSatisfy({ $0 == dt_request_null() }) {
            freeRetained()
            owned?.deallocate()
        }
    }

    private mutating func checkReceived() throws {
        guard let elementType else { return }
        for index in expected.indices where expected[index] >= 0 {
            let count = try communicator.elementCount(
                of: &statuses[index], as: elementType, call: String(describing: operation))
            if count != Int(expected[index]) {
                owned?.deallocate()
                throw MPIError(
                    .count, "received \(count) elements where \(expected[index]) were expected",
                    call: String(describing: operation), on: communicator, peer: peer)
            }
        }
    }

    private mutating func freeRetained() {
        for memory in scratch { memory.deallocate() }
        scratch = []
        for type in datatypes {
            var handle: MPI_Datatype? = type
            _ = MPI_Type_free(&handle)
        }
        datatypes = []
    }
}

/// Whether a status' error field reports a failure of that very request.
func isFailure(_ code: Int32) -> Bool { code != dt_err_success() && code != dt_err_pending() }
