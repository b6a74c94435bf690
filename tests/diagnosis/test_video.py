"""Reading videos: true times, upright pictures, facts, damaged files, and copies for browsers."""

import dataclasses
from fractions import Fraction

import av
import numpy as np
import pytest

from diagnosis.config import AnalysisConfig
from diagnosis.containers import ends_early
from diagnosis.copies import remux
from diagnosis.simulate import VideoScript, animate
from diagnosis.video import (
    CaptureFacts,
    NotAVideo,
    TooLarge,
    TooLong,
    VideoError,
    VideoReader,
    reduced_size,
)

from .films import plain, shared_clip, write, write_live

CONFIG = AnalysisConfig()
STEADY = np.arange(60) / 30


def read(path, config=CONFIG):
    with VideoReader(path, config) as video:
        frames = list(video)
        return frames, video.facts()


def times(path):
    return [frame.t for frame in read(path)[0]]


@pytest.mark.parametrize(("codec", "suffix"), [("h264", "mp4"), ("vp8", "webm"), ("vp9", "webm")])
def test_frames_carry_the_times_at_which_they_were_taken(tmp_path, codec, suffix):
    path = tmp_path / f"uneven.{suffix}"
    truth = animate(path, VideoScript(1.5, codec=codec, dropped=0.3, width=160, height=90))

    assert np.diff(truth.t).max() > 0.06
    assert times(path) == pytest.approx(truth.t, abs=0.0006)


def test_a_browsers_webm_without_a_duration_has_its_true_length_and_rate(tmp_path):
    path = write_live(tmp_path / "live.webm", STEADY)

    with av.open(str(path)) as container:
        assert container.duration is None
    facts = read(path)[1]

    assert facts.duration_s == pytest.approx(59 / 30, abs=0.002)
    assert facts.steady_fps == pytest.approx(30, abs=0.5)
    assert not facts.variable
    assert not facts.truncated


def test_uneven_frames_are_called_uneven_and_lower_the_rate_that_counts(tmp_path):
    gap = np.concatenate([STEADY[:30], STEADY[30:] + 1.0])
    halved = np.concatenate([STEADY[:30], STEADY[30] + np.arange(30) / 15])

    with_gap = read(write(tmp_path / "gap.mp4", gap))[1]
    in_the_dark = read(write(tmp_path / "dark.mp4", halved))[1]

    assert with_gap.fps == pytest.approx(30, abs=0.5)
    assert with_gap.steady_fps == pytest.approx(59 / (59 / 30 + 1), abs=0.1)
    assert in_the_dark.variable


def test_a_turned_phone_gives_upright_pictures(tmp_path):
    lying = write(tmp_path / "lying.mp4", STEADY[:3], rotation=90)

    frames, facts = read(lying)

    picture = frames[0].rgb
    assert picture.shape == (64, 48, 3)
    assert (facts.width, facts.height, facts.rotation) == (48, 64, 90)
    # Turned anticlockwise, the light upper left corner of the sensor comes to lie lower left.
    corners = {(i, j): picture[16 + 32 * i, 12 + 24 * j].mean() for i in (0, 1) for j in (0, 1)}
    assert max(corners, key=corners.get) == (1, 0)


def test_pixels_that_are_not_square_are_shown_in_their_true_shape(tmp_path):
    wide = write(tmp_path / "wide.mp4", STEADY[:3], pixel=Fraction(3, 2))
    tape = write(tmp_path / "tape.avi", STEADY[:3], "mpeg4", "avi", pixel=Fraction(3, 2))
    on_its_side = write(tmp_path / "side.mp4", STEADY[:3], rotation=90, pixel=Fraction(3, 2))

    for path in (wide, tape):
        frames, facts = read(path)
        assert frames[0].rgb.shape == (48, 96, 3)
        assert (facts.width, facts.height) == (96, 48)
        remux(path, tmp_path / "playable")
        assert read(tmp_path / "playable")[0][0].rgb.shape == (48, 96, 3)
    assert read(on_its_side)[0][0].rgb.shape == (96, 48, 3)


def test_a_slow_motion_film_is_thinned_out_and_a_film_in_60_pictures_is_not(tmp_path):
    fast = write(tmp_path / "fast.mp4", np.arange(240) / 240)
    usual = write(tmp_path / "usual.mp4", np.arange(60) / 60)

    frames, facts = read(fast)

    assert 48 <= len(frames) <= 66
    assert facts.frames == 240
    assert facts.duration_s == pytest.approx(239 / 240, abs=0.002)
    assert len(read(usual)[0]) == 60


def test_large_frames_are_reduced_and_small_ones_left_alone(tmp_path):
    def large(number):
        return np.full((720, 1280, 3), number, np.uint8)

    frames, facts = read(write(tmp_path / "large.mp4", STEADY[:2], picture=large))

    assert frames[0].rgb.shape == (360, 640, 3)
    assert (facts.width, facts.height) == (1280, 720)
    assert reduced_size(320, 240, 640) == (320, 240)


def test_facts_survive_json(tmp_path):
    facts = read(write(tmp_path / "take.mp4", STEADY))[1]

    assert CaptureFacts.from_json(facts.to_json()) == facts


def test_a_webm_cut_off_in_the_middle_gives_the_frames_before_the_cut(tmp_path):
    whole = write_live(tmp_path / "whole.webm", STEADY)
    cut = tmp_path / "cut.webm"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])

    frames, facts = read(cut)

    assert 10 < len(frames) < 50
    assert facts.truncated
    assert not read(whole)[1].truncated


def test_an_mp4_cut_off_in_the_middle_gives_the_frames_before_the_cut(tmp_path):
    rng = np.random.default_rng(0)

    def noise(number):
        return rng.integers(0, 255, (48, 64, 3), np.uint8)

    whole = write(tmp_path / "w.mp4", STEADY, picture=noise, options={"movflags": "faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])

    frames, facts = read(cut)

    assert 10 < len(frames) < 60
    assert facts.truncated
    assert not ends_early(whole)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"This is a letter, not a film.\n" * 40, "not a video"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(500), "not a video"),
        (b"\x1a\x45\xdf\xa3" + bytes(500), "not a video"),
    ],
)
def test_what_is_not_a_video_is_refused_with_the_next_step(tmp_path, content, says):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)

    with pytest.raises(NotAVideo, match=says) as caught:
        read(path)

    assert "again" in str(caught.value)
    assert caught.value.finding.code == "unreadable"


def test_a_playlist_cannot_make_the_server_open_another_file(tmp_path):
    write(tmp_path / "secret.ts", STEADY, container="mpegts")
    path = tmp_path / "film.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:2,\n{tmp_path}/secret.ts\n#EXT-X-ENDLIST\n")

    with pytest.raises(NotAVideo):
        read(path)


def test_sound_without_a_picture_is_refused(tmp_path):
    path = tmp_path / "voice.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode())

    with pytest.raises(NotAVideo, match="no picture"):
        read(path)


def test_a_film_of_more_than_ten_minutes_is_refused_before_it_is_decoded(tmp_path):
    path = write(tmp_path / "long.mp4", [0, 1, 2, 601])

    with pytest.raises(TooLong, match="10 minutes") as caught:
        VideoReader(path, CONFIG)

    assert caught.value.finding.code == "too_long"
    roomy = dataclasses.replace(CONFIG, max_duration_s=700)
    assert len(read(path, roomy)[0]) == 4


def test_a_recorded_webm_is_copied_so_that_browsers_can_seek(tmp_path):
    source = write_live(tmp_path / "live.webm", STEADY + 0.4)
    target = tmp_path / "playable"

    assert remux(source, target) == "video/webm"

    with av.open(str(target)) as container:
        assert container.duration == pytest.approx(2_000_000, abs=50_000)
    content = target.read_bytes()
    assert 0 <= content.find(b"\x1c\x53\xbb\x6b") < content.find(b"\x1f\x43\xb6\x75"), "cues first"
    assert times(target) == pytest.approx(times(source), abs=0.0015)
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).time == pytest.approx(0)


def test_an_mp4_is_copied_without_its_sound_and_keeps_its_rotation(tmp_path):
    source = tmp_path / "phone.mov"
    silent = write(tmp_path / "silent.mp4", STEADY, rotation=-90)
    with av.open(str(silent)) as pictures, av.open(str(source), "w", format="mov") as output:
        stream = output.add_stream_from_template(pictures.streams.video[0])
        voice = output.add_stream("aac", rate=16000)
        for packet in pictures.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        output.mux(voice.encode(frame))
        output.mux(voice.encode())

    assert remux(source, tmp_path / "playable") == "video/mp4"

    with av.open(str(tmp_path / "playable")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    frames, facts = read(tmp_path / "playable")
    assert facts.rotation == 270
    assert len(frames) == 60
    content = (tmp_path / "playable").read_bytes()
    assert content.find(b"moov") < content.find(b"mdat"), "the index comes first"


def old_film(folder):
    return write(folder / "old.avi", np.arange(50) / 25, "mpeg4", "avi")


def iphone_film(folder):
    return write(folder / "phone.mov", np.arange(50) / 25, "libx265", "mov")


@pytest.mark.parametrize(
    "film",
    [
        old_film,
        iphone_film,
        lambda folder: shared_clip("bbaf2n.mpg"),
        lambda folder: shared_clip("head_turns.gif"),
    ],
)
def test_what_browsers_cannot_play_is_encoded_again_at_the_same_times(tmp_path, film):
    source = film(tmp_path)

    assert remux(source, tmp_path / "playable") == "video/mp4"

    _, facts = read(tmp_path / "playable")
    assert facts.codec == "h264"
    assert times(tmp_path / "playable") == pytest.approx(times(source), abs=0.001)


def test_pictures_that_an_edit_list_hides_stay_hidden_in_the_copy(tmp_path):
    source = shared_clip("no_face.mp4")

    remux(source, tmp_path / "playable")

    assert times(tmp_path / "playable") == pytest.approx(times(source), abs=0.001)


def damaged(content, rng):
    """The file with some bytes changed, half the time at its beginning, some of them cut off."""
    raw = np.frombuffer(content, np.uint8).copy()
    reach = min(len(raw), 1500) if rng.uniform() < 0.5 else len(raw)
    at = rng.integers(0, reach, int(rng.integers(1, 30)))
    at = at if rng.uniform() < 0.7 else len(raw) - 1 - at
    raw[at] = rng.integers(0, 256, len(at))
    return raw[: len(raw) if rng.uniform() < 0.7 else rng.integers(1, len(raw))].tobytes()


@pytest.mark.parametrize(
    ("codec", "container"), [("libx264", "mp4"), ("libvpx", "webm"), ("mpeg4", "avi")]
)
def test_however_a_film_is_damaged_it_is_read_in_part_or_refused(tmp_path, codec, container):
    content = write(tmp_path / "film", STEADY[:30], codec, container).read_bytes()
    path, read_in_part, refused = tmp_path / f"damaged.{container}", 0, []
    for seed in range(150):
        path.write_bytes(damaged(content, np.random.default_rng(seed)))
        for use in (read, lambda source: remux(source, tmp_path / "playable")):
            try:
                use(path)
                read_in_part += 1
            except VideoError as error:
                refused.append(str(error))

    assert read_in_part
    assert refused
    assert all("again" in words or "Cut out" in words for words in refused)


def test_a_damaged_film_is_copied_as_far_as_it_goes_and_text_not_at_all(tmp_path):
    whole = write_live(tmp_path / "whole.webm", STEADY)
    cut = tmp_path / "cut.webm"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    text = tmp_path / "text.webm"
    text.write_text("not a film")

    assert remux(cut, tmp_path / "playable") == "video/webm"
    assert len(read(tmp_path / "playable")[0]) == len(read(cut)[0])
    with pytest.raises(NotAVideo):
        remux(text, tmp_path / "never")
    assert not (tmp_path / "never").exists()


def large(number):
    return plain(number, height=4100, width=4100)


def test_pictures_too_large_to_hold_are_refused_before_one_is_decoded(tmp_path):
    path = write(tmp_path / "large.mp4", STEADY[:2], picture=large)

    with pytest.raises(TooLarge, match="4100 x 4100") as refused:
        read(path)
    assert refused.value.finding.code == "picture_too_large"
    with pytest.raises(TooLarge):
        remux(path, tmp_path / "playable")


def test_pictures_that_grow_too_large_on_the_way_count_as_damage(tmp_path):
    def pictures(side):
        encoder = av.CodecContext.create("mjpeg", "w")
        encoder.width = encoder.height = side
        encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 30)
        frame = av.VideoFrame.from_ndarray(plain(0, side, side), format="rgb24")
        frame.pts, frame.time_base = 0, encoder.time_base
        return [*encoder.encode(frame), *encoder.encode(None)]

    path = tmp_path / "grows.mkv"
    with av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream("mjpeg", rate=30)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p"
        for i, side in enumerate((64, 64, 4100, 64)):
            (packet,) = pictures(side)
            packet.stream, packet.time_base = stream, Fraction(1, 30)
            packet.pts = packet.dts = i
            output.mux(packet)

    frames, facts = read(path)

    assert [frame.rgb.shape for frame in frames] == [(64, 64, 3)] * 3
    assert facts.truncated
