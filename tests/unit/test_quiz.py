"""The quiz: what a file may hold, what it says when it does not, and what a notebook gets to show."""

import json
import re
from pathlib import Path

import pytest
import yaml
from interpbook import quiz as room
from interpbook.quiz import MIME, Quiz, find_quiz, load_quiz, quiz

CHAPTERS = Path(room.__file__).parents[2] / "chapters"


def single(**changes) -> dict:
    """A right question, with changes."""
    choices = [
        {"text": "A pentagon", "correct": True, "why": "Least interference."},
        {"text": "A cross", "correct": False, "why": "One feature is dropped."},
    ]
    entry = {"id": "shape", "concept": "geometry", "question": "Which shape?", "kind": "single", "choices": choices}
    return {**entry, **changes}


def number(**changes) -> dict:
    """A right question of kind number, with changes."""
    entry = {"id": "share", "concept": "geometry", "question": "How much?", "kind": "number"}
    return {**entry, "answer": 0.4, "tolerance": 0.01, "why": "Two in five.", **changes}


def write(folder: Path, entries: object, name: str = "01_topic") -> Path:
    """A quiz file."""
    path = folder / f"{name}.quiz.yml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path


def test_a_right_file_is_read_whole(tmp_path):
    """Every field arrives, and the name is the file's."""
    found = load_quiz(write(tmp_path, [single(), number()]))
    assert (found.name, len(found)) == ("01_topic", 2)
    assert found.questions[0].choices[1].why == "One feature is dropped."
    assert (found.questions[1].answer, found.questions[1].tolerance) == (0.4, 0.01)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (single(kind="essay"), "kind is 'essay'"),
        (single(concept=""), "concept is ''"),
        (single(question=7), "question is 7"),
        (single(id="Big Id"), "id may hold"),
        (single(why="extra"), "why is not a field"),
        (single(question="What is $x^2$ here?"), "mathematics"),
        (single(question="An `open backtick"), "backtick"),
        (single(choices=[]), "at least two"),
        (single(choices=[{"text": "a", "correct": True, "why": "b"}] * 2), "same text"),
        (single(choices=[{**c, "correct": True} for c in single()["choices"]]), "exactly one right choice, got 2"),
        (single(choices=[{**c, "correct": False} for c in single()["choices"]]), "exactly one right choice, got 0"),
        (single(kind="multiple", choices=[{**c, "correct": False} for c in single()["choices"]]), "at least one right"),
        (single(choices=[{**c, "correct": "yes"} for c in single()["choices"]]), "expected true or false"),
        (single(choices=[{"text": c["text"], "correct": c["correct"]} for c in single()["choices"]]), "why is missing"),
        (single(choices=[{**c, "hint": "x"} for c in single()["choices"]]), "hint is not known"),
        (number(answer="many"), "answer is 'many'"),
        (number(answer=True), "answer is True"),
        (number(answer=float("nan")), "answer is nan"),
        (number(tolerance=-1), "tolerance is -1"),
        ({k: v for k, v in number().items() if k != "why"}, "why is missing"),
        (number(choices=[]), "choices is not a field"),
        ("just text", "got str"),
    ],
)
def test_each_fault_is_named_with_its_question(tmp_path, entry, complaint):
    """The message says which file, which question and what is wrong."""
    path = write(tmp_path, [single(id="first"), entry])
    with pytest.raises(ValueError, match=re.escape(str(path))) as caught:
        load_quiz(path)
    assert complaint in str(caught.value)
    assert "question 2" in str(caught.value)


def test_all_faults_are_listed_at_once(tmp_path):
    """Nobody wants to mend a file one message at a time."""
    path = write(tmp_path, [single(kind="essay"), single(concept=""), single()])
    with pytest.raises(ValueError, match=r"3 problem") as caught:
        load_quiz(path)
    assert "the id 'shape' is used twice" in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "question: alone", "- a: [", "\t- x"])
def test_a_file_that_is_not_a_list_of_questions_is_refused(tmp_path, content):
    """Empty, of another shape, or not YAML: one clear error."""
    path = tmp_path / "01_topic.quiz.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="01_topic"):
        load_quiz(path)


def test_a_quiz_is_found_from_the_notebook_and_from_the_root(tmp_path, monkeypatch):
    """Beside the notebook, in chapters/ below, and from a folder deeper down."""
    (tmp_path / "chapters").mkdir()
    path = write(tmp_path / "chapters", [single()], "77_found")
    (tmp_path / "exercises" / "deep").mkdir(parents=True)
    for place in ("chapters", ".", "exercises", "exercises/deep"):
        monkeypatch.chdir(tmp_path / place)
        assert find_quiz("77_found") == path
        assert quiz("77_found").name == "77_found"


def test_a_missing_quiz_says_where_it_looked_and_what_there_is(tmp_path, monkeypatch):
    """The name, the folder, and the quizzes that do exist."""
    write(tmp_path, [single()], "78_other")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="79_none") as caught:
        quiz("79_none")
    assert str(tmp_path) in str(caught.value)
    assert "78_other" in str(caught.value)


@pytest.mark.parametrize("name", ["../secret", "a/b", "", "01 topic"])
def test_a_name_is_a_name_and_not_a_path(name):
    """Nothing outside the book's folders is opened."""
    with pytest.raises(ValueError, match="chapter's name"):
        quiz(name)


def test_a_notebook_gets_data_page_and_words(tmp_path):
    """Our own mime type for the site, HTML with the component inside for a live notebook, text for a terminal."""
    bundle = load_quiz(write(tmp_path, [single(), number()]))._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/html", "text/plain"}
    assert json.loads(json.dumps(bundle[MIME]))["questions"][1] == number()
    assert "2 questions on geometry" in bundle["text/plain"]
    component = (Path(room.__file__).parent / "quiz.js").read_text(encoding="utf-8")
    assert component in bundle["text/html"]
    assert not re.search(r"(src|href)=", bundle["text/html"].replace(component, ""))


def test_text_of_a_quiz_cannot_end_its_script(tmp_path):
    """A question about HTML stays a question."""
    nasty = "What does </script><script>alert(1)</script> do?"
    html = load_quiz(write(tmp_path, [single(question=nasty)]))._repr_mimebundle_()["text/html"]
    assert "<script>alert" not in html
    stored = re.search(r'class="quiz-spec">(.*?)</script>', html, re.S)
    assert stored and json.loads(stored[1])["questions"][0]["question"] == nasty


def test_the_component_parses_no_text_as_html():
    """Nothing in it could turn a question into markup, and nothing in it ends the script that it is inlined in."""
    text = (Path(room.__file__).parent / "quiz.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|</script|https?://", text)


@pytest.mark.parametrize("path", sorted(CHAPTERS.glob("*.quiz.yml")), ids=lambda path: path.stem)
def test_every_chapters_quiz_is_right_and_long_enough(path):
    """At least ten questions, several concepts, and the right choice's length does not give it away."""
    found = load_quiz(path)
    assert isinstance(found, Quiz)
    assert len(found) >= 10
    assert len({question.concept for question in found.questions}) >= 4
    singles = [q for q in found.questions if q.kind == "single"]
    longest = sum(max(q.choices, key=lambda c: len(c.text)).correct for q in singles)
    assert longest <= 0.75 * len(singles), f"in {longest} of {len(singles)} the longest choice is the right one"


def test_every_chapter_has_its_quiz():
    """Each chapter's source names one that exists."""
    for source in CHAPTERS.glob("[0-9][0-9]_*.py"):
        assert (CHAPTERS / f"{source.stem}.quiz.yml").is_file(), source.name
        assert f'quiz("{source.stem}")' in source.read_text(encoding="utf-8")
