"""One trainer for every kind of dictionary.

1. A sample of the rows gives their mean and their scale; the dictionary learns on rows of variance 1, and the scale is
   folded into its numbers at the end. Attention sinks, rows many times as long as the median, are left out throughout:
   in SmolLM2 they are one row in two thousand and nine tenths of the variance.
2. Rows come in a random order that depends on the seed and the pass alone, so that a run can go on where it stopped.
   They are read batch by batch: a store on disk is never held in memory.
3. Each step: the kind's objective, and for latents long silent a second chance (AuxK): they learn to rebuild what the
   others leave over. Then Adam; then each direction gets length 1 again.
4. Every so often everything that the next step depends on goes to one file. Killed and run again, training ends with
   the same weights, bit by bit (on the same processor with the same number of threads).

Gao et al. 2024 (arXiv 2406.04093) for transposed start, AuxK and its weight. Built in chapter 03.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import tqdm

from interpbook.activations import fast_dtype
from interpbook.dictionaries import checkpoints
from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds import rule_of
from interpbook.dictionaries.kinds.outcome import Outcome
from interpbook.dictionaries.sae import Coder, Config, Sae, ordinary, rescaled
from interpbook.dictionaries.sparse import top_k

SINK = 10
"""A row this many times as long as the median is an attention sink."""
SAMPLE = 16_384
"""Rows from which mean and scale are taken."""


@runtime_checkable
class Rows(Protocol):
    """Activations, in memory or on disk: a matrix that can be asked for some of its rows."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, rows: Tensor, /) -> Tensor: ...


@dataclass(frozen=True)
class Plan:
    """How to train."""

    steps: int = 2000
    batch: int = 2048
    lr: float = 1e-3
    warmup: int = 100
    """Steps over which the learning rate rises."""
    decay: float = 0.25
    """Share of the steps, at the end, over which it falls to 0."""
    seed: int = 0
    aux: float = 1 / 32
    """Weight of the dead latents' loss; 0.0 leaves the dead alone."""
    dead_after: int = 200_000
    """A latent is dead when it was silent for so many rows."""
    tied_start: bool = True
    """Encoder rows begin as copies of the directions. False: as others, by lot, and then many latents die."""
    frozen_decoder: bool = False
    """Random directions that never learn: the baseline for every claim about what was found."""
    choose_in: str = "auto"
    """Precision in which latents are compared with each other, never that of their values: float32, bfloat16, or auto:
    bfloat16 where this processor multiplies it in hardware."""
    save_every: int = 200
    """Steps between two saves of a checkpoint."""
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.save_every < 1:
            raise DictionaryError(
                f"Plan: steps, batch and save_every start at 1; got {self.steps}, {self.batch}, {self.save_every}."
            )
        if self.choose_in not in ("auto", "float32", "bfloat16"):
            raise DictionaryError(f"Plan: choose_in is auto, float32 or bfloat16; got {self.choose_in!r}.")


class Progress(NamedTuple):
    """Where training stands."""

    loss: float
    """Of this batch, penalties included."""
    fvu: float
    """Fraction of the batch's variance that is not rebuilt."""
    l0: float
    """Active latents a row."""
    dead: int
    """Latents that were silent for `dead_after` rows."""


@dataclass
class State:
    """Everything that the next step depends on."""

    sae: Sae
    optimiser: torch.optim.Adam
    silent: Int[Tensor, " latent"]
    """For how many rows each latent has not been active."""
    scale: float
    step: int = 0


def train(
    rows: Rows,
    config: Config,
    plan: Plan | None = None,
    *,
    checkpoint: Path | None = None,
    watch: Callable[[int, Progress], None] | None = None,
    progress: bool = True,
) -> Sae:
    """A dictionary of the rows: directions such that few of them at a time rebuild each row.

    With `checkpoint` the run can be stopped at any time and goes on from that file; it is removed at the end. `watch`
    sees every step.

    Raises:
        DictionaryError: the rows are of another width, fewer than a batch, or hold what is not a number.
    """
    plan = plan or Plan()
    _check_rows(rows, config, plan)
    state = start(rows, config, plan)
    if checkpoint is not None and checkpoint.is_file():
        checkpoints.restore(state, checkpoint, plan, rows)
    choose_in = fast_dtype() if plan.choose_in == "auto" else getattr(torch, plan.choose_in)
    bar = tqdm(initial=state.step, total=plan.steps, desc="Training", unit=" steps", disable=not progress)
    for number in range(state.step, plan.steps):
        state.step = number
        if checkpoint is not None and state.step and state.step % plan.save_every == 0:
            checkpoints.save(state, checkpoint, plan, rows)
        now = step(state, batch_of(rows, plan, state.step), plan, choose_in)
        if watch is not None:
            watch(state.step, now)
        bar.set_postfix(fvu=f"{now.fvu:.3f}", dead=now.dead, refresh=False)
        bar.update()
    bar.close()
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return finished(state)


def start(rows: Rows, config: Config, plan: Plan) -> State:
    """Random directions, an encoder that looks for just these (or, untied, for others), and the mean as the offset."""
    generator = torch.Generator().manual_seed(plan.seed)
    some = torch.randint(rows.shape[0], (min(SAMPLE, rows.shape[0]),), generator=generator).sort().values
    sample = _finite(rows[some].float(), some)
    lengths = sample.norm(dim=1)
    limit = SINK * float(lengths.median())
    sample = sample[lengths <= limit]
    mean = sample.mean(0)
    scale = float((sample - mean).square().mean().sqrt()) or 1.0
    W = torch.randn(config.n_latents, config.d_in, generator=generator)
    W = W / W.norm(dim=1, keepdim=True)
    looks_for = W.clone() if plan.tied_start else torch.randn(W.shape, generator=generator) / math.sqrt(config.d_in)
    rule, biases = rule_of(config), torch.zeros(config.n_latents)
    sae = Sae(config, looks_for, biases, W, mean / scale, rule.fresh_extra(config), limit=limit / scale)
    tensors = {name: tensor.to(plan.device) for name, tensor in sae.tensors.items()}
    trained = ["W_enc", "b_enc", "b_dec", *rule.TRAINED, *([] if plan.frozen_decoder else ["W_dec"])]
    for name in trained:
        tensors[name].requires_grad_()
    optimiser = torch.optim.Adam([tensors[name] for name in trained], lr=plan.lr, fused=True)
    silent = torch.zeros(config.n_latents, dtype=torch.long, device=plan.device)
    return State(sae.with_tensors(tensors), optimiser, silent, scale)


def batch_of(rows: Rows, plan: Plan, number: int) -> Float[Tensor, "row d_in"]:
    """Batch `number` of a run; what is left over at the end of a pass is not used in that pass."""
    n_rows = rows.shape[0]
    passed, place = divmod(number, n_rows // plan.batch)
    chosen = _order(n_rows, plan.seed, passed)[place * plan.batch : (place + 1) * plan.batch].sort().values
    return _finite(rows[chosen].float(), chosen).to(plan.device)


_ORDERS: dict[tuple[int, int, int], Tensor] = {}


def _order(n_rows: int, seed: int, passed: int) -> Int[Tensor, " row"]:
    """The order of the rows in one pass; the last one asked for is kept, since thousands of batches share it."""
    key = (n_rows, seed, passed)
    if key not in _ORDERS:
        _ORDERS.clear()
        generator = torch.Generator().manual_seed((seed << 20) + passed + 1)
        _ORDERS[key] = torch.randperm(n_rows, generator=generator)
    return _ORDERS[key]


def step(state: State, x: Float[Tensor, "row d_in"], plan: Plan, choose_in: torch.dtype) -> Progress:
    """One step on one batch; changes the state's tensors in place."""
    sae, n_seen = state.sae, len(x)
    x = x / state.scale
    x = x[ordinary(sae, x)]
    found = rule_of(sae.config).objective(sae, x, choose_in)
    dead = (state.silent >= plan.dead_after).nonzero()[:, 0]
    loss = found.loss
    if plan.aux and len(dead):
        loss = loss + plan.aux * aux_loss(sae, x, (x - found.x_hat).detach(), dead)
    state.optimiser.zero_grad()
    loss.backward()
    along_the_sphere(sae.W_dec)
    for group in state.optimiser.param_groups:
        group["lr"] = plan.lr * share_of_rate(plan, state.step)
    state.optimiser.step()
    with torch.no_grad():
        _after(state, found, n_seen)
        fvu = (x - found.x_hat).square().sum() / (x - x.mean(0)).square().sum()
    return Progress(found.loss.item(), fvu.item(), found.n_active / len(x), len(dead))


def _after(state: State, found: Outcome, n_rows: int) -> None:
    """Directions of length 1, thresholds from 0, and who has been silent for how long."""
    sae = state.sae
    sae.W_dec.div_(sae.W_dec.norm(dim=1, keepdim=True).clamp(min=1e-8))
    state.silent += n_rows
    state.silent[found.fired] = 0
    if found.least is not None:
        share = max(0.01, 1 / (state.step + 1))  # a plain mean at first, then one that forgets
        sae.extra["threshold"].lerp_(found.least, share)
    elif "threshold" in sae.extra:
        sae.extra["threshold"].clamp_(min=0)


def aux_loss(
    sae: Coder, x: Float[Tensor, "row d_in"], error: Float[Tensor, "row d_out"], dead: Int[Tensor, " dead"]
) -> Float[Tensor, ""]:
    """How badly the dead latents rebuild what the others left over; 1 is as badly as not at all.

    A quarter of the batch says enough, and keeps a dictionary with many dead from taking twice the time.
    """
    some = slice(0, max(len(x) // 4, 1))
    W_enc, W_dec = sae.W_enc.index_select(0, dead), sae.W_dec.index_select(0, dead)
    pre = (x[some] - sae.centre.detach()) @ W_enc.T + sae.b_enc.index_select(0, dead)
    values, ids = top_k(pre, min(sae.config.d_in // 2 or 1, len(dead)))
    rebuilt = torch.zeros_like(pre).scatter(1, ids, values.relu()) @ W_dec
    return (error[some] - rebuilt).square().sum() / error[some].square().sum().clamp(min=1e-8)


@torch.no_grad()
def along_the_sphere(W: Tensor) -> None:
    """Remove from the gradient what would only make a direction longer or shorter."""
    if W.grad is not None:
        W.grad -= (W.grad * W).sum(1, keepdim=True) * W


def share_of_rate(plan: Plan, number: int) -> float:
    """The learning rate of a step, as a share of the highest."""
    rising = min(1.0, (number + 1) / max(plan.warmup, 1))
    falling = (plan.steps - number) / max(math.ceil(plan.decay * plan.steps), 1)
    return min(rising, falling, 1.0)


def finished(state: State) -> Sae:
    """The dictionary for activations as they are in the model, on the CPU."""
    plain = {name: tensor.detach().cpu() for name, tensor in state.sae.tensors.items()}
    return rescaled(replace(state.sae.with_tensors(plain)), state.scale)


def _check_rows(rows: Rows, config: Config, plan: Plan) -> None:
    if len(rows.shape) != 2 or rows.shape[1] != config.d_in:
        raise DictionaryError(
            f"train: the dictionary is for activations of {config.d_in} numbers; the rows have shape "
            f"{tuple(rows.shape)}. Set d_in={rows.shape[-1]}, or read another site."
        )
    if rows.shape[0] < plan.batch:
        raise DictionaryError(
            f"train: a batch takes {plan.batch} rows and there are {rows.shape[0]}. Use a smaller batch or more rows."
        )


def _finite(x: Float[Tensor, "row d_in"], numbers: Int[Tensor, " row"]) -> Float[Tensor, "row d_in"]:
    """The rows, if all of their numbers are finite."""
    if not bool(x.isfinite().all()):
        row = int(numbers[int((~x.isfinite()).any(1).nonzero()[0, 0])])
        raise DictionaryError(
            f"train: row {row} of the activations holds NaN or infinity. Was the store cut off, or the model run in "
            "float16? Harvest it again in bfloat16 or float32."
        )
    return x
