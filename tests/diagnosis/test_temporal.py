"""What happens over time: frames that see each other, and curves of any subset of takes."""

import numpy as np
import pytest
import torch

from diagnosis import curves
from diagnosis.temporal import CurveClassifier, TemporalTransformer


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_every_frame_and_the_clip_get_a_token():
    frames, clip = TemporalTransformer(96, 16)(torch.randn(3, 16, 96))

    assert frames.shape == (3, 16, 96)
    assert clip.shape == (3, 96)


def test_a_frames_token_depends_on_its_neighbours_and_on_their_order():
    transformer = TemporalTransformer(32, 4).eval()
    frames = torch.randn(1, 4, 32)

    token = transformer(frames)[0][0, 0]
    reordered = transformer(frames[:, [0, 2, 1, 3]])[0][0, 0]

    assert not torch.allclose(token, reordered)


def session(*takes, steps=40):
    rng = np.random.default_rng(3)
    return {take: rng.normal(size=(steps, len(curves.CHANNELS))).astype("f") for take in takes}


def test_takes_that_are_missing_and_padding_do_not_change_the_logit():
    model = CurveClassifier().eval()
    smile = session("smile")

    alone = model(*curves.padded([smile]))
    beside_a_longer_session = model(*curves.padded([smile, session("rest", "fear", steps=90)]))[:1]

    assert alone.item() == pytest.approx(beside_a_longer_session.item(), abs=1e-6)


def test_the_same_curve_means_something_else_in_another_take():
    model = CurveClassifier().eval()
    curve = session("smile")["smile"]

    assert model(*curves.padded([{"smile": curve}])) != model(*curves.padded([{"fear": curve}]))


def test_moments_without_a_face_carry_no_weight():
    model = CurveClassifier().eval()
    whole = session("smile")["smile"]
    with_gap = np.concatenate([whole, np.full((10, whole.shape[1]), np.nan, np.float32)])

    logits = model(*curves.padded([{"smile": whole}])), model(*curves.padded([{"smile": with_gap}]))

    assert logits[0].item() == pytest.approx(logits[1].item(), abs=1e-6)
