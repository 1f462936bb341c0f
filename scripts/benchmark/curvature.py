"""Products with the Hessian against gradients of the same pass, and against PyTorch's double backward."""
import json
import pathlib
import subprocess

from benchmark import processes, rounds

PEER = pathlib.Path(__file__).resolve().parent / "hessian_peer.py"
BATCHES = {"mlp": 256, "cnn": 256}


def own(choice, workload):
    """Gradients and products per second of one run at 2 ranks."""
    line = ["mpirun", "-n", "2", "--hostfile", str(processes.ROOT / "hostfiles/localhost"),
            str(choice.programs / "hessian-product"), "speed", workload, str(BATCHES[workload]), str(choice.seconds)]
    process = processes.start(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return json.loads(processes.finish(process, line)[0]), processes.text(line)


def peer(choice, workload):
    """The same of PyTorch: one process of two threads."""
    line = [choice.peer, str(PEER), workload, str(BATCHES[workload]), str(choice.seconds)]
    process = processes.start(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return json.loads(processes.finish(process, line)[0])


def measure(choice):
    """Figures of the section curvature."""
    figures = {"workloads": {}}
    for workload in [name for name in choice.workloads if name in BATCHES]:
        found = {"own": [], "peer": []}

        def run_own():
            found["own"].append(own(choice, workload)[0])
            return found["own"][-1]["products_per_second"]

        def run_peer():
            found["peer"].append(peer(choice, workload))
            return found["peer"][-1]["products_per_second"]

        measures = {"dtrain": run_own}
        if choice.peer:
            measures["PyTorch"] = run_peer
        values = rounds.turns(choice.rounds, measures, f"curvature {workload}")
        gradients = [row["gradients_per_second"] for row in found["own"]]
        cost = rounds.ratio({"g": gradients, "p": values["dtrain"]}, "g", "p")
        row = {"products_per_second": values, "medians": rounds.medians(values), "gradients_per_product": cost,
               "command": own(choice, workload)[1]}
        print(f"  {workload}: a product costs {cost:.2f} gradients", flush=True)
        if choice.peer:
            row["ratio"] = rounds.ratio(values, "dtrain", "PyTorch")
            others = [row["gradients_per_second"] / row["products_per_second"] for row in found["peer"]]
            row["peer_gradients_per_product"] = sorted(others)[len(others) // 2]
            print(f"  {workload}: dtrain ÷ PyTorch {row['ratio']:.2f}; its product costs "
                  f"{row['peer_gradients_per_product']:.2f} gradients", flush=True)
        figures["workloads"][workload] = row
    return figures
