"""Things that people throw, and how they fall."""

import math
from dataclasses import dataclass, field

import numpy as np

from actors.drawing import Pose, Sighting, Sprite, make_sprite, paste, pick_level
from actors.outlines import Outline, blob, both, box, ellipse, polygon
from scene import Rng, Scene

GRAVITY = 9.81
# Terminal speed in m/s below which a thing is carried by the wind.
LIGHT_SPEED = 7
# Pixels and grey levels up to which a thrown thing counts as small and faint.
FAINT_SIZE_PX = 9
FAINT_CONTRAST = 40

# Terminal speed in m/s: what separates a brick from a bag.
SHAPES: dict[str, tuple[Outline, tuple[float, float]]] = {
    "cardboard-box": (box(0.95, 0.8), (9, 20)),
    "brick": (box(0.95, 0.45), (30, 45)),
    "book": (box(0.9, 0.65), (12, 25)),
    "phone": (box(0.9, 0.45), (20, 35)),
    "cigarette-end": (box(0.95, 0.2), (6, 14)),
    "battery": (box(0.9, 0.35), (30, 40)),
    "plank": (box(1.0, 0.16), (12, 25)),
    "bottle": (both(box(0.6, 0.38), box(0.98, 0.15)), (12, 35)),
    "can": (box(0.85, 0.5), (10, 30)),
    "cup": (polygon([(-0.7, -0.8), (0.7, -0.8), (0.5, 0.8), (-0.5, 0.8)]), (6, 15)),
    "flowerpot": (polygon([(-0.9, -0.8), (0.9, -0.8), (0.55, 0.9), (-0.55, 0.9)]), (30, 45)),
    "takeaway-box": (polygon([(-0.95, -0.45), (0.95, -0.45), (0.75, 0.5), (-0.75, 0.5)]), (5, 12)),
    "ball": (ellipse(1.0), (12, 35)),
    "egg": (ellipse(0.75), (20, 32)),
    "plate": (ellipse(0.3), (12, 25)),
    "tyre": (ellipse(0.95, 0.55), (25, 40)),
    "fruit-peel": (blob(7, 0.7), (8, 16)),
    "rubbish-bag": (blob(11, 0.35), (8, 22)),
    "plastic-bag": (blob(8, 0.5), (1.2, 3.5)),
    "tissue": (blob(6, 0.55), (0.9, 2.2)),
    "paper-sheet": (polygon([(-0.9, -0.65), (0.9, -0.65), (0.9, 0.65), (-0.9, 0.65)]), (1.0, 2.8)),
    "newspaper": (polygon([(-1, -0.5), (0.1, -0.75), (1, -0.5), (0.9, 0.6), (0, 0.45), (-0.95, 0.7)]), (1.5, 4)),
    "cloth": (blob(9, 0.6), (2, 6)),
    "shoe": (polygon([(-0.95, 0.4), (-0.9, -0.5), (-0.4, -0.5), (-0.1, 0), (0.9, 0.05), (0.95, 0.45)]), (15, 30)),
    "umbrella": (both(polygon([(-0.95, 0.1), (-0.5, -0.5), (0.5, -0.5), (0.95, 0.1)]), box(0.06, 0.9)), (4, 12)),
    "glass-shard": (polygon([(-0.9, 0.6), (0.1, -0.9), (0.8, 0.7)]), (15, 35)),
    "cushion": (blob(16, 0.15), (5, 10)),
    "toy": (both(ellipse(0.5), blob(5, 0.75)), (8, 20)),
}


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


def wall_level(scene: Scene, points: list[tuple[float, float]]) -> float:
    """Median grey of the still picture under a path."""
    height, width = scene.picture.shape
    seen = [scene.picture[int(y), int(x)] for x, y in points if 0 <= x < width and 0 <= y < height]
    return float(np.median(seen)) if seen else float(np.median(scene.picture))
