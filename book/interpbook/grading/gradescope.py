"""`run_autograder` of a Gradescope zip: the one submission in ROOT/submission → ROOT/results/results.json.

Before this runs, the shell script has put a results.json there that asks for another run; it is replaced only by
finished results, so that a crash is never taken for a mark.
"""

import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import yaml

from interpbook.grading.bundle import Bundle, read_bundle
from interpbook.grading.collect import CollectError, collect
from interpbook.grading.grade_command import Wishes, grade
from interpbook.grading.sandbox import other_user
from interpbook.grading.sandbox.backends import Backend, NoSandboxError, choose

NOT_FINISHED = {
    "output": "The grader did not finish, so there is no mark yet: this is not about your answers. Please submit "
    "again. If this message comes back, tell your instructors, who find the reason in the autograder's output.",
    "visibility": "visible",
    "stdout_visibility": "hidden",
    "tests": [],
}
"""No score and no test: Gradescope shows the sentence and a person decides."""


def main(root: Path) -> int:
    """Grade; returns 0 if results.json says a mark, 1 if it asks for another run."""
    try:
        results = _results(root)
    except Exception:  # whatever it is, the student must not pay for it; the instructor sees the trace
        traceback.print_exc()
        results = NOT_FINISHED
    target = root / "results" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(".results.json.part")
    scratch.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    scratch.replace(target)
    return int(results is NOT_FINISHED)


def _results(root: Path) -> dict[str, Any]:
    (bundle_file,) = (root / "source" / "private").glob("*.private.zip")
    bundle = read_bundle(bundle_file)
    with tempfile.TemporaryDirectory(prefix="interpbook-gradescope-") as scratch:
        export, out = Path(scratch, "export"), Path(scratch, "marks")
        _as_export(root, export)
        try:
            collect(export, bundle)
        except CollectError:
            return _nothing_there(bundle, root)
        status = grade(export, bundle_file, out, Wishes(backend=_backend()))
        made = sorted((out / "gradescope").glob("*.json"))
        return _shown(json.loads(made[0].read_text(encoding="utf-8"))) if status == 0 and made else NOT_FINISHED


def _shown(results: dict[str, Any]) -> dict[str, Any]:
    """Results that students see at once; marks that are uploaded later wait until they are published."""
    tests = [test | {"visibility": "visible"} for test in results["tests"]]
    return results | {"visibility": "visible", "tests": tests}


def _as_export(root: Path, export: Path) -> None:
    """The submission as Gradescope exports one, which `collect` reads: its files, its time, its (first) owner."""
    about = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
    shutil.copytree(root / "submission", export / "submission_1", symlinks=True)
    person = (about.get("users") or [{}])[0]
    who = str(person.get("sid") or person.get("email") or "student")
    entry = {
        ":created_at": about.get("created_at", ""),
        ":submitters": [{":sid": who, ":name": person.get("name", who)}],
    }
    (export / "submission_metadata.yml").write_text(yaml.safe_dump({"submission_1": entry}), encoding="utf-8")


def _backend() -> Backend:
    """A sandbox; where none can be made inside Gradescope's container, another user; else nothing, loudly."""
    try:
        return choose()
    except NoSandboxError as error:
        why_not = other_user.why_not()
        found = choose(trust=True) if why_not else other_user.OtherUser()
        print(f"{error} Used instead: {found.name}{f' ({why_not})' if why_not else ''}.")  # noqa: T201 (for instructors)
        return found


def _nothing_there(bundle: Bundle, root: Path) -> dict[str, Any]:
    wanted = ", ".join(f"{stem}.ipynb" for stem in bundle.stems)
    given = ", ".join(sorted(path.name for path in (root / "submission").rglob("*") if path.is_file()))[:300]
    said = f"No notebook of {bundle.name} was found, so there was nothing to grade. Expected: {wanted}. "
    return {"score": 0.0, "output": f"{said}Handed in: {given or 'nothing'}.", "visibility": "visible", "tests": []}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
