import Cluster
import DataParallel

/// Checks that all ranks do the same.
extension RunPreparation {
    /// Throws on all ranks, naming the odd ones, unless all were given the same settings, as far as these are known
    /// before data are loaded: ranks with different settings would wait for one another.
    static func checkConfiguration(_ settings: TrainingSettings, _ cluster: Cluster) throws {
        var digest = Digest()
        digest.add(settings.configurationText ?? "")
        // Paths of files and folders may differ between nodes.
        let entries = RunIdentity.entries(of: settings, .standard) {
            $0.effect == .results || !["data", "init", "output"].contains($0.section)
        }
        for entry in entries {
            digest.add("\(entry.key) \(entry.value)")
        }
        digest.add("\(settings.isDryRun) \(settings.isProfiled)")
        digest.add("\(String(describing: settings.stepLimit)) \(settings.resume)")
        digest.add(String(describing: settings.epochLimit))
        try Agreement.check(
            "the configuration", digest.bytes, in: cluster.world,
            advice: "start every rank with the same arguments and the same configuration")
    }

    /// Throws on all ranks, naming the odd ones, unless all hold the same data and program.
    static func checkReplicas(_ identity: RunIdentity, _ data: [UInt8], _ cluster: Cluster) throws {
        try Agreement.check(
            "the data", data, in: cluster.world, advice: "copy the same files to every node")
        try Agreement.check(
            "the program or its configuration", identity.digest, in: cluster.world,
            advice: "start the same binary with the same configuration on every rank")
    }
}
