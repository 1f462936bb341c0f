import Glibc

/// The read end of a pipe from a child process, with the bytes read so far.
struct Pipe: ~Copyable {
    // -1 once the pipe has ended.
    private var readEnd: Int32
    private var bytes = [UInt8]()

    /// Takes over a read end and closes it in the end.
    init(readEnd: Int32) { self.readEnd = readEnd }

    deinit { if readEnd >= 0 { close(readEnd) } }

    /// A new pipe's two ends.
    static func open() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) != 0 { throw ProcessRunError("cannot open a pipe", code: errno) }
        return (read: ends[0], write: ends[1])
    }

    /// Everything read so far.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Waits up to `milliseconds` for bytes of either pipe and reads them; false once both have ended.
    static func drain(_ first: inout Pipe, _ second: inout Pipe, milliseconds: Int32) -> Bool {
        // poll skips negative descriptors, and with both ended it is a plain pause.
        var polled = [
            pollfd(fd: first.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: second.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        poll(&polled, 2, milliseconds)
        if polled[0].revents != 0 { first.readOnce() }
        if polled[1].revents != 0 { second.readOnce() }
        return first.readEnd >= 0 || second.readEnd >= 0
    }

    private mutating func readOnce() {
        var block = [UInt8](repeating: 0, count: 65_536)
        let count = read(readEnd, &block, block.count)
        if count > 0 {
            bytes += block[..<count]
        } else if count == 0 || errno != EINTR {
            close(readEnd)
            readEnd = -1
        }
    }
}
