"""The environment is read strictly: what cannot be right is refused with the variable's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from clinic import env


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return monkeypatch


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_FILE", str(file))
    assert env.text("EMAIL_HOST_PASSWORD") == "s3cret"
    file.unlink()
    with pytest.raises(ImproperlyConfigured, match="EMAIL_HOST_PASSWORD_FILE"):
        env.text("EMAIL_HOST_PASSWORD")


def test_a_value_and_its_file_are_not_both_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "an old one")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(ImproperlyConfigured, match="EMAIL_HOST_PASSWORD_FILE are both set"):
        env.text("EMAIL_HOST_PASSWORD")


@pytest.mark.parametrize("value", ["", "maybe", "2"])
def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EMAIL_USE_TLS", value)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_USE_TLS"):
        env.flag("EMAIL_USE_TLS", True)


def test_a_number_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PORT", "25.5")
    with pytest.raises(ImproperlyConfigured, match="EMAIL_PORT"):
        env.whole("EMAIL_PORT", 587, least=1)


@pytest.mark.parametrize("value", ["0", "-3"])
def test_a_number_is_large_enough(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("JOB_LEASE_S", value)
    with pytest.raises(ImproperlyConfigured, match=f"JOB_LEASE_S is '{value}'; write 1 or more"):
        env.whole("JOB_LEASE_S", 30, least=1)
    monkeypatch.setenv("JOB_LEASE_S", "1")
    assert env.whole("JOB_LEASE_S", 30, least=1) == 1


def test_the_path_of_sqlite_is_decoded(database: pytest.MonkeyPatch) -> None:
    database.setenv("DATABASE_URL", "sqlite:////srv/my%20clinic%3F/mimia.sqlite3")
    assert env.database("DATABASE_URL", "")["NAME"] == "/srv/my clinic?/mimia.sqlite3"


@pytest.mark.parametrize("url", ["sqlite:///mimia.sqlite3", "sqlite://mimia.sqlite3", "sqlite:"])
def test_a_relative_path_of_sqlite_is_refused(database: pytest.MonkeyPatch, url: str) -> None:
    database.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL names a relative path"):
        env.database("DATABASE_URL", "")


def test_every_part_of_a_postgresql_url_counts(database: pytest.MonkeyPatch) -> None:
    url = "postgresql://m%40il:p%2Fw@db.example:5433/my%20db?sslmode=verify-full&sslrootcert=%2Fca.pem"
    database.setenv("DATABASE_URL", url)
    assert env.database("DATABASE_URL", "") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "my db",
        "USER": "m@il",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "/ca.pem"},
    }


def test_another_database_is_refused(database: pytest.MonkeyPatch) -> None:
    database.setenv("DATABASE_URL", "mysql://localhost/mimia")
    with pytest.raises(ImproperlyConfigured, match="starts with 'mysql'"):
        env.database("DATABASE_URL", "")
