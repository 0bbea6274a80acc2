"""The committed notebooks are those that the text files make; every stem has all its parts."""

import re

import nbformat
import pytest
from interpbook.authoring import author, find_book, freshness

BOOK = find_book()
NOTEBOOKS = BOOK.notebooks()


def test_nothing_is_out_of_date(capsys):
    assert author(book=BOOK, check=True) == 0, capsys.readouterr().err


def test_stems_are_the_same_everywhere():
    chapters = {file.stem for file in (BOOK.root / "chapters").glob("*.py")}
    checks = BOOK.root / "book" / "interpbook" / "checks"
    assert chapters
    assert chapters == {file.stem for file in (BOOK.root / "solutions").glob("*.py")}
    assert chapters == {file.stem for file in (BOOK.root / "exercises").glob("*.ipynb")}
    assert chapters == {file.stem for file in checks.glob("[0-9]*.py")}
    assert chapters == {file.name.removesuffix(".quiz.yml") for file in (BOOK.root / "chapters").glob("*.quiz.yml")}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=BOOK.name)
def test_a_notebook_is_valid_small_and_says_nothing_about_the_machine(path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    slug = path.stem.replace("_", "-")
    assert all(re.fullmatch(rf"{re.escape(slug)}-\d\d\d", cell.id) for cell in notebook.cells)
    assert len(text.encode()) <= freshness.MAX_BYTES
    assert not re.search(r"/home/|/Users/|/root/|/tmp/|site-packages|[A-Z]:\\\\", text)
    assert not any("execution" in cell.metadata for cell in notebook.cells)


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.parent.name != "exercises"], ids=BOOK.name)
def test_cells_ran_in_order_without_errors(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.parent.name == "chapters"], ids=BOOK.name)
def test_code_cells_are_short(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "hide-input" not in cell.metadata.get("tags", []):
            assert len(cell.source.splitlines()) <= 25, f"{cell.id} has {len(cell.source.splitlines())} lines"
