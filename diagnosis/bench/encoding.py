"""The reference release's encoder beside a bare open_clip tower of the same architecture.

Its weights are left as they are initialised, which costs the same time as trained ones: nothing
that it gives out means anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, cast

import numpy as np
import torch
from torch import Tensor

from diagnosis.bench.films import SECONDS
from diagnosis.encoder import ExpressionNetwork, model_config
from diagnosis.inputs import FaceCrops

TOWERS: Final = "ViT-B-32-quickgelu"
BATCH: Final = 32
ROUNDS: Final = 3
GOAL: Final = 1.1


def print_encoding() -> None:
    _print_on("cpu")
    if torch.cuda.is_available():
        _print_on("cuda")
    else:
        print("no CUDA device")


def _print_on(device: str) -> None:
    bare, ours, hz = encoding(device, TOWERS, BATCH)
    print(
        f"\n{TOWERS} (architecture only, untrained) on {device}, {BATCH} crops at once: "
        f"{BATCH / bare:.1f} crops/s by a bare encode_image, {BATCH / ours:.1f} by the release; "
        f"ratio {ours / bare:.2f}, goal at most {GOAL}\n"
        f"{BATCH / ours / (SECONDS * hz):.2f} takes of {SECONDS:g} s per second "
        f"at {hz:g} crops per second of film"
    )


@torch.inference_mode()
def encoding(device: str, towers: str, batch: int) -> tuple[float, float, float]:
    """Seconds for a batch of crops by the bare tower and by the release's encoder (best of three:
    of the processor on "cpu", of the clock on "cuda"), and the release's crops per second."""
    by_tower, by_release, hz = encoders(device, towers, batch)
    clock = time.process_time if device == "cpu" else time.perf_counter
    rounds = [(_seconds(clock, by_tower), _seconds(clock, by_release)) for _ in range(ROUNDS + 1)]
    bare, ours = (min(times) for times in zip(*rounds[1:], strict=True))
    return bare, ours, hz


def encoders(
    device: str, towers: str, batch: int
) -> tuple[Callable[[], Tensor], Callable[[], Tensor], float]:
    """The two that are compared: each gives (batch, embedding) of the same crops, of which the bare
    tower has the images already. And the release's crops per second."""
    size = model_config(towers)["vision_cfg"]["image_size"]
    shape = FaceCrops(size, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    network = ExpressionNetwork(towers, shape).eval().to(device)
    crops = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    images = shape.images(crops).to(device)

    def by_tower() -> Tensor:
        return cast(Tensor, network.clip.encode_image(images)).cpu()

    return by_tower, lambda: network.encode(crops), shape.hz


def _seconds(clock: Callable[[], float], work: Callable[[], object]) -> float:
    start = clock()
    work()
    return clock() - start
