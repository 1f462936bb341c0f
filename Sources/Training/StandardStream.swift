import Glibc

/// Standard output and standard error for lines that people read: where nobody takes them the run goes on.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes text, or as much of it as is taken.
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

    /// Columns of the terminal on which a person sees the stream, as it is now; nil where it goes elsewhere.
    package var columns: Int? {
        if let own = Self.columns(ofDescriptor: rawValue) { return own }
        return LauncherTerminal(of: self)?.columns
    }

    /// Columns of a terminal with an extent: mpirun gives its ranks one without, wherever their lines go.
    static func columns(ofDescriptor descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }
}
