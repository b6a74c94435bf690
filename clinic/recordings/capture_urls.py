"""Addresses of the recording flow: for staff on site, and for patients by capture link."""

from __future__ import annotations

from django.urls import path

from clinic.recordings import capture, own_films

app_name = "capture"
urlpatterns = [
    path("c/<str:token>/", capture.open_link, name="open"),
    path("capture/<uuid:session_id>/", capture.start, name="start"),
    path("capture/<uuid:session_id>/consent/", capture.consent, name="consent"),
    path("capture/<uuid:session_id>/context/", capture.context, name="context"),
    path("capture/<uuid:session_id>/too-ill/", capture.too_ill, name="too_ill"),
    path("capture/<uuid:session_id>/record/", capture.record, name="record"),
    path("capture/<uuid:session_id>/submit/", capture.submit, name="submit"),
    path("capture/<uuid:session_id>/finish/", capture.finish, name="finish"),
    path("capture/<uuid:session_id>/close/", capture.close, name="close"),
    path("capture/<uuid:session_id>/done/", own_films.done, name="done"),
    path("capture/<uuid:session_id>/films/<uuid:recording_id>/", own_films.film, name="film"),
    path("capture/<uuid:session_id>/withdraw/<str:purpose>/", own_films.withdraw, name="withdraw"),
]
