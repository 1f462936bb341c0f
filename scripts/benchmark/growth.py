"""How the time of a step grows with the batch, the parameters and the ranks."""
import math

from benchmark import rounds, training

BATCHES = [32 << index for index in range(9)]
PARAMETERS = (100_000, 500_000, 2_000_000, 10_000_000, 50_000_000)
RANKS = (1, 2, 4, 8, 16)
WORKLOADS = ("cnn", "mlp")
# Small enough that no size and batch diverges.
CALM = ("--set", "optimizer.lr=0.001")


def hidden(parameters):
    """The width h with which 784-h-h-10, of h² + 796 h + 10 parameters, comes nearest to a number of parameters."""
    return round(-398 + math.sqrt(398 ** 2 + parameters - 10))


def step_seconds(choice, workload, ranks, batch, more):
    """A function that measures the seconds of one step."""
    # A whole table of short runs: half the length of the others' is enough.
    steps = training.steps_of(choice, workload, ranks, seconds=choice.seconds / 2, batch=batch, more=more)
    return lambda: batch / training.samples_per_second(choice, workload, ranks, steps, batch=batch, more=more)


def table(choice, title, measures, batches):
    """Rounds of a table: seconds per step and samples per second."""
    values = rounds.turns(choice.rounds, measures, title)
    medians = rounds.medians(values)
    print(f"{title}: milliseconds per step, samples per second")
    for name, value in medians.items():
        print(f"    {name:52}{value * 1e3:12,.3f}{batches[name] / value:12,.0f}", flush=True)
    return {"seconds_per_step": values, "medians": medians, "batches": batches}


def measure(choice):
    """Figures of the section growth."""
    figures = {"batch": {}, "ranks": {}}
    for workload in WORKLOADS:
        names = {str(batch): batch for batch in BATCHES}
        measures = {name: step_seconds(choice, workload, 2, batch, CALM) for name, batch in names.items()}
        figures["batch"][workload] = table(choice, f"{workload} at 2 ranks by batch", measures, names)

    widths = {f"{parameters / 1e6:g} M": hidden(parameters) for parameters in PARAMETERS}
    measures = {}
    for name, width in widths.items():
        layers = f"[flatten, {{linear: {width}}}, relu, {{linear: {width}}}, relu, {{linear: 10}}]"
        measures[name] = step_seconds(
            choice, "mlp", 2, training.BATCH, (*CALM, "--set", f"model={layers}"))
    figures["parameters"] = table(
        choice, "784-h-h-10 at 2 ranks by parameters", measures, {name: training.BATCH for name in widths})
    figures["parameters"]["widths"] = widths

    for workload in WORKLOADS:
        for kind, batch_of in (("per rank", lambda ranks: 32 * ranks), ("in total", lambda ranks: 512)):
            names = {str(ranks): batch_of(ranks) for ranks in RANKS}
            measures = {
                name: step_seconds(choice, workload, int(name), batch, (*CALM, "--shards", "16"))
                for name, batch in names.items()}
            title = f"{workload} by ranks, work fixed {kind}"
            figures["ranks"].setdefault(workload, {})[kind] = table(choice, title, measures, names)
    return figures
