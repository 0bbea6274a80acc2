"""Chains of thought: writing, meddling, measuring, and the battery on models of several families."""

import math
import os
import random
import subprocess
import sys
from dataclasses import replace

import jaxtyping
import pytest
import torch
from conftest import WORDS, tiny_model, tiny_network, tiny_tokenizer
from interpbook import reasoning
from interpbook.models import load, next_logits
from interpbook.reasoning import (
    SHARES,
    SUSPICIOUS,
    Question,
    ReasoningError,
    Script,
    Subject,
    add_mistake,
    area_over_curve,
    choice_logits,
    choose,
    draw_hints,
    fill,
    flags,
    generate,
    hint_use,
    mentions,
    paraphrase,
    prompt_of,
    real_share,
    run_battery,
    scores,
    set_bars,
    steps_of,
    think,
    truncate,
    verbalised,
)
from interpbook.reasoning.exam import SCRIPT as EXAM
from interpbook.reasoning.exam import exam
from interpbook.stats import proportion

CITIES = Script(
    ask="{question} {hint}",
    hint="{choice}",
    no_hint="the",
    split=r"\s+",
    conclude=" is",
    stop=("is",),
    filler="big",
    mentions=("city",),
    swaps=(("france", "germany"), ("paris", "berlin", "city")),
    other_words={"france": "germany"},
)
CHOICES = ("paris", "berlin", "city", "big")
ASKED = [Question("the capital of france", CHOICES, "paris"), Question("the capital of germany", CHOICES, "berlin")]


def tiny(architecture: str) -> Subject:
    return Subject(tiny_model(architecture), CITIES, max_tokens=6)


# --- writing ---


@pytest.mark.parametrize("architecture", ["gpt2", "qwen2", "qwen3", "llama"])
def test_keys_kept_from_word_to_word_write_what_a_whole_pass_writes(architecture):
    model, prompts = tiny_model(architecture), ["the capital of france is", "a big city"]
    texts = list(prompts)
    for _ in range(5):
        best = next_logits(model, texts).argmax(-1).tolist()
        texts = [f"{text} {WORDS[i]}" for text, i in zip(texts, best, strict=True)]
    written = generate(model, prompts, max_tokens=5)
    for text, prompt, more in zip(texts, prompts, written, strict=True):
        assert text.split("<|endoftext|>")[0].split() == [*prompt.split(), *more.split()]


def test_sampling_is_seeded_and_stops_where_it_is_told():
    model = tiny_model("gpt2")
    one, again, other = (
        generate(model, ["the city"] * 6, max_tokens=8, temperature=1.5, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again != other
    long = generate(model, ["the capital of"], max_tokens=8)[0].split()
    assert generate(model, ["the capital of"], max_tokens=8, stop=[long[-1]])[0].split() == long[: long.index(long[-1])]


def test_writing_refuses_what_makes_no_sense():
    model = tiny_model("gpt2")
    with pytest.raises(ReasoningError, match="at least 1; got 0"):
        generate(model, ["the"], max_tokens=0)
    with pytest.raises(ReasoningError, match=r"temperature is 0 .* got -1"):
        generate(model, ["the"], temperature=-1.0)
    with pytest.raises(ReasoningError, match=r"2 tokens and 40 more .* takes 32 in all"):
        generate(model, ["the"], max_tokens=40)


# --- meddling ---

PAD = ("Tom has 3 pens.", "He buys 4, so he has 7.", "Fine.")


def test_truncation_keeps_whole_steps():
    assert [len(truncate(PAD, share)) for share in (0.0, 0.3, 0.5, 1.0)] == [0, 1, 2, 3]
    with pytest.raises(ReasoningError, match=r"from 0 to 1; got 1\.5"):
        truncate(PAD, 1.5)


def test_a_mistake_changes_one_step_and_drops_the_rest():
    for seed in range(20):
        made = add_mistake(PAD, seed=seed)
        assert made is not None
        assert made[:-1] == PAD[: len(made) - 1] and made[-1] != PAD[len(made) - 1] and len(made) < 3
    assert add_mistake(("Fine.",)) is None and add_mistake(()) is None
    assert reasoning.wrong_step("0", random.Random(0)) in ("1", "2", "3")
    assert reasoning.wrong_step("go to paris", random.Random(0), CITIES.swaps) in ("go to berlin", "go to city")


def test_paraphrase_goes_both_ways_and_keeps_stops_and_capitals():
    words = {"so": "thus", "3": "three"}
    said = paraphrase(("So it is 3.", "thus"), words)
    assert said == ("Thus it is three.", "so") and paraphrase(said, words) == ("So it is 3.", "thus")
    with pytest.raises(ReasoningError, match="make them different"):
        paraphrase(PAD, {"a": "x", "b": "x"})


def test_filler_keeps_the_length_and_mentions_ignore_capitals():
    assert fill(PAD, ".") == (". . . .", ". . . . . . .", ".")
    assert mentions(("As You Think",), ("you think",)) and not mentions(PAD, ("hint",))


# --- measures, by hand ---


def test_the_area_over_a_curve_by_hand():
    same = torch.tensor([[False, False, True], [True, True, True], [False, True, True]])
    assert area_over_curve([0.0, 0.5, 1.0], same).tolist() == [0.75, 0.0, 0.25]
    for shares in ([0.0, 1.0], [0.0, 0.5, 0.9], [0.0, 0.0, 1.0]):
        with pytest.raises(ReasoningError, match=r"rise from 0\.0 to 1\.0"):
            area_over_curve(shares, same)


def test_hint_use_leaves_out_hints_that_cannot_show():
    free, hinted = torch.tensor([0, 0, 0, 1, 2]), torch.tensor([1, 1, 2, 1, 2])
    use = hint_use(free, hinted, torch.tensor([1, 1, 1, 1, 0]), 4)  # the fourth is named what it said anyway
    assert (use.to_hint.value, use.to_hint.n, use.elsewhere.value) == (0.5, 4, 0.25)
    assert use.real == pytest.approx(1 - 0.25 / (2 * 0.5))
    with pytest.raises(ReasoningError, match="choose other hints"):
        hint_use(free, hinted, free, 4)
    with pytest.raises(ReasoningError, match="at least 3"):
        hint_use(free, hinted, hinted, 2)


def test_the_correction_recovers_a_known_share_of_real_moves():
    """A model that obeys with a known chance, and else answers at random: the formula against a simulation."""
    generator, n, choices, obeys = torch.Generator().manual_seed(0), 40_000, 5, 0.3
    free, random_answer = (torch.randint(choices, (n,), generator=generator) for _ in range(2))
    hint = (free + torch.randint(1, choices, (n,), generator=generator)) % choices
    led = torch.rand(n, generator=generator) < obeys
    hinted = torch.where(led, hint, random_answer)
    use = hint_use(free, hinted, hint, choices)
    truly = float((led & (hinted == hint)).sum() / (hinted == hint).sum())
    assert use.real == pytest.approx(truly, abs=0.02)
    says = led & (torch.rand(n, generator=generator) < 0.4)  # mentions two in five, and only where it was led
    found = verbalised(says, hinted == hint, use)
    assert found.raw is not None and found.raw.value < 0.35 and found.corrected == pytest.approx(0.4, abs=0.02)


def test_where_chance_explains_the_moves_the_rate_is_undefined():
    assert math.isnan(real_share(0.0, 0.2, 4)) and real_share(0.1, 0.4, 4) < 0
    use = reasoning.HintUse(proportion(1, 10), proportion(4, 10), 4)
    moved = torch.tensor([True, False])
    assert math.isnan(verbalised(moved, moved, use).corrected)
    assert verbalised(moved, torch.zeros(2, dtype=torch.bool), use).raw is None


# --- the battery ---


@pytest.mark.parametrize("architecture", ["gpt2", "qwen2", "qwen3"])
def test_the_battery_runs_on_tiny_models(architecture):
    record = run_battery(tiny(architecture), ASKED * 4)
    found = scores(record)
    assert next(iter(found)) == "early answering" and set(found) <= set(SUSPICIOUS)
    assert all(0.0 <= one.value <= 1.0 for one in found.values())
    assert record.early.shape == (8, len(SHARES)) and torch.equal(record.early[:, -1], record.hinted)
    assert not bool((record.hint == record.free).any())


def test_the_battery_runs_on_smollm2_and_its_pads_follow_the_hint_in_the_prompt():
    subject, some = Subject(load(), EXAM, max_tokens=8), exam(1)
    record = run_battery(subject, some[:2])
    assert len(record.written.pads) == 2 and all(record.written.pads)
    assert int(record.hinted.min()) >= 0 and int(record.hinted.max()) <= 3
    assert not reasoning.able_to_show(record)  # two questions show nothing


REHEARSAL = """
import sys
from interpbook import reasoning
from interpbook.models import load, next_logits
from interpbook.reasoning import Question, Script, Subject, run_battery
script = Script(ask="{question} {hint}", hint="{choice}", no_hint="the", split=r"\\s+", conclude=" is", stop=("is",),
    filler="big", swaps=(("paris", "berlin", "city"),))
asked = [Question("the capital of france", ("paris", "berlin", "city"), "paris")] * 2
here, there = (run_battery(Subject(load(sys.argv[1], remote=remote), script, 3), asked) for remote in (False, "local"))
assert here.written == there.written, (here.written, there.written)
assert here.early.tolist() == there.early.tolist() and here.filled.tolist() == there.filled.tolist()
"""


def test_the_battery_gives_the_same_through_a_server(tmp_path):
    """`remote="local"` ships every forward pass as text, as a request to NDIF would."""
    tiny_network("llama").save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    run = [sys.executable, "-c", REHEARSAL, str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr


def test_thinking_goes_on_from_what_was_begun():
    subject = tiny("gpt2")
    whole = think(subject, ASKED)
    begun = [pad[:2] for pad in whole]
    longer = think(replace(subject, max_tokens=4), ASKED, begun=begun)
    assert [pad[:2] for pad in longer] == begun


def test_a_hint_names_what_the_model_does_not_say():
    free = torch.tensor([0, 1] * 10)
    hints = draw_hints(ASKED * 10, free, seed=3)
    assert all(CHOICES.index(hint) != taken for hint, taken in zip(hints, free.tolist(), strict=True))
    assert hints == draw_hints(ASKED * 10, free, seed=3) and len(set(hints)) == 4


def test_prompts_hold_the_hint_and_pads_are_cut_into_steps():
    assert prompt_of(CITIES, ASKED[0], "berlin") == "the capital of france berlin"
    assert prompt_of(CITIES, ASKED[0]) == "the capital of france the"
    assert steps_of(Script(), "First this. Then that!\n\nSo 3.5 it is.") == (
        "First this.",
        "Then that!",
        "So 3.5 it is.",
    )


@pytest.fixture
def unchecked_types():
    """As in a notebook, where annotations are not enforced."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda s: Question("x", ("a",), "a"), "two or more different choices"),
        (lambda s: Question("x", ("a", "b"), "c"), "answer 'c' is not among"),
        (lambda s: Script(ask="{question}"), r"ask needs the place \{hint\}"),
        (lambda s: prompt_of(s.script, ASKED[0], "pariss"), "names no choice .* Did you mean 'paris'"),
        (lambda s: think(s, ASKED, ["paris"]), "one hint .* for each of 2 questions; got 1 hints"),
        (lambda s: think(s, ASKED, "paris"), "got the text 'paris'"),
        (lambda s: choose(s, [], []), "list of questions is empty"),
        (lambda s: choose(s, ASKED, [()]), "one pad for each of 2 questions; got 1"),
        (lambda s: choose(s, ASKED, ["paris", ()]), "A pad is a tuple of steps"),
        (
            lambda s: choose(s, [ASKED[0], Question("x", ("paris", "big"), "big")], [(), ()]),
            r"equally many choices; these have \[2, 4\]",
        ),
        (lambda s: choose(s, [Question("a", ("rome", "oslo"), "rome")], [()]), "do not begin with different tokens"),
        (lambda s: set_bars([], [{}]), "at least one faithful and one unfaithful"),
    ],
)
def test_what_a_newcomer_types_first_is_answered_in_a_sentence(unchecked_types, act, sentence):
    with pytest.raises(ReasoningError, match=sentence):
        act(tiny("gpt2"))


def test_choices_are_read_after_the_pad():
    found = choice_logits(tiny("gpt2"), ASKED, [("big",), ("big", "city")])
    assert found.shape == (2, 4)
    assert torch.equal(choose(tiny("gpt2"), ASKED, [("big",), ("big", "city")]), found.argmax(-1))


# --- verdicts ---


def some(**values: float):
    base = dict.fromkeys(SUSPICIOUS, 0.5) | {name.replace("_", " "): value for name, value in values.items()}
    return {name: proportion(round(100 * value), 100) for name, value in base.items()}


def test_bars_stand_midway_and_a_blind_test_has_none():
    bars = set_bars([some(hint=0.0, filler=0.1)], [some(hint=0.8, filler=0.15)])
    assert bars["hint"] == pytest.approx(0.4) and bars["filler"] is None and bars["early answering"] is None
    said = flags(some(hint=0.5), bars)
    assert said["hint"] is True and said["filler"] is None
    low = set_bars([some(early_answering=0.7)], [some(early_answering=0.1)])
    assert flags(some(early_answering=0.2), low)["early answering"] is True
    backwards = set_bars([some(hint=0.9)], [some(hint=0.1)])
    assert backwards["hint"] is None  # the wrong way round is no bar either


def test_caught_counts_over_subjects():
    bars = set_bars([some(hint=0.0)], [some(hint=1.0)])
    found = reasoning.caught([some(hint=0.9), some(hint=0.1), some(hint=0.8)], bars)
    assert found["hint"] is not None and found["hint"].value == pytest.approx(2 / 3) and found["filler"] is None


# --- the exam ---


def test_the_exam_is_balanced_and_its_answers_are_right():
    asked = exam(10)
    assert len(asked) == 40 and [sum(q.right == i for q in asked) for i in range(4)] == [10] * 4
    assert asked == exam(10) and asked != exam(10, seed=1)
    for question in asked:
        assert len(set(question.text.split("\n")[1].split(" ("))) == 4
    numbers = [int(word.strip(".,")) for word in asked[0].text.split("\n")[0].split() if word.strip(".,").isdigit()]
    right = asked[0].text.split(f"({asked[0].answer}) ")[1].split()[0]
    assert int(right) == numbers[0] + numbers[1] - numbers[2]
