"""Birds: crossing, gliding, soaring, diving, fluttering."""

from dataclasses import dataclass

import cv2
import numpy as np

from actors.drawing import SPRITE, OnItsWay, Pose, Sighting, Sprite, inside, make_sprite, paste, pick_level
from scene import Rng, Scene


@dataclass
class Flyer(OnItsWay):
    """A bird: body and two wings, on a smooth path in pixels."""

    sprites: list[Sprite]
    xs: np.ndarray
    ys: np.ndarray
    sizes: np.ndarray
    flap: float
    start: int
    exposure: float
    psf: float
    from_below: bool
    label: str = "bird-or-insect"

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        x0, y0 = self.xs[step], self.ys[step]
        dx, dy = self.xs[step + 1] - x0, self.ys[step + 1] - y0
        size = self.sizes[step]
        heading = float(np.arctan2(dy, dx))
        # Seen from the side a bird banks little: the body leans half as much as it climbs.
        angle = heading if self.from_below else heading * 0.5 if abs(heading) < np.pi / 2 else (heading - np.sign(heading) * np.pi) * 0.5
        sprite = self.sprites[int(self.flap * step) % len(self.sprites)]
        scale = size / 36
        after = (x0 + dx * self.exposure, y0 + dy * self.exposure)
        paste(frame, sprite, Pose(x0, y0, scale, scale, angle), Pose(*after, scale, scale, angle), self.psf)
        return inside(frame, (x0 + after[0]) / 2, (y0 + after[1]) / 2, size)


def make_bird(rng: Rng, scene: Scene, *, fps: float, frames: int, psf: float, exposure: float) -> Flyer:
    camera = scene.camera
    level = pick_level(rng, float(np.median(scene.picture)), 12, 140)
    from_below = rng.random() < 0.55
    sprites = _wings_from_below(rng, level) if from_below else _wings_from_the_side(rng, level)
    style = str(rng.choice(["cross", "glide", "soar", "dive", "flutter"], p=[0.2, 0.3, 0.24, 0.14, 0.12]))
    size = float(np.exp(rng.uniform(np.log(4), np.log(40))))
    # A soaring bird covers one or a few of its own lengths a second, a small fast one forty.
    slowest = 1.0 if style in ("soar", "glide") else 2.5
    speed = np.clip(size * np.exp(rng.uniform(np.log(slowest), np.log(40))), 12, 900) / fps
    length = frames if style in ("soar", "flutter") else int(np.clip(1.6 * camera.width / speed, 12, frames))
    time = np.arange(length)
    direction = rng.choice([-1, 1])
    x0 = rng.uniform(0.1, 0.9) * camera.width
    y0 = rng.uniform(0.05, 0.8) * camera.height
    if style == "cross":
        x0 = -10.0 if direction > 0 else camera.width + 10.0
        bend = rng.normal(0, 0.25)
        xs = x0 + direction * speed * time
        ys = y0 + bend * speed * time + rng.uniform(0, 8) * np.sin(time / fps * rng.uniform(1, 5))
    elif style == "glide":
        # Straight on in any direction, down included, which is what looks most like a fall.
        course, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.25) / fps
        way = course + bend * time
        middle = int(rng.uniform(0.2, 0.8) * length)
        xs, ys = np.cumsum(speed * np.cos(way)), np.cumsum(speed * np.sin(way))
        xs, ys = xs - xs[middle] + x0, ys - ys[middle] + y0
    elif style == "soar":
        radius = speed * fps * rng.uniform(1.5, 4) / (2 * np.pi)
        phase = rng.uniform(0, 6.28)
        xs = x0 + radius * np.cos(phase + direction * time * speed / max(radius, 1)) + rng.normal(0, 0.4) * time
        ys = y0 + radius * rng.uniform(0.15, 0.6) * np.sin(phase + direction * time * speed / max(radius, 1))
    elif style == "dive":
        # Down and out again: a swoop whose lowest point is inside the picture.
        span = rng.uniform(0.35, 1.1) * fps
        depth = rng.uniform(0.2, 0.8) * camera.height
        along = np.clip((time - length * 0.3) / span, -3, 3)
        xs = x0 + direction * speed * time * rng.uniform(0.5, 1.5)
        ys = y0 * 0.5 + depth / (1 + np.exp(-4 * along)) - rng.uniform(0, 0.5) * speed * np.clip(time - length * 0.6, 0, None)
    else:
        walk = cv2.GaussianBlur(rng.normal(0, 1, (2, length)).astype(np.float32), (0, 0), fps * 0.2, fps * 0.001 + 0.01)
        walk /= max(float(walk.std()), 1e-3)
        xs, ys = x0 + np.cumsum(walk[0]) * speed * 0.6, y0 + np.cumsum(walk[1]) * speed * 0.5
    flap = 0.0 if style in ("soar", "glide") and rng.random() < 0.6 else rng.uniform(3, 14) * len(sprites) / fps
    sizes = size * (1 + rng.normal(0, 0.25) * time / length)
    return Flyer(sprites, xs, ys, np.clip(sizes, 3, 45), flap, int(rng.integers(-length // 3, max(1, frames - 8))),
                 exposure, psf, from_below)


def _wings_from_the_side(rng: Rng, level: float) -> list[Sprite]:
    ratio, reach = rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.0)
    sprites = []
    for lift in np.sin(np.linspace(0, 2 * np.pi, 8, endpoint=False)):
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.ellipse(alpha, (23, 23), (12, max(2, int(12 * ratio))), 0, 0, 360, 1.0, -1)
        for side in (-1, 1):
            tip = (23 + side * int(20 * reach * (1 - 0.4 * abs(lift))), 23 - int(16 * lift * reach) - 2)
            cv2.fillPoly(alpha, [np.array([(19, 23), (27, 23), tip])], 1.0)
        sprites.append(make_sprite(rng, alpha, level * rng.uniform(0.9, 1.1)))
    return sprites


def _wings_from_below(rng: Rng, level: float) -> list[Sprite]:
    """The plan view: the body along x, swept wings across it, as a camera that looks up sees them."""
    body, chord, sweep = rng.uniform(8, 16), rng.uniform(3, 7), rng.uniform(-4, 9)
    sprites = []
    for lift in np.cos(np.linspace(0, 2 * np.pi, 8, endpoint=False)):
        span = 20 * (0.55 + 0.45 * abs(lift))
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.ellipse(alpha, (23, 23), (int(body), max(2, int(body * 0.28))), 0, 0, 360, 1.0, -1)
        for side in (-1, 1):
            wing = [(23 + chord, 23), (23 + chord * 0.6 - sweep * 0.4, 23 + side * span * 0.5),
                    (23 - sweep, 23 + side * span), (23 - chord, 23 + side * span * 0.4), (23 - chord, 23)]
            cv2.fillPoly(alpha, [np.array(wing).astype(np.int32)], 1.0)
        sprites.append(make_sprite(rng, alpha, level * rng.uniform(0.92, 1.08)))
    return sprites
