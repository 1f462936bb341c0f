import Foundation
import ProcessSupport

/// Two hosts a and b, which are network namespaces of this machine.
enum HostPair {
    /// Host a is the namespace that the script runs in, host b a process that holds its own; both see the same files
    /// unless something is mounted on b. All of it ends with the script, its processes included.
    private static let preamble = """
        set -eu
        hostname a
        printf '127.0.0.1 localhost\\n10.77.0.1 a\\n10.77.0.2 b\\n' > names
        mount --bind names /etc/hosts
        ip link set lo up
        unshare --net --uts --mount sleep infinity &
        b=$!
        until [ "$(readlink /proc/$b/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; do sleep 0.01; done
        on_b() { nsenter -t $b --net --uts --mount "$@"; }
        ip link add between type veth peer name between netns $b
        ip addr add 10.77.0.1/24 dev between
        ip link set between up
        on_b hostname b
        on_b ip link set lo up
        on_b ip addr add 10.77.0.2/24 dev between
        on_b ip link set between up
        # What would be ssh, which needs the network.
        cat > agent <<END
        #!/bin/bash
        shift
        ip -o link show between up | grep -q . || exit 255
        exec nsenter -t $b --net --uts --mount bash -c "\\$*"
        END
        chmod +x agent
        printf 'a slots=2\\nb slots=2\\n' > hosts
        export OMPI_MCA_plm_rsh_agent=$PWD/agent
        now() { date +%s%N | cut -b -13; }
        # Waits for ranks and daemons to be gone; what remains after so many seconds, 3 by default, is printed.
        gone() {
            local i
            for ((i = 0; i < ${1-3} * ${SLOWDOWN-1} * 10; i++)); do
                ps -eo comm= | grep -xE 'dtrain|orted|mpirun' > remaining || return 0
                sleep 0.1
            done
            echo "remaining processes: $(cat remaining)"
        }

        """

    /// Whether this machine lets us make such hosts.
    static let isPossible: Bool = {
        guard let data = try? TestData(count: 1) else { return false }
        defer { data.remove() }
        return (try? run("true", in: data))?.exitCode == 0
    }()

    static func run(_ script: String, in data: TestData) throws -> ProcessResult {
        try data.write("script", text: preamble + script)
        return try ProcessRun.run(
            "unshare",
            [
                "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash",
                "script",
            ],
            environment: [
                "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
                "SLOWDOWN": "\(Int(Promptness.slowdown.rounded(.up)))",
            ], timeLimit: Promptness.patience, currentDirectory: data.folder)
    }
}
