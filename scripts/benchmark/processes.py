"""How programs are built, started and stopped."""
import os
import pathlib
import platform
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORES = sorted(os.sched_getaffinity(0))
# Covers the first compilation of a large model by PyTorch on few cores.
TIME_LIMIT = 1800


class Failure(Exception):
    """A command that did not do what it was started for; the text says which and what it printed."""


def build():
    """The folder of a release build's programs, built first."""
    subprocess.run([ROOT / "scripts/setup"], check=True)
    command = ["swift", "build", "-c", "release", "--package-path", str(ROOT)]
    for product in ("dtrain", "allreduce-bench", "onednn-chain", "hessian-product"):
        run([*command, "--product", product])
    return pathlib.Path(run([*command, "--show-bin-path"]).strip())


def mpirun(ranks, *command, launch=(), variables=None):
    """An mpirun command line and its environment; `launch` holds more options of mpirun.

    Open MPI's own choice of transport is left alone: forbidding processes to copy from one another would slow
    MPI_Allreduce down at large sizes. Ranks that share cores give theirs away while they wait.
    """
    values = dict(os.environ)
    if ranks > len(CORES):
        values["OMPI_MCA_mpi_yield_when_idle"] = "1"
    if os.geteuid() == 0:
        values.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    values.update(variables or {})
    hosts = ["--hostfile", str(ROOT / "hostfiles/localhost")]
    return ["mpirun", "-n", str(ranks), *hosts, *launch, *map(str, command)], values


def start(arguments, values=None, **streams):
    """A process at the head of a session of its own, so that stop() reaches what it starts."""
    return subprocess.Popen(arguments, env=values, text=True, start_new_session=True, **streams)


def stop(process):
    """Ends a process and what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def finish(process, arguments, may_fail=False):
    """What a started process prints on standard output and standard error."""
    try:
        printed, said = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise Failure(f"{text(arguments)} took more than {TIME_LIMIT} s") from None
    finally:
        stop(process)
    if process.returncode != 0 and not may_fail:
        raise Failure(f"{text(arguments)} ended with exit code {process.returncode}:\n{(printed + said)[-4000:]}")
    return printed, said


def run(arguments, values=None):
    """What a command prints on standard output."""
    process = start(arguments, values, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(process, arguments)[0]


def text(arguments):
    """A command line as one would type it from the checkout."""
    return " ".join(map(str, arguments)).replace(f"{ROOT}/", "")


def processor():
    """The processor's name and the widest vectors it has."""
    name, vectors = platform.machine(), ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        if key.strip() == "flags":
            found = value.split()
            vectors = " with AVX-512" if "avx512f" in found else " with AVX2" if "avx2" in found else ""
    return name + vectors
