"""Visible facial actions in words: what the text tower reads.

Each entry has several wordings of the same movement, never of a feeling: the network is asked
which movement it sees. The entries that are no expression are what else a face does in front of
a camera; they are trained so that they are not taken for an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from diagnosis.config import EXPRESSIONS

NEUTRAL: Final = "neutral"
ASKED: Final = (NEUTRAL, *EXPRESSIONS)

DESCRIPTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "neutral": (
            "a face at rest, nothing moves",
            "relaxed lips, relaxed brows, open eyes",
            "no facial movement at all",
        ),
        "smile": (
            "the corners of the mouth are pulled up and out",
            "a smile with raised cheeks and lip corners drawn back",
            "both lip corners rise and the cheeks lift",
        ),
        "surprise": (
            "the brows go up, the eyes widen and the jaw drops open",
            "raised eyebrows with an open mouth",
            "a dropped jaw, lifted brows and wide eyes",
        ),
        "eye_closure": (
            "both eyes are squeezed shut tightly",
            "tightly closed lids with lifted cheeks and lowered brows",
            "the lids close firmly and stay closed",
        ),
        "disgust": (
            "the nose wrinkles and the upper lip is raised",
            "a wrinkled nose with lip corners pulled down",
            "the wings of the nose and the upper lip lift",
        ),
        "anger": (
            "the brows are lowered and drawn together, the lips pressed",
            "a frown with tightened lids and narrow lips",
            "lowered brows and tight lips",
        ),
        "sadness": (
            "the inner brows rise and the lip corners are pulled down",
            "drooping corners of the mouth with raised inner eyebrows",
            "the mouth corners go down and the chin pushes up",
        ),
        "fear": (
            "raised and drawn brows, wide eyes, lips stretched sideways",
            "the lips are stretched back while brows and upper lids rise",
            "wide eyes with a horizontally stretched open mouth",
        ),
        "talking": (
            "lips and jaw move quickly in speech",
            "the mouth opens and closes while talking",
            "talking lips with changing shapes",
        ),
        "blinking": (
            "the eyelids close and open again in a quick blink",
            "a short blink of both eyes",
            "the lids drop for a moment",
        ),
        "head_turn": (
            "the whole head turns or nods, the face itself is still",
            "head movement without facial movement",
            "the head tilts and moves away",
        ),
        "one_sided": (
            "only one side of the mouth is pulled",
            "a crooked movement of a single mouth corner",
            "one half of the face moves and the other does not",
        ),
    }
)
