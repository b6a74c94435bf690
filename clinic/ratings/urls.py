"""Addresses of clinic.ratings."""

from __future__ import annotations

from django.urls import path

from clinic.ratings import views

app_name = "ratings"
urlpatterns = [
    path("ratings/", views.page, name="page"),
    path("sessions/<uuid:session_id>/rate/", views.rate, name="rate"),
]
