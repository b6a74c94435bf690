"""What the image tower looks at: motion images or crops of the face, and how they are made.

Either is a frozen dataclass whose fields a release stores as its preprocessing; `images` turns
what the pipeline collects into the tower's input.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diagnosis import mesh


@dataclasses.dataclass(frozen=True)
class MotionImages:
    """Drawings of how far each point of the face is from where it is at rest.

    The three channels are the way across, the way down, and below the nose the way down relative
    to the mouth's centre, since alignment leaves a shift of the whole lower face. The depth that
    the tracker gives is a guess about the person more than a movement, and is not drawn.
    """

    kind: ClassVar[str] = "motion"

    hz: float = 15.0  # frames per second
    size: int = 64  # pixels of the picture's side
    unit: float = 0.1  # interocular distances that are drawn as 1
    limit: float = 4.0  # drawn values are clipped to +-limit
    window: int = 16  # frames that see each other
    hop: int = 8  # frames from one window to the next
    channels: str = "across, down, down from the mouth"
    mean_face: str = ""  # SHA-256 of the mesh on which the movement is drawn

    @classmethod
    def current(cls) -> MotionImages:
        return cls(mean_face=hashlib.sha256(mesh.canonical().tobytes()).hexdigest())

    def images(self, displacement: NDArray[np.float32]) -> Tensor:
        """(n, 3, size, size) float32 of (n, 478, 3) displacements in IOD."""
        drawn = _flat_map(self.size).draw(_channels(displacement) / np.float32(self.unit))
        return torch.from_numpy(drawn.clip(-self.limit, self.limit))


def _channels(displacement: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 478, 3) what is drawn of displacements (n, 478, 3)."""
    down = displacement[..., 1]
    mouth = down[:, mesh.MOUTH_CENTRE].mean(1, keepdims=True)
    return np.stack([displacement[..., 0], down, _lower_face() * (down - mouth)], axis=-1)


@functools.cache
def _lower_face() -> NDArray[np.float32]:
    """(478,) 1 below the nose, 0 above, with a soft border."""
    border = mesh.canonical()[[mesh.NOSE_BASE, mesh.LIP_UPPER_OUTER], 1].mean()
    share: NDArray[np.float32] = 1 / (1 + np.exp(-(mesh.canonical()[:, 1] - border) / 0.06))
    return share.astype(np.float32)


@functools.cache
def _flat_map(size: int) -> mesh.FlatMap:
    return mesh.FlatMap(size)


@dataclasses.dataclass(frozen=True)
class FaceCrops:
    """Colour pictures of the face, upright and square, as the tower was trained to see them."""

    kind: ClassVar[str] = "crops"

    size: int  # pixels of the picture's side
    mean: tuple[float, float, float]  # of red, green and blue, 0 to 1, where the tower sees 0
    std: tuple[float, float, float]  # what the tower sees as 1
    hz: float = 8.0  # frames per second
    margin: float = 0.15  # around the mesh, in sizes of the mesh
    window: int = 0  # frames that see each other; 0: each is looked at by itself
    hop: int = 0  # frames from one window to the next

    def images(self, crops: NDArray[np.uint8]) -> Tensor:
        """(n, 3, size, size) float32 of (n, size, size, 3) colour pictures."""
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        seen = (torch.from_numpy(crops) - 255 * mean) / (255 * std)
        return seen.permute(0, 3, 1, 2).contiguous()


Preprocessing = MotionImages | FaceCrops
INPUTS: Final[Mapping[str, type[Preprocessing]]] = MappingProxyType(
    {one.kind: one for one in (MotionImages, FaceCrops)}
)
