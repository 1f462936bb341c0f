"""Peak memory of the training processes, shared pages divided among those that share them (PSS)."""
import os
import pathlib
import subprocess
import tempfile
import time

from benchmark import processes, rounds, training
from benchmark.peer import Peer

WORKLOADS = ("cnn", "resnet20")
SECONDS_BETWEEN_LOOKS = 0.03
RANKS = 2


def descendants(root):
    """Processes that `root` started, and those that these started."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name, in parentheses, may hold anything; the parent is the second field behind it.
                fields = pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = [], [root]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def trains(process, marker):
    """Whether a process runs the program or script whose file name is `marker`."""
    try:
        arguments = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(argument.rpartition(b"/")[2] == marker.encode() for argument in arguments[:3])


def pss(process):
    """Bytes of one process; 0 once it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def watch(arguments, values, marker):
    """Bytes per rank of a command's training processes: the most in the whole run, loading included, and the most in
    its last quarter, when it only trains."""
    process = processes.start(arguments, values, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    looks, most = [], 0
    try:
        began = time.monotonic()
        while process.poll() is None:
            if time.monotonic() - began > processes.TIME_LIMIT:
                raise processes.Failure(f"{processes.text(arguments)} took more than {processes.TIME_LIMIT} s")
            found = [child for child in descendants(process.pid) if trains(child, marker)]
            most = max(most, len(found))
            looks.append(sum(map(pss, found)))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        processes.stop(process)
    if most != RANKS or max(looks) == 0:
        raise processes.Failure(f"{processes.text(arguments)}: {most} training processes were seen, not {RANKS}")
    return max(looks) / RANKS, max(looks[len(looks) * 3 // 4:]) / RANKS


def dtrain(choice, workload, steps):
    """Bytes per rank of dtrain at 2 ranks."""
    with tempfile.TemporaryDirectory() as folder:
        return watch(*training.command(choice, workload, RANKS, steps, folder), "dtrain")


def measure(choice):
    """Figures of the section memory."""
    figures = {"batch": training.BATCH, "workloads": {}}
    for workload in WORKLOADS:
        steps = training.steps_of(choice, workload)
        watches = {"2 ranks": lambda: dtrain(choice, workload, steps)}
        if choice.peer:
            ddp = Peer(choice, workload, "DDP x2", RANKS, 1)
            watches[ddp.name] = lambda: watch(*ddp.command(steps), os.path.basename(choice.peer_script))
        late = {name: [] for name in watches}

        def peak(name):
            whole, last = watches[name]()
            late[name].append(last)
            return whole

        values = rounds.turns(choice.rounds, {name: lambda name=name: peak(name) for name in watches},
                              f"memory {workload}")
        found = {"bytes_per_rank": values, "medians": rounds.medians(values),
                 "bytes_per_rank_late": late, "late_medians": rounds.medians(late)}
        if choice.peer:
            found["fraction"] = rounds.ratio(values, "2 ranks", ddp.name)
            found["late_fraction"] = rounds.ratio(late, "2 ranks", ddp.name)
        figures["workloads"][workload] = found
        print(f"{workload}: peak PSS per rank in MB, of the whole run and of its last quarter")
        for name, value in found["medians"].items():
            print(f"    {name:52}{value / 1e6:12,.1f}{found['late_medians'][name] / 1e6:12,.1f}", flush=True)
        if choice.peer:
            print(f"    {'dtrain as a fraction':52}{found['fraction']:12.3f}{found['late_fraction']:12.3f}", flush=True)
    return figures
