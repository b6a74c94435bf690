from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "clinic.dashboards"

    def ready(self) -> None:
        from clinic.recordings import playback
        from diagnosis.signals import analysis_finished

        analysis_finished.connect(playback.on_analysis_finished, dispatch_uid="playback")
