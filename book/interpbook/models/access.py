"""Read from a model and write into it.

1. Prompts become token ids.
2. Sites are sorted into the order of the forward pass, which is the order that nnsight wants.
3. One trace: at each site, change what passes if asked to, then keep what passes. Reading stops the forward pass
   after the last site, so reading at layer 5 costs six layers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, overload

import nnsight
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models.errors import ModelError, PromptError, SiteError
from interpbook.models.loading import ModelInfo, info, network, remote_of
from interpbook.models.sites import BY_HEAD, KINDS, Site, at, family, get, put
from interpbook.models.tokens import Prompts, Tokens, tokenize

Value = Tensor | Callable[[Tensor], Tensor]
"""What to write: a tensor that broadcasts to the site's shape, or a function of what passes there."""
Write = Mapping[Site, Value]


@overload
def read(model: TransformersModel, prompts: Prompts, sites: Site, *, write: Write | None = None) -> Tensor: ...
@overload
def read(
    model: TransformersModel, prompts: Prompts, sites: Sequence[Site], *, write: Write | None = None
) -> dict[Site, Tensor]: ...
def read(
    model: TransformersModel, prompts: Prompts, sites: Site | Sequence[Site], *, write: Write | None = None
) -> Tensor | dict[Site, Tensor]:
    """What passes at a site, or at several (then a dictionary by site). Later layers are not run.

    Shapes: `(batch, seq, d_model)` for streams, `(batch, seq, d_mlp)` for neurons, `(batch, seq, head, d_head)` for
    `q k v z`, `(batch, head, query, key)` for `pattern`; `head=` and `position=` drop their axis. Padding stands on the
    left, so `position=-1` is each prompt's last token; what is read at padding means nothing (`tokenize(...).mask`).
    With `write`, what passes after that intervention.
    """
    wanted = _sites("read", sites)
    found, _ = _run(model, tokenize(model, prompts), keep=wanted, write=_written(write), stop=True)
    return found[sites] if isinstance(sites, Site) else found


def logits(
    model: TransformersModel, prompts: Prompts, *, write: Write | None = None
) -> Float[Tensor, "batch seq d_vocab"]:
    """What the model says next at every token, in logits; with `write`, after an intervention.

    `write={Site("resid", layer=5, position=-1): vector}` replaces; a function changes what passes:
    `write={Site("z", layer=2, head=1): torch.zeros_like}` removes a head.
    """
    return _run(model, tokenize(model, prompts), keep=[], write=_written(write), stop=False)[1]


def next_logits(
    model: TransformersModel, prompts: Prompts, *, write: Write | None = None
) -> Float[Tensor, "batch d_vocab"]:
    """As `logits`, after the last token only: what comes next. No other token is unembedded, which saves much time."""
    if remote_of(model):
        return logits(model, prompts, write=write)[:, -1]
    with torch.no_grad():
        return unembed(model, read(model, prompts, Site("resid", info(model).n_layers - 1, position=-1), write=write))


def unembed(model: TransformersModel, resid: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_vocab"]:
    """The logits that a residual vector would give if the last block had written it: final norm, then unembedding."""
    module, sizes = network(model), info(model)
    weight = module.lm_head.weight
    if not isinstance(resid, Tensor) or resid.ndim == 0:
        raise SiteError(f"unembed: expected a tensor of shape (..., {sizes.d_model}), got {_described(resid)}.")
    if weight.is_meta:
        raise ModelError("unembed: the weights of this model are not on this machine; load it without remote=True.")
    if resid.shape[-1] != sizes.d_model:
        raise SiteError(
            f"unembed: the vectors have {resid.shape[-1]} numbers; the residual stream of this model has "
            f"{sizes.d_model}. Was it read at 'resid'?"
        )
    scores = module.lm_head(at(module, family(sizes.name).norm)(resid.to(weight.dtype)))
    cap = getattr(module.config.get_text_config(), "final_logit_softcapping", None)
    return scores if cap is None else cap * torch.tanh(scores / cap)


def _sites(doing: str, sites: Any) -> list[Site]:
    """The sites as a list, all of them sites."""
    wanted: list[Any] = [sites] if isinstance(sites, Site | str) or not isinstance(sites, Iterable) else list(sites)
    if not wanted:
        raise SiteError(f"{doing}: the list of sites is empty; give at least one, such as Site('resid', layer=0).")
    for site in wanted:
        if not isinstance(site, Site):
            meant = f"Site({site!r}, layer=0)" if site in KINDS else "Site('resid', layer=0)"
            raise SiteError(f"{doing}: expected a place such as {meant}, got {_described(site)}.")
    return wanted


def _written(write: Any) -> dict[Site, Value]:
    """What to write, by site."""
    if write is None or write == {}:
        return {}
    if not isinstance(write, Mapping):
        raise SiteError(
            f"write: expected a dictionary such as {{Site('resid', layer=0): vector}}, got {_described(write)}."
        )
    _sites("write", list(write))
    return dict(write)


def _described(value: Any) -> str:
    """A value in an error: text as it is, anything else by its type (and shape)."""
    if isinstance(value, str):
        return repr(value)
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" + ("" if shape is None else f" of shape {tuple(shape)}")


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
    # Where several sites share a module, writes come first, so that a read sees them all.
    every = dict.fromkeys((*write, *keep, *entrances))
    order = sorted(every, key=lambda site: (*site.order, site not in write))
    wants_pattern = any(site.kind == "pattern" for site in order)
    said, remote = torch.empty(0), remote_of(model)
    if remote:
        nnsight.register("interpbook")  # a server has not installed us: our functions travel with the request
    with torch.no_grad(), eager(model, wants_pattern), model.trace(tokens.inputs, remote=remote) as tracer:
        kept, entering = [], {}
        for site in order:
            block = at(model, tree.blocks)[site.layer or 0]
            passing = get(block, site.kind, tree, heads, entering.get(site.layer))
            if site in write:
                passing = changed(passing, site, write[site])
                put(block, site.kind, tree, passing, entering.get(site.layer))
            if site.kind == "resid_pre":
                entering[site.layer] = passing
            if site in keep:
                kept.append(narrow(passing, site))
        kept = nnsight.save(kept)  # a list in the order of `order`: a server knows tensors, not our Site
        if stop:
            tracer.stop()
        else:
            said = model.output.logits.save()
    return dict(zip([site for site in order if site in keep], kept, strict=True)), said


def _index(site: Site) -> tuple[slice | int, ...]:
    """How a site's head and position narrow the whole tensor."""
    if site.kind == "pattern":  # (batch, head, query, key)
        parts = (site.head, site.position)
    else:  # (batch, seq, …) or (batch, seq, head, d_head)
        parts = (site.position, site.head) if site.kind in BY_HEAD else (site.position,)
    return (slice(None), *(slice(None) if part is None else part for part in parts))


def narrow(passing: Tensor, site: Site) -> Tensor:
    """The part of a whole activation that a site names; a copy, so that the rest can be forgotten."""
    part = passing[_index(site)]
    return part if part.shape == passing.shape else part.clone()


def changed(passing: Tensor, site: Site, value: Value) -> Tensor:
    """A copy of a whole activation with the part that a site names replaced. NaN is written like any other number.

    Raises:
        SiteError: the new value does not broadcast to what passes there, or is no tensor.
    """
    old = passing[_index(site)]
    new = value(old) if callable(value) else value
    if not isinstance(new, Tensor):
        kind = type(new).__name__
        raise SiteError(f"write: expected a tensor for {site} (or a function that returns one), got a {kind}.")
    new = new.to(dtype=passing.dtype, device=passing.device)
    try:
        new = new.expand(old.shape)
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
        shared = " (query heads share them)" if n_heads < sizes.n_heads else ""
        raise SiteError(f"{site}: this model has heads 0 to {n_heads - 1} for {site.kind!r}{shared}.")
    n_tokens = tokens.ids.shape[1]
    if site.position is not None and not -n_tokens <= site.position < n_tokens:
        raise SiteError(f"{site}: the prompts have positions 0 to {n_tokens - 1} (or -{n_tokens} to -1).")
    if site.position is not None:
        _check_position(site, tokens)
    if writing and site.kind == "pattern":
        raise SiteError(f"{site}: attention patterns can be read, not written. To silence a head, write zeros to 'z'.")


def _check_position(site: Site, tokens: Tokens) -> None:
    """Refuse a position that means another word in each prompt, or none in the shortest."""
    lengths, position = tokens.mask.sum(-1), site.position or 0
    if position >= 0 and not bool(tokens.mask.all()):
        raise PromptError(
            f"{site}: the prompts have {lengths.unique().tolist()} tokens, so position {position} "
            f"means another word in each. Count from the end (position=-1 is the last), or use prompts of equal length."
        )
    if -position > int(lengths.min()):
        raise PromptError(
            f"{site}: the shortest prompt has {int(lengths.min())} tokens, so position {position} is padding there."
        )


@contextmanager
def eager(model: TransformersModel, wanted: bool) -> Iterator[None]:
    """Attention patterns exist only in the plain implementation of attention; the fast one is put back afterwards.

    Switching is a change of one setting, so all other reads keep the fast one. The two agree to rounding.
    """
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
