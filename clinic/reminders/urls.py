"""Addresses of clinic.reminders."""

from __future__ import annotations

from django.urls import path

from clinic.reminders import views

app_name = "reminders"
urlpatterns = [
    path("home/", views.home, name="home"),
    path("patients/<uuid:patient_id>/plan/", views.plan, name="plan"),
    path("patients/<uuid:patient_id>/plan/pause/", views.pause, name="pause"),
]
