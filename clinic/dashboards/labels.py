"""The words and number formats in which pages name what the engine measured.

Engine names that are not in the tables are shown as they are, with spaces for underscores.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from diagnosis.config import Side, TaskKind

NAMES = {
    "intensity_range": "Range of intensity",
    "onset_latency": "Delay to onset",
    "peak_velocity": "Peak speed",
    "relative_velocity": "Relative speed",
    "hold_variability": "Unsteadiness of the hold",
    "hold_decay": "Decay of the hold",
    "movement_sd": "Variability of movement",
    "movement_entropy": "Irregularity of movement",
    "co_movement": "Co-movement of regions",
    "symmetry": "Symmetry, left over right",
}
MEANINGS = {
    "Expressivity": "How far the face moves: the mean of the main amplitudes of the session's "
    "Core expressions.",
    "Slowness": "How long the movements take to begin and to rise: the geometric mean of delay to "
    "onset, time to peak, and the time that the movement would take at its peak speed. More is "
    "slower. Compare it on the same device and browser only.",
    "Speed and steadiness": "How a movement begins, rises and is held. They were chosen because "
    "slow and stiff faces are expected to differ in them; that is not tested on patients here.",
    "Amplitude": "How far a part of the face moves from its place in the person's own neutral "
    "face: the distance that is exceeded for a tenth of the cue window.",
    "Intensity": "How much more the moving face resembles the asked expression than neutral, by "
    "the expression network; 0 is the person's own neutral face.",
    "Range of intensity": "How much intensity varies in the cue window: what is exceeded for a "
    "tenth of it, less what is exceeded for nine tenths.",
    "Specificity": "How much more it resembles the asked expression than any other expression.",
    "Delay to onset": "From the cue to the start of the movement. Compare it on the same device "
    "and browser only.",
    "Time to peak": "From the start of the movement to nine tenths of its height.",
    "Peak speed": "The steepest slope of the rise.",
    "Relative speed": "Peak speed over the height of the rise: a small movement is not slow by "
    "being small.",
    "Unsteadiness of the hold": "How much the held movement varies around a straight line.",
    "Decay of the hold": "How fast the held movement fades.",
    "Variability of movement": "Standard deviation of a movement over the film.",
    "Irregularity of movement": "Entropy of the places at which a part of the face is found within "
    "three seconds: 0 for one that keeps still, more the more places it visits.",
    "Co-movement of regions": "Mean correlation of the speeds of the parts of the face: 1 if they "
    "move at the same times, 0 if each moves on its own.",
    "Symmetry": "Amplitude on the person's left over that on the right; 1 is even. Weak evidence.",
    "Eye opening, lips apart, blinks": "Measured while the person sits still. Compare blinks with "
    "the same person and task only.",
    "SD and n": "Standard deviation over the repeats of the task, and their number.",
    "Low reliability": "Do not lean on such a number or curve; the reason stands with it. The "
    "tracker reports little of this movement, or how much it reports is not known. Or left and "
    "right differ no more than they may seem to in an even movement.",
    "% IOD": "Per cent of the interocular distance, the distance between the eyes: about 6 cm in "
    "an adult, so that 1 % is about 0.6 mm.",
    "margin": "A difference of two cosines: it has no unit, and its scale is the release's own.",
}
PART = "core_"  # begins the name of what a measure of the whole session sums up
# The measures of a whole session, each with those that it sums up.
PARTS: Mapping[str, tuple[str, ...]] = {
    "expressivity": ("core_amplitude",),
    "slowness": ("core_onset_latency", "core_time_to_peak", "core_relative_velocity"),
}
OTHER = "Other"
# The measures that stand together on pages.
GROUPS = {
    "Amplitude and resemblance": ("amplitude", "intensity", "intensity_range", "specificity"),
    "Speed": ("onset_latency", "time_to_peak", "peak_velocity", "relative_velocity"),
    "Steadiness": (
        "hold_variability",
        "hold_decay",
        "movement_sd",
        "movement_entropy",
        "co_movement",
    ),
    "Symmetry": ("symmetry",),
    "At rest": ("eye_opening", "blink_rate", "blink_duration", "lips_apart"),
    OTHER: (),
}
COURSE = (*GROUPS["Speed"], "hold_variability", "hold_decay")  # given of each movement
# What enters a patient's trends beside the measures of the whole session: of each Core expression
# the amplitude that it asks for (mouth, brows, eyes), of the rest film blinking, which nobody
# poses. They are the same for every patient and never chosen by how they come out. Of several
# regions the one that the engine lists first is the main one.
MAIN: Mapping[str, str] = {TaskKind.REST: "blink_rate", TaskKind.EXPRESSION: "amplitude"}
NO_NUMBER = "\N{EN DASH}"
WHOLE_FACE = "face"
MOVEMENT = "movement"  # traces of landmarks; those of the network have other names
MEAN, SD = "mean:", "sd:"  # begin the names of traces over the repeats
EVIDENCE = {
    "simulated": "trained on simulated faces only",
    "public": "trained on public data",
    "clinic": "trained on this clinic's patients",
}
MEDICATION = {
    "on": "ON",
    "off": "OFF",
    "between": "In between",
    "unsure": "Not sure",
    "": "Not told",
}
PRACTICE, UNCUED = "practice", "no cue times"
PARTIAL, PLANNED, BY_HAND = "part of a film", "planned beep times", "camera app"
LATER = "filmed later"
# Why a session's point stands beside the line of a trend.
APART = {
    PRACTICE: "the first session, in which a person learns how it is done",
    LATER: "filmed more than two hours after the person told how they were",
    PARTIAL: "the recording broke off before its end",
    BY_HAND: "filmed with the camera app, without beeps",
    UNCUED: "measured over the whole film, not in cue windows",
    PLANNED: "the film was never handed in by the device, so that nobody knows when the beeps "
    "sounded",
}
# How a take began, by the recorder's word for it, where the camera check did not find all well.
STARTED = {
    "anyway": "The film was started though the camera check was not content",
    "time": "The film began by itself though the camera check was not content",
}
# Signs in a browser's user agent; the first that is there counts, for most imitate the last ones.
BROWSERS = {
    "Edge": r"Edg\w*",
    "Samsung Internet": "SamsungBrowser",
    "Firefox": "(?:Firefox|FxiOS)",
    "Chrome": "(?:Chrome|CriOS)",
    "Safari": "Version",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def words(text: str) -> str:
    return text.replace("_", " ")


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def named(name: str) -> str:
    name = name.removeprefix(PART)
    return NAMES.get(name, first_upper(words(name)))


def measure(name: str, region: str, side: str) -> str:
    """For example "Amplitude, mouth corners, left"."""
    parts = [named(name)]
    if region and region != WHOLE_FACE:
        parts.append(words(region))
    if side and side != Side.BOTH:
        parts.append(side)
    return ", ".join(parts)


def group(name: str) -> str:
    """The title of the group in which a measure of this name stands."""
    return next((title for title, names in GROUPS.items() if name in names), OTHER)


def trace(name: str) -> tuple[str, str]:
    """Words and side: ("Mouth corner", "left") for "movement:mouth corner left"."""
    kind, _, of = name.removeprefix(MEAN).partition(":")
    text = words(of if kind == MOVEMENT else kind)
    head, _, last = text.rpartition(" ")
    if last in (Side.LEFT, Side.RIGHT):
        return first_upper(head), last
    return first_upper(text), ""


def evidence(name: str) -> str:
    return EVIDENCE.get(name, words(name))


def device(facts: Mapping[str, Any]) -> str:
    """A name for the device, or its browser and system; empty when nothing is known."""
    if facts.get("name"):
        return str(facts["name"])
    agent = str(facts.get("browser", ""))
    browser = next(
        (
            f"{name} {found[1]}"
            for name, sign in BROWSERS.items()
            if (found := re.search(sign + r"/(\d+)", agent))
        ),
        "",
    )
    system = next((name for sign, name in SYSTEMS.items() if sign in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def significant(value: float | None, digits: int = 3) -> str:
    """Without an exponent; NO_NUMBER where there is none."""
    if value is None or not math.isfinite(value):
        return NO_NUMBER
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 4)}f}"
