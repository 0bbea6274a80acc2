"""From a blueprint to a network: slots of the residual stream, and who may read and write which.

1. The residual stream is cut into slots. Every value that a slot can hold is a direction in it (`codes`).
2. A `Head` or a group of `Neurons` reads some slots and writes others. All its other weights are zero, before, during
   and after training (`masks`): that two variables are not connected is a fact about the network, not a hope.
3. Embedding, unembedding, and where heads look are written down, not learned: a word is its class (the slot `mark`)
   and which word it is; a head looks for a class. What heads carry and what neurons compute is learned.

The network is an ordinary small `LlamaForCausalLM` with a word-level tokenizer, so the whole toolkit works on it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from interpbook.models.loading import wrap
from interpbook.models.tokens import DOCUMENT_SEPARATOR
from interpbook.organisms.tracing.truth import Truth

MARK, ONE = "mark", "one"
"""Slots that every organism has: which class of word a token is; and a number that is always the same."""
LENGTH = 3.0
"""Of every code."""
GAIN = 3.0
"""Length of an unembedding row along a code."""
D_HEAD = 24
"""Wide enough to carry any slot."""
SMALL = 0.1
"""What is written starts small, so that nothing has to be unlearned first."""
REST, LOOK = 1.5, 3.0
"""How strongly a head is drawn to the separator, and to the words that it looks for."""


class Head(NamedTuple):
    """One attention head: carries slots from one class of words to another."""

    layer: int
    reads: str
    writes: str
    source: str
    """The class of words that it looks at."""
    targets: tuple[str, ...]
    """The classes of words that look; everywhere else it rests on the separator."""
    distance: int | None = None
    """How many tokens back the word stands, where there are several of its class."""


class Neurons(NamedTuple):
    """Some of a block's neurons."""

    layer: int
    size: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]


class Lesson(NamedTuple):
    """A text to learn, and the words to say after some of its tokens."""

    text: str
    says: dict[int, str]
    """By position, what comes next. Position 0 is the separator."""


@dataclass(frozen=True)
class Blueprint:
    """Everything that makes an organism."""

    name: str
    truth: Truth
    slots: Mapping[str, tuple[str, ...]]
    """Each slot's values."""
    classes: Mapping[str, tuple[str, ...]]
    """Words by class; a word that is alone in its class is a word of grammar."""
    holds: Mapping[str, str]
    """The slot in which a class of words says which of them it is."""
    parts: tuple[Head | Neurons, ...]
    readout: Mapping[str, Callable[[str], tuple[str, ...]]]
    """By slot: the words that a value of it speaks for."""
    lessons: Callable[[], list[Lesson]]
    tests: Callable[[], list[Lesson]]
    """Prompts that training did not see."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Slots with fewer dimensions than values; then codes are only nearly at right angles."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """Slots that speak louder, or less loud, than the others."""
    silences: Mapping[str, Callable[[str], tuple[str, ...]]] = field(default_factory=dict)
    """By slot: the words that a value of it speaks against."""
    steps: int = 1500
    latents: tuple[int, ...] = ()
    """Of the transcoders, by block."""
    k: tuple[int, ...] = ()
    from_neurons: tuple[int, ...] = ()
    """Blocks whose transcoder begins as the block's neurons instead of at random."""
    rate: float = 4e-3
    """At which transcoders learn."""
    constant: bool = True
    """Whether transcoders may write a constant. Without one, what is always there has a latent, and so a node."""
    contrast: bool = False
    """Whether transcoders see every row at the tokens where a block ever writes, also those where it stays silent."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The vocabulary, the separator first."""
        return (DOCUMENT_SEPARATOR, *(word for words in self.classes.values() for word in words))

    @cached_property
    def class_of(self) -> dict[str, str]:
        """Each word's class."""
        return {word: name for name, words in self.classes.items() for word in words} | {DOCUMENT_SEPARATOR: "start"}

    @cached_property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Each slot's values, with those of the slots that every organism has."""
        return {MARK: ("start", *self.classes), **self.slots}

    @cached_property
    def places(self) -> dict[str, slice]:
        """The dimensions of each slot."""
        places, start = {ONE: slice(0, 1)}, 1
        for slot, values in self.values.items():
            places[slot] = slice(start, start + self.widths.get(slot, len(values)))
            start = places[slot].stop
        return places

    @property
    def d_model(self) -> int:
        """Width of the stream: the slots, rounded up to whole eights (a width must be shared evenly among heads)."""
        return 8 * math.ceil(max(place.stop for place in self.places.values()) / 8)

    @property
    def n_layers(self) -> int:
        """How many blocks."""
        return 1 + max(part.layer for part in self.parts)

    def part_of(self, kind: type, layer: int) -> list:
        """The heads, or the groups of neurons, of one block."""
        return [part for part in self.parts if isinstance(part, kind) and part.layer == layer]

    @cached_property
    def n_heads(self) -> int:
        """Heads in a block: as many as the fullest needs, rounded up to a power of two."""
        most = max(1, *(len(self.part_of(Head, layer)) for layer in range(self.n_layers)))
        return 1 << (most - 1).bit_length()

    @cached_property
    def d_mlp(self) -> int:
        """Neurons in a block: as many as the fullest needs."""
        return max(sum(group.size for group in self.part_of(Neurons, layer)) for layer in range(self.n_layers))

    @cached_property
    def codes(self) -> dict[str, Float[Tensor, "value width"]]:
        """By slot, the direction of each value: drawn for the slot's name, at right angles where there is room."""
        return {slot: _directions(slot, len(self.values[slot]), self._width(slot)) for slot in self.values}

    def _width(self, slot: str) -> int:
        return self.places[slot].stop - self.places[slot].start

    def code(self, slot: str, value: str) -> Float[Tensor, " width"]:
        """The direction of one value."""
        return self.codes[slot][self.values[slot].index(value)]


def _directions(slot: str, n: int, width: int) -> Float[Tensor, "value width"]:
    generator = torch.Generator().manual_seed(sum(map(ord, slot)) + 1000 * n + width)
    if n <= width:
        return LENGTH * torch.linalg.qr(torch.randn(width, width, generator=generator)).Q[:n]
    rows = torch.randn(n, width, generator=generator).double()
    for _ in range(300):  # push apart the two that are closest, until all are about equally far
        rows = rows / rows.norm(dim=1, keepdim=True)
        near = (rows @ rows.T).fill_diagonal_(0.0)
        rows = rows - 0.2 * (near**5) @ rows * n**0.5
    return LENGTH * (rows / rows.norm(dim=1, keepdim=True)).float()


def tokenizer_of(blueprint: Blueprint) -> PreTrainedTokenizerFast:
    """One token a word."""
    vocabulary = {word: i for i, word in enumerate(blueprint.words)}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token=DOCUMENT_SEPARATOR))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {name: DOCUMENT_SEPARATOR for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def network_of(blueprint: Blueprint, seed: int) -> LlamaForCausalLM:
    """The network before training: random where the wiring allows a weight, zero elsewhere."""
    d_model, n_heads = blueprint.d_model, blueprint.n_heads
    settings: dict[str, Any] = {
        **{"vocab_size": len(blueprint.words), "hidden_size": d_model, "intermediate_size": blueprint.d_mlp},
        **{"num_hidden_layers": blueprint.n_layers, "num_attention_heads": n_heads, "head_dim": D_HEAD},
        **{"num_key_value_heads": n_heads, "max_position_embeddings": 32, "tie_word_embeddings": False},
        **{"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0},
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = LlamaForCausalLM(LlamaConfig(**settings))
        for name, mask in masks(blueprint).items():
            weight = network.get_parameter(name)
            fan_in = mask.sum(1).clamp(min=1)[:, None]
            size = SMALL if name.split(".")[-2] in ("o_proj", "down_proj") else 1.0
            weight.data = size * torch.randn(weight.shape) / fan_in.sqrt() * mask
        for name, weight in looking(blueprint).items():
            network.get_parameter(name).data = weight
    network.model.embed_tokens.weight.data = embedding(blueprint)
    network.lm_head.weight.data = unembedding(blueprint)
    return network


def embedding(blueprint: Blueprint) -> Float[Tensor, "word d_model"]:
    """Each word: one, its class, and in its class's slot which word it is."""
    rows = torch.zeros(len(blueprint.words), blueprint.d_model)
    rows[:, blueprint.places[ONE]] = LENGTH
    for i, word in enumerate(blueprint.words):
        name = blueprint.class_of[word]
        rows[i, blueprint.places[MARK]] = blueprint.code(MARK, name)
        if name in blueprint.holds:
            slot = blueprint.holds[name]
            rows[i, blueprint.places[slot]] = blueprint.code(slot, word)
    return rows


def unembedding(blueprint: Blueprint) -> Float[Tensor, "word d_model"]:
    """Each word: the codes of the values that speak for it, less those of the values that speak against it."""
    rows = torch.zeros(len(blueprint.words), blueprint.d_model)
    number = {word: i for i, word in enumerate(blueprint.words)}
    for words, sign in ((blueprint.readout, 1), (blueprint.silences, -1)):
        for slot, speaks in words.items():
            gain = sign * blueprint.gains.get(slot, 1.0) * GAIN / LENGTH
            for value in blueprint.values[slot]:
                for word in speaks(value):
                    rows[number[word], blueprint.places[slot]] += gain * blueprint.code(slot, value)
    return rows


def looking(blueprint: Blueprint) -> dict[str, Float[Tensor, "out in"]]:
    """Queries and keys: the separator attracts every token a little, the right class attracts the right ones more.

    Matches that ask for a class alone use the two pairs of rotary dimensions that hardly turn; a match that asks for a
    distance uses the pair that turns by one radian a token, and the query is turned back by as much.
    """
    found = {}
    mark, one = blueprint.places[MARK], blueprint.places[ONE]
    for layer in range(blueprint.n_layers):
        queries = torch.zeros(blueprint.n_heads * D_HEAD, blueprint.d_model)
        keys = queries.clone()
        for i, head in enumerate(blueprint.part_of(Head, layer)):
            start, half = i * D_HEAD, D_HEAD // 2
            queries[start + half - 1, one] = REST
            keys[start + half - 1, mark] = blueprint.code(MARK, "start") / LENGTH
            row, turn = (start + half - 2, 0.0) if head.distance is None else (start, float(head.distance))
            keys[row, mark] = blueprint.code(MARK, head.source) / LENGTH
            for word in head.targets:
                direction = LOOK * blueprint.code(MARK, word) / LENGTH
                queries[row, mark] += math.cos(turn) * direction
                queries[row + half, mark] -= math.sin(turn) * direction
        found[f"model.layers.{layer}.self_attn.q_proj.weight"] = queries
        found[f"model.layers.{layer}.self_attn.k_proj.weight"] = keys
    return found


def masks(blueprint: Blueprint) -> dict[str, Float[Tensor, "out in"]]:
    """By the name of a learned matrix, 1 where the wiring allows a weight and 0 where it does not."""
    found: dict[str, Tensor] = {}
    places, d, n = blueprint.places, blueprint.d_model, blueprint.n_heads * D_HEAD
    for layer in range(blueprint.n_layers):
        v, o = torch.zeros(n, d), torch.zeros(d, n)
        into, out = torch.zeros(blueprint.d_mlp, d), torch.zeros(d, blueprint.d_mlp)
        for i, head in enumerate(blueprint.part_of(Head, layer)):
            rows = slice(i * D_HEAD, (i + 1) * D_HEAD)
            v[rows, places[head.reads]] = 1.0
            o[places[head.writes], rows] = 1.0
        start = 0
        for group in blueprint.part_of(Neurons, layer):
            rows, start = slice(start, start + group.size), start + group.size
            for slot in (*group.reads, ONE):
                into[rows, places[slot]] = 1.0
            for slot in group.writes:
                out[places[slot], rows] = 1.0
        parts = {"self_attn.v": v, "self_attn.o": o, "mlp.gate": into, "mlp.up": into, "mlp.down": out}
        found |= {f"model.layers.{layer}.{name}_proj.weight": mask for name, mask in parts.items()}
    return found


def wrapped(blueprint: Blueprint, network: LlamaForCausalLM) -> TransformersModel:
    """The network as the toolkit's own models are."""
    return wrap(network, tokenizer_of(blueprint))
