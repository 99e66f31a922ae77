"""Insects before the lens."""

from dataclasses import dataclass

import numpy as np

from actors.drawing import OnItsWay, Pose, Sighting, Sprite, inside, make_sprite, paste, pick_level
from actors.outlines import ellipse
from scene import Rng, Scene


@dataclass
class Insect(OnItsWay):
    """Near the lens: out of focus, fast, and bright when the camera lights it."""

    sprite: Sprite
    xs: np.ndarray
    ys: np.ndarray
    size: float
    start: int
    opacity: float
    defocus: float
    wingbeat: float
    exposure: float
    label: str = "bird-or-insect"

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        x0, y0 = self.xs[step], self.ys[step]
        dx, dy = (self.xs[step + 1] - x0) * self.exposure, (self.ys[step + 1] - y0) * self.exposure
        scale = self.size / 36
        # A lit wing-beat leaves beads along the streak.
        beads = max(1, int(np.hypot(dx, dy) * self.wingbeat / max(self.size, 2)))
        for bead in range(beads):
            a, b = bead / beads, (bead + (0.5 if beads > 1 else 1)) / beads
            paste(frame, self.sprite, Pose(x0 + dx * a, y0 + dy * a, scale, scale, 0),
                  Pose(x0 + dx * b, y0 + dy * b, scale, scale, 0), self.defocus, opacity=self.opacity / beads**0.5)
        return inside(frame, x0 + dx / 2, y0 + dy / 2, self.size)


def make_insect(rng: Rng, scene: Scene, *, fps: float, frames: int, exposure: float) -> Insect:
    camera = scene.camera
    lit = scene.light in ("night", "infrared")
    level = rng.uniform(140, 250) if lit else pick_level(rng, float(np.median(scene.picture)), 15, 120)
    size = float(np.exp(rng.uniform(np.log(4), np.log(45))))
    length = int(rng.uniform(0.25, 2.5) * fps)
    speed = np.exp(rng.uniform(np.log(40), np.log(1500))) / fps
    turn = np.cumsum(rng.normal(0, rng.uniform(0.02, 0.35), length)) + rng.uniform(0, 6.28)
    pace = speed * np.clip(1 + 0.3 * rng.standard_normal(length), 0.3, 2)
    xs = rng.uniform(0, 1) * camera.width + np.cumsum(pace * np.cos(turn))
    ys = rng.uniform(0, 1) * camera.height + np.cumsum(pace * np.sin(turn))
    alpha = ellipse(rng.uniform(0.4, 1.0))(rng)
    return Insect(make_sprite(rng, alpha, level), xs, ys, size, int(rng.integers(-length // 2, max(1, frames - 6))),
                  rng.uniform(0.3, 0.95), size * rng.uniform(0.05, 0.3) + 0.4,
                  rng.uniform(0.5, 1.5) if lit and rng.random() < 0.6 else 0.0, exposure)
