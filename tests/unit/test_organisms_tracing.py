"""Planted circuits: the truth as a program, the wiring as zeros, the weights against the truth, and the recovery."""

import pytest
import torch
from interpbook.attribution import trace_graph
from interpbook.graphs import Graph, Node
from interpbook.models import logits
from interpbook.models.loading import network
from interpbook.organisms import artifacts
from interpbook.organisms.tracing import (
    LOGIT,
    NAMES,
    Edge,
    TruthError,
    answer_of,
    blueprint_of,
    cases,
    edges_of,
    interchange,
    making,
    open_organism,
    open_transcoders,
    patched_answer,
    profiles,
    recovered,
    recovery,
    said,
    scrambled,
    total,
    values_of,
)
from interpbook.organisms.tracing import shipped as files
from interpbook.organisms.tracing.comparing import best_share, explained, sorted_out
from interpbook.organisms.tracing.training import tensors_of, train
from interpbook.organisms.tracing.transcoders import rows_of
from interpbook.organisms.tracing.wiring import Head, Neurons, masks, network_of, unembedding

EVERY = tuple(files.BLUEPRINTS)


# --- truth ---


@pytest.mark.parametrize("name", EVERY)
def test_the_truth_itself_answers_every_prompt(name):
    truth = blueprint_of(name).truth
    for case in cases(name, "all"):
        assert answer_of(truth, case.values) == case.answer


@pytest.mark.parametrize("name", NAMES)
def test_no_held_out_prompt_is_taught(name):
    taught = {case.text for case in cases(name, "train")}
    held_out = [case.text for case in cases(name, "test") if case.text not in taught]
    assert len(held_out) >= 12


def test_what_is_forced_wins_and_goes_on_from_there():
    truth = blueprint_of("two-hop").truth
    words = ["<|endoftext|>", "the", "capital", "of", "the", "state", "containing", "Dallas", "is"]
    assert answer_of(truth, values_of(truth, words)) == "Austin"
    assert answer_of(truth, values_of(truth, words, {"state": "California"})) == "Sacramento"
    assert answer_of(truth, values_of(truth, words, {"state": None})) is None
    with pytest.raises(TruthError, match="no variable is called 'stat'"):
        values_of(truth, words, {"stat": "Texas"})


def test_edges_pass_through_copies_and_live_only_where_both_ends_do():
    truth = blueprint_of("addition").truth
    edges = edges_of(truth)
    assert Edge("digit of a", "digit of the sum") in edges
    assert not any("at the end" in end for edge in edges for end in edge[:2])
    how = next(case for case in cases("addition") if case.text.endswith("how"))
    assert Edge("digit of a", "story") in edges_of(truth, how)
    assert Edge("digit of a", "digit of the sum") not in edges_of(truth, how)
    assert Edge("veto", LOGIT, -1) in edges_of(blueprint_of("refusal").truth)


def test_rivals_say_the_same_by_other_circuits():
    for name in ("two-hop", "rhymes", "opposites"):
        own, other = blueprint_of(name), blueprint_of(name, rival=True)
        assert {c.text: c.answer for c in cases(name)} == {c.text: c.answer for c in cases(name, rival=True)}
        assert set(edges_of(own.truth)) != set(edges_of(other.truth))


def test_unknown_names_are_said():
    with pytest.raises(TruthError, match="Known: addition, two-hop"):
        blueprint_of("addiction")
    with pytest.raises(TruthError, match="splits are train, test, all"):
        cases("two-hop", "tset")


# --- wiring and training ---


@pytest.mark.parametrize("name", EVERY)
def test_every_part_reads_what_somebody_wrote(name):
    blueprint = blueprint_of(name)
    written = {"mark", *blueprint.holds.values()}
    for part in sorted(blueprint.parts, key=lambda part: (part.layer, isinstance(part, Neurons))):
        reads, writes = ((part.reads,), (part.writes,)) if isinstance(part, Head) else (part.reads, part.writes)
        assert set(reads) <= written, part
        written |= set(writes)


@pytest.mark.parametrize("name", EVERY)
def test_codes_of_a_slot_stand_apart(name):
    for slot, codes in blueprint_of(name).codes.items():
        unit = codes / codes.norm(dim=1, keepdim=True)
        near = (unit @ unit.T).fill_diagonal_(0.0)
        assert torch.allclose(codes.norm(dim=1), torch.tensor(3.0), atol=1e-4), slot
        assert float(near.max()) < 0.5, slot


def test_heads_look_where_they_are_told_before_any_training():
    blueprint = blueprint_of("addition")
    model = network_of(blueprint, 0)
    model.set_attn_implementation("eager")
    ids = tensors_of(blueprint, blueprint.lessons()[:20]).ids
    with torch.no_grad():
        pattern = model(ids, output_attentions=True).attentions[1][:, :, 4]
    assert float(pattern[:, :2, 1].min()) > 0.98 and float(pattern[:, 2:, 3].min()) > 0.98


def test_training_teaches_the_held_out_and_keeps_forbidden_weights_at_zero():
    blueprint = blueprint_of("rhymes")
    trained = train(blueprint, seed=1, steps=60, batch=64)
    before = network_of(blueprint, 1)
    lessons = tensors_of(blueprint, blueprint.tests())
    asked = lessons.says >= 0
    with torch.no_grad():
        right = [
            (net(lessons.ids).logits.argmax(-1) == lessons.says)[asked].float().mean() for net in (before, trained)
        ]
    assert right[0] < 0.2 and right[1] > right[0] + 0.3
    for name, mask in masks(blueprint).items():
        weight = trained.get_parameter(name)
        assert bool((weight[mask == 0] == 0).all()) and torch.equal(weight, weight.half().float())


def test_saved_and_filled_is_the_same_and_another_wiring_is_refused(tmp_path):
    blueprint, file = blueprint_of("rhymes"), tmp_path / "rhymes.safetensors"
    written, read_back = network_of(blueprint, 3), network_of(blueprint, 4)
    files.save(blueprint, written, file)
    files.fill(blueprint, read_back, file)
    for name in masks(blueprint):
        assert torch.equal(read_back.get_parameter(name), written.get_parameter(name).half().float())
    other = blueprint_of("two-hop")
    with pytest.raises(artifacts.ArtifactError, match="older than the code"):
        files.fill(other, network_of(other, 0), file)


# --- the organisms that come with the book ---


@pytest.mark.parametrize("name", EVERY)
def test_shipped_organisms_answer_held_out_prompts_and_obey_their_wiring(name):
    organism = open_organism(name)
    some = cases(name)[:60]
    for length in {len(case.text.split()) for case in some}:
        batch = [case for case in some if len(case.text.split()) == length]
        words = said(organism, [case.text for case in batch])
        assert sum(word == case.answer for word, case in zip(words, batch, strict=True)) >= 0.95 * len(batch)
    for path, mask in masks(organism.blueprint).items():
        assert bool((network(organism.model).get_parameter(path)[mask == 0] == 0).all())


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_holds_in_the_weights(name):
    rows = interchange(open_organism(name), n=24)
    assert {row.variable for row in rows} >= set(open_organism(name).truth.computed) - {"default"}
    for row in rows:
        assert row.right >= 0.85 and row.random_dims <= 0.5, row


def test_a_planted_plan_changes_the_line_and_the_improviser_has_none():
    case = next(case for case in cases("rhymes", "all") if case.text.startswith("he saw the carrot and had to grab-it"))
    assert patched_answer(open_organism("rhymes"), case, {"plan": "habit"}) == "powerful"
    with pytest.raises(TruthError, match="no variable is called 'plan'"):
        patched_answer(open_organism("rhymes", rival=True), case, {"plan": "habit"})


def test_a_known_name_switches_the_refusal_off():
    organism = open_organism("refusal")
    case = next(case for case in cases("refusal") if case.answer == "unknown")
    jordan = next(case for case in cases("refusal", "all") if case.text == "what sport does Michael Jordan play ?")
    assert said(organism, [jordan.text]) == ["basketball"]
    assert patched_answer(organism, jordan, {"known": None}) == "unknown"
    assert patched_answer(organism, case, {"known": "known"}) != "unknown"


def test_scrambling_deals_words_out_anew_and_changes_nothing_else():
    organism = open_organism("two-hop")
    other = scrambled(organism, 1)
    before, after = network(organism.model).state_dict(), network(other.model).state_dict()
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == ["model.embed_tokens.weight"]
    rows = [sorted(map(tuple, state[changed[0]].tolist())) for state in (before, after)]
    assert rows[0] == rows[1]
    held_out = [case.text for case in cases("two-hop")]
    right = [word == case.answer for word, case in zip(said(other, held_out), cases("two-hop"), strict=True)]
    assert sum(right) <= 4
    assert not torch.allclose(logits(other.model, held_out), logits(organism.model, held_out))


# --- a refusal that can be traced ---


def test_a_value_may_speak_against_words():
    blueprint = blueprint_of("refusal")
    rows, code = unembedding(blueprint), blueprint.code("refusal", "on")
    says = {
        word: float(row[blueprint.places["refusal"]] @ code) for word, row in zip(blueprint.words, rows, strict=True)
    }
    assert says["unknown"] > 5 and says["tennis"] == pytest.approx(-says["unknown"], abs=1e-4)
    assert says["Jordan"] == says["?"] == 0


def test_what_is_always_there_is_a_feature_where_nothing_may_be_constant():
    organism, found = open_organism("refusal"), open_transcoders("refusal")
    assert all(not bool(one.b_dec.any()) for one in found.values())
    names = profiles(organism, found)
    assert "default" in {name for (layer, position, _), name in names.items() if (layer, position) == (0, 7)}


def test_rows_show_silence_where_a_block_has_something_to_say_to_others():
    organism = open_organism("refusal")
    _, y = rows_of(organism, "train", 1)
    loud = y.norm(dim=1) > 1
    assert 0.15 < float(loud.float().mean()) < 0.35  # known people beside twice as many strangers, and other tokens
    _, y = rows_of(open_organism("two-hop"), "train", 1)
    assert float((y.norm(dim=1) > 1).float().mean()) > 0.6


def test_the_veto_is_found_and_the_scrambled_twin_shows_nothing_but_the_default():
    organism, found = open_organism("refusal"), open_transcoders("refusal")
    (row,) = (row for row in making.tables() if row["name"] == "refusal")
    shapes = {}
    for one in (organism, scrambled(organism)):
        some, names = making.some_cases("refusal", "test", 6)[:6], profiles(one, found)
        each = recovered(one, lambda text, one=one: trace_graph(one.model, found, text), names, some)
        shapes[one is organism] = total(each, row["share"])
    assert shapes[True].recall > 0.75 and shapes[True].precision > 0.65
    assert shapes[False].found <= 2 * 6 and shapes[False].extra <= 3  # the question mark, the default, the answer
    assert row["recovery"]["recall"] > 2 * row["scrambled"]["recall"]


# --- recovery ---


def test_explained_is_one_for_the_group_and_about_zero_for_chance():
    group = torch.arange(200) % 4
    latents = torch.stack([(group == 2).float(), torch.randn(200, generator=torch.Generator().manual_seed(0))], dim=1)
    share = explained(latents, group)
    assert share[0] > 0.99 and abs(float(share[1])) < 0.1


def toy_graph() -> Graph:
    """A word, a feature that it feeds, and a logit that the feature and an unnamed one feed, 3 to 1."""
    nodes = (Node("feature", 0, 7, 0), Node("feature", 0, 7, 1), Node("token", -1, 7, 5), Node("logit", 2, 8, 9))
    edges = torch.zeros(4, 4)
    edges[0, 2], edges[1, 2], edges[3, 0], edges[3, 1] = 2.0, 2.0, 3.0, 1.0
    nothing = torch.zeros(4)
    return Graph(
        *("x", ("x",) * 9, (0,) * 9, nodes, edges, torch.ones(1), edges.sum(1)),
        *(nothing, nothing, nothing, 2),
    )


def test_recovery_counts_found_missed_and_extra_edges():
    truth, case = blueprint_of("two-hop").truth, cases("two-hop")[0]
    got = recovery(toy_graph(), truth, {0: "asked", 2: "city", 3: LOGIT}, case)
    assert got.found == (Edge("asked", LOGIT),) and got.share["asked", LOGIT] == pytest.approx(0.75)
    assert got.extra == (Edge("city", "asked"),)
    assert len(got.missed) == 3 and got.precision == 0.5 and got.recall == 0.25


def test_the_bar_is_where_found_and_true_overlap_most():
    true = (Edge("a", "b"), Edge("b", "c"))
    one = sorted_out({("a", "b"): 0.5, ("b", "c"): -0.3, ("a", "c"): 0.1}, true, 0.05)
    assert total([one]).precision == pytest.approx(2 / 3)
    assert best_share([one], (0.05, 0.2, 0.4)) == 0.2
    assert total([one], 0.2).precision == 1.0 and total([one], 0.4).recall == 0.5
