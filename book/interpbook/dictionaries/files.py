"""Dictionaries as files of our own: one safetensors file each.

The small form (`small=True`) keeps the two matrices as whole numbers from -127 to 127 with one scale a row: half the
size of bfloat16, and an error of about a hundredth of a row's typical number. SAELens's and EleutherAI's folders are
the business of `formats`.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds import CONFIGS, rule_of
from interpbook.dictionaries.sae import Config, Sae
from interpbook.models.sites import Site

MATRICES = ("W_enc", "W_dec")


def save(sae: Sae, file: Path, *, small: bool = False) -> None:
    """Write a dictionary, its settings, its site and what is known about it."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in sae.tensors.items()}
    if small:
        for name in MATRICES:
            tensors[name], tensors[f"{name}.scale"] = rounded(tensors[name])
    about = {
        "kind": sae.config.kind,
        "config": json.dumps(asdict(sae.config)),
        "about": json.dumps(sae.about),
        "limit": str(sae.limit),
    }
    if sae.site is not None:
        about["site"] = json.dumps(asdict(sae.site))
    save_file(tensors, file, metadata=about)


def load(file: Path) -> Sae:
    """A dictionary that `save` wrote.

    Raises:
        DictionaryError: the file is missing, cut off, or something else.
    """
    about, tensors = opened(Path(file))
    if about.get("kind") not in CONFIGS:
        raise DictionaryError(
            f"load: {file} does not say which kind of dictionary it holds (kind={about.get('kind')!r}). For the "
            "formats of SAELens or EleutherAI use from_saelens or from_eleuther."
        )
    for name in MATRICES:
        if f"{name}.scale" in tensors:
            tensors[name] = tensors[name].float() * tensors.pop(f"{name}.scale").float()[:, None]
    config = config_of(about["kind"], json.loads(about["config"]))
    site = Site(**json.loads(about["site"])) if "site" in about else None
    sae = built(config, tensors, site, json.loads(about["about"]), Path(file))
    return replace(sae, limit=float(about.get("limit", "inf")))


def rounded(W: Float[Tensor, "latent d_in"]) -> tuple[Tensor, Float[Tensor, " latent"]]:
    """A matrix as 8-bit whole numbers and the scale of each row."""
    scale = W.abs().amax(1).clamp(min=1e-12) / 127
    return (W / scale[:, None]).round().to(torch.int8), scale


def opened(file: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """What a safetensors file says about itself, and its tensors."""
    if not file.is_file():
        raise DictionaryError(f"load: there is no file {file}.")
    try:
        with safe_open(file, "pt") as inside:
            return inside.metadata() or {}, {name: inside.get_tensor(name) for name in inside.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DictionaryError(f"load: {file} cannot be read ({error}). Was it cut off? Copy it again.") from error


def config_of(kind: str, settings: dict[str, Any]) -> Config:
    """Settings as the kind's configuration; JSON's lists become tuples."""
    given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in settings.items()}
    return CONFIGS[kind](**given)


def built(config: Config, tensors: dict[str, Tensor], site: Site | None, about: dict[str, str], source: Path) -> Sae:
    """A dictionary, once every tensor is there, has the right shape and holds finite numbers."""
    n, d = config.n_latents, config.d_in
    shapes = {"W_enc": (n, d), "b_enc": (n,), "W_dec": (n, d), "b_dec": (d,)}
    extra = rule_of(config).fresh_extra(config)
    for name, shape in (shapes | {name: tuple(tensor.shape) for name, tensor in extra.items()}).items():
        found = tuple(tensors[name].shape) if name in tensors else "nothing"
        if found != shape:
            raise DictionaryError(f"load: {source}: {name} should have shape {shape}; found {found}.")
        if not bool(tensors[name].isfinite().all()):
            raise DictionaryError(f"load: {source}: {name} holds NaN or infinity; the file is damaged.")
    full = {name: tensor.float().contiguous() for name, tensor in tensors.items()}
    own = (full[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec"))
    return Sae(config, *own, extra={name: full[name] for name in extra}, site=site, about=about)
