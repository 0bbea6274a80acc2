"""One quiz component for the live notebook and the static page.

1. `load_quiz` reads `chapters/NN_topic.quiz.yml` and refuses it with every problem named.
2. `quiz("NN_topic")`, a chapter's last cell, shows it: the output holds the questions as JSON under our own mime type,
   which the site draws with its shared copy of quiz.js, and as HTML with the same quiz.js inside for a live notebook.

A quiz file is a list of questions:

    - id: polygon
      concept: geometry of features
      question: Five equally important sparse features share two dimensions. What shape do they form?
      kind: single                      # or multiple, or number
      choices:
        - {text: A pentagon, correct: true, why: "Each feature then interferes least with its neighbours."}
        - {text: A cross, correct: false, why: "That holds four features, two antipodal pairs, and drops one."}

A question of kind number has `answer`, `tolerance` and `why` in place of `choices`. Text may hold `code` in backticks.
"""

import json
import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

MIME = "application/vnd.interpbook.quiz+json"
KINDS = ("single", "multiple", "number")
ROOM = Path(__file__).parent


@dataclass(frozen=True)
class Choice:
    """One answer to choose, whether it is right, and why."""

    text: str
    correct: bool
    why: str


@dataclass(frozen=True)
class Question:
    """One question. `choices` is empty for kind number, which has `answer`, `tolerance` and `why` instead."""

    id: str
    concept: str
    question: str
    kind: str
    choices: tuple[Choice, ...] = ()
    answer: float | int | None = None
    tolerance: float | int | None = None
    why: str = ""


@dataclass(frozen=True)
class Quiz:
    """A named list of questions that shows itself in a notebook."""

    name: str
    questions: tuple[Question, ...]

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self.questions)

    def spec(self) -> dict[str, Any]:
        """The quiz as plain data, which is what quiz.js draws."""
        questions = [{k: v for k, v in asdict(q).items() if v not in (None, "", ())} for q in self.questions]
        return {"name": self.name, "questions": questions}

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:  # noqa: ARG002  (the names are Jupyter's)
        words = (
            f"Quiz {self.name}: {len(self)} questions on {', '.join(dict.fromkeys(q.concept for q in self.questions))}."
        )
        return {MIME: self.spec(), "text/html": as_html(self), "text/plain": words}


def quiz(name: str) -> Quiz:
    """The quiz of a chapter, to be the last expression of its last cell: `quiz("01_superposition")`."""
    return load_quiz(find_quiz(name))


def find_quiz(name: str) -> Path:
    """The file of a quiz, sought in the working folder, its parents, and the folder that the toolkit stands in."""
    if not re.fullmatch(r"\w+", name):
        raise ValueError(f"quiz: got {name!r}, expected a chapter's name such as '01_superposition'.")
    here = Path.cwd()
    folders = [folder for parent in (here, *here.parents, ROOM.parents[1]) for folder in (parent, parent / "chapters")]
    for folder in folders:
        if (folder / f"{name}.quiz.yml").is_file():
            return folder / f"{name}.quiz.yml"
    known = sorted({path.name.removesuffix(".quiz.yml") for folder in folders for path in folder.glob("*.quiz.yml")})
    raise FileNotFoundError(
        f"quiz: no file {name}.quiz.yml in {here}, its parents, or a folder chapters beside them. "
        f"Quizzes found: {', '.join(known) or 'none'}. Open the notebook inside the book's folder."
    )


def load_quiz(path: Path | str) -> Quiz:
    """The quiz in a file; a ValueError names the file and every problem in it, by question."""
    path = Path(path)
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        raise ValueError(f"load_quiz: {path} is not YAML: {problem}") from problem
    problems = _problems(entries)
    if problems:
        raise ValueError(f"load_quiz: {path} has {len(problems)} problem(s):\n  " + "\n  ".join(problems))
    return Quiz(path.name.removesuffix(".quiz.yml"), tuple(_question(entry) for entry in entries))


def _question(entry: dict) -> Question:
    choices = tuple(Choice(**choice) for choice in entry.get("choices", ()))
    return Question(**{**entry, "choices": choices})


def _problems(entries: object) -> list[str]:
    """Everything that is wrong with the content of a quiz file, one sentence each."""
    if not isinstance(entries, list) or not entries:
        return [f"expected a list of questions, got {type(entries).__name__}"]
    found = []
    for number, entry in enumerate(entries, 1):
        label = f"question {number}"
        if not isinstance(entry, dict):
            found.append(f"{label}: expected id, concept, question, kind …, got {type(entry).__name__}")
            continue
        label += f" ({entry.get('id', 'no id')})"
        found += [f"{label}: {problem}" for problem in _question_problems(entry)]
    ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    found += [f"the id {double!r} is used twice" for double in sorted({str(i) for i in ids if ids.count(i) > 1})]
    return found


def _question_problems(entry: dict) -> list[str]:
    needs = ["id", "concept", "question", "kind"]
    needs += ["answer", "tolerance", "why"] if entry.get("kind") == "number" else ["choices"]
    found = [f"{key} is missing" for key in needs if key not in entry]
    found += [f"{key} is not a field of a {entry.get('kind')} question" for key in entry if key not in needs]
    found += _text_problems(entry, ["id", "concept", "question", "why"])
    if entry.get("kind") not in KINDS:
        return [*found, f"kind is {entry.get('kind')!r}, expected one of {', '.join(KINDS)}"]
    if isinstance(entry.get("id"), str) and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", entry["id"]):
        found.append("id may hold small letters, digits, - and _ only")
    return found + (_number_problems(entry) if entry["kind"] == "number" else _choices_problems(entry))


def _text_problems(entry: dict, keys: list[str]) -> list[str]:
    found = []
    for key in keys:
        value = entry.get(key, "…")
        if not isinstance(value, str) or not value.strip():
            found.append(f"{key} is {value!r}, expected text (put quotes around it)")
        elif re.search(r"\$[^$\s][^$]*\$", value):
            found.append(f"{key} holds $mathematics$, which the quiz does not draw; write it as `code` or in words")
        elif value.count("`") % 2:
            found.append(f"{key} has a backtick without its partner")
    return found


def _number_problems(entry: dict) -> list[str]:
    found = []
    for key in ("answer", "tolerance"):
        value = entry.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            found.append(f"{key} is {value!r}, expected a number")
        elif key == "tolerance" and value < 0:
            found.append(f"tolerance is {value}, expected 0 or more")
    return found


def _choices_problems(entry: dict) -> list[str]:
    choices = entry.get("choices", [])
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(c, dict) for c in choices):
        return ["choices needs at least two entries of text, correct, why"]
    found = []
    for number, choice in enumerate(choices, 1):
        found += [f"choice {number}: {key} is missing" for key in ("text", "correct", "why") if key not in choice]
        found += [f"choice {number}: {key} is not known" for key in choice if key not in ("text", "correct", "why")]
        found += [f"choice {number}: {problem}" for problem in _text_problems(choice, ["text", "why"])]
        if not isinstance(choice.get("correct", False), bool):
            found.append(f"choice {number}: correct is {choice['correct']!r}, expected true or false")
    texts = [choice.get("text") for choice in choices]
    if len(set(map(str, texts))) < len(texts):
        found.append("two choices have the same text")
    right = sum(choice.get("correct") is True for choice in choices)
    if entry["kind"] == "single" and right != 1:
        found.append(f"a single question needs exactly one right choice, got {right}")
    if entry["kind"] == "multiple" and right == 0:
        found.append("a multiple question needs at least one right choice")
    return found


def as_html(shown: Quiz) -> str:
    """The quiz as HTML that needs nothing else: styles, questions and the component, for a live notebook."""
    spec = json.dumps(shown.spec(), ensure_ascii=False).replace("<", "\\u003c")
    style, script = ((ROOM / f"quiz.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return (
        f'<section class="quiz" data-quiz="{shown.name}" aria-label="Quiz"><style>{style}</style>'
        f'<script type="application/json" class="quiz-spec">{spec}</script>'
        f'<p class="quiz-waiting">Run this cell, or trust this notebook, to see its {len(shown)} questions.</p>'
        f"</section><script>{script}</script>"
    )
