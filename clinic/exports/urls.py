"""Addresses of clinic.exports."""

from __future__ import annotations

from django.urls import path

from clinic.exports import erase_views, views

app_name = "exports"
urlpatterns = [
    path("patients/<uuid:patient_id>/exports/", views.patient, name="patient"),
    path("patients/<uuid:patient_id>/exports/measures/", views.measures, name="measures"),
    path("patients/<uuid:patient_id>/exports/fhir/", views.fhir, name="fhir"),
    path("patients/<uuid:patient_id>/exports/complete/", views.complete, name="complete"),
    path("patients/<uuid:patient_id>/erase/", erase_views.erase, name="erase"),
    path("erased/<uuid:patient_id>/", erase_views.receipt, name="receipt"),
    path("exports/research/", views.research_page, name="research"),
    path("exports/research/<uuid:clinic_id>/", views.coded_export, name="coded"),
]
