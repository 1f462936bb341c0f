"""What dtrain summary predicts, against the runs that follow."""
import json
import pathlib
import statistics
import tempfile

from benchmark import processes, training

RANKS = (1, 2)
TEST_EXAMPLES = 10_000
# What is predicted: the field of the prediction and the unit in which it is printed.
FIGURES = {"memory": ("memory_per_rank_bytes", 1 << 20, "MiB"), "time": ("epoch_seconds", 1, "s")}


def settings(workload):
    return "--recipe", training.RECIPES[workload], "--set", f"training.batch={training.BATCH}"


def predict(choice, workload, ranks):
    """The prediction of dtrain summary at so many ranks."""
    command = processes.mpirun(ranks, choice.programs / "dtrain", "summary", "--json", *settings(workload))
    found = json.loads(processes.run(*command))
    return {name: found[field] for name, (field, _, _) in FIGURES.items()}


def train(choice, workload, ranks, steps):
    """The peak memory of the largest rank, and the seconds of an epoch: training and evaluation at the speeds of a run of
    so many steps and one evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        processes.run(*processes.mpirun(
            ranks, choice.programs / "dtrain", "train", *settings(workload), "--steps", steps, "--output",
            f"{folder}/run"))
        end = training.last_metrics(folder)
        timing = json.loads(pathlib.Path(folder, "run/timing.json").read_text())
    return {
        "memory": max(rank["peakMemoryBytes"] for rank in timing["ranks"]),
        "time": training.EXAMPLES / end["samples_per_second"] + TEST_EXAMPLES / end["evaluation_samples_per_second"]}


def measure(choice):
    """Figures of the section predictions."""
    figures = {"batch": training.BATCH, "workloads": {}}
    for workload in choice.workloads:
        for ranks in RANKS:
            # Twice the time of other sections, at least: the first steps, which are slow, count here.
            steps = min(
                training.steps_of(choice, workload, ranks, max(8, 2 * choice.seconds)),
                -(-training.EXAMPLES // training.BATCH))
            pairs = {name: {"predicted": [], "measured": []} for name in FIGURES}
            for number in range(choice.rounds):
                for side, found in (
                        ("predicted", predict(choice, workload, ranks)),
                        ("measured", train(choice, workload, ranks, steps))):
                    for name, value in found.items():
                        pairs[name][side].append(value)
            found = {"steps": steps}
            for name, pair in pairs.items():
                predicted, measured = statistics.median(pair["predicted"]), statistics.median(pair["measured"])
                found[name] = {**pair, "medians": {"predicted": predicted, "measured": measured},
                               "ratio": predicted / measured}
            figures["workloads"][f"{workload}, {ranks} rank{'s' if ranks > 1 else ''}"] = found
            show(workload, ranks, found)
    return figures


def show(workload, ranks, found):
    """Prints predicted and measured figures, and the first divided by the second."""
    for name, (_, unit, word) in FIGURES.items():
        medians = found[name]["medians"]
        print(f"{workload:10}{ranks} rank{'s' if ranks > 1 else ' '}   {name:8}"
              f"predicted {medians['predicted'] / unit:9,.1f} {word:4} measured {medians['measured'] / unit:9,.1f} {word:4}"
              f" ratio {found[name]['ratio']:.2f}", flush=True)
