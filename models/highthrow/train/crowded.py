"""The density of training: a clip of seconds holds what a camera sees in hours.

A tile shows only what is near, so a crowded clip teaches several things at once. The same random
numbers give the same clip, on which the committed model and every seed on record depend.
"""

from dataclasses import replace

import cv2
import numpy as np

from actors.bird import make_bird
from actors.drawing import Actor
from actors.falling import Falling, make_falling
from actors.insect import make_insect
from actors.leaf import make_leaf
from actors.precipitation import make_precipitation
from actors.traffic import make_traffic
from recipes import DISTRACTORS, LIGHTS, Lighting, Recipe, cloths, optics
from scene import Rng, Scene, smooth_noise

FRAME_RATES = [15, 20, 24, 25, 25, 25, 30, 30]
LARGE_SHARE = 0.0
CODECS = {"libx264": 0.62, "libx265": 0.22, "mpeg4": 0.08, "mjpeg": 0.08}
PRESETS = {codec: ["ultrafast", "superfast", "veryfast"] for codec in ("libx264", "libx265")}


def default_seconds(kind: str) -> float:
    return 3.2 if kind == "dense" else 20.0


def make_recipe(rng: Rng, kind: str, *, height: int, hours: float) -> Recipe:
    if kind == "dense":
        return dense_recipe(rng)
    if kind == "beside":
        return beside_recipe(rng, height)
    return falls_recipe(rng, height) if kind == "falls" else quiet_recipe(rng, kind)


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


def beside_recipe(rng: Rng, height: int) -> Recipe:
    """Throws beside plenty of one distractor: who throws does not wait until it has stopped snowing."""
    return replace(quiet_recipe(rng, str(rng.choice(DISTRACTORS))), falls=3, size_px=falls_recipe(rng, height).size_px,
                   contrast=(8.0, 120.0))


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


def make_cast(rng: Rng, scene: Scene, recipe: Recipe, *, fps: float, frames: int, kind: str) -> list[Actor]:
    """Back to front: what is drawn later hides what was drawn before."""
    dense = kind == "dense"
    psf, exposure = optics(rng, scene)
    cast, trees_before = cloths(rng, scene, recipe, fps)
    attempts = 0
    falls: list[Falling] = []
    while len(falls) < recipe.falls and attempts < 40 * recipe.falls:
        attempts += 1
        fall = make_falling(rng, scene, fps=fps, frames=frames, size_px=recipe.size_px,
                            contrast=recipe.contrast, psf=psf, exposure=exposure, dense=dense)
        if fall is not None:
            falls.append(fall)
    cast += falls
    many = 1 if dense else max(1, int(frames / fps / 8))
    for _ in range(recipe.birds * many):
        cast.append(make_bird(rng, scene, fps=fps, frames=frames, psf=psf, exposure=exposure))
    for _ in range(recipe.leaves * many):
        cast.append(make_leaf(rng, scene, fps=fps, frames=frames, psf=psf, exposure=exposure))
    for _ in range(recipe.traffic):
        cast.append(make_traffic(rng, scene, fps=fps, frames=frames, psf=psf))
    cast += trees_before
    for _ in range(recipe.insects * many):
        cast.append(make_insect(rng, scene, fps=fps, frames=frames, exposure=exposure))
    if recipe.weather is not None:
        cast.append(make_precipitation(rng, scene, recipe.weather, fps, exposure))
    return cast


def make_lighting(rng: Rng, scene: Scene, recipe: Recipe, fps: float, frames: int) -> Lighting:
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
        lighting.veil = 1 + smooth_noise(rng, height * 2, width * 2, rng.uniform(60, 300)) * rng.uniform(0.03, 0.15)
        lighting.veil_speed = (rng.uniform(0, width / frames), rng.uniform(0, height / frames))
    if recipe.infrared_switch:
        at = int(rng.integers(frames // 4, frames))
        lighting.gain[at:] *= rng.uniform(0.4, 1.8)
        lighting.offset[at:] += rng.uniform(-10, 60)
        lighting.gain[at:at + 6] *= np.linspace(rng.uniform(0.2, 1.8), 1, 6)[:max(0, frames - at)]
    return lighting


def _pick(rng: Rng, boxes: list[tuple[int, int, int, int]], count: int) -> list[tuple[int, int, int, int]]:
    return [boxes[i] for i in rng.permutation(len(boxes))[:count]]


def make_shake(rng: Rng, recipe: Recipe, fps: float, frames: int) -> np.ndarray:
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


def make_zoom(rng: Rng, recipe: Recipe, fps: float, frames: int) -> np.ndarray:
    """A lens that hunts for focus breathes: the picture grows and shrinks a little."""
    zoom = np.ones(frames)
    if recipe.shake and rng.random() < 0.3:
        start, length = int(rng.integers(0, frames)), int(rng.integers(5, 40))
        breath = rng.uniform(0.001, 0.015) * np.sin(np.arange(frames) * rng.uniform(0.2, 1.2))
        zoom[start:start + length] += breath[start:start + length]
    return zoom
