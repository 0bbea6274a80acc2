"""Other people's dictionaries: the folders that SAELens and EleutherAI's sparsify save, read and written.

Where a format lets decoder rows have any length, the length is moved to the latents, so that each direction has
length 1; nothing that the dictionary computes changes. A kind that a format has no name for is written as the one
that computes the same (batchtopk and matryoshka are jumprelu with one threshold for all).
"""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.files import built, config_of, opened
from interpbook.dictionaries.sae import Sae
from interpbook.models.sites import Site

SAELENS_KINDS = {"standard": "relu", "topk": "topk", "jumprelu": "jumprelu", "gated": "gated"}
"""SAELens's name → ours."""
_SITES = {
    "hook_resid_post": "resid",
    "hook_resid_pre": "resid_pre",
    "hook_resid_mid": "resid_mid",
    "hook_mlp_out": "mlp_out",
}


def from_saelens(folder: Path) -> Sae:
    """A dictionary that SAELens saved for use (`cfg.json` and `sae_weights.safetensors`).

    Raises:
        DictionaryError: a file is missing or damaged, or it holds an architecture or a scaling of inputs that this
            does not know.
    """
    settings, tensors = _folder(Path(folder), "sae_weights.safetensors")
    kind = SAELENS_KINDS.get(settings.get("architecture", "standard"))
    scaling = settings.get("normalize_activations", "none")
    if kind is None or scaling != "none":
        raise DictionaryError(
            f"from_saelens: {folder} holds architecture {settings.get('architecture')!r} with normalize_activations="
            f"{scaling!r}. This reads {', '.join(SAELENS_KINDS)} with 'none'; fold the scaling in with SAELens first."
        )
    ours = {**tensors, "W_enc": tensors["W_enc"].T, "b_enc": tensors["b_gate" if kind == "gated" else "b_enc"]}
    if not settings.get("apply_b_dec_to_input", True):
        ours["b_enc"] = ours["b_enc"] + ours["W_enc"] @ ours["b_dec"]
    known: dict[str, Any] = {"d_in": settings["d_in"], "n_latents": settings["d_sae"]}
    known |= {"k": settings["k"]} if kind == "topk" else {}
    site = _site(settings.get("metadata", {}).get("hook_name") or settings.get("hook_name") or "")
    sae = built(config_of(kind, known), ours, site, {"from": "SAELens"}, Path(folder))
    # TopK chooses by activation; only with this switch by activation times length, which is what unit rows choose by.
    return sae if kind == "topk" and not settings.get("rescale_acts_by_decoder_norm", False) else unit_rows(sae)


def to_saelens(sae: Sae, folder: Path) -> None:
    """Write a folder that `sae_lens.SAE.load_from_disk` opens."""
    kind = {"batchtopk": "jumprelu", "matryoshka": "jumprelu"}.get(sae.config.kind, sae.config.kind)
    tensors = {**sae.tensors, "W_enc": sae.W_enc.T}
    if kind == "gated":
        tensors["b_gate"] = tensors.pop("b_enc")
    if kind == "jumprelu":
        tensors["threshold"] = sae.extra["threshold"].expand(sae.config.n_latents)
    settings: dict[str, Any] = {
        **{"architecture": {ours: theirs for theirs, ours in SAELENS_KINDS.items()}[kind], "d_in": sae.config.d_in},
        **{"d_sae": sae.config.n_latents, "dtype": "float32", "device": "cpu", "apply_b_dec_to_input": True},
        **{"normalize_activations": "none", "reshape_activations": "none"},
        "metadata": {"hook_name": _hook_name(sae.site), **sae.about},
    }
    if kind == "topk":
        settings |= {"k": asdict(sae.config)["k"], "rescale_acts_by_decoder_norm": False}
    _write(Path(folder), "sae_weights.safetensors", settings, tensors)


def from_eleuther(folder: Path) -> Sae:
    """A dictionary that EleutherAI's sparsify saved (`cfg.json` and `sae.safetensors`): TopK.

    Raises:
        DictionaryError: a file is missing or damaged, or it is a transcoder or of another activation.
    """
    settings, tensors = _folder(Path(folder), "sae.safetensors")
    other = [name for name in ("transcode", "skip_connection") if settings.get(name)]
    if other or settings.get("activation", "topk") != "topk":
        raise DictionaryError(
            f"from_eleuther: {folder} has activation={settings.get('activation', 'topk')!r} and {other or 'no'} "
            "switches; this reads plain TopK autoencoders."
        )
    ours = {"W_enc": tensors["encoder.weight"], "b_enc": tensors["encoder.bias"]}
    ours |= {name: tensors[name] for name in ("W_dec", "b_dec")}
    n_latents, d_in = ours["W_enc"].shape
    named = re.fullmatch(r"layers\.(\d+)", Path(folder).name)
    site = Site("resid", layer=int(named[1])) if named else None
    config = config_of("topk", {"d_in": d_in, "n_latents": n_latents, "k": settings["k"]})
    return built(config, ours, site, {"from": "EleutherAI sparsify"}, Path(folder))


def to_eleuther(sae: Sae, folder: Path) -> None:
    """Write a folder that `sparsify.SparseCoder.load_from_disk` opens; the format holds TopK only."""
    if sae.config.kind != "topk":
        raise DictionaryError(f"to_eleuther: the format holds TopK dictionaries; this is {sae.config.kind}.")
    settings = {
        **{
            "activation": "topk",
            "expansion_factor": sae.config.n_latents // sae.config.d_in,
            "normalize_decoder": True,
        },
        **{"num_latents": sae.config.n_latents, "k": asdict(sae.config)["k"], "multi_topk": False},
        **{"skip_connection": False, "transcode": False, "d_in": sae.config.d_in},
    }
    tensors = {"encoder.weight": sae.W_enc, "encoder.bias": sae.b_enc, "W_dec": sae.W_dec, "b_dec": sae.b_dec}
    _write(Path(folder), "sae.safetensors", settings, tensors)


def unit_rows(sae: Sae) -> Sae:
    """The same dictionary with decoder rows of length 1: a latent is as many times larger as its row was longer."""
    length = sae.W_dec.norm(dim=1).clamp(min=1e-8)
    by_latent = {name: t * length for name, t in sae.tensors.items() if name in ("b_enc", "threshold", "b_mag")}
    matrices = {"W_enc": sae.W_enc * length[:, None], "W_dec": sae.W_dec / length[:, None]}
    return sae.with_tensors(sae.tensors | by_latent | matrices)


def _folder(folder: Path, weights: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    for name in ("cfg.json", weights):
        if not (folder / name).is_file():
            raise DictionaryError(f"load: {folder} has no {name}; expected a folder with cfg.json and {weights}.")
    try:
        settings = json.loads((folder / "cfg.json").read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DictionaryError(f"load: {folder / 'cfg.json'} is not JSON ({error}). Copy the folder again.") from error
    return settings, opened(folder / weights)[1]


def _write(folder: Path, weights: str, settings: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.detach().float().clone().contiguous() for name, tensor in tensors.items()}, folder / weights
    )
    (folder / "cfg.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def _site(hook: str) -> Site | None:
    """`blocks.15.hook_resid_post` as a place of ours, where we have it."""
    named = re.fullmatch(r"blocks\.(\d+)\.(\w+)", hook)
    return Site(_SITES[named[2]], layer=int(named[1])) if named and named[2] in _SITES else None


def _hook_name(site: Site | None) -> str:
    hooks = {ours: theirs for theirs, ours in _SITES.items()}
    return f"blocks.{site.layer}.{hooks[site.kind]}" if site is not None and site.kind in hooks else ""
