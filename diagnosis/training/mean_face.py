"""Build `diagnosis/mean_face.npy`, the shape on which every movement is drawn.

    python -m diagnosis.training.mean_face FOLDER_OF_NEUTRAL_FACES

Each photograph gives one FaceMesh; the meshes are brought into one frame by generalised
Procrustes analysis, averaged, and made symmetric. Only the average is kept: no single face can
be recovered from it. The file in the repository is the average of the neutral photographs of the
muxspace/facial_expressions collection (Apache-2.0).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from diagnosis import mesh

Array = NDArray[np.float64]
ROUNDS = 5  # of generalised Procrustes; the mean moves less than 1e-4 IOD after three


def tracked(paths: list[Path]) -> Iterator[Array]:
    """Yield the (478, 3) landmarks in pixels of each photograph in which a face is found."""
    import mediapipe as mp  # the engine's tracker; slow to import

    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as tracker:
        for path in paths:
            picture = cv2.imread(str(path))
            if picture is None:
                continue
            found = tracker.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).multi_face_landmarks
            if found:
                height, width = picture.shape[:2]
                points = [(p.x * width, p.y * height, p.z * width) for p in found[0].landmark]
                yield np.array(points)


def fitted(points: Array, target: Array) -> Array:
    """`points` (478, 3) moved, turned and scaled onto `target` (Umeyama's similarity)."""
    a, b = points - points.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * np.diag(flip)).sum() / (a**2).sum()
    moved: Array = scale * a @ u @ flip @ vt + target.mean(0)
    return moved


def centred(points: Array) -> Array:
    """`points` with the midpoint of the eyes at the origin and an interocular distance of 1."""
    right, left = mesh.eye_centres(points)
    scaled: Array = (points - (right + left) / 2) / np.linalg.norm(left - right)
    return scaled


def symmetric(points: Array) -> Array:
    """`points` (478, 3) averaged with their mirror image, each point paired with its partner.

    The partner of a point is found by the best one-to-one match of the mirrored mesh, and the
    whole is first turned until mesh and mirror image agree.
    """
    mirrored = points * [-1, 1, 1]
    for _ in range(ROUNDS):
        distance = np.linalg.norm(points[:, None] - mirrored[None], axis=-1)
        partner = linear_sum_assignment(distance**2)[1]
        mirrored = fitted(mirrored[partner], points)[np.argsort(partner)]
    half = (points + mirrored[partner]) / 2
    return upright(half, partner)


def upright(half: Array, partner: NDArray[np.int64]) -> Array:
    """Turn a symmetric mesh so that its plane of symmetry is x = 0."""
    across = (half - half[partner])[half[:, 0] > half[partner][:, 0]]
    normal = across.sum(0) / np.linalg.norm(across.sum(0))
    down = np.array([0.0, 1.0, 0.0]) - normal[1] * normal
    down /= np.linalg.norm(down)
    turned = centred(half @ np.stack([normal, down, np.cross(normal, down)], axis=1))
    return centred((turned + turned[partner] * [-1, 1, 1]) / 2)


def mean_face(meshes: list[Array]) -> Array:
    """The symmetric mean (478, 3) of `meshes` in interocular distances, facing the camera."""
    mean = centred(meshes[0])
    for _ in range(ROUNDS):
        mean = centred(np.mean([fitted(points, mean) for points in meshes], axis=0))
    # The tracker's depth axis is the camera's: the average photograph looks into the camera.
    frontal = np.mean([centred(points) for points in meshes], axis=0)
    return symmetric(centred(fitted(mean, frontal)))


def main() -> None:
    meshes = list(tracked(sorted(Path(sys.argv[1]).glob("*.jpg"))))
    np.save(mesh.MEAN_FACE, mean_face(meshes).astype(np.float32))
    print(f"{mesh.MEAN_FACE}: mean of {len(meshes)} faces")


if __name__ == "__main__":
    main()
