"""How the time of a step grows with the batch, the parameters and the ranks."""
import math

from benchmark import rounds, training

BATCHES = [32 << index for index in range(9)]
PARAMETERS = (100_000, 500_000, 2_000_000, 10_000_000, 50_000_000)
RANKS = (1, 2, 4, 8, 16)
SHARDS = 16
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
    # The tables are long, and a trend shows in few rounds.
    count = min(choice.rounds, 3)
    values = rounds.turns(count, measures, title)
    medians = rounds.medians(values)
    print(f"{title}: milliseconds per step, samples per second")
    for name, value in medians.items():
        print(f"    {name:52}{value * 1e3:12,.3f}{batches[name] / value:12,.0f}", flush=True)
    return {"seconds_per_step": values, "medians": medians, "batches": batches, "rounds": count}


def by_batch(choice):
    """Figures of the section batch."""
    names = {str(batch): batch for batch in BATCHES}
    figures = {"workloads": {}}
    for workload in WORKLOADS:
        # As many at each batch, so that the table shows one thing: more of a batch would be its default.
        more = (*CALM, "--shards", str(training.SHARDS))
        measures = {name: step_seconds(choice, workload, 2, batch, more) for name, batch in names.items()}
        figures["workloads"][workload] = table(choice, f"{workload} at 2 ranks by batch", measures, names)
    return figures


def by_parameters(choice):
    """Figures of the section parameters."""
    widths = {f"{parameters / 1e6:g} M": hidden(parameters) for parameters in PARAMETERS}
    measures = {}
    for name, width in widths.items():
        layers = f"[flatten, {{linear: {width}}}, relu, {{linear: {width}}}, relu, {{linear: 10}}]"
        measures[name] = step_seconds(choice, "mlp", 2, training.BATCH, (*CALM, "--set", f"model={layers}"))
    batches = {name: training.BATCH for name in widths}
    return {**table(choice, "784-h-h-10 at 2 ranks by parameters", measures, batches), "widths": widths}


def by_ranks(choice):
    """Figures of the section ranks."""
    figures = {"shards": SHARDS, "workloads": {}}
    for workload in WORKLOADS:
        for kind, batch_of in (("32 a rank", lambda ranks: 32 * ranks), ("512 in total", lambda ranks: 512)):
            names = {str(ranks): batch_of(ranks) for ranks in RANKS}
            measures = {
                name: step_seconds(choice, workload, int(name), batch, (*CALM, "--shards", str(SHARDS)))
                for name, batch in names.items()}
            found = table(choice, f"{workload} by ranks, {kind}", measures, names)
            figures["workloads"].setdefault(workload, {})[kind] = found
    return figures
