"""What was graded with what, and what came out: a list of checksums, signed with the bundle's key.

The plain checksum shows that nothing was changed by accident. The signature shows that whoever wrote the manifest had
the private bundle: marks that anybody else changed, with all their checksums, do not pass.
"""

import hashlib
import hmac
import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from interpbook.grading import fingerprints
from interpbook.grading.bundle import Bundle, BundleError, read_bundle
from interpbook.grading.collect import Collected, CollectError, collect
from interpbook.grading.jobs import Plan
from interpbook.grading.marks import Marks
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.limits import Limits

OURS = ("feedback", "gradescope", "nbgrader")  # folders in which every file is ours


def sha256(data: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def submitted(collected: Collected) -> dict[str, str]:
    """`student/set` → checksum of the notebook."""
    return {f"{one.student}/{one.stem}": sha256(one.file.read()) for one in collected.submissions}


def text(
    files: dict[str, str], marks: Marks, made: Plan, collected: Collected, backend: Backend, limits: Limits
) -> str:
    """manifest.json: what was graded with what, and what came out (`files`: name → text)."""
    about: dict[str, Any] = {
        "bundle": {"name": marks.bundle.name, "sha256": marks.bundle.sha256, "toolkit": marks.bundle.toolkit},
        "sandbox": backend.as_json(),
        "limits": limits.as_json(),
        "python": platform.python_version(),
        "engine": fingerprints.engine(),
        "checks": {task.id: fingerprints.of_check(task.id, task.stem) for task in marks.bundle.tasks},
        "submissions": submitted(collected),
        "results": sorted({job.key for job in made.jobs}),
        "files": {name: sha256(text.encode("utf-8", "replace")) for name, text in sorted(files.items())},
    }
    return json.dumps(signed(about, marks.bundle), indent=1) + "\n"


def signed(about: dict[str, Any], bundle: Bundle) -> dict[str, Any]:
    """A manifest with its own checksum and its signature."""
    return about | {"sha256": sha256(_canonical(about)), "hmac_sha256": _signature(about, bundle)}


def _canonical(about: dict[str, Any]) -> bytes:
    return json.dumps({k: v for k, v in about.items() if k not in ("sha256", "hmac_sha256")}, sort_keys=True).encode()


def _signature(about: dict[str, Any], bundle: Bundle) -> str:
    return hmac.new(bytes.fromhex(bundle.key), b"interpbook manifest\0" + _canonical(about), hashlib.sha256).hexdigest()


def verify(out: Path, bundle_file: Path | None, submissions: Path | None) -> int:
    """Say whether everything in `out` is as its manifest says; 0 yes, 1 no, 2 if there is nothing to compare."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        about = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        problems = [*_of_manifest(about), *_of_files(about, out)]
        bundle = None if bundle_file is None else read_bundle(bundle_file)
        if bundle is not None:
            problems += _of_bundle(about, bundle)
            problems += [] if submissions is None else _of_submissions(about, collect(submissions, bundle))
    except (BundleError, CollectError) as error:
        console.print(str(error), markup=False)
        return 2
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        console.print(f"{out} holds no whole manifest.json. Name the folder that interpbook grade wrote.", markup=False)
        return 2
    for problem in problems:
        console.print(problem, markup=False)
    if bundle is None:
        also = "" if submissions is None else ", nor were the submissions"
        console.print(f"The signature was not looked at{also}: name the private bundle with --bundle.")
    if not problems:
        console.print(f"{len(about['files'])} files are as they were written; {len(about['submissions'])} notebooks.")
    return 1 if problems else 0


def _of_manifest(about: dict[str, Any]) -> Iterator[str]:
    if about["sha256"] != sha256(_canonical(about)):
        yield "manifest.json: was changed after it was written (its own checksum does not fit)."


def _of_files(about: dict[str, Any], out: Path) -> Iterator[str]:
    for name, sha in about["files"].items():
        path = out / name
        if not path.is_file():
            yield f"{name}: is missing."
        elif sha256(path.read_bytes()) != sha:
            yield f"{name}: was changed after it was written."
    known = {out / name for name in about["files"]}
    for folder in OURS:
        for path in sorted((out / folder).rglob("*")):
            if path.is_file() and path not in known:
                yield f"{path.relative_to(out).as_posix()}: is not in the manifest."


def _of_bundle(about: dict[str, Any], bundle: Bundle) -> Iterator[str]:
    if about["bundle"]["sha256"] != bundle.sha256:
        yield f"bundle: these marks were made with another one ({about['bundle']['name']}) than this ({bundle.name})."
    if not hmac.compare_digest(str(about.get("hmac_sha256")), _signature(about, bundle)):
        yield "signature: was not made with this bundle's key, or for another manifest."


def _of_submissions(about: dict[str, Any], collected: Collected) -> Iterator[str]:
    graded, given = about["submissions"], submitted(collected)
    for name in sorted(graded.keys() | given.keys()):
        if name not in given:
            yield f"{name}: was graded, and is not among these submissions."
        elif name not in graded:
            yield f"{name}: is among these submissions, and was not graded."
        elif given[name] != graded[name]:
            yield f"{name}: another notebook was graded than this."
