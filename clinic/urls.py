"""Every address of the site. tests/test_access.py holds the table of who may use which."""

from django.urls import include, path
from django.views.i18n import set_language

from clinic.health import health

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("health/", health, name="health"),
    path("language/", set_language, name="set_language"),
    path("", include("clinic.dashboards.urls")),
    path("", include("clinic.patients.urls")),
    path("", include("clinic.recordings.urls")),
    path("", include("clinic.recordings.capture_urls")),
    path("", include("clinic.reminders.urls")),
    path("", include("clinic.imports.urls")),
    path("", include("clinic.therapy.urls")),
    path("", include("clinic.ratings.urls")),
    path("", include("clinic.verdicts.urls")),
    path("", include("clinic.work.urls")),
    path("", include("clinic.reports.urls")),
    path("", include("clinic.exports.urls")),
    path("uploads/", include("clinic.uploads.urls")),
    path("", include("clinic.accounts.urls")),
    path("audit/", include("clinic.audit.urls")),
    path("api/", include("clinic.api.urls")),
    path("", include("clinic.live_urls")),
]
