"""What moves in a composite. Each actor draws itself into a float32 luma frame and says where it was.

A sprite is drawn larger than it will appear. `paste` scales, turns and flattens it, and integrates
it along its path over the exposure, so that blur follows speed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from scene import Rng, Scene, smooth_noise

SPRITE = 48
GRAVITY = 9.81
# Terminal speed in m/s below which a thing is carried by the wind.
LIGHT_SPEED = 7
# Pixels and grey levels up to which a thrown thing counts as small and faint.
FAINT_SIZE_PX = 9
FAINT_CONTRAST = 40


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

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]: ...


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


# Things that people throw. Each fills about the sprite's inner 40 pixels in its longer direction.

def _polygon(points: list[tuple[float, float]]) -> Callable[[Rng], np.ndarray]:
    def draw(rng: Rng) -> np.ndarray:
        jitter = rng.normal(0, 0.03, (len(points), 2))
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.fillPoly(alpha, [((np.array(points) + jitter) * 20 + 23.5).astype(np.int32)], 1.0, cv2.LINE_8)
        return alpha
    return draw


def _ellipse(ratio: float, hole: float = 0.0) -> Callable[[Rng], np.ndarray]:
    def draw(rng: Rng) -> np.ndarray:
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.ellipse(alpha, (23, 23), (20, max(2, int(20 * ratio * rng.uniform(0.85, 1.15)))), 0, 0, 360, 1.0, -1)
        if hole:
            cv2.ellipse(alpha, (23, 23), (int(20 * hole), max(1, int(20 * hole * ratio))), 0, 0, 360, 0.0, -1)
        return alpha
    return draw


def _blob(points: int, spread: float) -> Callable[[Rng], np.ndarray]:
    def draw(rng: Rng) -> np.ndarray:
        angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
        radii = 20 * np.clip(1 - spread * rng.random(points), 0.2, 1)
        outline = np.stack([23.5 + radii * np.cos(angles), 23.5 + radii * np.sin(angles)], axis=1)
        alpha = np.zeros((SPRITE, SPRITE), np.float32)
        cv2.fillPoly(alpha, [outline.astype(np.int32)], 1.0)
        return alpha
    return draw


def _both(first: Callable[[Rng], np.ndarray], second: Callable[[Rng], np.ndarray]) -> Callable[[Rng], np.ndarray]:
    return lambda rng: np.maximum(first(rng), second(rng))


def _box(half_width: float, half_height: float) -> Callable[[Rng], np.ndarray]:
    w, h = half_width, half_height
    return _polygon([(-w, -h), (w, -h), (w, h), (-w, h)])


# Terminal speed in m/s: what separates a brick from a bag.
SHAPES: dict[str, tuple[Callable[[Rng], np.ndarray], tuple[float, float]]] = {
    "cardboard-box": (_box(0.95, 0.8), (9, 20)),
    "brick": (_box(0.95, 0.45), (30, 45)),
    "book": (_box(0.9, 0.65), (12, 25)),
    "phone": (_box(0.9, 0.45), (20, 35)),
    "cigarette-end": (_box(0.95, 0.2), (6, 14)),
    "battery": (_box(0.9, 0.35), (30, 40)),
    "plank": (_box(1.0, 0.16), (12, 25)),
    "bottle": (_both(_box(0.6, 0.38), _box(0.98, 0.15)), (12, 35)),
    "can": (_box(0.85, 0.5), (10, 30)),
    "cup": (_polygon([(-0.7, -0.8), (0.7, -0.8), (0.5, 0.8), (-0.5, 0.8)]), (6, 15)),
    "flowerpot": (_polygon([(-0.9, -0.8), (0.9, -0.8), (0.55, 0.9), (-0.55, 0.9)]), (30, 45)),
    "takeaway-box": (_polygon([(-0.95, -0.45), (0.95, -0.45), (0.75, 0.5), (-0.75, 0.5)]), (5, 12)),
    "ball": (_ellipse(1.0), (12, 35)),
    "egg": (_ellipse(0.75), (20, 32)),
    "plate": (_ellipse(0.3), (12, 25)),
    "tyre": (_ellipse(0.95, 0.55), (25, 40)),
    "fruit-peel": (_blob(7, 0.7), (8, 16)),
    "rubbish-bag": (_blob(11, 0.35), (8, 22)),
    "plastic-bag": (_blob(8, 0.5), (1.2, 3.5)),
    "tissue": (_blob(6, 0.55), (0.9, 2.2)),
    "paper-sheet": (_polygon([(-0.9, -0.65), (0.9, -0.65), (0.9, 0.65), (-0.9, 0.65)]), (1.0, 2.8)),
    "newspaper": (_polygon([(-1, -0.5), (0.1, -0.75), (1, -0.5), (0.9, 0.6), (0, 0.45), (-0.95, 0.7)]), (1.5, 4)),
    "cloth": (_blob(9, 0.6), (2, 6)),
    "shoe": (_polygon([(-0.95, 0.4), (-0.9, -0.5), (-0.4, -0.5), (-0.1, 0), (0.9, 0.05), (0.95, 0.45)]), (15, 30)),
    "umbrella": (_both(_polygon([(-0.95, 0.1), (-0.5, -0.5), (0.5, -0.5), (0.95, 0.1)]), _box(0.06, 0.9)), (4, 12)),
    "glass-shard": (_polygon([(-0.9, 0.6), (0.1, -0.9), (0.8, 0.7)]), (15, 35)),
    "cushion": (_blob(16, 0.15), (5, 10)),
    "toy": (_both(_ellipse(0.5), _blob(5, 0.75)), (8, 20)),
}


def make_sprite(rng: Rng, alpha: np.ndarray, level: float) -> Sprite:
    shade = smooth_noise(rng, SPRITE, SPRITE, rng.uniform(6, 24)) * rng.uniform(0, 0.14) * max(level, 40)
    grey = np.clip(level + shade, 0, 255).astype(np.float32)
    return Sprite(grey, cv2.GaussianBlur(alpha, (0, 0), 0.8))


def wall_level(scene: Scene, points: list[tuple[float, float]]) -> float:
    """Median grey of the still picture under a path."""
    height, width = scene.picture.shape
    seen = [scene.picture[int(y), int(x)] for x, y in points if 0 <= x < width and 0 <= y < height]
    return float(np.median(seen)) if seen else float(np.median(scene.picture))


def pick_level(rng: Rng, background: float, contrast_min: float, contrast_max: float) -> float:
    """A grey that differs from the background by a log-uniform amount, in either polarity."""
    contrast = np.exp(rng.uniform(np.log(contrast_min), np.log(contrast_max)))
    room_up, room_down = 250 - background, background - 3
    up = rng.random() < 0.5
    if (room_up if up else room_down) < contrast:
        up = room_up > room_down
    return float(np.clip(background + (contrast if up else -contrast), 2, 253))


@dataclass
class Falling:
    """An object under gravity, quadratic drag and wind, in metres in front of the facade."""

    scene: Scene
    sprite: Sprite
    path: np.ndarray
    start: int
    size_metres: float
    spin: tuple[float, float]
    flatness: float
    exposure: float
    psf: float
    gleam: float
    reflection: float = 0.0
    shape: str = ""
    contrasts: list[float] = field(default_factory=list)
    floor: int = 0
    unit: int = 0
    label: str = "thrown-object"
    reflected: list[tuple[int, float, float, float]] = field(default_factory=list)

    @property
    def life(self) -> range:
        return range(self.start, self.start + len(self.path) - 1)

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        if step < 0 or step + 1 >= len(self.path):
            return []
        here, ahead = self.path[step], self.path[step + 1]
        if self.reflection > 0:
            self._draw_mirror(frame, here, ahead, number)
        sighting = self._draw_at(frame, here, ahead, number, 1.0)
        if sighting is None:
            return []
        margin = sighting.size / 2
        height, width = frame.shape
        if not (-margin < sighting.x < width + margin and -margin < sighting.y < height + margin):
            return []
        self.contrasts.append(sighting.contrast)
        return [sighting]

    def _draw_at(
        self, frame: np.ndarray, here: np.ndarray, ahead: np.ndarray, number: int, opacity: float,
    ) -> Sighting | None:
        camera = self.scene.camera
        x0, y0, scale = camera.project(here)
        x1, y1, _ = camera.project(here + (ahead - here) * self.exposure)
        size = self.size_metres * scale
        if size < 0.8 or size > 90:
            return None
        before, after = (self._pose(x, y, size, number + share * self.exposure)
                         for x, y, share in ((x0, y0, 0), (x1, y1, 1)))
        gleam = 1 + self.gleam * math.sin(self.spin[0] * number * 1.7 + 1)
        contrast = paste(frame, self.sprite, before, after, self.psf, opacity=opacity, gleam=gleam)
        return Sighting((x0 + x1) / 2, (y0 + y1) / 2, size, contrast)

    def _draw_mirror(self, frame: np.ndarray, here: np.ndarray, ahead: np.ndarray, number: int) -> None:
        """The glass shows the object as far behind the facade plane as it is in front."""
        distance = self.scene.facade.distance
        flip = np.array([1, 1, -1.0])
        offset = np.array([0, 0, 2 * distance])
        seen = self._draw_at(frame, here * flip + offset, ahead * flip + offset, number, self.reflection)
        if seen is not None:
            self.reflected.append((number, seen.x, seen.y, seen.size))

    def _pose(self, x: float, y: float, size: float, when: float) -> Pose:
        scale = size / 36
        tumble = abs(np.cos(self.spin[1] * when))
        return Pose(x, y, scale, scale * (self.flatness + (1 - self.flatness) * tumble), self.spin[0] * when)


def make_falling(
    rng: Rng, scene: Scene, *, fps: float, frames: int, size_px: tuple[float, float],
    contrast: tuple[float, float], psf: float, exposure: float, dense: bool,
) -> Falling | None:
    """A throw whose way crosses the picture, or None when this one would not be seen."""
    facade, camera = scene.facade, scene.camera
    # Light things are the harder half: slow, drifting, and easily taken for leaves and birds.
    light_shapes = [name for name, (_, speeds) in SHAPES.items() if speeds[1] < LIGHT_SPEED]
    shape = str(rng.choice(light_shapes if rng.random() < 0.3 else list(SHAPES)))
    outline, terminal = SHAPES[shape]
    # A point in the upper part of the picture, traced back to the facade, is where it comes from.
    # Often that is above the picture, so that the object enters at speed.
    row = rng.uniform(-2.5, -0.2) if rng.random() < 0.35 else rng.uniform(-0.2, 0.75)
    target = np.array([rng.uniform(0.04, 0.96) * camera.width, row * camera.height, 1.0])
    spot = np.linalg.inv(camera.plane_homography(facade.distance)) @ target
    origin = np.array([spot[0] / spot[2], spot[1] / spot[2], facade.distance - rng.uniform(0.1, 0.8)])
    if not (2 * facade.floor_height < origin[1] < facade.height + 1 and abs(origin[0]) < facade.width / 2 + 4):
        return None
    path = fall_path(rng, origin, fps, rng.uniform(*terminal))
    steps = [camera.project(point) for point in path]
    inside = [i for i, (x, y, _) in enumerate(steps) if 0 <= x < camera.width and 0 <= y < camera.height]
    if len(inside) < 5:
        return None
    middle = steps[inside[len(inside) // 2]]
    # In training the small and faint ones come more often: they are what is missed.
    faint = dense and rng.random() < 0.4
    size = np.exp(rng.uniform(np.log(size_px[0]), np.log(min(size_px[1], FAINT_SIZE_PX) if faint else size_px[1])))
    background = wall_level(scene, [(steps[i][0], steps[i][1]) for i in inside])
    level = pick_level(rng, background, contrast[0], min(contrast[1], FAINT_CONTRAST) if faint else contrast[1])
    floor, unit = facade.place(origin[0], origin[1])
    if dense:
        # Anywhere in time, also already falling when the clip begins.
        start = int(rng.uniform(-0.6 * len(inside), frames - 6)) - inside[0]
    else:
        start = int(rng.uniform(2 * fps, max(2 * fps + 1, frames - len(inside) - 10))) - inside[0]
    light_thing = terminal[1] < LIGHT_SPEED
    return Falling(
        scene, make_sprite(rng, outline(rng), level), path, start,
        size_metres=size / middle[2],
        spin=(rng.normal(0, 0.35 if light_thing else 0.25), rng.normal(0, 0.25)),
        flatness=rng.uniform(0.1 if light_thing else 0.25, 1.0), exposure=exposure, psf=psf,
        gleam=rng.uniform(0, 0.15) if rng.random() < 0.6 else rng.uniform(0.1, 0.6 if light_thing else 0.4),
        reflection=rng.uniform(0.2, 0.8) if rng.random() < 0.2 else 0.0,
        shape=shape, floor=floor, unit=unit,
    )


def fall_path(rng: Rng, origin: np.ndarray, fps: float, terminal_speed: float) -> np.ndarray:
    wind = np.array([rng.normal(0, 1.6), 0.0, rng.normal(-0.1, 0.4)])
    if rng.random() < 0.5:
        wind *= 0.2
    velocity = np.array([rng.normal(0, 1.2), rng.normal(0, 1.0), -abs(rng.normal(0, 1.8))])
    if terminal_speed < LIGHT_SPEED:
        velocity *= 0.6
    flutter, beat = (rng.uniform(0, 1.8), rng.uniform(2, 8)) if terminal_speed < LIGHT_SPEED else (0.0, 1.0)
    # Between houses the wind comes in gusts and turns.
    gust, gust_beat, gust_phase = rng.uniform(0, 0.7), rng.uniform(0.5, 2.5), rng.uniform(0, 6.28)
    drag = GRAVITY / terminal_speed**2
    substeps = 4
    tick = 1 / (fps * substeps)
    x, y, z = (float(value) for value in origin)
    vx, vy, vz = (float(value) for value in velocity)
    wall = z + 0.05
    points: list[tuple[float, float, float]] = []
    for frame in range(int(fps * 15)):
        points.append((x, y, z))
        for substep in range(substeps):
            time = (frame * substeps + substep) * tick
            blow = 1 + gust * math.sin(gust_beat * time + gust_phase)
            rx = vx - wind[0] * blow - flutter * math.sin(beat * time)
            ry = vy - 0.4 * flutter * math.sin(2 * beat * time + 1)
            rz = vz - wind[2]
            pull = drag * math.sqrt(rx * rx + ry * ry + rz * rz) * tick
            vx, vy, vz = vx - pull * rx, vy - pull * ry - GRAVITY * tick, vz - pull * rz
            x, y, z = x + vx * tick, y + vy * tick, z + vz * tick
        # Nothing goes through the wall.
        if z > wall:
            z, vz = wall, 0.0
        if y < 0:
            break
    return np.array(points)


@dataclass
class Flyer:
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

    @property
    def life(self) -> range:
        return range(self.start, self.start + len(self.xs) - 1)

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        if step < 0 or step + 1 >= len(self.xs):
            return []
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
        return _inside(frame, (x0 + after[0]) / 2, (y0 + after[1]) / 2, size)


def _inside(frame: np.ndarray, x: float, y: float, size: float) -> list[Sighting]:
    height, width = frame.shape
    margin = size / 2
    return [Sighting(x, y, size)] if -margin < x < width + margin and -margin < y < height + margin else []


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


@dataclass
class Insect:
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

    @property
    def life(self) -> range:
        return range(self.start, self.start + len(self.xs) - 1)

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        if step < 0 or step + 1 >= len(self.xs):
            return []
        x0, y0 = self.xs[step], self.ys[step]
        dx, dy = (self.xs[step + 1] - x0) * self.exposure, (self.ys[step + 1] - y0) * self.exposure
        scale = self.size / 36
        # A lit wing-beat leaves beads along the streak.
        beads = max(1, int(np.hypot(dx, dy) * self.wingbeat / max(self.size, 2)))
        for bead in range(beads):
            a, b = bead / beads, (bead + (0.5 if beads > 1 else 1)) / beads
            paste(frame, self.sprite, Pose(x0 + dx * a, y0 + dy * a, scale, scale, 0),
                  Pose(x0 + dx * b, y0 + dy * b, scale, scale, 0), self.defocus, opacity=self.opacity / beads**0.5)
        return _inside(frame, x0 + dx / 2, y0 + dy / 2, self.size)


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
    alpha = _ellipse(rng.uniform(0.4, 1.0))(rng)
    return Insect(make_sprite(rng, alpha, level), xs, ys, size, int(rng.integers(-length // 2, max(1, frames - 6))),
                  rng.uniform(0.3, 0.95), size * rng.uniform(0.05, 0.3) + 0.4,
                  rng.uniform(0.5, 1.5) if lit and rng.random() < 0.6 else 0.0, exposure)


@dataclass
class Leaf:
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

    @property
    def life(self) -> range:
        return range(self.start, self.start + len(self.xs) - 1)

    def draw(self, frame: np.ndarray, number: int) -> list[Sighting]:
        step = number - self.start
        if step < 0 or step + 1 >= len(self.xs):
            return []
        scale = self.size / 36
        poses = []
        for share in (0.0, self.exposure):
            x = self.xs[step] + (self.xs[step + 1] - self.xs[step]) * share
            y = self.ys[step] + (self.ys[step + 1] - self.ys[step]) * share
            when = number + share
            poses.append(Pose(x, y, scale, scale * (0.15 + 0.85 * abs(np.sin(self.spin[1] * when))), self.spin[0] * when))
        paste(frame, self.sprite, *poses, self.psf)
        return _inside(frame, poses[0].x, poses[0].y, self.size)


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
    return Leaf(make_sprite(rng, _ellipse(rng.uniform(0.3, 0.7))(rng), level), xs, ys, size,
                int(rng.integers(-length // 2, max(1, frames - 10))), (rng.normal(0, 0.25), rng.uniform(0.02, 0.5)),
                psf, exposure)


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
        return _inside(frame, x, y, max(self.scale) * 40)


def make_traffic(rng: Rng, scene: Scene, *, fps: float, frames: int, psf: float) -> Traffic:
    camera = scene.camera
    person = rng.random() < 0.5
    size = rng.uniform(0.4, 2.0) if person else rng.uniform(1.0, 4.0)
    speed = rng.choice([-1, 1]) * (rng.uniform(10, 60) if person else rng.uniform(50, 500)) / fps
    alpha = (_both(_ellipse(1.0), _box(0.5, 1.0)) if person else _both(_box(1.0, 0.3), _box(0.55, 0.55)))(rng)
    scale = (size * 0.4, size) if person else (size, size * 0.8)
    x = rng.uniform(0, 1) * camera.width - speed * frames * rng.uniform(0, 1)
    y = camera.height * rng.uniform(0.8, 1.02)
    return Traffic(make_sprite(rng, alpha, rng.uniform(10, 240)), x, y, speed, 1.5 if person else 0.0, scale, psf)


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
