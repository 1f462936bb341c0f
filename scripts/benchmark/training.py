"""Speed of training: dtrain in several forms, and the peer."""
import json
import math
import pathlib
import sys
import tempfile

from benchmark import processes, rounds
from benchmark.peer import peers

RECIPES = {"mlp": "fashion-mlp", "mlpbig": "fashion-mlp-big", "cnn": "fashion-cnn", "resnet20": "fashion-resnet20"}
BATCH = 256
SHARDS = 8
EXAMPLES = 60_000

# Name: ranks, options of mpirun, options of dtrain.
FORMS = {
    "1 rank": (1, (), ("--set", "training.workers=1")),
    "2 ranks": (2, (), ()),
    "4 ranks": (4, (), ()),
    "1 rank, 2 workers": (1, ("--bind-to", "none"), ("--set", "training.workers=2")),
    "2 ranks, 2 shards": (2, (), ("--shards", "2")),
    "2 ranks, bfloat16": (2, (), ("--set", "training.precision=bfloat16")),
}
# The forms that are held against the peer, by precision.
AGAINST_PEER = {"float32": "2 ranks", "bfloat16": "2 ranks, bfloat16"}
# What is compared: a title, and two forms of which the first is divided by the second.
COMPARISONS = (
    ("4 ranks against 2", "4 ranks", "2 ranks"),
    ("8 shards against 2", "2 ranks", "2 ranks, 2 shards"),
    ("2 ranks against 1", "2 ranks", "1 rank"),
    ("1 rank of 2 workers against 2 ranks", "1 rank, 2 workers", "2 ranks"),
    ("bfloat16 against float32", "2 ranks, bfloat16", "2 ranks"),
)


def command(choice, workload, ranks, steps, folder, batch=BATCH, launch=(), more=()):
    """The command line of a training run, evaluation left out."""
    # Enough epochs for the steps, which alone shall end the run.
    epochs = math.ceil(steps * batch / EXAMPLES) + 1
    return processes.mpirun(
        ranks, choice.programs / "dtrain", "train", "--recipe", RECIPES[workload], "--batch", batch, "--steps", steps,
        "--epochs", epochs, "--output", f"{folder}/run", "--set", "data.test=null", *more, launch=launch)


def last_metrics(folder):
    """The last line of a run's metrics."""
    return json.loads(pathlib.Path(folder, "run/metrics.jsonl").read_text().splitlines()[-1])


def samples_per_second(choice, workload, ranks, steps, **options):
    """Samples per second of a training run; start-up, checkpoints and evaluation do not count."""
    with tempfile.TemporaryDirectory() as folder:
        processes.run(*command(choice, workload, ranks, steps, folder, **options))
        return last_metrics(folder)["samples_per_second"]


def steps_of(choice, workload, ranks=2, seconds=None, batch=BATCH, **options):
    """Steps that take about the chosen time; the runs that find out also warm the machine up."""
    seconds, steps, wanted = seconds or choice.seconds, 0, 4
    # The first steps are slow: a guess from too few of them is followed by a longer run.
    while wanted > 2 * steps:
        steps = wanted
        speed = samples_per_second(choice, workload, ranks, steps, batch=batch, **options)
        wanted = max(4, round(speed * seconds / batch / 10))
    return max(5, round(speed * seconds / batch))


def is_ready(choice, workload, name):
    """Whether a form runs here; convolutions of bfloat16 want a processor that has products of it."""
    if name != AGAINST_PEER["bfloat16"]:
        return True
    ranks, launch, more = FORMS[name]
    try:
        samples_per_second(choice, workload, ranks, 1, launch=launch, more=more)
    except processes.Failure as failure:
        print(f"bench: left out: {failure}", file=sys.stderr)
        return False
    return True


def fastest(medians, names):
    """The fastest of some configurations; None of none."""
    return max(names, key=lambda name: medians[name], default=None)


def against_best(values, medians, theirs):
    """How many times the peer's fastest configuration dtrain is, in each precision and in whichever is faster on either
    side. Where a side has none of a precision, there is nothing to compare."""
    pairs = {
        precision: (form if form in values else None,
                    fastest(medians, [kind.name for kind in theirs if kind.precision == precision]))
        for precision, form in AGAINST_PEER.items()}
    pairs["any"] = (fastest(medians, [form for form in AGAINST_PEER.values() if form in values]),
                    fastest(medians, [kind.name for kind in theirs]))
    return {
        precision: {"dtrain": own, "peer": other, "ratio": rounds.ratio(values, own, other)}
        for precision, (own, other) in pairs.items() if own and other}


def measure(choice):
    """Figures of the section training."""
    figures = {"batch": BATCH, "shards": SHARDS, "workloads": {}}
    for workload in choice.workloads:
        steps = steps_of(choice, workload)
        measures, commands = {}, {}
        forms = {name: form for name, form in FORMS.items() if is_ready(choice, workload, name)}
        for name, (ranks, launch, more) in forms.items():
            measures[name] = lambda ranks=ranks, launch=launch, more=more: samples_per_second(
                choice, workload, ranks, steps, launch=launch, more=more)
            commands[name] = processes.text(
                command(choice, workload, ranks, steps, "FOLDER", launch=launch, more=more)[0])
        known = peers(choice, workload) if choice.peer else []
        theirs = [kind for kind in known if kind.is_ready()]
        for kind in theirs:
            measures[kind.name] = lambda kind=kind: kind.samples_per_second(steps)
            commands[kind.name] = processes.text(kind.command(steps)[0])
        values = rounds.turns(choice.rounds, measures, f"training {workload}")
        medians = rounds.medians(values)
        found = {
            "steps": steps, "commands": commands, "samples_per_second": values, "medians": medians,
            "ratios": {
                title: rounds.ratio(values, one, other) for title, one, other in COMPARISONS
                if one in values and other in values},
            # Each against dtrain in the same precision.
            "peers": {
                kind.name: rounds.ratio(values, AGAINST_PEER[kind.precision], kind.name) for kind in theirs
                if AGAINST_PEER[kind.precision] in values},
            "left_out": [name for name in FORMS if name not in forms]
            + [kind.name for kind in known if kind not in theirs]}
        if theirs:
            found["best_peer"] = fastest(medians, [kind.name for kind in theirs])
            found["best"] = against_best(values, medians, theirs)
        figures["workloads"][workload] = found
        show(workload, found)
    return figures


def show(workload, found):
    """Prints one workload's figures."""
    print(f"{workload}: samples per second")
    for name, value in found["medians"].items():
        against = found["peers"].get(name)
        note = f"   dtrain at 2 ranks, same precision: {against:.2f}x" if against else ""
        print(f"    {name:68}{value:12,.0f}{note}{' (best)' if name == found.get('best_peer') else ''}")
    for title, value in found["ratios"].items():
        print(f"    {title:68}{value:12.3f}", flush=True)
    for precision, best in found.get("best", {}).items():
        title = f"best of {precision}: {best['dtrain']} against {best['peer']}"
        print(f"    {title:108}{best['ratio']:8.3f}", flush=True)
