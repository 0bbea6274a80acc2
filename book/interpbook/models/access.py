"""Read from a model and write into it.

1. Prompts become token ids, prefixed by the document separator and padded on the left.
2. Sites are sorted into the order of the forward pass, which is the order that nnsight wants.
3. One trace: at each site, change what passes if asked to, then keep what passes. Reading stops the forward pass
   after the last site.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, overload

import nnsight
import torch
from jaxtyping import Bool, Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models.errors import PromptError, SiteError
from interpbook.models.loading import ModelInfo, info, network, remote_of
from interpbook.models.sites import BY_HEAD, Site, at, family, get, put

Prompts = str | Sequence[str] | Int[Tensor, "batch seq"]
Value = Tensor | Callable[[Tensor], Tensor]
"""What to write: a tensor that broadcasts to the site's shape, or a function of what passes there."""

DOCUMENT_SEPARATOR = "<|endoftext|>"


class Tokens(NamedTuple):
    """Prompts as a model takes them."""

    ids: Int[Tensor, "batch seq"]
    """Token ids, shorter prompts padded on the left."""
    mask: Bool[Tensor, "batch seq"]
    """True where a token is part of a prompt, False where it is padding."""

    @property
    def inputs(self) -> dict[str, Tensor]:
        """Keyword arguments of a forward pass; positions count from each prompt's own first token."""
        positions = (self.mask.long().cumsum(-1) - 1).clamp(min=0)
        return {"input_ids": self.ids, "attention_mask": self.mask.long(), "position_ids": positions}


def tokenize(model: TransformersModel, prompts: Prompts | Tokens, *, prefix: bool = True) -> Tokens:
    """Token ids of prompts, each prefixed by `<|endoftext|>` (or the model's own first token).

    The prefix matters: the first token of a text becomes the attention sink, and without a separator that is the first
    word of your prompt. A prompt that starts with a special token, such as a chat, is left as it is. A tensor of ids is
    taken as it is.
    """
    if isinstance(prompts, Tokens):
        return prompts
    if isinstance(prompts, Tensor):
        if prompts.numel() == 0:
            raise PromptError(f"tokenize: token ids of shape {tuple(prompts.shape)} hold no token.")
        return Tokens(prompts, torch.ones_like(prompts, dtype=torch.bool))
    texts = [prompts] if isinstance(prompts, str) else list(prompts)
    if not texts:
        raise PromptError("tokenize: the list of prompts is empty; give at least one.")
    rows = [_ids(model, text, prefix=prefix) for text in texts]
    longest, limit = max(map(len, rows)), info(model).n_context
    if longest > limit:
        raise PromptError(f"tokenize: a prompt has {longest} tokens; this model takes at most {limit}. Shorten it.")
    tokenizer = model.tokenizer
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else (tokenizer.eos_token_id or 0)
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[False] * (longest - len(row)) + [True] * len(row) for row in rows])
    return Tokens(ids, mask)


def _ids(model: TransformersModel, text: str, *, prefix: bool) -> list[int]:
    if not isinstance(text, str):
        raise PromptError(
            f"tokenize: a prompt is a {type(text).__name__}; expected text, a list of texts or token ids."
        )
    if not text.strip():
        raise PromptError("tokenize: a prompt is empty. Give at least one word.")
    tokenizer = model.tokenizer
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    special = text.startswith(tuple(tokenizer.all_special_tokens) or ("\0",))
    first = tokenizer.get_vocab().get(DOCUMENT_SEPARATOR, tokenizer.bos_token_id)
    return ids if special or not prefix or first is None else [first, *ids]


def token_strings(model: TransformersModel, prompt: str, *, prefix: bool = True) -> list[str]:
    """The tokens of one prompt as text, spaces and all."""
    return [model.tokenizer.decode([i]) for i in tokenize(model, prompt, prefix=prefix).ids[0].tolist()]


@overload
def read(model: TransformersModel, prompts: Prompts | Tokens, sites: Site) -> Tensor: ...
@overload
def read(model: TransformersModel, prompts: Prompts | Tokens, sites: Sequence[Site]) -> dict[Site, Tensor]: ...
def read(
    model: TransformersModel, prompts: Prompts | Tokens, sites: Site | Sequence[Site]
) -> Tensor | dict[Site, Tensor]:
    """What passes at a site, or at several (then a dictionary by site). Later layers are not run.

    Shapes: `(batch, seq, d_model)` for streams, `(batch, seq, d_mlp)` for neurons, `(batch, seq, head, d_head)` for
    `q k v z`, `(batch, head, query, key)` for `pattern`; `head=` and `position=` drop their axis. Padding stands on the
    left, so `position=-1` is each prompt's last token.
    """
    wanted = [sites] if isinstance(sites, Site) else list(sites)
    found = _run(model, tokenize(model, prompts), keep=wanted, write={}, stop=True)[0]
    return found[sites] if isinstance(sites, Site) else found


def logits(
    model: TransformersModel, prompts: Prompts | Tokens, *, write: Mapping[Site, Value] | None = None
) -> Float[Tensor, "batch seq d_vocab"]:
    """What the model says next at every token, in logits; with `write`, after an intervention.

    `write={Site("resid", layer=5, position=-1): vector}` replaces; a function changes what passes:
    `write={Site("z", layer=2, head=1): torch.zeros_like}` removes a head.
    """
    return _run(model, tokenize(model, prompts), keep=[], write=dict(write or {}), stop=False)[1]


def unembed(model: TransformersModel, resid: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_vocab"]:
    """The logits that a residual vector would give if the last block had written it: final norm, then unembedding."""
    module = network(model)
    tree = family(info(model).name)
    scores = module.lm_head(at(module, tree.norm)(resid))
    cap = getattr(model.config, "final_logit_softcapping", None)
    return scores if cap is None else cap * torch.tanh(scores / cap)


def _run(
    model: TransformersModel, tokens: Tokens, *, keep: Sequence[Site], write: dict[Site, Value], stop: bool
) -> tuple[dict[Site, Tensor], Tensor]:
    """One forward pass: change at the sites in `write`, keep what passes at the sites in `keep`."""
    sizes, tree = info(model), family(info(model).name)
    heads = {"q": sizes.n_heads, "k": sizes.n_kv_heads, "v": sizes.n_kv_heads}
    for site in (*keep, *write):
        _check(site, sizes, tokens, writing=site in write)
    # What enters a block must be seen before its attention, so that resid_mid can be put together there.
    entrances = {Site("resid_pre", site.layer) for site in (*keep, *write) if site.kind == "resid_mid"}
    order = sorted({*keep, *write, *entrances}, key=lambda site: site.order)
    wants_pattern = any(site.kind == "pattern" for site in order)
    said = torch.empty(0)
    with torch.no_grad(), _eager(model, wants_pattern), model.trace(tokens.inputs, remote=remote_of(model)) as tracer:
        found, entering = {}, {}
        for site in order:
            block = at(model, tree.blocks)[site.layer or 0]
            passing = get(block, site.kind, tree, heads, entering.get(site.layer))
            if site in write:
                passing = changed(passing, site, write[site])
                put(block, site.kind, tree, passing, entering.get(site.layer))
            if site.kind == "resid_pre":
                entering[site.layer] = passing
            if site in keep:
                found[site] = narrow(passing, site)
        found = nnsight.save(found)
        if stop:
            tracer.stop()
        else:
            said = model.output.logits.save()
    return found, said


def _index(site: Site) -> tuple[slice | int, ...]:
    """How a site's head and position narrow the whole tensor."""
    if site.kind == "pattern":  # (batch, head, query, key)
        parts = (site.head, site.position)
    else:  # (batch, seq, …) or (batch, seq, head, d_head)
        parts = (site.position, site.head) if site.kind in BY_HEAD else (site.position,)
    return (slice(None), *(slice(None) if part is None else part for part in parts))


def narrow(passing: Tensor, site: Site) -> Tensor:
    """The part of a whole activation that a site names."""
    return passing[_index(site)]


def changed(passing: Tensor, site: Site, value: Value) -> Tensor:
    """A copy of a whole activation with the part that a site names replaced.

    Raises:
        SiteError: the new value does not broadcast to what passes there.
    """
    old = narrow(passing, site)
    new = value(old) if callable(value) else value
    try:
        new = torch.as_tensor(new, dtype=passing.dtype).expand(old.shape)
    except RuntimeError as error:
        raise SiteError(
            f"write: {site} holds {tuple(old.shape)}, the new value is {tuple(new.shape)}, which does not broadcast. "
            f"Prompts of the same number of tokens? The right layer, head and position?"
        ) from error
    result = passing.clone()
    result[_index(site)] = new
    return result


def _check(site: Site, sizes: ModelInfo, tokens: Tokens, *, writing: bool) -> None:
    """Refuse a site that this model or these prompts do not have, before the forward pass starts."""
    if site.layer is not None and not 0 <= site.layer < sizes.n_layers:
        raise SiteError(f"{site}: this model has layers 0 to {sizes.n_layers - 1}.")
    n_heads = sizes.n_kv_heads if site.kind in ("k", "v") else sizes.n_heads
    if site.head is not None and not 0 <= site.head < n_heads:
        raise SiteError(f"{site}: this model has heads 0 to {n_heads - 1} for {site.kind!r}.")
    n_tokens = tokens.ids.shape[1]
    if site.position is not None and not -n_tokens <= site.position < n_tokens:
        raise SiteError(f"{site}: the prompts have positions 0 to {n_tokens - 1} (or -{n_tokens} to -1).")
    if site.position is not None and site.position >= 0 and not bool(tokens.mask.all()):
        raise PromptError(
            f"{site}: the prompts have {tokens.mask.sum(-1).unique().tolist()} tokens, so position {site.position} "
            f"means another word in each. Count from the end (position=-1 is the last), or use prompts of equal length."
        )
    if writing and site.kind == "pattern":
        raise SiteError(f"{site}: attention patterns can be read, not written. To silence a head, write zeros to 'z'.")


@contextmanager
def _eager(model: TransformersModel, wanted: bool) -> Iterator[None]:
    """Attention patterns exist only in the plain implementation; the fast one is put back afterwards."""
    module = network(model)
    before = module.config._attn_implementation
    if not wanted or before == "eager":
        yield
        return
    module.set_attn_implementation("eager")
    try:
        yield
    finally:
        module.set_attn_implementation(before)
