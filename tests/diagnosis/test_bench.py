"""The bench: what it runs on, and how it measures."""

import subprocess
import sys

import pytest

from diagnosis import release as releases
from diagnosis.bench import encoding, films, speed
from diagnosis.config import AnalysisConfig
from diagnosis.encoder import MODEL
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import VideoReader, length_s

CONFIG = AnalysisConfig()


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "short.mp4"
    animate(path, VideoScript(3.0))
    return path


def run(*arguments):
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("length", [10, 60])
def test_a_take_is_repeated_to_any_length(tmp_path, length):
    animate(tmp_path / "take.mp4", VideoScript(films.SECONDS, width=64, height=36, sway=0))

    films.repeat(tmp_path / "take.mp4", tmp_path / "long.mp4", length)

    assert length_s(tmp_path / "long.mp4", 600) == pytest.approx(length, abs=0.1)
    with VideoReader(tmp_path / "long.mp4", CONFIG) as video:
        assert len(list(video)) == pytest.approx(30 * length, abs=2)


def test_every_stage_of_an_analysis_takes_its_time(short):
    found = speed.stages(short, releases.load(releases.DEFAULT))

    assert 0 < found[speed.FOLLOWED] < found[speed.MEASURED]
    assert found[speed.NETWORK] > 0


def test_the_release_encodes_what_the_bare_tower_does():
    bare, ours, hz = encoding.encoding("cpu", MODEL, 2)

    assert bare > 0
    assert ours > 0
    assert hz == 8


def test_the_peak_of_a_process_is_its_own_not_its_parents(short):
    ballast = bytearray(1_500_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])

    assert 100 < float(run("-m", "diagnosis.bench", "--peak", str(short))) < 1400
