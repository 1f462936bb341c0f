"""Tables of Measurements.md, the article of the documentation, made from the figures of a run.

A table stands between the lines `<!-- bench: NAME -->` and `<!-- end -->`, under a line that says what was measured.
"""
import re
import statistics

from benchmark import processes

FORMS = ("1 rank", "2 ranks", "4 ranks", "1 rank, 2 workers", "2 ranks, 2 shards", "2 ranks, bfloat16")


def number(value):
    """Three digits, with commas: 68,800, 529, 2.41."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 99.95 else f"{value:#.3g}"


def times(value):
    """A ratio: two digits behind the point, fewer from 10 on."""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def size(count):
    """Bytes in powers of 1,024."""
    return f"{count >> 10} KiB" if count < 1 << 20 else f"{count >> 20} MiB"


def rows(header, lines):
    """A table; the first column is text."""
    table = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in table)


def command_line(section, command):
    """The command that measures a section."""
    quick = " --quick" if "--quick" in section["measured"]["arguments"] else ""
    return f"`scripts/bench{quick} --sections {command}`"


def heading(section, command, *more, rounds=None):
    """What was measured, where and how."""
    measured = section["measured"]
    count = rounds or measured["rounds"]
    parts = [f"{measured['processor']}, {measured['cores']} cores", *more,
             f"medians of {count} rounds" if count > 1 else "one round", command_line(section, command)]
    return "; ".join(parts) + ":\n\n"


def setting(section):
    return f"batch {section['batch']}, {section['shards']} shards"


def training(section):
    workloads = section["workloads"]
    # A form that does not run on the machine has no figure, nor one that came after the figures.
    forms = [form for form in FORMS if any(form in found["medians"] for found in workloads.values())]
    lines = [
        [name, *(number(found["medians"][form]) if form in found["medians"] else "" for form in forms)]
        for name, found in workloads.items()]
    return heading(section, "training", setting(section), "samples per second") + rows(["", *forms], lines)


def ratios(section):
    workloads = section["workloads"]
    titles = list(dict.fromkeys(title for found in workloads.values() for title in found["ratios"]))
    lines = [
        [name, *(times(found["ratios"][title]) if title in found["ratios"] else "" for title in titles)]
        for name, found in workloads.items()]
    return heading(section, "training", setting(section), "speed as a fraction") + rows(["", *titles], lines)


def peers(section):
    workloads = {name: found for name, found in section["workloads"].items() if found["peers"]}
    if not workloads:
        return None
    names = list(dict.fromkeys(name for found in workloads.values() for name in found["peers"]))
    names.sort(key=lambda name: (len(name), name))
    lines = []
    for name in names:
        line = [name]
        for found in workloads.values():
            if name in found["peers"]:
                text = f"{number(found['medians'][name])}: {times(found['peers'][name])}x"
                is_best = len(found["peers"]) > 1 and name == found["best_peer"]
                line.append(f"**{text}**" if is_best else text)
            else:
                line.append("")
        lines.append(line)
    note = ("samples per second, and how many times that dtrain at 2 ranks in the same precision is; the fastest "
            "configuration in bold")
    return heading(section, peer_arguments(section), setting(section), note) + rows(["", *workloads], lines)


def peer_arguments(section):
    return "training --peer PYTHON" + (" --best" if "--best" in section["measured"]["arguments"] else "")


def best(section):
    workloads = {name: found for name, found in section["workloads"].items() if found.get("best")}
    if not workloads:
        return None
    precisions = list(dict.fromkeys(precision for found in workloads.values() for precision in found["best"]))
    lines = []
    for precision in precisions:
        titles = {"any": "whichever is faster, on either side"}
        line = [titles.get(precision, precision)]
        for found in workloads.values():
            pair = found["best"].get(precision)
            line.append(f"{number(found['medians'][pair['dtrain']])} against {number(found['medians'][pair['peer']])}: "
                        f"{times(pair['ratio'])}x" if pair else "")
        lines.append(line)
    note = "samples per second of dtrain at 2 ranks against PyTorch's fastest configuration of the same precision"
    return heading(section, peer_arguments(section), setting(section), note) + rows(["", *workloads], lines)


def chain(section):
    names = list(dict.fromkeys(name for found in section["workloads"].values() for name in found["fractions"]))
    lines = []
    for workload, found in section["workloads"].items():
        line = [workload, number(found["medians"]["2 ranks"])]
        for name in names:
            line.append(f"{number(found['medians'][name])}: {times(found['fractions'][name])}"
                        if name in found["fractions"] else "")
        lines.append(line)
    note = f"samples per second, and dtrain as a fraction of two chains of {section['examples']} examples"
    return heading(section, "chain", note) + rows(["", "dtrain, 2 ranks", *names], lines)


def exchange(section):
    found = section["rows"]
    sizes = sorted({row["bytes"] for row in found})
    lines = []
    for key, title in (("ratio", "{} ranks"), ("ratio_and_copy", "{} ranks, copied by each")):
        for ranks in sorted({row["ranks"] for row in found}):
            of = {row["bytes"]: row[key] for row in found if row["ranks"] == ranks}
            lines.append([title.format(ranks), *(f"{times(of[count])}x" for count in sizes)])
    copies = "may" if all(row["single_copy"] for row in found) else "may not"
    note = f"MPI_Allreduce's time divided by the exchange's, where processes {copies} copy from one another"
    return heading(section, "exchange", note, rounds=section["rounds"]) + rows(["", *map(size, sizes)], lines)


def milliseconds(title, table):
    """A row of the milliseconds a step takes."""
    return [title, *(number(value * 1e3) for value in table["medians"].values())]


def batch(section):
    tables = section["workloads"]
    one = next(iter(tables.values()))
    lines = [milliseconds(workload, table) for workload, table in tables.items()]
    note = "milliseconds per step by batch"
    return heading(section, "batch", "2 ranks, 8 shards", note, rounds=one["rounds"]) + rows(
        ["", *one["medians"]], lines)


def parameters(section):
    lines = [milliseconds("ms per step", section), ["h", *section["widths"].values()]]
    note = "a network 784-h-h-10 by its parameters"
    return heading(section, "parameters", "2 ranks, batch 256, 8 shards", note, rounds=section["rounds"]) + rows(
        ["", *section["medians"]], lines)


def ranks(section):
    tables = {f"{workload}, {kind}": table for workload, kinds in section["workloads"].items()
              for kind, table in kinds.items()}
    one = next(iter(tables.values()))
    lines = [milliseconds(title, table) for title, table in tables.items()]
    note = "milliseconds per step by ranks, 32 examples a rank or 512 in total"
    return heading(section, "ranks", f"{section['shards']} shards", note, rounds=one["rounds"]) + rows(
        ["", *one["medians"]], lines)


def memory(section):
    one = next(iter(section["workloads"].values()))
    has_peer = "fraction" in one
    lines = []
    for workload, found in section["workloads"].items():
        values = [number(value / 1e6) for value in found["medians"].values()]
        lines.append([workload, *values, *([times(found["fraction"])] if has_peer else [])])
    names = ["dtrain" if name == "2 ranks" else name for name in one["medians"]]
    return heading(section, "memory" + (" --peer PYTHON" if has_peer else ""), f"2 ranks, batch {section['batch']}",
                   "peak memory per rank (PSS) in MB, data set included") + rows(
        ["", *names, *(["fraction"] if has_peer else [])], lines)


def start(section):
    value = statistics.median(section["seconds"]["2 ranks"])
    return (f"The first step of the default recipe ends {value:.2f} s after the start of `mpirun -n 2`, data loading "
            f"included ({section['measured']['processor']}, {section['measured']['cores']} cores; "
            f"{command_line(section, 'start')}).")


def evaluation(section):
    lines = []
    for workload, found in section["workloads"].items():
        lines.append([workload, *map(number, found["medians"].values()),
                      *(f"{value:.2f}" for value in found["command_medians"].values())])
    return heading(section, "evaluation", f"{section['examples']:,} examples, samples per second") + rows(
        ["", "1 rank", "2 ranks", "whole command at 1 rank, s", "at 2 ranks, s"], lines)


def checks(section):
    workloads = section["workloads"]
    titles = list(next(iter(workloads.values()))["ratios"])
    lines = [[name, *(times(found["ratios"][title]) for title in titles)] for name, found in workloads.items()]
    copy = section["checkpoint"]
    return heading(section, "checks", "2 ranks", "speed as a fraction of that without") + rows(["", *titles], lines) + (
        f"\n\nA checkpoint of {copy['parameters']:,} parameters with adam keeps training for "
        f"{copy['medians']['copy']:.1f} steps, the time of the copy; what follows is written beside the next steps.")


# A table's name: the section it is made from, and its maker.
TABLES = {
    "training": ("training", training), "ratios": ("training", ratios), "peers": ("training", peers),
    "best": ("training", best),
    "chain": ("chain", chain), "exchange": ("exchange", exchange), "batch": ("batch", batch),
    "parameters": ("parameters", parameters), "ranks": ("ranks", ranks), "memory": ("memory", memory),
    "start": ("start", start), "evaluation": ("evaluation", evaluation),
    "checks": ("checks", checks),
}


def rewrite(figures):
    """Puts the tables of `figures` between their markers; tables without figures stay. Returns the exit code."""
    path = processes.ROOT / "Sources/DistributedTraining/DistributedTraining.docc/Measurements.md"
    missing = []

    def replaced(match):
        name = match.group(1)
        if name not in TABLES:
            raise processes.Failure(f"{path} has a marker for {name}, which is none of {', '.join(TABLES)}")
        section, make = TABLES[name]
        table = make(figures[section]) if section in figures else None
        if table is None:
            missing.append(name)
            return match.group(0)
        return f"<!-- bench: {name} -->\n{table}\n<!-- end -->"

    text = re.sub(r"<!-- bench: (\S+) -->\n.*?<!-- end -->", replaced, path.read_text(), flags=re.DOTALL)
    path.write_text(text)
    if missing:
        print(f"bench: no figures for {', '.join(missing)}: left as they were")
    return 0
