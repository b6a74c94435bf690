"""Addresses of clinic.verdicts."""

from __future__ import annotations

from django.urls import path

from clinic.verdicts import views

app_name = "verdicts"
urlpatterns = [path("reliability/", views.reliability, name="reliability")]
