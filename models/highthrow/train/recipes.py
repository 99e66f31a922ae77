"""What a clip holds: the counts of its things, the light over time, and what both densities begin with."""

from dataclasses import dataclass, field

import numpy as np

from actors.cloth import make_cloth
from actors.drawing import Actor
from scene import Rng, Scene

LIGHTS = ("day", "dusk", "night", "infrared")
DISTRACTORS = ("birds", "insects", "leaves", "trees", "laundry", "rain", "snow", "lights", "clouds", "shake",
               "clock", "traffic", "night-noise", "infrared-switch", "codec-pulses")


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
    # A factor per pixel, twice the picture in width and height, that passes over it.
    veil: np.ndarray | None = None
    veil_speed: tuple[float, float] = (0.0, 0.0)


def optics(rng: Rng, scene: Scene) -> tuple[float, float]:
    """Blur of the lens in pixels, and the share of a frame's time that it is exposed."""
    return rng.uniform(0.3, 0.9), float(rng.uniform(0.05, 0.4) if scene.light == "day" else rng.uniform(0.3, 0.95))


def cloths(rng: Rng, scene: Scene, recipe: Recipe, fps: float) -> tuple[list[Actor], list[Actor]]:
    """What hangs and grows behind everything that moves, and the trees before it."""
    behind: list[Actor] = [make_cloth(rng, scene, "laundry", fps) for _ in range(recipe.laundry)]
    behind += [make_cloth(rng, scene, "bunting", fps) for _ in range(recipe.bunting)]
    trees_behind = int(rng.integers(0, recipe.trees + 1))
    trees = [make_cloth(rng, scene, "tree", fps) for _ in range(recipe.trees)]
    return behind + trees[:trees_behind], trees[trees_behind:]
