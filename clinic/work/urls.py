"""Addresses of clinic.work."""

from __future__ import annotations

from django.urls import path

from clinic.work import views

app_name = "work"
urlpatterns = [
    path("worklist/", views.work_list, name="list"),
    path("worklist/queue/", views.queue, name="queue"),
    path("worklist/queue/<uuid:session_id>/retry/", views.retry, name="retry"),
]
