"""Train the embedded release from nothing but the simulator.

    python -m diagnosis.training [--out FOLDER] [--steps N] [--people N]

First the expression network, then the classifiers on a simulated cohort. The same seed gives the
same release on the same machine. Prints margins against amplitudes and the classifiers' AUROC on
people who were not in the training, and writes them into release.json.
"""

from __future__ import annotations

import argparse
import datetime
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from diagnosis import curves, release
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.encoder import MODEL, ExpressionNetwork
from diagnosis.inputs import MotionImages
from diagnosis.training import classifiers, cohort, evaluate, expressions

TRAINED_ON = (
    "Movements made by the facial-action simulator of this repository (FACS action units, EMFACS "
    "recipes, measured tracker gains and noise). No photographs, no videos, no patients: of real "
    "faces only averages were used, namely the outline of 200 photographed neutral faces, the "
    "average movement of photographed smiles and surprise, and how far lids close in films. The "
    "classifiers: simulated people whose severity follows published signs of hypomimia."
)


def main() -> None:
    options = _options()
    began = time.monotonic()
    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(True)
    models = release.ClassifyingModels(ExpressionNetwork(MODEL, MotionImages.current()))
    expressions.train(models.network, options.steps, np.random.default_rng(options.seed))
    _round(models)
    judged = evaluate.report(models.network, np.random.default_rng(options.seed + 1))
    metrics = {"expressions": judged}
    metrics["classifiers"] = _classifiers(models, options.people, options.seed + 2)
    release.save(options.out, models, _info(options.out.name, metrics, options))
    print(f"\n{options.out}: {time.monotonic() - began:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m diagnosis.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=release.DEFAULT, help="folder of the release")
    parser.add_argument("--steps", type=int, default=640, help="of the expression network")
    parser.add_argument("--people", type=int, default=210, help="in the simulated cohort")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _round(models: release.Models) -> None:
    """Weights as they will be stored: what is measured is what is released."""
    models.load_state_dict({k: v.half().float() for k, v in models.state_dict().items()})
    models.eval()


def _classifiers(models: release.ClassifyingModels, people: int, seed: int) -> dict[str, Any]:
    """Train both on two thirds of a cohort and judge them on the other people."""
    rng = np.random.default_rng(seed)
    severities = cohort.people(people, rng)
    ill = np.array(severities) > 0
    sessions = cohort.sessions(severities, models.network, rng)
    cut = 2 * people // 3
    classifiers.train_lstm(models.classifier, sessions[:cut], ill[:cut], rng)
    classifiers.train_logistic(models.logistic, sessions[:cut], ill[:cut])
    _round(models)
    with torch.inference_mode():
        logits = {
            "lstm": models.classifier(*curves.padded(sessions[cut:])),
            "logistic": models.logistic(curves.summaries(sessions[cut:])),
        }
    found = {
        name: classifiers.judge(values.sigmoid().double().numpy(), ill[cut:], rng)
        for name, values in logits.items()
    }
    print("\nsimulated people not in the training")
    for name, row in found.items():
        print(f"{name:10s} AUROC {row['auroc']:.3f} {row['auroc_95']}  Brier {row['brier']:.3f}")
    return found


def _info(name: str, metrics: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "name": name,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "evidence": "simulated",
        "trained_on": TRAINED_ON,
        "trained_takes": list(cohort.TAKES),
        "training": {"steps": options.steps, "people": options.people, "seed": options.seed},
        "vocabulary": list(expressions.tokens().pieces),
        "descriptions": {entry: list(texts) for entry, texts in DESCRIPTIONS.items()},
        "metrics": metrics,
    }


if __name__ == "__main__":
    main()
