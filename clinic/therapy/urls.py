"""Addresses of clinic.therapy."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "therapy"
urlpatterns: list[URLPattern] = []
