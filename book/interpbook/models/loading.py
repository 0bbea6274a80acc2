"""`load`: the embedded model, a local folder, a hub id, or a model on NDIF, all as one nnsight `TransformersModel`."""

import difflib
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import beartype  # noqa: F401
import psutil
import torch
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError
from nnsight import TransformersModel
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers import modeling_gguf_pytorch_utils as transformers_gguf
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


def load(
    name: str | Path = "smollm2", *, remote: Remote = False, dtype: torch.dtype = torch.float32
) -> TransformersModel:
    """A language model, in evaluation mode, ready for `with model.trace(prompt):`.

    `name` is `"smollm2"` (the embedded SmolLM2-135M-Instruct, no network), a local folder, or a hub id.
    `remote=True` keeps the weights on NDIF (a key is needed: see `nnsight.login`); `remote="local"` runs the same
    code path on this machine.

    Raises:
        ModelError: the model is unknown, cannot be reached, or does not fit into memory.
    """
    _check_remote(remote)
    if remote is True:
        hub_id = EMBEDDED[str(name)].hub_id if str(name) in EMBEDDED else str(name)
        with _clear_errors(hub_id):
            return _marked(TransformersModel(hub_id, task="text-generation", **_local_only(hub_id)), remote)
    folder = str(_resolve(name))
    _check_memory(folder)
    settings: dict[str, Any] = {"dtype": dtype, "output_loading_info": True, **_local_only(folder)}
    with _clear_errors(name), _no_bar():
        loaded: Any = AutoModelForCausalLM.from_pretrained(folder, **settings)
        tokenizer = AutoTokenizer.from_pretrained(folder, **_local_only(folder))
    network, report = loaded
    _check_complete(name, report["missing_keys"])
    return _marked(wrap(network, tokenizer), remote)


def _check_remote(remote: object) -> None:
    if remote not in (True, False, "local"):
        raise ModelError(f"load: remote is True (on NDIF), False (here) or 'local' (a rehearsal); got {remote!r}.")


def untrained(name: str | Path = "smollm2", *, seed: int = 0) -> TransformersModel:
    """The same architecture and tokenizer with random weights, before any training: the null of many experiments.

    Weights come from the architecture's own initialiser, so every token is about equally likely: the loss on text is
    close to `log(d_vocab)` nats.
    """
    folder = str(_resolve(name))
    with _clear_errors(name):
        config = AutoConfig.from_pretrained(folder, **_local_only(folder))
        tokenizer = AutoTokenizer.from_pretrained(folder, **_local_only(folder))
    with torch.random.fork_rng(devices=[]):  # the caller's own seed stays as it was
        torch.manual_seed(seed)
        network = AutoModelForCausalLM.from_config(config)
    return wrap(network, tokenizer)


def wrap(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> TransformersModel:
    """A transformers model as an nnsight model, in evaluation mode, its weights frozen."""
    frozen = network.eval().requires_grad_(False)
    return _marked(TransformersModel(frozen, tokenizer=tokenizer, task="text-generation"), False)


def info(model: TransformersModel) -> ModelInfo:
    """The sizes of a model, from its configuration and weights."""
    config = model.config.get_text_config()
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


def _resolve(name: str | Path) -> Path | str:
    """A folder or hub id that transformers can load."""
    name = str(name)
    if name in EMBEDDED:
        return store.ensure(EMBEDDED[name], convert_gguf)
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder
    if folder.is_dir():
        raise ModelError(f"load: the folder {name!r} holds no config.json. Give a folder that save_pretrained wrote.")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return name
    near = difflib.get_close_matches(name.lower(), EMBEDDED, n=1, cutoff=0.4)
    raise ModelError(
        f"load: no model is called {name!r}. " + (f"Did you mean {near[0]!r}? " if near else "") + f"Known: "
        f"{', '.join(map(repr, EMBEDDED))}; also a local folder with a config.json, or a hub id such as 'owner/model'."
    )


def convert_gguf(source: Path, target: Path, step: store.Step) -> None:
    """De-quantise a GGUF file and save it, with its tokenizer and chat template, so that later loads are quick.

    float32, because most de-quantised values change when rounded to 16 bits. The copy into a fresh model drops the
    quantisation settings, with which transformers refuses to save.
    """
    with _no_bar():
        step("reading weights")
        loaded = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
        settings = loaded.config.to_dict()
        settings.pop("quantization_config", None)
        with torch.device("meta"):
            fresh = type(loaded)(type(loaded.config).from_dict(settings))
        fresh.load_state_dict(loaded.state_dict(), assign=True)
        fresh.tie_weights()
        step("writing weights")
        fresh.save_pretrained(target)
        step("making the tokenizer")
        AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(target)


@contextmanager
def _no_bar() -> Iterator[None]:
    """transformers counts weights for half a second at every load; downloads keep their progress bar."""

    def silent(items: Iterable[Any] | None = None, **settings: Any) -> Any:  # noqa: ARG001
        return transformers_logging.EmptyTqdm(items)

    before = transformers_logging.set_tqdm_hook(lambda _, args, settings: silent(*args, **settings))
    gguf: Any = transformers_gguf  # Careful: its bar does not ask the hook
    bar_of_gguf, gguf.tqdm = gguf.tqdm, silent
    try:
        yield
    finally:
        transformers_logging.set_tqdm_hook(before)
        gguf.tqdm = bar_of_gguf


def _check_memory(folder: str) -> None:
    """Refuse before the machine starts to swap, where the size is known."""
    needed = 1.2 * sum(f.stat().st_size for f in Path(folder).glob("*.safetensors")) if Path(folder).is_dir() else 0
    free = psutil.virtual_memory().available
    if free < needed:
        raise ModelError(
            f"load: the model needs {needed / 1e9:.1f} GB of free memory; {free / 1e9:.1f} GB are free. "
            f"Shut down other notebooks (Kernel menu), then try again."
        )


def _check_complete(name: str | Path, missing: Iterable[str]) -> None:
    """transformers fills what a file lacks with random numbers; nobody would notice."""
    names = sorted(missing)
    if names:
        raise ModelError(
            f"load: {str(name)!r} lacks {len(names)} weight matrices that its config.json promises, such as "
            f"{names[0]}. Save or download it again."
        )


def _local_only(folder_or_hub_id: str) -> dict[str, bool]:
    """Settings that keep to files on this machine where the hub's name cannot be looked up.

    The hub's client would try for half a minute first. Behind a proxy it is the proxy that looks names up.
    """
    if Path(folder_or_hub_id).is_dir() or constants.HF_HUB_OFFLINE:
        return {"local_files_only": True}
    if "https" in getproxies():
        return {}
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        return {"local_files_only": True}
    return {}


@contextmanager
def _clear_errors(name: str | Path) -> Iterator[None]:
    """What transformers, the hub's client and safetensors raise becomes one sentence of ours."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as error:
        raise ModelError(f"load: {str(name)!r} could not be loaded: {_why(error)}") from error


def _why(error: BaseException) -> str:
    causes, cause = [], error
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(cause, GatedRepoError) for cause in causes):
        return "its owner asks readers to accept a licence first. Accept it on the model's page, then `hf auth login`."
    if any(isinstance(cause, RepositoryNotFoundError) for cause in causes):
        return "the hub has no public model of that name. Is it spelt right, owner and all?"
    if any(isinstance(cause, LocalEntryNotFoundError) for cause in causes):
        return (
            "it is not on this machine, and the model hub cannot be reached. Without a network, use the embedded "
            "model, load('smollm2'), or a local folder."
        )
    if any(isinstance(cause, SafetensorError) for cause in causes):
        return f"its weights are damaged or cut off ({error}). Copy or download it again."
    reason = re.sub(r"\s*'?https?://\S+", "", str(error).strip().splitlines()[0])[:200]
    return f"{reason} The embedded model always works: load('smollm2')."
