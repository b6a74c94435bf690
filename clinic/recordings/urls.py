"""Addresses of clinic.recordings for staff; the recording flow has its own in capture_urls.py."""

from __future__ import annotations

from django.urls import path

from clinic.recordings import views

app_name = "recordings"
urlpatterns = [
    path("patients/<uuid:patient_id>/sessions/new/", views.new_session, name="new_session"),
    path("sessions/<uuid:session_id>/link/", views.make_link, name="make_link"),
    path("sessions/<uuid:session_id>/finish/", views.finish, name="finish"),
    path("sessions/<uuid:session_id>/retry/", views.retry, name="retry"),
    path("links/<uuid:link_id>/revoke/", views.revoke_link, name="revoke_link"),
]
