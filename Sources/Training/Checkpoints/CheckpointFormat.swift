import Foundation

/// The names and limits of the files of checkpoints.
///
/// A checkpoint is a folder `step-000000012` with
/// - `weights.safetensors`: weights and statistics, as a run's result has them;
/// - `optimizer.safetensors`, `optimizer-2.safetensors` and so on: the optimizer's state, one file for each rank that
///   held a part of it. A tensor is whole, `exp_avg.0.weight`, or begins at a flat element, `exp_avg.0.weight@4096`;
///   which of the files holds which piece does not matter, and any number of ranks reads them;
/// - `best.safetensors`: the best weights so far, where something is watched;
/// - `state.json`: where the run stands;
/// - `manifest.json`, written last: size and SHA-256 of all others.
enum CheckpointFormat {
    /// The version of the files' content; to be raised when older checkpoints cannot be read any more.
    static let version = 5
    static let weights = "weights.safetensors"
    static let best = "best.safetensors"
    static let state = "state.json"
    static let manifest = "manifest.json"
    /// The prefix of the name of a checkpoint's folder.
    static let folderPrefix = "step-"
    /// Larger files are not dtrain's, and are not read.
    static let largestManifest = 16 << 20
    static let largestState = 16 << 20
    /// The most files of a checkpoint.
    static let mostFiles = 1 << 16

    /// The file of the rank with index `place`, from 0, among those that write optimizer state.
    static func optimizer(_ place: Int) -> String {
        place == 0 ? "optimizer.safetensors" : "optimizer-\(place + 1).safetensors"
    }

    /// Whether a file of this name holds optimizer state.
    static func isOptimizer(_ name: String) -> Bool {
        if name == optimizer(0) { return true }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let end = parts[1].firstIndex(of: "."),
            let number = Int(parts[1][..<end]), (2...mostFiles).contains(number)
        else { return false }
        return name == optimizer(number - 1)
    }

    /// The name of the folder of a step's checkpoint.
    static func folder(step: Int) -> String {
        folderPrefix + String(repeating: "0", count: max(0, 9 - String(step).count)) + String(step)
    }

    /// The step of the checkpoint in a folder of this name; nil for any other name.
    static func step(ofFolder name: String) -> Int? {
        guard name.hasPrefix(folderPrefix), let step = Int(name.dropFirst(folderPrefix.count)), step >= 0,
            folder(step: step) == name
        else { return nil }
        return step
    }

    /// The tensor name of a piece: a whole parameter, or the part from element `start` on.
    static func tensorName(array: String, variable: String, start: Int?) -> String {
        "\(array).\(variable)" + (start.map { "@\($0)" } ?? "")
    }

    /// Numbers that are not finite are written as words, since JSON has none for them.
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}
