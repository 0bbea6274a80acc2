"""`load`: the embedded model, a local folder, a hub id, or a model on NDIF, all as one nnsight `TransformersModel`."""

import difflib
from pathlib import Path
from typing import Any, Literal, NamedTuple

import beartype  # noqa: F401
import psutil
import torch
from nnsight import TransformersModel
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from interpbook.models import store
from interpbook.models.errors import ModelError

EMBEDDED = {store.SMOLLM2.name: store.SMOLLM2}
Remote = bool | Literal["local"]


class ModelInfo(NamedTuple):
    """The sizes of a model."""

    name: str
    """Its kind, such as `llama`."""
    n_layers: int
    """How many blocks."""
    n_heads: int
    """Attention heads (queries) in a block."""
    n_kv_heads: int
    """Key and value heads; fewer than `n_heads` where heads share them."""
    d_model: int
    """Width of the residual stream."""
    d_head: int
    """Width of one head."""
    d_mlp: int
    """Neurons in a block."""
    d_vocab: int
    """Tokens that it knows."""
    n_context: int
    """Longest prompt, in tokens."""
    n_params: int
    """Numbers that training set; shared matrices counted once."""


def load(name: str = "smollm2", *, remote: Remote = False, dtype: torch.dtype = torch.float32) -> TransformersModel:
    """A language model, in evaluation mode, ready for `with model.trace(prompt):`.

    `name` is `"smollm2"` (the embedded SmolLM2-135M-Instruct, no network), a local folder, or a hub id.
    `remote=True` keeps the weights on NDIF (a key is needed: see `nnsight.login`); `remote="local"` runs the same
    code path on this machine.

    Raises:
        ModelError: the model is unknown, cannot be reached, or does not fit into memory.
    """
    if remote is True:
        hub_id = EMBEDDED[name].hub_id if name in EMBEDDED else name
        return _marked(TransformersModel(hub_id, task="text-generation"), remote)
    folder = str(_resolve(name))
    _check_memory(folder)
    try:
        network = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise ModelError(_cannot_load(name, error)) from error
    return _marked(wrap(network, tokenizer), remote)


def untrained(name: str = "smollm2", *, seed: int = 0) -> TransformersModel:
    """The same architecture and tokenizer with random weights, as training found it: the null of many experiments."""
    folder = str(_resolve(name))
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    try:
        network = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    finally:
        torch.random.set_rng_state(state)  # the caller's own seed stays as it was
    return wrap(network, AutoTokenizer.from_pretrained(folder))


def wrap(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> TransformersModel:
    """A transformers model as an nnsight model, in evaluation mode, its weights frozen."""
    frozen = network.eval().requires_grad_(False)
    return _marked(TransformersModel(frozen, tokenizer=tokenizer, task="text-generation"), False)


def info(model: TransformersModel) -> ModelInfo:
    """The sizes of a model, from its configuration and weights."""
    config = model.config
    config = getattr(config, "text_config", config)
    n_heads = config.num_attention_heads
    d_head = getattr(config, "head_dim", None) or config.hidden_size // n_heads
    return ModelInfo(
        name=config.model_type,
        n_layers=config.num_hidden_layers,
        n_heads=n_heads,
        n_kv_heads=getattr(config, "num_key_value_heads", None) or n_heads,
        d_model=config.hidden_size,
        d_head=d_head,
        d_mlp=getattr(config, "intermediate_size", None) or getattr(config, "n_inner", None) or 4 * config.hidden_size,
        d_vocab=config.vocab_size,
        n_context=config.max_position_embeddings,
        n_params=sum(p.numel() for p in network(model).parameters()),
    )


def network(model: TransformersModel) -> Any:
    """The transformers model behind an nnsight model (its type depends on the architecture)."""
    return model._module


def remote_of(model: TransformersModel) -> Remote:
    """Where traces of this model run."""
    return getattr(model, "interpbook_remote", False)


def _marked(model: TransformersModel, remote: Remote) -> TransformersModel:
    model.interpbook_remote = remote
    return model


def _resolve(name: str) -> Path | str:
    """A folder or hub id that transformers can load."""
    if name in EMBEDDED:
        return store.ensure(EMBEDDED[name], convert_gguf)
    if (Path(name) / "config.json").is_file():
        return Path(name)
    if Path(name).is_dir():
        raise ModelError(f"load: the folder {name!r} holds no config.json. Give a folder that save_pretrained wrote.")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return name
    near = difflib.get_close_matches(name.lower(), EMBEDDED, n=1, cutoff=0.4)
    raise ModelError(
        f"load: no model is called {name!r}. " + (f"Did you mean {near[0]!r}? " if near else "") + f"Known: "
        f"{', '.join(map(repr, EMBEDDED))}; also a local folder with a config.json, or a hub id such as 'owner/model'."
    )


def convert_gguf(source: Path, target: Path) -> None:
    """De-quantise a GGUF file and save it, with its tokenizer and chat template, so that later loads are quick.

    float32, because most de-quantised values change when rounded to 16 bits. The copy into a fresh model drops the
    quantisation settings, with which transformers refuses to save.
    """
    transformers_logging.disable_progress_bar()
    try:
        loaded = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        settings = loaded.config.to_dict()
        settings.pop("quantization_config", None)
        fresh = type(loaded)(type(loaded.config).from_dict(settings))
        fresh.load_state_dict(loaded.state_dict())
        fresh.save_pretrained(target)
        tokenizer.save_pretrained(target)
    finally:
        transformers_logging.enable_progress_bar()


def _check_memory(folder: str) -> None:
    """Refuse before the machine starts to swap, where the size is known."""
    needed = 1.2 * sum(f.stat().st_size for f in Path(folder).glob("*.safetensors")) if Path(folder).is_dir() else 0
    free = psutil.virtual_memory().available
    if free < needed:
        raise ModelError(
            f"load: the model needs {needed / 1e9:.1f} GB of free memory; {free / 1e9:.1f} GB are free. "
            f"Shut down other notebooks (Kernel menu), then try again."
        )


def _cannot_load(name: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0][:200]
    return (
        f"load: {name!r} could not be loaded: {reason} Without a network only models already in the hub cache can be "
        f"used; the embedded model always works: load('smollm2')."
    )
