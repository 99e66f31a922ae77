"""Composite clips: a facade, things that fall past it and everything that only looks so.

Each clip is an encoded video and a truth file beside it; encoding comes last, so the codec's
artefacts are in the picture as they are in a camera's. The same seed and number give the same clip.

    generate.py --out DIR --seed 1 --count 400 --kind dense       training material
    generate.py --out DIR --seed 9001 --count 20 --kind falls     a few throws a clip, for evaluation
    generate.py --out DIR --seed 9001 --count 20 --kind beside    throws beside plenty of one distractor
    generate.py --out DIR --seed 9001 --count 20 --kind birds     no throw, one kind of distractor

    --density day makes of a kind of distractor ten minutes as a camera sees them on a busy day (day.py)
    instead of seconds that hold what it sees in hours (crowded.py).
    --backdrops FOLDER takes the walls from the folder's photographs and recordings (backdrops.py).
"""

import argparse
import json
import subprocess
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

import crowded
import day
from actors.cloth import Cloth
from actors.drawing import Actor, Sighting
from actors.falling import Falling
from backdrops import backdrops_of, open_backdrop
from recipes import DISTRACTORS, Lighting, Recipe
from scene import Rng, Scene, make_scene

DENSITIES = {"crowded": crowded, "day": day}
# So much may wait for the encoder: on one core the two then take turns less often.
PIPE_BYTES = 1 << 20


@dataclass(frozen=True)
class Order:
    """What to make: everything that determines a clip."""

    seed: int
    number: int
    kind: str
    width: int | None
    height: int | None
    seconds: float | None
    density: str = "crowded"
    # A day at so many times its pace: what happens in ten hours happens in one.
    pace: float = 1.0
    backdrops: Path | None = None

    @property
    def name(self) -> str:
        kind = self.kind if self.density == "crowded" else f"{self.kind}-{self.density}"
        if self.pace != 1:
            kind += f"-{self.pace:g}x"
        if self.backdrops:
            kind += "-before"
        return f"{kind}-{self.seed}-{self.number:05d}"


def make_clip(order: Order, out: Path) -> Path:
    """Renders, encodes and describes one clip, unless it is there already; answers the video's path."""
    name, density = order.name, DENSITIES[order.density]
    if (out / f"{name}.json").exists():
        return out / f"{name}.mp4"
    rng = np.random.default_rng([order.seed, order.number, sum(map(ord, order.kind))])
    width, height = _picture_size(rng, order)
    fps = float(rng.choice(density.FRAME_RATES))
    backdrop = open_backdrop(order.backdrops, order.number, (width, height)) if order.backdrops else None
    fps = backdrop.fps or fps if backdrop else fps
    frames = int((order.seconds or density.default_seconds(order.kind)) * fps)
    recipe = density.make_recipe(rng, order.kind, height=height, hours=order.pace * frames / fps / 3600)
    if backdrop:
        recipe.light = "day"
    scene = make_scene(rng, width, height, recipe.light)
    scene = backdrop.before(scene) if backdrop else scene
    cast = density.make_cast(rng, scene, recipe, fps=fps, frames=frames, kind=order.kind)
    lighting = density.make_lighting(rng, scene, recipe, fps, frames)
    shake = density.make_shake(rng, recipe, fps, frames)
    zoom = density.make_zoom(rng, recipe, fps, frames)
    look = _Look(rng)
    sigma = {"day": rng.uniform(0.3, 2.2), "dusk": rng.uniform(0.8, 4), "night": rng.uniform(1.5, 6),
             "infrared": rng.uniform(1, 5)}[recipe.light] * (1.8 if recipe.loud_noise else 1.0)
    if backdrop and backdrop.fps:
        sigma = 0.0
    noise = rng.normal(0, sigma, (5, height + 64, width + 64)).astype(np.float32)
    if rng.random() < 0.4:
        # The grain of a camera that demosaics and sharpens is larger than a pixel.
        noise = np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) * 1.8 for plane in noise])
    clock = _Clock(rng, width, height) if recipe.clock else None

    video, encoding = _open_encoder(rng, order, out / f"{name}.mp4", (width, height, fps), recipe)
    tracks: list[dict] = [_describe(actor) for actor in cast]
    lives = [actor.life or range(frames) for actor in cast]
    first, end = np.array([life.start for life in lives]), np.array([life.stop for life in lives])
    shown = np.empty((height, width), np.uint8)
    assert video.stdin is not None
    for number in range(frames):
        frame = backdrop.at(number) if backdrop else _lit_background(scene, lighting, number)
        # In a long clip most of the cast is away most of the time.
        for at in np.flatnonzero((first <= number) & (number < end)):
            actor = cast[at]
            for seen in actor.draw(frame, number):
                hidden = actor.label == "thrown-object" and _hidden(cast, seen)
                x, y = (half + (at_px - half) * zoom[number] + move for half, at_px, move in
                        zip((width / 2, height / 2), (seen.x, seen.y), shake[number]))
                shown_by = [seen.contrast] if actor.label == "thrown-object" else []
                tracks[at]["track"].append([number, x, y, seen.size, int(not hidden), *shown_by])
        frame = _finish(rng, frame, lighting, (*shake[number], zoom[number]), noise, number)
        frame = look.seen(frame, number)
        if clock is not None:
            clock.draw(frame, number / fps)
        frame += 0.5
        np.minimum(np.maximum(frame, 0, out=frame), 255, out=frame)
        np.copyto(shown, frame, casting="unsafe")
        video.stdin.write(shown.data)
    video.stdin.close()
    if video.wait() != 0:
        raise RuntimeError(f"ffmpeg could not encode {name}")
    truth = {
        "file": f"{name}.mp4", "kind": order.kind, "width": width, "height": height, "fps": fps, "frames": frames,
        "encoding": encoding, "recipe": vars(recipe),
        "objects": _finished_tracks(cast, tracks),
        "regions": [{"class": actor.label, "box": list(actor.box)} for actor in cast if isinstance(actor, Cloth)]
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
    large_share = DENSITIES[order.density].LARGE_SHARE
    if large_share > 0 and rng.random() < large_share:
        return 1280, 720
    sizes = [(640, 368), (368, 640), (704, 400), (480, 480), (576, 432)]
    width, height = sizes[int(rng.integers(len(sizes)))]
    return width, height


class _Look:
    """What a camera does to its picture: sharpening, noise reduction over time, frames sent twice."""

    def __init__(self, rng: Rng) -> None:
        self.sharpen = rng.uniform(0.3, 1.2) if rng.random() < 0.3 else 0.0
        self.memory = rng.uniform(0.15, 0.45) if rng.random() < 0.2 else 0.0
        self.repeat_every = int(rng.integers(3, 13)) if rng.random() < 0.08 else 0
        self.before: np.ndarray | None = None

    def seen(self, frame: np.ndarray, number: int) -> np.ndarray:
        """The picture, which may be drawn upon: what is remembered is a copy."""
        if self.before is not None:
            if self.repeat_every and number % self.repeat_every == 0:
                return self.before.copy()
            if self.memory:
                frame = frame + (self.before - frame) * self.memory
        if self.repeat_every or self.memory:
            self.before = frame if self.sharpen else frame.copy()
        if self.sharpen:
            frame = frame + (frame - cv2.GaussianBlur(frame, (0, 0), 1.2)) * self.sharpen
        return frame


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
    """Light, the camera's own movement (shift and zoom about the centre) and sensor noise; alters the frame."""
    height, width = frame.shape
    if lighting.veil is not None:
        x, y = (int(speed * number) % most for speed, most in zip(lighting.veil_speed, (width, height)))
        frame *= lighting.veil[y:y + height, x:x + width]
    if pose != (0, 0, 1):
        dx, dy, zoom = pose
        matrix = np.array([[zoom, 0, dx + width / 2 * (1 - zoom)], [0, zoom, dy + height / 2 * (1 - zoom)]], np.float32)
        frame = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    frame *= np.float32(lighting.gain[number])
    frame += np.float32(lighting.offset[number] + lighting.drift[number])
    plane = noise[int(rng.integers(len(noise)))]
    x, y = rng.integers(0, 64, 2)
    frame += plane[y:y + height, x:x + width]
    return frame


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
        self.canvas = np.empty((height, width), np.float32)
        self.text = ""

    def draw(self, frame: np.ndarray, seconds: float) -> None:
        now = self.origin + seconds
        text = f"2024-05-17 {int(now // 3600) % 24:02d}:{int(now // 60) % 60:02d}:{int(now) % 60:02d}"
        if self.hundredths:
            text += f".{int(now * 100) % 100:02d}"
        if text != self.text:
            # Most of its frames show what the one before showed.
            self.text = text
            self.canvas.fill(np.nan)
            cv2.putText(self.canvas, text, self.at, cv2.FONT_HERSHEY_SIMPLEX, self.scale, 0.0, 3, cv2.LINE_AA)
            cv2.putText(self.canvas, text, self.at, cv2.FONT_HERSHEY_SIMPLEX, self.scale, 245.0, 1, cv2.LINE_AA)
            self.inked = np.flatnonzero(~np.isnan(self.canvas))
            self.ink = self.canvas.ravel()[self.inked]
        frame.ravel()[self.inked] = self.ink


def _open_encoder(
    rng: Rng, order: Order, path: Path, picture: tuple[int, int, float], recipe: Recipe,
) -> tuple[subprocess.Popen[bytes], dict]:
    width, height, fps = picture
    density = DENSITIES[order.density]
    codec = str(rng.choice(list(density.CODECS), p=list(density.CODECS.values())))
    # 1 to 6 Mb/s at 1080p, and the same share of bits for a smaller picture.
    full = 1000 if recipe.starved_codec else float(np.exp(rng.uniform(np.log(1000), np.log(6000))))
    kilobits = max(120, int(full * 1.4 * width * height / (1920 * 1080)))
    gop = int(rng.choice([12, 25, 50, 100]))
    rate = ["-b:v", f"{kilobits}k", "-maxrate", f"{int(kilobits * 1.3)}k", "-bufsize", f"{kilobits}k"]
    options: list[str] = []
    if codec in density.PRESETS:
        options = ["-preset", str(rng.choice(density.PRESETS[codec])), *rate, "-bf", str(rng.choice([0, 0, 2]))]
    if codec == "libx265":
        options += ["-x265-params", "log-level=error:pools=none:frame-threads=1"]
    if codec == "mpeg4":
        options = ["-b:v", f"{2 * kilobits}k"]
    if codec == "mjpeg":
        options = ["-q:v", str(int(rng.integers(3, 12)))]
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}",
               "-r", f"{fps:g}", "-i", "-", "-c:v", codec, "-threads", "1", "-g", str(gop), *options,
               "-pix_fmt", "yuvj420p" if codec == "mjpeg" else "yuv420p", str(path)]
    return (subprocess.Popen(command, stdin=subprocess.PIPE, pipesize=PIPE_BYTES),
            {"codec": codec, "kilobitsPerSecond": kilobits, "gop": gop})


def _hidden(cast: list[Actor], seen: Sighting) -> bool:
    """Behind foliage; a cloth that is drawn before the object counts too, which errs to caution."""
    return any(isinstance(actor, Cloth) and actor.hides(seen.x, seen.y) for actor in cast)


def _describe(actor: Actor) -> dict:
    described: dict = {"class": actor.label, "what": type(actor).__name__.lower(), "track": []}
    return described


def _finished_tracks(cast: list[Actor], tracks: list[dict]) -> list[dict]:
    finished = []
    for actor, track in zip(cast, tracks):
        if isinstance(actor, Falling):
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
    parser.add_argument("--kind", choices=["dense", "falls", "beside", *DISTRACTORS], required=True)
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--density", choices=DENSITIES, default="crowded")
    parser.add_argument("--backdrops", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.density == "day" and arguments.kind not in day.RATES:
        parser.error("a day has no throws: --density day goes with a kind of distractor")
    if arguments.backdrops:
        try:
            backdrops_of(arguments.backdrops)
        except (OSError, ValueError) as error:
            parser.error(f"--backdrops: {error}")
    make_clips([Order(arguments.seed, number, arguments.kind, arguments.width, arguments.height, arguments.seconds,
                      arguments.density, backdrops=arguments.backdrops)
                for number in range(arguments.first, arguments.first + arguments.count)],
               arguments.out, arguments.processes)
