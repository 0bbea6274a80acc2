"""What `read` gives is what transformers computes, and what `logits(write=…)` writes is what the model then uses."""

import pytest
import torch
from interpbook.models import Site, info, logits, next_logits, read, tokenize, unembed
from interpbook.models.loading import network
from interpbook.models.sites import KINDS, at, family

EQUAL = ["the capital of france is", "a capital of germany is"]
UNEQUAL = ["the big capital city of the big germany is", "berlin", "the capital of france is"]
STREAMS = ("embed", "resid_pre", "resid_mid", "resid", "attn_out", "mlp_out")
WRITABLE = [kind for kind in KINDS if kind != "pattern"]


def site(kind, layer=1, **narrower):
    return Site(kind, None if kind == "embed" else layer, **narrower)


def own_forward(model, prompts, **settings):
    """transformers' own forward pass, no nnsight."""
    tokens = tokenize(model, prompts)
    with torch.no_grad():
        return network(model)(**tokens.inputs, **settings)


def entering(model, path, prompts):
    """What enters a submodule, seen by torch's own hook."""
    seen = []
    hook = at(network(model), path).register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    own_forward(model, prompts)
    hook.remove()
    return seen[0]


def test_logits_are_those_of_transformers(any_model):
    torch.testing.assert_close(logits(any_model, EQUAL), own_forward(any_model, EQUAL).logits)


@pytest.mark.parametrize("place", [None, Site("resid", 1), Site("resid", 2), Site("z", 0, head=1)])
def test_next_logits_are_the_last_of_all_logits(any_model, place):
    """Whatever is written, in the last block too, and for prompts of different lengths."""
    write = {} if place is None else {place: lambda passing: 1.5 * passing + 0.1}
    for prompts in (EQUAL, UNEQUAL):
        torch.testing.assert_close(
            next_logits(any_model, prompts, write=write), logits(any_model, prompts, write=write)[:, -1]
        )


def test_the_stream_is_what_transformers_calls_hidden_states(any_model):
    states = own_forward(any_model, EQUAL, output_hidden_states=True).hidden_states
    sites = [Site("embed"), *(Site("resid", layer) for layer in range(3)), *(Site("resid_pre", i) for i in range(3))]
    found = read(any_model, EQUAL, sites)
    torch.testing.assert_close(found[Site("embed")], states[0])
    for layer in range(3):
        torch.testing.assert_close(found[Site("resid_pre", layer)], states[layer])
    for layer in range(2):
        torch.testing.assert_close(found[Site("resid", layer)], states[layer + 1])
    norm = at(network(any_model), family(info(any_model).name).norm)
    torch.testing.assert_close(norm(found[Site("resid", 2)]), states[3])


def test_each_block_adds_what_attention_and_neurons_write(any_model):
    sites = [Site(kind, 1) for kind in ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid")]
    before, attention, middle, neurons, after = read(any_model, EQUAL, sites).values()
    torch.testing.assert_close(before + attention, middle)
    torch.testing.assert_close(middle + neurons, after)


def test_resid_mid_is_what_the_second_norm_takes(any_model):
    second = {"gpt2": "transformer.h.1.ln_2", "gemma2": "model.layers.1.pre_feedforward_layernorm"}
    second["gemma3_text"] = second["gemma2"]
    path = second.get(info(any_model).name, "model.layers.1.post_attention_layernorm")
    torch.testing.assert_close(read(any_model, EQUAL, Site("resid_mid", 1)), entering(any_model, path, EQUAL))


def test_mlp_in_is_what_the_neurons_take(any_model):
    tree = family(info(any_model).name)
    found = read(any_model, EQUAL, Site("mlp_in", 1))
    torch.testing.assert_close(found, entering(any_model, f"{tree.blocks}.1.mlp", EQUAL))
    if not info(any_model).name.startswith("gemma"):  # Gemma normalises what the neurons write before adding it
        mlp = at(network(any_model), f"{tree.blocks}.1.mlp")
        torch.testing.assert_close(mlp(found), read(any_model, EQUAL, Site("mlp_out", 1)))


def test_patterns_are_those_of_transformers(any_model):
    module = network(any_model)
    before = module.config._attn_implementation
    pattern = read(any_model, EQUAL, Site("pattern", 1))
    assert module.config._attn_implementation == before
    module.set_attn_implementation("eager")
    try:
        expected = own_forward(any_model, EQUAL, output_attentions=True).attentions[1]
    finally:
        module.set_attn_implementation(before)
    torch.testing.assert_close(pattern, expected)
    torch.testing.assert_close(pattern.sum(-1), torch.ones(2, 4, 6))


def test_z_is_the_pattern_applied_to_v(any_model):
    sizes = info(any_model)
    found = read(any_model, EQUAL, [Site("v", 1), Site("pattern", 1), Site("z", 1)])
    values = found[Site("v", 1)].repeat_interleave(sizes.n_heads // sizes.n_kv_heads, dim=2)
    by_hand = torch.einsum("bhqk,bkhd->bqhd", found[Site("pattern", 1)], values)
    torch.testing.assert_close(found[Site("z", 1)], by_hand)


def test_gpt2_patterns_follow_from_q_and_k():
    from conftest import tiny_model

    found = read(tiny_model("gpt2"), EQUAL, [Site("q", 1), Site("k", 1), Site("pattern", 1)])
    scores = torch.einsum("bqhd,bkhd->bhqk", found[Site("q", 1)], found[Site("k", 1)]) / 6**0.5
    masked = scores.masked_fill(~torch.ones(6, 6).tril().bool(), -torch.inf)
    torch.testing.assert_close(found[Site("pattern", 1)], masked.softmax(-1))


def test_q_and_k_are_the_projections_head_by_head(any_model):
    if info(any_model).name == "gpt2":
        pytest.skip("one fused projection; see test_gpt2_patterns_follow_from_q_and_k")
    block = network(any_model).model.layers[1]
    normed = entering(any_model, "model.layers.1.self_attn.q_proj", EQUAL)
    for kind, projection, n_heads in (("q", block.self_attn.q_proj, 4), ("k", block.self_attn.k_proj, 2)):
        whole = read(any_model, EQUAL, Site(kind, 1))
        assert whole.shape == (2, 6, n_heads, 6)
        torch.testing.assert_close(whole[:, :, 1], projection(normed)[..., 6:12])


def test_neurons_times_their_output_weights_are_what_the_mlp_writes(llama):
    found = read(llama, EQUAL, [Site("mlp_act", 1), Site("mlp_out", 1)])
    weights = network(llama).model.layers[1].mlp.down_proj.weight
    torch.testing.assert_close(found[Site("mlp_act", 1)] @ weights.T, found[Site("mlp_out", 1)])


@pytest.mark.parametrize("kind", KINDS)
def test_head_and_position_narrow_the_whole(any_model, kind):
    whole = read(any_model, EQUAL, site(kind))
    last = read(any_model, EQUAL, site(kind, position=-1))
    torch.testing.assert_close(last, whole[:, :, -1] if kind == "pattern" else whole[:, -1])
    if kind in ("q", "k", "v", "z"):
        torch.testing.assert_close(read(any_model, EQUAL, site(kind, head=1)), whole[:, :, 1])
        torch.testing.assert_close(read(any_model, EQUAL, site(kind, head=1, position=2)), whole[:, 2, 1])
    if kind == "pattern":
        torch.testing.assert_close(read(any_model, EQUAL, site(kind, head=1, position=3)), whole[:, 1, 3])


@pytest.mark.parametrize("kind", WRITABLE)
def test_writing_what_passes_anyway_changes_nothing(any_model, kind):
    before = logits(any_model, EQUAL)
    there = site(kind)
    torch.testing.assert_close(logits(any_model, EQUAL, write={there: read(any_model, EQUAL, there)}), before)
    torch.testing.assert_close(logits(any_model, EQUAL, write={there: lambda passing: passing}), before)


@pytest.mark.parametrize("kind", WRITABLE)
def test_what_is_written_is_what_is_then_read_and_it_matters(any_model, kind):
    there = site(kind, position=-1)
    value = torch.randn(read(any_model, EQUAL, there).shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(read(any_model, EQUAL, there, write={there: value}), value)
    before, after = logits(any_model, EQUAL), logits(any_model, EQUAL, write={there: value})
    torch.testing.assert_close(after[:, :-1], before[:, :-1])  # the past does not see it
    assert (after[:, -1] - before[:, -1]).abs().max() > 1e-3


def test_all_of_a_block_at_once(any_model):
    """Writing another prompt's values at every place of a block gives that prompt's output of the block."""
    sites = [Site(kind, 1) for kind in WRITABLE if kind != "embed"]
    other = read(any_model, EQUAL[::-1], sites)
    written = read(any_model, EQUAL, [Site("resid", 1), Site("pattern", 1)], write=other)
    torch.testing.assert_close(written[Site("resid", 1)], other[Site("resid", 1)])


def test_q_k_and_v_can_be_written_apart_and_together(any_model):
    sites = [Site(kind, 1) for kind in "qkv"]
    other = read(any_model, EQUAL[::-1], [*sites, Site("z", 1)])
    z = other.pop(Site("z", 1))
    torch.testing.assert_close(read(any_model, EQUAL, Site("z", 1), write=other), z)
    for one in sites:
        assert (read(any_model, EQUAL, Site("z", 1), write={one: other[one]}) - z).abs().max() > 1e-3


def test_the_last_stream_decides_what_the_model_says(any_model):
    value = torch.randn(2, 6, 24, generator=torch.Generator().manual_seed(2))
    said = logits(any_model, EQUAL, write={Site("resid", 2): value})
    torch.testing.assert_close(said, unembed(any_model, value))


def test_writing_z_of_one_head_moves_attention_by_that_heads_output_weights(any_model):
    module, change = network(any_model), torch.randn(6, generator=torch.Generator().manual_seed(3))
    if info(any_model).name.startswith("gemma"):
        pytest.skip("Gemma normalises what attention writes, so it does not add up head by head")
    if info(any_model).name == "gpt2":
        out = module.transformer.h[1].attn.c_proj.weight[:6]  # (d_head, d_model) of head 0
    else:
        out = module.model.layers[1].self_attn.o_proj.weight[:, :6].T
    before = read(any_model, EQUAL, Site("attn_out", 1))
    after = read(any_model, EQUAL, Site("attn_out", 1), write={Site("z", 1, head=0): lambda z: z + change})
    torch.testing.assert_close(after - before, (change @ out).expand(2, 6, -1))


def test_not_a_number_is_written_as_it_is_and_shows(llama):
    said = logits(llama, EQUAL, write={Site("resid", 1, position=3): torch.full((24,), torch.nan)})
    assert said[:, 3:].isnan().all()  # and before it as well: a masked weight of 0 times NaN is NaN


def test_two_heads_written_in_one_pass_both_hold(any_model):
    zero = {Site("z", 1, head=head): torch.zeros_like for head in (0, 2)}
    z = read(any_model, EQUAL, Site("z", 1), write=zero)
    assert z[:, :, [0, 2]].abs().max() == 0
    torch.testing.assert_close(z[:, :, [1, 3]], read(any_model, EQUAL, Site("z", 1))[:, :, [1, 3]])


def test_a_padded_batch_equals_each_prompt_alone(any_model):
    sites = [site(kind, 2, position=-1) for kind in KINDS if kind != "pattern"]
    together, said = read(any_model, UNEQUAL, sites), logits(any_model, UNEQUAL)
    for row, prompt in enumerate(UNEQUAL):
        alone = read(any_model, prompt, sites)
        for one in sites:
            torch.testing.assert_close(together[one][row], alone[one][0], msg=f"{one} of {prompt!r}")
        own = logits(any_model, prompt)[0]
        torch.testing.assert_close(said[row, -len(own) :], own)


def test_patterns_of_a_padded_batch_ignore_the_padding(any_model):
    together = read(any_model, UNEQUAL, Site("pattern", 1))
    alone = read(any_model, UNEQUAL[2], Site("pattern", 1))[0]
    n = alone.shape[-1]
    torch.testing.assert_close(together[2, :, -n:, -n:], alone)
    assert together[2, :, -n:, :-n].abs().max() == 0


def test_what_stands_at_padding_is_at_least_a_number(any_model):
    found = read(any_model, UNEQUAL, [site(kind) for kind in KINDS])
    assert all(tensor.isfinite().all() for tensor in found.values())


def test_reading_runs_no_later_layer(any_model):
    blocks = at(network(any_model), family(info(any_model).name).blocks)
    ran = []
    hooks = [block.register_forward_pre_hook(lambda *_, i=i: ran.append(i)) for i, block in enumerate(blocks)]
    read(any_model, EQUAL, Site("resid", 1))
    for hook in hooks:
        hook.remove()
    assert ran == [0, 1]


def test_several_sites_come_back_by_site_whatever_the_order(llama):
    sites = [Site("resid", 2), Site("z", 0, head=1), Site("embed"), Site("resid", 2, position=-1)]
    found = read(llama, EQUAL, sites)
    assert set(found) == set(sites)
    for one in sites:
        torch.testing.assert_close(found[one], read(llama, EQUAL, one))


def test_token_ids_are_taken_as_they_are(llama):
    ids = tokenize(llama, EQUAL).ids
    torch.testing.assert_close(logits(llama, ids), logits(llama, EQUAL))


def test_gradients_with_respect_to_an_activation_can_be_taken_in_a_plain_trace(llama):
    """Weights are frozen, activations are not: attribution needs this."""
    stream = read(llama, EQUAL, Site("resid", 2))
    with llama.trace(tokenize(llama, EQUAL).inputs):
        passing = llama.model.layers[2].output
        passing.requires_grad_(True)
        target = llama.output.logits[:, -1, 5].sum()
        with target.backward():
            slope = passing.grad.save()
    step = 1e-3 * torch.randn(stream.shape, generator=torch.Generator().manual_seed(4))
    moved = unembed(llama, stream + step)[:, -1, 5].sum() - unembed(llama, stream - step)[:, -1, 5].sum()
    torch.testing.assert_close(2 * (slope * step).sum(), moved, rtol=1e-2, atol=1e-5)
    assert not any(parameter.requires_grad for parameter in network(llama).parameters())
