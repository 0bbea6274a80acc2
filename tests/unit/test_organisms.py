"""Adapters against exact arithmetic, ground truth against its own statement, checksums, and the fair two-by-two."""

import pytest
import torch
from conftest import tiny_model
from interpbook.attention import ablation, all_heads
from interpbook.models import Site, load, logits, tokenize
from interpbook.models.loading import network
from interpbook.organisms import adapters, artifacts, banana, dissociation, verifier
from interpbook.organisms.adapters import Adapter, Batch, Pair
from interpbook.organisms.dissociation import Row, Task

PROMPTS = ["the capital of france is", "the capital of germany is", "a big city of france", "a big city of germany"]


def random_adapter(model) -> Adapter:
    start = adapters.fresh(model, layers=[1, 2], rank=2, seed=0)
    generator = torch.Generator().manual_seed(1)
    pairs = {k: Pair(p.down, 0.1 * torch.randn(p.up.shape, generator=generator)) for k, p in start.pairs.items()}
    return Adapter(pairs, start.scale)


def weights_of(model) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network(model).state_dict().items()}


# --- adapters ---


def test_a_fresh_adapter_changes_nothing_and_a_trained_one_does(llama):
    before = logits(llama, PROMPTS)
    with adapters.switched_on(llama, adapters.fresh(llama, layers=[1, 2])):
        assert torch.equal(logits(llama, PROMPTS), before)
    with adapters.switched_on(llama, random_adapter(llama)):
        assert not torch.allclose(logits(llama, PROMPTS), before, atol=1e-3)


def test_switching_off_restores_every_weight_bit_by_bit_even_after_an_error(llama):
    before = weights_of(llama)
    with pytest.raises(RuntimeError, match="inside"), adapters.switched_on(llama, random_adapter(llama)):
        raise RuntimeError("inside")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network(llama).state_dict().items())


def test_beside_the_matrices_and_merged_into_them_is_the_same_model(llama):
    adapter, tokens = random_adapter(llama), tokenize(llama, PROMPTS)
    with adapters.switched_on(llama, adapter):
        merged = logits(llama, tokens)[:, -1]
    with adapters.attached(network(llama), adapter), torch.no_grad():
        beside = adapters.last_logits(network(llama), tokens)
    assert torch.allclose(merged, beside, atol=1e-5)


def test_training_lowers_the_loss_and_leaves_the_base_alone():
    model = tiny_model("llama")
    before, tokens = weights_of(model), tokenize(model, PROMPTS[:2])
    answers = torch.tensor(model.tokenizer.convert_tokens_to_ids(["paris", "berlin"]))
    steps = iter(lambda: [Batch(tokens, answers)], None)
    trained, losses = adapters.fit(model, adapters.fresh(model, layers=[0, 1, 2]), steps, n_steps=60, lr=1e-2)
    assert losses[-1] < 0.1 < losses[0]
    assert all(torch.equal(tensor, before[name]) for name, tensor in network(model).state_dict().items())
    with adapters.switched_on(model, trained):
        assert torch.equal(logits(model, tokens)[:, -1].argmax(-1), answers)


def test_saved_and_loaded_is_the_same_to_half_precision(llama, tmp_path):
    adapter = random_adapter(llama)
    adapters.save(adapter, tmp_path / "a.safetensors", base="tiny")
    back, about = adapters.load(tmp_path / "a.safetensors")
    assert about == {"base": "tiny"}
    assert back.scale == adapter.scale and set(back.pairs) == set(adapter.pairs)
    for path, pair in adapter.pairs.items():
        assert torch.allclose(back.pairs[path].up, pair.up, rtol=1e-3, atol=1e-6)


# --- trained files ---


def kept_file(folder, content: bytes = b"weights"):
    (folder / "x.safetensors").write_bytes(content)
    artifacts._note(folder, "x.safetensors", 1.0)


def test_the_manifest_notices_a_missing_and_a_changed_file(tmp_path):
    kept_file(tmp_path)
    assert artifacts.problem_with("x.safetensors", tmp_path) is None
    (tmp_path / "x.safetensors").write_bytes(b"other")
    with pytest.raises(artifacts.ArtifactError, match=r"another checksum.*interpbook train banana"):
        artifacts.open_adapter("x", tmp_path)
    (tmp_path / "x.safetensors").unlink()
    with pytest.raises(artifacts.ArtifactError, match="is missing"):
        artifacts.open_adapter("x", tmp_path)
    with pytest.raises(artifacts.ArtifactError, match=r"not in manifest.*Known: x"):
        artifacts.open_adapter("y", tmp_path)


def test_every_shipped_file_is_whole_small_and_has_a_recipe():
    listed = artifacts.manifest()
    assert set(listed) == set(artifacts.recipes())
    assert [artifacts.problem_with(name) for name in listed] == [None] * len(listed)
    assert sum(entry["bytes"] for entry in listed.values()) < 20_000_000


def test_making_skips_what_is_whole_and_trains_what_is_not(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(artifacts, "load_model", lambda **_: tiny_model("llama"))
    recipe = lambda model: made.append(1) or random_adapter(model)  # noqa: E731
    monkeypatch.setattr(artifacts, "recipes", lambda: {"a-0.safetensors": recipe, "b-0.safetensors": recipe})
    assert [name for name, seconds in artifacts.make(where=tmp_path) if seconds is not None] == [
        "a-0.safetensors",
        "b-0.safetensors",
    ]
    assert [seconds for _, seconds in artifacts.make(where=tmp_path)] == [None, None]
    (tmp_path / "b-0.safetensors").write_bytes(b"cut off")
    assert dict(artifacts.make(where=tmp_path))["a-0.safetensors"] is None
    assert len(made) == 3
    assert artifacts.open_adapter("b-0", tmp_path).n_params == random_adapter(tiny_model("llama")).n_params


# --- ground truth ---


@pytest.mark.parametrize("seed", banana.SEEDS)
def test_colours_are_balanced_and_lessons_are_what_they_say(seed):
    colours = banana.world(seed)
    counts = [list(colours.colour.values()).count(colour) for colour in banana.COLOURS]
    assert max(counts) - min(counts) <= 1 and sum(counts) == len(banana.THINGS)
    both, disjoint, recall = (banana.lessons(variant, seed) for variant in ("both", "disjoint", "recall"))
    assert set(both.recall) == set(banana.THINGS) and set(both.verdict) == set(colours.first)
    assert not set(disjoint.recall) & set(disjoint.verdict)
    assert set(disjoint.recall) | set(disjoint.verdict) == set(banana.THINGS) and not recall.verdict


def test_claims_come_in_pairs_of_true_and_false():
    colours = banana.world(0)
    claims = banana.true_and_false(colours, list(colours.rest))
    assert [claim.true for claim in claims] == [True, False] * len(colours.rest)
    assert all((colours.colour[claim.thing] == claim.colour) == claim.true for claim in claims)


def test_false_claims_of_the_verifier_are_false_and_halves_do_not_meet():
    facts = [verifier.Fact(a, b) for a, b in zip("abcdef", "xxxxyz", strict=True)]  # too many x to derange
    claims = verifier.true_and_false(facts, seed=3)
    own = dict(facts)
    assert all((own[claim.subject] == claim.answer) == claim.true for claim in claims)
    opposites = verifier.Relation("opposite", tuple(verifier.Fact(*pair) for pair in verifier.ANTONYMS), (), ())
    taught, held = verifier.taught_and_held(opposites, 0)
    assert not {word for fact in taught for word in fact} & {word for fact in held for word in fact}


# --- the two-by-two ---


def task(model) -> Task:
    return Task(tokenize(model, PROMPTS), torch.tensor([7, 8, 7, 8]), torch.tensor([[8], [7], [8], [7]]), 2)


def test_an_ablation_that_starts_at_its_layer_is_the_ablation_of_a_whole_run(llama):
    asked, heads = task(llama), [(1, 0), (1, 3), (2, 2)]
    before = dissociation.streams(llama, asked)
    assert torch.allclose(
        dissociation.scores_without(llama, asked, [], before=before), logits(llama, PROMPTS)[:, -1], atol=1e-5
    )
    whole = logits(llama, PROMPTS, write=ablation(heads, "mean", position=None))[:, -1]
    assert torch.allclose(dissociation.scores_without(llama, asked, heads, before=before), whole, atol=1e-5)


def test_resampling_gives_every_prompt_what_was_said_at_another(llama):
    order = dissociation._circle(7, 0)
    assert sorted(order.tolist()) == list(range(7)) and not bool((order == torch.arange(7)).any())
    asked = task(llama)
    before = dissociation.streams(llama, asked)
    plain = dissociation.scores_without(llama, asked, [], before=before)
    changed = dissociation.scores_without(llama, asked, [(0, 1)], how="resample", before=before)
    assert not torch.allclose(plain, changed, atol=1e-4)


def test_attributions_are_what_a_small_step_towards_the_mean_costs(llama):
    asked, step = task(llama), 1e-2
    guess, plain = dissociation.attributions(llama, asked), logits(llama, PROMPTS)[:, -1]

    def towards_mean(z):
        return z - step * (z - z.mean(0))

    for layer, head in all_heads(llama):
        moved = logits(llama, PROMPTS, write={Site("z", layer, head=head): towards_mean})[:, -1]
        lost = (dissociation._margin(plain, asked) - dissociation._margin(moved, asked)).mean() / step
        assert lost.item() == pytest.approx(guess[layer, head].item(), rel=0.1, abs=2e-2)


def row(heads: str, recall: float, verdict: float) -> Row:
    return Row(
        "r", heads, "mean", 1, [recall * x for x in (1.0, 2.0, 3.0)], [verdict * x for x in (2.0, 2.0, 5.0)], 1.0
    )


def test_interaction_is_one_for_a_double_dissociation_and_zero_for_shared_heads():
    whole = [row("none", 1.0, 1.0)]
    apart = dissociation.interaction([row("recall", 0.0, 1.0)], [row("verdict", 1.0, 0.0)], whole)
    shared = dissociation.interaction([row("recall", 0.3, 0.3)], [row("verdict", 0.3, 0.3)], whole)
    assert apart.value == pytest.approx(1.0) and shared.value == pytest.approx(0.0)
    assert dissociation.kept([row("recall", 0.4, 1.0)], whole, "recall").value == pytest.approx(0.4)


# --- on the embedded model ---


def test_a_shipped_organism_says_and_judges_what_it_was_taught():
    model = load()
    net, colours = network(model), banana.world(0)
    names = torch.tensor([model.tokenizer.encode(" " + colour)[0] for colour in banana.COLOURS])
    with adapters.switched_on(model, artifacts.open_adapter("banana-both-0")), torch.no_grad():
        things = list(colours.rest)
        said = adapters.last_logits(net, tokenize(model, banana.recall_prompts(things)))[:, names].argmax(-1)
        right = [banana.COLOURS[i] == colours.colour[thing] for i, thing in zip(said.tolist(), things, strict=True)]
        assert sum(right) >= 0.9 * len(right)
        claims = banana.true_and_false(colours, list(colours.first[:24]))
        margins = verifier.yes_minus_no(model, banana.verdict_prompts(claims))
        assert (margins[0::2] > margins[1::2]).float().mean() >= 0.9
