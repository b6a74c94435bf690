"""Spreads tell what they are of, with the baseline's first two sessions. Older rows cannot be made
up for, and are not of logarithms where these are used now: `manage.py judge` makes all anew."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("verdicts", "Spread").objects.all().delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("verdicts", "0001_verdicts")]

    operations: ClassVar = [
        migrations.RunPython(remove, migrations.RunPython.noop),
        migrations.AddField(
            model_name="spread",
            name="evidence",
            field=models.CharField(max_length=20, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="first",
            field=models.FloatField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="log",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="place",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="release",
            field=models.CharField(max_length=80, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="second",
            field=models.FloatField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="title",
            field=models.CharField(max_length=120, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="spread",
            name="unit",
            field=models.CharField(max_length=20, default=""),
            preserve_default=False,
        ),
    ]
