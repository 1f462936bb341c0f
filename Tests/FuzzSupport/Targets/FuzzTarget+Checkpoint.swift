import Crypto
import Training

extension FuzzTarget {
    /// What proves a checkpoint whole.
    static let manifest = FuzzTarget(
        name: "manifest", seeds: [Array(CheckpointSeeds.manifest.utf8)], words: CheckpointSeeds.words,
        isText: true,
        repair: CheckpointSeeds.redigested
    ) { bytes in
        CheckpointSeeds.judge("manifest.json") {
            try CheckpointManifest.parse(bytes, path: "manifest.json").encoded() == bytes
                ? nil : "other bytes when written again"
        }
    }

    /// Where a run stood.
    static let state = FuzzTarget(
        name: "state", seeds: [Array(CheckpointSeeds.state.utf8)], words: CheckpointSeeds.words, isText: true
    ) { bytes in
        CheckpointSeeds.judge("state.json") {
            let state = try CheckpointState.parse(bytes, path: "state.json")
            // NaN is unlike itself: bytes are compared.
            let written = try state.encoded()
            return try CheckpointState.parse(written, path: "state.json").encoded() == written
                ? nil : "another state when written and read again"
        }
    }
}

/// Files of a checkpoint, and what a judge of their readers does.
enum CheckpointSeeds {
    /// A manifest of three files.
    static let manifest =
        #"{"digest":"fceb5a92682886ae1e4841428e926da638fc01fefc2d95994cdbac832ba87e76","environment":{"instruction"#
        + #"Set":"avx2","libraries":{"oneDNN":"3.1.1"}},"files":[{"bytes":9120,"name":"best.safetensors","sha256":"f"#
        + #"bd01a34be8ad9f29bf5183ffd6c431cb938e1f2ff2c602865ba7dab5d4375be"},{"bytes":711,"name":"state.json","sha2"#
        + #"56":"c401ea7bca7804043234078a4bfbf9ca9ee5e2c959e8d0382aa5ff10823cb180"},{"bytes":9120,"name":"weights.sa"#
        + #"fetensors","sha256":"fbd01a34be8ad9f29bf5183ffd6c431cb938e1f2ff2c602865ba7dab5d4375be"}],"format":5,"ide"#
        + #"ntity":{"data":"0acfdc5e77eeaa79e41c19010b25b2e658669f807c01cf8eef91f7e143b349c2","model":"2c943b341e7f1"#
        + #"9fee8fc10c708f966856e2b52b01091c14e97aaee77e5cdfca0","settings":[{"key":"data.normalize","value":"standa"#
        + #"rdize"},{"key":"model","value":["flatten",{"linear":{"bias":true,"out":10}}]},{"key":"loss","value":"cro"#
        + #"ss_entropy"},{"key":"optimizer","value":{"betas":[0.9,0.999],"lr":0.25,"name":"adam"}},{"key":"training."#
        + #"batch","value":256}],"version":1},"step":14}"#
    /// Where a run stood in its second epoch.
    static let state =
        #"{"optimizer":"sgd","position":{"batch":2,"batches":[],"bestStep":7,"epoch":1,"epochExamples":32,"epo"#
        + #"chLossSum":17.24995294213295,"isFinished":false,"metricsLength":261,"monitor":{"tracks":[]},"noise":"#
        + #"{"squaredNorm":0,"variance":0,"weight":0},"notFiniteInRow":0,"plateau":{"badEpochs":0,"cooldown":0,""#
        + #"factor":1},"recentLosses":{"values":[1.25,0.5]},"ruleMemory":[],"skippedInRow":0,"skippedSteps":0,"s"#
        + #"tep":9,"watch":{"best":0.6175290530218798,"bestEpoch":1,"epochsSinceBest":0}}}"#
    /// Pieces that mean something to JSON.
    static let words = [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud800", "null", "true", "1e400", "-1", "\"nan\"",
        "\"inf\"",
        "9223372036854775808", "0.5", "\"files\":[],", "\"step\":0,", "\"../x\"",
    ]

    /// Half of the manifests with the digest of what they say, so that what lies behind it is reached.
    @Sendable static func redigested(_ bytes: [UInt8], _ draws: inout Draws) -> [UInt8] {
        let prefix = Array(#"{"digest":""#.utf8)
        guard draws.oneIn(2), bytes.starts(with: prefix), bytes.count > prefix.count + 64 else {
            return bytes
        }
        let rest = bytes[(prefix.count + 64)...]
        let digest = SHA256.hash(data: prefix + rest).flatMap { byte in
            [byte >> 4, byte & 15].map { Array("0123456789abcdef".utf8)[Int($0)] }
        }
        return prefix + digest + rest
    }

    /// The verdict on what reads a file and returns what is wrong with it.
    static func judge(_ name: String, _ read: () throws -> String?) -> Verdict {
        do {
            return .accepted(unless: try read())
        } catch let error as TrainingError {
            return .refused(kind: "\(error.kind)", error.description, naming: name)
        } catch {
            return .wrong("an error of no known type: \(error)")
        }
    }
}
