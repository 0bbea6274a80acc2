"""Put the marks of ../marks.json into nbgrader's gradebook, exercise by exercise; grades given by hand stay.

Run it in the course folder with the Python that has nbgrader:  python MARKS/nbgrader/to_gradebook.py [gradebook.db]
"""

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Raises SystemExit with a sentence where the gradebook or the assignment is not there."""
    from nbgrader.api import Gradebook, MissingEntry  # type: ignore[import-not-found]  (the reader's, not ours)

    marks = json.loads((Path(__file__).parent.parent / "marks.json").read_text(encoding="utf-8"))
    file, name = Path(*(sys.argv[1:2] or ["gradebook.db"])).resolve(), marks["assignment"]
    if not file.is_file():
        sys.exit(f"There is no gradebook {file}. Run this in nbgrader's course folder, or name the file.")
    with Gradebook(f"sqlite:///{file}") as book:
        try:
            for entry in {e["grade_id"]: e for row in marks["students"] for e in row["exercises"]}.values():
                book.find_grade_cell(entry["grade_id"], entry["notebook"], name)
        except MissingEntry as error:
            sys.exit(
                f"{error} Nothing was changed. Is this the course of `assign --nbgrader`, and was "
                f"`nbgrader generate_assignment {name}` run in it?"
            )
        for row in marks["students"]:
            _put(book, name, row)
        book.db.commit()
    print(f"{len(marks['students'])} students, {name}: {file}")  # noqa: T201 (a script's last word)


def _put(book: Any, name: str, row: dict[str, Any]) -> None:
    """One student's marks; what lateness costs stands at the first notebook."""
    book.update_or_create_student(row["student"])
    submitted = book.update_or_create_submission(name, row["student"])
    for entry in row["exercises"]:
        grade = book.find_grade(entry["grade_id"], entry["notebook"], name, row["student"])
        grade.auto_score, grade.needs_manual_grade = entry["points"], False
    for number, notebook in enumerate(submitted.notebooks):
        notebook.late_submission_penalty = 0 if number else round(row["raw"] - row["score"], 2)


if __name__ == "__main__":
    main()
