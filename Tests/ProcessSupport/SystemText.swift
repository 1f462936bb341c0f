import Glibc

/// The system's text for an error number.
func systemText(_ code: Int32) -> String {
    strerror(code).flatMap { String(validatingCString: $0) } ?? "error \(code)"
}
