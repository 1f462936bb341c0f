"""Speed of evaluation on Fashion-MNIST's 60,000 training images."""
import json
import tempfile
import time

from benchmark import processes, rounds, training

DATA = ("--set", "data.test.features=train-images-idx3-ubyte.gz",
        "--set", "data.test.labels=train-labels-idx1-ubyte.gz")


def train_command(choice, workload, ranks, folder):
    """A run of one step that evaluates on the training set."""
    return processes.mpirun(
        ranks, choice.programs / "dtrain", "train", "--recipe", training.RECIPES[workload], "--steps", 1, "--output",
        f"{folder}/run", *DATA)


def rate(choice, workload, ranks):
    """Samples per second of the evaluation that ends a run, as the run reports it: data at hand, model ready."""
    with tempfile.TemporaryDirectory() as folder:
        processes.run(*train_command(choice, workload, ranks, folder))
        return training.last_metrics(folder)["evaluation_samples_per_second"]


def evaluate_command(choice, ranks, folder):
    """Evaluation of saved weights as a command of its own."""
    return processes.mpirun(ranks, choice.programs / "dtrain", "evaluate", f"{folder}/run", "--data", "train")


def command_seconds(choice, ranks, folder):
    """Seconds of the whole command evaluate, start and loading included."""
    began = time.perf_counter()
    printed = processes.run(*evaluate_command(choice, ranks, folder))
    elapsed = time.perf_counter() - began
    if json.loads(printed)["count"] != training.EXAMPLES:
        raise processes.Failure(f"evaluate was to count {training.EXAMPLES} examples: {printed}")
    return elapsed


def measure(choice):
    """Figures of the section evaluation."""
    figures = {"examples": training.EXAMPLES, "workloads": {}}
    for workload in choice.workloads:
        with tempfile.TemporaryDirectory() as folder:
            processes.run(*train_command(choice, workload, 2, folder))
            rates = {f"{ranks} ranks": lambda ranks=ranks: rate(choice, workload, ranks) for ranks in (1, 2)}
            whole = {f"{ranks} ranks": lambda ranks=ranks: command_seconds(choice, ranks, folder) for ranks in (1, 2)}
            speeds = rounds.turns(choice.rounds, rates, f"evaluation {workload}")
            seconds = rounds.turns(choice.rounds, whole, f"evaluation command {workload}")
        found = {
            "samples_per_second": speeds, "medians": rounds.medians(speeds), "command_seconds": seconds,
            "command_medians": rounds.medians(seconds),
            "command": processes.text(evaluate_command(choice, 2, "FOLDER")[0])}
        figures["workloads"][workload] = found
        print(f"{workload}: evaluation of {training.EXAMPLES:,} examples, samples per second; seconds of the command")
        for name, value in found["medians"].items():
            print(f"    {name:52}{value:12,.0f}{found['command_medians'][name]:9.2f}", flush=True)
    return figures
