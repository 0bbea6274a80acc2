"""Text files to notebooks: stubs, markers, metadata, drift, orphans, execution."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from interpbook.authoring import AuthoringError, author, find_book, freshness
from interpbook.authoring.compose import compose
from interpbook.authoring.execution import clean
from interpbook.authoring.exercises import read_exercise, with_task_line
from interpbook.authoring.layout import Book
from interpbook.authoring.source import Cell, read_cells
from interpbook.authoring.stubs import quote, solved, stub
from toybook import CHAPTER, cells, change, edit, make_book


@pytest.fixture
def book(tmp_path, monkeypatch) -> Book:
    return make_book(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A toy book whose notebooks were made once; tests that change it work on a copy."""
    with pytest.MonkeyPatch.context() as patch:
        book = make_book(tmp_path_factory.mktemp("book"), patch)
        assert author(book=book) == 0
    return book


@pytest.fixture
def fresh(made, tmp_path, monkeypatch) -> Book:
    import shutil

    shutil.copytree(made.root, tmp_path / "book")
    monkeypatch.setenv("INTERPBOOK_CHECKS", str(tmp_path / "book" / "checks"))
    return Book(tmp_path / "book")


# --- stubs ---


def test_a_function_keeps_signature_and_docstring():
    source = '@cache\ndef f(\n    x: int,\n) -> int:\n    """Say x."""\n    # why\n    y = x\n    return y'
    expected = (
        '@cache\ndef f(\n    x: int,\n) -> int:\n    """Say x."""\n    raise NotImplementedError("your code here")'
    )
    assert stub(source) == expected


def test_functions_without_docstring_and_on_one_line():
    assert stub("def f(x):\n    return x") == 'def f(x):\n    raise NotImplementedError("your code here")'
    assert stub("def f(x): return x") == 'def f(x):\n    raise NotImplementedError("your code here")'


def test_a_region_in_a_function_leaves_the_scaffold():
    source = "def f(x):\n    y = 1\n    ### BEGIN SOLUTION\n    z = x + y\n    ### END SOLUTION\n    return z"
    assert stub(source) == 'def f(x):\n    y = 1\n    raise NotImplementedError("your code here")\n    return z'
    assert "###" not in solved(source) and "z = x + y" in solved(source)


def test_a_region_at_top_level_leaves_names():
    source = "a = 0\n### BEGIN SOLUTION\nb, c = 1, 2\nd: int = 3\nimport os\nb = 5\n### END SOLUTION\ne = b"
    blank = "  # your answer here"
    assert stub(source).splitlines() == ["a = 0", f"b = ...{blank}", f"c = ...{blank}", f"d = ...{blank}", "e = b"]


def test_a_function_in_a_region_at_top_level():
    source = '### BEGIN SOLUTION\ndef f(x):\n    """Doc."""\n    return x\n### END SOLUTION'
    assert stub(source) == 'def f(x):\n    """Doc."""\n    raise NotImplementedError("your code here")'


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x = 1\n### END SOLUTION", 11, "without a ### BEGIN"),
        ("### BEGIN SOLUTION\nx = 1", 10, "without an ### END"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", 11, "inside the region of line 10"),
        ("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION", 10, "assigns no name"),
        ("# begin solution\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", 10, "looks like a marker"),
    ],
)
def test_markers_that_do_not_match_name_file_and_line(source, line, words):
    with pytest.raises(AuthoringError, match=f"^solutions/x.py, line {line}: .*{words}"):
        stub(source, where="solutions/x.py", line=10)


def test_a_class_needs_markers():
    with pytest.raises(AuthoringError, match="not one function"):
        stub("class A:\n    x = 1")


# --- quotes ---


def test_quotes_come_with_their_decorators_and_line(tmp_path):
    (tmp_path / "room.py").write_text("import os\n\n\n@decorated\ndef f(x):\n    return x\n\n\ndef g(): ...\n")
    assert quote(tmp_path, "room.f", "here") == ("@decorated\ndef f(x):\n    return x", tmp_path / "room.py", 4)


def test_quotes_are_found_in_a_folder_and_refused_if_long_or_lost(tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "part.py").write_text("def f(x):\n" + "    x += 1\n" * 30)
    with pytest.raises(AuthoringError, match=r"room\.f has 31 lines; a quoted function has at most 25"):
        quote(tmp_path, "room.f", "here")
    with pytest.raises(AuthoringError, match=r"here: .*room\.g is not defined"):
        quote(tmp_path, "room.g", "here")


def test_a_quoted_exercise_and_a_quoting_chapter(book):
    toolkit = book.root / "book" / "interpbook"
    toolkit.mkdir(parents=True)
    (toolkit / "toy.py").write_text('def double(x):\n    """Twice x."""\n    y = x\n    return x + y\n')
    answer = '    """Twice x."""\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n'
    edit(book.root / "solutions" / "01_toy.py", f"def double(x):\n{answer}", "")
    solutions, student = compose(book.root / "solutions" / "01_toy.py", book).values()
    assert "return x + y" in solutions.cells[3].source and "return" not in student.cells[3].source
    chapter = book.root / "chapters" / "01_toy.py"
    chapter.write_text(CHAPTER + '\n# %% quote="toy.double"\n')
    assert "return x + y" in next(iter(compose(chapter, book).values())).cells[-1].source


# --- reading ---


def test_cells_know_their_lines(book):
    read = read_cells(book.root / "chapters" / "01_toy.py", book)
    lines = CHAPTER.splitlines()
    assert [cell.kind for cell in read] == ["markdown", "code", "code"]
    assert lines[read[2].line - 1] == "numbers = [1, 2]" and read[2].tags == ["fig:numbers"]


def test_a_marker_inside_a_string_starts_no_cell(book):
    file = book.root / "chapters" / "01_toy.py"
    file.write_text('# %%\nx = """\n# %% no cell\n"""\n\n# %%\ny = 1\n')
    assert [cell.line for cell in read_cells(file, book)] == [2, 7]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("numbers = [1, 2]", "numbers = [1, 2", r"chapters/01_toy.py, line 1[12]: not valid Python"),
        ("# %% [markdown]\n", "import os\n\n# %% [markdown]\n", "line 1: .*nothing may stand before"),
        ('tags=["fig:numbers"]', 'tags="fig:numbers"', "line 11: tags must be a list"),
        ('tags=["fig:numbers"]', 'tag=["fig:numbers"]', "line 11: unknown cell metadata tag"),
        ("numbers = [1, 2]", "### BEGIN SOLUTION", "line 11: solution markers in a cell without exercise"),
        ('tags=["fig:numbers"]', 'exercise="a.b"', "line 11: the exercise needs difficulty, importance"),
    ],
)
def test_mistakes_in_a_text_file_name_file_and_line(book, old, new, said):
    file = book.root / "chapters" / "01_toy.py"
    edit(file, old, new)
    with pytest.raises(AuthoringError, match=said) as caught:
        compose(file, book)
    assert str(caught.value).startswith("chapters/01_toy.py, line ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("difficulty=2", "difficulty=6", "difficulty=6 must be a whole number from 1 to 5"),
        ('kind="implement" points=2', 'kind="build" points=2', "kind='build' is not one of implement, predict"),
        ("points=2 difficulty", "difficulty", "the exercise needs points"),
        ("points=2 ", "points=2 hard=1 ", "does not know hard"),
        ('"toy.guess"', '"toy.double"', "already asked: solutions/01_toy.py, line"),
        ('"toy.guess"', '"guess"', "looks like"),
        ("## Exercise 2", "Exercise 2", "toy.guess has no task"),
        ("    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n", "    return 2 * x\n", "has no ### BEGIN"),
        ("### END SOLUTION\n\n# %% [markdown] tags", "\n# %% [markdown] tags", "without an ### END"),
    ],
)
def test_mistakes_in_an_exercise_name_the_line(book, old, new, said):
    file = book.root / "solutions" / "01_toy.py"
    edit(file, old, new)
    with pytest.raises(AuthoringError, match=re.escape(said)) as caught:
        compose(file, book)
    assert re.match(r"solutions/01_toy\.py, line \d+: ", str(caught.value))


def test_stray_exercise_keys_and_the_task_line():
    with pytest.raises(AuthoringError, match="points without exercise="):
        read_exercise(Cell("code", "", {"points": 1}, "here", 1))
    keys = {"exercise": "a.b", "kind": "control", "points": 1, "difficulty": 3, "importance": 5, "minutes": 5}
    exercise = read_exercise(Cell("code", "", keys, "here", 1))
    assert exercise is not None
    text = with_task_line("## Exercise 1\n\nDo it.", exercise, "here")
    assert text == "## Exercise 1\n\n*Difficulty ●●●○○ · importance ●●●●● · 5 min · 1 point*\n\nDo it."


def test_odd_file_names_and_unknown_stems(book, capsys):
    assert author(("nothing",), book=book) == 2
    assert "no chapter or exercise set nothing. Known: 01_toy" in capsys.readouterr().err
    (book.root / "chapters" / "intro.py").write_text("")
    assert author(book=book, check=True) == 2
    assert "chapters/intro.py: the file name must look like" in capsys.readouterr().err


def test_the_book_is_found_from_inside(book, monkeypatch, tmp_path):
    monkeypatch.delenv("INTERPBOOK_ROOT")
    assert find_book(book.root / "exercises").root == book.root
    monkeypatch.setenv("INTERPBOOK_ROOT", str(tmp_path))
    assert find_book().root == tmp_path


# --- notebooks ---


def test_ids_are_stable_and_the_same_in_both_notebooks(book):
    solutions, student = compose(book.root / "solutions" / "01_toy.py", book).values()
    ids = [cell.id for cell in solutions.cells]
    assert ids == [f"01-toy-{i:03d}" for i in range(len(ids))]
    assert [cell.id for cell in student.cells] == [i for i in ids if i != "01-toy-009"]  # the solution-only cell
    assert [c.source for c in compose(book.root / "solutions" / "01_toy.py", book).popitem()[1].cells] == [
        c.source for c in student.cells
    ]


def test_nbgrader_metadata_have_version_3(book):
    _, student = compose(book.root / "solutions" / "01_toy.py", book).values()
    nbformat.validate(student)
    answer, check = student.cells[3].metadata, student.cells[4].metadata
    assert answer.nbgrader == {
        "schema_version": 3,
        "grade": False,
        "solution": True,
        "locked": False,
        "task": False,
        "grade_id": "toy-double",
    }
    assert check.nbgrader == answer.nbgrader | {
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 2,
        "grade_id": "check-toy-double",
    }
    ours = {"id": "toy.double", "kind": "implement", "minutes": 10, "difficulty": 2, "importance": 5}
    assert answer.interpbook == check.interpbook == ours
    grade_ids = [c.metadata.nbgrader.grade_id for c in student.cells if "nbgrader" in c.metadata]
    assert len(grade_ids) == len(set(grade_ids)) == 6 and all(re.fullmatch(r"[\w-]+", i) for i in grade_ids)


def test_the_students_notebook_holds_stubs_and_expected_verdicts_only(made):
    found = cells(made.root / "exercises" / "01_toy.ipynb")
    text = json.dumps(found)
    assert "2 * x" not in text and "guess = 4" not in text and "two and two" not in text and "hide-input" not in text
    for cell in (cell for cell in found if cell["cell_type"] == "code"):
        is_check = "nbval-check-output" in cell["metadata"].get("tags", [])
        assert bool(cell["outputs"]) == is_check == (cell["execution_count"] is not None)
    assert found[4]["source"] == ['check("toy.double", double, points=2)']
    assert found[4]["outputs"][0]["text"] == ["toy.double: passed, 2/2 points\n"]
    assert found[11]["source"] == ['check("toy.triple", treble, points=3)']


def test_the_solutions_are_executed_and_folded(made):
    found = cells(made.root / "solutions" / "01_toy.ipynb")
    code = [cell for cell in found if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert found[3]["metadata"]["tags"] == ["hide-input"] and "###" not in "".join(found[3]["source"])
    assert found[5]["outputs"][0]["text"] == ["[2.0, 2.0]\n"]


def test_making_twice_changes_nothing_and_runs_nothing(fresh, capsys, monkeypatch):
    before = {path: path.read_bytes() for path in fresh.notebooks()}
    monkeypatch.setattr("interpbook.authoring.command.execute", None)
    assert author(book=fresh) == 0
    assert capsys.readouterr().err.count("up to date") == 2
    assert {path: path.read_bytes() for path in fresh.notebooks()} == before
    assert author(book=fresh, check=True) == 0


def test_running_again_gives_the_same_bytes(fresh):
    before = {path: path.read_bytes() for path in fresh.notebooks()}
    assert author(book=fresh, force=True) == 0
    assert {path: path.read_bytes() for path in fresh.notebooks()} == before


def test_prose_needs_no_new_run_and_keeps_outputs(fresh, monkeypatch):
    monkeypatch.setattr("interpbook.authoring.command.execute", None)
    edit(fresh.root / "chapters" / "01_toy.py", "Hello $x$.", "Hello $y$, dear reader.\n\nNew paragraph.")
    assert author(book=fresh, check=True) == 1
    assert author(book=fresh) == 0 == author(book=fresh, check=True)
    found = cells(fresh.root / "chapters" / "01_toy.ipynb")
    assert "New paragraph." in found[0]["source"][-1] and found[2]["outputs"]


def test_code_needs_a_new_run(fresh):
    edit(fresh.root / "chapters" / "01_toy.py", "[1, 2]", "[1, 3]")
    assert author(book=fresh) == 0
    assert cells(fresh.root / "chapters" / "01_toy.ipynb")[2]["outputs"][0]["text"] == ["[1, 3]\n"]


def _said(book, capsys) -> str:
    capsys.readouterr()
    assert author(book=book, check=True) == 1
    return capsys.readouterr().err


def _set(path, number, **changes):
    return change(path, lambda notebook: notebook["cells"][number].update(changes))


def test_drift_names_the_file(fresh, capsys):
    edit(fresh.root / "chapters" / "01_toy.py", "Hello", "Hallo")
    said = _said(fresh, capsys)
    assert "chapters/01_toy.ipynb: cell 1 (01-toy-000) has another text than chapters/01_toy.py makes." in said
    assert "solutions/01_toy.ipynb" not in said


@pytest.mark.parametrize(
    ("folder", "number", "changes", "said"),
    [
        ("chapters", 1, {"id": "other"}, "cell 2 (other) has another id"),
        ("chapters", 2, {"metadata": {}}, "cell 3 (01-toy-002) has another metadata"),
        ("chapters", 2, {"execution_count": None}, "cell 3 (01-toy-002) was never run"),
        ("chapters", 2, {"outputs": []}, "the stored outputs were changed after the run"),
        (
            "chapters",
            2,
            {"outputs": [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]},
            "cell 3 (01-toy-002) stores an error",
        ),
        ("exercises", 3, {"source": "def double(x):\n    return 2 * x"}, "exercises/01_toy.ipynb: cell 4"),
        ("exercises", 4, {"outputs": []}, "stores another output than the passing verdict"),
        ("solutions", 3, {"source": "pass"}, "solutions/01_toy.ipynb: cell 4"),
    ],
)
def test_notebooks_changed_by_hand_are_found_and_mended(fresh, capsys, folder, number, changes, said):
    _set(fresh.root / folder / "01_toy.ipynb", number, **changes)
    assert said in _said(fresh, capsys)
    assert author(book=fresh) == 0 == author(book=fresh, check=True)


def test_stale_outputs_are_found_even_where_text_and_notebook_agree(fresh, capsys):
    edit(fresh.root / "chapters" / "01_toy.py", "[1, 2]", "[1, 3]")
    _set(fresh.root / "chapters" / "01_toy.ipynb", 2, source="numbers = [1, 3]\nprint(numbers)")
    assert "the outputs are stale, its code changed" in _said(fresh, capsys)


def test_checks_and_quiz_count_but_comments_do_not(fresh, capsys):
    checks = fresh.root / "checks" / "01_toy.py"
    checks.write_text("# a comment\n" + checks.read_text())
    assert author(book=fresh, check=True) == 0
    edit(checks, "return 2 * x", "return x * 2")
    assert "the checks of 01_toy changed" in _said(fresh, capsys)
    edit(checks, "return x * 2", "return 2 * x")
    assert author(book=fresh, check=True) == 0
    (fresh.root / "chapters" / "01_toy.quiz.yml").write_text("[ ]\n# new\n")
    assert "the quiz of 01_toy changed" in _said(fresh, capsys)


def test_parts_of_a_checks_file_count_too(fresh):
    source = fresh.root / "solutions" / "01_toy.py"
    notebook = next(iter(compose(source, fresh).values()))
    edit(fresh.root / "checks" / "01_toy.py", "import torch", "import torch\nfrom interpbook.checks.toy import y")
    (fresh.root / "checks" / "toy").mkdir()
    hashes = []
    for text in ("y = 1", "y = 2"):
        (fresh.root / "checks" / "toy" / "part.py").write_text(text)
        hashes.append(freshness.run_record(notebook, source, fresh)["checks"])
    assert hashes[0] != hashes[1]


def test_other_versions_are_noted(fresh, capsys, monkeypatch):
    monkeypatch.setattr("interpbook.authoring.command.versions", lambda: {"torch": "99.0"})
    assert author(book=fresh, check=True) == 0
    assert re.search(r"Note: chapters/01_toy\.ipynb ran with torch 2\S+ \(here 99\.0\)", capsys.readouterr().err)


def test_orphans_are_named(fresh, capsys):
    root = fresh.root
    (root / "chapters" / "01_toy.ipynb").rename(root / "chapters" / "07_gone.ipynb")
    (root / "exercises" / "01_toy.ipynb").rename(root / "exercises" / "08_gone.ipynb")
    (root / "chapters" / "01_toy.quiz.yml").rename(root / "chapters" / "09_gone.quiz.yml")
    (root / "solutions" / "02_more.py").write_text("# %%\nx = 1\n")
    said = _said(fresh, capsys)
    for sentence in (
        "chapters/07_gone.ipynb: there is no chapters/07_gone.py that makes it.",
        "exercises/08_gone.ipynb: there is no solutions/08_gone.py that makes it.",
        "chapters/01_toy.py: has no quiz",
        "chapters/09_gone.quiz.yml: has no chapter",
        "solutions/02_more.py: has no chapter",
        "solutions/02_more.py: has no checks file",
        "chapters/01_toy.ipynb: is missing",
        "exercises/01_toy.ipynb: is missing",
    ):
        assert sentence in said


def test_a_damaged_notebook_is_named_and_made_again(fresh, capsys):
    (fresh.root / "chapters" / "01_toy.ipynb").write_text("{")
    assert "chapters/01_toy.ipynb: not a valid notebook" in _said(fresh, capsys)
    assert author(book=fresh) == 0 == author(book=fresh, check=True)


def test_a_changed_quiz_runs_the_quiz_cell_alone(fresh, capsys):
    """The toy quiz shows its file; the numbers cell would now print something else if it ran again."""
    chapter = fresh.root / "chapters" / "01_toy.py"
    (fresh.root / "chapters" / "seen.txt").write_text("first")
    quiz = "from pathlib import Path\n\nquiz = lambda name: Path(f'{name}.quiz.yml').read_text()\nquiz('01_toy')"
    chapter.write_text(CHAPTER.replace("[1, 2]", "open('seen.txt').read()") + f"\n# %%\n{quiz}\n")
    assert author(book=fresh) == 0
    (fresh.root / "chapters" / "seen.txt").write_text("second")
    (fresh.root / "chapters" / "01_toy.quiz.yml").write_text("[new]")
    assert "the quiz of 01_toy changed" in _said(fresh, capsys)
    assert author(book=fresh) == 0 == author(book=fresh, check=True)
    assert "ran the quiz cell" in capsys.readouterr().err
    *_, numbers, shown = cells(fresh.root / "chapters" / "01_toy.ipynb")
    assert numbers["outputs"][0]["text"] == ["first\n"]
    assert shown["outputs"][0]["data"]["text/plain"] == ["'[new]'"]
    assert shown["execution_count"] == shown["outputs"][0]["execution_count"] == 3


# --- running ---


def test_a_failing_cell_names_its_line(book, capsys):
    file = book.root / "chapters" / "01_toy.py"
    edit(file, "print(numbers)", "\nprint(numbers[2])")
    assert author(("01_toy",), book=book) == 1
    line = file.read_text().splitlines().index("print(numbers[2])") + 1
    said = capsys.readouterr().err
    assert f"chapters/01_toy.py, line {line}: IndexError: list index out of range" in said
    assert not (book.root / "chapters" / "01_toy.ipynb").exists()


def test_a_failure_below_removed_markers_names_its_line(book, capsys):
    file = book.root / "solutions" / "01_toy.py"
    edit(file, "guess = 4\n### END SOLUTION", "guess = 4\n### END SOLUTION\nguess.nothing")
    assert author(book=book) == 1
    line = file.read_text().splitlines().index("guess.nothing") + 1
    assert f"solutions/01_toy.py, line {line}: AttributeError" in capsys.readouterr().err


def test_a_wrong_reference_is_refused(book, capsys):
    edit(book.root / "solutions" / "01_toy.py", "guess = 4", "guess = 3")
    assert author(book=book) == 1
    assert "the reference does not pass its own check. It printed: toy.guess: wrong" in capsys.readouterr().err
    assert not (book.root / "exercises" / "01_toy.ipynb").exists()


def test_endless_cells_dying_kernels_and_large_outputs_are_refused(book, capsys):
    file = book.root / "chapters" / "01_toy.py"
    (book.root / "solutions" / "01_toy.py").unlink()
    for code, said in (
        ("while True: pass", "ran longer than 2 s"),
        ("import os; os._exit(1)", "the kernel died in this cell"),
        ('print("x" * 600_000)', "500 kB is the most. The largest output is in cell 01-toy-002"),
    ):
        file.write_text(CHAPTER.replace("print(numbers)", code))
        assert author(book=book, timeout=2.0) == 1
        assert said in capsys.readouterr().err
    assert not (book.root / "chapters" / "01_toy.ipynb").exists()


def test_outputs_are_neutral(tmp_path):
    stream = nbformat.v4.new_output
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    widget = "0123456789abcdef0123456789abcdef"
    notebook.metadata["widgets"] = {"state": {widget: {}}}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
    cell = notebook.cells[0]
    cell.metadata["execution"] = {"iopub.status.busy": "2026"}
    cell.outputs = [
        stream("stream", name="stderr", text="progress"),
        stream("stream", name="stdout", text=f"{tmp_path}/a.txt <object at 0x7f13ff228410> {tmp_path}-not"),
        stream("display_data", data={"text/plain": widget, "application/json": {"path": str(tmp_path)}}),
    ]
    clean(notebook, Book(tmp_path))
    cell = notebook.cells[0]
    assert len(cell.outputs) == 2 and "execution" not in cell.metadata
    assert cell.outputs[0].text.startswith("./a.txt <object at 0x…> ") and cell.outputs[0].text.endswith("-not")
    assert cell.outputs[1].data["text/plain"] == "0" * 32 and list(notebook.metadata.widgets.state) == ["0" * 32]
    assert "version" not in notebook.metadata.language_info


def test_ctrl_c_stops_the_kernel_and_changes_nothing(fresh):
    before = {path: path.read_bytes() for path in fresh.notebooks()}
    started = fresh.root / "chapters" / "started"
    wait = "__import__('time').sleep(300)"
    edit(fresh.root / "chapters" / "01_toy.py", "print(numbers)", f"open('started', 'w').close()\n{wait}")
    environment = os.environ | {"INTERPBOOK_ROOT": str(fresh.root)}
    command = [sys.executable, "-m", "interpbook.cli", "author"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 1 and "Stopped." in said and "Traceback" not in said
    assert {path: path.read_bytes() for path in fresh.notebooks()} == before
    assert not [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(fresh.root / "chapters")]


def _author_elsewhere(book, result):
    result.put(author(book=book, force=True))


def test_two_runs_at_once_do_not_collide(fresh):
    before = {path: path.read_bytes() for path in fresh.notebooks()}
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    both = [context.Process(target=_author_elsewhere, args=(fresh, results)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [results.get(timeout=5) for _ in both] == [0, 0]
    assert {path: path.read_bytes() for path in fresh.notebooks()} == before
    assert not list(fresh.root.rglob("*.part")) and not list(fresh.root.rglob(".*.ipynb.*"))


def test_a_change_in_the_toolkit_is_noted_without_failing(fresh, capsys):
    toolkit = fresh.root / "book" / "interpbook"
    toolkit.mkdir(parents=True)
    edit(fresh.root / "chapters" / "01_toy.py", "from interpbook import __version__", "from interpbook import stats")
    (toolkit / "stats.py").write_text("from interpbook.other import x\n")
    (toolkit / "other.py").write_text("x = 1\n")
    source = fresh.root / "chapters" / "01_toy.py"
    path, notebook = next(iter(compose(source, fresh).items()))
    before = freshness.run_record(notebook, source, fresh)["toolkit"]
    (toolkit / "other.py").write_text('"""Now with words."""\n\nx = 1  # one\n')
    assert freshness.run_record(notebook, source, fresh)["toolkit"] == before
    (toolkit / "other.py").write_text("x = 2\n")
    assert freshness.run_record(notebook, source, fresh)["toolkit"] != before
    assert path.name == "01_toy.ipynb"
