"""The density of a soak: ten minutes as a fixed camera sees them on a busy day, without a throw.

Each kind of distractor has clips in which it happens as often as `RATES` says; everything else happens
there now and then, as it does around any block of flats. False alarms in such clips are those of a
camera's day, where crowded clips hold in seconds what takes hours.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from actors.bird import make_bird
from actors.drawing import SPRITE, Actor
from actors.insect import make_insect
from actors.leaf import make_leaf
from actors.precipitation import make_precipitation
from actors.traffic import Traffic, make_traffic
from recipes import Lighting, Recipe, cloths, optics
from scene import Rng, Scene

FRAME_RATES = [12.5, 15, 15, 25]
LARGE_SHARE = 1 / 16
# H.265 and the slower presets are rarer than among crowded clips: they would take most of a soak's time.
CODECS = {"libx264": 0.82, "libx265": 0.03, "mpeg4": 0.08, "mjpeg": 0.07}
PRESETS = {"libx264": ["ultrafast", "ultrafast", "superfast"], "libx265": ["ultrafast"]}
LIGHT_SHARES = {"day": 0.5, "dusk": 0.13, "night": 0.22, "infrared": 0.15}
# Pixels beyond the picture's edge from where things come and to where they go.
AWAY = 60
WAY_OUT_SECONDS = 12


@dataclass(frozen=True)
class Rate:
    """How often a thing happens an hour in clips of its kind, and how often in clips of every other kind.

    `per_hour` None: it goes on all the time in clips of its kind, and in `elsewhere` of the other clips.
    """

    per_hour: float | None
    elsewhere: float
    why: str


# All are guesses of common sense on the busy side, but for the clock, which cameras write by default.
RATES = {
    "birds": Rate(60, 6, "pigeons and sparrows that live on a block: one a minute, three of ten times a flock of 2 to 8"),
    "insects": Rate(200, 12, "moths at the lens of a camera that lights the scene, a summer night: three a minute; none by day"),
    "leaves": Rate(100, 6, "trees near the lens, a windy autumn day: now and then up to ten in one gust"),
    "trees": Rate(None, 0.3, "three trees that never rest; elsewhere one"),
    "laundry": Rate(None, 0.3, "three to eleven pieces and bunting in a wind that never rests; elsewhere one or two pieces"),
    "rain": Rate(None, 0.04, "from drizzle to storm; it rains in some hundreds of a year's 8,760 hours"),
    "snow": Rate(None, 0.02, "from single flakes to a storm, which is rarer than rain"),
    "lights": Rate(40, 4, "lamps, signs, windows, television, glints, exposure: a change every one and a half minutes"),
    "clouds": Rate(40, 4, "broken clouds before the sun in a wind; none at night"),
    "shake": Rate(60, 3, "wind that shakes the pole: a gust a minute, for 2 to 20 seconds; lorries that pass, focus that hunts"),
    "clock": Rate(None, 0.8, "the date and time in the picture, which most cameras write"),
    "traffic": Rate(300, 30, "cars and people along the lower edge: a side street before the gate"),
    "night-noise": Rate(None, 0.05, "the highest gain all night"),
    "infrared-switch": Rate(6, 0, "cameras switch twice a day; at dusk, with headlights about, one hunts to and fro"),
    "codec-pulses": Rate(None, 0.05, "an encoder with far too few bits, whose picture jumps at every keyframe"),
}


@dataclass(frozen=True)
class Manner:
    """How a thing comes and goes: pixels a second, rise over run, radians of turning a second."""

    slowest: float
    steepest: float
    wobble: float


@dataclass
class DayRecipe(Recipe):
    """What happens in a clip, in counts."""

    light_changes: int = 0
    cloud_shadows: int = 0
    gusts: int = 0
    infrared_switches: int = 0


def default_seconds(kind: str) -> float:
    return 600.0


def make_recipe(rng: Rng, kind: str, *, height: int, hours: float) -> DayRecipe:
    light = _pick_light(rng, kind)
    lit, dark = light in ("day", "dusk"), light in ("night", "infrared")

    def events(name: str) -> int:
        rate = RATES[name]
        if name != kind:
            return int(rng.poisson(rate.elsewhere * hours))
        # However short the clip, its kind is in it.
        return max(1, int(rng.poisson((rate.per_hour or 0) * hours)))

    def lasts(name: str) -> bool:
        return name == kind or bool(rng.random() < RATES[name].elsewhere)

    weather = next((name for name in ("rain", "snow") if name == kind), None)
    if weather is None:
        weather = next((name for name in ("rain", "snow") if lasts(name)), None)
    light_changes, cloud_shadows = events("lights"), events("clouds") if lit else 0
    switches = events("infrared-switch")
    return DayRecipe(
        light=light, birds=events("birds") if lit or kind == "birds" else 0, insects=events("insects") if dark else 0, leaves=events("leaves"),
        trees=3 if kind == "trees" else int(lasts("trees")),
        laundry=int(rng.integers(3, 12)) if kind == "laundry" else int(rng.integers(1, 3)) * int(lasts("laundry")),
        bunting=int(kind == "laundry"), traffic=events("traffic"), weather=weather,
        light_steps=light_changes + cloud_shadows > 0, clouds=kind == "clouds", shake=kind == "shake",
        clock=lasts("clock"), infrared_switch=switches > 0,
        loud_noise=lasts("night-noise") and dark, starved_codec=lasts("codec-pulses"), light_changes=light_changes,
        cloud_shadows=cloud_shadows, gusts=events("shake"), infrared_switches=switches)


def _pick_light(rng: Rng, kind: str) -> str:
    shares = dict(LIGHT_SHARES)
    if kind in ("insects", "night-noise"):
        shares = {"night": 0.5, "infrared": 0.5}
    elif kind in ("birds", "clouds"):
        shares = {"day": 0.85, "dusk": 0.15}
    elif kind == "lights":
        shares = {"day": 0.3, "dusk": 0.25, "night": 0.35, "infrared": 0.1}
    elif kind == "infrared-switch":
        shares = {"day": 0.3, "dusk": 0.4, "night": 0.3}
    return str(rng.choice(list(shares), p=list(shares.values())))


def make_cast(rng: Rng, scene: Scene, recipe: DayRecipe, *, fps: float, frames: int, kind: str) -> list[Actor]:
    """Back to front, as in crowded clips: what is drawn later hides what was drawn before."""
    psf, exposure = optics(rng, scene)
    cast, trees_before = cloths(rng, scene, recipe, fps)
    for moment, size in _groups(rng, recipe.birds, frames, alone=0.7, most=8):
        cast += _flock(rng, scene, moment, size, fps=fps, psf=psf, exposure=exposure)
    for moment, size in _groups(rng, recipe.leaves, frames, alone=0.6, most=10):
        for _ in range(size):
            leaf = make_leaf(rng, scene, fps=fps, frames=frames, psf=psf, exposure=exposure, seconds=(30, 60))
            leaf.start = moment + int(rng.uniform(0, 3) * fps)
            if rng.random() < 0.7:
                # From above the picture; the others come off a balcony or a tree inside it.
                leaf.ys += -10 - leaf.ys[0]
            cast.append(leaf)
    cast += [_passing(rng, scene, int(rng.integers(0, frames)), fps, psf) for _ in range(recipe.traffic)]
    cast += trees_before
    for moment, size in _groups(rng, recipe.insects, frames, alone=0.75, most=4):
        for _ in range(size):
            insect = make_insect(rng, scene, fps=fps, frames=frames, exposure=exposure)
            manner = Manner(slowest=150, steepest=math.inf, wobble=rng.uniform(0.1, 0.8))
            insect.xs, insect.ys, _ = _from_edge_to_edge(rng, insect.xs, insect.ys, scene, manner, fps)
            insect.start = moment + int(rng.uniform(0, 4) * fps)
            cast.append(insect)
    if recipe.weather is not None:
        cast.append(make_precipitation(rng, scene, recipe.weather, fps, exposure))
    return cast


def _groups(rng: Rng, count: int, frames: int, *, alone: float, most: int) -> list[tuple[int, int]]:
    """Spreads so many things over the clip: the frame at which a group comes, and its size."""
    groups = []
    while count > 0:
        size = 1 if rng.random() < alone else min(count, int(rng.integers(2, most + 1)))
        groups.append((int(rng.integers(0, frames)), size))
        count -= size
    return groups


def _flock(
    rng: Rng, scene: Scene, moment: int, size: int, *, fps: float, psf: float, exposure: float,
) -> list[Actor]:
    """Birds that keep together for at most a minute: nobody circles before a camera for longer."""
    life = int(rng.uniform(4, 30) * fps)
    leader = make_bird(rng, scene, fps=fps, frames=life, psf=psf, exposure=exposure)
    # From one side to the other rather than from above: who swoops down does so inside the picture.
    manner = Manner(slowest=2.5 * float(leader.sizes.mean()), steepest=0.35, wobble=0.05)
    leader.xs, leader.ys, (before, after) = _from_edge_to_edge(rng, leader.xs, leader.ys, scene, manner, fps)
    leader.sizes = np.pad(leader.sizes, (before, after), "edge")
    leader.start = moment
    spread = 4 * float(leader.sizes.mean())
    return [leader, *(replace(
        leader, xs=leader.xs + rng.normal(0, spread), ys=leader.ys + rng.normal(0, spread),
        sizes=leader.sizes * rng.uniform(0.85, 1.15), flap=leader.flap * rng.uniform(0.9, 1.1),
        start=moment + int(rng.normal(0, fps))) for _ in range(size - 1))]


def _from_edge_to_edge(
    rng: Rng, xs: np.ndarray, ys: np.ndarray, scene: Scene, manner: Manner, fps: float,
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Prolongs a way at both ends until it leaves the picture, and says by how many frames.

    Nothing that flies comes from nowhere.
    """
    points = np.stack([xs, ys], axis=1)
    back = min(5, len(points) - 1)
    before = _way_out(rng, points[0], (points[0] - points[back]) / back, scene, manner, fps)[::-1]
    after = _way_out(rng, points[-1], (points[-1] - points[-1 - back]) / back, scene, manner, fps)
    way = np.concatenate([before, points, after])
    return way[:, 0], way[:, 1], (len(before), len(after))


def _way_out(
    rng: Rng, start: np.ndarray, step: np.ndarray, scene: Scene, manner: Manner, fps: float,
) -> np.ndarray:
    width, height = scene.camera.width, scene.camera.height
    # Fast enough to be out in time from anywhere.
    least = max(manner.slowest, (max(width, height) + AWAY) / WAY_OUT_SECONDS) / fps
    pace = max(least, float(np.hypot(*step)))
    time = np.arange(1, math.ceil(1.5 * WAY_OUT_SECONDS * fps)) / fps
    heading = steady = math.atan2(step[1], step[0])
    if abs(step[1]) > manner.steepest * abs(step[0]):
        steady = math.atan2(math.copysign(manner.steepest, step[1]), math.copysign(1.0, step[0]))
    # It turns within a second.
    course = heading + (steady - heading) * np.clip(time, 0, 1)
    course += np.cumsum(rng.normal(0, manner.wobble / math.sqrt(fps), len(time)))
    way = start + pace * np.cumsum(np.stack([np.cos(course), np.sin(course)], axis=1), axis=0)
    inside = np.all((way > -AWAY) & (way < (width + AWAY, height + AWAY)), axis=1)
    return way[:len(way) if inside.all() else int(np.argmin(inside))]


def _passing(rng: Rng, scene: Scene, moment: int, fps: float, psf: float) -> Traffic:
    """A car or somebody on foot who comes in at one side at this frame and leaves at the other."""
    traffic = make_traffic(rng, scene, fps=fps, frames=0, psf=psf)
    margin = max(traffic.scale) * SPRITE / 2
    way = scene.camera.width + 2 * margin
    traffic.x = (-margin if traffic.speed > 0 else scene.camera.width + margin) - traffic.speed * moment
    traffic.life = range(moment, moment + math.ceil(way / abs(traffic.speed)))
    return traffic


def make_lighting(rng: Rng, scene: Scene, recipe: DayRecipe, fps: float, frames: int) -> Lighting:
    lighting = Lighting(np.ones(frames), np.zeros(frames), rng.normal(0, 0.05, frames))
    for _ in range(recipe.light_changes):
        if rng.random() < 0.4 or not scene.window_boxes:
            # A lamp, a sign, or the slow answer of the exposure control; some time later it is undone.
            ramp = _pulse(rng, frames, seconds=(2, 120), ramps=(0, 0, 0.2, 1), fps=fps)
            lighting.gain *= 1 + ramp * rng.uniform(-0.25, 0.3)
        else:
            lighting.windows.append(_window(rng, scene, fps, frames))
    for _ in range(recipe.cloud_shadows):
        shadow = _pulse(rng, frames, seconds=(4, 90), ramps=(1, 2, 5, 10), fps=fps)
        lighting.gain *= 1 - shadow * rng.uniform(0.05, 0.45)
    if recipe.clouds:
        # Their edges pass over the facade, too.
        height, width = scene.picture.shape
        cell = rng.uniform(60, 180)
        grid = rng.standard_normal((max(2, int(height / cell)), max(2, int(width / cell)))).astype(np.float32)
        tile = cv2.resize(np.tile(grid, (3, 3)), (3 * width, 3 * height), interpolation=cv2.INTER_CUBIC)
        lighting.veil = 1 + np.tile(tile[height:2 * height, width:2 * width], (2, 2)) * rng.uniform(0.03, 0.15)
        lighting.veil_speed = (rng.uniform(0, 40) / fps, rng.uniform(0, 20) / fps)
    moments = sorted(int(at) for at in rng.integers(0, frames, recipe.infrared_switches))
    for at, until in zip(moments[::2], [*moments[1::2], frames]):
        lighting.gain[at:until] *= rng.uniform(0.4, 1.8)
        lighting.offset[at:until] += rng.uniform(-10, 60)
        for edge in (at, until):
            settling = lighting.gain[edge:edge + 6]
            settling *= np.linspace(rng.uniform(0.2, 1.8), 1, 6)[:len(settling)]
    return lighting


def _pulse(
    rng: Rng, frames: int, *, seconds: tuple[float, float], ramps: tuple[float, ...], fps: float,
) -> np.ndarray:
    """Rises from 0 to 1 somewhere in the clip and falls back after so long, within a ramp of seconds each."""
    start = int(rng.integers(0, frames))
    end = start + int(rng.uniform(*seconds) * fps)
    up, down = (max(1.0, rng.choice(ramps) * fps) for _ in range(2))
    time = np.arange(frames)
    return np.clip((time - start) / up, 0, 1) - np.clip((time - end) / down, 0, 1)


def _window(rng: Rng, scene: Scene, fps: float, frames: int) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """A part of a window and its grey over time; NaN while nothing is to be seen of it."""
    style = rng.choice(["switch", "switch", "television", "glint", "lamp"])
    start = int(rng.integers(0, frames))
    seconds = {"switch": rng.uniform(10, 600), "television": rng.uniform(30, 600), "glint": rng.uniform(0.05, 0.8),
               "lamp": rng.uniform(1, 60)}[style]
    length = max(1, min(int(seconds * fps), frames - start))
    levels = np.full(frames, np.nan)
    if style in ("switch", "glint"):
        levels[start:start + length] = rng.uniform(20, 250) if style == "switch" else rng.uniform(180, 255)
    elif style == "television":
        scenes = np.repeat(rng.standard_normal(length // 3 + 1), 3)[:length]
        levels[start:start + length] = rng.uniform(30, 150) + rng.uniform(3, 40) * scenes
    else:
        flicker = np.sign(np.sin(np.arange(length) * rng.uniform(0.3, 3.1)))
        levels[start:start + length] = 120 + rng.uniform(5, 60) * flicker
    x, y, width, height = scene.window_boxes[int(rng.integers(len(scene.window_boxes)))]
    share = rng.uniform(0.2, 1.0, 2)
    part = (x, y, max(3, int(width * share[0])), max(3, int(height * share[1])))
    return part, np.clip(levels, 2, 253)


def make_shake(rng: Rng, recipe: DayRecipe, fps: float, frames: int) -> np.ndarray:
    """The picture's shift over time, in pixels: gusts with rest between them, in which it stands still."""
    path = np.zeros((frames, 2))
    for _ in range(recipe.gusts):
        start = int(rng.integers(0, frames))
        style = rng.choice(["pole", "jitter", "sway", "bump"], p=[0.5, 0.2, 0.15, 0.15])
        length = int((rng.uniform(0.2, 1.2) if style == "bump" else rng.uniform(2, 20)) * fps)
        time = np.arange(length)
        if style == "pole":
            beat = 2 * np.pi * rng.uniform(0.8, 5, 2) / fps
            moved = rng.uniform(0.3, 4) * np.stack([np.sin(time * beat[0]), 0.3 * np.sin(time * beat[1])], axis=1)
        elif style == "sway":
            moved = cv2.GaussianBlur(rng.normal(0, 1, (length, 2)), (1, 0), 0.1, sigmaY=rng.uniform(2, 8))
            moved *= rng.uniform(0.5, 4) / max(float(moved.std()), 1e-6)
        else:
            moved = rng.normal(0, rng.uniform(0.5, 4) if style == "bump" else rng.uniform(0.1, 1.2), (length, 2))
        if style != "bump":
            # A gust swells and dies down.
            moved *= np.hanning(length)[:, None]
        path[start:start + length] += moved[:frames - start]
    if recipe.shake and rng.random() < 0.3:
        # A wall that an engine makes tremble all the time.
        path += rng.normal(0, rng.uniform(0.05, 0.3), (frames, 2))
    return path


def make_zoom(rng: Rng, recipe: DayRecipe, fps: float, frames: int) -> np.ndarray:
    """A lens that hunts for focus breathes, four times an hour where the camera shakes."""
    zoom = np.ones(frames)
    for _ in range(int(rng.poisson(4 * frames / fps / 3600)) if recipe.shake else 0):
        start, length = int(rng.integers(0, frames)), int(rng.uniform(0.3, 2) * fps)
        breath = rng.uniform(0.001, 0.015) * np.sin(np.arange(frames) * rng.uniform(0.2, 1.2))
        zoom[start:start + length] += breath[start:start + length]
    return zoom
