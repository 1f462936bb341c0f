"""Seconds from the start of mpirun to the end of the first step."""
import pathlib
import subprocess
import tempfile
import time

from benchmark import processes, rounds


def command(choice, folder):
    """The default recipe on 2 ranks, which logs its first step."""
    return processes.mpirun(
        2, choice.programs / "dtrain", "train", "--steps", 1, "--output", f"{folder}/run", "--set",
        "logging.every_steps=1")


def seconds(choice):
    """Time until the first step stands in the metrics, which are written as soon as it has ended."""
    with tempfile.TemporaryDirectory() as folder:
        metrics = pathlib.Path(folder, "run/metrics.jsonl")
        arguments, values = command(choice, folder)
        began = time.perf_counter()
        process = processes.start(arguments, values, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not (metrics.exists() and metrics.stat().st_size > 0):
                if process.poll() is not None:
                    raise processes.Failure(f"{processes.text(arguments)} ended before its first step")
                time.sleep(0.002)
            elapsed = time.perf_counter() - began
            process.wait(processes.TIME_LIMIT)
        finally:
            processes.stop(process)
        return elapsed


def measure(choice):
    """Figures of the section start."""
    values = rounds.turns(max(3, choice.rounds), {"2 ranks": lambda: seconds(choice)}, "start")
    figures = {"seconds": values, "medians": rounds.medians(values),
               "command": processes.text(command(choice, "FOLDER")[0])}
    print(f"the first step of the default recipe ends {figures['medians']['2 ranks']:.2f} s after the start of mpirun "
          "at 2 ranks", flush=True)
    return figures
