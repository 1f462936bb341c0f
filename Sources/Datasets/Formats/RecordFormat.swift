import Options

/// A file format whose files hold whole examples, features and labels together. A new format is a file with a
/// conforming type and, if configurations should name it, an entry in a list of formats.
///
///     vocabulary.formats.add(NamedChoice("frames", "Frames of a camera.", [...]) { options in
///         DatasetSource(Frames(), files: [options.text("files")])
///     })
public protocol RecordFormat: Sendable {
    /// The name in a configuration, such as "cifar10".
    var name: String { get }
    /// Its options that are not at their default, so that data sets read in different ways are unequal; none by
    /// default.
    var options: [NamedOption] { get }

    /// The sizes of all files together. Reads headers or sizes, and allocates nothing whose size a file claims.
    func inspect(_ files: [DataOrigin], readsLabels: Bool) throws(DataError) -> DatasetLayout

    /// Reads all examples, in order, and checks every value.
    ///
    /// - Parameters:
    ///   - layout: What `inspect` found.
    ///   - features: Memory of `layout.featureBytes`, aligned to 8 bytes.
    ///   - labels: Memory of `layout.labelBytes`, aligned to 8 bytes: int32 for classes, float for numbers; nil if they
    ///     are not read.
    func load(
        _ files: [DataOrigin], _ layout: DatasetLayout, features: UnsafeMutableRawPointer,
        labels: UnsafeMutableRawPointer?
    ) throws(DataError)
}

extension RecordFormat {
    /// No options.
    public var options: [NamedOption] { [] }
}
