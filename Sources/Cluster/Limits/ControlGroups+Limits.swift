/// The limits of control groups.
extension ControlGroups {
    /// Threads of all processes of a group together.
    package var threads: [ResourceLimit] {
        folders("pids").compactMap { folder in
            guard let most = number(folder, "pids.max"), let used = number(folder, "pids.current") else {
                return nil
            }
            return ResourceLimit(
                left: most - used,
                name: "the control group \(folder.path) holds \(used) of at most \(most) (pids.max)",
                cure: "ask for more (TasksMax of systemd, --pids-limit of containers)")
        }
    }

    /// Memory in bytes. Cached files do not count as used, since they make room when it is needed.
    package var memory: [ResourceLimit] {
        folders("memory").compactMap { folder in
            let names =
                folder.isVersion1
                ? (most: "memory.limit_in_bytes", used: "memory.usage_in_bytes", files: "total_")
                : (most: "memory.max", used: "memory.current", files: "")
            guard let most = number(folder, names.most), most < Self.unlimited,
                let used = number(folder, names.used)
            else { return nil }
            let kept = ["inactive_file", "active_file"].reduce(0) {
                $0 + (statistic(folder, "memory.stat", names.files + $1) ?? 0)
            }
            return ResourceLimit(
                left: most - max(0, used - kept) + swap(folder, memory: most, used: used),
                name: "the control group \(folder.path) has \(ResourceLimit.amount(most)) (\(names.most))",
                cure: "ask for more (--mem of Slurm, --memory of containers)")
        }
    }

    /// The least memory, in bytes, that a group may have, whatever of it is used; nil without a limit.
    package var memoryLimit: Int? {
        folders("memory").compactMap { folder in
            number(folder, folder.isVersion1 ? "memory.limit_in_bytes" : "memory.max")
        }.filter { $0 < Self.unlimited }.min()
    }

    /// The cores that the CPU quotas allow; nil without a quota.
    package var cores: Double? {
        folders("cpu").compactMap { folder -> Double? in
            let quota: Int
            let period: Int
            if folder.isVersion1 {
                guard let first = number(folder, "cpu.cfs_quota_us"),
                    let second = number(folder, "cpu.cfs_period_us")
                else { return nil }
                (quota, period) = (first, second)
            } else {
                let words = (text(folder, "cpu.max") ?? "").split(whereSeparator: \.isWhitespace).compactMap {
                    Int($0)
                }
                guard words.count == 2 else { return nil }
                (quota, period) = (words[0], words[1])
            }
            // A quota of −1 is none.
            return quota > 0 && period > 0 ? Double(quota) / Double(period) : nil
        }.min()
    }

    /// Swap space in bytes that the group may still use, as far as the machine has any.
    private func swap(_ folder: Folder, memory: Int, used: Int) -> Int {
        let machine = ProcessLimits.swapLeft
        guard machine > 0 else { return 0 }
        if folder.isVersion1 {
            guard let both = number(folder, "memory.memsw.limit_in_bytes"),
                let usedBoth = number(folder, "memory.memsw.usage_in_bytes")
            else { return machine }
            return min(machine, max(0, both - memory - max(0, usedBoth - used)))
        }
        guard let most = number(folder, "memory.swap.max") else { return machine }
        return min(machine, max(0, most - (number(folder, "memory.swap.current") ?? 0)))
    }

    private func statistic(_ folder: Folder, _ file: String, _ name: String) -> Int? {
        for line in (text(folder, file) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }

    /// Version 1 writes a number near the largest one if there is no limit.
    private static let unlimited = 1 << 60
}
