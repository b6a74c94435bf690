"""Files that are handed out: written to disk, then sent a piece at a time.

However much there is, only a piece of it is in memory. The file has no name on the disk: it goes
when it is sent, or when the process that makes it ends.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.http import StreamingHttpResponse

from clinic.exports.columns import DICTIONARY, Cell, Column

NOTICE = "Investigational software, not for diagnosis."
PIECE = 256 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NoRoom(Exception):
    """The disk has no room to put such an export together."""


def require_room(size: int) -> None:
    """Raises NoRoom unless `size` bytes leave the reserve that the site needs for itself."""
    if shutil.disk_usage(settings.DATA_DIR).free - size < settings.DISK_RESERVE_BYTES:
        raise NoRoom(
            "The disk of this site has no room to put this export together. "
            "Please tell whoever runs the site."
        )


class Archive:
    """A zip file that grows entry by entry. Entries carry no dates: they would be true ones."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._described: list[tuple[str, Column]] = []

    def close(self) -> None:
        self._zip.close()

    @contextmanager
    def entry(self, name: str, *, packed: bool = True) -> Iterator[IO[bytes]]:
        """Bytes of a new entry; films are not `packed`: it would cost time and gain nothing."""
        about = zipfile.ZipInfo(name)
        about.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        about.external_attr = 0o600 << 16
        with self._zip.open(about, "w", force_zip64=True) as out:
            yield out

    @contextmanager
    def text(self, name: str) -> Iterator[io.TextIOWrapper]:
        with self.entry(name) as out, io.TextIOWrapper(out, "utf-8", newline="") as words:
            yield words

    def file(self, name: str, path: Path) -> bool:
        """A copy of the file at `path`; False when there is none, as after its deletion."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return False
        with source, self.entry(name, packed=False) as out:
            shutil.copyfileobj(source, out, PIECE)
        return True

    def table(self, name: str, columns: tuple[Column, ...], rows: Iterable[Any]) -> None:
        """A CSV file; the dictionary will tell its columns."""
        self._described += [(name, column) for column in columns]
        with self.text(name) as out:
            writer = csv.writer(out)
            writer.writerow(column.name for column in columns)
            for row in rows:
                writer.writerow(_safe(column.read(row)) for column in columns)

    def dictionary(self) -> None:
        """What the columns of all tables so far mean, as a table and as JSON."""
        described = list(self._described)
        self.table("dictionary.csv", DICTIONARY, described)
        with self.text("dictionary.json") as out:
            entries = [{c.name: c.read(entry) for c in DICTIONARY} for entry in described]
            json.dump({"notice": NOTICE, "columns": entries}, out, indent=1, ensure_ascii=False)


def write_json(out: IO[str], columns: tuple[Column, ...], rows: Iterable[Any]) -> None:
    """{"notice", "rows"}: one object per row, with the columns' names."""
    out.write(f'{{"notice": {json.dumps(NOTICE)}, "rows": [')
    for number, row in enumerate(rows):
        out.write(",\n" if number else "\n")
        out.write(json.dumps({c.name: c.read(row) for c in columns}, ensure_ascii=False))
    out.write("\n]}\n")


def _safe(cell: Cell) -> Cell:
    """As CSV has it: without what a spreadsheet would run as a formula."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def made(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """A file without a name that holds what `write` wrote, from its beginning."""
    file = tempfile.TemporaryFile(dir=settings.DATA_DIR)  # noqa: SIM115  the answer closes it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def zipped(fill: Callable[[Archive], None]) -> IO[bytes]:
    """A zip file of what `fill` puts into it."""

    def write(file: IO[bytes]) -> None:
        archive = Archive(file)
        fill(archive)
        archive.close()

    return made(write)


def answer(file: IO[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """Sends the file as a download of that name, and closes it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return StreamingHttpResponse(
        _pieces(file),
        content_type=content_type,
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        file.close()
