"""dtrain at 2 ranks against the bare chain of oneDNN's primitives on the same two cores."""
import json
import subprocess

from benchmark import processes, rounds, training

EXAMPLES = training.BATCH // training.SHARDS


def command(choice, workload, core, *more):
    """One chain, pinned to a core."""
    return ["taskset", "-c", str(core), str(choice.programs / "onednn-chain"), workload, "--examples", str(EXAMPLES),
            "--seconds", str(choice.seconds), *more]


def both_cores(choice, workload, *more):
    """Samples per second of two chains that run at the same time, one on each of two cores: twice a chain, with the
    cores as busy as in training."""
    cores = [processes.CORES[0], processes.CORES[1 % len(processes.CORES)]]
    lines = [command(choice, workload, core, *more) for core in cores]
    started = [processes.start(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for line in lines]
    found = [json.loads(processes.finish(process, line)[0]) for process, line in zip(started, lines)]
    return sum(row["samples_per_second"] for row in found)


def measure(choice):
    """Figures of the section chain."""
    figures = {"batch": training.BATCH, "examples": EXAMPLES, "workloads": {}}
    for workload in choice.workloads:
        steps = training.steps_of(choice, workload)
        measures = {
            "2 ranks": lambda: training.samples_per_second(choice, workload, 2, steps),
            "2 chains": lambda: both_cores(choice, workload)}
        if workload in ("cnn", "resnet20"):
            measures["2 chains, Winograd"] = lambda: both_cores(choice, workload, "--winograd")
        values = rounds.turns(choice.rounds, measures, f"chain {workload}")
        found = {
            "samples_per_second": values, "medians": rounds.medians(values),
            "fractions": {name: rounds.ratio(values, "2 ranks", name) for name in measures if name != "2 ranks"},
            "command": processes.text(command(choice, workload, processes.CORES[0]))}
        figures["workloads"][workload] = found
        print(f"{workload}: samples per second, and dtrain at 2 ranks as a fraction of two bare oneDNN chains")
        for name, value in found["medians"].items():
            fraction = found["fractions"].get(name)
            print(f"    {name:52}{value:12,.0f}" + (f"{fraction:9.2f}" if fraction else ""), flush=True)
    return figures
