"""The still part of a composite: a camera that looks up, a procedural facade, sky and foreground.

World: metres, X right, Y up, Z away from the camera; the facade is the plane Z = distance.
Pictures are float32 luma, 0 to 255.
"""

from dataclasses import dataclass

import cv2
import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True)
class Camera:
    width: int
    height: int
    focal_px: float
    rotation: np.ndarray
    eye_height: float

    def project(self, point: np.ndarray) -> tuple[float, float, float]:
        """Pixel x, y and the pixels that a metre takes at that depth."""
        right, up, depth = (float(value) for value in self.rotation @ (point - (0.0, self.eye_height, 0.0)))
        scale = self.focal_px / max(depth, 0.1)
        return self.width / 2 + scale * right, self.height / 2 - scale * up, scale

    def plane_homography(self, distance: float) -> np.ndarray:
        """Maps (X, Y, 1) on the facade plane to homogeneous pixels."""
        intrinsics = np.array([
            [self.focal_px, 0, self.width / 2],
            [0, -self.focal_px, self.height / 2],
            [0, 0, 1],
        ])
        shift = np.array([0.0, -self.eye_height, distance])
        columns = np.stack([np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), shift], axis=1)
        return intrinsics @ self.rotation @ columns


@dataclass(frozen=True)
class Facade:
    distance: float
    floors: int
    floor_height: float
    units: int
    unit_width: float

    @property
    def width(self) -> float:
        return self.units * self.unit_width

    @property
    def height(self) -> float:
        return self.floors * self.floor_height

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Floor from 1 at the ground, unit from 1 at the left."""
        floor = int(np.clip(y // self.floor_height, 0, self.floors - 1)) + 1
        unit = int(np.clip((x + self.width / 2) // self.unit_width, 0, self.units - 1)) + 1
        return floor, unit


@dataclass(frozen=True)
class Scene:
    camera: Camera
    facade: Facade
    picture: np.ndarray
    sky: np.ndarray
    window_boxes: list[tuple[int, int, int, int]]
    light: str


def make_camera(rng: Rng, width: int, height: int, facade: Facade) -> Camera:
    focal = float(np.exp(rng.uniform(np.log(0.75), np.log(4.5)))) * max(width, height)
    eye = rng.uniform(1.5, 6.0)
    # The centre ray meets the facade somewhere between its third floor and its roof.
    aim = rng.uniform(0.3, 0.95) * facade.height
    pitch = min(np.arctan2(aim - eye, facade.distance), np.radians(68))
    yaw = np.radians(rng.normal(0, 10))
    roll = np.radians(rng.normal(0, 2.5))
    cp, sp, cy, sy, cr, sr = (np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw), np.cos(roll), np.sin(roll))
    turn = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    lean = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return Camera(width, height, focal, lean @ tilt @ turn, eye)


def make_facade(rng: Rng) -> Facade:
    floors = int(rng.integers(4, 31))
    floor_height = rng.uniform(2.7, 3.5)
    height = floors * floor_height
    return Facade(
        distance=float(np.clip(height * rng.uniform(0.45, 1.3), 8, 70)),
        floors=floors,
        floor_height=floor_height,
        units=int(rng.integers(3, 11)),
        unit_width=rng.uniform(2.6, 5.5),
    )


def smooth_noise(rng: Rng, height: int, width: int, cell: float) -> np.ndarray:
    """Value noise of unit spread whose grain is `cell` pixels."""
    grid = rng.standard_normal((max(2, int(height / cell) + 2), max(2, int(width / cell) + 2))).astype(np.float32)
    return cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def make_scene(rng: Rng, width: int, height: int, light: str) -> Scene:
    facade = make_facade(rng)
    camera = make_camera(rng, width, height, facade)
    centre = camera.project(np.array([0.0, facade.height * 0.6, facade.distance]))
    scale = float(np.clip(centre[2] * 1.2, 6, 2600 / max(facade.width, facade.height)))
    texture, windows = _facade_texture(rng, facade, scale, light)

    to_metres = np.array([
        [1 / scale, 0, -facade.width / 2],
        [0, -1 / scale, facade.height],
        [0, 0, 1],
    ])
    homography = camera.plane_homography(facade.distance) @ to_metres
    sky = _sky(rng, width, height, light)
    wall = cv2.warpPerspective(texture, homography, (width, height), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones_like(texture), homography, (width, height), flags=cv2.INTER_LINEAR)
    picture = wall + sky * (1 - mask)
    picture = _ground(rng, picture, camera, facade)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.35, 1.1))
    boxes = []
    for x0, y0, x1, y1 in windows:
        corners = np.array([[[x0, y0]], [[x1, y0]], [[x1, y1]], [[x0, y1]]], np.float32)
        box = cv2.boundingRect(cv2.perspectiveTransform(corners, homography))
        if box[0] >= 0 and box[1] >= 0 and box[0] + box[2] < width and box[1] + box[3] < height:
            boxes.append(tuple(int(v) for v in box))
    return Scene(camera, facade, np.clip(picture, 0, 255), sky, boxes, light)


def _sky(rng: Rng, width: int, height: int, light: str) -> np.ndarray:
    level = {"day": rng.uniform(150, 245), "dusk": rng.uniform(60, 150), "night": rng.uniform(8, 40),
             "infrared": rng.uniform(5, 30)}[light]
    gradient = np.linspace(-12, 12, height, dtype=np.float32)[:, None] * rng.uniform(-1, 1)
    clouds = smooth_noise(rng, height, width, rng.uniform(40, 200)) * level * rng.uniform(0, 0.12)
    return (level + gradient + clouds).astype(np.float32)


def _ground(rng: Rng, picture: np.ndarray, camera: Camera, facade: Facade) -> np.ndarray:
    """Pavement below the foot of the facade, where the camera sees it."""
    foot = camera.project(np.array([0.0, 0.0, facade.distance]))[1]
    if foot < camera.height:
        top = max(0, int(foot))
        strip = picture[top:]
        strip[:] = rng.uniform(40, 140) + smooth_noise(rng, strip.shape[0], strip.shape[1], 12) * 6
    return picture


def _facade_texture(
    rng: Rng, facade: Facade, scale: float, light: str,
) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    width, height = int(facade.width * scale), int(facade.height * scale)
    wall_level = rng.uniform(60, 225)
    wall = np.full((height, width), wall_level, np.float32)
    for grain in (2.5, 9.0, 60.0):
        wall += smooth_noise(rng, height, width, grain) * rng.uniform(0, 5)
    _cladding(rng, wall, scale)

    floor_px, unit_px = facade.floor_height * scale, facade.unit_width * scale
    window_width, window_height = rng.uniform(0.3, 0.85) * unit_px, rng.uniform(0.35, 0.75) * floor_px
    has_balconies, ac_share = rng.random() < 0.45, rng.uniform(0, 0.8)
    rack_share, plant_share = rng.uniform(0, 0.3), rng.uniform(0, 0.3)
    if rng.random() < 0.25:
        # A curtain wall: glass nearly from edge to edge.
        window_width, window_height = 0.95 * unit_px, 0.9 * floor_px
    windows = []
    for floor in range(facade.floors):
        for unit in range(facade.units):
            x = unit * unit_px + (unit_px - window_width) / 2
            y = floor * floor_px + (floor_px - window_height) * 0.45
            box = (int(x), int(y), int(x + window_width), int(y + window_height))
            _window(rng, wall, box, light)
            windows.append(box)
            if has_balconies:
                _balcony(rng, wall, box, floor_px, wall_level)
            if rng.random() < ac_share:
                _air_conditioner(rng, wall, box, scale)
            if rng.random() < rack_share:
                _hangings(rng, wall, box, scale)
            if rng.random() < plant_share:
                _plants(rng, wall, box, scale)
    for _ in range(int(rng.integers(0, 5))):
        x = int(rng.uniform(0, width))
        cv2.line(wall, (x, 0), (x, height), float(rng.uniform(20, 230)), max(1, int(0.12 * scale)))
    shade = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.1), height, dtype=np.float32)[:, None]
    wall *= shade * np.linspace(rng.uniform(0.8, 1.1), rng.uniform(0.8, 1.1), width, dtype=np.float32)[None, :]
    if rng.random() < 0.3 and light == "day":
        # The shadow edge of the next building.
        edge = int(rng.uniform(0.1, 0.9) * width)
        slope = rng.uniform(-0.8, 0.8)
        columns = np.arange(width)[None, :] + slope * np.arange(height)[:, None]
        wall[columns < edge] *= rng.uniform(0.45, 0.8)
    if light in ("night", "infrared"):
        lit = wall > 250
        wall *= rng.uniform(0.12, 0.4) if light == "night" else rng.uniform(0.3, 0.7)
        wall[lit] = 235
    elif light == "dusk":
        wall *= rng.uniform(0.4, 0.75)
    return np.clip(wall, 2, 250), windows


def _cladding(rng: Rng, wall: np.ndarray, scale: float) -> None:
    style = rng.choice(["plain", "tiles", "bricks", "panels", "ribs"])
    height, width = wall.shape
    ink = rng.uniform(-30, 25)
    if style == "plain":
        return
    step_y = {"tiles": 0.3, "bricks": 0.15, "panels": 1.5, "ribs": 0.0}[style] * scale
    step_x = {"tiles": 0.3, "bricks": 0.0, "panels": 2.0, "ribs": 0.5}[style] * scale
    if step_y >= 2:
        wall[(np.arange(height) % max(2, int(step_y))) == 0] += ink
    if step_x >= 2:
        wall[:, (np.arange(width) % max(2, int(step_x))) == 0] += ink


def _window(rng: Rng, wall: np.ndarray, box: tuple[int, int, int, int], light: str) -> None:
    x0, y0, x1, y1 = box
    glass = wall[y0:y1, x0:x1]
    if glass.size == 0:
        return
    lit = light != "day" and rng.random() < (0.35 if light == "dusk" else 0.2)
    level = 255.0 if lit else rng.choice([rng.uniform(15, 70), rng.uniform(60, 130), rng.uniform(120, 220)],
                                         p=[0.6, 0.25, 0.15])
    glass[:] = level
    if not lit:
        ramp = np.linspace(-1, 1, glass.shape[0], dtype=np.float32)[:, None] * rng.uniform(-25, 25)
        glass += ramp
        if rng.random() < 0.5:
            curtain = int(glass.shape[1] * rng.uniform(0.15, 0.5))
            glass[:, :curtain] = rng.uniform(60, 210) + 8 * np.sin(np.arange(curtain) * rng.uniform(0.5, 1.5))
    frame = float(rng.uniform(20, 235))
    cv2.rectangle(wall, (x0, y0), (x1, y1), frame, 1)
    for part in range(1, int(rng.integers(1, 4))):
        x = x0 + (x1 - x0) * part // 3
        cv2.line(wall, (x, y0), (x, y1), frame, 1)


def _balcony(rng: Rng, wall: np.ndarray, box: tuple[int, int, int, int], floor_px: float, level: float) -> None:
    x0, _, x1, y1 = box
    top, bottom = int(y1 - 0.1 * floor_px), int(y1 + 0.18 * floor_px)
    cv2.rectangle(wall, (x0 - 2, top), (x1 + 2, bottom), float(level * rng.uniform(0.85, 1.1)), -1)
    cv2.line(wall, (x0 - 2, bottom), (x1 + 2, bottom), float(level * 0.5), 2)
    if rng.random() < 0.6:
        for x in range(x0, x1, max(3, (x1 - x0) // 14)):
            cv2.line(wall, (x, top), (x, bottom), float(rng.uniform(20, 90)), 1)


def _air_conditioner(rng: Rng, wall: np.ndarray, box: tuple[int, int, int, int], scale: float) -> None:
    x, y = box[2] + int(0.1 * scale), box[3] - int(rng.uniform(0, 0.5) * scale)
    width, height = int(0.8 * scale), int(0.55 * scale)
    cv2.rectangle(wall, (x, y), (x + width, y + height), float(rng.uniform(150, 235)), -1)
    cv2.circle(wall, (x + width // 3, y + height // 2), max(1, height // 3), float(rng.uniform(40, 110)), -1)
    cv2.line(wall, (x, y + height), (x + width, y + height), 40.0, 1)


def _hangings(rng: Rng, wall: np.ndarray, box: tuple[int, int, int, int], scale: float) -> None:
    x0, y0, x1, _ = box
    x = x0
    while x < x1:
        width = int(rng.uniform(0.2, 0.6) * scale) + 1
        length = int(rng.uniform(0.3, 1.1) * scale) + 1
        cv2.rectangle(wall, (x, y0), (x + width, y0 + length), float(rng.uniform(20, 240)), -1)
        x += width + int(0.2 * scale) + 1


def _plants(rng: Rng, wall: np.ndarray, box: tuple[int, int, int, int], scale: float) -> None:
    for _ in range(int(rng.integers(4, 14))):
        centre = (int(rng.uniform(box[0], box[2])), int(box[3] + rng.normal(0, 0.2) * scale))
        cv2.circle(wall, centre, max(1, int(rng.uniform(0.05, 0.22) * scale)), float(rng.uniform(25, 95)), -1)
