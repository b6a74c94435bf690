"""The language of a patient's pages and messages. Staff pages are in English."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from clinic.patients.models import Patient

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class EnglishUnlessToldMiddleware:
    """Each request begins in English; what `speak` chose ends with the request."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self.get_response):
            return self._later(request)
        with translation.override(settings.LANGUAGE_CODE):
            return self.get_response(request)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE):
            response = self.get_response(request)
            return response if isinstance(response, HttpResponseBase) else await response


def speak(request: HttpRequest, patient: Patient | None) -> None:
    """From here on this request answers in the language chosen on the page, else the patient's.

    Where nobody knows the patient, in the browser's.
    """
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen not in dict(settings.LANGUAGES):
        asked = translation.get_language_from_request(request)
        chosen = patient.language if patient else asked
    translation.activate(chosen)


def spoken() -> str:
    """The code, as in LANGUAGES, of the language that is spoken now."""
    code = translation.get_language() or "en"
    return code if code in dict(settings.LANGUAGES) else "en"
