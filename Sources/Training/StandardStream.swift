import Glibc

/// Standard output and standard error, for lines that people read; the run goes on if nobody reads them.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes text, or as much of it as can be written.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(rawValue, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return }
            written += count
        }
    }

    /// The columns of the terminal that shows the stream, as it is now; nil if it is not a terminal.
    package var columns: Int? {
        if let own = Self.columns(ofDescriptor: rawValue) { return own }
        return LauncherTerminal(of: self)?.columns
    }

    /// The columns of a terminal; nil if it has none, as the one that mpirun gives its ranks.
    static func columns(ofDescriptor descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }
}
