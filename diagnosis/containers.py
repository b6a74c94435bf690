"""What the bytes of a video file tell of its container: which it is, and whether it is all there.

A recording that was cut off (battery, closed tab, lost chunk) still decodes up to the cut, and
decoders do not always say that anything is missing. The structure of the file does: the last
element (WebM, Matroska) or box (MP4, QuickTime) reaches beyond the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_EBML_HEADER: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_CLUSTER: Final = 0x1F43B675
_MASTERS: Final = frozenset({_SEGMENT, _CLUSTER})
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_HEAD_BYTES: Final = 512
_TS_PACKET: Final = 188
_TS_SYNC: Final = 0x47


def mime_of(path: Path) -> str | None:
    """The type of the container by its first bytes, as "video/webm"; None for anything else."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_EBML_HEADER.to_bytes(4, "big")):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[4:8] in _BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        if brand == b"qt  ":
            return "video/quicktime"
        return "video/3gpp" if brand.startswith(b"3g") else "video/mp4"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "video/x-msvideo"
    if head.startswith((b"\0\0\1\xba", b"\0\0\1\xb3")):
        return "video/mpeg"
    if len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == _TS_SYNC:
        return "video/mp2t"
    return None


def ends_early(path: Path) -> bool:
    """True if the file's last element or box is cut off; False for containers not known here."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(0)
        if head[:4] == _EBML_HEADER.to_bytes(4, "big"):
            ends = _ebml_ends(file, size)
        elif head[4:8] in _BOXES:
            ends = _box_ends(file, size)
        else:
            return False
        return max(ends, default=size) > size


def _ebml_ends(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each element ends. Of unknown size are the segment and clusters of live recordings."""
    while file.tell() < size:
        identifier = _ebml_number(file, keep_marker=True)
        length = _ebml_number(file, keep_marker=False)
        if identifier is None or length is None:
            yield size + 1
            return
        number, _ = identifier
        count, unknown = length
        if not unknown:
            yield file.tell() + count
        if number not in _MASTERS:
            file.seek(min(file.tell() + count, size))


def _ebml_number(file: BinaryIO, *, keep_marker: bool) -> tuple[int, bool] | None:
    """A variable-length number and whether all its bits are set ("unknown"); None at the end."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    raw = first + file.read(length - 1)
    if len(raw) < length:
        return None
    value = int.from_bytes(raw, "big")
    mask = (1 << (7 * length)) - 1
    return (value if keep_marker else value & mask), value & mask == mask


def _box_ends(file: BinaryIO, size: int) -> Iterator[int]:
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length == 0:  # the box reaches to the end of the file, wherever that is
            return
        position += max(length, 8)
        yield position
