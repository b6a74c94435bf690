from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out, user_login_failed


class AccountsConfig(AppConfig):
    name = "clinic.accounts"

    def ready(self) -> None:
        from clinic.accounts import signals

        user_login_failed.connect(signals.on_login_failed, dispatch_uid="audit")
        user_logged_out.connect(signals.on_logged_out, dispatch_uid="audit")
