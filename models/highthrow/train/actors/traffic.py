"""Cars and people."""

from dataclasses import dataclass

import numpy as np

from actors.drawing import Pose, Sighting, Sprite, inside, make_sprite, paste
from actors.outlines import both, box, ellipse
from scene import Rng, Scene


@dataclass
class Traffic:
    """Cars and people along the lower edge."""

    sprite: Sprite
    x: float
    y: float
    speed: float
    bob: float
    scale: tuple[float, float]
    psf: float
    label: str = "noise"
    life: range | None = None

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        x = self.x + self.speed * number
        y = self.y + self.bob * abs(np.sin(number * 0.25))
        pose = Pose(x, y, *self.scale, 0)
        paste(frame, self.sprite, pose, Pose(x + self.speed * 0.4, y, *self.scale, 0), self.psf)
        return inside(frame, x, y, max(self.scale) * 40)


def make_traffic(rng: Rng, scene: Scene, *, fps: float, frames: int, psf: float) -> Traffic:
    camera = scene.camera
    person = rng.random() < 0.5
    size = rng.uniform(0.4, 2.0) if person else rng.uniform(1.0, 4.0)
    speed = rng.choice([-1, 1]) * (rng.uniform(10, 60) if person else rng.uniform(50, 500)) / fps
    alpha = (both(ellipse(1.0), box(0.5, 1.0)) if person else both(box(1.0, 0.3), box(0.55, 0.55)))(rng)
    scale = (size * 0.4, size) if person else (size, size * 0.8)
    x = rng.uniform(0, 1) * camera.width - speed * frames * rng.uniform(0, 1)
    y = camera.height * rng.uniform(0.8, 1.02)
    return Traffic(make_sprite(rng, alpha, rng.uniform(10, 240)), x, y, speed, 1.5 if person else 0.0, scale, psf)
