"""Sending a film, whole or in the part that a player asks for, a piece at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE = 256 * 1024  # bytes in memory at a time, whatever the film's size
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(Exception):
    """The part asked for lies outside the file."""


def response(request: HttpRequest, path: Path, content_type: str) -> HttpResponseBase:
    """200 with the file, 206 with the range asked for, or 416; without a body for HEAD."""
    size = path.stat().st_size
    try:
        wanted = requested_range(request.headers.get("Range", ""), size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = wanted or (0, size - 1)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start + 1),
        "Content-Disposition": "inline",
        "Cache-Control": "private, no-store",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type, headers=headers)
    return StreamingHttpResponse(
        pieces(path, start, end), status=status, content_type=content_type, headers=headers
    )


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None for no range, or one to be ignored (RFC 9110).

    Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(header.strip().replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        if int(last) == 0 or size == 0:
            raise RangeNotSatisfiable
        return max(0, size - int(last)), size - 1
    start, end = int(first), min(int(last or size - 1), size - 1)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, end


async def pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """Read in threads, so that a slow disk holds up nobody else's page."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        file.seek(start)
        left = end - start + 1
        while left > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
