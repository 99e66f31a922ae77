"""The difference gate: which 8x8 cells of the picture hold something that was only passing.

In: luma frames as uint8 [height, width] planes: the newest (`frame_0`, time t) and older ones
(`frame_4` is t-4). Out: `grid`, uint8 [ceil(height/8), ceil(width/8)].
A cell's value is the largest amount, in grey levels, by which one of its pixels at the reference
time t-2 is brighter or darker than the same pixel in BOTH neighbours of one of the triples.
A thing that passes is brighter or darker than before and after; a lit window, a cloud edge or a
shadow changes once and is silent, and noise has to win twice.

`differences` is the same rule in numpy, which training uses to choose its tiles.
Everything stays in uint8: onnxruntime's Max, Min and Sub are vectorised there, which is what
makes the graph four times faster than in float.
"""

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper

CELL = 8
REFERENCE_AGE = 2
# Ages in frames of the two neighbours of the reference frame. (3, 1) sees fast and small things,
# (4, 0) slower ones, (10, 0) the trailing edge of things larger than their step.
TRIPLES: tuple[tuple[int, int], ...] = ((3, 1), (4, 0), (10, 0))
AGES: tuple[int, ...] = tuple(sorted({REFERENCE_AGE, *(age for triple in TRIPLES for age in triple)}))
OPSET = 17


def differences(frames: dict[int, np.ndarray]) -> np.ndarray:
    """Grid [ceil(h/8), ceil(w/8)] of the frames, keyed by age, exactly as the graph gives it."""
    reference = frames[REFERENCE_AGE]
    strongest = np.zeros_like(reference)
    for before, after in TRIPLES:
        brighter = cv2.subtract(reference, cv2.max(frames[before], frames[after]))
        darker = cv2.subtract(cv2.min(frames[before], frames[after]), reference)
        strongest = cv2.max(strongest, cv2.max(brighter, darker))
    return _pool(strongest)


def _pool(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    padded = cv2.copyMakeBorder(plane, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_CONSTANT, value=0)
    rows = padded.reshape(padded.shape[0] // CELL, CELL, padded.shape[1]).max(axis=1)
    return rows.reshape(rows.shape[0], rows.shape[1] // CELL, CELL).max(axis=2)


def build_graph() -> onnx.ModelProto:
    nodes: list[onnx.NodeProto] = []

    def add(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def pooled_rows(plane: str) -> str:
        # With whole lines as channels this pool is vectorised; it leaves an eighth.
        lines = add("Unsqueeze", [plane, "line_axes"], f"{plane}_lines")
        return add("NhwcMaxPool", [lines], f"{plane}_rows", domain="com.microsoft",
                   kernel_shape=[CELL, 1], strides=[CELL, 1], ceil_mode=1)

    reference = f"frame_{REFERENCE_AGE}"
    maps = []
    for number, (before, after) in enumerate(TRIPLES):
        pair = [f"frame_{before}", f"frame_{after}"]
        # Sub wraps around in uint8, so the subtrahend is first bounded by the minuend.
        ceiling = add("Max", pair, f"ceiling_{number}")
        above = add("Max", [reference, ceiling], f"above_{number}")
        maps.append(pooled_rows(add("Sub", [above, ceiling], f"brighter_{number}")))
        floor = add("Min", pair, f"floor_{number}")
        below = add("Min", [reference, floor], f"below_{number}")
        maps.append(pooled_rows(add("Sub", [floor, below], f"darker_{number}")))
    # The pool along the rows is not vectorised: it comes last, over one map instead of six.
    strongest = add("Squeeze", [add("Max", maps, "strongest"), "channel_axis"], "strongest_rows")
    cells = add("MaxPool", [strongest], "cells", kernel_shape=[CELL], strides=[CELL], ceil_mode=1)
    add("Squeeze", [cells, "batch_axis"], "grid")

    graph = helper.make_graph(
        nodes,
        "difference-gate",
        [helper.make_tensor_value_info(f"frame_{age}", TensorProto.UINT8, ["height", "width"]) for age in AGES],
        [helper.make_tensor_value_info("grid", TensorProto.UINT8, ["rows", "columns"])],
        [helper.make_tensor("line_axes", TensorProto.INT64, [2], [0, 2]),
         helper.make_tensor("channel_axis", TensorProto.INT64, [1], [2]),
         helper.make_tensor("batch_axis", TensorProto.INT64, [1], [0])],
    )
    model = helper.make_model(
        graph, producer_name="linli",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 8
    return model


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / "gate.onnx"
    target.write_bytes(build_graph().SerializeToString())
    print(f"{target.name}: frames of age {AGES}, triples {TRIPLES}")
