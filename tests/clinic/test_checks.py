"""The operator hears of an installation's mistakes from `manage.py check`."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace

import cv2

from clinic import checks


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
