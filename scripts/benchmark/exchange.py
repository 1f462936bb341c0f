"""The gradient exchange against MPI_Allreduce; the program takes the turns itself."""
import json
import subprocess

from benchmark import processes


def rounds_of(choice):
    """Rounds are short here."""
    return 5 if choice.quick else 15


def rows(choice, ranks):
    """A row per size.

    MPI_Allreduce is at its best where one process may copy from another's memory; containers often forbid that, and
    Open MPI then fails or says "Read -1". The row says which it was.
    """
    for copies_directly in (True, False):
        variables = {} if copies_directly else {"OMPI_MCA_btl_vader_single_copy_mechanism": "none"}
        arguments, values = processes.mpirun(
            ranks, choice.programs / "allreduce-bench", "--largest", 64 << 20, "--rounds", rounds_of(choice),
            variables=variables)
        process = processes.start(arguments, values, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        printed, said = processes.finish(process, arguments, may_fail=copies_directly)
        if process.returncode == 0 and "Read -1" not in said:
            return [dict(json.loads(line), single_copy=copies_directly) for line in printed.splitlines()]
    raise processes.Failure(f"{processes.text(arguments)} fails:\n{said[-4000:]}")


def measure(choice):
    """Figures of the section exchange."""
    figures = {"rounds": rounds_of(choice), "rows": []}
    for ranks in (2, 4):
        found = rows(choice, ranks)
        figures["rows"] += found
        print(f"{ranks} ranks: microseconds{'exchange':>14}{'MPI_Allreduce':>15}{'ratio':>8}"
              f"{'with a copy per rank':>22}")
        for row in found:
            print(f"{row['bytes'] // 1024:12,} KiB{row['exchange_us']:19,.1f}{row['mpi_allreduce_us']:15,.1f}"
                  f"{row['ratio']:8.1f}{row['ratio_and_copy']:22.1f}", flush=True)
    return figures
