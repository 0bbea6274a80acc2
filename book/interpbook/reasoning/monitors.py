"""Monitors: what watches a scratch pad, a program, or an activation, and says how suspicious it looks.

1. `word_rule` rings at certain words: what a person would write down first.
2. `train_reader` learns from marked texts which words, and which pairs of neighbours, go with cheating.
3. `train_watcher` learns a direction in activations: a probe.
4. `either` and `together` combine scores.

Each gives a score an item; what the scores are worth is `reasoning.roc`. Whatever is trained or chosen here has to be
judged on other tasks, and on other training runs of the policy, than it was trained on: `by_task_and_seed`.
"""

from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from interpbook.probes import Probe, logistic
from interpbook.probes import score as along
from interpbook.stats.inputs import Numbers, two_classes, vector


class Reader(NamedTuple):
    """A trained reader of texts."""

    counts: CountVectorizer
    """Which words, and pairs of words, a text has."""
    classifier: LogisticRegression
    base_rate: float
    """Share of cheats among the texts that it was trained on: its probabilities hold at that rate."""


def word_rule(texts: Sequence[str], words: Collection[str]) -> Float[np.ndarray, " item"]:
    """1 where a text has one of the words, as a word of its own; 0 elsewhere."""
    wanted = set(words)
    return np.array([float(not wanted.isdisjoint(text.split())) for text in texts])


def train_reader(texts: Sequence[str], labels: Numbers, *, penalty: float = 1.0, pairs: bool = True) -> Reader:
    """Logistic regression on which words a text has and, with `pairs`, which two follow each other.

    Raises:
        ValueError: texts and labels do not match, or there is only one kind of label.
    """
    marks = two_classes("train_reader", vector("train_reader", "labels", labels), len(texts))
    counts = CountVectorizer(token_pattern=r"\S+", lowercase=False, binary=True, ngram_range=(1, 2 if pairs else 1))
    seen = counts.fit_transform([text or "(nothing)" for text in texts])
    return Reader(counts, LogisticRegression(C=1 / penalty, max_iter=1000).fit(seen, marks), float(marks.mean()))


def read_scores(reader: Reader, texts: Sequence[str]) -> Float[np.ndarray, " item"]:
    """How likely each text goes with a cheat, according to the reader: probabilities at its own base rate."""
    return reader.classifier.predict_proba(reader.counts.transform([text or "(nothing)" for text in texts]))[:, 1]


def telling_words(reader: Reader, n: int = 5) -> list[tuple[str, float]]:
    """The words (and pairs) that make the reader most suspicious, with their weights, largest first."""
    names, weights = reader.counts.get_feature_names_out(), reader.classifier.coef_[0]
    return [(str(names[i]), float(weights[i])) for i in np.argsort(-weights)[:n]]


def train_watcher(acts: Float[Tensor, "item d"], labels: Bool[Tensor, " item"], *, penalty: float = 10.0) -> Probe:
    """A probe for cheating, by logistic regression; `watch_scores` reads with it."""
    return logistic(acts, labels, penalty=penalty)


def watch_scores(probe: Probe, acts: Float[Tensor, "item d"]) -> Float[np.ndarray, " item"]:
    """The probe's probability that each activation belongs to a cheat."""
    return torch.sigmoid(along(probe, acts)).double().numpy()


def either(*scores: Numbers) -> Float[np.ndarray, " item"]:
    """The highest of several monitors' scores: rings where one of them does. It adds up their false alarms, too.

    Raises:
        ValueError: the monitors have not scored equally many items.
    """
    return _side_by_side("either", scores).max(0)


def together(*scores: Numbers) -> Float[np.ndarray, " item"]:
    """The mean of several monitors' log-odds, as a probability: one that is sure outweighs one that is not."""
    p = _side_by_side("together", scores).clip(1e-6, 1 - 1e-6)
    return 1 / (1 + np.exp(-np.log(p / (1 - p)).mean(0)))


def by_task_and_seed(
    tasks: Sequence[Hashable], seeds: Sequence[Hashable], test_tasks: Collection, test_seeds: Collection
) -> tuple[Bool[np.ndarray, " item"], Bool[np.ndarray, " item"]]:
    """Which items to train on and which to test on: test items have a held-out task *and* a held-out seed.

    Items that are new in one respect only are in neither part.
    """
    if len(tasks) != len(seeds):
        raise ValueError(f"by_task_and_seed: {len(tasks)} tasks but {len(seeds)} seeds. Expected one of each an item.")
    held, fresh = set(test_tasks), set(test_seeds)
    new_task = np.array([task in held for task in tasks])
    new_seed = np.array([seed in fresh for seed in seeds])
    return ~new_task & ~new_seed, new_task & new_seed


def _side_by_side(doing: str, scores: Sequence[Numbers]) -> Float[np.ndarray, "monitor item"]:
    rows = [vector(doing, f"scores {i}", some) for i, some in enumerate(scores)]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError(f"{doing}: the monitors scored {[len(row) for row in rows]} items. Expected the same items.")
    return np.stack(rows)
