"""What it costs that ranks compare what they hold, that they are watched, and that checkpoints are written."""
import re
import tempfile

from benchmark import processes, rounds, training
from benchmark.growth import hidden

WORKLOADS = ("mlp", "cnn")
# Name: options of dtrain.
FORMS = {
    "as it is": (),
    "replicas never compared": ("--set", "training.check_replicas=0"),
    "replicas compared after every step": ("--set", "training.check_replicas=1"),
    "no watchdog": ("--set", "training.stall_timeout=0"),
}
# What is compared: a title, and two forms of which the first is divided by the second.
COMPARISONS = (
    ("comparing every 100 steps", "as it is", "replicas never compared"),
    ("comparing after every step", "replicas compared after every step", "replicas never compared"),
    ("watchdog", "as it is", "no watchdog"),
)
# A model whose copy takes long: 50 million weights, of each of which adam keeps two moments.
PARAMETERS = 50_000_000
STEPS, EVERY = 40, 10
WAITED = re.compile(r"\((\d+) written, training waited ([0-9.]+) s for copies, ([0-9.]+) s for the disk\)")


def checkpoint(choice):
    """Seconds that training waits for one copy ÷ seconds of one step."""
    width = hidden(PARAMETERS)
    layers = f"[flatten, {{linear: {width}}}, relu, {{linear: {width}}}, relu, {{linear: 10}}]"
    with tempfile.TemporaryDirectory() as folder:
        printed = processes.run(*training.command(
            choice, "mlp", 2, STEPS, folder, more=(
                "--set", "optimizer={name: adam, lr: 0.001}", "--set", f"model={layers}",
                "--set", f"checkpoint.every_steps={EVERY}", "--set", "checkpoint.keep=1")))
        step = training.BATCH / training.last_metrics(folder)["samples_per_second"]
    found = WAITED.search(printed)
    if not found:
        raise processes.Failure(f"the run was to say how long it waited for checkpoints:\n{printed[-2000:]}")
    return float(found[2]) / int(found[1]) / step


def measure(choice):
    """Figures of the section checks."""
    figures = {"workloads": {}}
    for workload in WORKLOADS:
        steps = training.steps_of(choice, workload)
        measures = {
            name: lambda more=more: training.samples_per_second(choice, workload, 2, steps, more=more)
            for name, more in FORMS.items()}
        values = rounds.turns(choice.rounds, measures, f"checks {workload}")
        found = {
            "steps": steps, "samples_per_second": values, "medians": rounds.medians(values),
            "ratios": {title: rounds.ratio(values, one, other) for title, one, other in COMPARISONS}}
        figures["workloads"][workload] = found
        training.show(workload, {**found, "peers": {}})
    values = rounds.turns(choice.rounds, {"copy": lambda: checkpoint(choice)}, "checkpoint")
    figures["checkpoint"] = {
        "parameters": PARAMETERS, "copies_in_steps": values, "medians": rounds.medians(values)}
    wait = figures["checkpoint"]["medians"]["copy"]
    print(f"{PARAMETERS:,} parameters, adam: training waits {wait:.2f} steps for a copy", flush=True)
    return figures
