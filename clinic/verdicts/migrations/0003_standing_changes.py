"""Verdicts keep the newest change that was called, standing or ended. Of older rows a change is
known while it was the word; `manage.py judge` finds those that had gone from sight."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DIRECTIONS = [("less", "less"), ("more", "more")]


def tell_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    verdicts = apps.get_model("verdicts", "Verdict").objects
    verdicts.filter(word="change").update(
        change_direction=models.F("direction"), change_since=models.F("since")
    )
    verdicts.filter(word="outside").update(unsettled=1)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("verdicts", "0002_reliability")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="verdict",
            name="change_direction",
            field=models.CharField(blank=True, choices=DIRECTIONS, default="", max_length=4),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="verdict",
            name="change_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="change_called",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="change_ended",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="unsettled",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunPython(tell_changes, migrations.RunPython.noop),
    ]
