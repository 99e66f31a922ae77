"""Small nets that look along a track, sighting by sighting, beside the trees and plain nets: they see in which
order things happen, and what the thing did before and after. edge/vision/judge/nets.ts does the same.

What a track's sightings tell comes from edge/vision/judge/sequence.ts, by name.
"""

import numpy as np
import torch
from torch import Tensor, nn

from perceptron import described_layer
from processor import HAS_BFLOAT16

NETS = 2
CHANNELS = 32
REACH = 2
HIDDEN = 48
DROPOUT = 0.2
EPOCHS = 10
BATCH = 256
# So many batches are drawn together and parted by length.
MIXED = 16
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
# Left and right are alike, and no number is exact.
MIRRORED = ("errorRight", "offRight", "speedRight", "right", "metresRight", "metresSpeedRight")
JITTER = 0.05
# What only a calibrated camera knows.
METRES = ("metresRight", "metresDown", "metresSpeedRight", "metresSpeedDown")


class Sequences:
    """What the sightings of many tracks tell: a track after the other, with as many rows as it has sightings."""

    def __init__(self, names: list[str], rows: list[np.ndarray]) -> None:
        self.names, self.rows = names, rows

    def add(self, sequence: dict[str, list[float]]) -> None:
        self.names = self.names or list(sequence)
        count = len(sequence[self.names[0]])
        columns = [sequence.get(name, [0.0] * count) for name in self.names]
        self.rows.append(np.array(columns, np.float16).T)

    def chosen(self, tracks: np.ndarray) -> "Sequences":
        return Sequences(self.names, [self.rows[track] for track in tracks])

    def without(self, names: tuple[str, ...]) -> "Sequences":
        kept = [column for column, name in enumerate(self.names) if name not in names]
        return Sequences([self.names[column] for column in kept], [rows[:, kept] for rows in self.rows])

    def batch(self, tracks: np.ndarray) -> tuple[Tensor, Tensor]:
        """[tracks, columns, sightings] with nothing behind the last of each, and their counts."""
        counts = np.array([len(self.rows[track]) for track in tracks])
        padded = np.zeros((len(tracks), counts.max(), len(self.names)), np.float32)
        for place, track in enumerate(tracks):
            padded[place, :counts[place]] = self.rows[track]
        return torch.from_numpy(padded).transpose(1, 2), torch.from_numpy(counts)


class AlongNet(nn.Module):
    def __init__(self, columns: int, scores: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(inputs, CHANNELS, 2 * REACH + 1, padding=REACH) for inputs in (columns, CHANNELS))
        self.layers = nn.Sequential(
            nn.Linear(scores + 2 * CHANNELS, HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, 1))

    def forward(self, rows: Tensor, counts: Tensor, scores: Tensor) -> Tensor:
        there = (torch.arange(rows.shape[2])[None] < counts[:, None]).float()[:, None]
        for convolution in self.convolutions:
            rows = nn.functional.silu(convolution(rows)) * there
        mean = rows.sum(2) / counts[:, None]
        most = (rows - 10 * (1 - there)).amax(2)
        return self.layers(torch.cat([scores, mean, most], 1))[:, 0]


class Along:
    """Some nets that began differently; `sums` is the mean of their log-odds."""

    def __init__(self, nets: list[AlongNet]) -> None:
        self.nets = nets

    def sums(self, scores: Tensor, sequences: Sequences) -> np.ndarray:
        sums = np.zeros(len(scores))
        with torch.no_grad():
            for some in np.array_split(np.arange(len(scores)), max(1, len(scores) // BATCH)):
                rows, counts = sequences.batch(some)
                sums[some] = np.mean([net(rows, counts, scores[some]).numpy() for net in self.nets], axis=0)
        return sums

    def described(self, share: float) -> list[dict]:
        """For judge.json: what the nets add is multiplied by `share`."""
        last = share / len(self.nets)
        return [{
            "convolutions": [described_layer(convolution.weight.transpose(1, 2).flatten(1), convolution.bias)
                             for convolution in net.convolutions],
            "layers": [described_layer(layer.weight, layer.bias, last if layer is net.layers[-1] else 1.0)
                       for layer in net.layers if isinstance(layer, nn.Linear)],
        } for net in self.nets]


def train_along(scores: Tensor, sequences: Sequences, tracks: np.ndarray, labels: np.ndarray, weights: np.ndarray,
                seed: int) -> Along:
    """`scores`, `labels` and `weights` have a row for each of `tracks`, which may name one twice."""
    torch.set_num_threads(1)
    wanted = torch.tensor(labels, dtype=torch.float32)
    weighing = torch.tensor(weights, dtype=torch.float32)
    return Along([_net(scores, sequences, tracks, wanted, weighing, seed * NETS + number) for number in range(NETS)])


def _net(scores: Tensor, sequences: Sequences, tracks: np.ndarray, wanted: Tensor, weighing: Tensor, seed: int) -> AlongNet:
    torch.manual_seed(seed)
    mirrored = torch.tensor([name in MIRRORED for name in sequences.names])
    net = AlongNet(len(sequences.names), scores.shape[1])
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = max(1, len(wanted) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=EPOCHS * batches)
    lengths = np.array([len(sequences.rows[track]) for track in tracks])
    for _ in range(EPOCHS):
        for chosen in _batches_of_like_length(lengths, batches):
            rows, counts = sequences.batch(tracks[chosen.numpy()])
            turned = (torch.rand(len(chosen), 1, 1) < 0.5) & mirrored[None, :, None]
            rows = torch.where(turned, -rows, rows) + JITTER * torch.randn_like(rows)
            with torch.autocast("cpu", torch.bfloat16, enabled=HAS_BFLOAT16):
                sums = net(rows, counts, scores[chosen])
            loss = nn.functional.binary_cross_entropy_with_logits(sums.float(), wanted[chosen], reduction="none")
            optimizer.zero_grad()
            (loss * weighing[chosen]).mean().backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def _batches_of_like_length(lengths: np.ndarray, batches: int) -> list[Tensor]:
    """All in a new order; long and short ones apart, so that little is computed behind the last sighting."""
    order = torch.randperm(len(lengths)).numpy()[:batches * BATCH]
    drawn = [part[np.argsort(lengths[part], kind="stable")] for part in np.array_split(order, max(1, batches // MIXED))]
    parts = [torch.from_numpy(part) for some in drawn for part in np.array_split(some, max(1, len(some) // BATCH))]
    return [parts[place] for place in torch.randperm(len(parts))]
