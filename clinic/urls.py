"""Every address of the site. tests/test_access.py holds the table of who may use which."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("clinic.dashboards.urls")),
    path("", include("clinic.patients.urls")),
    path("", include("clinic.recordings.urls")),
    path("", include("clinic.recordings.capture_urls")),
    path("uploads/", include("clinic.uploads.urls")),
    path("", include("clinic.accounts.urls")),
    path("audit/", include("clinic.audit.urls")),
    path("api/", include("clinic.api.urls")),
    path("", include("clinic.live_urls")),
]
