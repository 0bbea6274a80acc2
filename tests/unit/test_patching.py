"""Patching: the quick sweep against one forward pass a patch, guesses where they are exact, paths, circuits."""

import copy

import pytest
import torch
from conftest import tiny_model
from interpbook import patching
from interpbook.attention import all_heads
from interpbook.data import PromptPair
from interpbook.models import ModelError, Site, SiteError, info, logits, read, unembed
from interpbook.models.loading import network, wrap
from interpbook.patching import blocks, gradients, sweeps
from interpbook.patching.pairs import ends

PAIRS = [
    PromptPair("the capital of france is", "the capital of germany is", " paris", " berlin"),
    PromptPair("a big france city the", "a big city city the", " berlin", " paris"),
]
LLAMAS = ("llama", "mistral", "qwen2", "qwen3")


def place(found, layer, head, position):
    """The cell of a sweep."""
    units = [found.layers.index(layer), *([] if head is None else [head])]
    units += [] if position is None else [found.positions.index(position)]
    return found.diffs[(slice(None), *units)]


# --- one number for a run ---


def test_the_logit_difference_is_the_difference_of_two_logits():
    scores = torch.tensor([[1.0, 5.0, 2.0], [0.0, -1.0, 7.0]])
    assert patching.logit_diff(scores, torch.tensor([1, 0]), torch.tensor([2, 2])).tolist() == [3.0, -7.0]


def test_a_share_is_of_means():
    start, goal = torch.tensor([0.0, 0.0]), torch.tensor([4.0, 0.1])
    assert patching.share(start, start, goal) == 0
    assert patching.share(goal, start, goal) == pytest.approx(1)
    assert patching.share(torch.tensor([2.05, 0.0]), start, goal) == pytest.approx(0.5)  # a mean of ratios gives .26
    with pytest.raises(ValueError, match="no way to go"):
        patching.share(start, start, start)


def test_pairs_must_line_up(llama):
    with pytest.raises(ValueError, match="First difference"):
        patching.prepare(llama, [PromptPair("the city", "the big city", " paris", " berlin")])
    with pytest.raises(ValueError, match="no pairs"):
        patching.prepare(llama, [])
    with pytest.raises(ValueError, match="no direction"):
        ends(patching.prepare(llama, PAIRS), "backwards")


def test_baselines_are_the_untouched_runs(llama):
    found = patching.baselines(llama, PAIRS)
    said = logits(llama, [pair.clean for pair in PAIRS])[:, -1]
    ids = patching.prepare(llama, PAIRS)
    torch.testing.assert_close(found.clean, said[range(2), ids.right] - said[range(2), ids.wrong])
    assert (found.clean - found.corrupt).abs().min() > 0.1


# --- patches ---


def test_copying_everything_gives_the_other_run(llama):
    ends = patching.baselines(llama, PAIRS)
    for direction, goal in (("denoise", ends.clean), ("noise", ends.corrupt)):
        torch.testing.assert_close(patching.patch(llama, PAIRS, [Site("embed")], direction), goal)
        last = patching.sweep(llama, PAIRS, "resid", direction=direction)
        torch.testing.assert_close(last.diffs[:, -1, -1], goal)  # last layer, last token: that is the answer
        assert last.effect[-1, -1] == pytest.approx(1, abs=1e-4)
        torch.testing.assert_close(last.effect[-1, :-1], torch.zeros(5), atol=1e-5, rtol=0)


def test_copying_nothing_changes_nothing(llama):
    same = [pair._replace(corrupt=pair.clean) for pair in PAIRS]
    ends = patching.baselines(llama, PAIRS)
    torch.testing.assert_close(patching.patch(llama, PAIRS, []), ends.corrupt)
    found = patching.sweep(llama, same, "z")
    torch.testing.assert_close(found.diffs, ends.clean[:, None, None, None].expand_as(found.diffs))


@pytest.mark.parametrize("kind", [*sweeps.STREAMS, *sweeps.BY_HEAD])
def test_the_quick_sweep_is_one_forward_pass_a_patch(llama, kind):
    heads = {"q": [0, 3], "z": [1, 2], "k": [0, 1], "v": [1]}.get(kind, [None])
    found = patching.sweep(llama, PAIRS, kind)
    whole = patching.sweep(llama, PAIRS, kind, by_position=False, direction="noise")
    assert (found.diffs - found.corrupt.reshape(2, *[1] * (found.diffs.ndim - 1))).abs().max() > 1e-2
    for layer, position in ((0, 3), (1, 4), (2, 5), (1, 1)):
        for head in heads[:1]:
            one = patching.patch(llama, PAIRS, [Site(kind, layer, head=head, position=position)])
            torch.testing.assert_close(place(found, layer, head, position), one, atol=1e-5, rtol=1e-4)
    one = patching.patch(llama, PAIRS, [Site(kind, 1, head=heads[-1])], "noise")
    torch.testing.assert_close(place(whole, 1, heads[-1], None), one, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", LLAMAS[1:])
@pytest.mark.parametrize("kind", ["z", "k"])
def test_other_llamas_too(architecture, kind):
    model = tiny_model(architecture)
    assert blocks.supported(model)
    found = patching.sweep(model, PAIRS, kind)
    one = patching.patch(model, PAIRS, [Site(kind, 1, head=1, position=3)])
    torch.testing.assert_close(place(found, 1, 1, 3), one, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["gpt2", "gemma2"])
def test_architectures_that_are_not_written_out_go_the_plain_way(architecture):
    model = tiny_model(architecture)
    assert not blocks.supported(model)
    for kind, head in (("z", 2), ("mlp_out", None)):
        found = patching.sweep(model, PAIRS, kind, layers=[1, 2])
        one = patching.patch(model, PAIRS, [Site(kind, 1, head=head, position=3)])
        torch.testing.assert_close(place(found, 1, head, 3), one, atol=1e-5, rtol=1e-4)
    with pytest.raises(ModelError, match="not written out"):
        patching.attribution_sweep(model, PAIRS)


def test_small_batches_and_some_layers_give_the_same(llama, monkeypatch):
    whole = patching.sweep(llama, PAIRS, "z")
    monkeypatch.setattr(sweeps, "MAX_TOKENS", 1)
    some = patching.sweep(llama, PAIRS, "z", layers=[2, 0], positions=[-1, 3])
    assert (some.layers, some.positions) == ([2, 0], [5, 3])
    torch.testing.assert_close(some.diffs, whole.diffs[:, [2, 0]][..., [5, 3]])


def test_the_best_places_are_named_by_layer_and_unit(llama):
    found = patching.sweep(llama, PAIRS, "z", layers=[1, 2], positions=[3, 5])
    layer, head, position = found.best(1)[0]
    assert found.effect[found.layers.index(layer), head, found.positions.index(position)] == found.effect.max()
    layer, head, position = found.best(1, signed=False)[0]
    best = found.effect[found.layers.index(layer), head, found.positions.index(position)]
    assert best.abs() == found.effect.abs().max()
    torch.testing.assert_close(found.effects.mean(0), found.effect)


def test_a_sweep_of_nothing_known_is_refused(llama):
    with pytest.raises(SiteError, match="cannot be swept"):
        patching.sweep(llama, PAIRS, "pattern")
    with pytest.raises(SiteError, match="positions 0 to 5"):
        patching.sweep(llama, PAIRS, "z", positions=[6])


# --- guesses ---


def nudged(model, size):
    """Pairs of embeddings so near one another that first order is all there is: words whose embeddings are alike."""
    weight, words = network(model).get_input_embeddings().weight, model.tokenizer.get_vocab()
    kept = weight.clone()
    with torch.no_grad():
        for word in ("germany", "city"):
            weight[words[word]] = kept[words["france"]] + size * (kept[words[word]] - kept[words["france"]])
    return kept


@pytest.mark.parametrize(
    ("kind", "direction"), [("z", "noise"), ("resid_mid", "denoise"), ("mlp_out", "noise"), ("k", "denoise")]
)
def test_for_a_small_step_the_gradient_is_exact(llama, kind, direction):
    kept = nudged(llama, 1e-2)
    try:
        exact = patching.sweep(llama, PAIRS, kind, direction=direction)
        guess = patching.attribution_sweep(llama, PAIRS, kind, direction=direction)
        found = patching.agreement(exact, guess)
    finally:
        with torch.no_grad():
            network(llama).get_input_embeddings().weight.copy_(kept)
    assert exact.diffs.shape == guess.diffs.shape
    assert found.r > 0.99 and found.sign_errors < 0.1


def test_relevance_is_conserved_from_layer_to_layer(llama):
    """Under its rules the model is a product of shares: stream times coefficient is the logit difference, anywhere."""
    ready, ends = patching.prepare(llama, PAIRS), patching.baselines(llama, PAIRS)
    kept = blocks.record(llama, blocks.embed(llama, ready.clean.ids))
    for kind in ("resid_pre", "resid_mid"):
        slopes = gradients._slopes(llama, ready, kept[0].resid_pre, kind, linear=True)
        streams = torch.stack([getattr(layer, kind) for layer in kept])
        whole = (streams * slopes).sum((1, 2, 3))
        torch.testing.assert_close(whole, ends.clean.sum().expand(3), atol=1e-4, rtol=1e-4)
        plain = gradients._slopes(llama, ready, kept[0].resid_pre, kind, linear=False)
        assert ((streams * plain).sum((1, 2, 3)) - ends.clean.sum()).abs().min() > 0.1
    q = patching.attribution_sweep(llama, PAIRS, "q", method="relp")
    torch.testing.assert_close(q.effect, torch.zeros_like(q.effect), atol=1e-6, rtol=0)  # patterns are constants


def test_integrated_slopes_of_the_embedding_add_up_to_the_gap(llama):
    """Along the straight line between the two prompts, the mean slope times the step is the difference itself."""
    found = patching.attribution_sweep(llama, PAIRS, "resid_pre", method="integrated", steps=100)
    assert found.effect[0].sum() == pytest.approx(1, abs=0.05)
    rough = patching.attribution_sweep(llama, PAIRS, "resid_pre", method="gradient")
    assert abs(rough.effect[0].sum() - 1) > 0.1


def test_agreement_names_its_failures(llama):
    exact = patching.sweep(llama, PAIRS, "z", by_position=False)
    same = patching.agreement(exact, exact)
    assert same.r == pytest.approx(1) and same.rank_r == pytest.approx(1) and same.sign_errors == 0
    layer, head = exact.best(1)[0]
    wrong = exact.diffs.clone()
    wrong[:, layer, head] = 2 * exact.corrupt - wrong[:, layer, head]  # the best head, its sign the other way round
    found = patching.agreement(exact, exact._replace(diffs=wrong), floor=0.01)
    assert found.r < 1 and found.worst[0][0] == (layer, head) and found.worst[0][1] == pytest.approx(-found.worst[0][2])
    assert found.sign_errors == pytest.approx(1 / found.n_matter)
    with pytest.raises(ValueError, match="same places"):
        patching.agreement(exact, patching.sweep(llama, PAIRS, "z"))


def test_the_core_is_step_times_slope():
    start, source, slope = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 0.0]), torch.tensor([3.0, 5.0])
    assert float(patching.gradient_patch(start, source, slope)) == -7.0


# --- paths ---


def path_by_hand(model, sender, receiver, through_mlps):
    """Wang et al.'s three runs, with the toolkit's own writes: hold every head but the sender, read, write."""
    sizes, clean, corrupt = info(model), [p.clean for p in PAIRS], [p.corrupt for p in PAIRS]
    held = [Site("z", layer) for layer in range(sizes.n_layers)]
    held += [] if through_mlps else [Site("mlp_out", layer) for layer in range(sizes.n_layers)]
    write = read(model, clean, held)
    layer, head = sender
    z = write[Site("z", layer)].clone()
    z[:, :, head] = read(model, corrupt, Site("z", layer))[:, :, head]
    write[Site("z", layer)] = z
    ids = patching.prepare(model, PAIRS)
    if receiver is None:
        last = read(model, clean, Site("resid", sizes.n_layers - 1, position=-1), write=write)
        return patching.logit_diff(unembed(model, last), ids.right, ids.wrong)
    value = read(model, clean, receiver, write=write)
    return patching.logit_diff(logits(model, clean, write={receiver: value})[:, -1], ids.right, ids.wrong)


@pytest.mark.parametrize("through_mlps", [True, False])
@pytest.mark.parametrize("receiver", [None, Site("q", 2, head=3), Site("v", 2, head=1), Site("k", 1, head=0)])
def test_a_path_is_what_three_runs_make_of_it(llama, receiver, through_mlps):
    found = patching.path_effects(llama, PAIRS, None if receiver is None else [receiver], through_mlps=through_mlps)
    for sender in ((0, 1), (0, 2)):
        by_hand = path_by_hand(llama, sender, receiver, through_mlps)
        torch.testing.assert_close(found.diffs[:, sender[0], sender[1]], by_hand, atol=1e-5, rtol=1e-4)
    if receiver is not None:
        later = found.effect[receiver.layer :]
        torch.testing.assert_close(later, torch.zeros_like(later), atol=1e-6, rtol=0)


def test_several_receivers_and_wrong_ones(llama):
    sites = [Site("q", 2, head=3), Site("v", 1, head=0)]
    both = patching.path_effects(llama, PAIRS, sites)
    assert (both.effect - patching.path_effects(llama, PAIRS, sites[:1]).effect).abs().max() > 1e-4
    with pytest.raises(SiteError, match="one head's q, k or v"):
        patching.path_effects(llama, PAIRS, [Site("z", 2, head=3)])
    with pytest.raises(SiteError, match="2 such heads"):
        patching.path_effects(llama, PAIRS, [Site("v", 2, head=3)])


# --- circuits ---


@pytest.fixture
def means(llama):
    return patching.mean_z(llama, [pair.corrupt for pair in PAIRS])


def test_all_heads_are_the_model_and_none_is_the_reference(llama, means):
    everything, nothing = patching.run_circuits(llama, PAIRS, [all_heads(llama), []], means)
    torch.testing.assert_close(everything, patching.baselines(llama, PAIRS).clean)
    written = {Site("z", layer): means[layer] for layer in range(3)}
    torch.testing.assert_close(nothing, by_writing(llama, written))
    assert patching.faithfulness(llama, PAIRS, all_heads(llama), means) == pytest.approx(1)
    assert patching.faithfulness(llama, PAIRS, [], means) == pytest.approx(0, abs=1e-6)


def by_writing(model, write):
    ids = patching.prepare(model, PAIRS)
    return patching.logit_diff(logits(model, ids.clean, write=write)[:, -1], ids.right, ids.wrong)


def test_a_circuit_is_every_other_head_at_its_mean(llama, means):
    circuit = [(0, 1), (2, 3)]
    found = patching.run_circuits(llama, PAIRS, [circuit], means)[0]
    out = {Site("z", *head[:1], head=head[1]): means[head[0], :, :, head[1]] for head in all_heads(llama)}
    kept = {site: value for site, value in out.items() if (site.layer, site.head) not in circuit}
    torch.testing.assert_close(found, by_writing(llama, kept), atol=1e-5, rtol=1e-4)


def test_means_are_by_position_and_group(llama):
    prompts = ["the city of", "a city of", "the capital of"]
    z = torch.stack([read(llama, prompts, Site("z", layer)) for layer in range(3)])
    everyone = patching.mean_z(llama, prompts)
    torch.testing.assert_close(everyone[:, 0], z.mean(1))
    torch.testing.assert_close(everyone[:, 2], z.mean(1))
    grouped = patching.mean_z(llama, prompts, ["x", "y", "x"])
    torch.testing.assert_close(grouped[:, 2], z[:, [0, 2]].mean(1))
    torch.testing.assert_close(grouped[:, 1], z[:, 1])
    with pytest.raises(ValueError, match="one group a prompt"):
        patching.mean_z(llama, prompts, ["x"])
    with pytest.raises(ValueError, match="no one meaning"):
        patching.mean_z(llama, ["the city", "the big city"])


def test_completeness_takes_the_same_from_both(llama, means):
    subset, circuit = [(1, 0), (2, 2)], [(0, 1), (1, 0)]
    (found,) = patching.completeness(llama, PAIRS, circuit, means, [subset])
    rest = [head for head in all_heads(llama) if head not in subset]
    by_hand = patching.run_circuits(llama, PAIRS, [[(0, 1)], rest], means).mean(1).tolist()
    assert list(found) == pytest.approx(by_hand)
    (same,) = patching.completeness(llama, PAIRS, all_heads(llama), means, [subset])
    assert same.circuit == pytest.approx(same.model)


def test_minimality_is_what_goes_with_a_head(llama, means):
    circuit = [(0, 1), (1, 2), (2, 3)]
    found = patching.minimality(llama, PAIRS, circuit, means)
    f = patching.run_circuits(llama, PAIRS, [circuit, [(0, 1), (2, 3)], [], all_heads(llama)], means).mean(1)
    assert found[1, 2] == pytest.approx(float((f[0] - f[1]) / (f[3] - f[2])), abs=1e-5)
    grouped = patching.minimality(llama, PAIRS, circuit, means, groups=[[(0, 1), (1, 2)]])
    assert grouped[2, 3] == pytest.approx(found[2, 3], abs=1e-5)
    assert abs(grouped[1, 2]) >= abs(found[1, 2]) - 1e-6


def test_growing_stops_when_faithful_and_shrinking_stays_so(llama, means):
    ranking = all_heads(llama)
    grown = patching.grow_circuit(llama, PAIRS, ranking, means, target=0.9, sizes=(1, 4, 8, 11))
    assert grown.curve[-1] == (12, pytest.approx(1, abs=1e-5))
    assert dict(grown.curve)[len(grown.circuit)] >= 0.9
    assert all(value < 0.9 for size, value in grown.curve if size < len(grown.circuit))
    small = patching.shrink_circuit(llama, PAIRS, ranking, means, target=0.9)
    assert set(small) < set(ranking) and patching.faithfulness(llama, PAIRS, small, means) >= 0.9


def test_circuits_that_do_not_fit_are_refused(llama, means):
    with pytest.raises(ValueError, match="there is no head"):
        patching.run_circuits(llama, PAIRS, [[(3, 0)]], means)
    with pytest.raises(ValueError, match="same form"):
        patching.run_circuits(llama, PAIRS, [[]], means[:, :, :4])


# --- repair ---


def test_repair_books_every_change(llama):
    prompts, ids = [pair.clean for pair in PAIRS], patching.prepare(llama, PAIRS)
    found = patching.self_repair(llama, prompts, (1, 2), ids.right, ids.wrong)
    booked = found.heads.sum((0, 1)) + found.mlps.sum(0) + found.norm
    torch.testing.assert_close(found.repaired, booked, atol=1e-4, rtol=1e-4)
    assert found.heads[:1].abs().max() < 1e-5 and found.heads[1, 2].abs().max() == 0  # nothing earlier, not itself
    assert found.heads[2].abs().max() > 1e-4


def test_the_last_head_is_repaired_by_the_last_mlp_and_the_norm_alone(llama):
    prompts, ids = [pair.clean for pair in PAIRS], patching.prepare(llama, PAIRS)
    found = patching.self_repair(llama, prompts, (2, 0), ids.right, ids.wrong, how="zero")
    assert found.heads.abs().max() < 1e-5
    torch.testing.assert_close(found.repaired, found.mlps[2] + found.norm, atol=1e-4, rtol=1e-4)


# --- 16 bits ---


@pytest.mark.parametrize("kind", ["z", "q", "resid"])
def test_a_model_in_16_bits_says_nearly_the_same(llama, kind):
    half = wrap(copy.deepcopy(network(llama)).to(torch.bfloat16), llama.tokenizer)
    whole, rough = (patching.sweep(model, PAIRS, kind) for model in (llama, half))
    assert rough.diffs.dtype == torch.float32
    assert patching.agreement(whole, rough).r > 0.95
