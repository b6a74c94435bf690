"""Addresses of clinic.patients."""

from __future__ import annotations

from django.urls import path

from clinic.patients import text_views, views

app_name = "patients"
urlpatterns = [
    path("patients/", views.patients, name="list"),
    path("patients/new/", views.new, name="new"),
    path("patients/<uuid:patient_id>/edit/", views.edit, name="edit"),
    path("patients/<uuid:patient_id>/archive/", views.archive, name="archive"),
    path("patients/<uuid:patient_id>/consents/", views.consents, name="consents"),
    path(
        "patients/<uuid:patient_id>/consents/<int:consent_id>/withdraw/",
        views.withdraw,
        name="withdraw",
    ),
    path("clinic/consent-texts/", text_views.consent_texts, name="consent_texts"),
    path(
        "clinic/<uuid:clinic_id>/consent-texts/<str:purpose>/",
        text_views.new_consent_text,
        name="new_consent_text",
    ),
]
