"""What it costs to see what a run does: whole runs with everything written that can be, and with nothing but metrics."""
import tempfile
import time

from benchmark import before, processes, rounds, training

# Of a run as recipes have it. Whole epochs, since most is written at their ends.
FORMS = {
    "on": ("--set", "logging.tensorboard=true", "--set", "logging.csv=true", "--set", "logging.predictions=true"),
    "off": ("--set", "logging.tensorboard=false", "--set", "logging.csv=false", "--set", "logging.predictions=false"),
}


def command(choice, workload, epochs, form, folder):
    """The command line of a run of whole epochs at 2 ranks, with the recipe's test set."""
    return processes.mpirun(
        2, choice.programs / "dtrain", "train", "--recipe", training.RECIPES[workload], "--batch", training.BATCH,
        "--epochs", epochs, "--output", f"{folder}/run", *FORMS[form])


def seconds(choice, workload, epochs, form):
    """Seconds of the whole command, start, evaluation and end included."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        processes.run(*command(choice, workload, epochs, form, folder))
        return time.perf_counter() - began


def measure(choice):
    """Figures of the section logging."""
    figures = {"workloads": {}}
    for workload in choice.workloads:
        steps = training.steps_of(choice, workload)
        epochs = max(2, round(steps * training.BATCH / training.EXAMPLES))
        measures = {form: lambda form=form: seconds(choice, workload, epochs, form) for form in FORMS}
        values = rounds.turns(choice.rounds, measures, f"logging {workload}, {epochs} epochs")
        pairs = [on / off for on, off in zip(values["on"], values["off"])]
        low, high = before.interval(pairs)
        ratio = rounds.ratio(values, "on", "off")
        figures["workloads"][workload] = {
            "epochs": epochs, "seconds": values, "medians": rounds.medians(values), "ratio": ratio,
            "interval": [low, high], "command": processes.text(command(choice, workload, epochs, "on", "FOLDER")[0])}
        print(f"  {workload}, {epochs} epochs: seconds on ÷ off {ratio:.3f}, 90 % interval {low:.3f} to {high:.3f}, "
              f"pairs: {len(pairs)}", flush=True)
    return figures
