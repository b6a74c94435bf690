"""The expression network's parts: descriptions, context vectors, and overlapping windows."""

import numpy as np
import pytest
import torch

from diagnosis import encoder
from diagnosis.descriptions import DESCRIPTIONS
from diagnosis.encoder import MODEL, ExpressionNetwork, Tokens, embed_texts, model_config
from diagnosis.inputs import FaceCrops, MotionImages

from . import tiny

EVERY_TEXT = [text for wordings in DESCRIPTIONS.values() for text in wordings]
CROPS = FaceCrops(size=32, mean=tiny.MEAN, std=tiny.STD)


@pytest.fixture(scope="module")
def network():
    """Reads motion images, with a temporal transformer."""
    torch.manual_seed(0)
    return ExpressionNetwork(MODEL, MotionImages.current()).eval()


@pytest.fixture(scope="module")
def reference():
    """Reads crops, each by itself."""
    network = ExpressionNetwork(tiny.BACKBONE, CROPS)
    network.clip.load_state_dict(tiny.clip().state_dict())
    return network.eval()


def test_texts_keep_their_order_of_pieces_and_end_with_the_highest_id():
    tokenise = Tokens.of(EVERY_TEXT, 32)

    ids = tokenise(EVERY_TEXT)

    assert ids.shape == (len(EVERY_TEXT), 32)
    assert (ids.max(1).values == len(tokenise.pieces) - 1).all()
    assert len({tuple(row) for row in ids.tolist()}) == len(EVERY_TEXT)


def test_a_word_that_no_description_contains_is_refused():
    with pytest.raises(KeyError):
        Tokens.of(EVERY_TEXT, 32)(["a zeppelin"])


def test_the_whole_vocabulary_is_open_clips_own():
    texts = [*EVERY_TEXT, "a zeppelin"]

    assert torch.equal(Tokens((), 77)(texts), encoder.open_clip.tokenize(texts))


def test_without_context_vectors_texts_are_what_open_clip_itself_makes_of_them(network, reference):
    for each, tokenise in ((network, Tokens.of(EVERY_TEXT, 32)), (reference, Tokens((), 77))):
        ids = tokenise(EVERY_TEXT)

        own = each.clip.encode_text(ids, normalize=True)

        assert each.context is None
        assert torch.allclose(each.texts(ids), own, atol=1e-6)


def test_context_vectors_that_are_words_read_as_if_the_words_were_written():
    """The strongest check of where they stand: between the start and the description."""
    network = ExpressionNetwork(tiny.BACKBONE, CROPS, context=3)
    network.clip.load_state_dict(tiny.clip().state_dict())
    words = Tokens((), 77)(["a picture of"])[0, 1:4]
    with torch.no_grad():
        network.context.copy_(network.clip.token_embedding(words))

    learned = network.texts(Tokens((), network.text_length)(EVERY_TEXT))

    written = Tokens((), 77)([f"a picture of {text}" for text in EVERY_TEXT])
    assert network.text_length == 74
    assert torch.allclose(learned, network.clip.encode_text(written, normalize=True), atol=1e-6)


def test_context_vectors_learn_from_every_description():
    network = ExpressionNetwork(tiny.BACKBONE, CROPS, context=3)

    network.texts(Tokens((), network.text_length)(EVERY_TEXT)).sum().backward()

    assert (network.context.grad.abs().sum(1) > 0).all()


@pytest.mark.parametrize(
    ("towers", "says"), [("no-such-model", "knows no model"), ("ViT-B-16-SigLIP", "plain towers")]
)
def test_towers_that_the_network_is_not_written_for_are_refused(towers, says):
    with pytest.raises(ValueError, match=says):
        model_config(towers)


def test_texts_and_tokens_are_unit_vectors(network):
    texts = embed_texts(network, Tokens.of(EVERY_TEXT, 32), DESCRIPTIONS)
    tokens = network.over_time(network.encode(np.zeros((5, 478, 3), np.float32)))

    for vectors in (texts, tokens):
        assert torch.linalg.norm(vectors, dim=1).tolist() == pytest.approx([1] * len(vectors))


def test_crops_are_encoded_as_open_clip_encodes_them(reference):
    crops = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)

    own = reference.clip.encode_image(CROPS.images(crops))

    assert torch.allclose(reference.encode(crops), own, atol=1e-6)


def test_without_a_temporal_transformer_a_frame_does_not_see_the_others(reference):
    frames = torch.randn(4, 32)

    tokens, clip = reference.in_time(frames[None])

    assert torch.allclose(reference.over_time(frames), tokens[0])
    assert torch.allclose(reference.over_time(frames[1:2])[0], tokens[0, 1])
    assert clip.shape == (1, 32)


@pytest.mark.parametrize("frames", [1, 7, 15, 16, 17, 100])
def test_every_frame_of_a_take_of_any_length_gets_a_token(network, frames):
    assert network.over_time(torch.randn(frames, 96)).shape == (frames, 96)


def test_a_long_take_has_no_seams(network):
    """More windows than are looked at together."""
    still = network.over_time(torch.randn(96).expand(1200, -1))

    assert torch.allclose(still[100:1100], still[600].expand(1000, -1), atol=1e-2)
    assert torch.allclose(still[504:520], still[600:616], atol=1e-5)


def test_a_token_depends_only_on_frames_within_a_window(network):
    torch.manual_seed(0)
    frames = torch.randn(80, 96)
    changed = frames.clone()
    changed[60:] = torch.randn(20, 96)

    before, after = network.over_time(frames), network.over_time(changed)

    assert torch.allclose(before[:44], after[:44], atol=1e-6)
    assert not torch.allclose(before[59], after[59], atol=1e-4)
