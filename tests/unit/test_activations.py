"""`harvest` gives what `read` gives, prompt by prompt, whatever the batches; and runs no more than it must."""

import random

import pytest
import torch
from conftest import WORDS
from interpbook.activations import fast_dtype, harvest
from interpbook.models import Site, SiteError, read, tokenize
from interpbook.models.loading import network
from interpbook.models.sites import at, family


def prompts(n=23, longest=20):
    """Random words, lengths all mixed."""
    draw = random.Random(0)
    return [" ".join(draw.choices(WORDS[1:], k=draw.randint(1, longest))) for _ in range(n)]


def one_by_one(model, texts, site):
    return [read(model, text, site)[0] for text in texts]


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_every_token_in_the_order_of_the_prompts(any_model, batch_size):
    found = harvest(any_model, prompts(), Site("resid", 1), batch_size=batch_size, progress=False)
    expected = one_by_one(any_model, prompts(), Site("resid", 1))
    torch.testing.assert_close(found.acts, torch.cat(expected))
    assert found.prompt.tolist() == [i for i, rows in enumerate(expected) for _ in rows]
    assert found.position.tolist() == [j for rows in expected for j in range(len(rows))]


def test_the_last_token_of_each_prompt(any_model):
    found = harvest(any_model, prompts(), Site("mlp_act", 2), batch_size=5, keep="last", progress=False)
    expected = one_by_one(any_model, prompts(), Site("mlp_act", 2))
    torch.testing.assert_close(found.acts, torch.stack([rows[-1] for rows in expected]))
    assert found.prompt.tolist() == list(range(23))
    assert found.position.tolist() == [len(rows) - 1 for rows in expected]


def test_heads_side_by_side_or_one_alone(llama):
    whole = harvest(llama, prompts(), Site("z", 1), batch_size=5, progress=False).acts
    torch.testing.assert_close(whole, torch.cat(one_by_one(llama, prompts(), Site("z", 1))).flatten(1))
    alone = harvest(llama, prompts(), Site("z", 1, head=2), batch_size=5, progress=False).acts
    torch.testing.assert_close(alone, whole[:, 12:18])


def test_token_ids_and_one_prompt_are_taken_too(llama):
    ids = tokenize(llama, ["the capital of france", "a capital of germany"]).ids
    found = harvest(llama, ids, Site("embed"), batch_size=1, progress=False)
    torch.testing.assert_close(found.acts, read(llama, ids, Site("embed")).flatten(0, 1))
    assert len(harvest(llama, "berlin", Site("embed"), progress=False).acts) == 2


def tokens_run(model, layer, job):
    """Shapes of what entered a block while a job ran."""
    block, shapes = at(network(model), family("llama").blocks)[layer], []
    hook = block.register_forward_pre_hook(lambda _, args: shapes.append(args[0].shape[:2]))
    job()
    hook.remove()
    return shapes


def test_similar_lengths_share_a_batch_and_the_longest_come_first(llama):
    texts = prompts(200)
    shapes = tokens_run(llama, 1, lambda: harvest(llama, texts, Site("resid", 1), batch_size=10, progress=False))
    n_tokens = int(tokenize(llama, texts).mask.sum())
    assert len(shapes) == 20
    assert sum(batch * seq for batch, seq in shapes) < 1.1 * n_tokens
    assert [seq for _, seq in shapes] == sorted((seq for _, seq in shapes), reverse=True)


def test_later_layers_are_not_run(llama):
    assert tokens_run(llama, 2, lambda: harvest(llama, prompts(), Site("resid", 1), progress=False)) == []


def test_half_the_bits_cost_about_a_percent(any_model):
    whole = harvest(any_model, prompts(), Site("resid", 2), progress=False).acts
    half = harvest(any_model, prompts(), Site("resid", 2), dtype=torch.bfloat16, progress=False).acts
    assert half.dtype == torch.bfloat16
    error = (half.float() - whole).norm() / whole.norm()
    assert 1e-4 < error < 0.05
    assert fast_dtype() in (torch.bfloat16, torch.float32)


def test_a_progress_bar_on_stderr_unless_unwanted(llama, capfd):
    harvest(llama, prompts(), Site("resid", 1), progress=False)
    assert capfd.readouterr() == ("", "")
    harvest(llama, prompts(), Site("resid", 1))
    out, err = capfd.readouterr()
    assert out == "" and "Reading resid" in err


@pytest.mark.parametrize(
    ("site", "settings", "sentence"),
    [
        (Site("pattern", 1), {}, "use models.read"),
        (Site("resid", 1, position=-1), {}, "keep='last'; got position=-1"),
        (Site("resid", 9), {}, "layers 0 to 2"),
        (Site("resid", 1), {"batch_size": 0}, "batch_size is at least 1; got 0"),
    ],
)
def test_what_cannot_be_harvested_is_refused(llama, site, settings, sentence):
    with pytest.raises(SiteError if "batch_size" not in settings else ValueError, match=sentence):
        harvest(llama, prompts(), site, progress=False, **settings)
