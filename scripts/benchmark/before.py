"""Speed against the programs of another build, such as the one before a change."""
import argparse
import math

from benchmark import processes, rounds, training


def interval(values, share=0.9):
    """The interval that holds the median of what the values are drawn from with at least this probability.

    Order statistics: of n values, k or fewer lie below the median with the probability of a fair coin's heads.
    """
    values, n, tail = sorted(values), len(values), 0.0
    place = -1
    while place + 1 < n // 2:
        tail += math.comb(n, place + 1) / 2**n
        if 2 * tail > 1 - share:
            break
        place += 1
    return (values[max(place, 0)], values[n - 1 - max(place, 0)])


def measure(choice):
    """Figures of the section before."""
    if not choice.before:
        raise processes.Failure("the section before needs --before DIR, the other build's programs")
    other = argparse.Namespace(**{**vars(choice), "programs": choice.before})
    figures = {"workloads": {}}
    for workload in choice.workloads:
        steps = training.steps_of(choice, workload)
        measures = {
            name: lambda which=which: training.samples_per_second(which, workload, 2, steps)
            for name, which in (("now", choice), ("before", other))}
        values = rounds.turns(choice.rounds, measures, f"before {workload}")
        pairs = [now / before for now, before in zip(values["now"], values["before"])]
        low, high = interval(pairs)
        ratio = rounds.ratio(values, "now", "before")
        figures["workloads"][workload] = {
            "steps": steps, "samples_per_second": values, "medians": rounds.medians(values), "ratio": ratio,
            "interval": [low, high]}
        print(f"  {workload}: now ÷ before {ratio:.3f}, 90 % interval {low:.3f} to {high:.3f}, pairs: {len(pairs)}",
              flush=True)
    return figures
