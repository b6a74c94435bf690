"""Addresses of clinic.imports."""

from __future__ import annotations

from django.urls import path

from clinic.imports import views

app_name = "imports"
urlpatterns = [
    path("patients/<uuid:patient_id>/import/", views.page, name="page"),
    path("patients/<uuid:patient_id>/import/known/", views.known, name="known"),
    path("patients/<uuid:patient_id>/import/sitting/", views.sitting, name="sitting"),
    path("patients/<uuid:patient_id>/import/film/", views.film, name="film"),
    path("patients/<uuid:patient_id>/import/finish/", views.finish, name="finish"),
]
