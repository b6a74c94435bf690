"""`manage.py createclinic`: a clinic and its first admin, who then adds the other members."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import schema
from clinic.accounts.services import ClinicExists, create_clinic


class Command(BaseCommand):
    help = "Make a clinic with its first admin, and print where the admin sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--admin", required=True, metavar="E-MAIL")
        parser.add_argument("--phone", default="", help="shown on every patient page")

    def handle(self, *args: Any, name: str, admin: str, phone: str, **options: Any) -> None:
        if problem := schema.hindrance():
            raise CommandError(problem)
        try:
            address = create_clinic(name, admin_email=admin, phone=phone)
        except ClinicExists as error:
            raise CommandError(str(error)) from error
        if address is None:
            self.stdout.write(f"{name} is made. {admin} has an account already and is its admin.")
        else:
            self.stdout.write(f"{name} is made. Its admin sets a password, once, at:\n{address}")
