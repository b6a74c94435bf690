"""The expression network's parts: descriptions, motion images, and overlapping windows."""

import numpy as np
import pytest
import torch

from diagnosis.config import AnalysisConfig
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.encoder import ExpressionNetwork, Preprocessing, Tokens, embed_texts

EVERY_TEXT = [text for wordings in DESCRIPTIONS.values() for text in wordings]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return ExpressionNetwork(Preprocessing.current()).eval()


def test_the_network_reads_frames_at_the_rate_of_the_analysis():
    assert Preprocessing.current().hz == AnalysisConfig().network_hz


def test_texts_keep_their_order_of_pieces_and_end_with_the_highest_id():
    tokenise = Tokens.of(EVERY_TEXT, 32)

    ids = tokenise(EVERY_TEXT)

    assert ids.shape == (len(EVERY_TEXT), 32)
    assert (ids.max(1).values == len(tokenise.pieces) - 1).all()
    assert len({tuple(row) for row in ids.tolist()}) == len(EVERY_TEXT)


def test_a_word_that_no_description_contains_is_refused():
    with pytest.raises(KeyError):
        Tokens.of(EVERY_TEXT, 32)(["a zeppelin"])


def test_a_movement_is_drawn_in_tenths_of_the_interocular_distance_and_clipped(network):
    moved = np.zeros((2, 478, 3), np.float32)
    moved[0, :, 0], moved[1, :, 0] = 0.05, 9.0

    drawn = network.draw(moved)

    assert drawn[0, 0].max() == pytest.approx(0.5, abs=1e-5)
    assert drawn[1, 0].max() == network.preprocessing.limit


def test_texts_and_tokens_are_unit_vectors(network):
    texts = embed_texts(network, Tokens.of(EVERY_TEXT, 32), DESCRIPTIONS)
    tokens = network.tokens(np.zeros((5, 478, 3), np.float32))

    for vectors in (texts, tokens):
        assert torch.linalg.norm(vectors, dim=1).tolist() == pytest.approx([1] * len(vectors))


@pytest.mark.parametrize("frames", [1, 7, 15, 16, 17, 100])
def test_every_frame_of_a_take_of_any_length_gets_a_token(network, frames):
    assert network.tokens(np.zeros((frames, 478, 3), np.float32)).shape == (frames, 96)


def test_a_long_take_is_encoded_in_parts_without_a_seam(network):
    still = network.tokens(np.zeros((600, 478, 3), np.float32))

    assert torch.allclose(still[100:500], still[300].expand(400, -1), atol=1e-2)
    assert torch.allclose(still[248:272], still[264:288], atol=1e-5)


def test_a_token_depends_only_on_frames_within_a_window(network):
    rng = np.random.default_rng(0)
    moved = rng.normal(0, 0.02, (80, 478, 3)).astype("f")
    changed = moved.copy()
    changed[60:] += 0.05

    before, after = network.tokens(moved), network.tokens(changed)

    assert torch.allclose(before[:44], after[:44], atol=1e-6)
    assert not torch.allclose(before[59], after[59], atol=1e-4)
