"""Small nets over what is measured of a track, beside the trees: they are wrong about other tracks than trees are.

A measure comes in as its normal score: where it lies among those that were learnt from, read off a curve of
knots and held at its ends, so that nothing far out can carry a net away. edge/vision/judge/nets.ts does the same.
"""

from statistics import NormalDist

import numpy as np
import torch
from torch import nn

NETS = 4
HIDDEN = 48
DROPOUT = 0.2
EPOCHS = 25
BATCH = 512
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
KNOTS = 65
SCORE_MAX = 3.0


class Scale:
    """Per measure the curve from values to normal scores."""

    def __init__(self, values: np.ndarray) -> None:
        self.curves: list[tuple[np.ndarray, np.ndarray]] = []
        for column in values.T:
            ordered = np.sort(column)
            knots = np.unique([float(f"{value:.6g}") for value in np.quantile(ordered, np.linspace(0, 1, KNOTS))])
            # Where many are alike, the middle of their ranks.
            ranks = (np.searchsorted(ordered, knots, "left") + np.searchsorted(ordered, knots, "right")) / 2 / len(ordered)
            scores = [NormalDist().inv_cdf(min(1 - 1e-6, max(1e-6, float(rank)))) for rank in ranks]
            self.curves.append((knots, np.clip(scores, -SCORE_MAX, SCORE_MAX).round(4)))

    def __call__(self, values: np.ndarray) -> torch.Tensor:
        scores = [np.interp(column, knots, heights) for column, (knots, heights) in zip(values.T, self.curves)]
        return torch.tensor(np.stack(scores, 1), dtype=torch.float32)

    def described(self) -> list[dict]:
        return [{"values": knots.tolist(), "scores": scores.tolist()} for knots, scores in self.curves]


class Perceptron:
    """Some nets that began differently; `sums` is the mean of their log-odds."""

    def __init__(self, nets: list[nn.Sequential]) -> None:
        self.nets = nets

    def sums(self, scores: torch.Tensor) -> np.ndarray:
        with torch.no_grad():
            return np.mean([net(scores)[:, 0].numpy() for net in self.nets], axis=0)

    def described(self, share: float) -> list[list[dict]]:
        """For judge.json: what the nets add is multiplied by `share`."""
        last = share / len(self.nets)
        return [[described_layer(layer.weight, layer.bias, last if layer is net[-1] else 1.0)
                 for layer in net if isinstance(layer, nn.Linear)] for net in self.nets]


def described_layer(weight: torch.Tensor, bias: torch.Tensor, times: float = 1.0) -> dict:
    """For judge.json: a row of weights and a bias for each output."""
    return {"weights": [_rounded(row, times) for row in weight.tolist()], "bias": _rounded(bias.tolist(), times)}


def _rounded(values: list[float], times: float) -> list[float]:
    return [float(f"{value * times:.5g}") for value in values]


def train_perceptron(scores: torch.Tensor, labels: np.ndarray, weights: np.ndarray, seed: int) -> Perceptron:
    torch.set_num_threads(1)
    wanted = torch.tensor(labels, dtype=torch.float32)
    weighing = torch.tensor(weights, dtype=torch.float32)
    return Perceptron([_net(scores, wanted, weighing, seed * NETS + number) for number in range(NETS)])


def _net(scores: torch.Tensor, wanted: torch.Tensor, weighing: torch.Tensor, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(scores.shape[1], HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = max(1, len(wanted) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        order = torch.randperm(len(wanted))
        for batch in range(batches):
            rows = order[batch * BATCH:(batch + 1) * BATCH]
            loss = nn.functional.binary_cross_entropy_with_logits(net(scores[rows])[:, 0], wanted[rows], reduction="none")
            optimizer.zero_grad()
            (loss * weighing[rows]).mean().backward()
            optimizer.step()
            schedule.step()
    return net.eval()
