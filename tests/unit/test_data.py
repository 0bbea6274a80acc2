"""Prompts and facts: what is promised about tokens, seeds and pairs."""

import functools

import pytest
from interpbook import data
from interpbook.data import Capital, PromptPair
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

WHOLE = ["The", " capital", " of", " is", " South", " Korea", " Seoul"]
WHOLE += [" France", " Paris", " Germany", " Berlin", " Japan", " Tokyo"]
PIECES = [" N", "airobi", " Kenya"]


@functools.cache
def tokenizer() -> PreTrainedTokenizerFast:
    """Words with the space before them; Nairobi falls into two pieces, an unknown word is one unknown token."""
    vocab = {piece: i for i, piece in enumerate(["<unk>", *WHOLE, *PIECES])}
    core = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    split = Regex(r" N(?=airobi)|airobi| ?[^ ]+")
    core.pre_tokenizer = pre_tokenizers.Split(split, behavior="isolated")
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


FACTS = [
    Capital("France", "Paris", "Europe"),
    Capital("Germany", "Berlin", "Europe"),
    Capital("Japan", "Tokyo", "Asia"),
    Capital("Kenya", "Nairobi", "Africa"),
    Capital("South Korea", "Seoul", "Asia"),
]


def test_every_country_once_and_no_capital_repeats_its_country():
    facts = data.capitals()
    assert len({f.country for f in facts}) == len(facts) == len({f.capital for f in facts}) > 100
    assert {f.continent for f in facts} == {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert not [f for f in facts if f.country in f.capital]
    assert list(facts) == sorted(facts)


@pytest.mark.parametrize(
    ("country", "capital", "continent"),
    [
        ("Australia", "Canberra", "Oceania"),
        ("Canada", "Ottawa", "Americas"),
        ("Nigeria", "Abuja", "Africa"),
        ("Pakistan", "Islamabad", "Asia"),
        ("Switzerland", "Bern", "Europe"),
        ("Turkey", "Ankara", "Asia"),
        ("Brazil", "Brasilia", "Americas"),
    ],
)
def test_capitals_that_people_get_wrong(country: str, capital: str, continent: str):
    assert Capital(country, capital, continent) in data.capitals()


def test_passages_are_long_enough_to_measure_a_loss():
    texts = data.passages()
    assert len(texts) >= 20 and len(set(texts.values())) == len(texts)
    assert all(25 <= len(text.split()) <= 70 and text.strip() == text for text in texts.values())


def test_single_token_keeps_only_whole_names():
    assert [f.country for f in data.single_token(tokenizer(), FACTS)] == ["France", "Germany", "Japan"]


def test_answers_take_their_leading_space_once():
    assert data.answer_ids(tokenizer(), ["Paris"]).equal(data.answer_ids(tokenizer(), [" Paris"]))
    assert tokenizer().decode(data.answer_ids(tokenizer(), ["Paris", "Tokyo"]).tolist()[1:]) == " Tokyo"


def test_an_answer_of_several_tokens_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'Nairobi' is 2 tokens \[' N', 'airobi'\], expected one"):
        data.answer_ids(tokenizer(), ["Paris", "Nairobi"])


def test_aligned_gives_the_pair_back():
    pair = PromptPair("The capital of France is", "The capital of Japan is", " Paris", " Tokyo")
    assert pair.aligned(tokenizer()) is pair
    assert data.check_aligned(tokenizer(), [pair.clean, pair.corrupt]) == 5


def test_unequal_lengths_name_the_first_difference():
    pair = PromptPair("The capital of France is", "The capital of South Korea is", " Paris", " Seoul")
    with pytest.raises(ValueError, match=r"has 5 tokens, .* has 6; .*token 3: ' France' against ' South'"):
        pair.aligned(tokenizer())


def test_a_prompt_that_only_stops_earlier():
    with pytest.raises(ValueError, match=r"token 4: ' is' against '\(end\)'"):
        data.check_aligned(tokenizer(), ["The capital of France is", "The capital of France"])


def test_no_prompts():
    with pytest.raises(ValueError, match="no prompts"):
        data.check_aligned(tokenizer(), [])


def test_halves_share_nothing_and_lose_nothing():
    one, other = data.halves(range(11), seed=3)
    assert sorted(one + other) == list(range(11)) and abs(len(one) - len(other)) == 1
    assert data.halves(range(11), seed=3) == (one, other) != data.halves(range(11), seed=4)


def test_ordered_pairs_are_different_items_and_never_repeat():
    pairs = data.ordered_pairs("abcd", 12, seed=1)
    assert len(set(pairs)) == 12 and all(a != b for a, b in pairs)
    with pytest.raises(ValueError, match="make 12 ordered pairs; 13"):
        data.ordered_pairs("abcd", 13)


def test_capital_pairs_line_up_and_answer_their_own_prompt():
    answer = {f.country: f.capital for f in FACTS}
    for pair in data.capital_pairs(FACTS[:3], 6):
        pair.aligned(tokenizer())
        assert pair.clean_answer == " " + answer[pair.clean.split()[-2]]
        assert pair.corrupt_answer == " " + answer[pair.corrupt.split()[-2]] != pair.clean_answer


# --- indirect objects ---


@functools.cache
def whole_words() -> PreTrainedTokenizerFast:
    """Every word of the templates is one token, with the space before it."""
    words = {*data.IOI_NAMES, *data.IOI_PLACES, *data.IOI_THINGS}
    for template in data.IOI_TEMPLATES:
        words |= set(template.replace(",", " ,").split())
    core = Tokenizer(models.WordLevel({w: i for i, w in enumerate(["<unk>", *sorted(words)])}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


def test_the_giver_is_named_twice_and_the_answer_once():
    prompts = data.ioi_prompts(whole_words(), 24, templates=range(6), seed=1)
    assert len(prompts) == 24 and {p.template for p in prompts} == set(range(6))
    assert {(p.template, p.order) for p in prompts} == {(t, o) for t in range(6) for o in ("ABBA", "BABA")}
    for p in prompts:
        words = p.text.replace(",", "").split()
        assert words.count(p.s) == 2 and words.count(p.io) == 1 and not set(p.others) & set(words)
        first = p.io if p.order == "ABBA" else p.s
        assert words.index(first) == min(words.index(p.io), words.index(p.s))
    assert prompts == data.ioi_prompts(whole_words(), 24, templates=range(6), seed=1)
    assert prompts != data.ioi_prompts(whole_words(), 24, templates=range(6), seed=2)


@pytest.mark.parametrize("corruption", data.CORRUPTIONS)
def test_a_corruption_changes_one_thing(corruption):
    for p in data.ioi_prompts(whole_words(), 12, templates=range(6)):
        pair = data.ioi_pair(p, corruption).aligned(whole_words())
        clean, corrupt = (text.replace(",", "").split() for text in (pair.clean, pair.corrupt))
        changed = [(a, b) for a, b in zip(clean, corrupt, strict=True) if a != b]
        assert (pair.clean_answer, pair.corrupt_answer) == (" " + p.io, " " + p.s)
        if corruption == "swap":
            assert changed == [(p.s, p.io)] and clean[-5] != corrupt[-5]
        elif corruption == "third":
            assert changed == [(p.s, p.others[2])] and len(set(corrupt) & {p.io, p.s}) == 2
        elif corruption == "order":
            assert sorted(changed) == sorted([(p.io, p.s), (p.s, p.io)]) and sorted(clean) == sorted(corrupt)
        else:
            assert len(changed) == 3 and not {p.io, p.s} & set(corrupt) and len({b for _, b in changed}) == 3


def test_roles_are_counted_from_the_end():
    for p in data.ioi_prompts(whole_words(), 6, templates=range(6)):
        words, roles = p.text.replace(",", " ,").split(), data.ioi_roles(whole_words(), p)
        assert [words[roles[r]] for r in ("IO", "S1", "S2", "END")] == [p.io, p.s, p.s, "to"]
        assert roles["S1"] < roles["S1+1"] <= roles["S2"] < roles["END"] == -1


def test_names_can_be_kept_apart():
    one, other = data.halves(data.ioi_names(whole_words()))
    used = {name for p in data.ioi_prompts(whole_words(), 40, names=one) for name in (p.io, p.s, *p.others)}
    assert used <= set(one) and not used & set(other)


def test_wrong_wishes_about_indirect_objects_are_refused():
    with pytest.raises(ValueError, match="5 names"):
        data.ioi_prompts(whole_words(), 1, names=["Mary", "John"])
    with pytest.raises(ValueError, match="templates 0 to 5"):
        data.ioi_prompts(whole_words(), 1, templates=[6])
    with pytest.raises(ValueError, match="no corruption 'noise'"):
        data.ioi_pair(data.ioi_prompts(whole_words(), 1)[0], "noise")
