"""The bench: what it runs on, and how it measures."""

import subprocess
import sys

import pytest

from diagnosis import bench
from diagnosis import release as releases
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import extent


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "take.mp4"
    animate(path, VideoScript(bench.SECONDS, width=64, height=36, sway=0))
    return path


@pytest.mark.parametrize("length", [10, 60])
def test_a_take_is_repeated_to_any_length(take, tmp_path, length):
    bench.repeat(take, tmp_path / "long.mp4", length)

    found = extent(tmp_path / "long.mp4", 600)
    assert found.packets == pytest.approx(30 * length, abs=2)
    assert found.duration_s == pytest.approx(length, abs=0.1)


def test_stages_end_one_after_the_other(tmp_path):
    animate(tmp_path / "take.mp4", VideoScript(4.0))

    ends = list(bench.analyse(tmp_path / "take.mp4", releases.load(releases.DEFAULT)).values())

    assert ends == sorted(ends)
    assert ends[0] > 0


def test_the_peak_of_a_process_is_its_own_not_its_parents(tmp_path):
    animate(tmp_path / "take.mp4", VideoScript(4.0))
    ballast = bytearray(1_500_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])

    command = [sys.executable, "-m", "diagnosis.bench", "--peak", str(tmp_path / "take.mp4")]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)

    assert 100 < float(shown.stdout.split()[-1]) < 1400
