import Foundation
import Testing

@testable import Cluster

/// Limits of control groups of both versions, read from trees written for the purpose.
@Suite struct ControlGroupsTests {
    /// A machine's files below a folder of the test's.
    private final class Tree {
        let root = NSTemporaryDirectory() + "dtrain-groups-\(UUID().uuidString)"

        init(_ files: [String: String]) throws {
            for (path, text) in files {
                let file = URL(fileURLWithPath: root + path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        var groups: ControlGroups { ControlGroups(root: root) }

        func limit(given: Int? = nil) -> MemoryLimit { MemoryLimit(given: given, root: root) }
    }

    /// The memory to plan with is what was given, else the least limit, else the machine's, whatever is used of it.
    @Test func memoryToPlanWith() throws {
        let step = "/sys/fs/cgroup/job/step/"
        for (limit, used, found) in [("3000000", "2900000", 3_000_000), ("max", "1", 4_000_000)] {
            let tree = try Tree([
                "/proc/self/cgroup": "0::/job/step\n", "/proc/self/mountinfo": Self.mount2,
                "/proc/meminfo": "MemTotal:    4882812 kB\nMemAvailable:  1000 kB\n",
                step + "memory.max": limit + "\n", step + "memory.current": used + "\n",
                "/sys/fs/cgroup/job/memory.max": "4000000\n",
            ])
            #expect(tree.limit().byteCount == found && tree.limit().source == .controlGroup)
            #expect(tree.limit(given: 7).byteCount == 7 && tree.limit(given: 7).source == .setting)
        }
        let machine = try Tree([
            "/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": Self.mount2,
            "/proc/meminfo": "MemTotal:    2048 kB\n", "/sys/fs/cgroup/memory.max": "9000000\n",
        ])
        #expect(machine.limit().byteCount == 2_097_152 && machine.limit().source == .machine)
        let version1 = try Tree([
            "/proc/self/cgroup": "4:memory:/a/b\n", "/proc/self/mountinfo": Self.mounts1,
            "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000000\n",
        ])
        #expect(version1.limit().byteCount == 5_000_000 && version1.limit().source == .controlGroup)
    }

    private static let mount2 = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let mounts1 = """
        31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        34 31 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
        """

    /// The tightest limit counts, whichever group around the process has it.
    @Test func version2() throws {
        let tree = try Tree([
            "/proc/self/cgroup": "0::/job/step\n", "/proc/self/mountinfo": Self.mount2,
            "/sys/fs/cgroup/job/step/pids.max": "max\n", "/sys/fs/cgroup/job/step/pids.current": "3\n",
            "/sys/fs/cgroup/job/pids.max": "50\n", "/sys/fs/cgroup/job/pids.current": "48\n",
            "/sys/fs/cgroup/job/step/memory.max": "1000000\n",
            "/sys/fs/cgroup/job/step/memory.current": "900000\n",
            "/sys/fs/cgroup/job/step/memory.swap.max": "0\n",
            "/sys/fs/cgroup/job/step/memory.stat": "anon 1\ninactive_file 200000\nactive_file 100000\n",
            "/sys/fs/cgroup/job/step/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/job/cpu.max": "250000 100000\n",
        ])
        #expect(tree.groups.threads.map(\.left) == [2])
        #expect(tree.groups.threads[0].name.contains("/sys/fs/cgroup/job holds 48 of at most 50 (pids.max)"))
        #expect(tree.groups.memory.map(\.left) == [400_000])
        #expect(tree.groups.cores == 2.5)
    }

    @Test func version1() throws {
        let tree = try Tree([
            "/proc/self/cgroup": "5:pids:/a\n4:memory:/a/b\n2:cpu,cpuacct:/a\n0::/\n",
            "/proc/self/mountinfo": Self.mounts1 + "\n",
            "/sys/fs/cgroup/pids/a/pids.max": "20\n", "/sys/fs/cgroup/pids/a/pids.current": "20\n",
            "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes": "5\n",
            "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "5000000\n",
            "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "4000000\n",
            "/sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": "5000000\n",
            "/sys/fs/cgroup/memory/a/memory.memsw.usage_in_bytes": "4000000\n",
            "/sys/fs/cgroup/memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 1000000\n",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "150000\n",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ])
        #expect(tree.groups.threads.map(\.left) == [0])
        #expect(tree.groups.memory.map(\.left) == [2_000_000])
        #expect(tree.groups.cores == 1.5)
    }

    /// A container shows its own part of the tree at the top, under the path of the whole or under none.
    @Test(arguments: [("/docker/abc", "/docker/abc"), ("/", "/"), ("/../..", "/"), ("/docker/abc", "/other")])
    func container(_ path: String, _ top: String) throws {
        let tree = try Tree([
            "/proc/self/cgroup": "0::\(path)\n",
            "/proc/self/mountinfo": "30 23 0:26 \(top) /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "/sys/fs/cgroup/pids.max": "9\n", "/sys/fs/cgroup/pids.current": "4\n",
        ])
        #expect(tree.groups.threads.map(\.left) == [5])
        #expect(tree.groups.cores == nil && tree.groups.memory.isEmpty)
    }

    @Test func noneAtAll() throws {
        let tree = try Tree(["/proc/self/cgroup": "garbage\n\n0::/a", "/proc/self/mountinfo": "a b\n- - -\n"])
        #expect(tree.groups.threads.isEmpty && tree.groups.memory.isEmpty && tree.groups.cores == nil)
    }

    @Test func moreMemoryThanThereIs() throws {
        let error = #expect(throws: ResourceError.self) {
            _ = try PrivateMemory.allocate(1 << 50, for: .model("the weights"))
        }
        #expect(error?.description.contains("1073741824 MiB of memory for the weights cannot be had") == true)
    }
}
