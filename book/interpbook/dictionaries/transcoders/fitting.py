"""Training a transcoder: from what the neurons take to what they give.

1. Inputs and outputs get mean 0 and variance 1; both are folded into the transcoder's numbers at the end.
2. It begins at the block's own neurons (`starting`), or at random: with A the best linear guess of the output, latent i
   writes d_i, a random direction, and looks for A'd_i. (An `Sae` begins in the same way, with A the identity.)
3. Each step: squared error, the second chance for latents long silent, Adam, directions back to length 1.

`begin`, `step` and `finished` do one transcoder; `train_transcoder` runs them over rows in memory, `together` over a
model's text for all layers at once. Dunefsky et al. 2024 (arXiv 2406.11944); Gao et al. 2024 (arXiv 2406.04093) for
TopK and its second chance; Paulo et al. 2025 (arXiv 2501.18823) for the skip. Built in chapter 05.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from tqdm.auto import tqdm

from interpbook.activations import fast_dtype
from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.sparse import Active, Decode, Encode, top_k
from interpbook.dictionaries.training import SINK, Plan, Progress, Rows, along_the_sphere, aux_loss, share_of_rate
from interpbook.dictionaries.transcoders.starting import Latents, Neurons, latents_of
from interpbook.dictionaries.transcoders.transcoder import Transcoder

RIDGE = 0.01
"""Added to the inputs' covariance, as a share of its mean diagonal, before it is inverted."""


class Scales(NamedTuple):
    """What makes rows comparable."""

    x_mean: Float[Tensor, " d_in"]
    x_scale: float
    y_mean: Float[Tensor, " d_out"]
    y_scale: float
    limit: float
    """Outputs longer than this are attention sinks."""


@dataclass
class Fit:
    """A transcoder in training, for rows of mean 0 and variance 1: all that the next step depends on."""

    transcoder: Transcoder
    optimiser: torch.optim.Adam
    silent: Int[Tensor, " latent"]
    """For how many rows each latent has not been active."""
    scales: Scales
    step: int = 0


def scales_of(x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"], limit: float | None = None) -> Scales:
    """Means and scales of a sample, attention sinks left out: outputs above `limit`, or so many times the median."""
    lengths = y.norm(dim=1)
    limit = SINK * float(lengths.median()) if limit is None else limit
    x, y = x[lengths <= limit], y[lengths <= limit]
    spread = [float((rows - rows.mean(0)).square().mean().sqrt()) or 1.0 for rows in (x, y)]
    return Scales(x.mean(0), spread[0], y.mean(0), spread[1], limit)


def usable(fit: Fit, y: Float[Tensor, "row d_out"]) -> Bool[Tensor, " row"]:
    """Which rows are no attention sinks."""
    return y.norm(dim=1) <= fit.scales.limit


def begin(
    x: Float[Tensor, "row d_in"],
    y: Float[Tensor, "row d_out"],
    config: TopK,
    plan: Plan,
    *,
    layer: int = 0,
    skip: bool = False,
    neurons: Neurons | None = None,
    limit: float | None = None,
) -> Fit:
    """A transcoder before its first step, from a sample of inputs and outputs (thousands of rows).

    Rows with an output longer than `limit` (10 times the median if None) are attention sinks and left out.
    """
    scales = scales_of(x, y, limit)
    fine = y.norm(dim=1) <= scales.limit
    inputs, outputs = (x[fine] - scales.x_mean) / scales.x_scale, (y[fine] - scales.y_mean) / scales.y_scale
    if neurons is None:
        latents = _at_random(linear_guess(inputs, outputs), config, plan, beside_skip=skip)
    else:
        latents = _scaled(latents_of(neurons, x[fine], config.n_latents), scales)
    tensors: dict[str, Any] = {**latents, "b_dec": torch.zeros(y.shape[1])}
    transcoder = Transcoder(config, **tensors, layer=layer, limit=scales.limit)
    left = outputs - forward(transcoder, inputs, plan)[0]
    transcoder.b_dec.copy_(left.mean(0))
    if skip:
        transcoder = replace(transcoder, W_skip=linear_guess(inputs, left - left.mean(0)))
    return ready(transcoder, scales, plan)


def ready(transcoder: Transcoder, scales: Scales, plan: Plan) -> Fit:
    """A transcoder for rows of mean 0 and variance 1 with what its first step needs."""
    names = [name for name in transcoder.tensors if not (plan.frozen_decoder and name == "W_dec")]
    trained = [transcoder.tensors[name].requires_grad_() for name in names]
    silent = torch.zeros(transcoder.config.n_latents, dtype=torch.long)
    return Fit(transcoder, torch.optim.Adam(trained, lr=plan.lr, fused=True), silent, scales)


def _at_random(
    linear: Float[Tensor, "d_out d_in"], config: TopK, plan: Plan, *, beside_skip: bool
) -> dict[str, Tensor]:
    """Random directions to write; latent i looks for what the best linear guess takes to its direction.

    Beside a skip, which is that guess the latents begin by looking for random directions instead.
    """
    generator = torch.Generator().manual_seed(plan.seed)
    W_dec = torch.randn(config.n_latents, len(linear), generator=generator)
    W_dec = W_dec / W_dec.norm(dim=1, keepdim=True)
    other = torch.randn(config.n_latents, config.d_in, generator=generator)
    W_enc = other / other.norm(dim=1, keepdim=True) if beside_skip else W_dec @ linear
    return {"W_enc": W_enc, "b_enc": torch.zeros(config.n_latents), "W_dec": W_dec}


def _scaled(latents: Latents, scales: Scales) -> dict[str, Tensor]:
    """Latents for rows as they are in the model as latents for rows of mean 0 and variance 1."""
    b_enc = (latents.b_enc + latents.W_enc @ scales.x_mean) / scales.y_scale
    W_enc = latents.W_enc * scales.x_scale / scales.y_scale
    return {"W_enc": W_enc, "b_enc": b_enc, "W_dec": latents.W_dec.clone()}


def linear_guess(x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"]) -> Float[Tensor, "d_out d_in"]:
    """The matrix A for which A x is nearest to y (ridge regression)."""
    return solve_ridge(x.T @ x, x.T @ y).T.contiguous()


def solve_ridge(gram: Float[Tensor, "d_in d_in"], together: Float[Tensor, "d_in d_out"]) -> Float[Tensor, "d_in d_out"]:
    """The weights of ridge regression from the inputs' products with each other and with the outputs."""
    return torch.linalg.solve(gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram)), together)


def step(fit: Fit, x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"], plan: Plan) -> Progress:
    """One step on one batch of rows as they are in the model; changes the state's tensors in place."""
    scales, n_seen = fit.scales, len(x)
    fine = usable(fit, y)
    x, y = (x[fine] - scales.x_mean) / scales.x_scale, (y[fine] - scales.y_mean) / scales.y_scale
    guess, active = forward(fit.transcoder, x, plan)
    loss = (guess - y).square().mean()
    dead = (fit.silent >= plan.dead_after).nonzero()[:, 0]
    whole = loss + plan.aux * aux_loss(fit.transcoder, x, (y - guess).detach(), dead) if len(dead) else loss
    fit.optimiser.zero_grad()
    whole.backward()
    along_the_sphere(fit.transcoder.W_dec)
    for group in fit.optimiser.param_groups:
        group["lr"] = plan.lr * share_of_rate(plan, fit.step)
    fit.optimiser.step()
    _after(fit, active, n_seen)
    fvu = loss.item() / max(float(y.var(0, unbiased=False).mean()), 1e-12)
    return Progress(loss.item(), fvu, len(active) / max(len(x), 1), len(dead))


def forward(
    transcoder: Transcoder, x: Float[Tensor, "row d_in"], plan: Plan
) -> tuple[Float[Tensor, "row d_out"], Int[Tensor, " active"]]:
    """The guess, touching active latents alone, and the latents that were active somewhere."""
    choose_in = fast_dtype() if plan.choose_in == "auto" else getattr(torch, plan.choose_in)
    with torch.no_grad():
        W_enc, b_enc = transcoder.W_enc.to(choose_in), transcoder.b_enc.to(choose_in)
        _, ids = top_k(torch.nn.functional.linear(x.to(choose_in), W_enc, b_enc), transcoder.config.k)
    active = Active(ids.flatten(), torch.arange(0, ids.numel(), ids.shape[1]))
    nothing = torch.zeros(x.shape[1])
    values = Encode.apply(transcoder.W_enc, transcoder.b_enc, nothing, x, *active).relu()
    guess = Decode.apply(values, transcoder.W_dec, *active) + transcoder.b_dec
    guess = guess if transcoder.W_skip is None else guess + x @ transcoder.W_skip.T
    return guess, active.ids[values.detach() > 0]


@torch.no_grad()
def _after(fit: Fit, active: Int[Tensor, " active"], n_rows: int) -> None:
    """Directions of length 1, and who has been silent for how long."""
    W_dec = fit.transcoder.W_dec
    W_dec.div_(W_dec.norm(dim=1, keepdim=True).clamp(min=1e-8))
    fit.silent += n_rows
    fit.silent[active] = 0
    fit.step += 1


@torch.no_grad()
def finished(fit: Fit) -> Transcoder:
    """The transcoder for rows as they are in the model."""
    t, (x_mean, x_scale, y_mean, y_scale, _) = fit.transcoder, fit.scales
    tensors = {name: tensor.detach().clone() for name, tensor in t.tensors.items()}
    tensors["W_enc"] *= y_scale / x_scale
    tensors["b_enc"] = y_scale * tensors["b_enc"] - tensors["W_enc"] @ x_mean
    tensors["b_dec"] = y_scale * tensors["b_dec"] + y_mean
    if t.W_skip is not None:
        tensors["W_skip"] *= y_scale / x_scale
        tensors["b_dec"] -= tensors["W_skip"] @ x_mean
    return replace(t, **tensors)


def train_transcoder(
    inputs: Rows,
    outputs: Rows,
    config: TopK,
    plan: Plan | None = None,
    *,
    layer: int = 0,
    skip: bool = False,
    progress: bool = False,
) -> Transcoder:
    """A transcoder of one block from rows of what its neurons take and what they give, row by row.

    Raises:
        DictionaryError: the rows do not belong together, are of another width, or are fewer than a batch.
    """
    plan = plan or Plan()
    _check(inputs, outputs, config, plan)
    generator = torch.Generator().manual_seed(plan.seed)
    some = torch.randint(inputs.shape[0], (min(16_384, inputs.shape[0]),), generator=generator)
    fit = begin(inputs[some].float(), outputs[some].float(), config, plan, layer=layer, skip=skip)
    for _ in tqdm(range(plan.steps), desc=f"Layer {layer}", unit=" steps", disable=not progress):
        rows = torch.randint(inputs.shape[0], (plan.batch,), generator=generator)
        step(fit, inputs[rows].float(), outputs[rows].float(), plan)
    return finished(fit)


def _check(inputs: Rows, outputs: Rows, config: TopK, plan: Plan) -> None:
    if len(inputs.shape) != 2 or len(outputs.shape) != 2 or inputs.shape[0] != outputs.shape[0]:
        raise DictionaryError(
            f"train_transcoder: inputs and outputs are two matrices with the same rows; got {tuple(inputs.shape)} and "
            f"{tuple(outputs.shape)}. Read mlp_in and mlp_out from the same prompts."
        )
    if inputs.shape[1] != config.d_in:
        raise DictionaryError(
            f"train_transcoder: the transcoder takes {config.d_in} numbers; the inputs have {inputs.shape[1]}. "
            f"Set d_in={inputs.shape[1]}."
        )
    if inputs.shape[0] < plan.batch:
        raise DictionaryError(
            f"train_transcoder: a batch takes {plan.batch} rows and there are {inputs.shape[0]}. Use a smaller batch."
        )
