"""Outlines that sprites are cut from. Each fills about the sprite's inner 40 pixels in its longer direction."""

from collections.abc import Callable

import cv2
import numpy as np

from actors.drawing import SPRITE
from scene import Rng

Outline = Callable[[Rng], np.ndarray]


def polygon(points: list[tuple[float, float]]) -> Outline:
    def draw(rng: Rng) -> np.ndarray:
        jitter = rng.normal(0, 0.03, (len(points), 2))
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.fillPoly(alpha, [((np.array(points) + jitter) * 20 + 23.5).astype(np.int32)], 1.0, cv2.LINE_8)
        return alpha
    return draw


def ellipse(ratio: float, hole: float = 0.0) -> Outline:
    def draw(rng: Rng) -> np.ndarray:
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.ellipse(alpha, (23, 23), (20, max(2, int(20 * ratio * rng.uniform(0.85, 1.15)))), 0, 0, 360, 1.0, -1)
        if hole:
            cv2.ellipse(alpha, (23, 23), (int(20 * hole), max(1, int(20 * hole * ratio))), 0, 0, 360, 0.0, -1)
        return alpha
    return draw


def blob(points: int, spread: float) -> Outline:
    def draw(rng: Rng) -> np.ndarray:
        angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
        radii = 20 * np.clip(1 - spread * rng.random(points), 0.2, 1)
        outline = np.stack([23.5 + radii * np.cos(angles), 23.5 + radii * np.sin(angles)], axis=1)
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.fillPoly(alpha, [outline.astype(np.int32)], 1.0)
        return alpha
    return draw


def both(first: Outline, second: Outline) -> Outline:
    return lambda rng: np.maximum(first(rng), second(rng))


def box(half_width: float, half_height: float) -> Outline:
    w, h = half_width, half_height
    return polygon([(-w, -h), (w, -h), (w, h), (-w, h)])
