"""The bench: what it runs on, and how it measures."""

import subprocess
import sys

import pytest
import torch

from diagnosis import release as releases
from diagnosis.bench import encoding, films, speed
from diagnosis.bench.peak import peak_mb
from diagnosis.config import AnalysisConfig
from diagnosis.encoder import MODEL
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import VideoReader, length_s

CONFIG = AnalysisConfig()


@pytest.mark.parametrize("length", [10, 60])
def test_a_take_is_repeated_to_any_length(tmp_path, length):
    animate(tmp_path / "take.mp4", VideoScript(films.SECONDS, width=64, height=36, sway=0))

    films.repeat(tmp_path / "take.mp4", tmp_path / "long.mp4", length)

    assert length_s(tmp_path / "long.mp4", 600) == pytest.approx(length, abs=0.1)
    with VideoReader(tmp_path / "long.mp4", CONFIG) as video:
        assert len(list(video)) == pytest.approx(30 * length, abs=2)


def test_the_stages_add_up_to_the_whole_analysis(tmp_path):
    animate(tmp_path / "short.mp4", VideoScript(3.0))
    model, found = releases.load(releases.DEFAULT), {}

    whole = speed.cost(lambda: found.update(speed.stages(tmp_path / "short.mp4", model)))

    assert found[speed.MEASURED] + found[speed.NETWORK] == pytest.approx(whole, rel=0.02)


def test_the_release_gives_what_the_bare_tower_does():
    by_tower, by_release, _ = encoding.encoders("cpu", MODEL, 2)

    with torch.inference_mode():
        expected = by_tower().numpy()

    assert by_release().numpy() == pytest.approx(expected, abs=1e-6)


def test_the_peak_of_a_process_is_its_own_not_its_parents():
    """The parent, which runs these tests, has the engine's libraries in its memory."""
    code = "x = bytearray(60_000_000); from diagnosis.bench.peak import peak_mb; print(peak_mb())"
    child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert peak_mb() > 200
    assert 57 < float(child.stdout) < 120
