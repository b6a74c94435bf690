"""Addresses of live progress: the websocket, and the polling fallback."""

from __future__ import annotations

from django.urls import path

from clinic import live

app_name = "live"
urlpatterns = [path("sessions/<uuid:session_id>/progress/", live.progress, name="progress")]
websocket_urlpatterns = [path("ws/sessions/<uuid:session_id>/", live.SessionProgress.as_asgi())]
