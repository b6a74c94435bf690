"""Addresses of clinic.dashboards."""

from __future__ import annotations

from django.urls import path

from clinic.dashboards import coded, compare, meshes, views

app_name = "dashboards"
urlpatterns = [
    path("patients/<uuid:patient_id>/", views.patient, name="patient"),
    path("patients/<uuid:patient_id>/progress/", views.patient_progress, name="patient_progress"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("recordings/<uuid:recording_id>/video/", views.video, name="video"),
    path("recordings/<uuid:recording_id>/curves/", views.recording_curves, name="curves"),
    path("recordings/<uuid:recording_id>/mesh/", meshes.mesh, name="mesh"),
    path("patients/<uuid:patient_id>/compare/", compare.compare, name="compare"),
    path("study/", coded.people, name="coded_list"),
    path("study/<uuid:patient_id>/", coded.person, name="coded"),
    path("study/<uuid:patient_id>/compare/", compare.compare_coded, name="coded_compare"),
]
