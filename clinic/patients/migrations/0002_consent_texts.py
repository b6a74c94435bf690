"""The first version of what a person is asked to agree to, one text per purpose."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TEXTS = {
    "care": (
        "I agree that this clinic films my face while I do short tasks. The films have no sound. "
        "My clinic keeps them in a safe place with my health record. Only the people who care for "
        "me may watch them. I can stop at any time. My care stays the same if I say no."
    ),
    "analysis": (
        "I agree that a computer program of my clinic measures how my face moves in these films. "
        "The results help my clinic see whether the movement changes. The program is still being "
        "tested. It does not decide whether I have an illness."
    ),
    "training": (
        "I agree that my clinic may use the measures of my face to make the program better. "
        "My name is not used for this. I can say no and still be filmed and measured."
    ),
    "teaching": (
        "I agree that my clinic may show my films to doctors, nurses and students to teach them. "
        "They can see my face in the films. My name is not shown. I can say no to this alone."
    ),
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    consent_text = apps.get_model("patients", "ConsentText")
    for purpose, body in TEXTS.items():
        consent_text.objects.create(purpose=purpose, version=1, body=body)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("patients", "ConsentText").objects.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("patients", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add, remove)]
