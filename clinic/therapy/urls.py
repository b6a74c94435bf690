"""Addresses of clinic.therapy."""

from __future__ import annotations

from django.urls import path

from clinic.therapy import views

app_name = "therapy"
urlpatterns = [
    path("patients/<uuid:patient_id>/therapy/", views.page, name="page"),
    path("patients/<uuid:patient_id>/therapy/<slug:kind>/", views.add, name="add"),
    path(
        "patients/<uuid:patient_id>/therapy/<slug:kind>/<uuid:entry_id>/",
        views.correct,
        name="correct",
    ),
    path(
        "patients/<uuid:patient_id>/therapy/<slug:kind>/<uuid:entry_id>/remove/",
        views.remove,
        name="remove",
    ),
]
