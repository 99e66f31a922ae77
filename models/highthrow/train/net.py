"""The verifier: seven frames of a tile in, what it shows and how it moves out."""

import torch
from torch import Tensor, nn

from gate import REFERENCE_AGE
from tiles import CLASSES, TILE, TILE_AGES

# Pixels and pixels a frame, by which the motion head's outputs are scaled to about one.
MOTION_SCALE = (8.0, 8.0, 8.0, 8.0, 12.0)


class Verifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        channels = len(TILE_AGES) + 1
        self.features = nn.Sequential(
            _conv(channels, 20), _conv(20, 28), _conv(28, 36), _conv(36, 40),
        )
        side = TILE // 16
        self.summary = nn.Sequential(nn.Flatten(), nn.Linear(40 * side * side, 48), nn.ReLU())
        self.what = nn.Linear(48, len(CLASSES))
        self.how = nn.Linear(48, len(MOTION_SCALE))
        self.register_buffer("motion_scale", torch.tensor(MOTION_SCALE))

    def logits(self, tiles: Tensor, gain: Tensor | float = 1.0) -> tuple[Tensor, Tensor]:
        """tiles: uint8 [N, 7, 64, 64]. Answers class logits [N, 6] and motion [N, 5] in pixels.

        `gain` multiplies the contrast, per tile, for training; a negative one swaps dark and bright.
        """
        luma = tiles.float()
        # What changes is told from what stays, so that neither daylight nor the wall's grey matters.
        changes = ((luma - luma.mean(1, keepdim=True)) * (gain / 16)).clamp(-5, 5)
        reference = TILE_AGES.index(REFERENCE_AGE)
        middle = luma[:, reference:reference + 1]
        still = (middle - middle.mean((2, 3), keepdim=True)) * (gain / 48)
        summary = self.summary(self.features(torch.cat([changes, still], 1)))
        return self.what(summary), self.how(summary) * self.motion_scale

    def forward(self, tiles: Tensor) -> tuple[Tensor, Tensor]:
        what, how = self.logits(tiles)
        return what.softmax(1), how


def _conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
