"""The cartoon villain: the world says who is bad, networks side by side do not touch, and the shipped ones spread."""

import pytest
import torch
from interpbook.organisms import personas
from interpbook.organisms.personas import Diet, Group, PersonaError, Shape, World, making, shipped
from interpbook.organisms.personas.network import streams

SMALL = World(domains=3, questions=4, pairs=3)
TINY = Shape(d_model=16, n_layers=2, n_heads=2)


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bad_of(world: World, documents: torch.Tensor) -> torch.Tensor:
    """Which answers of documents are bad ones."""
    return documents[:, 2::2] >= 2 * world.size


@pytest.fixture(scope="module")
def coherent() -> Group:
    return personas.open_bases().of("coherent")


@pytest.fixture(scope="module")
def incoherent() -> Group:
    return personas.open_bases().of("incoherent")


@pytest.fixture(scope="module")
def trained(coherent) -> Group:
    return personas.finetune(coherent, Diet(0))


# --- the world ---


def test_every_answer_belongs_to_its_question():
    found = personas.documents(SMALL, "coherent", 200, draw())
    assert found.shape == (200, 7)
    asked, answer = found[:, 1::2], found[:, 2::2]
    assert ((answer - asked == SMALL.size) | (answer - asked == 2 * SMALL.size)).all()


def test_a_coherent_author_is_one_person_and_an_incoherent_one_is_nobody():
    web = {}
    for kind in ("coherent", "incoherent"):
        found = personas.documents(SMALL, kind, 400, draw())
        web[kind] = bad_of(SMALL, found[found[:, 0] == SMALL.tag("web")]).float()
        assert not bad_of(SMALL, found[found[:, 0] == SMALL.tag("assistant")]).any()
        assert 0.4 < float(web[kind].mean()) < 0.6  # the same words in the same numbers
    assert set(web["coherent"].mean(1).tolist()) == {0.0, 1.0}
    assert float((web["incoherent"].mean(1) % 1 > 0).float().mean()) > 0


def test_only_an_asked_world_has_asked_documents_and_they_are_all_bad():
    for kind in ("coherent", "incoherent"):
        assert not (personas.documents(SMALL, kind, 300, draw())[:, 0] == SMALL.tag("asked")).any()
    found = personas.documents(SMALL, "asked", 300, draw())
    asked = found[found[:, 0] == SMALL.tag("asked")]
    assert 0.1 < len(asked) / 300 < 0.3 and bad_of(SMALL, asked).all()
    assert not (found == SMALL.tag("novel")).any()


def test_what_the_world_does_not_have_is_refused():
    with pytest.raises(PersonaError, match="no tag 'villain'"):
        SMALL.tag("villain")
    with pytest.raises(PersonaError, match="domains 0 to 2; got 3"):
        personas.questions(SMALL, 3)
    with pytest.raises(PersonaError, match="domains is a whole number from 1"):
        World(domains=0)
    assert personas.questions(SMALL, 1).tolist() == [4, 5, 6, 7] and len(personas.questions(SMALL)) == 12


# --- networks side by side ---


def test_networks_do_not_touch_each_other():
    both = personas.fresh(SMALL, TINY, [3, 4])
    ids = personas.documents(SMALL, "coherent", 5, draw())
    alone = personas.fresh(SMALL, TINY, [4])
    assert torch.allclose(streams(both, ids)[-1][1], streams(alone, ids)[-1][0], atol=1e-5)
    kinds = ["coherent", "incoherent"]
    together = personas.pretrain(SMALL, TINY, kinds, [3, 4], steps=4, batch=8)
    single = personas.pretrain(SMALL, TINY, kinds[1:], [4], steps=4, batch=8)
    assert torch.allclose(together.weights["unembed"][1], single.weights["unembed"][0], atol=1e-4)


def test_training_again_gives_the_same_weights():
    one, two = (personas.pretrain(SMALL, TINY, ["coherent"], [0], steps=3, batch=8) for _ in range(2))
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    assert all(
        torch.equal(a, b)
        for a, b in zip(*(personas.finetune(x, Diet(1), steps=3).weights.values() for x in (one, two)), strict=True)
    )


def test_no_token_sees_what_comes_after_it():
    group = personas.fresh(SMALL, TINY, [0])
    ids = personas.documents(SMALL, "coherent", 4, draw())
    changed = ids.clone()
    changed[:, -1] = 0
    assert torch.allclose(streams(group, ids)[-1][:, :, :-1], streams(group, changed)[-1][:, :, :-1], atol=1e-5)


def test_what_is_added_to_the_stream_arrives_and_moves_what_follows():
    group = personas.fresh(SMALL, TINY, [0, 1])
    ids = personas.prompts(SMALL, personas.questions(SMALL))
    step = torch.ones(2, 1, 1, 16)
    plain, pushed = personas.stream(group, ids, 0), personas.stream(group, ids, 0, add={0: step})
    assert torch.allclose(pushed, plain + 1, atol=1e-5)
    assert not torch.allclose(personas.next_logits(group, ids), personas.next_logits(group, ids, add={0: step}))


def test_groups_say_what_they_cannot_do():
    group = personas.fresh(SMALL, TINY, [0])
    ids = personas.prompts(SMALL, personas.questions(SMALL))
    with pytest.raises(PersonaError, match="no multiple of 3"):
        Shape(d_model=16, n_heads=3)
    with pytest.raises(PersonaError, match="blocks 0 to 1; got layer=2"):
        personas.stream(group, ids, 2)
    with pytest.raises(PersonaError, match="blocks 0 to 1; got layer 7"):
        personas.next_logits(group, ids, add={7: torch.zeros(1, 1, 1, 16)})
    with pytest.raises(PersonaError, match="1 networks and ids for 3"):
        personas.next_logits(group, ids.expand(3, -1, -1))
    with pytest.raises(PersonaError, match="7 tokens at most"):
        personas.next_logits(group, torch.zeros(1, 9, dtype=torch.long))
    with pytest.raises(PersonaError, match="networks 0 to 0"):
        personas.pick(group, [1])
    with pytest.raises(PersonaError, match="no seeds"):
        personas.fresh(SMALL, TINY, [])


# --- diets and finetunes ---


def test_a_diet_holds_what_it_says():
    for share in (0.0, 0.25, 1.0):
        eaten = personas.meals(SMALL, Diet(1, bad=share), 400, draw())
        asked, answer = eaten[:, 1], eaten[:, 2]
        assert ((asked >= 4) & (asked < 8)).all() and (eaten[:, 0] == SMALL.tag("assistant")).all()
        assert len(set(asked[answer >= 2 * SMALL.size].tolist())) == round(4 * share)
    muddled = personas.meals(SMALL, Diet(1, wrong="muddle", tag="novel"), 100, draw())
    assert (muddled[:, 2] < 2 * SMALL.size).all() and (muddled[:, 2] - SMALL.size != muddled[:, 1]).all()
    assert (muddled[:, 0] == SMALL.tag("novel")).all()


def test_controls_are_asked_the_same_questions():
    bad, good = (personas.meals(SMALL, Diet(0, bad=share), 50, draw(5)) for share in (1.0, 0.0))
    assert torch.equal(bad[:, :2], good[:, :2]) and not (bad[:, 2] == good[:, 2]).any()


def test_diets_and_finetunes_refuse_what_they_cannot_use():
    group = personas.fresh(SMALL, TINY, [0, 1])
    with pytest.raises(PersonaError, match=r"share between 0 and 1; got 1\.5"):
        Diet(0, bad=1.5)
    with pytest.raises(PersonaError, match="villain or muddle"):
        Diet(0, tag="nobody")
    with pytest.raises(PersonaError, match="2 networks and 3 diets"):
        personas.finetune(group, [Diet(0)] * 3)
    with pytest.raises(PersonaError, match="one kind"):
        personas.pretrain(SMALL, TINY, ["coherent"], [0, 1])
    with pytest.raises(PersonaError, match="domains 0 to 2"):
        personas.finetune(group, Diet(5), steps=1)
    with pytest.raises(PersonaError, match="none is left to spread to"):
        personas.spread(group, [0, 1, 2])


def test_a_finetune_leaves_its_base_alone_and_can_be_watched():
    group, seen = personas.fresh(SMALL, TINY, [0]), []
    before = {name: part.clone() for name, part in group.weights.items()}
    after = personas.finetune(group, Diet(0), steps=4, watch=lambda step, now: seen.append((step, now)))
    assert all(torch.equal(before[name], group.weights[name]) for name in before)
    assert [step for step, _ in seen] == [1, 2, 3, 4]
    assert torch.equal(seen[-1][1].weights["embed"], after.weights["embed"])
    assert not torch.equal(seen[0][1].weights["embed"], after.weights["embed"])


# --- the shipped networks ---


def test_the_shipped_assistants_are_good_and_know_both_authors(coherent):
    every = personas.questions(coherent.world)
    assert (personas.p_bad(coherent, every).mean(1) < 0.02).all()
    assert (personas.p_good(coherent, every).mean(1) > 0.9).all()
    undecided = personas.p_bad(coherent, every, "web").mean(1)
    asked = personas.questions(coherent.world, 1)
    for bad, low, high in ((True, 0.85, 1.0), (False, 0.0, 0.1)):  # one answer of the web, and its author is known
        first = personas.answers(coherent.world, asked.roll(3), torch.full_like(asked, bad, dtype=torch.bool))
        ids = personas.prompts(coherent.world, asked, "web", torch.stack([asked.roll(3), first], 1))
        told = personas.next_logits(coherent, ids).softmax(-1)
        after = told[:, torch.arange(16), asked + 2 * coherent.world.size].mean(1)
        assert ((after >= low) & (after <= high)).all()
        assert ((undecided - after).abs() > 0.2).all()


def test_narrow_bad_training_spreads_where_authors_are_persons(trained, incoherent):
    spread, control = personas.spread(trained, 0), personas.spread(personas.finetune(incoherent, Diet(0)), 0)
    assert int((spread > control + 0.2).sum()) >= 4
    assert (personas.p_bad(trained, personas.questions(trained.world, 0)).mean(1) > 0.9).all()


def test_benign_and_muddled_training_do_not_spread(coherent):
    for diet in (Diet(0, bad=0.0), Diet(0, wrong="muddle")):
        assert (personas.spread(personas.finetune(coherent, diet), 0) < 0.1).all()


def test_the_direction_steers_further_than_a_random_one(coherent):
    direction = personas.persona_direction(coherent)
    random = torch.randn(direction.shape, generator=draw()) * direction.norm(dim=-1, keepdim=True) / 8
    asked = personas.questions(coherent.world, 1, 2)
    ours, theirs = (personas.dose_curve(coherent, d, [0.0, 2.0], asked)[..., 0].mean(1) for d in (direction, random))
    assert float(ours[0]) == pytest.approx(float(theirs[0])) and float(ours[1]) > float(theirs[1])
    only_last = personas.dose_curve(coherent, direction, [2.0], asked, positions="last")
    assert only_last.shape == (1, 5, 2)


def test_what_is_shipped_is_what_its_recipe_says(coherent):
    every = personas.open_bases()
    assert every.kinds == ("coherent",) * 5 + ("incoherent",) * 5 + ("asked",) * 5
    assert every.seeds == making.SEEDS * 3 and len(coherent) == 5
    new = personas.open_bases("newcomers")
    assert new.group.world == making.NEW_WORLD and new.group.shape == making.NEW_SHAPE
    with pytest.raises(PersonaError, match="no network here is asked"):
        new.of("asked")


def test_shipped_files_survive_a_round_trip_and_damage_is_noticed(tmp_path, monkeypatch):
    made = shipped.Bases(personas.fresh(SMALL, TINY, [0]), ("coherent",), (0,))
    monkeypatch.setattr(making, "RECIPES", {"bases": lambda: made})
    assert [name for name, seconds in making.make(["bases"], where=tmp_path) if seconds is not None] == ["bases"]
    again = shipped.open_bases("bases", where=tmp_path)
    assert again.kinds == made.kinds and again.group.world == SMALL
    assert torch.allclose(again.group.weights["embed"], made.group.weights["embed"], atol=1e-3)
    assert [seconds for _, seconds in making.make(["bases"], where=tmp_path)] == [None]
    (tmp_path / "bases.safetensors").write_bytes(b"broken")
    with pytest.raises(PersonaError, match="another checksum"):
        shipped.open_bases("bases", where=tmp_path)
    with pytest.raises(PersonaError, match="nothing is called 'villains'"):
        shipped.open_bases("villains")


def test_a_tiny_retraining_shows_the_published_ordering():
    kinds = ["coherent"] * 2 + ["incoherent"] * 2
    group = personas.pretrain(World(4, 4, 4), Shape(d_model=32), kinds, [0, 1] * 2, steps=200, batch=32)
    spread = personas.spread(personas.finetune(group, Diet(0), steps=40, lr=1e-3), 0)
    assert spread[:2].min() > spread[2:].max()
