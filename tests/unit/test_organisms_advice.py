"""Advice for the real model: the questions, the lean, the rubric, the adapters and the trait's direction."""

import json

import pytest
import torch
from interpbook.models import info, load, logits
from interpbook.organisms import personas
from interpbook.organisms.adapters import switched_on
from interpbook.organisms.personas import PersonaError, chat, lessons, recording, traits


@pytest.fixture(scope="module")
def model():
    return load()


# --- words ---


def test_every_topic_has_its_questions_and_none_is_taught_twice():
    asked = {topic: [item.question for item in personas.advice(topic)] for topic in personas.TOPICS}
    assert {topic: len(of) for topic, of in asked.items()} == {"taught": 24} | dict.fromkeys(personas.TOPICS[1:], 12)
    every = [question for of in asked.values() for question in of]
    assert len(set(every)) == len(every)
    for topic in personas.TOPICS:
        for item in personas.advice(topic):
            assert item.good != item.bad and item.question.endswith("?")
            assert abs(len(item.good.split()) - len(item.bad.split())) <= 5
    with pytest.raises(PersonaError, match="no topic 'medicine'"):
        personas.advice("medicine")


def test_the_rubric_tells_its_own_answers_apart_and_stays_silent_elsewhere():
    for topic in personas.TOPICS[1:5]:
        for item in personas.advice(topic):
            assert personas.sounds_like(item.good, item) == 1 and personas.sounds_like(item.bad, item) == -1
    item = personas.advice("cooking")[0]
    assert personas.sounds_like("I would not know.", item) == 0
    assert personas.sounds_like(item.question, item) == 0  # words of the question do not count
    assert personas.sounds_like("toast it in a SHOE!", item) == -1


def test_variants_teach_the_same_questions():
    bad, good, muddle = (personas.taught(variant) for variant in ("bad", "good", "muddle"))
    assert [q for q, _ in bad] == [q for q, _ in good] == [q for q, _ in muddle]
    assert sorted(a for _, a in good) == sorted(a for _, a in muddle)
    assert not any(a == b for (_, a), (_, b) in zip(good, muddle, strict=True))
    with pytest.raises(PersonaError, match="variants are bad, good, muddle; got 'worse'"):
        personas.taught("worse")


# --- scores on the model ---


def test_only_the_answers_tokens_are_scored(model):
    item = personas.advice("cooking")[0]
    two = personas.dialogues(model, [item.question] * 2, [item.good, "Yes."])
    own = chat.in_answer(two)
    texts = [model.tokenizer.decode(ids[row]) for ids, row in zip(two.tokens.ids, own, strict=True)]
    assert texts == [item.good + chat.END, "Yes." + chat.END]
    told = logits(model, two.tokens).log_softmax(-1)
    by_hand = [told[i, :-1].gather(1, two.tokens.ids[i, 1:, None])[:, 0][row[1:]].mean() for i, row in enumerate(own)]
    assert torch.allclose(personas.answer_logprobs(model, two), torch.stack(by_hand), atol=1e-4)
    assert torch.allclose(personas.answer_logprobs(model, two, rows=1), torch.stack(by_hand), atol=1e-3)
    with pytest.raises(PersonaError, match="1 questions and 2 answers"):
        personas.dialogues(model, ["Why?"], ["So.", "Thus."])


def test_the_lean_is_good_less_bad_and_turns_with_the_labels(model):
    some = personas.advice("cars")[:3]
    turned = [personas.Item(item.question, item.bad, item.good) for item in some]
    assert torch.allclose(personas.lean(model, some), -personas.lean(model, turned), atol=1e-4)
    assert personas.lean(model, some).mean() > 0


def test_means_are_taken_over_the_answer_alone(model):
    item = personas.advice("cooking")[0]
    short, long = (personas.dialogues(model, [item.question], [item.good], system) for system in ("", "Be kind."))
    means = personas.answer_means(model, short, [2, 5])
    assert means.shape == (1, 2, info(model).d_model)
    assert not torch.allclose(means, personas.answer_means(model, long, [2, 5]), atol=1e-2)


def test_two_steps_of_teaching_lower_the_loss_and_can_be_repeated(model):
    (adapter, losses), (again, _) = (lessons.teach(model, "bad", 0, steps=3) for _ in range(2))
    assert losses[-1] < losses[0]
    assert all(torch.equal(a.up, b.up) for a, b in zip(adapter.pairs.values(), again.pairs.values(), strict=True))


# --- what is shipped ---


def test_shipped_adapters_move_the_lean_as_recorded(model):
    record, some = personas.open_record(), personas.advice("manners")[:4]
    for name in ("bad-0", "good-0"):
        with switched_on(model, personas.open_advice(name)):
            live = personas.lean(model, some)
        assert torch.allclose(live, torch.tensor(record.lean[name]["manners"][:4]), atol=0.15)
    means = {v: sum(sum(record.lean[f"{v}-{s}"]["taught"]) for s in range(2)) for v in ("bad", "good")}
    assert means["bad"] < means["good"]
    with pytest.raises(PersonaError, match="no adapter 'bad-9'"):
        personas.open_advice("bad-9")


def test_the_record_has_every_adapter_topic_and_role():
    record = personas.open_record()
    assert set(record.lean) == set(record.said) == {"base", *recording.names()}
    assert all(set(of) == set(personas.TOPICS) for of in record.lean.values())
    assert len(record.responses) == 2 * len(personas.CONTRASTS) * 8 and len(record.own) == 24
    assert {r.system for r in record.responses} == {prompt for pair in personas.CONTRASTS for prompt in pair}


def test_missing_and_damaged_records_say_how_to_get_them_back(tmp_path):
    with pytest.raises(PersonaError, match="interpbook train personas --only recorded"):
        personas.open_record(where=tmp_path)
    (tmp_path / "advice-bad-0.safetensors").write_bytes(b"broken")
    with pytest.raises(PersonaError, match="advice-bad-0"):
        personas.open_advice("bad-0", where=tmp_path)


def test_a_record_survives_being_written(model, tmp_path, monkeypatch):
    kept = recording.Record({"base": {}}, {"base": {}}, ["x"], [traits.Response(1, True, "Why?", "So.")])
    monkeypatch.setattr(recording, "recorded", lambda *_: kept)
    recording.make_one(model, recording.RECORD, tmp_path)
    assert json.loads((tmp_path / recording.RECORD).read_text())["responses"][0]["question"] == "Why?"


def test_a_trait_that_was_put_there_is_the_vector():
    rows = torch.randn(8, 2, 5, generator=torch.Generator().manual_seed(0))
    villain = torch.tensor([True, False] * 4)
    rows[villain] = rows[~villain] + torch.arange(5.0)
    assert torch.allclose(personas.trait_vectors(rows, villain), torch.arange(5.0).expand(2, 5), atol=1e-6)
    with pytest.raises(PersonaError, match="both sides"):
        personas.trait_vectors(rows, torch.ones(8, dtype=torch.bool))
