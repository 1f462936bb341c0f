"""Rounds in which configurations take turns, and what is read from them."""
import statistics
import sys


def turns(rounds, measures, title):
    """Runs every measure once a round; the order turns around from round to round, so that a machine that becomes
    slower favours none. `measures` maps names to functions without arguments that return a number; the result maps
    names to one number per round."""
    values = {name: [] for name in measures}
    for index in range(rounds):
        names = list(measures)
        for name in reversed(names) if index % 2 else names:
            value = measures[name]()
            values[name].append(value)
            print(f"bench: {title}, round {index + 1} of {rounds}: {name}: {value:,.4g}", file=sys.stderr, flush=True)
    return values


def medians(values):
    """The median over rounds of every configuration."""
    return {name: statistics.median(numbers) for name, numbers in values.items()}


def ratio(values, one, other):
    """The median over rounds of how many times configuration `one` is `other`, both of the same round."""
    return statistics.median(a / b for a, b in zip(values[one], values[other]))
