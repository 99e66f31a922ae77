"""Rain and snow."""

from dataclasses import dataclass

import cv2
import numpy as np

from actors.drawing import Sighting
from scene import Rng, Scene


@dataclass
class Precipitation:
    """Rain streaks or snow flakes in three dimensions of nearness."""

    x: np.ndarray
    y: np.ndarray
    vx: np.ndarray
    vy: np.ndarray
    size: np.ndarray
    opacity: np.ndarray
    level: float
    streaks: bool
    exposure: float
    swirl: float
    bounds: tuple[int, int]
    label: str = "rain-or-snow"
    life: range | None = None

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        width, height = self.bounds
        x = (self.x + self.vx * number + self.swirl * np.sin(number * 0.2 + self.x)) % (width + 80) - 40
        y = (self.y + self.vy * number) % (height + 80) - 40
        layer = np.zeros((height, width), np.uint8)
        heads = _sixteenths(x, y)
        ink = (255 * self.opacity).astype(int).tolist()
        if self.streaks:
            tails = _sixteenths(x - self.vx * self.exposure, y - self.vy * self.exposure)
            thick = np.maximum(1, self.size.astype(int)).tolist()
            for head, tail, level, wide in zip(heads, tails, ink, thick):
                cv2.line(layer, head, tail, level, wide, cv2.LINE_AA, 4)
        else:
            for head, level, radius in zip(heads, ink, (self.size * 8).astype(int).tolist()):
                cv2.circle(layer, head, radius, level, -1, cv2.LINE_AA, 4)
        alpha = cv2.GaussianBlur(layer, (0, 0), 0.8).astype(np.float32) / 255
        frame += (self.level - frame) * alpha
        # Single drops are not in the truth: the whole clip is marked.
        return []


def _sixteenths(x: np.ndarray, y: np.ndarray) -> list[list[int]]:
    return np.stack([x * 16, y * 16], axis=1).astype(int).tolist()


def make_precipitation(rng: Rng, scene: Scene, kind: str, fps: float, exposure: float) -> Precipitation:
    camera = scene.camera
    rain = kind == "rain"
    count = int(np.exp(rng.uniform(np.log(8), np.log(350))))
    near = rng.random(count) ** 2
    speed = (np.exp(rng.uniform(np.log(200), np.log(1400))) if rain else rng.uniform(30, 160)) / fps * (0.3 + near)
    slant = rng.normal(0, 0.15 if rain else 0.4)
    size = (0.6 + rng.uniform(1, 3) * near) if rain else (1.2 + rng.uniform(3, 7) * near)
    opacity = (rng.uniform(0.08, 0.5) if rain else rng.uniform(0.3, 0.9)) * (0.4 + 0.6 * rng.random(count))
    dim = {"day": 1.0, "dusk": 0.75, "night": 0.6, "infrared": 1.0}[scene.light]
    return Precipitation(
        rng.uniform(0, camera.width + 80, count), rng.uniform(0, camera.height + 80, count),
        speed * slant + rng.normal(0, 0.3, count), speed, size, opacity, rng.uniform(170, 250) * dim, rain,
        exposure if rain else 0.0, 0.0 if rain else rng.uniform(0, 4), (camera.width, camera.height))
