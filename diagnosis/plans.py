"""What is measured of which task: the movements that each posed expression asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from diagnosis.config import Side
from diagnosis.movement import SIDES, Floats, Signals


@dataclasses.dataclass(frozen=True)
class Channel:
    """A movement signal as an expression asks for it: `sign` -1 where it asks for the reverse."""

    signal: str
    region: str
    sided: bool = True
    sign: int = 1

    def of(self, signals: Signals, side: Side = Side.BOTH) -> Floats:
        name = self.signal if side == Side.BOTH else f"{self.signal}_{side}"
        return self.sign * signals[name]

    @property
    def sides(self) -> tuple[Side, ...]:
        return (Side.BOTH, *SIDES) if self.sided else (Side.BOTH,)

    @property
    def direction(self) -> str:
        """The signal, with a minus where it goes down: the tracker's gain differs."""
        return self.signal if self.sign > 0 else f"-{self.signal}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is measured of an expression: its main movement, and those that go with it."""

    main: Channel
    beside: tuple[Channel, ...]

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (self.main, *self.beside)


_MOUTH: Final = Channel("mouth_opening", "mouth", sided=False)
_MOUTH_WIDTH: Final = Channel("mouth_width", "mouth width", sided=False)
_CORNER: Final = Channel("mouth_corner", "mouth corner")
_CORNER_DROP: Final = Channel("corner_drop", "mouth corner")
_UPPER_LIP: Final = Channel("upper_lip_raise", "upper lip", sided=False)
_NOSE: Final = Channel("nose_wing_raise", "nose")
_CHEEK: Final = Channel("cheek_raise", "cheek")
_BROW: Final = Channel("brow_raise", "brow")
_BROW_DOWN: Final = Channel("brow_raise", "brow", sign=-1)
_INNER_BROW: Final = Channel("inner_brow_raise", "inner brow")
_FROWN: Final = Channel("brows_together", "between the brows", sided=False)
_EYES_WIDE: Final = Channel("eye_opening", "eyelids")
_EYES_SHUT: Final = Channel("eye_opening", "eyelids", sign=-1)

PLANS: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "smile": Plan(_CORNER, (_CHEEK, _MOUTH)),
        "surprise": Plan(_BROW, (_EYES_WIDE, _MOUTH)),
        "eye_closure": Plan(_EYES_SHUT, (_CHEEK, _BROW_DOWN)),
        "disgust": Plan(_UPPER_LIP, (_NOSE, _BROW_DOWN)),
        "anger": Plan(_BROW_DOWN, (_FROWN,)),
        "sadness": Plan(_CORNER_DROP, (_INNER_BROW,)),
        "fear": Plan(_BROW, (_EYES_WIDE, _MOUTH_WIDTH, _MOUTH)),
    }
)
# Their variability tells a stiff face from a lively one, whatever is asked.
UPPER_FACE: Final = (
    Channel("forehead", "forehead", sided=False),
    Channel("nose_root", "nose root", sided=False),
)
TALKING: Final = (_MOUTH, _MOUTH_WIDTH, _CORNER, _BROW)
