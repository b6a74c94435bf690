"""Addresses of clinic.reports."""

from __future__ import annotations

from django.urls import path

from clinic.reports import views

app_name = "reports"
urlpatterns = [
    path("patients/<uuid:patient_id>/report/", views.draft, name="draft"),
    path("patients/<uuid:patient_id>/report/sign/", views.sign, name="sign"),
    path("reports/<uuid:report_id>/", views.signed, name="pdf"),
]
