"""The first protocols: Core (home), Full (clinic) and a short one for demonstrations.

Seconds and order are method.md's. For rest and talk `lead_in_s` is the whole take.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


@dataclass(frozen=True)
class TaskRow:
    code: str
    kind: str
    title: str
    instruction: str
    lead_in_s: float
    expression: str = ""
    repeats: int = 0
    now_s: float = 0
    relax_s: float = 0
    trend: bool = True


def rest(seconds: float) -> TaskRow:
    return TaskRow(
        "rest",
        "rest",
        "Sit still",
        "Let your face go loose, as when you watch television. Look at the dot. Do nothing else.",
        seconds,
    )


def expression(
    code: str,
    title: str,
    instruction: str,
    *,
    trend: bool = True,
    repeats: int = 3,
    now_s: float = 3,
    relax_s: float = 4,
) -> TaskRow:
    return TaskRow(code, "expression", title, instruction, 2, code, repeats, now_s, relax_s, trend)


SMILE = (
    "smile",
    "Smile",
    "When you hear the beep, smile as wide as you can and show your teeth. "
    "Hold it. When the screen says relax, let your face go loose.",
)
SURPRISE = (
    "surprise",
    "Look surprised",
    "When you hear the beep, open your mouth and eyes wide and lift your eyebrows. "
    "Hold it. When the screen says relax, let your face go loose.",
)
TALK = TaskRow(
    "talk",
    "talk",
    "Talk",
    "Say aloud how you make a cup of tea or coffee, step by step. "
    "We film only your face. There is no sound in the film.",
    30,
)
CORE = (
    rest(40),
    TALK,
    expression(*SMILE),
    expression(*SURPRISE),
    expression(
        "eye_closure",
        "Close your eyes tight",
        "When you hear the beep, squeeze your eyes shut as hard as you can. "
        "Hold it. A lower beep tells you to relax and open them.",
    ),
)
FURTHER = (
    expression(
        "disgust",
        "Look disgusted",
        "When you hear the beep, wrinkle your nose as if something smells bad. "
        "Hold it. When the screen says relax, let your face go loose.",
        trend=False,
    ),
    expression(
        "anger",
        "Look angry",
        "When you hear the beep, pull your eyebrows down and press your lips together. "
        "Hold it. When the screen says relax, let your face go loose.",
        trend=False,
    ),
    expression(
        "sadness",
        "Look sad",
        "When you hear the beep, pull the corners of your mouth down. "
        "Hold it. When the screen says relax, let your face go loose.",
        trend=False,
    ),
    expression(
        "fear",
        "Look afraid",
        "When you hear the beep, lift your eyebrows and stretch your mouth wide to the sides. "
        "Hold it. When the screen says relax, let your face go loose.",
        trend=False,
    ),
)
SHORT = {"repeats": 2, "now_s": 2, "relax_s": 2}
DEMO = (rest(12), expression(*SMILE, **SHORT), expression(*SURPRISE, **SHORT))

PROTOCOLS = (
    ("core", "Core", "Rest, talk, smile, surprise, eye closure. About 3 minutes.", CORE),
    ("full", "Full", "Core, then four more expressions. About 5 minutes.", CORE + FURTHER),
    ("demo", "Short demonstration", "Rest, smile, surprise. Half a minute of film.", DEMO),
)


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for code, name, description, tasks in PROTOCOLS:
        protocol = apps.get_model("recordings", "Protocol").objects.create(
            code=code, version=1, name=name, description=description, headline="expressivity"
        )
        for position, task in enumerate(tasks):
            protocol.tasks.create(position=position, **asdict(task))


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    codes = [code for code, *_ in PROTOCOLS]
    apps.get_model("recordings", "Protocol").objects.filter(code__in=codes, version=1).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("recordings", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add, remove)]
