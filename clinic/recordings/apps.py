from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    name = "clinic.recordings"

    def ready(self) -> None:
        from clinic.recordings import services
        from diagnosis.signals import analysis_finished

        analysis_finished.connect(services.on_analysis_finished, dispatch_uid="recordings")
