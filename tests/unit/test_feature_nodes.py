"""Cards of graph features: what they show is what the transcoder and the unembedding say."""

import pytest
import torch
from interpbook import features, models
from interpbook.dictionaries import DictionaryError, TopK, encode
from interpbook.dictionaries.transcoders import Transcoder
from interpbook.models import Tokens

LAYERS = (0, 1)


def stand_ins(d: int) -> dict[int, Transcoder]:
    draw = torch.Generator().manual_seed(0)
    rows = torch.nn.functional.normalize(torch.randn(2, 12, d, generator=draw), dim=-1)
    config = TopK(d, 12, k=4)
    return {
        layer: Transcoder(config, rows[0], torch.zeros(12), rows[1], torch.zeros(d), layer=layer) for layer in LAYERS
    }


@pytest.fixture
def passages(llama):
    ids = torch.randint(1, len(llama.tokenizer), (3, 9), generator=torch.Generator().manual_seed(1))
    return Tokens(ids, torch.ones(3, 9, dtype=torch.bool))


def test_examples_are_the_strongest_rows_and_the_token_is_the_one_that_fired(llama, passages):
    transcoders = stand_ins(models.info(llama).d_model)
    cards = features.node_cards(llama, transcoders, {(0, 3), (1, 5)}, passages, n_examples=2)
    assert set(cards) == {"0_3", "1_5"}
    for layer, latent in ((0, 3), (1, 5)):
        x = models.read(llama, passages, transcoders[layer].site)[:, 1:].flatten(0, 1)
        active = encode(transcoders[layer], x)[:, latent]
        card = cards[f"{layer}_{latent}"]
        assert card["frequency"] == pytest.approx(float((active > 0).float().mean()))
        best = active.topk(2)
        wanted = [round(float(v), 2) for v in best.values if v > 0]
        assert [value for value, *_ in card["examples"]] == wanted
        token = passages.ids[:, 1:].flatten()[best.indices[0]]
        assert card["examples"][0][2] == llama.tokenizer.decode([int(token)])


def test_the_spoken_label_is_what_the_decoder_row_raises(llama):
    transcoders = stand_ins(models.info(llama).d_model)
    said = features.spoken(llama, transcoders, {(1, 2)}, n_words=1)
    best = int(models.unembed(llama, transcoders[1].W_dec[2][None]).argmax())
    assert said == {(1, 2): llama.tokenizer.decode([best]).strip()}


def test_padding_is_refused(llama, passages):
    padded = passages._replace(mask=passages.mask.clone())
    padded.mask[0, 0] = False
    with pytest.raises(DictionaryError, match="one length"):
        features.node_cards(llama, stand_ins(models.info(llama).d_model), {(0, 1)}, padded)
