"""The book's corpus: free text as token ids, its sources, and how to make it again (`interpbook train corpus`)."""

from interpbook.corpus.shipped import Corpus, ids_of, open_corpus, passages, tokens
from interpbook.corpus.sources import SOURCES, CorpusError
from interpbook.corpus.stored import stores

__all__ = ["SOURCES", "Corpus", "CorpusError", "ids_of", "open_corpus", "passages", "stores", "tokens"]
