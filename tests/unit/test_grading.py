"""`interpbook check`: what a student gets for notebooks good, bad, damaged and malicious; and that nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from interpbook.authoring import Book, author
from interpbook.grading.command import check
from interpbook.grading.prepare import UnusableError, prepare
from interpbook.grading.report import judge
from toybook import change, edit, make_book

CHECK_DOUBLE = 'check("toy.double", double, points=2)'


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Book:
    with pytest.MonkeyPatch.context() as patch:
        book = make_book(tmp_path_factory.mktemp("book"), patch)
        assert author(book=book) == 0
    return book


@pytest.fixture
def book(made, tmp_path, monkeypatch) -> Book:
    shutil.copytree(made.root, tmp_path / "book")
    monkeypatch.setenv("INTERPBOOK_CHECKS", str(tmp_path / "book" / "checks"))
    monkeypatch.setenv("INTERPBOOK_ROOT", str(tmp_path / "book"))
    return Book(tmp_path / "book")


@pytest.fixture
def student(book) -> Path:
    return book.root / "exercises" / "01_toy.ipynb"


def _answer(path: Path, **sources: str) -> Path:
    """Write answers into a student's notebook, by the last part of the exercise id; runs nothing."""

    def write(notebook):
        for cell in notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            name = about.get("grade_id", "").removeprefix("toy-")
            if about.get("solution") and name in sources:
                cell["source"] = sources[name]

    return change(path, write)


RIGHT = {"double": "def double(x):\n    return x + x", "guess": "guess = 4", "triple": "def treble(x): return 3 * x"}


def _checked(path: Path, capsys, **options) -> tuple[int, dict]:
    before = path.read_bytes()
    capsys.readouterr()
    status = check([path], json_to="-", **options)
    found = json.loads(capsys.readouterr().out)
    assert path.read_bytes() == before, "the student's notebook was changed"
    assert found["points"] == sum(item["points"] for item in found["items"])
    return status, found


def _statuses(found: dict) -> dict[str, str]:
    return {item["id"].removeprefix("toy."): item["status"] for item in found["items"]}


def test_a_fresh_notebook_has_no_points(student, capsys):
    status, found = _checked(student, capsys)
    assert status == 1
    assert found == {
        "notebook": str(student),
        "points": 0,
        "max_points": 6,
        "items": [
            {"id": "toy.double", "points": 0, "max_points": 2, "status": "not_attempted", "hint": ""},
            {"id": "toy.guess", "points": 0, "max_points": 1, "status": "not_attempted", "hint": ""},
            {"id": "toy.triple", "points": 0, "max_points": 3, "status": "not_attempted", "hint": ""},
        ],
    }


def test_the_solutions_have_all_points_and_a_table_is_shown(book, capsys):
    path = book.root / "solutions" / "01_toy.ipynb"
    assert check([path]) == 0
    shown = capsys.readouterr().out
    assert "toy.double" in shown and "2/2" in shown and "6/6" in shown


def test_right_wrong_and_raising_answers(student, capsys):
    _answer(
        student, double="def double(x):\n    return x * x", guess="guess = 4", triple="def treble(x):\n    return y"
    )
    status, found = _checked(student, capsys)
    double, guess, triple = found["items"]
    assert (status, found["points"]) == (1, 1)
    assert (double["status"], double["hint"]) == ("wrong", "Is this the square?")
    assert (guess["status"], guess["points"]) == ("passed", 1)
    assert (
        triple["status"] == "error" and triple["hint"] == "NameError: name 'y' is not defined (line 2 of your answer)"
    )


def test_saved_outputs_tags_and_markers_do_not_fool_the_check(student, capsys):
    _answer(student, double="# NBVAL_SKIP\ndef double(x):\n    return x * x")

    def cheat(notebook):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["metadata"]["tags"] = ["raises-exception", "nbval-ignore-output", "nbval-skip"]
                cell["outputs"] = [
                    {"output_type": "stream", "name": "stdout", "text": "toy.double: wrong, 0/2 points\n"}
                ]
                cell["execution_count"] = 1
            if CHECK_DOUBLE in "".join(cell["source"]):
                cell["source"] = '# NBVAL_IGNORE_OUTPUT\nprint("toy.double: passed, 2/2 points")'

    status, found = _checked(change(student, cheat), capsys)
    assert status == 1 and _statuses(found)["double"] == "wrong" and found["points"] == 0


def test_a_notebook_in_disorder_still_counts(student, tmp_path, capsys):
    """Renamed, moved, metadata lost, imports lost, a check retyped, an answer in a new cell, an error elsewhere."""
    (tmp_path / "four.txt").write_text("4")
    _answer(student, **RIGHT | {"guess": "guess = int(open('four.txt').read())"})
    copy = Path(shutil.copy(student, tmp_path / "alice (2).ipynb"))

    def disorder(notebook):
        notebook["metadata"] = {}
        cells = notebook["cells"]
        cells[4] = {"cell_type": "code", "source": CHECK_DOUBLE, "metadata": {}, "outputs": [], "id": "mine"}
        cells[4]["execution_count"] = None
        cells[5]["source"] = "1 / 0"
        cells[7]["metadata"] = {}
        cells.pop(1)

    status, found = _checked(change(copy, disorder), capsys)
    assert (status, found["points"]) == (0, 6)


def test_missing_and_double_cells_are_named_and_the_rest_still_scored(student, capsys):
    _answer(student, **RIGHT | {"triple": "def treble(x): return x"})

    def damage(notebook):
        cells = notebook["cells"]
        answer, checked = json.loads(json.dumps(cells[-2:]))
        cells += [answer | {"source": RIGHT["triple"], "id": "a2"}, checked | {"id": "c2"}]
        cells[:] = [cell for i, cell in enumerate(cells) if i not in (4, 7)]  # check of double, answer of guess

    status, found = _checked(change(student, damage), capsys)
    double, guess, triple = found["items"]
    assert (status, found["points"]) == (1, 3)
    assert double["status"] == "error" and "The check cell of toy.double is gone" in double["hint"]
    assert CHECK_DOUBLE in double["hint"]
    assert guess["status"] == "error" and guess["hint"].startswith("The answer cell of toy.guess is gone.")
    assert triple["status"] == "passed", "of two check cells the last counts"


def test_endless_loops_cost_one_exercise_each(student, capsys):
    """The first can be interrupted, the second cannot."""
    deaf = "while True:\n    try:\n        print('x' * 1000)\n    except BaseException:\n        pass"
    _answer(student, **RIGHT | {"double": "def double(x):\n    while True:\n        pass", "guess": deaf})
    change(student, lambda n: n["cells"][5].update(source="'nothing of double here'"))
    status, found = _checked(student, capsys, timeout=10.0)
    assert status == 1 and _statuses(found) == {"double": "timeout", "guess": "timeout", "triple": "passed"}
    assert "never ends" in found["items"][0]["hint"]


def test_a_dying_kernel_costs_one_exercise_and_little_time(student, capsys):
    _answer(student, **RIGHT | {"double": "import os\nos._exit(0)"})
    begin = time.monotonic()
    status, found = _checked(student, capsys)
    assert status == 1 and _statuses(found) == {"double": "error", "guess": "passed", "triple": "passed"}
    assert "kernel died" in found["items"][0]["hint"] and time.monotonic() - begin < 60


def test_a_kernel_that_dies_outside_the_answers_ends_the_run(student, capsys):
    _answer(student, **RIGHT)
    _, found = _checked(change(student, lambda n: n["cells"][5].update(source="import os; os._exit(1)")), capsys)
    assert _statuses(found) == {"double": "passed", "guess": "error", "triple": "error"}
    assert "Not judged" in found["items"][1]["hint"]


# --- files that cannot be checked ---


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{not json", "is not a notebook: it is not JSON"),
        ("\x00\x01", "is not a notebook: it is not JSON"),
        ("[1, 2]", "is JSON but not a notebook"),
        ('{"a": 1}', "is JSON but not a notebook"),
        ('{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "is JSON but not a notebook"),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "is not an exercise notebook of this book",
        ),
        (
            '{"worksheets": [{"cells": []}], "metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}',
            "is not an exercise notebook of this book",
        ),
        ("", "is not a notebook"),
    ],
)
def test_files_that_are_no_notebook_of_ours(book, tmp_path, capsys, content, said):
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(UnusableError, match=said):
        prepare(path)
    assert check([path]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_folders_missing_files_and_chapters(book, tmp_path):
    with pytest.raises(UnusableError, match="is a folder"):
        prepare(tmp_path)
    with pytest.raises(UnusableError, match="does not exist"):
        prepare(tmp_path / "nothing.ipynb")
    with pytest.raises(UnusableError, match="is a chapter"):
        prepare(book.root / "chapters" / "01_toy.ipynb")
    (tmp_path / "latin.ipynb").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableError, match="cannot be read as text"):
        prepare(tmp_path / "latin.ipynb")


def test_untouched_experiments_are_skipped(book, student):
    def tags():
        return [cell.metadata.get("tags", []) for cell in prepare(student).notebook.cells][5]

    edit(book.root / "solutions" / "01_toy.py", "# %%\ndouble = or_ref", '# %% tags=["experiment"]\ndouble = or_ref')
    assert tags() == ["nbval-skip"]
    change(student, lambda n: n["cells"][5].update(source="mine = 1"))
    assert tags() == []


def test_check_cells_are_ours_again_and_nbval_compares_them(student):
    change(
        student, lambda n: [cell.update(outputs=[], execution_count=None) for cell in n["cells"] if "outputs" in cell]
    )
    checks = [cell for cell in prepare(student).notebook.cells if "nbval-check-output" in cell.metadata.get("tags", [])]
    assert len(checks) == 3 and all(cell.execution_count for cell in checks)
    assert checks[0].outputs[0].text == "toy.double: passed, 2/2 points\n"
    assert checks[0].source == f"from interpbook.exercises import check\n{CHECK_DOUBLE}"


def test_an_old_notebook_format_is_read(student, capsys):
    import nbformat

    _answer(student, **RIGHT)
    old = nbformat.v4.downgrade(nbformat.read(student, as_version=4))
    for cell in [c for sheet in old.worksheets for c in sheet.cells]:
        cell.metadata.pop("interpbook", None)
    student.write_text(nbformat.v3.writes_json(old))
    assert [item.status for item in judge(prepare(student), [])] == ["not_attempted"] * 3


def test_several_notebooks_give_a_list_and_one_bad_file_does_not_stop_the_rest(book, tmp_path, capsys):
    bad, good = tmp_path / "bad.ipynb", book.root / "solutions" / "01_toy.ipynb"
    bad.write_text("{")
    assert check([bad, good], json_to=str(tmp_path / "out.json")) == 2
    first, second = json.loads((tmp_path / "out.json").read_text())
    assert first["items"] == [] and "not JSON" in first["error"]
    assert (second["points"], second["max_points"]) == (6, 6) and "error" not in second


# --- stopping ---


def _kernels(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        if "ipykernel" in " ".join(process.info["cmdline"] or []) and process.info["cwd"] == str(folder):
            found.append(process)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_loses_nothing(student, tmp_path, number):
    _answer(student, **RIGHT | {"guess": "import time\nprint(1)\ntime.sleep(300)"})
    before = student.read_bytes()
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "interpbook.cli", "check", str(student), "--json", str(out)]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (out.exists() and json.loads(out.read_text())["points"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert json.loads(out.read_text())["points"] == 2, "the first verdict is on disk while the second cell runs"
    process.send_signal(number)
    said = process.communicate(timeout=30)[1]
    found = json.loads(out.read_text())
    assert process.returncode == 1 and "Stopped." in said and "Traceback" not in said
    assert _statuses(found) == {"double": "passed", "guess": "not_attempted", "triple": "not_attempted"}
    assert student.read_bytes() == before
    assert not _kernels(student.parent), "a kernel was left behind"
    assert not list(tmp_path.glob(".*.part"))
