"""The analyse command: a table, JSON, exit statuses, and messages for files that are no films."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from diagnosis.motion import Movement
from diagnosis.simulate import VideoScript, animate

from .films import shared_clip, write

# What blocks each clip; None where it can be measured.
CLIPS = {
    "WolfgangLanger_Pexels.mp4": None,
    "acted_woman.mp4": None,
    "bbaf2n.mpg": None,
    "face_noface.mov": "no_face",
    "head_turns.gif": "frame_rate_too_low",
    "lrwp9a.mpg": None,
    "no_face.mp4": "no_face",
    "noface_face.mov": "no_face",
    "single_face.mp4": None,
    "two_people.gif": "two_faces",
}


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    animate(folder / "rest.mp4", VideoScript(3.0))
    animate(folder / "smile.mp4", VideoScript(5.0, (Movement("smile", 2.3, 0.7),)))
    return folder


def run(*arguments):
    """(exit status, what was printed, what was said on standard error)."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("analyse", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stop:
        return stop.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_a_smile_against_a_film_at_rest_is_printed_as_a_table(films):
    status, out, _ = run(films / "smile.mp4", "--task", "smile", "--neutral", films / "rest.mp4")

    row = next(line for line in out.splitlines() if line.startswith("amplitude"))
    assert status == 0
    assert row.split()[:4] == ["amplitude", "mouth", "corner", "both"]
    assert 5 < float(row.split()[4]) < 15
    assert "neutral face: rest" in out
    assert "the cue times are not known" in out
    assert "evidence: simulated" in out
    assert "not for diagnosis" in out


def test_json_holds_the_same_with_units_and_reasons(films):
    status, out, _ = run(
        *(films / "smile.mp4", "--task", "smile", "--cue", 2, 4.5, "--json"),
    )

    data = json.loads(out)
    measures = {(m["name"], m["region"], m["side"]): m for m in data["measures"]}
    assert status == 0
    assert data["usable"]
    assert data["neutral"] == "lead-in"
    assert data["task"]["cues"] == [{"start": 2.0, "end": 4.5}]
    assert measures["amplitude", "mouth corner", "both"]["unit"] == "% IOD"
    assert 0.2 < measures["onset_latency", "mouth corner", "both"]["value"] < 0.6


@pytest.mark.parametrize(("clip", "blocking"), CLIPS.items())
def test_every_real_clip_gets_measures_or_the_reason_why_not(clip, blocking):
    status, out, _ = run(shared_clip(clip), "--task", "rest", "--json")

    data = json.loads(out)
    opening = [m["value"] for m in data["measures"] if m["name"] == "eye_opening"]
    if blocking:
        assert (status, opening) == (3, [])
        assert data["findings"][0]["code"] == blocking
    else:
        assert status == 0
        assert all(f["severity"] == "advises" for f in data["findings"])
        assert 5 < min(opening) <= max(opening) < 40


def test_a_real_clip_that_begins_at_rest_is_measured():
    status, out, _ = run(
        *(shared_clip("single_face.mp4"), "--task", "smile", "--cue", 0.4, 2.3, "--json"),
    )

    amplitudes = [m["value"] for m in json.loads(out)["measures"] if m["name"] == "amplitude"]
    assert status == 0
    assert min(amplitudes) > 3


def test_a_real_face_that_talks_and_acts_is_measured_as_talking():
    status, out, _ = run(shared_clip("acted_woman.mp4"), "--task", "talk", "--json")

    found = {m["region"]: m["value"] for m in json.loads(out)["measures"]}
    assert status == 0
    assert found["mouth"] > found["brow"] > 0


def test_three_seconds_of_real_speech_are_too_short_to_be_measured():
    status, out, _ = run(shared_clip("bbaf2n.mpg"), "--task", "talk", "--json")

    reasons = {m["absent"] for m in json.loads(out)["measures"]}
    assert status == 0
    assert reasons == {"the face was seen for less than 10 seconds"}


def test_a_take_without_anything_at_rest_says_how_to_give_it(films):
    status, _, err = run(films / "smile.mp4", "--task", "smile")

    assert status == 3
    assert "--neutral" in err


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"Dear doctor,\n", "not a video")])
def test_a_file_that_is_no_film_is_named_with_the_next_step(tmp_path, content, says):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=f"film.mp4: .*{says}") as caught:
        run(path, "--task", "smile")

    assert caught.value.returncode == 1


def test_a_film_of_more_than_ten_minutes_is_refused(tmp_path):
    path = write(tmp_path / "long.mp4", [0, 1, 601])

    with pytest.raises(CommandError, match="longer than 10 minutes"):
        run(path, "--task", "smile")


def test_a_truncated_film_is_measured_as_far_as_it_goes(films, tmp_path):
    animate(tmp_path / "whole.webm", VideoScript(6.0, codec="vp9"))
    cut = tmp_path / "cut.webm"
    cut.write_bytes((tmp_path / "whole.webm").read_bytes()[:-20_000])

    status, out, _ = run(cut, "--task", "rest", "--json")

    assert status == 0
    assert "truncated" in {found["code"] for found in json.loads(out)["findings"]}


def test_a_missing_file_and_a_useless_neutral_are_named(films, tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "nothing.mp4", "--task", "smile")
    nobody = write(tmp_path / "wall.mp4", [i / 30 for i in range(90)])
    with pytest.raises(CommandError, match="cannot serve as the neutral face"):
        run(films / "smile.mp4", "--task", "smile", "--neutral", nobody)


def test_a_folder_without_a_release_is_refused(films, tmp_path):
    with pytest.raises(CommandError, match="no readable release"):
        run(films / "rest.mp4", "--task", "rest", "--release", tmp_path)


@pytest.mark.parametrize("cue", [(4, 2), (3, 3), ("nan", 5), (1, "nan"), (1, "inf")])
def test_a_cue_that_does_not_end_after_its_start_is_refused(films, cue):
    with pytest.raises(CommandError, match="ends after that"):
        run(films / "smile.mp4", "--task", "smile", "--cue", *cue)
