"""What the expression network is worth on simulated people that it has not seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from diagnosis import curves, motion
from diagnosis.config import EXPRESSIONS
from diagnosis.descriptions import ASKED, DESCRIPTIONS
from diagnosis.encoder import ExpressionNetwork, embed_texts, expression_cosines
from diagnosis.motion import Movement
from diagnosis.training import expressions, windows
from diagnosis.training.people import Person

AMPLITUDES: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
PEOPLE: Final = 12
_SECONDS: Final = 4.0
_RISE: Final = 1.0  # s; before it the face is at rest
_HELD: Final = (1.8, 3.2)


def report(network: ExpressionNetwork, rng: np.random.Generator) -> dict[str, Any]:
    """Print and return, per expression: margin against amplitude, rank correlation of the two
    over people, how often the asked expression wins, and what talking makes of its margin."""
    print("\nmargin above own rest, by amplitude" + "".join(f"{a:8.2f}" for a in AMPLITUDES))
    reader, found = Reader(network), {}
    for name in EXPRESSIONS:
        margins, specific = _posed(reader, name, rng)
        row: dict[str, Any] = {
            "margins": {str(a): _plain(m) for a, m in zip(AMPLITUDES, margins.T, strict=True)},
            "spearman": _plain(spearmanr(np.tile(AMPLITUDES, PEOPLE), margins.ravel())[0]),
            "wins_at_1": _plain(specific[:, AMPLITUDES.index(1.0)] > 0),
            "talking": _plain(_talking(reader, name, rng)),
        }
        print(
            f"{name:35s}" + "".join(f"{m:8.2f}" for m in row["margins"].values()),
            *(f"  {key} {row[key]:.2f}" for key in ("spearman", "wins_at_1", "talking")),
        )
        found[name] = row
    return found


def _plain(values: Any) -> float:
    return round(float(np.mean(values)), 3)


class Reader:
    """Reads movements as a release does: (n, 478, 3) displacement -> (n, 8) cosines."""

    def __init__(self, network: ExpressionNetwork) -> None:
        self.hz = network.preprocessing.hz
        self._network = network
        asked = {name: DESCRIPTIONS[name] for name in ASKED}
        with torch.inference_mode():
            self._texts = embed_texts(network, expressions.tokens(), asked)

    def __call__(self, moved: NDArray[np.float32]) -> NDArray[np.float32]:
        return expression_cosines(self._network.over_time(self._network.encode(moved)), self._texts)


def _posed(
    reader: Reader, name: str, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(people, amplitudes) margin above rest and specificity while the expression is held."""
    t = np.arange(round(_SECONDS * reader.hz)) / reader.hz
    held = (t > _HELD[0]) & (t < _HELD[1])
    margins = np.zeros((PEOPLE, len(AMPLITUDES)))
    specific = np.zeros_like(margins)
    for i in range(PEOPLE):
        person, pose = Person.random(rng), windows.posed(name, 1.0, rng)
        curve = Movement(name, _RISE, 1.0, 0.5, 2.0, 0.4).level(t)
        for k, amplitude in enumerate(AMPLITUDES):
            strengths = np.einsum("t,a,s->tas", amplitude * curve, pose, np.ones(2))
            found = reader(person.move(strengths, reader.hz, turning=False, rng=rng))
            margin, specificity = curves.margins(found, name)
            margins[i, k] = margin[held].mean() - margin[t < 0.9].mean()
            specific[i, k] = specificity[held].mean()
    return margins, specific


def _talking(reader: Reader, name: str, rng: np.random.Generator) -> float:
    """Mean margin above rest of an expression while people talk."""
    t = np.arange(round(_SECONDS * reader.hz)) / reader.hz
    rises = []
    for _ in range(PEOPLE):
        person = Person.random(rng)
        speech = motion.speech(t, 1.0, rng) * (t > _RISE)[:, None, None]
        moved = person.move(speech, reader.hz, turning=False, rng=rng)
        margin, _ = curves.margins(reader(moved), name)
        rises.append(margin[t > 1.5].mean() - margin[t < 0.9].mean())
    return float(np.mean(rises))
