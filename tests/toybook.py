"""A book of one tiny chapter and one tiny exercise set, made in a temporary folder, for the tests of the machinery."""

import json
from pathlib import Path

from interpbook.authoring.layout import Book

CHAPTER = '''# %% [markdown]
r"""
# 01 · Toy

Hello $x$.
"""

# %%
from interpbook import __version__

# %% tags=["fig:numbers"]
numbers = [1, 2]
print(numbers)
'''

SOLUTIONS = '''# %% [markdown]
r"""
# Exercises: toy
"""

# %%
import torch

from interpbook.exercises import check, or_reference

# %% [markdown]
r"""
## Exercise 1 · Double

Double it.
"""

# %% exercise="toy.double" kind="implement" points=2 difficulty=2 importance=5 minutes=10
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %%
double = or_reference("toy.double", double)
print(double(torch.ones(2)).tolist())

# %% [markdown]
r"""
## Exercise 2 · Guess
"""

# %% exercise="toy.guess" kind="predict" points=1 difficulty=1 importance=2 minutes=3
### BEGIN SOLUTION
guess = 4
### END SOLUTION

# %% [markdown] tags=["solution-only"]
r"""
Because two and two are four.
"""

# %% [markdown]
r"""
## Exercise 3 · Triple
"""

# %% exercise="toy.triple" kind="implement" points=3 difficulty=1 importance=2 minutes=3 answer="treble"
### BEGIN SOLUTION
def treble(x):
    """Three times x."""
    return 3 * x
### END SOLUTION
'''

CHECKS = """
import torch

from interpbook.exercises import Check, Mistake


def double(x):
    return 2 * x


def _inputs():
    return [(torch.rand(3),), (torch.rand(2, 2),)]


CHECKS = (
    Check(
        id="toy.double",
        reference=double,
        inputs=_inputs,
        mistakes=(Mistake("square", lambda x: x * x, "Is this the square?"),),
        alternatives=(lambda x: x + x,),
        fallback="What is twice a half?",
    ),
    Check(
        id="toy.guess",
        reference=lambda: 4,
        mistakes=(Mistake("three", 3, "One more?"),),
        alternatives=(4.0,),
        fallback="Count again?",
    ),
    Check(
        id="toy.triple",
        reference=lambda x: 3 * x,
        inputs=_inputs,
        mistakes=(Mistake("double", double, "Once more?"),),
        alternatives=(lambda x: x + x + x,),
        fallback="Add it how often?",
    ),
)
"""


def make_book(root: Path, monkeypatch) -> Book:
    """Write the toy book into `root`, and let the toolkit find its checks (and its notebooks' kernels too)."""
    for folder in ("chapters", "solutions", "exercises", "checks"):
        (root / folder).mkdir(parents=True)
    (root / "chapters" / "01_toy.py").write_text(CHAPTER, encoding="utf-8")
    (root / "chapters" / "01_toy.quiz.yml").write_text("[]\n", encoding="utf-8")
    (root / "solutions" / "01_toy.py").write_text(SOLUTIONS, encoding="utf-8")
    (root / "checks" / "01_toy.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.setenv("INTERPBOOK_CHECKS", str(root / "checks"))
    monkeypatch.setenv("INTERPBOOK_ROOT", str(root))
    return Book(root)


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(path: Path) -> list[dict]:
    """The cells of a notebook, as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def change(path: Path, edit_notebook) -> Path:
    """Change a notebook as JSON, in place."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit_notebook(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
