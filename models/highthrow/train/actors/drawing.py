"""How actors are drawn.

A sprite is drawn larger than it will appear. `paste` scales, turns and flattens it, and integrates
it along its path over the exposure, so that blur follows speed.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from scene import Rng, smooth_noise

SPRITE = 48


@dataclass(frozen=True)
class Sighting:
    x: float
    y: float
    size: float
    contrast: float = 0.0


class Sprite:
    """Light and cover, float32 [48, 48, 2], and its blurred copies for drawing it small."""

    def __init__(self, grey: np.ndarray, alpha: np.ndarray) -> None:
        self._copies = {1: np.dstack([grey * alpha, alpha])}

    def for_scale(self, scale: float) -> np.ndarray:
        """Averaged over as many pixels as one of the picture's will cover."""
        width = max(1, min(15, round(1 / max(scale, 0.05))))
        if width not in self._copies:
            self._copies[width] = cv2.blur(self._copies[1], (width, width))
        return self._copies[width]


class Actor(Protocol):
    label: str

    @property
    def life(self) -> range | None:
        """The frames outside of which it draws nothing; None: it is there all the time."""

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        """Asked for the frames of its life only."""
        ...


class OnItsWay:
    """An actor that follows a way of its own, a place for each frame from `start` on and one more."""

    start: int
    xs: np.ndarray

    @property
    def life(self) -> range:
        return range(self.start, self.start + len(self.xs) - 1)


@dataclass
class Pose:
    x: float
    y: float
    scale_x: float
    scale_y: float
    angle: float


def paste(
    frame: np.ndarray, sprite: Sprite, before: Pose, after: Pose, psf: float, *, opacity: float = 1.0, gleam: float = 1.0,
) -> float:
    """Draws the sprite averaged over its way from `before` to `after`, the exposure's two ends.

    Answers the largest change of a pixel, in grey levels: the contrast that is left after blur.
    """
    largest = max(before.scale_x, before.scale_y, after.scale_x, after.scale_y)
    reach = largest * SPRITE * 0.75 + 3 * psf + 3
    x0, x1 = math.floor(min(before.x, after.x) - reach), math.ceil(max(before.x, after.x) + reach)
    y0, y1 = math.floor(min(before.y, after.y) - reach), math.ceil(max(before.y, after.y) + reach)
    if x1 <= 0 or y1 <= 0 or x0 >= frame.shape[1] or y0 >= frame.shape[0] or (x1 - x0) * (y1 - y0) > 250_000:
        return 0.0
    steps = int(min(16, max(1, math.hypot(after.x - before.x, after.y - before.y) / 1.6)))
    pixels = sprite.for_scale(largest)
    half = (SPRITE - 1) / 2
    drawn = np.zeros((y1 - y0, x1 - x0, 2), np.float32)
    for step in range(steps):
        share = (step + 0.5) / steps
        x, y = before.x + (after.x - before.x) * share, before.y + (after.y - before.y) * share
        scale_x = before.scale_x + (after.scale_x - before.scale_x) * share
        scale_y = before.scale_y + (after.scale_y - before.scale_y) * share
        angle = before.angle + (after.angle - before.angle) * share
        a, b = math.cos(angle) * scale_x, -math.sin(angle) * scale_y
        c, d = math.sin(angle) * scale_x, math.cos(angle) * scale_y
        matrix = np.array([[a, b, x - x0 - (a + b) * half], [c, d, y - y0 - (c + d) * half]])
        drawn += cv2.warpAffine(pixels, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    if psf > 0.3:
        drawn = cv2.GaussianBlur(drawn, (0, 0), psf)
    fx0, fy0, fx1, fy1 = max(x0, 0), max(y0, 0), min(x1, frame.shape[1]), min(y1, frame.shape[0])
    part = frame[fy0:fy1, fx0:fx1]
    inner = drawn[fy0 - y0:fy1 - y0, fx0 - x0:fx1 - x0] * (opacity / steps)
    change = inner[:, :, 0] * gleam - part * inner[:, :, 1]
    part += change
    return float(np.abs(change).max(initial=0.0))


def inside(frame: np.ndarray, x: float, y: float, size: float) -> list[Sighting]:
    height, width = frame.shape
    margin = size / 2
    return [Sighting(x, y, size)] if -margin < x < width + margin and -margin < y < height + margin else []


def make_sprite(rng: Rng, alpha: np.ndarray, level: float) -> Sprite:
    shade = smooth_noise(rng, SPRITE, SPRITE, rng.uniform(6, 24)) * rng.uniform(0, 0.14) * max(level, 40)
    grey = np.clip(level + shade, 0, 255).astype(np.float32)
    return Sprite(grey, cv2.GaussianBlur(alpha, (0, 0), 0.8))


def pick_level(rng: Rng, background: float, contrast_min: float, contrast_max: float) -> float:
    """A grey that differs from the background by a log-uniform amount, in either polarity."""
    contrast = np.exp(rng.uniform(np.log(contrast_min), np.log(contrast_max)))
    room_up, room_down = 250 - background, background - 3
    up = rng.random() < 0.5
    if (room_up if up else room_down) < contrast:
        up = room_up > room_down
    return float(np.clip(background + (contrast if up else -contrast), 2, 253))
