"""`manage.py work`: one worker process. `manage.py serve` starts and supervises these."""

from __future__ import annotations

import os
import socket
from typing import Any

from django.core.management.base import BaseCommand

from diagnosis.worker import Worker


class Command(BaseCommand):
    help = "Analyse queued recordings until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        Worker(f"{socket.gethostname()}:{os.getpid()}").run()
