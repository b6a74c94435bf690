"""Verdicts and baselines are of one engine; all so far are of the third."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("verdicts", "0003_standing_changes")]

    operations: ClassVar = [
        migrations.AddField(
            "verdict",
            "engine",
            models.PositiveSmallIntegerField(default=3),
            preserve_default=False,
        ),
        migrations.AddField(
            "spread",
            "engine",
            models.PositiveSmallIntegerField(default=3),
            preserve_default=False,
        ),
        migrations.RemoveConstraint("spread", "spread_once_per_baseline"),
        migrations.AddConstraint(
            "spread",
            models.UniqueConstraint(
                fields=["patient", "medication", "measure", "release_sha256", "engine"],
                name="spread_once_per_baseline",
            ),
        ),
    ]
