"""Edges: for many targets at once, how much of each one's input every source supplies.

A target listens along one vector, at the input of one MLP (or at the unembedding) and one token. The vector is carried
backwards through the frozen model: through attention and norms, and past the MLPs, whose outputs are sources, not ways
(except where a transcoder has a linear skip). On its way it is compared with everything that is written into the
stream.

1. Targets are sorted by token, so that one batch needs no later tokens, and by layer, the highest first.
2. A batch starts at its highest layer; targets of lower layers join on the way down.

Built in chapter 05.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.attribution.frozen import Frozen, attention_back, norm_back


class Targets(NamedTuple):
    """Who listens."""

    layer: Int[Tensor, " target"]
    """At the input of this block's MLP; the number of blocks: at the unembedding."""
    position: Int[Tensor, " target"]
    vector: Float[Tensor, "target d_model"]
    """Along which direction."""

    def take(self, index: Tensor) -> "Targets":
        """Some of them."""
        return Targets(self.layer[index], self.position[index], self.vector[index])


@runtime_checkable
class Writer(Protocol):
    """What is written into the stream by one MLP, split into sources."""

    @property
    def constant(self) -> Float[Tensor, "pos d_model"]:
        """What it writes that belongs to no source."""
        ...

    def score(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "target source"]:
        """How far each source's vector at each of the first `pos` tokens goes along the gradient there."""
        ...

    def columns(self, n_pos: int) -> Int[Tensor, " source"] | slice:
        """Which source each column of `score` is."""
        ...

    def through(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "pos target d_model"] | None:
        """The gradient at the MLP's input, where the MLP itself is a way (a linear skip); None where it is not."""
        ...


class Rows(NamedTuple):
    """The inputs of some targets."""

    edges: Float[Tensor, "target source"]
    constant: Float[Tensor, " target"]
    """What arrives from biases and other things that are no source; the target's own bias is not in it."""


def sweep(frozen: Frozen, writers: Sequence[Writer], n_sources: int, targets: Targets, batch_size: int = 256) -> Rows:
    """Every target's inputs. Sources are numbered by the writers; the prompt's tokens are the last `pos` of them."""
    edges = torch.zeros(len(targets.layer), n_sources)
    constant = torch.zeros(len(targets.layer))
    for batch in batches(targets, batch_size):
        edges[batch], constant[batch] = _descend(frozen, writers, n_sources, targets.take(batch))
    return Rows(edges, constant)


def batches(targets: Targets, size: int) -> Iterator[Int[Tensor, " target"]]:
    """Targets of one token at a time, the highest layer first."""
    for position in targets.position.unique().tolist():
        here = (targets.position == position).nonzero()[:, 0]
        yield from here[targets.layer[here].argsort(descending=True, stable=True)].split(size)


def _descend(frozen: Frozen, writers: Sequence[Writer], n_sources: int, targets: Targets) -> Rows:
    """One batch: same token, layers descending."""
    position, n_layers = int(targets.position[0]), len(frozen.blocks)
    n_pos, n_targets = position + 1, len(targets.layer)
    edges, constant = torch.zeros(n_targets, n_sources), torch.zeros(n_targets)
    gradient = torch.zeros(n_pos, n_targets, targets.vector.shape[1])
    n_on = int((targets.layer == n_layers).sum())
    if n_on:
        gradient[position, :n_on] = norm_back(frozen.last, targets.vector[None, :n_on], position)[0]
    for layer in reversed(range(int(targets.layer.max().clamp(max=n_layers - 1)) + 1)):
        block, writer, below = frozen.blocks[layer], writers[layer], int((targets.layer >= layer).sum())
        if n_on:
            on = gradient[:, :n_on]
            _add(edges[:n_on], writer.columns(n_pos), writer.score(on))
            constant[:n_on] += torch.einsum("pbd,pd->b", on, writer.constant[:n_pos])
            way = writer.through(on)
            if way is not None:
                gradient[:, :n_on] += norm_back(block.norm2, way)
                constant[:n_on] += torch.einsum("pbd,d->b", way, block.norm2.bias)
        joining = targets.vector[None, n_on:below]
        gradient[position, n_on:below] = norm_back(block.norm2, joining, position)[0]
        n_on = below
        on = gradient[:, :n_on]
        constant[:n_on] += torch.einsum("pbd,d->b", on, block.constant)
        gradient[:, :n_on] += attention_back(block, on)
    edges[:, n_sources - len(frozen.ids) :][:, :n_pos] = torch.einsum("pbd,pd->bp", gradient, frozen.embed[:n_pos])
    return Rows(edges, constant)


def _add(edges: Tensor, columns: Tensor | slice, scores: Tensor) -> None:
    """Sources may write at several layers (cross-layer transcoders), so what arrives is added."""
    if isinstance(columns, slice):
        edges[:, columns] += scores
    else:
        edges.index_add_(1, columns, scores)
