from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "clinic.reports"

    def ready(self) -> None:
        from clinic.reports import checks  # noqa: F401
