import Glibc

/// Standard output and standard error for lines that people read: where nobody takes them the run goes on.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes text, or as much of it as is taken.
    func write(_ text: String) {
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
}
