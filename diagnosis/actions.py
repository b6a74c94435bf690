"""How a face moves: displacement fields of facial actions, and the expressions made of them.

An action is a FACS action unit (Ekman & Friesen). Its field says where each of the 478 points
goes when the action is posed in full, in interocular distances on the mean face. A few handles
are moved; the skin between them follows by the smoothest surface through them. Recipes of the
expressions are those of EMFACS. Full strength is scaled to the average posed smile and surprise.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from diagnosis import mesh
from diagnosis.config import Side

Field = NDArray[np.float32]
Vector = tuple[float, float, float]

# Inner lips and lid margins, right side first: skin on one edge does not pull the other.
LIP_UPPER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_LOWER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LID_UPPER: Final = {
    Side.RIGHT: (33, 246, 161, 160, 159, 158, 157, 173, 133),
    Side.LEFT: (263, 466, 388, 387, 386, 385, 384, 398, 362),
}
LID_LOWER: Final = {
    Side.RIGHT: (33, 7, 163, 144, 145, 153, 154, 155, 133),
    Side.LEFT: (263, 249, 390, 373, 374, 380, 381, 382, 362),
}

# Where the skin does not follow: hairline, temples, ears, nose bridge, the margins of the lids.
_FIXED: Final = (
    *(10, 109, 67, 103, 54, 21, 162, 127, 234, 168, 6, 197),
    *LID_UPPER[Side.RIGHT],
    *LID_LOWER[Side.RIGHT],
)

# The corner of the mouth moves as one piece with the skin around it.
_CORNER: Final = (61, 78, 76, 62, 185, 146, 184, 77, 57, 186, 43)

# Action unit -> points of the RIGHT side (the left mirrors them) and their movement in full:
# x negative is outwards, y negative up, z negative towards the camera.
_HANDLES: Final[Mapping[str, Sequence[tuple[tuple[int, ...], Vector]]]] = MappingProxyType(
    {
        "AU1": (((107, 55, 66, 65), (0.005, -0.09, 0.01)), ((70, 46), (0, -0.01, 0))),
        "AU2": (((70, 46, 63, 53), (-0.01, -0.08, 0)), ((105, 52), (0, -0.07, 0))),
        "AU4": (((107, 55, 66, 65), (0.03, 0.06, 0)), ((105, 52, 63), (0.02, 0.035, 0))),
        "AU5": (
            ((159, 158, 160), (0, -0.035, 0)),
            ((157, 161), (0, -0.025, 0)),
            ((246, 173), (0, -0.01, 0)),
        ),
        "AU6": (
            ((145, 144, 153), (0, -0.02, 0)),
            ((50, 101, 118, 117), (-0.01, -0.045, -0.01)),
            ((230, 231, 229), (0, -0.035, 0)),
        ),
        "AU7": (((145, 144, 153), (0, -0.025, 0)), ((159, 158, 160), (0, 0.015, 0))),
        "AU9": (
            ((129, 98, 64), (-0.01, -0.05, 0)),
            ((193, 122, 245), (0.005, -0.03, 0)),
            ((37, 39), (0, -0.04, 0)),
            ((107, 55), (0.02, 0.03, 0)),
        ),
        "AU10": (((0, 37, 39, 82, 13), (0, -0.06, 0)), ((129, 98), (-0.015, -0.03, 0))),
        "AU12": (
            (_CORNER, (-0.10, -0.105, 0.08)),
            ((216, 206, 212), (-0.075, -0.075, 0.05)),
            ((205, 207, 187), (-0.05, -0.06, 0.02)),
            ((50, 101), (-0.025, -0.035, 0.0)),
            ((0, 13, 37, 82), (0, -0.075, 0.02)),
            ((14, 17), (0, -0.01, 0.03)),
            ((129,), (-0.025, -0.03, 0.01)),
            ((152,), (0, 0, 0.02)),
        ),
        "AU15": ((_CORNER, (-0.01, 0.08, 0)), ((0, 17), (0, 0, 0))),
        "AU17": (((14, 17, 84, 87), (0, -0.035, -0.01)), ((13, 0), (0, -0.015, 0))),
        "AU18": ((_CORNER, (0.08, 0.0, -0.03)), ((0, 13, 14, 17), (0, 0, -0.05))),
        "AU20": ((_CORNER, (-0.10, 0.03, 0.06)), ((14, 17), (0, 0.01, 0.01))),
        "AU23": (
            (_CORNER, (0.035, 0.0, 0)),
            ((0, 37, 13, 82), (0, 0.012, 0.01)),
            ((14, 17, 87), (0, -0.018, 0.01)),
        ),
        "AU25": (((14, 17, 87, 84, 178), (0, 0.06, 0.01)), ((13, 0), (0, -0.01, 0))),
        "AU26": (
            ((14, 17, 87, 84), (0, 0.19, 0.02)),
            ((178, 181), (0.003, 0.18, 0.02)),
            (_CORNER, (0.015, 0.08, 0.0)),
            ((152, 148, 176, 200), (0, 0.16, 0.03)),
            ((149, 150), (0, 0.13, 0.03)),
            ((172, 136), (0, 0.08, 0.02)),
            ((13, 0), (0, 0.005, 0)),
        ),
        "AU43": (),  # lids closed; the field comes from the shape of the eye, see `closure`
    }
)
ACTIONS: Final = tuple(_HANDLES)

# EMFACS; the strengths are those of a clear posed expression, the tight eye closure is clinical.
RECIPES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "smile": {"AU6": 0.7, "AU12": 1.0},
        "surprise": {"AU1": 1.0, "AU2": 1.0, "AU5": 0.8, "AU26": 0.9},
        "eye_closure": {"AU43": 1.0, "AU6": 0.6, "AU7": 0.5, "AU4": 0.4},
        "disgust": {"AU9": 1.0, "AU10": 0.5, "AU15": 0.5, "AU17": 0.5},
        "anger": {"AU4": 1.0, "AU5": 0.4, "AU7": 0.6, "AU23": 1.0},
        "sadness": {"AU1": 0.8, "AU4": 0.5, "AU15": 1.0, "AU17": 0.4},
        "fear": {
            **{"AU1": 0.9, "AU2": 0.6, "AU4": 0.5, "AU5": 1.0},
            **{"AU7": 0.3, "AU20": 0.9, "AU26": 0.4},
        },
    }
)


@functools.cache
def _stiffness() -> NDArray[np.float64]:
    """(468, 468) bilaplacian of the skin: the energy that a smooth displacement minimises."""
    points = mesh.canonical()[: mesh.N_SKIN]
    laplacian = np.zeros((mesh.N_SKIN, mesh.N_SKIN))
    for a, b in _edges():
        weight = 1 / max(float(np.linalg.norm(points[a] - points[b])), 0.01)
        laplacian[a, b] = laplacian[b, a] = -weight
    np.fill_diagonal(laplacian, -laplacian.sum(1))
    mean = np.diag(laplacian).mean()
    laplacian /= mean
    ground = 0.01 * np.eye(mesh.N_SKIN)  # skin is tied to the skull: movement dies out in ~3 edges
    stiffness: NDArray[np.float64] = laplacian @ laplacian + 0.05 * laplacian + ground
    return stiffness


def _edges() -> set[tuple[int, int]]:
    """Pairs of neighbouring skin points, none across the open mouth or an open eye."""
    pairs = [
        (set(upper), set(lower))
        for upper, lower in (
            (LIP_UPPER[1:-1], LIP_LOWER[1:-1]),
            *((LID_UPPER[side][1:-1], LID_LOWER[side][1:-1]) for side in (Side.RIGHT, Side.LEFT)),
        )
    ]
    edges = set()
    for triangle in Delaunay(mesh.canonical()[: mesh.N_SKIN, :2]).simplices:
        for a, b in ((0, 1), (1, 2), (0, 2)):
            i, j = sorted((int(triangle[a]), int(triangle[b])))
            if not any((i in u and j in lo) or (i in lo and j in u) for u, lo in pairs):
                edges.add((i, j))
    return edges


def _smooth(handles: Mapping[int, Vector]) -> NDArray[np.float64]:
    """(478, 3) the smoothest displacement that moves each handle as told."""
    known = np.array(sorted(handles))
    free = np.setdiff1d(np.arange(mesh.N_SKIN), known)
    stiffness = _stiffness()
    field = np.zeros((mesh.N_LANDMARKS, 3))
    field[known] = [handles[i] for i in known]
    pull = stiffness[np.ix_(free, known)] @ field[known]
    field[free] = -np.linalg.solve(stiffness[np.ix_(free, free)], pull)
    return field


def closure(face: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """(478, 3) both eyes of `face` (478, 3) closing, in its unit.

    The upper lid comes down nine tenths of the way, the lower one rises to meet it.
    """
    field = np.zeros((mesh.N_LANDMARKS, 3))
    for side in (Side.RIGHT, Side.LEFT):
        for upper, lower in zip(LID_UPPER[side][1:-1], LID_LOWER[side][1:-1], strict=True):
            gap = face[lower] - face[upper]
            field[upper], field[lower] = 0.9 * gap, -0.1 * gap
    return field


@functools.cache
def field(action: str, side: Side = Side.BOTH) -> Field:
    """Displacement (478, 3) of an action at full strength, in interocular distances. Read-only.

    One side alone fades out across the middle of the face; right and left add up to both.
    """
    if side != Side.BOTH:
        return _frozen(field(action) * share(side))
    if action == "AU43":
        return _frozen(closure(mesh.canonical()))
    handles: dict[int, Vector] = dict.fromkeys(_FIXED, (0.0, 0.0, 0.0))
    for points, vector in _HANDLES[action]:
        handles.update(dict.fromkeys(points, vector))
    partner = mesh.mirror()
    handles.update({int(partner[i]): (-x, y, z) for i, (x, y, z) in list(handles.items())})
    # A point on the middle line can only go up, down, forth and back.
    handles.update({i: (0.0, *v[1:]) for i, v in handles.items() if partner[i] == i})
    return _frozen(_smooth(handles))


def _frozen(values: NDArray[np.float64]) -> Field:
    out = values.astype(np.float32)
    out.setflags(write=False)
    return out


def share(side: Side) -> NDArray[np.float64]:
    """(478, 1) how much each point belongs to one side; right and left add up to 1."""
    x = mesh.canonical()[:, :1] * (1.0 if side == Side.LEFT else -1.0)
    fading: NDArray[np.float64] = 1 / (1 + np.exp(-x / 0.12))
    return fading


@functools.cache
def fields() -> Field:
    """(actions, 2, 478, 3) all fields in the order of ACTIONS, right side then left. Read-only."""
    sides = (Side.RIGHT, Side.LEFT)
    return _frozen(np.array([[field(action, side) for side in sides] for action in ACTIONS]))


def fields_of(face: NDArray[np.floating[Any]]) -> Field:
    """`fields` for one face (478, 3) in IOD, whose eyes close as far as they are open."""
    own = fields().copy()
    for index, side in enumerate((Side.RIGHT, Side.LEFT)):
        own[ACTIONS.index("AU43"), index] = closure(face) * share(side)
    return own


def weights(name: str) -> NDArray[np.float64]:
    """(actions,) strength of each action in a posed expression, or in one action by itself."""
    recipe = RECIPES.get(name, {name: 1.0})
    return np.array([recipe.get(action, 0.0) for action in ACTIONS])


@functools.cache
def expression(name: str) -> Field:
    """Displacement (478, 3) of a posed expression, or of one action, at amplitude 1. Read-only."""
    return _frozen(np.einsum("a,aspx->px", weights(name), fields()))


def smile_amplitude(corner: float) -> float:
    """The amplitude at which a smile moves the mouth corners by `corner` IOD in the picture."""
    corners = expression("smile")[[mesh.MOUTH_CORNER[s] for s in (Side.RIGHT, Side.LEFT)], :2]
    return corner / float(np.linalg.norm(corners, axis=1).mean())
