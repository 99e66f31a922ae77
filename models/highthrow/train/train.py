"""Trains the verifier on the tiles of composite clips, then twice again with the errors it made on new ones.

    train.py --work DIR --seed 1 --clips 480 --steps 30000

Clips, tiles and the state of training are kept below --work; what is already there is not made again,
so that a run that was stopped goes on where it was. --verdicts FOLDER adds the clips that people judged
(`npm run verdicts`); they weigh as much as the errors.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from generate import Order, make_clips
from net import MOTION_SCALE, Verifier
from processor import HAS_BFLOAT16
from recipes import DISTRACTORS
from tiles import CLASSES, Tiles, cut_clips
from verdicts import prepare

BATCH = 128
THROWN = CLASSES.index("thrown-object")
HELD_OUT_SEED_STEP = 1_000
# How often a tile that the net judged wrongly is drawn, against one that it judged rightly.
ERROR_WEIGHT = 3.0
# Distractors that a first model takes for falls have so many times the clips of the others.
HARD = {"leaves": 4, "birds": 3, "rain": 3, "snow": 2, "insects": 2}
ROUNDS = 3
# Of the steps; the learning rate starts lower in every round.
SHARES = (0.3, 0.3, 0.4)
RATES = (3e-3, 2e-3, 2e-3)
SAVED_EVERY = 500


class Material:
    """All tiles that are trained on, in the parts they came in, and how often each is drawn."""

    def __init__(self) -> None:
        self.parts: list[Tiles] = []
        self.weights = np.empty(0)

    def add(self, tiles: Tiles, weights: np.ndarray) -> None:
        self.parts.append(tiles)
        self.weights = np.concatenate([self.weights, weights])
        self.labels = np.concatenate([part.labels for part in self.parts])
        self.motions = torch.from_numpy(np.concatenate([part.motions for part in self.parts]))
        self.starts = np.cumsum([0, *(len(part.labels) for part in self.parts)])

    def pixels(self, chosen: np.ndarray) -> Tensor:
        """The tiles of these numbers, counted through all parts."""
        owners = np.searchsorted(self.starts, chosen, side="right") - 1
        drawn = np.empty((len(chosen), *self.parts[0].pixels.shape[1:]), np.uint8)
        for number, part in enumerate(self.parts):
            of_part = owners == number
            drawn[of_part] = part.pixels[chosen[of_part] - self.starts[number]]
        return torch.from_numpy(drawn)


def tiles_of(wanted: list[Order], work: Path, processes: int) -> Tiles:
    """Makes the clips and cuts their tiles, as far as they are not there from before."""
    return cut_clips(make_clips(wanted, work / "clips", processes), processes)


def orders(seed: int, kinds: dict[str, int]) -> list[Order]:
    return [Order(seed, number, kind, None, None, 4.5 if kind != "dense" else None)
            for kind, count in kinds.items() for number in range(count)]


def half_mirrored(pixels: Tensor, motions: Tensor) -> tuple[Tensor, Tensor]:
    """Mirrors half of the tiles left to right. Up and down stay as they are, for gravity is the clue."""
    half = len(pixels) // 2
    # A flipped tile's centre lies between pixels 31 and 32 counted from the other side.
    mirrored = motions[:half] * torch.tensor([-1.0, 1, -1, 1, 1]) + torch.tensor([-1.0, 0, 0, 0, 0])
    return torch.cat([pixels[:half].flip(3), pixels[half:]]), torch.cat([mirrored, motions[half:]])


def random_gains(count: int, generator: torch.Generator) -> Tensor:
    """Contrast from half to nearly double; a quarter of the tiles as negatives."""
    gains = torch.empty(count, 1, 1, 1).uniform_(-0.7, 0.6, generator=generator).exp()
    return torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.25, -gains, gains)


def draw(material: Material, steps: int, generator: torch.Generator) -> Tensor:
    """The tiles of every step. Thrown objects make two fifths of a batch; the others share by the root of their counts."""
    labels, weights = material.labels, material.weights
    counts = np.bincount(labels, weights, minlength=len(CLASSES))
    shares = np.sqrt(counts)
    shares[THROWN] = 0
    shares = shares / shares.sum() * 0.6
    shares[THROWN] = 0.4
    chance = torch.from_numpy(weights * (shares / np.maximum(counts, 1))[labels])
    return torch.multinomial(chance, steps * BATCH, replacement=True, generator=generator).view(steps, BATCH)


class Progress:
    """The state of one round on disk: what is needed to go on as if nothing had happened."""

    def __init__(self, path: Path, tiles: int, steps: int) -> None:
        self.path, self.sizes = path, {"tiles": tiles, "steps": steps}

    def restore(self, parts: dict[str, nn.Module | torch.optim.Optimizer | object], generator: torch.Generator) -> int:
        """Answers the number of steps that are done."""
        if not self.path.exists():
            return 0
        stored = torch.load(self.path)
        if stored["sizes"] != self.sizes:
            raise SystemExit(f"{self.path} belongs to another run ({stored['sizes']}): delete it, or the folder, to start over")
        for name, part in parts.items():
            part.load_state_dict(stored[name])
        generator.set_state(stored["generator"])
        return stored["step"]

    def save(self, parts: dict[str, nn.Module | torch.optim.Optimizer | object], generator: torch.Generator, step: int) -> None:
        unfinished = self.path.with_suffix(".part")
        torch.save({name: part.state_dict() for name, part in parts.items()}
                   | {"generator": generator.get_state(), "step": step, "sizes": self.sizes}, unfinished)
        unfinished.replace(self.path)


def fit(net: Verifier, material: Material, *, steps: int, seed: int, rate: float, kept: Path) -> None:
    generator = torch.Generator().manual_seed(seed)
    drawn = draw(material, steps, generator)
    labels = torch.from_numpy(material.labels)
    # With the channels last the gradients of these small convolutions take half the time.
    net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    parts = {"net": net, "optimizer": optimizer, "schedule": schedule}
    progress = Progress(kept, len(labels), steps)
    done = progress.restore(parts, generator)
    scale = torch.tensor(MOTION_SCALE)
    net.train()
    began = time.monotonic()
    for step in range(done, steps):
        chosen = drawn[step]
        batch, motion = half_mirrored(material.pixels(chosen.numpy()), material.motions[chosen])
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=HAS_BFLOAT16):
            what, how = net.logits(batch, random_gains(BATCH, generator))
        what, how = what.float(), how.float()
        loss = nn.functional.cross_entropy(what, labels[chosen], label_smoothing=0.02)
        known = ~motion.isnan().any(1)
        if known.any():
            loss = loss + 0.25 * nn.functional.smooth_l1_loss(how[known] / scale, motion[known] / scale, beta=0.3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % SAVED_EVERY == 0 or step + 1 == steps:
            progress.save(parts, generator, step + 1)
            print(f"step {step + 1}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True)
    net.eval()


def predict(net: Verifier, tiles: Tiles) -> tuple[np.ndarray, np.ndarray]:
    net.eval()
    with torch.no_grad():
        parts = [net(torch.from_numpy(tiles.pixels[i:i + 512])) for i in range(0, len(tiles.labels), 512)]
    return np.concatenate([p.numpy() for p, _ in parts]), np.concatenate([m.numpy() for _, m in parts])


def report(net: Verifier, tiles: Tiles, title: str) -> dict:
    """Tile figures on clips that were not trained on."""
    probabilities, motions = predict(net, tiles)
    thrown = tiles.labels == THROWN
    score = probabilities[:, THROWN]
    size, contrast = tiles.motions[:, 4], tiles.contrasts
    groups = {name: tiles.labels == i for i, name in enumerate(CLASSES)}
    groups["thrown, from 4 px and 12 levels"] = thrown & (size >= 4) & (contrast >= 12)
    groups["thrown, below 6 px"] = thrown & (size < 6)
    figures: dict = {"title": title, "tiles": {name: int(group.sum()) for name, group in groups.items()}}
    for threshold in (0.3, 0.5, 0.7, 0.9):
        figures[f"accepted at {threshold}"] = {
            name: int((score[group] >= threshold).sum()) for name, group in groups.items() if group.any()}
    error = np.abs(motions[thrown] - tiles.motions[thrown])
    figures["median motion error"] = np.round(np.nanmedian(error, axis=0), 2).tolist()
    print(json.dumps(figures, indent=1), flush=True)
    return figures


def weigh_errors(net: Verifier, tiles: Tiles) -> np.ndarray:
    """More weight for the tiles that the net gets wrong."""
    probabilities, _ = predict(net, tiles)
    score = probabilities[:, THROWN]
    wrong = np.where(tiles.labels == THROWN, score < 0.6, score > 0.15)
    print(f"wrong {np.bincount(tiles.labels[wrong], minlength=len(CLASSES))} "
          f"of {np.bincount(tiles.labels, minlength=len(CLASSES))} new tiles", flush=True)
    return np.where(wrong, ERROR_WEIGHT, 1.0)


def options_given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=int, default=480, help="dense clips of the first round; each other has a third")
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--verdicts", type=Path, help="a folder that `npm run verdicts` has filled")
    parser.add_argument("--processes", type=int, default=2)
    # Two threads wait for each other in every layer: alone on the machine they gain a third, beside others they lose.
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = options_given()
    seed, work, processes = options.seed, options.work, options.processes
    torch.manual_seed(seed)
    torch.set_num_threads(options.threads)
    few = max(1, options.clips // 90)
    quiet = {kind: few * HARD.get(kind, 1) for kind in DISTRACTORS}
    test = tiles_of(orders(seed + HELD_OUT_SEED_STEP, {"dense": options.clips // 8}), work, processes)
    net = Verifier()
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    first = tiles_of(orders(seed, {"dense": options.clips}), work, processes)
    material = Material()
    material.add(first, np.ones(len(first.labels)))
    if options.verdicts is not None:
        judged = cut_clips(prepare(options.verdicts, work / "verdicts"), processes)
        print(f"verdicts: tiles {np.bincount(judged.labels, minlength=len(CLASSES))}", flush=True)
        material.add(judged, np.full(len(judged.labels), ERROR_WEIGHT))
    figures: dict = {}
    for number in range(ROUNDS):
        if number > 0:
            new = tiles_of(orders(seed + number, {"dense": options.clips // 3, **quiet}), work, processes)
            material.add(new, weigh_errors(net, new))
        print(f"round {number + 1} of {ROUNDS}: tiles {np.bincount(material.labels)}", flush=True)
        fit(net, material, steps=int(options.steps * SHARES[number]), seed=seed + number, rate=RATES[number],
            kept=work / f"round-{number + 1}.pt")
        figures = report(net, test, f"after round {number + 1}")
    torch.save({"weights": net.state_dict(), "figures": figures, "steps": options.steps,
                "tiles": len(material.labels), "seed": seed, "clips": len(list((work / "clips").glob("*.mp4")))},
               work / "verifier.pt")


if __name__ == "__main__":
    main()
