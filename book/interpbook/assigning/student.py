"""What students get: the notebooks, the packages to install, a page that says how, a list of checksums."""

import hashlib
import json
import re
from collections.abc import Sequence

import nbformat
from nbformat import NotebookNode

from interpbook.assigning.choosing import Chosen
from interpbook.authoring.compose import compose
from interpbook.authoring.layout import Book

_TASK_LINE = re.compile(r"(\*Difficulty .* · )\d+ points?\*")


def notebooks(book: Book, name: str, chosen: Sequence[Chosen]) -> dict[str, str]:
    """Our own copies: `exercises/NN_topic.ipynb` and `solutions/NN_topic.ipynb` → their text."""
    found: dict[str, str] = {}
    for stem in dict.fromkeys(one.stem for one in chosen):
        points = {one.exercise.id: one.points for one in chosen if one.stem == stem}
        made = compose(book.root / "solutions" / f"{stem}.py", book)
        for path, notebook in made.items():
            folder = "solutions" if path.parent.name == "solutions" else "exercises"
            if folder == "exercises":
                _with_points(notebook, points)
                notebook.metadata["interpbook"]["assignment"] = name
            found[f"{folder}/{stem}.ipynb"] = nbformat.writes(notebook) + "\n"
    return found


def _with_points(notebook: NotebookNode, points: dict[str, float]) -> None:
    """Write the assignment's points into task lines and check cells; exercises that are not graded become practice."""
    heading: NotebookNode | None = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and _TASK_LINE.search(cell.source):
            heading = cell
        nbgrader = cell.metadata.get("nbgrader", {})
        if not nbgrader.get("grade"):
            continue
        exercise_id = cell.metadata.interpbook.id
        worth = points.get(exercise_id, 0)
        shown = int(worth) if worth == int(worth) else worth
        nbgrader["points"] = worth
        cell.source = re.sub(r"points=[\d.]+\)$", f"points={shown})", cell.source)
        for output in cell.outputs:
            output.text = re.sub(r"\S+/\S+ points?", f"{shown}/{shown} point{'' if worth == 1 else 's'}", output.text)
        if heading is not None:
            label = f"{shown} point{'' if worth == 1 else 's'}" if worth else "practice, not graded"
            heading.source = _TASK_LINE.sub(rf"\g<1>{label}*", heading.source)


def files(book: Book, name: str, chosen: Sequence[Chosen], made: dict[str, str], due: str) -> dict[str, bytes]:
    """Name → content of everything that students get."""
    found = {
        path.removeprefix("exercises/"): text.encode() for path, text in made.items() if path.startswith("exercises/")
    }
    requirements = book.root / "requirements.txt"
    if requirements.is_file():
        found["requirements.txt"] = _pins(requirements.read_text(encoding="utf-8")).encode()
    found["README.md"] = _readme(name, chosen, due).encode()
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(found.items())}
    about = {"assignment": name, "due": due, "points": sum(one.points for one in chosen), "sha256": sums}
    found["manifest.json"] = (json.dumps(about, indent=1) + "\n").encode()
    return {f"{name}/{path}": data for path, data in sorted(found.items())}


def _pins(text: str) -> str:
    """The pinned packages, without the editable install of the checkout."""
    kept = [line for line in text.splitlines() if not line.startswith(("-e", "--editable", "."))]
    return "\n".join(kept).rstrip() + "\n"


def _readme(name: str, chosen: Sequence[Chosen], due: str) -> str:
    rows = "\n".join(f"| {one.stem} | {one.exercise.id} | {one.points:g} |" for one in chosen if one.points)
    total = sum(one.points for one in chosen)
    return f"""# {name}

{f"Due: {due}" if due else "No due date."} Points: {total:g}.

| notebook | exercise | points |
|---|---|---|
{rows}

1. Install once: `pip install -r requirements.txt`, and the toolkit of the book as its README says.
2. Open each notebook in JupyterLab, answer, run the check cell below your answer.
3. Hand in the `.ipynb` files under their own names.

Good to know:

- Only the **answer cells** are graded. What they need (a helper function, an import) must stand in one of them.
- A passed check means that your answer passed on small public inputs. It is graded on others.
- Running out of time or memory, or the network, costs the exercise in which it happens, not the others.
- Cells may be moved, outputs left in or cleared; check cells are replaced by ours.
"""
