"""What counts as a film, asked of the real program in a process of its own."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from diagnosis import probe
from diagnosis.containers import mime_of
from tests.diagnosis.films import plain, shared_clip, with_sound, write, write_live

STEADY = np.arange(60) / 30
UNEVEN = np.cumsum(np.tile([0.02, 0.05, 0.1], 20))


def ask(path, *options):
    """The one line that the program prints."""
    command = [sys.executable, "-m", "diagnosis.probe", str(path), *map(str, options)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (line,) = run.stdout.splitlines()
    return json.loads(line)


def test_a_browsers_film_is_told_in_full(tmp_path):
    assert ask(write_live(tmp_path / "film.webm", STEADY)) == {
        "container": "video/webm",
        "codec": "vp8",
        "width": 64,
        "height": 48,
        "seconds": pytest.approx(59 / 30, abs=0.002),
        "frames": 60,
        "sound": False,
    }


@pytest.mark.parametrize(
    ("container", "codec", "times", "found"),
    [
        ("mp4", "libx264", STEADY, "video/mp4"),
        ("mp4", "libx264", UNEVEN, "video/mp4"),
        ("mov", "libx265", STEADY, "video/quicktime"),
        ("3gp", "libx264", STEADY, "video/3gpp"),
        ("matroska", "libx264", STEADY, "video/x-matroska"),
        ("avi", "mpeg4", STEADY, "video/x-msvideo"),
        ("mpegts", "libx264", STEADY, "video/mp2t"),
    ],
)
def test_old_and_new_kinds_of_film_pass_whatever_their_name(
    tmp_path, container, codec, times, found
):
    told = ask(write(tmp_path / "film.txt", times, codec=codec, container=container))
    assert told["container"] == found
    assert told["seconds"] == pytest.approx(times[-1] - times[0], abs=0.1)


@pytest.mark.parametrize(
    ("clip", "container"),
    [("bbaf2n.mpg", "video/mpeg"), ("face_noface.mov", "video/quicktime"),
     ("head_turns.gif", "image/gif"), ("single_face.mp4", "video/mp4")],
)  # fmt: skip
def test_real_clips_pass(clip, container):
    assert ask(shared_clip(clip))["container"] == container


def test_an_avi_without_presentation_times_has_a_length(tmp_path):
    film = write(tmp_path / "film.avi", STEADY, codec="mpeg4", container="avi", options={"bf": "2"})
    assert ask(film)["seconds"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_film_that_was_cut_off_passes_with_what_is_there(tmp_path, share):
    whole = write_live(tmp_path / "whole.webm", STEADY)
    cut = tmp_path / "cut.webm"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    assert 0 < ask(cut)["seconds"] < 59 / 30


def test_a_film_whose_first_pictures_are_damaged_passes(tmp_path):
    film = write(tmp_path / "film.mkv", STEADY, codec="mpeg4", container="matroska")
    content = bytearray(film.read_bytes())
    start = content.index(b"\x1f\x43\xb6\x75") + 24  # in the first block of the first cluster
    content[start : start + 60] = bytes(60)
    film.write_bytes(content)
    assert ask(film)["width"] == 64


def test_a_film_of_four_hours_is_refused_without_a_look_at_its_pictures(tmp_path, monkeypatch):
    film = write(
        tmp_path / "long.webm", np.arange(0, 4 * 3600, 20), codec="libvpx", container="webm"
    )
    told = ask(film)
    assert told["problem"] == "too_long"
    assert "longer than 10 minutes" in told["words"]
    monkeypatch.setattr(probe, "_decode", None)
    with pytest.raises(probe.VideoError):
        probe.probe(film)


def test_pictures_of_huge_size_are_refused(tmp_path):
    film = write(
        tmp_path / "bomb.mp4", STEADY[:2], picture=lambda i: plain(i, height=4100, width=4100)
    )
    assert ask(film)["problem"] == "picture_too_large"


def _text(path: Path) -> None:
    path.write_text("This is a letter, not a film. " * 20)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("film.webm", b"x" * 1000)


def _playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")


def _garbage(path: Path) -> None:
    path.write_bytes(b"\x1a\x45\xdf\xa3" + np.random.default_rng(0).bytes(300_000))


def _garbled_pictures(path: Path) -> None:
    """A container as it should be, with noise where the pictures were."""
    content = bytearray(write(path, STEADY, codec="libvpx", container="webm").read_bytes())
    start = content.index(b"\x1f\x43\xb6\x75") + 20
    content[start:] = np.random.default_rng(0).bytes(len(content) - start)
    path.write_bytes(content)


def _header(path: Path) -> None:
    content = write_live(path, STEADY).read_bytes()
    path.write_bytes(content[: content.index(b"\x1f\x43\xb6\x75")])


@pytest.mark.parametrize("make", [_text, _zip, _playlist, _garbage, _garbled_pictures, _header])
def test_what_is_no_film_is_refused(tmp_path, make):
    path = tmp_path / "film.webm"
    make(path)
    assert ask(path)["problem"] == "unreadable"


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "film.webm"
    path.touch()
    assert ask(path)["problem"] == "unreadable"
    assert mime_of(path) is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (IndexError("list index out of range"), "undecided"),
        (MemoryError(), "undecided"),
        (av.error.OSError(5, "Input/output error"), "undecided"),
        (probe.NotAVideo("no picture"), "unreadable"),
    ],
)
def test_whatever_breaks_the_reader_is_told(tmp_path, monkeypatch, error, problem):
    path = tmp_path / "film.webm"
    path.touch()

    def broken(path):
        raise error

    monkeypatch.setattr(probe, "probe", broken)
    assert probe._answer(path)["problem"] == problem
    path.unlink()
    assert probe._answer(path)["problem"] == "vanished"


def test_a_film_whose_opening_fails_for_a_disk_or_for_memory_may_be_one(tmp_path, monkeypatch):
    path = write_live(tmp_path / "film.webm", STEADY)

    def refused(*args, **options):
        raise av.error.OSError(5, "Input/output error")

    monkeypatch.setattr("diagnosis.video.av.open", refused)
    assert probe._answer(path)["problem"] == "undecided"


def test_the_machines_own_trouble_is_no_answer(tmp_path, monkeypatch):
    path = write_live(tmp_path / "film.webm", STEADY)

    def refused(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(probe, "probe", refused)
    with pytest.raises(OSError, match="No space"):
        probe._answer(path)


def test_the_program_limits_its_own_memory_and_time(tmp_path):
    program = (
        "import resource; from diagnosis import probe; probe._limit();"
        "print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU));"
        "bytes(3 * 1024**3)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert str((probe.MEMORY_BYTES, probe.MEMORY_BYTES)) in run.stdout
    assert str((probe.CPU_S, probe.CPU_S + 5)) in run.stdout
    assert "MemoryError" in run.stderr


def test_a_file_that_keeps_the_program_busy_ends_it(tmp_path):
    program = (
        "import resource; from diagnosis import probe; probe.CPU_S = 1; probe._limit()\n"
        "while True: pass"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert run.returncode == -signal.SIGXCPU
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("container", "codec", "voice"),
    [
        ("mp4", "libx264", "aac"),
        ("mov", "libx265", "aac"),
        ("3gp", "libx264", "aac"),
        ("webm", "libvpx", "libopus"),
        ("matroska", "libx264", "aac"),
    ],
)
def test_a_silent_copy_has_the_same_pictures_at_the_same_times(tmp_path, container, codec, voice):
    film = with_sound(tmp_path / "film", UNEVEN, codec, container, voice)
    told = ask(film, "--silent", tmp_path / "copy")
    assert told["sound"]
    assert ask(tmp_path / "copy") == {**told, "sound": False}
    (was, times), (now, kept) = pictures(film), pictures(tmp_path / "copy")
    assert now == was
    assert kept == pytest.approx(times, abs=0.002)


def test_a_silent_copy_is_turned_as_the_film_was(tmp_path):
    film = with_sound(tmp_path / "film", STEADY, "libx264", "mov", "aac", rotation=90)
    ask(film, "--silent", tmp_path / "copy")
    with av.open(str(film)) as before, av.open(str(tmp_path / "copy")) as after:
        turned = [next(one.decode(video=0)).rotation for one in (before, after)]
    assert turned in ([90, 90], [-90, -90])


def test_a_silent_copy_holds_no_picture_that_was_trimmed_off(tmp_path):
    film = trimmed(with_sound(tmp_path / "film", STEADY, "libx264", "mov", "aac"), seconds=1)
    told = ask(film, "--silent", tmp_path / "copy")
    seen = shown(film)
    assert len(seen) < len(STEADY)
    assert shown(tmp_path / "copy") == pytest.approx(seen, abs=0.002)
    assert told["container"] == ask(tmp_path / "copy")["container"]


def test_a_silent_copy_for_which_there_is_no_room_says_nothing_about_the_film(tmp_path):
    film = with_sound(tmp_path / "film", UNEVEN, "libx264", "mp4", "aac")
    limit = 1000  # bytes: no film has so few
    program = (
        f"import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from pathlib import Path; from diagnosis import probe;"
        f"probe._answer(Path({str(film)!r}), Path({str(tmp_path / 'copy')!r}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode != 0
    assert "too large" in run.stderr


def test_there_is_no_silent_copy_of_what_is_no_film(tmp_path):
    (tmp_path / "letter").write_text("a letter")
    assert "problem" in ask(tmp_path / "letter", "--silent", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def pictures(path):
    """The coded pictures, and the seconds at which they are shown since the first one."""
    with av.open(str(path)) as film:
        packets = [packet for packet in film.demux(video=0) if packet.pts is not None]
        times = [float(packet.pts * packet.time_base) for packet in packets]
        return [bytes(packet) for packet in packets], [time - times[0] for time in times]


def trimmed(path, seconds):
    """The edit list of the MOV tells players to begin so much later, as phones trim films."""
    with av.open(str(path)) as film:
        ticks = round(seconds / film.streams.video[0].time_base)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4 + 4 + 4 + 4  # version, number of entries, duration
    begins = int.from_bytes(data[at : at + 4]) + ticks
    data[at : at + 4] = begins.to_bytes(4)
    path.write_bytes(data)
    return path


def shown(path):
    """The seconds at which the decoded pictures are shown, since the first one."""
    with av.open(str(path)) as film:
        times = [picture.time for picture in film.decode(video=0)]
        return [time - times[0] for time in times]
