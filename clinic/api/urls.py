"""Addresses of the read-only API, its schema and its documentation."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from clinic.api import views

app_name = "api"
router = SimpleRouter()
router.register("patients", views.Patients)
router.register("sessions", views.Sessions, basename="session")
router.register("recordings", views.Recordings)
router.register("results", views.Results)
router.register("traces", views.Traces)
urlpatterns = [
    path("v1/", include(router.urls)),
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
]
