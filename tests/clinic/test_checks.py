"""The operator hears of an installation's mistakes from `manage.py check`."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace

import cv2
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from clinic import checks, disk, schema
from tests.clinic.unmigrated import unmigrated


def test_a_site_on_http_beyond_localhost_is_warned(settings):
    settings.SITE_URL, settings.SITE_HOST = "http://mimia.example.org", "mimia.example.org"
    assert [message.id for message in checks.home_recording_needs_https(None)] == ["clinic.W001"]


def test_localhost_and_https_are_fine(settings):
    assert checks.home_recording_needs_https(None) == []
    settings.SITE_HOST, settings.SITE_IS_HTTPS = "mimia.example.org", True
    assert checks.home_recording_needs_https(None) == []


def test_mail_that_only_reaches_the_console_is_warned_of_on_https(settings):
    settings.SITE_IS_HTTPS, settings.EMAIL_BACKEND = True, settings.CONSOLE_MAIL
    assert [message.id for message in checks.mail_reaches_people(None)] == ["clinic.W002"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert checks.mail_reaches_people(None) == []


def test_on_localhost_mail_may_go_to_the_console(settings):
    settings.SITE_IS_HTTPS, settings.EMAIL_BACKEND = False, settings.CONSOLE_MAIL
    assert checks.mail_reaches_people(None) == []


def test_cv2_is_the_headless_one_and_the_only_one():
    assert checks.one_provider_of_cv2(None) == []
    assert "headless" in importlib.metadata.metadata("opencv-python-headless")["Name"]
    assert "GTK" not in cv2.getBuildInformation().partition("GUI:")[2].partition("\n\n")[0]


def test_a_second_opencv_is_an_error(monkeypatch):
    installed = [SimpleNamespace(name="opencv-contrib-python")]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: installed)
    assert [message.id for message in checks.one_provider_of_cv2(None)] == ["clinic.E001"]


def test_a_missing_release_is_an_error(monkeypatch, tmp_path):
    assert checks.embedded_release_is_there(None) == []
    monkeypatch.setattr(checks, "RELEASES", tmp_path)
    assert [message.id for message in checks.embedded_release_is_there(None)] == ["clinic.E002"]


def test_a_clock_that_nobody_chose_is_warned_of_on_https(settings):
    settings.SITE_IS_HTTPS, settings.TIME_ZONE_IS_SET = True, False
    assert [message.id for message in checks.the_clock_is_the_clinics(None)] == ["clinic.W005"]
    settings.TIME_ZONE_IS_SET = True
    assert checks.the_clock_is_the_clinics(None) == []
    settings.SITE_IS_HTTPS, settings.TIME_ZONE_IS_SET = False, False
    assert checks.the_clock_is_the_clinics(None) == []


def test_a_disk_that_fills_up_is_warned_of_before_films_are_refused(settings):
    settings.DISK_RESERVE_BYTES = disk.free() // 2
    assert [message.id for message in checks.there_is_room_for_films(None)] == ["clinic.W006"]
    settings.DISK_RESERVE_BYTES = disk.free() // 4
    assert checks.there_is_room_for_films(None) == []


@pytest.mark.django_db
def test_a_database_without_its_tables_is_an_error():
    assert checks.database_is_migrated(None) == []
    assert schema.hindrance() is None


@pytest.mark.django_db
def test_a_database_of_an_older_version_is_to_be_backed_up_first():
    MigrationRecorder(connection).migration_qs.filter(app="reminders").delete()
    told = schema.hindrance()
    assert told is not None
    assert "Make a backup, then run `manage.py migrate`." in told


def test_the_deployment_check_of_an_empty_database_names_the_next_step(tmp_path):
    run = unmigrated(tmp_path, "check", "--deploy")
    assert run.returncode == 1
    assert "clinic.E004" in run.stderr
    assert "manage.py migrate" in run.stderr


def test_the_check_lets_the_first_migration_through(tmp_path):
    assert unmigrated(tmp_path, "migrate", "--plan").returncode == 0
