"""Statements: truth as claimed, every answer as often right as wrong, words where their tags say."""

from collections import Counter

import pytest
from interpbook import data, statements


@pytest.mark.parametrize("negated", [False, True])
def test_every_city_has_one_true_and_one_false_statement(negated):
    made = statements.city_statements(negated=negated)
    assert len(made) == 2 * len(statements.cities()) and len({s.text for s in made}) == len(made)
    assert Counter(s.subject for s in made if s.true) == Counter(s.subject for s in made if not s.true)
    for statement in made:
        named = statements.cities()[statement.subject] in statement.text
        assert statement.true == (named != negated) and (" not " in statement.text) == negated


@pytest.mark.parametrize("make", [statements.city_statements, statements.translation_statements])
def test_no_answer_gives_the_label_away(make):
    last = [(s.text.removesuffix(".").split()[-1], s.true) for s in make(seed=3)]
    count = Counter(last)
    assert all(count[word, True] == count[word, False] for word, _ in last)


def test_wrong_answers_can_be_asked_to_come_from_nearby_or_far_away():
    region = statements.region_of()
    assert set(region) == set(statements.cities().values())
    near = statements.dealt_anew(statements.cities(), allowed=lambda a, b: region[a] == region[b])
    right = list(statements.cities().values())
    assert all(a != b and region[a] == region[b] for a, b in zip(right, near, strict=True))
    assert Counter(near) == Counter(right)
    far = statements.dealt_anew(statements.cities(), allowed=lambda a, b: region[a] != region[b])
    assert all(region[a] != region[b] for a, b in zip(right, far, strict=True))


def test_what_cannot_be_dealt_anew_is_refused():
    with pytest.raises(ValueError, match="2 answers \\(1 different\\)"):
        statements.dealt_anew({"a": "x", "b": "x"})


def test_seeds_decide_the_wrong_answers():
    assert statements.city_statements(seed=1) == statements.city_statements(seed=1)
    assert statements.city_statements(seed=1) != statements.city_statements(seed=2)


def test_comparisons_are_true_as_claimed():
    for smaller in (False, True):
        made = statements.comparison_statements(50, smaller=smaller)
        assert len({s.text for s in made}) == 100 and sum(s.true for s in made) == 50
        for one in made:
            words = one.text.removesuffix(".").lower().split(" is ")
            first, second = words[0], words[1].rpartition(" than ")[2]
            high, low = (statements.in_words(int(n)) for n in one.subject.split())
            assert {first, second} == {high, low} and one.true == ((first == high) != smaller)
    with pytest.raises(ValueError, match="n is 0"):
        statements.comparison_statements(0)


def test_numbers_in_words():
    assert [statements.in_words(n) for n in (0, 13, 20, 99)] == ["zero", "thirteen", "twenty", "ninety-nine"]
    with pytest.raises(ValueError, match="100 is outside"):
        statements.in_words(100)


def test_every_word_of_every_passage_is_tagged_where_it_stands():
    words, texts = statements.tagged_words(), data.passages()
    assert {w.passage for w in words} == set(texts)
    for title, text in texts.items():
        here = [w for w in words if w.passage == title]
        assert [text[w.start : w.end] for w in here] == [w.text for w in here]
        assert "".join(c for c in text if c.isalpha()) == "".join(c for w in here for c in w.text if c.isalpha())
    assert {w.tag for w in words} == {"N", "PN", "V", "X", "A", "R", "P", "D", "I", "C", "M", "T"}


def test_the_same_word_has_several_tags_where_grammar_says_so():
    tags = {(w.text.lower(), w.tag) for w in statements.tagged_words()}
    assert {("that", "P"), ("that", "C"), ("to", "T"), ("to", "I"), ("turn", "N"), ("turn", "V")} <= tags
