"""Training the transcoders of many layers at once, from text: nothing but the text is stored.

1. A round: some passages go through the model once, in 16 bits, and at every layer what the neurons take and give is
   kept. Then its rows are shuffled and every layer takes a few steps on them.
2. The first four rounds' rows also set where each transcoder begins.
3. Every so often everything that the next round depends on is written to one file. A run that was stopped goes on.

One forward pass feeds thirty transcoders; storing the activations of a million tokens would take 70 GB.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm.auto import tqdm

from interpbook import corpus
from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.training import Plan, Progress
from interpbook.dictionaries.transcoders.fitting import Fit, Scales, begin, finished, ready, step
from interpbook.dictionaries.transcoders.starting import neurons_of
from interpbook.dictionaries.transcoders.transcoder import Transcoder
from interpbook.models import Site, read

Rows = dict[int, tuple[Float[Tensor, "row d_in"], Float[Tensor, "row d_out"]]]
"""By layer, what the neurons take and what they give."""
FIRST_ROUNDS = 4
"""Rounds whose rows set where training begins: about 15,000."""
WEIGHTS = ("W_enc", "b_enc", "W_dec", "b_dec", "W_skip")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Text:
    """Passages in the order in which a run reads them."""

    corpus: corpus.Corpus
    passages: Int[Tensor, " passage"]
    a_round: int = 16
    """Passages that go through the model before the next steps."""
    at_once: int = 4
    """Passages in one forward pass."""

    @property
    def n_rounds(self) -> int:
        """Rounds until the passages begin again."""
        return len(self.passages) // self.a_round


def shuffled(text: corpus.Corpus, part: str, *, seed: int = 0) -> Text:
    """The passages of one part in a random order."""
    chosen = corpus.passages(text, part)
    return Text(text, chosen[torch.randperm(len(chosen), generator=torch.Generator().manual_seed(seed))])


def rows_of(model: TransformersModel, text: Text, chosen: Int[Tensor, " passage"], layers: Sequence[int]) -> Rows:
    """What the neurons of several layers take and give on some passages; first tokens, which are sinks, left out."""
    kept: dict[int, tuple[list[Tensor], list[Tensor]]] = {layer: ([], []) for layer in layers}
    sites = [Site(kind, layer) for layer in layers for kind in ("mlp_in", "mlp_out")]
    for some in chosen.split(text.at_once):
        batch = corpus.tokens(text.corpus, some)
        found, later = read(model, batch, sites), batch.mask & (batch.mask.cumsum(-1) > 1)
        for layer in layers:
            for place, kind in enumerate(("mlp_in", "mlp_out")):
                kept[layer][place].append(found.pop(Site(kind, layer))[later])
    return {layer: (torch.cat(taken), torch.cat(given)) for layer, (taken, given) in kept.items()}


def round_of(model: TransformersModel, text: Text, number: int, layers: Sequence[int]) -> Rows:
    """The rows of one round; after the last passage the first come again."""
    place = number % text.n_rounds * text.a_round
    return rows_of(model, text, text.passages[place : place + text.a_round], layers)


def train_together(
    model: TransformersModel,
    text: Text,
    layers: Sequence[int],
    config: TopK,
    plan: Plan,
    *,
    skip: bool = True,
    checkpoint: Path | None = None,
    watch: Callable[[int, int, Progress], None] | None = None,
) -> Iterator[Transcoder]:
    """Train one transcoder a layer on `plan.steps` batches of the text each, and give them back layer by layer.

    `watch(layer, step, progress)` sees every step. `plan.save_every` counts rounds. A checkpoint holds the weights, not
    the plan: a longer or shorter run may go on from it, which is also how to stop early.
    """
    if checkpoint is not None and checkpoint.is_file():
        fits, done = restored(checkpoint, layers, config, plan)
    else:
        fits, done = begun(model, text, layers, config, plan, skip=skip), 0
    total = -(-plan.steps // steps_a_round(text, plan))
    for number in tqdm(range(done, total), initial=done, total=total, desc="Rounds", unit=" rounds"):
        if checkpoint is not None and number > done and number % plan.save_every == 0:
            save_fits(fits, number, checkpoint)
        rows = round_of(model, text, number, layers)
        for layer, fit in fits.items():
            for progress in steps_on(fit, *rows.pop(layer), plan, number, steps_a_round(text, plan)):
                if watch is not None:
                    watch(layer, fit.step, progress)
    if checkpoint is not None:
        save_fits(fits, total, checkpoint)
    yield from (finished(fit) for fit in fits.values())


def steps_a_round(text: Text, plan: Plan) -> int:
    """Batches that one round's rows are cut into; the run's passages are taken to be of their mean length."""
    lengths = text.corpus.starts.diff()[text.passages] - 1  # first tokens are left out
    return max(1, round(text.a_round * float(lengths.float().mean()) / plan.batch))


def steps_on(
    fit: Fit, x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"], plan: Plan, number: int, n_steps: int
) -> Iterator[Progress]:
    """One layer's steps on the rows of round `number`, in an order that depends on the seed and the round alone."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed((plan.seed << 20) + number + 1))
    for chosen in order.chunk(n_steps):
        if fit.step < plan.steps:
            yield step(fit, x[chosen].float(), y[chosen].float(), plan)


def begun(
    model: TransformersModel, text: Text, layers: Sequence[int], config: TopK, plan: Plan, *, skip: bool
) -> dict[int, Fit]:
    """Transcoders before their first step, by layer."""
    sample: dict[int, list[tuple[Tensor, Tensor]]] = {layer: [] for layer in layers}
    for number in range(min(FIRST_ROUNDS, text.n_rounds)):
        for layer, rows in round_of(model, text, number, layers).items():
            sample[layer].append(rows)
    fits = {}
    for layer in layers:
        x, y = (torch.cat(parts).float() for parts in zip(*sample.pop(layer), strict=True))
        neurons = None if plan.frozen_decoder else neurons_of(model, layer)  # whose directions are not random
        fits[layer] = begin(x, y, config, plan, layer=layer, skip=skip, neurons=neurons)
    return fits


def save_fits(fits: dict[int, Fit], done: int, file: Path) -> None:
    """Write a run down beside the file, then put it in the file's place."""
    tensors: dict[str, Tensor] = {}
    for layer, fit in fits.items():
        tensors |= {f"{layer}.{name}": tensor.detach() for name, tensor in fit.transcoder.tensors.items()}
        for name, tensor in fit.transcoder.tensors.items():
            moments = fit.optimiser.state.get(tensor, {})
            tensors |= {f"{layer}.{name}.{part}": moments[part] for part in MOMENTS if part in moments}
        tensors |= {f"{layer}.silent": fit.silent, f"{layer}.x_mean": fit.scales.x_mean}
        tensors |= {f"{layer}.y_mean": fit.scales.y_mean}
    about = {layer: [fit.step, fit.scales.x_scale, fit.scales.y_scale, fit.scales.limit] for layer, fit in fits.items()}
    beside = file.with_suffix(".part")
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, beside, metadata={"done": str(done), "fits": json.dumps(about)})
    beside.replace(file)


def restored(file: Path, layers: Sequence[int], config: TopK, plan: Plan) -> tuple[dict[int, Fit], int]:
    """Transcoders as a run that was stopped left them, and the number of rounds behind them.

    Raises:
        DictionaryError: the file is damaged, or of other layers or sizes.
    """
    try:
        with safe_open(file, "pt") as opened:
            about: dict[str, str] = opened.metadata() or {}
            numbers: dict[str, list[Any]] = json.loads(about["fits"])
            fits = {layer: _restored(opened, layer, numbers[str(layer)], config, plan) for layer in layers}
    except (SafetensorError, KeyError, OSError) as error:
        raise DictionaryError(
            f"train: checkpoint {file} is damaged, or of other layers ({error}). Remove it to start anew."
        ) from error
    return fits, int(about["done"])


def _restored(opened: Any, layer: int, numbers: list[Any], config: TopK, plan: Plan) -> Fit:
    """One layer's tensors, moments and scales from an open file."""
    own = {name.removeprefix(f"{layer}.") for name in opened.keys() if name.startswith(f"{layer}.")}  # noqa: SIM118
    tensors = {name: opened.get_tensor(f"{layer}.{name}") for name in own}
    step, x_scale, y_scale, limit = numbers
    scales = Scales(tensors["x_mean"], x_scale, tensors["y_mean"], y_scale, limit)
    weights: dict[str, Any] = {name: tensors[name] for name in WEIGHTS if name in tensors}
    if tuple(weights["W_enc"].shape) != (config.n_latents, config.d_in):
        raise KeyError(f"layer {layer} has {tuple(weights['W_enc'].shape)} encoder weights")
    fit = ready(Transcoder(config, **weights, layer=layer, limit=limit), scales, plan)
    for name, tensor in fit.transcoder.tensors.items():
        moments = {part: tensors[f"{name}.{part}"] for part in MOMENTS if f"{name}.{part}" in tensors}
        if moments:
            fit.optimiser.state[tensor] = moments
    fit.silent.copy_(tensors["silent"])
    fit.step = step
    return fit
