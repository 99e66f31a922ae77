"""Leaves and petals."""

from dataclasses import dataclass

import numpy as np

from actors.drawing import OnItsWay, Pose, Sighting, Sprite, inside, make_sprite, paste, pick_level
from actors.outlines import ellipse
from scene import Rng, Scene


@dataclass
class Leaf(OnItsWay):
    """A leaf or petal: small, slow, mostly swinging from side to side as it sinks."""

    sprite: Sprite
    xs: np.ndarray
    ys: np.ndarray
    size: float
    start: int
    spin: tuple[float, float]
    psf: float
    exposure: float
    label: str = "leaf-or-laundry"

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        scale = self.size / 36
        poses = []
        for share in (0.0, self.exposure):
            x = self.xs[step] + (self.xs[step + 1] - self.xs[step]) * share
            y = self.ys[step] + (self.ys[step + 1] - self.ys[step]) * share
            when = number + share
            poses.append(Pose(x, y, scale, scale * (0.15 + 0.85 * abs(np.sin(self.spin[1] * when))), self.spin[0] * when))
        paste(frame, self.sprite, *poses, self.psf)
        return inside(frame, poses[0].x, poses[0].y, self.size)


def make_leaf(
    rng: Rng, scene: Scene, *, fps: float, frames: int, psf: float, exposure: float, seconds: tuple[float, float] = (1.5, 6),
) -> Leaf:
    camera = scene.camera
    size = float(np.exp(rng.uniform(np.log(2.5), np.log(13))))
    length = int(rng.uniform(*seconds) * fps)
    time = np.arange(length) / fps
    # The near ones are the large and the fast ones.
    sink = np.exp(rng.uniform(np.log(6), np.log(50))) * (0.6 + 0.09 * size)
    # Every third sinks without swinging, and looks like a light thing that was thrown.
    swing, beat = (rng.uniform(0.2, 1.0) if rng.random() < 0.65 else rng.uniform(0, 0.12)) * sink, rng.uniform(2, 8)
    phase = rng.uniform(0, 6.28)
    drift = rng.normal(0, 0.5 if rng.random() < 0.7 else 1.5)
    xs = rng.uniform(0, 1) * camera.width + drift * sink * time + swing / beat * 2 * np.sin(beat * time + phase)
    ys = rng.uniform(-0.1, 0.9) * camera.height + sink * time + 0.5 * swing / beat * np.sin(2 * beat * time + phase)
    level = pick_level(rng, float(np.median(scene.picture)), 10, 90)
    return Leaf(make_sprite(rng, ellipse(rng.uniform(0.3, 0.7))(rng), level), xs, ys, size,
                int(rng.integers(-length // 2, max(1, frames - 10))), (rng.normal(0, 0.25), rng.uniform(0.02, 0.5)),
                psf, exposure)
