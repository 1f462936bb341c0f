"""The peer: PyTorch on the same work, in the configurations that make sense for a workload."""
import json
import os
import subprocess
import sys

from benchmark import processes

CONVOLUTIONAL = ("cnn", "resnet20")
BATCH = 256


class Peer:
    """One configuration of the peer: `processes` of `threads` each, with the peer script's flags."""

    def __init__(self, choice, workload, name, count, threads, *flags):
        self.choice, self.workload, self.name = choice, workload, f"PyTorch, {name}"
        self.processes, self.threads, self.flags = count, threads, flags

    @property
    def precision(self):
        """What it computes in: --bf16 is autocast to bfloat16, with float32 weights."""
        return "bfloat16" if "--bf16" in self.flags else "float32"

    def command(self, steps):
        """The command line and environment of a run."""
        values = dict(os.environ, OMP_NUM_THREADS=str(self.threads))
        arguments = [
            self.choice.peer, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(self.processes),
            self.choice.peer_script, "--workload", self.workload, "--batch", str(BATCH), "--steps", str(steps),
            *self.flags]
        return arguments, values

    def samples_per_second(self, steps):
        """The peer's own figure; its first 20 steps, compilation included, do not count."""
        arguments, values = self.command(steps)
        # The peer now and then aborts while it shuts down, after it has printed its figure.
        process = processes.start(arguments, values, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        printed, said = processes.finish(process, arguments, may_fail=True)
        rows = [line for line in printed.splitlines() if line.startswith("{")]
        if not rows:
            raise processes.Failure(f"{processes.text(arguments)} printed no figure:\n{(printed + said)[-2000:]}")
        return json.loads(rows[-1])["samples_per_s"]

    def is_ready(self):
        """Whether this configuration runs here, which one that compiles may not; its compiler fills its cache, so that
        rounds do not wait for it."""
        if "--compile" not in self.flags:
            return True
        try:
            self.samples_per_second(1)
        except processes.Failure as failure:
            print(f"bench: left out: {failure}", file=sys.stderr)
            return False
        return True


def peers(choice, workload):
    """The configurations to run: DDP on 2 processes as it is usually used, and with --best all others, each of them with
    autocast to bfloat16 too."""
    plain = ("--plain", "--threads", "2")
    kinds = [("DDP x2", 2, 1)]
    if workload in CONVOLUTIONAL:
        kinds.append(("DDP x2, channels last", 2, 1, "--channels-last"))
    if choice.best:
        kinds.append(("DDP x2, compiled", 2, 1, "--compile"))
        if workload in CONVOLUTIONAL:
            kinds.append(("DDP x2, channels last, compiled", 2, 1, "--channels-last", "--compile"))
        kinds.append(("1 process of 2 threads", 1, 2, *plain))
        kinds.append(("1 process of 2 threads, compiled", 1, 2, *plain, "--compile"))
        if workload in CONVOLUTIONAL:
            name = "1 process of 2 threads, channels last"
            kinds.append((name, 1, 2, *plain, "--channels-last"))
            kinds.append((f"{name}, compiled", 1, 2, *plain, "--channels-last", "--compile"))
        kinds += [(f"{name}, bfloat16", count, threads, *flags, "--bf16") for name, count, threads, *flags in kinds]
    return [Peer(choice, workload, *kind) for kind in kinds]
