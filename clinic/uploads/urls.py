"""Addresses of clinic.uploads."""

from __future__ import annotations

from django.urls import path

from clinic.uploads import views

app_name = "uploads"
urlpatterns = [
    path("", views.create, name="create"),
    path("<uuid:upload_id>", views.detail, name="detail"),
]
