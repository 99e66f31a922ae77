"""Cuts labelled tiles out of decoded clips, at the places where the gate sees something.

A tile is uint8 [7, 64, 64]: frames t-10 to t around a candidate cell of the reference frame t-2; the
older ones tell a leaf's swing and a wing's beat from a thing that just falls.
Its motion label is [dx, dy, vx, vy, size]: offset of the thing's centre from the tile's, pixels a
frame, and size in pixels.
"""

import json
import math
import subprocess
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from gate import AGES, CELL, REFERENCE_AGE, differences

CLASSES = ("thrown-object", "bird-or-insect", "leaf-or-laundry", "rain-or-snow", "reflection-or-flicker", "noise")
TILE = 64
TILE_AGES = (10, 7, 4, 3, 2, 1, 0)
GATE_LEVELS = 6
# Neighbouring frames teach nearly the same: more clips teach more than more frames of one.
FRAMES_USED = 0.4
OTHERS_PER_FRAME = 4
# Share of a frame's things, and of its frames, that are also looked at where no cell fired: a tracker
# looks where it expects its object, and must be told there, too, what it sees.
UNGATED = 0.15
# Pixels beyond which nothing in the truth can be what a tile's centre shows.
NEAR = 130


@dataclass
class Tiles:
    pixels: np.ndarray
    labels: np.ndarray
    motions: np.ndarray
    contrasts: np.ndarray

    def save(self, path: Path) -> None:
        """Whole or not at all, so that a stopped run can go on."""
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **vars(self))
        unfinished.replace(path)

    @staticmethod
    def load(path: Path) -> "Tiles":
        with np.load(path) as stored:
            return Tiles(**{name: stored[name] for name in ("pixels", "labels", "motions", "contrasts")})

    @staticmethod
    def load_all(paths: list[Path]) -> "Tiles":
        """One after the other into place: the tiles of hundreds of clips do not fit into memory twice."""
        counts = []
        for path in paths:
            with np.load(path) as stored:
                counts.append(len(stored["labels"]))
        total = sum(counts)
        joined = Tiles(np.empty((total, len(TILE_AGES), TILE, TILE), np.uint8), np.empty(total, np.int64),
                       np.empty((total, 5), np.float32), np.empty(total, np.float32))
        at = 0
        for path, count in zip(paths, counts):
            for name, values in vars(Tiles.load(path)).items():
                getattr(joined, name)[at:at + count] = values
            at += count
        return joined


def decode(path: Path, width: int, height: int) -> Iterator[np.ndarray]:
    """The luma plane of each frame as the decoder gives it, without a change of range."""
    command = ["ffmpeg", "-loglevel", "error", "-threads", "1", "-i", str(path), "-fps_mode", "passthrough",
               "-vf", "extractplanes=y", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while len(plane := process.stdout.read(width * height)) == width * height:
            yield np.frombuffer(plane, np.uint8).reshape(height, width)


def candidates(grid: np.ndarray, levels: float = GATE_LEVELS) -> np.ndarray:
    """Rows and columns of the cells that are the largest of their 3x3 and reach `levels`."""
    peak = cv2.dilate(grid, np.ones((3, 3), np.uint8))
    return np.argwhere((grid >= levels) & (grid == peak))


def cut(frames: dict[int, np.ndarray], x: float, y: float) -> np.ndarray:
    """The tile centred on pixel (x, y); beyond the picture its edge is repeated."""
    left, top = int(round(x)) - TILE // 2, int(round(y)) - TILE // 2
    height, width = frames[0].shape
    if 0 <= left <= width - TILE and 0 <= top <= height - TILE:
        return np.stack([frames[age][top:top + TILE, left:left + TILE] for age in TILE_AGES])
    rows = np.clip(np.arange(top, top + TILE), 0, height - 1)
    columns = np.clip(np.arange(left, left + TILE), 0, width - 1)
    window = np.ix_(rows, columns)
    return np.stack([frames[age][window] for age in TILE_AGES])


@dataclass(frozen=True)
class Thing:
    label: int
    x: float
    y: float
    vx: float
    vy: float
    size: float
    contrast: float
    visible: bool


def things_by_frame(truth: dict) -> tuple[dict[int, list[Thing]], dict[int, list[Thing]]]:
    """What was where, and the mirror images, which teach nothing because they look like falls."""
    things: dict[int, list[Thing]] = {}
    mirrors: dict[int, list[Thing]] = {}
    for item in truth["objects"]:
        label = CLASSES.index(item["class"])
        track = item["track"]
        for i, (number, x, y, size, visible, *_) in enumerate(track):
            before, after = track[max(0, i - 1)], track[min(len(track) - 1, i + 1)]
            span = max(1, after[0] - before[0])
            things.setdefault(number, []).append(
                Thing(label, x, y, (after[1] - before[1]) / span, (after[2] - before[2]) / span, size,
                      item.get("contrast", 0.0), bool(visible)))
        for number, x, y, size in item.get("mirrored", []):
            mirrors.setdefault(number, []).append(Thing(label, x, y, 0, 0, size, 0, True))
    return things, mirrors


def label_of(truth: dict, here: list[Thing], mirrors: list[Thing], x: float, y: float) -> tuple[int | None, Thing | None]:
    """The class at a candidate, and the thing itself; None where the truth is not certain."""
    def near(thing: Thing) -> float:
        # Blur spreads a thing along its way.
        reach = thing.size / 2 + 9
        along = max(0.0, math.hypot(x - thing.x, y - thing.y) - 0.35 * math.hypot(thing.vx, thing.vy))
        return along / reach

    thrown = CLASSES.index("thrown-object")
    here = [thing for thing in here if abs(thing.x - x) < NEAR and abs(thing.y - y) < NEAR]
    closest = min(here, key=near, default=None)
    region = next((r for r in truth["regions"] if _inside(r["box"], x, y)), None)
    if closest is not None and near(closest) < 1:
        if closest.label != thrown and region is not None and region["class"] == "noise":
            # A leaf behind the clock's digits is not what the gate has seen.
            return CLASSES.index("noise"), None
        if closest.label != thrown and any(near(t) < 1.3 for t in here if t.label == thrown):
            return None, None
        return (closest.label, closest) if closest.visible else (None, None)
    if any(near(thing) < 2 for thing in [*mirrors, *(t for t in here if t.label == thrown)]):
        return None, None
    if truth.get("partial"):
        # A clip that somebody judged: only what the alarm was about is known.
        return None, None
    if region is not None:
        return CLASSES.index(region["class"]), None
    if truth["weather"]:
        return CLASSES.index("rain-or-snow"), None
    return CLASSES.index("reflection-or-flicker" if truth["lightChanges"] else "noise"), None


def _inside(box: list[int], x: float, y: float) -> bool:
    left, top, width, height = box
    return left - 6 <= x < left + width + 6 and top - 6 <= y < top + height + 6


def cut_clip(video: Path) -> Tiles:
    truth = json.loads(video.with_suffix(".json").read_text())
    rng = np.random.default_rng([truth["frames"], *video.stem.encode()])
    things, mirrors = things_by_frame(truth)
    ring: deque[np.ndarray] = deque(maxlen=max(*AGES, *TILE_AGES) + 1)
    pixels, labels, motions, contrasts = [], [], [], []
    for number, plane in enumerate(decode(video, truth["width"], truth["height"])):
        ring.append(plane)
        if len(ring) < 5:
            continue
        frames = {age: ring[-1 - min(age, len(ring) - 1)] for age in {*AGES, *TILE_AGES}}
        reference = number - REFERENCE_AGE
        if rng.random() > FRAMES_USED:
            continue
        here, ghosts = things.get(reference, []), mirrors.get(reference, [])
        grid = differences(frames)
        for x, y, label, thing in _places(rng, truth, here, ghosts, grid):
            pixels.append(cut(frames, x, y))
            labels.append(label)
            motions.append([thing.x - round(x), thing.y - round(y), thing.vx, thing.vy, thing.size] if thing else [np.nan] * 5)
            contrasts.append(thing.contrast if thing else 0.0)
    return Tiles(np.array(pixels, np.uint8).reshape(-1, len(TILE_AGES), TILE, TILE), np.array(labels, np.int64),
                 np.array(motions, np.float32).reshape(-1, 5), np.array(contrasts, np.float32))


def _places(
    rng: np.random.Generator, truth: dict, here: list[Thing], ghosts: list[Thing], grid: np.ndarray,
) -> list[tuple[float, float, int, Thing | None]]:
    """Where to cut a frame's tiles: once for each thing that a cell saw, and a few of the other cells."""
    places: list[tuple[float, float, int, Thing | None]] = []
    seen: set[int] = set()
    others = 0
    points = [((column + 0.5) * CELL + rng.uniform(-5, 5), (row + 0.5) * CELL + rng.uniform(-5, 5))
              for row, column in rng.permutation(candidates(grid))[:40]]
    partial = truth.get("partial", False)
    points += [(thing.x + rng.normal(0, 5), thing.y + rng.normal(0, 5))
               for thing in here if rng.random() < (1 if partial else UNGATED) and (partial or thing.contrast >= 8)]
    if rng.random() < UNGATED:
        points.append((rng.uniform(0, truth["width"]), rng.uniform(0, truth["height"])))
    for x, y in points:
        label, thing = label_of(truth, here, ghosts, x, y)
        if label is None:
            continue
        if thing is None:
            others += 1
            if others > OTHERS_PER_FRAME:
                continue
        elif id(thing) in seen or (label != 0 and rng.random() < 0.5):
            continue
        else:
            seen.add(id(thing))
        places.append((x, y, label, thing))
    return places


def _cut(video: Path) -> Path:
    cv2.setNumThreads(1)
    stored = video.with_suffix(".npz")
    if not stored.exists():
        cut_clip(video).save(stored)
    return stored


def cut_clips(videos: list[Path], processes: int) -> Tiles:
    """The tiles of all clips; those of a clip are kept beside it and not cut again."""
    with Pool(processes) as pool:
        stored = pool.map(_cut, videos, chunksize=1)
    return Tiles.load_all(stored)
