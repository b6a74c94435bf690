from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    name = "clinic.recordings"

    def ready(self) -> None:
        from clinic.recordings import analysis
        from diagnosis.signals import analysis_finished

        analysis_finished.connect(analysis.on_analysis_finished, dispatch_uid="recordings")
