"""Foliage, laundry, quilts and bunting."""

from dataclasses import dataclass

import cv2
import numpy as np

from actors.drawing import Sighting
from scene import Rng, Scene, smooth_noise


@dataclass
class Cloth:
    """A patch that moves with the wind: foliage, laundry, a quilt or bunting."""

    label: str
    box: tuple[int, int, int, int]
    grey: np.ndarray
    alpha: np.ndarray
    field: np.ndarray
    amplitude: float
    rate: float
    hangs: bool
    life: range | None = None

    def __post_init__(self) -> None:
        _, _, width, height = self.box
        self.columns, self.rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self.field_of_lift = self.field * 1.7

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        x0, y0, width, height = self.box
        gust = 0.6 + 0.4 * np.sin(0.013 * number + 2)
        weight = np.linspace(0, 1, height, dtype=np.float32)[:, None] if self.hangs else np.float32(1)
        map_x = np.sin(self.rate * number + self.field)
        map_x *= self.amplitude * gust * weight
        map_x += self.columns
        map_y = np.sin(self.rate * 1.3 * number + self.field_of_lift + 1)
        map_y *= 0.4 * self.amplitude * gust * weight
        map_y += self.rows
        alpha = cv2.remap(self.alpha, map_x, map_y, cv2.INTER_LINEAR)
        grey = cv2.remap(self.grey, map_x, map_y, cv2.INTER_LINEAR)
        part = frame[y0:y0 + height, x0:x0 + width]
        part *= 1 - alpha
        part += grey * alpha
        return []

    def hides(self, x: float, y: float) -> bool:
        column, row = int(x) - self.box[0], int(y) - self.box[1]
        return 0 <= column < self.box[2] and 0 <= row < self.box[3] and self.alpha[row, column] > 0.5


def make_cloth(rng: Rng, scene: Scene, kind: str, fps: float) -> Cloth:
    camera = scene.camera
    dim = {"day": 1.0, "dusk": 0.6, "night": 0.25, "infrared": 0.6}[scene.light]
    if kind == "tree":
        width = int(rng.uniform(0.12, 0.45) * camera.width)
        height = int(rng.uniform(0.15, 0.6) * camera.height)
        x0 = int(rng.choice([0, rng.uniform(0, camera.width - width), camera.width - width]))
        y0 = camera.height - height if rng.random() < 0.6 else int(rng.uniform(0, camera.height - height))
        grain = rng.uniform(2, 9)
        grey = rng.uniform(30, 100) * dim + smooth_noise(rng, height, width, grain) * rng.uniform(8, 30) * dim
        rows, columns = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
        solid = 1.1 - np.hypot(rows, columns) + 0.35 * smooth_noise(rng, height, width, grain * 2)
        alpha = np.clip(solid * 4, 0, 1)
        amplitude, rate, hangs = rng.uniform(0.4, 6), rng.uniform(0.6, 3) * 2 * np.pi / fps, False
    else:
        width = int(rng.uniform(8, 90))
        height = int(rng.uniform(8, 80)) if kind == "laundry" else int(rng.uniform(6, 20))
        if kind == "bunting":
            width = int(rng.uniform(60, max(61, 0.5 * camera.width)))
        x0, y0 = int(rng.uniform(0, camera.width - width)), int(rng.uniform(0, camera.height - height))
        grey = rng.uniform(15, 240) * dim + smooth_noise(rng, height, width, rng.uniform(3, 20)) * rng.uniform(0, 35) * dim
        if rng.random() < 0.4:
            grey = grey + 40 * dim * np.sign(np.sin(np.arange(width) * rng.uniform(0.2, 0.9)))[None, :]
        alpha = np.zeros((height, width), np.float32)
        alpha[1:-1, 3:-3] = 1
        if kind == "bunting":
            period = rng.uniform(8, 24)
            triangle = abs((np.arange(width) / period) % 1 - 0.5) * 2
            alpha *= np.linspace(0, 1, height)[:, None] < triangle[None, :]
        amplitude, rate, hangs = rng.uniform(0.5, 7), rng.uniform(0.3, 2.5) * 2 * np.pi / fps, True
    # Whole boughs sway together; leaves each on their own.
    grain = rng.uniform(6, 20) if kind == "tree" and rng.random() < 0.4 else max(width, height) / rng.uniform(1, 5)
    phase = smooth_noise(rng, height, width, grain) * 1.5
    return Cloth("leaf-or-laundry", (x0, y0, width, height), np.clip(grey, 0, 255).astype(np.float32),
                 alpha.astype(np.float32), phase.astype(np.float32), float(amplitude), float(rate), hangs)
