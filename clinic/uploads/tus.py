"""The words of tus 1.0 (https://tus.io/protocols/resumable-upload) in requests and answers."""

from __future__ import annotations

import base64
import binascii
import hashlib

from django.http import HttpRequest
from django.utils.http import http_date

from clinic.uploads.models import Upload
from clinic.uploads.problems import UploadProblem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,expiration,checksum,termination"
CHECKSUMS = ("sha1", "sha256")
PART_TYPE = "application/offset+octet-stream"


class BadRequest(UploadProblem):
    """A header that is missing or cannot be read; the message names it."""


class OtherVersion(UploadProblem):
    status = 412


class WrongContentType(UploadProblem):
    status = 415


class PartTooLarge(UploadProblem):
    status = 413


class ChecksumMismatch(UploadProblem):
    status = 460


def require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion(f"This server speaks tus {VERSION}: send Tus-Resumable: {VERSION}.")


def whole(request: HttpRequest, header: str) -> int | None:
    """The header's whole number, None when it is not sent."""
    text = request.headers.get(header)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(f"{header} must be a whole number of bytes.")
    return int(text)


def new_length(request: HttpRequest) -> int | None:
    """Upload-Length of a new upload; None when it says that the length comes later."""
    length = whole(request, "Upload-Length")
    deferred = request.headers.get("Upload-Defer-Length")
    if (length is None) == (deferred is None) or deferred not in (None, "1"):
        raise BadRequest("Send either Upload-Length or Upload-Defer-Length: 1.")
    return length


def metadata(request: HttpRequest) -> dict[str, str]:
    """Upload-Metadata: comma-separated pairs of a key and its value in base64."""
    pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",")]
    try:
        told = {
            pair[0]: base64.b64decode(pair[1], validate=True).decode() if len(pair) > 1 else ""
            for pair in pairs
            if pair
        }
    except (binascii.Error, UnicodeDecodeError):
        raise BadRequest("Upload-Metadata must hold values in base64.") from None
    if not all(map(str.isprintable, told.values())):
        raise BadRequest("Upload-Metadata must hold text without control characters.")
    return told


def part(request: HttpRequest, limit: int) -> bytes:
    """The body of a PATCH, at most `limit` bytes, after its checksum where one is sent."""
    if request.content_type != PART_TYPE:
        raise WrongContentType(f"A part must be sent as {PART_TYPE}.")
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    data = b"" if announced > limit else request.read(limit + 1)
    if announced > limit or len(data) > limit:
        raise PartTooLarge(f"A part may hold at most {limit} bytes.")
    _require_checksum(request.headers.get("Upload-Checksum"), data)
    return data


def _require_checksum(header: str | None, data: bytes) -> None:
    if header is None:
        return
    algorithm, _, expected = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise BadRequest(f"Upload-Checksum must be one of {', '.join(CHECKSUMS)}.")
    if base64.b64encode(hashlib.new(algorithm, data).digest()).decode() != expected.strip():
        raise ChecksumMismatch("The part was damaged on its way. Send it again.")


def state(upload: Upload) -> dict[str, str]:
    """The headers that tell how far an upload is and when it ends."""
    length = (
        {"Upload-Defer-Length": "1"}
        if upload.length is None
        else {"Upload-Length": str(upload.length)}
    )
    return {"Upload-Offset": str(upload.offset), **length, **expiry(upload)}


def expiry(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": http_date(upload.expires.timestamp())}


def abilities(max_size: int) -> dict[str, str]:
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_size),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
