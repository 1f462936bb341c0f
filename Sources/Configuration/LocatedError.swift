import Training

/// An error that was found only after the configuration was read, with the place where its cause was written.
package struct LocatedError: StatedError, CustomStringConvertible {
    /// Where the setting was written, or the innermost part around it that was.
    let location: SourceLocation
    /// The setting that is to blame, such as "data.train.features".
    let key: String
    /// What was found, without a place in the configuration.
    package let error: any Error

    package var exitStatus: ExitStatus { ExitStatus(for: error) }

    /// One line, such as `net.yaml:3: data.train.features: not a .npy file, /data/x.csv, check the file`.
    package var description: String {
        let text = "\(error)"
        return text.hasPrefix(key) || location.says(key)
            ? "\(location): \(text)" : "\(location): \(key): \(text)"
    }
}
