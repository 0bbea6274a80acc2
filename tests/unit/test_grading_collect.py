"""Collecting: every platform's layout, and every trick with names, links and sizes."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.collect import CollectError, collect
from interpbook.grading.collect.files import MAX_FILE, open_files

TASKS = tuple(
    Task(f"toy.{stem}", stem, f"toy-{stem}", "implement", "f", 1.0, "value", 0.0, 0.0, False)
    for stem in ("01_toy", "02_two")
)
BUNDLE = Bundle("hw1", "00", TASKS, due="2027-02-01T23:59:00+00:00")


def _nb(grade_id: str = "toy-01_toy") -> bytes:
    cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": grade_id}}, "source": "1", "outputs": []}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


def _folder(root: Path, names: dict[str, bytes]) -> Path:
    for name, data in names.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def _zip(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return path


METADATA = b"""
submission_11:
  :submitters:
  - :name: Anna
    :email: anna@x.org
    :sid: '7'
  - :name: Bo
    :email: bo@x.org
  :created_at: 2027-02-02 00:29:00 UTC
submission_12:
  :submitters:
  - :name: Anna
    :sid: '7'
  :created_at: 2027-02-01 10:00:00 UTC
"""

LAYOUTS = {
    "nbgrader": (
        {"submitted/anna/hw1/01_toy.ipynb": _nb(), "submitted/anna/hw1/timestamp.txt": b"2027-02-02 00:59:00 UTC",
         "submitted/anna/hw0/01_toy.ipynb": _nb(), "submitted/bo/hw1/01_toy.ipynb": _nb()},
        {("anna", "01_toy", 60.0), ("bo", "01_toy", None)},
    ),
    "canvas": (
        {"smithanna_47_900_01_toy.ipynb": _nb(), "smithanna_47_901_01_toy-1.ipynb": _nb(),
         "lee_LATE_48_902_02_two.ipynb": _nb()},
        {("47", "01_toy", 0.0), ("48", "02_two", 1.0)},
    ),
    "moodle": (
        {"Anna Smith_47_assignsubmission_file_/01_toy.ipynb": _nb(),
         "Bo Lee_48_assignsubmission_file/sub/02_two.ipynb": _nb()},
        {("47", "01_toy", None), ("48", "02_two", None)},
    ),
    "gradescope": (
        {"export/submission_metadata.yml": METADATA, "export/submission_11/01_toy.ipynb": _nb(),
         "export/submission_12/01_toy.ipynb": _nb()},
        {("7", "01_toy", 30.0), ("bo@x.org", "01_toy", 30.0)},
    ),
    "flat": (
        {"anna/whatever.ipynb": _nb("toy-02_two"), "bo.ipynb": _nb(), "carl_02_two.ipynb": _nb(), "notes.txt": b"x"},
        {("anna", "02_two", None), ("bo", "01_toy", None), ("carl", "02_two", None)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_layouts(layout, packed, tmp_path):
    names, expected = LAYOUTS[layout]
    path = _zip(tmp_path / "all.zip", names) if packed else _folder(tmp_path, names)
    found = collect(path, BUNDLE)
    assert found.layout == layout
    assert {(one.student, one.stem, one.minutes_late) for one in found.submissions} == expected


def test_of_two_hand_ins_the_later_counts_and_this_is_said(tmp_path):
    names, _ = LAYOUTS["canvas"]
    found = collect(_folder(tmp_path, names), BUNDLE)
    assert next(one for one in found.submissions if one.student == "47").file.name.endswith("-1.ipynb")
    assert any("01_toy.ipynb: a later notebook of 47" in line for line in found.refused)


def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(_nb())
    root = _folder(tmp_path / "subs", {"anna/01_toy.ipynb": _nb()})
    (root / "eve").mkdir()
    (root / "eve" / "01_toy.ipynb").symlink_to(secret)
    (root / "mallory").symlink_to(tmp_path)
    found = collect(root, BUNDLE)
    assert {one.student for one in found.submissions} == {"anna"}
    assert len([line for line in found.refused if "a link" in line]) == 2


@pytest.mark.parametrize(
    "name", ["../evil.ipynb", "/etc/evil.ipynb", "a/../../evil.ipynb", "C:/evil.ipynb", "..\\evil.ipynb"]
)
def test_names_that_leave_the_archive(name, tmp_path):
    found, refused = open_files(_zip(tmp_path / "a.zip", {name: _nb(), "anna/01_toy.ipynb": _nb()}))
    assert [file.name for file in found] == ["anna/01_toy.ipynb"]
    assert "leads out of the archive" in refused[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_bombs_and_links_in_archives(tmp_path):
    link = zipfile.ZipInfo("eve/01_toy.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.ipynb", b"\0" * 2**22)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("anna/01_toy.ipynb", _nb())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("anna/01_toy.ipynb", b"other")
    found, refused = open_files(tmp_path / "a.zip")
    assert [file.read() for file in found] == [_nb()]
    assert (
        len(refused) == 3 and "packed far too well" in refused[0] and "a link" in refused[1] and "twice" in refused[2]
    )


def test_large_files_are_refused(tmp_path):
    with (tmp_path / "big.ipynb").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert open_files(tmp_path) == ([], [f"big.ipynb: larger than {MAX_FILE // 2**20} MB."])


def test_what_cannot_be_collected_is_said_in_a_sentence(tmp_path):
    for path in (tmp_path / "nothing", _zip(tmp_path / "empty.zip", {}), _folder(tmp_path / "f", {"x.txt": b"1"})):
        with pytest.raises(CollectError, match=r"\.$"):
            collect(path, BUNDLE)
    (tmp_path / "x.pdf").write_bytes(io.BytesIO(b"no").read())
    with pytest.raises(CollectError, match="neither a folder nor a zip"):
        collect(tmp_path / "x.pdf", BUNDLE)
