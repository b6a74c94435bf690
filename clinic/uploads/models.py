"""A video on its way in: how much has arrived, for which take."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.recordings.models import ProtocolTask, Recording, RecordingSession


class Upload(models.Model):
    """One tus upload. `length` is unknown (None) while a take is still being recorded.

    The bytes lie in MEDIA_ROOT/uploads/<id>; `offset` counts those that are safe on disk.
    Once submitted it names its `recording`, which then owns the bytes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(RecordingSession, on_delete=models.CASCADE, related_name="uploads")
    task = models.ForeignKey(ProtocolTask, on_delete=models.PROTECT)
    length = models.BigIntegerField(null=True, blank=True)
    offset = models.BigIntegerField(default=0)
    mime = models.CharField(max_length=80, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    recording = models.OneToOneField(
        Recording, null=True, blank=True, on_delete=models.CASCADE, related_name="upload"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(length__isnull=True) | models.Q(offset__lte=models.F("length")),
                name="offset_within_length",
            )
        ]

    def __str__(self) -> str:
        return f"upload of {self.task} ({self.offset} of {self.length or '?'} bytes)"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / "uploads" / str(self.id)

    @property
    def is_complete(self) -> bool:
        return self.length is not None and self.offset == self.length

    @property
    def is_salvaged(self) -> bool:
        """Whether its bytes became a recording without being handed in."""
        return self.recording is not None and "salvaged" in self.recording.capture
