"""The pages for instructors against the sources: exercises and numbers that they name, options that there are."""

import re
import sys

import pytest
from interpbook import sitebuild
from interpbook.assigning.choosing import choose
from interpbook.authoring.layout import find_book
from interpbook.checks import check_files
from interpbook.cli import cli
from interpbook.exercises import checks
from interpbook.grading.hidden.draws import is_fresh
from interpbook.grading.hidden.literal import LITERAL

ROOT = sitebuild.ROOT
PAGES = [ROOT / "book" / "pages" / name for name in ("for_instructors.md", "assign_and_grade.md")]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def _chosen():
    return choose(find_book(), list(check_files()))


def test_every_exercise_that_is_named_exists():
    rooms = {one.exercise.id.partition(".")[0] for one in _chosen()}
    named = {name for name in re.findall(r"`([a-z]+\.[a-z_]+)`", TEXT) if name.partition(".")[0] in rooms}
    assert len(named) > 25 and named <= {one.exercise.id for one in _chosen()}


def test_every_option_that_is_named_exists():
    known = {text for command in cli.commands.values() for one in command.params for text in one.opts}
    ours = re.sub(r"(?m)^.*(pip|npm|ipykernel|--name python3).*$", "", TEXT)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours))
    assert {"--per-student", "--resume", "--limit"} <= named and named <= known


def test_how_many_exercises_have_hidden_inputs():
    every = [check for stem in check_files() for check in checks(stem)]
    hidden = [check for check in every if check.id in LITERAL or is_fresh(check)]
    assert f"{len(hidden)} of the {len(every)} exercises ask for a function" in TEXT
    assert f"The other {len(every) - len(hidden)} exercises have one right answer" in TEXT


def test_the_table_of_chapters_counts_what_the_sources_say(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "site"), *sys.path])
    from booksite.course import courses  # type: ignore[import-not-found]

    for one in courses(ROOT):
        ours = [chosen.exercise for chosen in _chosen() if chosen.stem == one.stem]
        assert (one.exercises, one.points) == (len(ours), sum(exercise.points for exercise in ours)), one.stem
        assert one.working == sum(exercise.minutes for exercise in ours) and 30 <= one.reading <= 180
    assert [one.stem for one in courses(ROOT)] == list(check_files())


def test_a_chapter_without_its_facts_stops_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "site"), *sys.path])
    from booksite.course import _course  # type: ignore[import-not-found]

    for folder in ("chapters", "solutions"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01_toy.py").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="01_toy"):
        _course(tmp_path, "01_toy", "Toy")
