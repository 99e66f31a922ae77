"""Writes the model's graphs and its manifest.

    export.py graphs --work DIR   writes gate.onnx and, from trained weights, verifier.onnx, and describes them
    export.py judge               describes the judge.json that is there, which follows once the gateway has
                                  followed the tracks of a new verifier (judge.py)
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch

import gate
from net import Verifier
from tiles import CLASSES, TILE, TILE_AGES

MODEL = Path(__file__).resolve().parent.parent
VERSION = "0.9.0"
DTYPES = {onnx.TensorProto.UINT8: "uint8", onnx.TensorProto.FLOAT: "float32"}


def export_verifier(net: Verifier, target: Path) -> None:
    net.eval()
    example = torch.zeros(2, len(TILE_AGES), TILE, TILE, dtype=torch.uint8)
    torch.onnx.export(net, (example,), str(target), opset_version=17, input_names=["tiles"],
                      output_names=["probabilities", "motion"],
                      dynamic_axes={"tiles": {0: "count"}, "probabilities": {0: "count"}, "motion": {0: "count"}})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe(path: Path) -> dict:
    graph = onnx.load(str(path)).graph

    def tensor(value: onnx.ValueInfoProto, batch: str | None) -> dict:
        kind = value.type.tensor_type
        shape = [d.dim_param or d.dim_value for d in kind.shape.dim]
        if batch is not None:
            shape[0] = batch
        return {"name": value.name, "dtype": DTYPES[kind.elem_type], "shape": shape}

    batch = "count" if any(value.name == "tiles" for value in graph.input) else None
    return {
        "file": path.name,
        "sha256": sha256(path),
        "inputs": [tensor(value, batch) for value in graph.input],
        "outputs": [tensor(value, batch) for value in graph.output],
    }


def describe_judge() -> dict:
    return {"file": "judge.json", "sha256": sha256(MODEL / "judge.json")}


def manifest(trained: dict) -> dict:
    return {
        "id": "highthrow",
        "version": VERSION,
        "license": "Apache-2.0",
        "graphs": {"gate": describe(MODEL / "gate.onnx"), "verifier": describe(MODEL / "verifier.onnx")},
        "judge": describe_judge(),
        "gate": {
            "cellPx": gate.CELL,
            "referenceAge": gate.REFERENCE_AGE,
            "ages": list(gate.AGES),
            "triples": [{"before": before, "after": after} for before, after in gate.TRIPLES],
        },
        "tiles": {"sizePx": TILE, "ages": list(TILE_AGES), "referenceAge": gate.REFERENCE_AGE},
        "classes": list(CLASSES),
        "thresholds": {"gateLevels": 6, "sighting": 0.5},
        "training": {
            "seed": trained["seed"], "clips": trained["clips"], "tiles": trained["tiles"], "steps": trained["steps"],
            "torch": torch.__version__, "numpy": np.__version__, "onnx": onnx.__version__,
        },
    }


def export_graphs(work: Path) -> dict:
    """Answers the manifest."""
    trained = torch.load(work / "verifier.pt")
    net = Verifier()
    net.load_state_dict(trained["weights"])
    (MODEL / "gate.onnx").write_bytes(gate.build_graph().SerializeToString())
    export_verifier(net, MODEL / "verifier.onnx")
    return manifest(trained)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("graphs").add_argument("--work", type=Path, required=True)
    steps.add_parser("judge")
    options = parser.parse_args()
    target = MODEL / "model.json"
    if options.step == "graphs":
        described = export_graphs(options.work)
    else:
        described = json.loads(target.read_text()) | {"version": VERSION, "judge": describe_judge()}
    target.write_text(json.dumps(described, indent=2) + "\n")


if __name__ == "__main__":
    main()
