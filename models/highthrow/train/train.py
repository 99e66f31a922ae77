"""Trains the verifier on the tiles of composite clips, then again with the errors it made on new ones.

    train.py --work DIR --seed 1 --clips 400 --minutes 12

Clips, tiles and weights are kept below --work; what is already there is not made again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from generate import DISTRACTORS, Order, make_clips
from net import MOTION_SCALE, Verifier
from tiles import CLASSES, Tiles, cut_clips

BATCH = 128
# Measured on two cores that were shared; the number of steps, not the clock, decides the model.
STEPS_PER_MINUTE = 900
THROWN = CLASSES.index("thrown-object")
HELD_OUT_SEED_STEP = 1_000


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


def fit(net: Verifier, tiles: Tiles, minutes: float, seed: int, rate: float) -> int:
    """Trains for a fixed number of steps that takes about `minutes` on two cores; answers the steps."""
    generator = torch.Generator().manual_seed(seed)
    counts = np.bincount(tiles.labels, minlength=len(CLASSES)).astype(float)
    # Thrown objects make two fifths of a batch; the other classes share the rest by the root of their counts.
    shares = np.sqrt(counts)
    shares[THROWN] = 0
    shares = shares / shares.sum() * 0.6
    shares[THROWN] = 0.4
    chance = torch.from_numpy((shares / np.maximum(counts, 1))[tiles.labels])
    pixels, labels = torch.from_numpy(tiles.pixels), torch.from_numpy(tiles.labels)
    # With the channels last the gradients of these small convolutions take half the time.
    net.to(memory_format=torch.channels_last)
    motions = torch.from_numpy(tiles.motions)
    steps = int(minutes * STEPS_PER_MINUTE)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    scale = torch.tensor(MOTION_SCALE)
    net.train()
    drawn = torch.multinomial(chance, steps * BATCH, replacement=True, generator=generator).view(steps, BATCH)
    began = time.monotonic()
    for step in range(steps):
        chosen = drawn[step]
        batch, motion = half_mirrored(pixels[chosen], motions[chosen])
        batch = batch.contiguous(memory_format=torch.channels_last)
        what, how = net.logits(batch, random_gains(BATCH, generator))
        loss = nn.functional.cross_entropy(what, labels[chosen], label_smoothing=0.02)
        known = ~motion.isnan().any(1)
        if known.any():
            loss = loss + 0.25 * nn.functional.smooth_l1_loss(how[known] / scale, motion[known] / scale, beta=0.3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0:
            print(f"step {step}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True)
    net.eval()
    return steps


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
    figures: dict = {"title": title, "tiles": np.bincount(tiles.labels, minlength=len(CLASSES)).tolist()}
    for threshold in (0.3, 0.5, 0.7, 0.9):
        figures[f"accepted at {threshold}"] = {
            name: round(float((score[tiles.labels == i] >= threshold).mean()), 4)
            for i, name in enumerate(CLASSES) if (tiles.labels == i).any()}
    size, contrast = tiles.motions[:, 4], tiles.contrasts
    clear = thrown & (size >= 4) & (contrast >= 12)
    figures["thrown, from 4 px and 12 levels, at 0.5"] = round(float((score[clear] >= 0.5).mean()), 4)
    error = np.abs(motions[thrown] - tiles.motions[thrown])
    figures["median motion error"] = np.round(np.nanmedian(error, axis=0), 2).tolist()
    print(json.dumps(figures, indent=1), flush=True)
    return figures


def mined(net: Verifier, tiles: Tiles, generator: np.random.Generator) -> Tiles:
    """New tiles that the net gets wrong, and as many again that it does not."""
    probabilities, _ = predict(net, tiles)
    score = probabilities[:, THROWN]
    wrong = np.where(tiles.labels == THROWN, score < 0.6, score > 0.15)
    chosen = wrong | (generator.random(len(wrong)) < wrong.mean())
    return Tiles(tiles.pixels[chosen], tiles.labels[chosen], tiles.motions[chosen], tiles.contrasts[chosen])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    seed, work = options.seed, options.work
    quiet = {kind: max(2, options.clips // 40) for kind in DISTRACTORS}
    first = tiles_of(orders(seed, {"dense": options.clips}), work, options.processes)
    test = tiles_of(orders(seed + HELD_OUT_SEED_STEP, {"dense": options.clips // 8}), work, options.processes)
    net = Verifier()
    print(f"{sum(p.numel() for p in net.parameters())} parameters, tiles {np.bincount(first.labels)}", flush=True)
    steps = fit(net, first, options.minutes * 0.4, seed, 3e-3)
    save(net, report(net, test, "first model"), steps=steps, tiles=len(first.labels), options=options)

    second = tiles_of(orders(seed + 1, {"dense": options.clips // 2, **quiet}), work, options.processes)
    hard = mined(net, second, np.random.default_rng(seed))
    print(f"mined {np.bincount(hard.labels, minlength=len(CLASSES))} of {len(second.labels)} new tiles", flush=True)
    steps += fit(net, Tiles.join([first, second, hard, hard]), options.minutes * 0.6, seed + 1, 2e-3)
    figures = report(net, test, "after mining")
    save(net, figures, steps=steps, tiles=len(first.labels) + len(second.labels), options=options)


def save(net: Verifier, figures: dict, *, steps: int, tiles: int, options: argparse.Namespace) -> None:
    torch.save({"weights": net.state_dict(), "figures": figures, "steps": steps, "tiles": tiles,
                "seed": options.seed, "clips": options.clips}, options.work / "verifier.pt")


if __name__ == "__main__":
    main()
