"""manage.py build_release: make the reference release of pretrained CLIP towers at this site."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from diagnosis import reference, release

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class Command(BaseCommand):
    help = (
        "Make a release that reads pictures of the face with pretrained CLIP towers, without any "
        "training (zero-shot). The weights are downloaded, or read from --checkpoint."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--backbone", default="ViT-B-32-quickgelu", help="open_clip's model")
        parser.add_argument("--pretrained", default="openai", help="tag of its weights")
        parser.add_argument("--checkpoint", type=Path, help="the weights as a local file")
        parser.add_argument("--name", help="of the release; default: model and tag")
        parser.add_argument(
            "--hz", type=float, default=8.0, help="pictures read per second, at most 12"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        backbone, pretrained = options["backbone"], options["pretrained"]
        name = options["name"] or f"{backbone}-{pretrained}".lower()
        if not _NAME.fullmatch(name):
            raise CommandError(
                f"{name!r} cannot be the name of a release. Give one with --name: at most 80 "
                "letters, digits, points, dashes and underscores."
            )
        folder = Path(settings.MEDIA_ROOT) / "releases" / name
        if folder.exists():
            raise CommandError(f"{folder} exists already. Choose another --name, or remove it.")
        try:
            reference.build(folder, backbone, pretrained, options["checkpoint"], options["hz"])
        except reference.CannotBuild as error:
            raise CommandError(str(error)) from error
        made = release.load(folder)
        self.stdout.write(
            f"Release {made.name} is in {folder}. It has not been evaluated: no intensity is shown "
            f"from it until it is. Try it: manage.py analyse FILM --task smile --release {folder}"
        )
