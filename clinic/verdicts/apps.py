from django.apps import AppConfig


class VerdictsConfig(AppConfig):
    name = "clinic.verdicts"

    def ready(self) -> None:
        from clinic.verdicts import services
        from diagnosis.signals import analysis_finished

        analysis_finished.connect(services.on_analysis_finished, dispatch_uid="verdicts")
