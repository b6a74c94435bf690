"""`manage.py createclinic` makes a clinic whose first admin can sign in and add the others."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.accounts.models import Clinic, Permission, User
from tests.clinic.unmigrated import unmigrated

pytestmark = pytest.mark.django_db


def create(name: str, admin: str) -> str:
    output = StringIO()
    call_command("createclinic", name, admin=admin, stdout=output)
    return output.getvalue()


def test_a_new_admin_gets_an_address_to_set_a_password(client):
    address = create("Riverside", "ada@example.org").split()[-1]
    page = client.get(address.removeprefix("http://localhost:8000"), follow=True)
    assert page.status_code == 200
    assert b'name="password1"' in page.content


def test_the_admin_manages_that_clinic(olga_outsider):
    create("Riverside", "ada@example.org")
    ada = User.objects.get(email="ada@example.org")
    managed = Clinic.objects.where(ada, Permission.MANAGE)
    assert [clinic.name for clinic in managed] == ["Riverside"]


def test_somebody_who_has_a_password_needs_no_address(olga_outsider):
    olga_outsider.set_password("a long enough password")
    olga_outsider.save()
    assert "http" not in create("Riverside", olga_outsider.email)


def test_a_name_that_is_taken_is_refused():
    create("Riverside", "ada@example.org")
    with pytest.raises(CommandError, match="already"):
        create("Riverside", "bert@example.org")


def test_a_database_without_tables_is_told_in_a_sentence(tmp_path):
    run = unmigrated(tmp_path, "createclinic", "Riverside", "--admin", "ada@example.org")
    assert run.returncode == 1
    assert "The database is empty: first run `manage.py migrate`." in run.stderr
    assert "Traceback" not in run.stderr
