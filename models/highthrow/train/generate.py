"""Composite clips: a facade, things that fall past it and everything that only looks so.

Each clip is an encoded video and a truth file beside it; encoding comes last, so the codec's
artefacts are in the picture as they are in a camera's. The same seed and number give the same clip.

    generate.py --out DIR --seed 1 --count 400 --kind dense       training material
    generate.py --out DIR --seed 9001 --count 20 --kind falls     a few throws a clip, for evaluation
    generate.py --out DIR --seed 9001 --count 20 --kind birds     no throw, one kind of distractor
"""

import argparse
import json
import subprocess
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

import actors
from scene import Rng, Scene, make_scene, smooth_noise

LIGHTS = ("day", "dusk", "night", "infrared")
DISTRACTORS = ("birds", "insects", "leaves", "trees", "laundry", "rain", "snow", "lights", "clouds", "shake",
               "clock", "traffic", "night-noise", "infrared-switch", "codec-pulses")


@dataclass(frozen=True)
class Order:
    """What to make: everything that determines a clip."""

    seed: int
    number: int
    kind: str
    width: int | None
    height: int | None
    seconds: float | None


@dataclass
class Recipe:
    """How many of each thing a clip holds."""

    light: str
    falls: int = 0
    birds: int = 0
    insects: int = 0
    leaves: int = 0
    trees: int = 0
    laundry: int = 0
    bunting: int = 0
    traffic: int = 0
    weather: str | None = None
    light_steps: bool = False
    clouds: bool = False
    shake: bool = False
    clock: bool = False
    infrared_switch: bool = False
    loud_noise: bool = False
    starved_codec: bool = False
    size_px: tuple[float, float] = (3.0, 40.0)
    contrast: tuple[float, float] = (7.0, 150.0)


@dataclass
class Lighting:
    """Changes of the whole picture and of single windows over time."""

    gain: np.ndarray
    offset: np.ndarray
    drift: np.ndarray
    windows: list[tuple[tuple[int, int, int, int], np.ndarray]] = field(default_factory=list)
    veil: np.ndarray | None = None
    veil_speed: tuple[float, float] = (0.0, 0.0)


def dense_recipe(rng: Rng) -> Recipe:
    """Many things at once: a tile shows only what is near, so a clip can teach several."""
    def some(share: float, most: int) -> int:
        return int(rng.integers(1, most + 1)) if rng.random() < share else 0

    light = str(rng.choice(LIGHTS, p=[0.5, 0.2, 0.17, 0.13]))
    weather = str(rng.choice(["rain", "snow"], p=[0.65, 0.35])) if rng.random() < 0.28 else None
    return Recipe(
        light=light, falls=int(rng.integers(4, 12)), birds=some(0.65, 14), insects=some(0.45, 12), leaves=some(0.5, 18),
        trees=some(0.5, 3), laundry=some(0.4, 5), bunting=some(0.12, 2), traffic=some(0.3, 4), weather=weather,
        light_steps=rng.random() < 0.3, clouds=rng.random() < 0.2, shake=rng.random() < 0.36,
        clock=rng.random() < 0.4, infrared_switch=rng.random() < 0.05, loud_noise=rng.random() < 0.15,
        starved_codec=rng.random() < 0.2)


def falls_recipe(rng: Rng, height: int) -> Recipe:
    """A plausible camera's minute with a few throws, over the sizes and contrasts that the bar names.

    Sizes end at a twentieth of the picture's height: 40 pixels belong to a picture of 1080 lines.
    """
    light = str(rng.choice(LIGHTS, p=[0.55, 0.2, 0.15, 0.1]))
    return Recipe(
        light=light, falls=2, birds=int(rng.random() < 0.3), leaves=int(rng.integers(0, 3)),
        trees=int(rng.random() < 0.4), laundry=int(rng.integers(0, 3)), traffic=int(rng.random() < 0.3),
        weather="rain" if rng.random() < 0.05 else None, clock=rng.random() < 0.6, shake=rng.random() < 0.1,
        size_px=(3.0, float(np.clip(height / 20, 12, 40))), contrast=(8.0, 120.0))


def quiet_recipe(rng: Rng, kind: str) -> Recipe:
    """No throw, and plenty of one distractor."""
    night = kind in ("night-noise", "insects") and rng.random() < 0.6
    light = str(rng.choice(("night", "infrared") if night else LIGHTS[:3 if kind == "infrared-switch" else 4]))
    recipe = Recipe(light=light, clock=rng.random() < 0.5, trees=int(rng.random() < 0.3))
    many = int(rng.integers(3, 12))
    match kind:
        case "birds":
            recipe.birds = many
        case "insects":
            recipe.insects = many * 2
        case "leaves":
            recipe.leaves = many * 2
        case "trees":
            recipe.trees = 3
        case "laundry":
            recipe.laundry, recipe.bunting = many, 1
        case "rain" | "snow":
            recipe.weather = kind
        case "lights":
            recipe.light_steps = True
        case "clouds":
            recipe.clouds = True
        case "shake":
            recipe.shake = True
        case "clock":
            recipe.clock = True
        case "traffic":
            recipe.traffic = many
        case "night-noise":
            recipe.loud_noise = True
        case "infrared-switch":
            recipe.infrared_switch = True
        case "codec-pulses":
            recipe.starved_codec = True
        case _:
            raise ValueError(f"no such kind of clip: {kind}")
    return recipe


def make_clip(order: Order, out: Path) -> Path:
    """Renders, encodes and describes one clip, unless it is there already; answers the video's path."""
    name = f"{order.kind}-{order.seed}-{order.number:05d}"
    if (out / f"{name}.json").exists():
        return out / f"{name}.mp4"
    rng = np.random.default_rng([order.seed, order.number, sum(map(ord, order.kind))])
    width, height = _picture_size(rng, order)
    fps = float(rng.choice([15, 20, 24, 25, 25, 25, 30, 30]))
    dense = order.kind == "dense"
    frames = int((order.seconds or (3.2 if dense else 20.0)) * fps)
    recipe = dense_recipe(rng) if dense else falls_recipe(rng, height) if order.kind == "falls" else quiet_recipe(rng, order.kind)
    scene = make_scene(rng, width, height, recipe.light)
    cast = _make_cast(rng, scene, recipe, fps, frames, dense)
    lighting = _make_lighting(rng, scene, recipe, fps, frames)
    shake = _make_shake(rng, recipe, frames)
    zoom = _make_zoom(rng, recipe, frames)
    look = _Look(rng)
    sigma = {"day": rng.uniform(0.3, 2.2), "dusk": rng.uniform(0.8, 4), "night": rng.uniform(1.5, 6),
             "infrared": rng.uniform(1, 5)}[recipe.light] * (1.8 if recipe.loud_noise else 1.0)
    noise = rng.normal(0, sigma, (5, height + 64, width + 64)).astype(np.float32)
    if rng.random() < 0.4:
        # The grain of a camera that demosaics and sharpens is larger than a pixel.
        noise = np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) * 1.8 for plane in noise])
    clock = _Clock(rng, width, height) if recipe.clock else None

    video, encoding = _open_encoder(rng, out / f"{name}.mp4", width, height, fps, recipe)
    tracks: list[dict] = [_describe(actor) for actor in cast]
    assert video.stdin is not None
    for number in range(frames):
        frame = _lit_background(scene, lighting, number)
        for actor, track in zip(cast, tracks):
            for seen in actor.draw(frame, number):
                if actor.label != "rain-or-snow":
                    hidden = actor.label == "thrown-object" and _hidden(cast, seen)
                    x, y = (half + (at - half) * zoom[number] + move for half, at, move in
                            zip((width / 2, height / 2), (seen.x, seen.y), shake[number]))
                    track["track"].append([number, x, y, seen.size, int(not hidden)])
        frame = _finish(rng, frame, lighting, (*shake[number], zoom[number]), noise, number)
        frame = look.seen(frame, number)
        if clock is not None:
            clock.draw(frame, number / fps)
        video.stdin.write(np.clip(frame + 0.5, 0, 255).astype(np.uint8).tobytes())
    video.stdin.close()
    if video.wait() != 0:
        raise RuntimeError(f"ffmpeg could not encode {name}")
    truth = {
        "file": f"{name}.mp4", "kind": order.kind, "width": width, "height": height, "fps": fps, "frames": frames,
        "encoding": encoding, "recipe": vars(recipe),
        "objects": _finished_tracks(cast, tracks),
        "regions": [{"class": actor.label, "box": list(actor.box)} for actor in cast if isinstance(actor, actors.Cloth)]
        + [{"class": "reflection-or-flicker", "box": list(box)} for box, _ in lighting.windows]
        + ([{"class": "noise", "box": clock.box}] if clock is not None else []),
        "weather": recipe.weather,
        "lightChanges": bool(recipe.light_steps or recipe.clouds or recipe.infrared_switch),
        "calibration": _calibration(scene),
    }
    (out / f"{name}.json").write_text(json.dumps(_rounded(truth)))
    return out / f"{name}.mp4"


def _picture_size(rng: Rng, order: Order) -> tuple[int, int]:
    if order.width and order.height:
        return order.width, order.height
    sizes = [(640, 368), (368, 640), (704, 400), (480, 480), (576, 432)]
    width, height = sizes[int(rng.integers(len(sizes)))]
    return width, height


def _make_cast(rng: Rng, scene: Scene, recipe: Recipe, fps: float, frames: int, dense: bool) -> list[actors.Actor]:
    """Back to front: what is drawn later hides what was drawn before."""
    psf = rng.uniform(0.3, 0.9)
    exposure = float(rng.uniform(0.05, 0.4) if scene.light == "day" else rng.uniform(0.3, 0.95))
    cast: list[actors.Actor] = [actors.make_cloth(rng, scene, "laundry", fps) for _ in range(recipe.laundry)]
    cast += [actors.make_cloth(rng, scene, "bunting", fps) for _ in range(recipe.bunting)]
    behind = int(rng.integers(0, recipe.trees + 1))
    trees = [actors.make_cloth(rng, scene, "tree", fps) for _ in range(recipe.trees)]
    cast += trees[:behind]
    attempts = 0
    falls: list[actors.Falling] = []
    while len(falls) < recipe.falls and attempts < 40 * recipe.falls:
        attempts += 1
        fall = actors.make_falling(rng, scene, fps=fps, frames=frames, size_px=recipe.size_px,
                                   contrast=recipe.contrast, psf=psf, exposure=exposure, dense=dense)
        if fall is not None:
            falls.append(fall)
    cast += falls
    many = 1 if dense else max(1, int(frames / fps / 8))
    for _ in range(recipe.birds * many):
        cast.append(actors.make_bird(rng, scene, fps=fps, frames=frames, psf=psf, exposure=exposure))
    for _ in range(recipe.leaves * many):
        cast.append(actors.make_leaf(rng, scene, fps=fps, frames=frames, psf=psf, exposure=exposure))
    for _ in range(recipe.traffic):
        cast.append(actors.make_traffic(rng, scene, fps=fps, frames=frames, psf=psf))
    cast += trees[behind:]
    for _ in range(recipe.insects * many):
        cast.append(actors.make_insect(rng, scene, fps=fps, frames=frames, exposure=exposure))
    if recipe.weather is not None:
        cast.append(actors.make_precipitation(rng, scene, recipe.weather, fps, exposure))
    return cast


def _make_lighting(rng: Rng, scene: Scene, recipe: Recipe, fps: float, frames: int) -> Lighting:
    lighting = Lighting(np.ones(frames), np.zeros(frames), rng.normal(0, 0.05, frames))
    if recipe.light_steps:
        for _ in range(max(1, int(frames / fps / 4))):
            at = int(rng.integers(2, frames))
            # A step, or the slow answer of the exposure control.
            ramp = np.clip((np.arange(frames) - at) / max(1, rng.choice([1, 1, 4, 20])), 0, 1)
            lighting.gain *= 1 + ramp * rng.uniform(-0.25, 0.3)
        for box in _pick(rng, scene.window_boxes, int(rng.integers(1, 8))):
            levels = np.full(frames, np.nan)
            style = rng.choice(["switch", "television", "glint", "lamp"])
            start = int(rng.integers(0, frames))
            if style == "switch":
                levels[start:] = rng.uniform(20, 250)
            elif style == "television":
                levels[:] = rng.uniform(30, 150) + rng.uniform(3, 40) * np.repeat(rng.standard_normal(frames // 3 + 1), 3)[:frames]
            elif style == "glint":
                length = int(rng.integers(1, 12))
                levels[start:start + length] = rng.uniform(180, 255)
            else:
                levels[:] = 120 + rng.uniform(5, 60) * np.sign(np.sin(np.arange(frames) * rng.uniform(0.3, 3.1)))
            x, y, width, height = box
            share = rng.uniform(0.2, 1.0, 2)
            part = (x, y, max(3, int(width * share[0])), max(3, int(height * share[1])))
            lighting.windows.append((part, np.clip(levels, 2, 253)))
    if recipe.clouds:
        height, width = scene.picture.shape
        lighting.veil = smooth_noise(rng, height * 2, width * 2, rng.uniform(60, 300)) * rng.uniform(0.03, 0.15)
        lighting.veil_speed = (rng.uniform(0, width / frames), rng.uniform(0, height / frames))
    if recipe.infrared_switch:
        at = int(rng.integers(frames // 4, frames))
        lighting.gain[at:] *= rng.uniform(0.4, 1.8)
        lighting.offset[at:] += rng.uniform(-10, 60)
        lighting.gain[at:at + 6] *= np.linspace(rng.uniform(0.2, 1.8), 1, 6)[:max(0, frames - at)]
    return lighting


def _pick(rng: Rng, boxes: list[tuple[int, int, int, int]], count: int) -> list[tuple[int, int, int, int]]:
    return [boxes[i] for i in rng.permutation(len(boxes))[:count]]


def _make_shake(rng: Rng, recipe: Recipe, frames: int) -> np.ndarray:
    if not recipe.shake:
        return np.zeros((frames, 2))
    style = rng.choice(["jitter", "drift", "burst", "pole", "hand"])
    time = np.arange(frames)
    if style == "jitter":
        return rng.normal(0, rng.uniform(0.1, 1.2), (frames, 2))
    if style == "drift":
        return np.stack([rng.normal(0, 0.08) * time, rng.normal(0, 0.08) * time], axis=1) + rng.normal(0, 0.15, (frames, 2))
    if style == "hand":
        steps = cv2.GaussianBlur(rng.normal(0, 1, (frames, 2)), (1, 0), 0.1, sigmaY=rng.uniform(1, 6))
        return np.cumsum(steps * rng.uniform(0.05, 1.2) / max(float(steps.std()), 1e-6), axis=0)
    if style == "pole":
        return rng.uniform(0.3, 4) * np.stack([np.sin(time * rng.uniform(0.2, 1.5)), 0.3 * np.sin(time * rng.uniform(0.2, 1.5))], axis=1)
    path = np.zeros((frames, 2))
    start, length = int(rng.integers(0, frames)), int(rng.integers(4, 30))
    path[start:start + length] = rng.normal(0, rng.uniform(0.5, 5), (frames, 2))[start:start + length]
    return path


def _make_zoom(rng: Rng, recipe: Recipe, frames: int) -> np.ndarray:
    """A lens that hunts for focus breathes: the picture grows and shrinks a little."""
    zoom = np.ones(frames)
    if recipe.shake and rng.random() < 0.3:
        start, length = int(rng.integers(0, frames)), int(rng.integers(5, 40))
        breath = rng.uniform(0.001, 0.015) * np.sin(np.arange(frames) * rng.uniform(0.2, 1.2))
        zoom[start:start + length] += breath[start:start + length]
    return zoom


class _Look:
    """What a camera does to its picture: sharpening, noise reduction over time, frames sent twice."""

    def __init__(self, rng: Rng) -> None:
        self.sharpen = rng.uniform(0.3, 1.2) if rng.random() < 0.3 else 0.0
        self.memory = rng.uniform(0.15, 0.45) if rng.random() < 0.2 else 0.0
        self.repeat_every = int(rng.integers(3, 13)) if rng.random() < 0.08 else 0
        self.before: np.ndarray | None = None

    def seen(self, frame: np.ndarray, number: int) -> np.ndarray:
        if self.before is not None:
            if self.repeat_every and number % self.repeat_every == 0:
                return self.before.copy()
            if self.memory:
                frame = frame + (self.before - frame) * self.memory
        self.before = frame
        if self.sharpen:
            frame = frame + (frame - cv2.GaussianBlur(frame, (0, 0), 1.2)) * self.sharpen
        return frame.copy()


def _lit_background(scene: Scene, lighting: Lighting, number: int) -> np.ndarray:
    frame = scene.picture.copy()
    for (x, y, width, height), levels in lighting.windows:
        if not np.isnan(levels[number]):
            part = frame[y:y + height, x:x + width]
            part += (levels[number] - part) * 0.85
    return frame


def _finish(
    rng: Rng, frame: np.ndarray, lighting: Lighting, pose: tuple[float, float, float], noise: np.ndarray, number: int,
) -> np.ndarray:
    """Light, the camera's own movement (shift and zoom about the centre) and sensor noise."""
    height, width = frame.shape
    if lighting.veil is not None:
        x, y = (int(speed * number) for speed in lighting.veil_speed)
        frame = frame * (1 + lighting.veil[y:y + height, x:x + width])
    if pose != (0, 0, 1):
        dx, dy, zoom = pose
        matrix = np.array([[zoom, 0, dx + width / 2 * (1 - zoom)], [0, zoom, dy + height / 2 * (1 - zoom)]], np.float32)
        frame = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    frame = frame * np.float32(lighting.gain[number]) + np.float32(lighting.offset[number] + lighting.drift[number])
    plane = noise[int(rng.integers(len(noise)))]
    x, y = rng.integers(0, 64, 2)
    return frame + plane[y:y + height, x:x + width]


class _Clock:
    """The camera's own date and time, written over the picture."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self.scale = rng.uniform(0.35, 0.9)
        self.hundredths = rng.random() < 0.2
        self.origin = rng.uniform(0, 86_000)
        text_width, text_height = int(400 * self.scale), int(30 * self.scale)
        x = 6 if rng.random() < 0.5 else max(6, width - text_width)
        y = text_height if rng.random() < 0.6 else height - 8
        self.at = (x, y)
        self.box = [x - 4, y - text_height, text_width + 8, text_height + 12]

    def draw(self, frame: np.ndarray, seconds: float) -> None:
        now = self.origin + seconds
        text = f"2024-05-17 {int(now // 3600) % 24:02d}:{int(now // 60) % 60:02d}:{int(now) % 60:02d}"
        if self.hundredths:
            text += f".{int(now * 100) % 100:02d}"
        cv2.putText(frame, text, self.at, cv2.FONT_HERSHEY_SIMPLEX, self.scale, 0.0, 3, cv2.LINE_AA)
        cv2.putText(frame, text, self.at, cv2.FONT_HERSHEY_SIMPLEX, self.scale, 245.0, 1, cv2.LINE_AA)


def _open_encoder(
    rng: Rng, path: Path, width: int, height: int, fps: float, recipe: Recipe,
) -> tuple[subprocess.Popen[bytes], dict]:
    codec = str(rng.choice(["libx264", "libx265", "mpeg4", "mjpeg"], p=[0.62, 0.22, 0.08, 0.08]))
    # 1 to 6 Mb/s at 1080p, and the same share of bits for a smaller picture.
    full = 1000 if recipe.starved_codec else float(np.exp(rng.uniform(np.log(1000), np.log(6000))))
    kilobits = max(120, int(full * 1.4 * width * height / (1920 * 1080)))
    gop = int(rng.choice([12, 25, 50, 100]))
    rate = ["-b:v", f"{kilobits}k", "-maxrate", f"{int(kilobits * 1.3)}k", "-bufsize", f"{kilobits}k"]
    options: list[str] = []
    if codec in ("libx264", "libx265"):
        options = ["-preset", str(rng.choice(["ultrafast", "superfast", "veryfast"])), *rate, "-bf", str(rng.choice([0, 0, 2]))]
    if codec == "libx265":
        options += ["-x265-params", "log-level=error:pools=none:frame-threads=1"]
    if codec == "mpeg4":
        options = ["-b:v", f"{2 * kilobits}k"]
    if codec == "mjpeg":
        options = ["-q:v", str(int(rng.integers(3, 12)))]
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}",
               "-r", f"{fps:g}", "-i", "-", "-c:v", codec, "-threads", "1", "-g", str(gop), *options,
               "-pix_fmt", "yuvj420p" if codec == "mjpeg" else "yuv420p", str(path)]
    return (subprocess.Popen(command, stdin=subprocess.PIPE),
            {"codec": codec, "kilobitsPerSecond": kilobits, "gop": gop})


def _hidden(cast: list[actors.Actor], seen: actors.Sighting) -> bool:
    """Behind foliage; a cloth that is drawn before the object counts too, which errs to caution."""
    return any(isinstance(actor, actors.Cloth) and actor.hides(seen.x, seen.y) for actor in cast)


def _describe(actor: actors.Actor) -> dict:
    described: dict = {"class": actor.label, "what": type(actor).__name__.lower(), "track": []}
    return described


def _finished_tracks(cast: list[actors.Actor], tracks: list[dict]) -> list[dict]:
    finished = []
    for actor, track in zip(cast, tracks):
        if isinstance(actor, actors.Falling):
            track |= {"shape": actor.shape, "floor": actor.floor, "unit": actor.unit,
                      "contrast": float(np.median(actor.contrasts)) if actor.contrasts else 0.0,
                      "mirrored": [list(entry) for entry in actor.reflected]}
        if track["track"]:
            finished.append(track)
    return finished


def _calibration(scene: Scene) -> dict:
    """The facade's four corners in pixels, and the grid of floors and units between them."""
    facade = scene.facade
    left, right = -facade.width / 2, facade.width / 2
    corners = {"bottomLeft": (left, 0.0), "bottomRight": (right, 0.0), "topLeft": (left, facade.height), "topRight": (right, facade.height)}
    points = {name: scene.camera.project(np.array([x, y, facade.distance]))[:2] for name, (x, y) in corners.items()}
    return {"corners": {name: {"x": x, "y": y} for name, (x, y) in points.items()},
            "widthMetres": facade.width, "heightMetres": facade.height, "floors": facade.floors, "units": facade.units}


def _rounded(value: object) -> object:
    if isinstance(value, (int, str)):
        return value
    if isinstance(value, (float, np.floating)):
        return round(float(value), 2)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return bool(value) if isinstance(value, np.bool_) else value


def _make(work: tuple[Order, Path]) -> Path:
    cv2.setNumThreads(1)
    return make_clip(*work)


def make_clips(orders: list[Order], out: Path, processes: int) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    with Pool(processes) as pool:
        paths = []
        for path in pool.imap_unordered(_make, [(order, out) for order in orders]):
            paths.append(path)
            if len(paths) % 25 == 0 or len(paths) == len(orders):
                print(f"{len(paths)}/{len(orders)} clips", flush=True)
    return sorted(paths)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--kind", choices=["dense", "falls", *DISTRACTORS], required=True)
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    make_clips([Order(arguments.seed, number, arguments.kind, arguments.width, arguments.height, arguments.seconds)
                for number in range(arguments.first, arguments.first + arguments.count)],
               arguments.out, arguments.processes)
