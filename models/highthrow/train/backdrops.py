"""Photographs and recordings of real walls, as the still part of a composite instead of a drawn facade.

What falls and flies is still ours and follows the drawn facade's geometry; what it passes, and in a
recording what else moves there, is the world's. For evaluation: no weight has learnt from such clips.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from scene import Scene

PHOTOGRAPHS, RECORDINGS = {".jpg", ".jpeg", ".png"}, {".mp4", ".avi", ".mkv", ".mov"}
# So much of a recording is kept in memory and played to and fro: a cut would be a step of light.
SECONDS_MAX = 10.0


@dataclass(frozen=True)
class Backdrop:
    """Pictures as float32 luma, one of a photograph; `fps` of a recording, whose grain is its own."""

    pictures: list[np.ndarray]
    fps: float | None

    def before(self, scene: Scene) -> Scene:
        return replace(scene, picture=self.at(0), window_boxes=[])

    def at(self, number: int) -> np.ndarray:
        there_and_back = max(1, 2 * len(self.pictures) - 2)
        place = number % there_and_back
        return self.pictures[min(place, there_and_back - place)].astype(np.float32)


def backdrops_of(folder: Path) -> list[Path]:
    """The folder's photographs and recordings; a ValueError or OSError where there are none."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTOGRAPHS | RECORDINGS)
    if not files:
        raise ValueError(f"{folder}: no photograph (jpg, png) and no recording (mp4, avi, mkv, mov) in it")
    return files


def open_backdrop(folder: Path, number: int, size: tuple[int, int]) -> Backdrop:
    """The clip's own one of the folder, cut and scaled to the size (width, height)."""
    files = backdrops_of(folder)
    path = files[number % len(files)]
    if path.suffix.lower() in PHOTOGRAPHS:
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ValueError(f"{path}: cannot be read as a picture")
        return Backdrop([_fitted(picture, size)], None)
    recording = cv2.VideoCapture(str(path))
    fps = min(60.0, recording.get(cv2.CAP_PROP_FPS) or 25.0)
    pictures: list[np.ndarray] = []
    while len(pictures) < SECONDS_MAX * fps:
        seen, picture = recording.read()
        if not seen:
            break
        pictures.append(_fitted(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), size))
    if not pictures:
        raise ValueError(f"{path}: cannot be read as a recording")
    return Backdrop(pictures, fps)


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of the picture that has the size's shape, uint8 so that a recording takes little."""
    height, width = picture.shape
    scale = max(size[0] / width, size[1] / height)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(picture, (max(size[0], round(width * scale)), max(size[1], round(height * scale))), interpolation=way)
    x, y = (large.shape[1] - size[0]) // 2, (large.shape[0] - size[1]) // 2
    return np.ascontiguousarray(large[y:y + size[1], x:x + size[0]])
