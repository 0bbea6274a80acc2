"""Heads: the screen against single prompts, the weights against the model's own patterns, and interventions."""

import pytest
import torch
from interpbook import attention
from interpbook.attention import HeadWeights
from interpbook.models import PromptError, Site, info, load, logits, read
from interpbook.models.loading import network

BEGINNINGS = ["the capital of france is", "the big capital of germany is", "germany is"]
WORDS = ["france", "germany", "germany"]
ENDINGS = ["paris", "berlin", "big", "city"]
PROMPT = "the capital of france is paris"


def one_by_one(model, beginnings, endings, words):
    """The same table from the pattern of each prompt by itself."""
    layers = [Site("pattern", layer) for layer in range(info(model).n_layers)]
    rows = []
    for beginning, word in zip(beginnings, words, strict=True):
        place = attention.last_token_of(model, beginning, word) - 1  # the ending comes after the beginning
        found = [read(model, f"{beginning} {ending}", layers) for ending in endings]
        rows.append(torch.stack([torch.stack([one[site][0, :, -1, place] for site in layers]) for one in found]))
    return torch.stack(rows)


# --- the screen ---


def test_the_screen_is_each_prompts_own_pattern(any_model):
    """Also where beginnings differ in length, and endings stand side by side without seeing one another."""
    model = any_model
    if info(model).name not in ("llama", "mistral", "qwen2", "qwen3"):
        pytest.skip("the screen is for the Llama family")
    found = attention.attention_screen(model, BEGINNINGS, ENDINGS, WORDS)
    assert found.shape == (3, 4, 3, 4)
    torch.testing.assert_close(found, one_by_one(model, BEGINNINGS, ENDINGS, WORDS), atol=1e-5, rtol=1e-4)


def test_the_screen_on_the_real_model_with_a_word_of_several_tokens():
    model, things = load(), ["banana", "traffic cone", "eggplant"]
    beginnings = [f"The color of the {thing} is" for thing in things]
    found = attention.attention_screen(model, beginnings, ["yellow", "red"], things)
    torch.testing.assert_close(
        found, one_by_one(model, beginnings, ["yellow", "red"], things), atol=1e-4, rtol=1e-3
    )  # fmt: skip


def test_the_screen_leaves_the_fast_attention_in_place(llama):
    before = network(llama).config._attn_implementation
    attention.attention_screen(llama, BEGINNINGS, ENDINGS, WORDS)
    assert network(llama).config._attn_implementation == before


def test_last_token_of_finds_the_end_of_a_word(llama):
    assert attention.last_token_of(llama, "the capital of france is", "france") == -2
    assert attention.last_token_of(llama, "the city of the city", "city") == -1  # the last occurrence
    with pytest.raises(PromptError, match="not in"):
        attention.last_token_of(llama, "the capital of france", "berlin")
    with pytest.raises(PromptError, match="not the end of a token"):
        attention.last_token_of(load(), "The capital of France", "capi")


# --- tables ---


def test_double_centring_removes_favourites_and_nothing_else():
    torch.manual_seed(0)
    table, rows, columns = torch.randn(5, 4, 2), torch.randn(5, 1, 2), torch.randn(1, 4, 2)
    centred = attention.double_centre(table)
    torch.testing.assert_close(attention.double_centre(table + rows + columns), centred)
    torch.testing.assert_close(attention.double_centre(rows + columns), torch.zeros(5, 4, 2), atol=1e-6, rtol=0)
    torch.testing.assert_close(centred.sum(0), torch.zeros(4, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(centred.sum(1), torch.zeros(5, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(attention.double_centre(centred), centred)
    torch.testing.assert_close(attention.double_centre(table[..., 0]), centred[..., 0])  # other axes stay apart


def test_concordance_sees_a_match_and_no_favourites():
    true = torch.arange(12)[:, None] % 3 == torch.arange(3)
    favourites = torch.rand(12, 1) + torch.rand(1, 3)
    match = attention.concordance(true.float() + favourites, true)
    torch.testing.assert_close(match, torch.ones(12))
    lopsided = torch.tensor([0] * 8 + [1, 1, 2, 2])[:, None] == torch.arange(3)
    nothing = attention.concordance(torch.tensor([0.9, 0.1, 0.1]).expand(12, 3), lopsided)
    torch.testing.assert_close(nothing, torch.zeros(12), atol=1e-6, rtol=0)
    several = torch.tensor([[True, True, False], [False, False, True]])  # two right answers in one row
    torch.testing.assert_close(attention.concordance(several.float(), several), torch.ones(2))


# --- weights ---


def test_rotations_add_up_and_keep_lengths():
    turn = [attention.rotation(8, distance, 100.0) for distance in (0, 2, 3, 5)]
    torch.testing.assert_close(turn[0], torch.eye(8))
    torch.testing.assert_close(turn[1] @ turn[2], turn[3])
    torch.testing.assert_close(turn[3] @ turn[3].T, torch.eye(8))


@pytest.mark.parametrize(("layer", "head"), [(0, 0), (1, 3), (2, 1), (2, 2)])
def test_the_weights_give_the_models_own_pattern(llama, layer, head):
    """Norm, gain, shared keys and rotary positions are all in it: any of them forgotten, and patterns differ."""
    model = llama
    x = read(model, PROMPT, Site("resid_pre", layer))[0]
    weights = attention.head_weights(model, layer, head)
    x = x / torch.stack([attention.rms(row, network(model).config.rms_norm_eps) for row in x])[:, None]
    last = len(x) - 1
    keys = torch.stack([attention.rotation(6, last - i, weights.theta) @ weights.key @ row for i, row in enumerate(x)])
    ours = (keys @ (weights.query @ x[-1]) / 6**0.5).softmax(0)
    torch.testing.assert_close(
        ours, read(model, PROMPT, Site("pattern", layer, head=head))[0, -1], atol=1e-5, rtol=1e-4
    )


def test_grouped_heads_share_a_key_and_ask_different_questions(llama):
    one, other, third = (attention.head_weights(llama, 1, head) for head in (0, 1, 2))
    assert torch.equal(one.key, other.key) and not torch.equal(one.query, other.query)
    assert not torch.equal(one.key, third.key)


def test_skew_of_heads_that_are_known():
    torch.manual_seed(0)
    W = torch.randn(6, 20)
    turn = torch.cat([torch.eye(6)[3:], -torch.eye(6)[:3]])
    inverse = torch.linalg.inv(W @ W.T)  # so that key queryᵀ is the turn itself
    assert attention.qk_eigen_skew(HeadWeights(W, W, 1e4)) == pytest.approx(1, abs=1e-4)
    assert attention.qk_eigen_skew(HeadWeights(-W, W, 1e4)) == pytest.approx(-1, abs=1e-4)
    assert attention.qk_eigen_skew(HeadWeights(W, turn @ inverse @ W, 1e4)) == pytest.approx(0, abs=1e-4)
    assert -1 < attention.qk_eigen_skew(HeadWeights(W, torch.randn(6, 20), 1e4)) < 1


def test_skew_knows_neither_size_nor_a_distance_of_nothing():
    torch.manual_seed(1)
    head = HeadWeights(torch.randn(6, 20), torch.randn(6, 20), 1e4)
    skew = attention.qk_eigen_skew(head)
    assert attention.qk_eigen_skew(head._replace(query=7 * head.query)) == pytest.approx(skew, abs=1e-5)
    assert attention.qk_eigen_skew(head._replace(query=-head.query)) == pytest.approx(-skew, abs=1e-5)
    assert attention.qk_eigen_skew(head, 0) == pytest.approx(skew, abs=1e-5)
    assert attention.qk_eigen_skew(head, 2) != pytest.approx(skew, abs=1e-3)


@pytest.mark.parametrize(("layer", "head"), [(0, 1), (2, 3)])
def test_qk_attribution_adds_up_to_the_score(llama, layer, head):
    """Scores are known up to a constant from the pattern, so two keys' difference is checked against its logarithm."""
    names, parts = attention.residual_parts(llama, PROMPT, layer)
    assert len(names) == 1 + 2 * layer == len(parts)
    torch.testing.assert_close(parts.sum(0), read(llama, PROMPT, Site("resid_pre", layer))[0], atol=1e-5, rtol=1e-4)
    last = parts.shape[1] - 1
    tables = {
        key: attention.qk_attribution(llama, layer, head, parts[:, last], parts[:, key], last - key) for key in (1, 4)
    }
    assert tables[1].shape == (len(parts), len(parts))
    pattern = read(llama, PROMPT, Site("pattern", layer, head=head))[0, -1]
    difference = float((pattern[1] / pattern[4]).log())
    assert float(tables[1].sum() - tables[4].sum()) == pytest.approx(difference, abs=1e-4)


def test_parts_of_a_dictionary_may_replace_components(llama):
    """However a stream is cut up, the total is the same: the hook for features and their error."""
    _, parts = attention.residual_parts(llama, PROMPT, 2)
    query, key = parts[:, -1], parts[:, 2]
    feature = torch.randn(3, parts.shape[-1])
    cut = torch.cat([feature, (key.sum(0) - feature.sum(0))[None]])
    whole = attention.qk_attribution(llama, 2, 0, query, key, 4).sum()
    torch.testing.assert_close(attention.qk_attribution(llama, 2, 0, query, cut, 4).sum(), whole, atol=1e-4, rtol=1e-4)


def test_head_loadings_add_up_to_what_attention_writes(llama):
    sites = [Site("pattern", 1), Site("v", 1), Site("attn_out", 1)]
    found = read(llama, PROMPT, sites)
    pattern, value, out = (found[site][0] for site in sites)
    output = network(llama).model.layers[1].self_attn.o_proj.weight.detach().unflatten(1, (4, -1)).transpose(0, 1)
    direction = torch.randn(24)
    shared = value.repeat_interleave(2, dim=1)  # two query heads a value
    loading = sum(
        attention.head_loading(pattern[:, -1, i], shared[i], output, direction).sum() for i in range(len(value))
    )
    torch.testing.assert_close(loading, out[-1] @ direction, atol=1e-4, rtol=1e-4)


# --- interventions ---

THREE = [f"the capital of {country} is" for country in ("france", "germany", "berlin")]


def said(model, write):
    """What a head gathers at each token after an intervention."""
    return read(model, THREE, Site("z", 1, head=2), write=write)


def test_ablated_heads_say_nothing_about_this_prompt(llama):
    before, head = said(llama, {}), [(1, 2)]
    mean = said(llama, attention.ablation(head))
    torch.testing.assert_close(mean[:, -1], before[:, -1].mean(0).expand(3, -1))
    torch.testing.assert_close(mean[:, :-1], before[:, :-1])  # only at the last token
    everywhere = said(llama, attention.ablation(head, position=None))
    torch.testing.assert_close(everywhere, before.mean(0, keepdim=True).expand_as(before))
    assert not said(llama, attention.ablation(head, "zero"))[:, -1].any()
    swapped = said(llama, attention.ablation(head, "resample", seed=3))[:, -1]
    own = torch.cdist(swapped, before[:, -1]).argmin(1)
    assert sorted(own.tolist()) == [0, 1, 2] and all(i != j for i, j in enumerate(own.tolist()))
    with pytest.raises(ValueError, match="no way 'median'"):
        attention.ablation(head, "median")


@pytest.mark.parametrize("n", [2, 3, 7])
def test_a_derangement_leaves_nobody_in_place(n):
    for seed in range(20):
        order = attention._derangement(n, seed)
        assert sorted(order.tolist()) == list(range(n)) and not (order == torch.arange(n)).any()


def test_query_steering_changes_the_question_of_some_heads_and_nothing_else(llama):
    direction, site = torch.randn(24, generator=torch.Generator().manual_seed(0)), Site("pattern", 1)
    before = read(llama, THREE, site)
    after = read(llama, THREE, site, write=attention.query_steering(llama, [(1, 2)], direction))
    assert (after[:, 2, -1] - before[:, 2, -1]).abs().max() > 1e-3
    torch.testing.assert_close(after[:, :, :-1], before[:, :, :-1])  # other queries
    torch.testing.assert_close(after[:, [0, 1, 3]], before[:, [0, 1, 3]])  # other heads
    keys = Site("k", 1)
    steered = read(llama, THREE, keys, write=attention.query_steering(llama, [(1, 2)], direction))
    torch.testing.assert_close(steered, read(llama, THREE, keys))
    nothing = read(llama, THREE, site, write=attention.query_steering(llama, [(1, 2)], torch.zeros(24)))
    torch.testing.assert_close(nothing, before)


def test_query_steering_is_adding_to_the_normed_stream(llama):
    direction, layer, head = torch.randn(24, generator=torch.Generator().manual_seed(1)), 2, 1
    weights, x = attention.head_weights(llama, layer, head), read(llama, PROMPT, Site("resid_pre", layer))[0]
    x = x / torch.stack([attention.rms(row, network(llama).config.rms_norm_eps) for row in x])[:, None]
    keys = torch.stack([attention.rotation(6, 6 - i, weights.theta) @ weights.key @ row for i, row in enumerate(x)])
    by_hand = (keys @ (weights.query @ (x[-1] + direction)) / 6**0.5).softmax(0)
    write = attention.query_steering(llama, [(layer, head)], direction)
    steered = read(llama, PROMPT, Site("pattern", layer, head=head), write=write)[0, -1]
    torch.testing.assert_close(steered, by_hand, atol=1e-5, rtol=1e-4)


def test_each_prompt_may_have_its_own_direction(llama):
    directions, site = torch.randn(3, 24), Site("pattern", 1, head=0)
    together = read(llama, THREE, site, write=attention.query_steering(llama, [(1, 0)], directions))
    for i, prompt in enumerate(THREE):
        alone = read(llama, prompt, site, write=attention.query_steering(llama, [(1, 0)], directions[i]))
        torch.testing.assert_close(together[i], alone[0], atol=1e-5, rtol=1e-4)


def test_head_attribution_is_the_slope_of_mean_ablation(llama):
    """Move a head a little towards its mean: the metric changes by that share of the attribution."""

    def gap(scores):
        return scores[:, 7] - scores[:, 8]

    guessed = attention.head_attribution(llama, THREE, gap)
    assert guessed.shape == (3, 3, 4)
    for layer, head in [(0, 1), (1, 2), (2, 3)]:
        site = Site("z", layer, head=head, position=-1)
        sides = [
            gap(logits(llama, THREE, write={site: lambda z, step=step: z + step * (z.mean(0) - z)})[:, -1])
            for step in (0.02, -0.02)
        ]
        torch.testing.assert_close((sides[0] - sides[1]) / 0.04, guessed[:, layer, head], atol=2e-3, rtol=0.02)


def test_heads_are_listed_in_the_order_of_a_table(llama):
    heads = attention.all_heads(llama)
    assert len(heads) == 12 and heads[5] == (1, 1)
