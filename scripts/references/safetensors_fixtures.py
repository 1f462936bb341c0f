"""Makes the small files that dtrain's safetensors tests read, with the reference implementation.

    python3 -m venv venv && venv/bin/pip install torch safetensors
    venv/bin/python scripts/references/safetensors_fixtures.py

writes Tests/SafetensorsTests/Data/*.safetensors. The contents are fixed, so that running it again changes
nothing:

    floats   only float32, so that its bytes are also what dtrain's writer must make of the same tensors
    mixed    every element type that dtrain decodes, a scalar, an empty tensor and a metadata string
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "SafetensorsTests" / "Data"


def floats() -> dict[str, torch.Tensor]:
    return {
        "0.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4 - 0.5,
        "0.bias": torch.tensor([1.5, float("-inf")]),
        "10.weight": torch.tensor([[1e-45], [3.4028235e38]]),
        "2.weight": torch.tensor(-0.0),
    }


def mixed() -> dict[str, torch.Tensor]:
    return {
        "bfloat16": torch.tensor([1.0, -2.5, 3e38], dtype=torch.bfloat16),
        "bool": torch.tensor([True, False, True]),
        "empty": torch.empty(0, 3),
        "float16": torch.tensor([1.0, -2.5, 65504.0, 6e-8], dtype=torch.float16),
        "float32": torch.tensor([[0.1, -7.25]]),
        "float64": torch.tensor([0.1, -1e30, 2.0**-126], dtype=torch.float64),
        "int32": torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
        "int64": torch.tensor([2**63 - 1, -(2**63), 7]),
        "int8": torch.tensor([-128, 127], dtype=torch.int8),
        "scalar": torch.tensor(10),
        "uint8": torch.tensor([0, 255], dtype=torch.uint8),
        "naïve.größe": torch.tensor([4.0]),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file(floats(), FOLDER / "floats.safetensors")
    # One key only: the reference implementation writes several in an order that changes from run to run.
    save_file(mixed(), FOLDER / "mixed.safetensors", metadata={"note": 'tab\t "quoted" é \x01 \\'})
    for file in sorted(FOLDER.glob("*.safetensors")):
        file.chmod(0o644)  # save_file leaves them readable by their owner alone
        print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
