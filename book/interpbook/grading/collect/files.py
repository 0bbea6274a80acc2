"""Files of a folder or a zip archive as (name, bytes), with guards.

Nothing is ever unpacked onto the disk. Links are not followed, names that leave the root are refused, and sizes are
checked before and while reading, so that an archive of zeros stops at the limit.
"""

import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MAX_FILE = 30 * 2**20
MAX_FILES = 100_000
MAX_RATIO = 200  # a notebook does not shrink more than that
_SKIP = (".git", "__MACOSX", ".ipynb_checkpoints", "__pycache__")


class CollectError(ValueError):
    """Nothing can be read there; the message is one sentence."""


@dataclass(frozen=True)
class Found:
    """One file: its name inside the folder or archive, with forward slashes."""

    name: str
    read: Callable[[], bytes]


def open_files(path: Path) -> tuple[list[Found], list[str]]:
    """(files in order of their names, sentences about what was refused)."""
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise CollectError(f"{path} does not exist. Name a folder of submissions, or the zip file of your platform.")
    if not zipfile.is_zipfile(path):
        raise CollectError(f"{path} is neither a folder nor a zip file of submissions.")
    return _in_zip(path)


def _in_folder(root: Path) -> tuple[list[Found], list[str]]:
    found, refused = [], []
    folders = [root]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            name = path.relative_to(root).as_posix()
            mode = path.lstat().st_mode
            if path.name in _SKIP or path.name.startswith("."):
                continue
            if stat.S_ISLNK(mode):
                refused.append(f"{name}: a link, which is not followed.")
            elif stat.S_ISDIR(mode):
                folders.append(path)
            elif not stat.S_ISREG(mode):
                refused.append(f"{name}: not a plain file.")
            elif path.stat().st_size > MAX_FILE:
                refused.append(f"{name}: larger than {MAX_FILE // 2**20} MB.")
            else:
                found.append(Found(name, path.read_bytes))
            if len(found) > MAX_FILES:
                raise CollectError(f"{root} holds more than {MAX_FILES:,} files. Is it the folder of submissions?")
    return sorted(found, key=lambda file: file.name), refused


def _in_zip(path: Path) -> tuple[list[Found], list[str]]:
    found, refused, names = [], [], set()
    archive = zipfile.ZipFile(path)
    for info in archive.infolist():
        if info.is_dir() or any(part in _SKIP for part in info.filename.split("/")):
            continue
        name = info.filename.replace("\\", "/")
        why = _why_not(info, name) or ("its name is there twice" if name in names else None)
        if why is not None:
            refused.append(f"{name[:200]}: {why}.")
            continue
        names.add(name)
        found.append(Found(name, lambda info=info: _member(path, info)))
        if len(found) > MAX_FILES:
            raise CollectError(f"{path} holds more than {MAX_FILES:,} files.")
    archive.close()
    return sorted(found, key=lambda file: file.name), refused


def _why_not(info: zipfile.ZipInfo, name: str) -> str | None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (parts and ":" in parts[0][:2]) or "\x00" in name:
        return "its name leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link"
    if info.flag_bits & 1:
        return "encrypted"
    if info.file_size > MAX_FILE:
        return f"larger than {MAX_FILE // 2**20} MB"
    if info.file_size > 2**20 and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return "packed far too well to be a notebook"
    return None


def _member(path: Path, info: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(info) as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise CollectError(f"{info.filename}: larger than it says.")
    return data
