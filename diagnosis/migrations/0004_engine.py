"""Results say which version of the engine made them; all so far were made by the third."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from diagnosis.models import this_engine


class Migration(migrations.Migration):
    dependencies: ClassVar = [("diagnosis", "0003_not_before")]

    operations: ClassVar = [
        migrations.AddField("result", "engine", models.PositiveSmallIntegerField(default=3)),
        migrations.AlterField(
            "result", "engine", models.PositiveSmallIntegerField(default=this_engine)
        ),
    ]
