"""Addresses of the API, its schema and its documentation."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from clinic.api import answers, jobs, patients, problems, ratings, results, sessions, therapy, views

app_name = "api"
router = SimpleRouter()
router.register("patients", patients.Patients)
router.register("consents", patients.Consents)
router.register("sessions", sessions.Sessions, basename="session")
router.register("recordings", sessions.Recordings)
router.register("links", sessions.Links, basename="link")
router.register("results", results.Results)
router.register("traces", results.Traces)
router.register("verdicts", answers.Verdicts)
router.register("ratings", ratings.Ratings)
router.register("reports", answers.Reports)
router.register("regimens", therapy.Regimens)
router.register("clinical-events", therapy.ClinicalEvents, basename="clinical-event")
router.register("stages", therapy.Stages)
router.register("jobs", jobs.Jobs)
urlpatterns = [
    path("v1/", include(router.urls)),
    re_path(r"^v1/(?P<rest>[\s\S]*)/$", problems.Unknown.as_view(), name="unknown"),
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="docs"),
]
