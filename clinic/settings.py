"""Mimia's settings: one file, driven by the environment, that runs on SQLite at once.

README.md lists the variables. Without any, the site runs for one person on localhost; a site that
others reach sets at least SITE_URL (https), SECRET_KEY and DATABASE_URL.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from clinic import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
SITE_IS_HTTPS = SITE_URL.startswith("https://")
SITE_HOST = urlsplit(SITE_URL).hostname or ""
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

DEBUG = env.flag("DEBUG", False)


def _secret_key() -> str:
    """SECRET_KEY from the environment; on localhost a random one kept in DATA_DIR."""
    key = env.text("SECRET_KEY")
    if key:
        return key
    if SITE_HOST not in LOCAL_HOSTS:
        raise ImproperlyConfigured("SECRET_KEY is not set; a site beyond localhost needs its own")
    file = DATA_DIR / "secret-key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return file.read_text(encoding="utf-8")


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [SITE_HOST, *LOCAL_HOSTS, "[::1]", *env.words("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "channels",
    "clinic",
    "clinic.accounts",
    "clinic.patients",
    "clinic.recordings",
    "clinic.uploads",
    "clinic.dashboards",
    "clinic.reminders",
    "clinic.therapy",
    "clinic.verdicts",
    "clinic.ratings",
    "clinic.work",
    "clinic.reports",
    "clinic.exports",
    "clinic.audit",
    "clinic.api",
    "diagnosis",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clinic.accounts.middleware.PrivatePagesMiddleware",
    "clinic.languages.EnglishUnlessToldMiddleware",
]

ROOT_URLCONF = "clinic.urls"
ASGI_APPLICATION = "clinic.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "clinic.accounts.context.membership",
            ],
        },
    },
]

DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR))}/mimia.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The channel layer only fans out inside one web process: the database carries news between them.
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "clinic.accounts.adapter.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "clinic.accounts.tokens.SetPasswordTokens"  # noqa: S105
# A second address could be somebody else's: nobody proves here that it is theirs.
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_SESSION_REMEMBER = False  # clinics share machines
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
FORMAT_MODULE_PATH = "clinic.formats"
TIME_ZONE_IS_SET = bool(env.text("TIME_ZONE"))
TIME_ZONE = env.text("TIME_ZONE") or "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# What the browser gets; the TypeScript beside it is built into dist/.
STATICFILES_DIRS = [(part, BASE_DIR / "static" / part) for part in ("css", "img", "dist")]
WHITENOISE_USE_FINDERS = True  # served from where they lie: there is no collectstatic step
# Private files: never under a public URL (see clinic.recordings.media).
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", not EMAIL_USE_SSL)
if EMAIL_USE_SSL and EMAIL_USE_TLS:
    raise ImproperlyConfigured("EMAIL_USE_SSL and EMAIL_USE_TLS are both 1; leave one of them out")
EMAIL_PORT = env.whole("EMAIL_PORT", 465 if EMAIL_USE_SSL else 587, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 60  # some servers look through an e-mail before they take it
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Mimia <noreply@{SITE_HOST}>")
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else CONSOLE_MAIL,
)

SECURE_SSL_REDIRECT = False  # the reverse proxy does it
# Redirects are the proxy's, and what the clinic's other subdomains do is not this site's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SITE_IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-login" if SITE_IS_HTTPS else "login"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_IS_HTTPS else "csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language" if SITE_IS_HTTPS else "language"
LANGUAGE_COOKIE_SECURE = SITE_IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Plotly and Django set style attributes; no style element without the nonce is let in.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["clinic.api.throttling.WriteThrottle"],
    "DEFAULT_THROTTLE_RATES": {"writes": "120/min"},
    "EXCEPTION_HANDLER": "clinic.api.problems.answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mimia",
    "DESCRIPTION": "Facial movement in Parkinson's disease. "
    "Investigational software, not for diagnosis.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_NAME_OVERRIDES": {
        "JobKindEnum": "diagnosis.models.Job.Kind",
        "DirectionEnum": "clinic.verdicts.models.Verdict.Direction",
        "ClinicalEventKindEnum": "clinic.therapy.models.ClinicalEvent.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Uploads: one PATCH is spooled whole before the view runs, so each stays small.
UPLOAD_MAX_PATCH = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = env.whole("UPLOAD_MAX_BYTES", 1024**3, least=1024**2)
UPLOAD_KEEP_HOURS = env.whole("UPLOAD_KEEP_HOURS", 72, least=1)  # after the last byte
# What arrived of a film that was never handed in is kept as part of it, after so long a silence.
SALVAGE_HOURS = env.whole("SALVAGE_HOURS", 24, least=1)
# Uploads stop while the disk has less room than this: analyses and the database need some too.
DISK_RESERVE_BYTES = env.whole("DISK_RESERVE_BYTES", 1024**3, least=0)
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_PATCH + 1024
# A capture link lives this long unless staff choose otherwise.
CAPTURE_LINK_DAYS = env.whole("CAPTURE_LINK_DAYS", 7, least=1)

# Codes of others in FHIR exports: "snomed", which needs a licence, and "hpo".
FHIR_TERMINOLOGIES = env.words("FHIR_TERMINOLOGIES")

WORKERS = env.whole("WORKERS", 2, least=1)
JOB_LEASE_S = env.whole("JOB_LEASE_S", 30, least=1)
# An analysis that reports no progress for so long ends its worker, and counts as a crash.
JOB_STALL_S = env.whole("JOB_STALL_S", 600, least=1)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}
