"""What a release is worth on real faces, and how those move.

    python -m diagnosis.training.real_faces FACES CLIPS [--release FOLDER] [--write]

FACES is a folder of photographs with labels.csv (image,expression), none of the same person at
rest; CLIPS a folder of films. Prints, by expression, how well the margin tells the photographs from
neutral ones; how well it tells closed from open eyes within each film; what the pipeline makes of
each film; and the average movement on the photographs as strengths of the simulator's actions, from
which `windows.PHOTOGRAPHED` was read. `--write` puts the reliability of each expression into
release.json, by which it is decided whether its curve is shown.

A release of motion images compares a photograph with an estimate of the same face at rest, which
knows the shape of the skull but not that of the resting mouth, in which people differ: we expect
more within a person. A release of crops sees the photographs as they are. Where the same
photographs shaped or chose a release, as they did the embedded one, this is a development figure.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict

from diagnosis import actions, curves, faces, mesh, movement, pipeline, release
from diagnosis.alignment import align
from diagnosis.config import EXPRESSIONS, SHOWN_FROM, AnalysisConfig, Cue, Side, Task, TaskKind
from diagnosis.crops import crop
from diagnosis.faces import FaceTracker, Floats, Neutral, Pixels
from diagnosis.following import follow
from diagnosis.inputs import FaceCrops
from diagnosis.landmarks import TrackBuilder
from diagnosis.release import Release
from diagnosis.sampling import displacement
from diagnosis.video import VideoError

LABELS: Final = {  # the collection's word for each expression
    "smile": "happiness",
    **{name: name for name in ("surprise", "disgust", "anger", "sadness", "fear")},
}
TURNED: Final = (25.0, 25.0, 20.0)  # degrees of yaw, pitch, roll; photographs beyond are left out
CUED: Final = {"single_face.mp4": (Cue(0.4, 2.3),), "face_noface.mov": (Cue(0.4, 2.0),)}
CLOSURES: Final = (
    *("single_face.mp4", "acted_woman.mp4", "WolfgangLanger_Pexels.mp4"),
    *("bbaf2n.mpg", "lrwp9a.mpg"),
)
_CLOSED: Final = 0.25  # of the open eye
_OPEN: Final = 0.7
_STIFFNESS: Final = 0.1  # of the ridge regression
_BOOTSTRAPS: Final = 1000
_SEED: Final = 1

Rng = np.random.Generator


def main() -> None:
    options = _options()
    loaded = release.load(options.release)
    rng = np.random.default_rng(_SEED)
    taken = photographs(options.faces)
    points, labels = taken.points, taken.labels
    rest = at_rest(points, labels == "neutral")
    moved = points - rest
    eyes = _eye_opening(points) / _eye_opening(rest)
    if loaded.reads_pixels:
        margins = margins_of_pictures(options.faces, taken, loaded)
    else:
        margins = margins_of_stills(moved, loaded)
    found = judge_photographs(margins, labels, eyes, rng)
    _print_reliability(found)
    if not loaded.reads_pixels:
        _print_closures(options.clips, loaded)
    _print_movement(moved, labels)
    if options.write:
        release.note_reliability(options.release, found)
    _print_clips(options.clips, release.load(options.release))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m diagnosis.training.real_faces")
    parser.add_argument("faces", type=Path, help="folder of photographs with labels.csv")
    parser.add_argument("clips", type=Path, help="folder of films")
    parser.add_argument("--release", type=Path, default=release.DEFAULT)
    parser.add_argument("--write", action="store_true", help="into the release's release.json")
    return parser.parse_args()


@dataclasses.dataclass(frozen=True)
class Photographs:
    """Those that show a face whose head is not turned away: `names` (n,) of the files, `labels`
    (n,), `landmarks` (n, 478, 3) in pixels, `points` the same aligned, in IOD."""

    names: NDArray[np.str_]
    labels: NDArray[np.str_]
    landmarks: Floats
    points: Floats


def photographs(folder: Path) -> Photographs:
    """Track the photographs of a folder with labels.csv."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = [(row["image"], row["expression"]) for row in csv.DictReader(file)]
    found = []
    for name, label in rows:
        with FaceTracker() as tracker:  # each photograph is a film of its own
            tracked = tracker.track(_picture(folder / name))
        if tracked is not None:
            found.append((name, label, tracked))
    names, labels, landmarks = (np.array(column) for column in zip(*found, strict=True))
    aligned = align(landmarks, mesh.canonical())
    frontal = (abs(faces.head_pose(aligned.rotation)) < TURNED).all(1)
    return Photographs(names[frontal], labels[frontal], landmarks[frontal], aligned.points[frontal])


def _picture(path: Path) -> Pixels:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def at_rest(points: Floats, neutral: NDArray[np.bool_]) -> Floats:
    """(n, 478, 3) how each face would look at rest: what the neutral photographs show of people
    whose stable points lie like that. A neutral face's own photograph is not used for it."""
    stable = points[:, sorted(set(mesh.STABLE))].reshape(len(points), -1)
    whole = points.reshape(len(points), -1)
    model = Ridge(alpha=_STIFFNESS)
    folds = KFold(10, shuffle=True, random_state=_SEED)
    guessed = np.empty_like(whole)
    guessed[neutral] = cross_val_predict(model, stable[neutral], whole[neutral], cv=folds)
    guessed[~neutral] = model.fit(stable[neutral], whole[neutral]).predict(stable[~neutral])
    return guessed.reshape(points.shape)


def margins_of_stills(moved: Floats, loaded: Release) -> Mapping[str, Floats]:
    """(n,) margin per expression of movements (n, 478, 3) in IOD that are each held still."""
    cosines = np.concatenate([still_cosines(one, loaded) for one in moved])
    return {name: curves.margins(cosines, name)[0] for name in EXPRESSIONS}


def margins_of_pictures(folder: Path, taken: Photographs, loaded: Release) -> Mapping[str, Floats]:
    """(n,) margin per expression that a release of crops gives to photographs."""
    shape = loaded.preprocessing
    assert isinstance(shape, FaceCrops)
    cosines = []
    for name, landmarks in zip(taken.names, taken.landmarks, strict=True):
        seen = crop(_picture(folder / name), landmarks, shape.size, shape.margin)
        cosines.append(loaded.compare(loaded.encode(seen[None])))
    whole = np.concatenate(cosines)
    return {name: curves.margins(whole, name)[0] for name in EXPRESSIONS}


def still_cosines(one: Floats, loaded: Release) -> Floats:
    """(1, 8) cosines of one movement (478, 3) that is held for a second."""
    held = np.broadcast_to(one, (round(loaded.hz), *one.shape))
    middle: Floats = loaded.cosines(np.ascontiguousarray(held))[len(held) // 2][None]
    return middle


def judge_photographs(
    margins: Mapping[str, Floats], labels: NDArray[np.str_], eyes: Floats, rng: Rng
) -> dict[str, dict[str, Any]]:
    """How well each expression's margin tells its photographs from the neutral ones.

    `eyes` (n,) is the opening of the lids as a share of that at rest: nobody was asked to close
    the eyes, so photographs with closed or lowered lids stand for it, against neutral ones with
    open lids.
    """
    neutral = labels == "neutral"
    found = {
        name: _row(
            margins[name][labels == label],
            margins[name][neutral],
            rng,
            "development photographs, each against its face at rest as estimated",
        )
        for name, label in LABELS.items()
    }
    closed, opened = eyes < _CLOSED, neutral & (eyes > _OPEN)
    found["eye_closure"] = _row(
        margins["eye_closure"][closed],
        margins["eye_closure"][opened],
        rng,
        "development photographs with closed or lowered lids, against open ones",
    )
    return found


def _row(shown: Floats, neutral: Floats, rng: Rng, source: str) -> dict[str, Any]:
    """AUROC with its bootstrap interval over photographs."""
    resampled = [_auroc(rng.choice(shown, len(shown)), rng.choice(neutral, len(neutral)))
                 for _ in range(_BOOTSTRAPS)]  # fmt: skip
    low, high = np.percentile(resampled, [2.5, 97.5])
    return {
        "auroc": round(_auroc(shown, neutral), 3),
        "auroc_95": [round(float(low), 3), round(float(high), 3)],
        "n": len(shown),
        "source": source,
    }


def _auroc(shown: Floats, neutral: Floats) -> float:
    truth = np.r_[np.ones(len(shown)), np.zeros(len(neutral))]
    return float(roc_auc_score(truth, np.r_[shown, neutral]))


def _print_closures(folder: Path, loaded: Release) -> None:
    """How well the margin of eye closure tells closed from open eyes within each film, each frame
    held still against the same person's open eyes."""
    print("\nfilm (eye closure)          closed frames   AUROC")
    for name in CLOSURES:
        margins, closed, opened = _closures(folder / name, loaded)
        print(f"{name:28}{closed.sum():13d}{_auroc(margins[closed], margins[opened]):8.2f}")


def _closures(path: Path, loaded: Release) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Margins (n,) of the frames with closed and with open eyes, and which those are."""
    landmarks = np.concatenate(list(_seen(path)))
    eyes = _eye_opening(align(landmarks, mesh.canonical()).points)
    closed, opened = (
        eyes < _CLOSED * np.percentile(eyes, 90),
        eyes > _OPEN * np.percentile(eyes, 90),
    )
    chosen = closed | opened
    moved = displacement(landmarks[chosen], _own_rest(landmarks[opened]))
    return margins_of_stills(moved, loaded)["eye_closure"], closed[chosen], opened[chosen]


def _seen(path: Path) -> Iterator[Floats]:
    """The landmarks of the frames of a film that show a face, chunk by chunk."""
    track, _, _ = follow(path, AnalysisConfig(), lambda stage, fraction: None)
    for part in track.chunks():
        yield part[np.isfinite(part[:, 0, 0])]


def _eye_opening(points: Floats) -> Floats:
    """(n,) % IOD, mean of both eyes, of aligned faces (n, 478, 3)."""
    signals = dict(zip(movement.names(), movement.project(points).T, strict=True))
    opening: Floats = (signals["eye_opening_left"] + signals["eye_opening_right"]) / 2
    return opening


def _own_rest(landmarks: Floats) -> Neutral:
    """The face of these frames (n, 478, 3), as a rest take of them would give it."""
    builder = TrackBuilder()
    for i, one in enumerate(landmarks):
        builder.add(i / 30, one)
    neutral = faces.neutral_from(builder.build(640, 360, faces.TRACKER), 0.0, np.inf, "rest")
    assert neutral is not None
    return neutral


def _print_reliability(found: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"\n{'expression':14}{'AUROC':>7}{'95 %':>16}{'n':>6}  shown  from")
    for name in EXPRESSIONS:
        row = found[name]
        low, high = row["auroc_95"]
        shown = "yes" if low >= SHOWN_FROM else "no"
        print(
            f"{name:14}{row['auroc']:7.3f}{low:9.3f}-{high:.3f}{row['n']:6d}  {shown:5}  "
            f"{row['source']}"
        )


def _print_clips(folder: Path, loaded: Release) -> None:
    """Every film as the asked expression of CUED, or as a smile whose cue nobody knows: one that
    shows no face at rest before its cue cannot be scored."""
    print(f"\n{'film':28}{'amplitude':>10}{'intensity':>10}{'specificity':>12}  findings")
    for path in sorted(folder.iterdir()):
        task = Task("smile", TaskKind.EXPRESSION, "smile", CUED.get(path.name, ()))
        try:
            take = pipeline.analyse(path, task, loaded, None, lambda stage, fraction: None)
        except VideoError as error:
            print(f"{path.name:28}{error}")
            continue
        values = {m.name: m.value for m in reversed(take.measures) if m.side == Side.BOTH}
        cells = (
            f"{'-' if values.get(name) is None else format(values[name], '.2f'):>{width}}"
            for name, width in (("amplitude", 10), ("intensity", 10), ("specificity", 12))
        )
        print(f"{path.name:28}{''.join(cells)}  {', '.join(f.code for f in take.findings)}")


def _print_movement(moved: Floats, labels: NDArray[np.str_]) -> None:
    """Average movement on the photographs as the best mixture of the simulator's actions."""
    fields = actions.fields().sum(1)[:, : mesh.N_SKIN, :2].reshape(len(actions.ACTIONS), -1)
    usual = moved[labels == "neutral"].mean(0)
    print(
        "\naverage movement on the photographs, as strengths of actions (share that is left over)"
    )
    for name, label in LABELS.items():
        wanted = (moved[labels == label].mean(0) - usual)[: mesh.N_SKIN, :2].ravel()
        strengths, left = nnls(fields.T, wanted)
        listed = (
            f"{action} {strength:.2f}"
            for action, strength in zip(actions.ACTIONS, strengths, strict=True)
            if strength > 0.05
        )
        print(f"{name:10}({left / np.linalg.norm(wanted):.2f}) {', '.join(listed)}")


if __name__ == "__main__":
    main()
