"""Addresses of clinic.accounts; allauth's own are under accounts/."""

from __future__ import annotations

from django.urls import path

from clinic.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("members/", views.members, name="members"),
    path("members/add/", views.add, name="add"),
    path("members/<int:membership_id>/invite/", views.invite, name="invite"),
    path("members/<int:membership_id>/end/", views.end, name="end"),
    path("releases/", views.releases, name="releases"),
    path("releases/<uuid:clinic_id>/", views.choose_release, name="choose_release"),
]
