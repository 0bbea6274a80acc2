"""Places in a transformer, and where each architecture keeps them.

The residual stream runs through the blocks; each block adds what attention and then what its neurons write:

    resid_pre ──┬─────────────────► + ── resid_mid ──┬─────────────────► + ── resid   (the next block's resid_pre)
                └ norm ─ attention ─ attn_out        └ norm ─ neurons ─ mlp_out
                                                            └ mlp_in: what the norm gives to the neurons

Names follow the field's custom (Elhage et al. 2021). Supported: the module trees of GPT-2, and of Llama and its many
relatives (SmolLM2, Mistral, Qwen 2 and 3, Gemma 2 and 3).
"""

import difflib
import operator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from interpbook.models.errors import ModelError, SiteError

KINDS = (
    *("embed", "resid_pre", "q", "k", "v", "z", "pattern", "attn_out", "resid_mid"),
    *("mlp_in", "mlp_act", "mlp_out", "resid"),
)
"""Every kind of site, in the order in which a block computes them."""
BY_HEAD = ("q", "k", "v", "z", "pattern")


@dataclass(frozen=True)
class Site:
    """A place in a model.

    kind: `embed` what enters the first block · `resid_pre`, `resid_mid`, `resid` the residual stream before, within and
    after block `layer` · `attn_out`, `mlp_out` what a block adds · `mlp_in` what its neurons take, after the norm ·
    `mlp_act` its neurons · `q`, `k`, `v` per head, before positions are mixed in · `z` per head, what it gathered,
    before the output matrix · `pattern` attention.
    head: one head only. position: one token only (negative: from the end).
    """

    kind: str
    layer: int | None = None
    head: int | None = None
    position: int | None = None

    def __post_init__(self) -> None:
        self._whole_numbers()
        if not isinstance(self.kind, str):
            raise SiteError(f"Site: the kind comes first, as text, such as Site('resid', layer=0); got {self.kind!r}.")
        if self.kind not in KINDS:
            near = difflib.get_close_matches(self.kind, KINDS, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise SiteError(f"Site: there is no kind {self.kind!r}. {hint}Kinds: {', '.join(KINDS)}.")
        if (self.kind == "embed") != (self.layer is None):
            need = "takes no layer" if self.kind == "embed" else "needs a layer, for example layer=0"
            raise SiteError(f"Site: {self.kind!r} {need}; got layer={self.layer}.")
        if self.head is not None and self.kind not in BY_HEAD:
            raise SiteError(f"Site: {self.kind!r} is not split by head; head= goes with {', '.join(BY_HEAD)}.")

    def _whole_numbers(self) -> None:
        """NumPy's and torch's whole numbers become Python's, so that equal sites are equal; others are refused."""
        for name in ("layer", "head", "position"):
            value = getattr(self, name)
            if value is None:
                continue
            try:
                object.__setattr__(self, name, operator.index(value))
            except TypeError as error:
                raise SiteError(f"Site: {name} is a whole number such as 0; got {value!r}.") from error

    @property
    def order(self) -> tuple[int, int]:
        """Where the forward pass comes by; nnsight wants places in this order."""
        return (-1 if self.layer is None else self.layer, KINDS.index(self.kind))


@dataclass(frozen=True)
class Family:
    """Where one family of architectures keeps things: dotted paths below the model or below a block."""

    blocks: str
    norm: str
    attention: str
    z: str
    """The module whose input is every head's `z`, side by side."""
    mlp_act: str
    """The module whose input is the neurons."""
    attn_out: str
    mlp_out: str
    mlp: str = "mlp"
    """The module whose input is `mlp_in`."""
    fused_qkv: str = ""
    """One projection that gives q, k and v side by side, where the family has one."""


LLAMA = Family("model.layers", "model.norm", "self_attn", "self_attn.o_proj", "mlp.down_proj", "self_attn", "mlp")
SANDWICH = Family(  # Gemma normalises what a block adds before adding it
    *("model.layers", "model.norm", "self_attn", "self_attn.o_proj", "mlp.down_proj"),
    *("post_attention_layernorm", "post_feedforward_layernorm"),
)
GPT2 = Family(
    "transformer.h", "transformer.ln_f", "attn", "attn.c_proj", "mlp.c_proj", "attn", "mlp", fused_qkv="attn.c_attn"
)

FAMILIES = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3"), LLAMA),
    **dict.fromkeys(("gemma2", "gemma3_text"), SANDWICH),
    "gpt2": GPT2,
}


def family(model_type: str) -> Family:
    """The family of a transformers `config.model_type`."""
    if model_type not in FAMILIES:
        raise ModelError(f"Sites are not known for {model_type!r} models. Known: {', '.join(FAMILIES)}.")
    return FAMILIES[model_type]


def at(root: Any, path: str) -> Any:
    """The submodule at a dotted path."""
    for name in path.split("."):
        root = getattr(root, name)
    return root


def first(output: Any) -> Any:
    """The tensor of a module that gives a tensor, or a tuple that starts with one (versions differ)."""
    return output[0] if isinstance(output, tuple) else output


def get(block: Any, kind: str, tree: Family, heads: dict[str, int], entering: Any) -> Tensor:
    """What passes at `kind` of one block, which `entering` entered. Only inside a trace, in the order of KINDS."""
    match kind:
        case "embed" | "resid_pre":
            return block.input
        case "resid":
            return first(block.output)
        case "resid_mid":
            return entering + first(at(block, tree.attn_out).output)
        case "attn_out":
            return first(at(block, tree.attn_out).output)
        case "mlp_out":
            return first(at(block, tree.mlp_out).output)
        case "mlp_in":
            return at(block, tree.mlp).input
        case "mlp_act":
            return at(block, tree.mlp_act).input
        case "pattern":
            return _present(at(block, tree.attention).output[1])
        case "z":
            return at(block, tree.z).input.unflatten(-1, (heads["q"], -1))
        case _:
            return _projection(block, kind, tree).unflatten(-1, (heads[kind], -1))


def _present(pattern: Tensor | None) -> Tensor:
    if pattern is None:
        raise ModelError("read: this model gave no attention pattern; a server may run an attention that keeps none.")
    return pattern


def put(block: Any, kind: str, tree: Family, value: Tensor, entering: Any) -> None:
    """Replace what passes at `kind` of one block. Only inside a trace."""
    match kind:
        case "embed" | "resid_pre":
            block.input = value
        case "resid":
            _put_output(block, value)
        case "resid_mid":  # the stream itself has no module here, so what attention adds makes the difference
            _put_output(at(block, tree.attn_out), value - entering)
        case "attn_out":
            _put_output(at(block, tree.attn_out), value)
        case "mlp_out":
            _put_output(at(block, tree.mlp_out), value)
        case "mlp_in":
            at(block, tree.mlp).input = value
        case "mlp_act":
            at(block, tree.mlp_act).input = value
        case "z":
            at(block, tree.z).input = value.flatten(-2)
        case _:
            _put_projection(block, kind, tree, value.flatten(-2))


def _put_output(module: Any, value: Tensor) -> None:
    old = module.output
    module.output = (value, *old[1:]) if isinstance(old, tuple) else value


def _projection(block: Any, kind: str, tree: Family) -> Tensor:
    if not tree.fused_qkv:
        return at(block, tree.attention + f".{kind}_proj").output
    return at(block, tree.fused_qkv).output.chunk(3, dim=-1)["qkv".index(kind)]


def _put_projection(block: Any, kind: str, tree: Family, value: Tensor) -> None:
    if not tree.fused_qkv:
        at(block, tree.attention + f".{kind}_proj").output = value
        return
    fused = at(block, tree.fused_qkv)
    parts = list(fused.output.chunk(3, dim=-1))
    parts["qkv".index(kind)] = value
    fused.output = torch.cat(parts, dim=-1)
