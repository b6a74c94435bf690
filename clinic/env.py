"""Readers of the environment that fail loudly, with the variable's name and what it should be.

`NAME_FILE` may be given instead of `NAME`: its content is then the value, as Docker and systemd
hand over secrets.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return os.environ.get(name, default)
    if name in os.environ:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE points to {file}, which cannot be read: {error.strerror}"
        ) from error


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0")
    return value in {"1", "true", "yes"}


def whole(name: str, default: int, *, least: int) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} is {value!r}; write {least} or more")
    return number


def words(name: str) -> list[str]:
    """A comma-separated list; empty when the variable is not set."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def database(name: str, default: str) -> dict[str, object]:
    """Django's settings for a database's URL.

    `sqlite:////absolute/path` or `postgresql://user:password@host:port/name?sslmode=require`;
    each part is percent-encoded where it holds other characters. The parameters after `?` are
    libpq's connection options.
    """
    url = urlsplit(text(name, default))
    if url.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _sqlite_path(name, url),
            "OPTIONS": {
                # Writers queue up at BEGIN instead of failing half-way through a transaction.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    if url.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.removeprefix("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(url.hostname or ""),
            "PORT": str(url.port or ""),
            "OPTIONS": dict(parse_qsl(url.query, keep_blank_values=True)),
        }
    raise ImproperlyConfigured(
        f"{name} starts with {url.scheme!r}; write sqlite:////ABSOLUTE/PATH or "
        "postgresql://USER:PASSWORD@HOST/NAME"
    )


def _sqlite_path(name: str, url: SplitResult) -> str:
    path = unquote(url.path.removeprefix("/"))
    if url.netloc or not path.startswith("/"):
        raise ImproperlyConfigured(
            f"{name} names a relative path; write an absolute one after three slashes, "
            "as in sqlite:////srv/mimia/mimia.sqlite3"
        )
    return path
