"""Exercises 5 and 6: one head's effect by patching, and the same by a slope."""

from collections.abc import Callable

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.checks.city.inside import tiny
from interpbook.exercises import Check, Mistake
from interpbook.models import Site, logits, read
from interpbook.patching import logit_diff

Ids = Int[Tensor, "pair seq"]
Answers = Int[Tensor, " pair"]

# --- 5 · head_effect ---


def head_effect(
    model: TransformersModel, clean: Ids, corrupt: Ids, layer: int, head: int, right: Answers, wrong: Answers
) -> Float[Tensor, ""]:
    """The share of the logit difference that comes back when one head's z is copied from the clean run."""
    z = Site("z", layer, head=head)
    start = logit_diff(logits(model, corrupt)[:, -1], right, wrong)
    goal = logit_diff(logits(model, clean)[:, -1], right, wrong)
    patched = logit_diff(logits(model, corrupt, write={z: read(model, clean, z)})[:, -1], right, wrong)
    return (patched - start).mean() / (goal - start).mean()


def _runs() -> list[tuple]:
    def one(layer: int, head: int, seed: int) -> tuple:
        generator = torch.Generator().manual_seed(seed)
        clean = torch.randint(4, 16, (3, 6), generator=generator)
        corrupt = clean.clone()
        corrupt[:, 2] = (clean[:, 2] + 3) % 16
        return tiny(), clean, corrupt, layer, head, torch.tensor([5, 6, 7]), torch.tensor([9, 11, 8])

    return [one(0, 1, 1), one(1, 0, 2)]


def _diff(model, ids, right, wrong, write=None):
    return logit_diff(logits(model, ids, write=write)[:, -1], right, wrong)


def _with(site_of: Callable[..., Site], effect: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A wrong answer: another site, or another formula of (patched, start, goal)."""

    def answer(model, clean, corrupt, layer, head, right, wrong):
        site = site_of(layer, head)
        patched = _diff(model, corrupt, right, wrong, {site: read(model, clean, site)})
        return effect(patched, _diff(model, corrupt, right, wrong), _diff(model, clean, right, wrong))

    return answer


def _z(layer: int, head: int) -> Site:
    return Site("z", layer, head=head)


def _share(patched: Tensor, start: Tensor, goal: Tensor) -> Tensor:
    return (patched - start).mean() / (goal - start).mean()


def _noised(model, clean, corrupt, layer, head, right, wrong):
    z = _z(layer, head)
    patched = _diff(model, clean, right, wrong, {z: read(model, corrupt, z)})
    return _share(patched, _diff(model, clean, right, wrong), _diff(model, corrupt, right, wrong))


def _in_one_batch(model, clean, corrupt, layer, head, right, wrong):
    z = read(model, clean, Site("z", layer, head=head))
    rows = len(clean)
    ids = torch.cat([clean, corrupt, corrupt])
    said = logits(model, ids, write={Site("z", layer, head=head): lambda old: torch.cat([old[: 2 * rows], z])})[:, -1]
    diffs = [logit_diff(part, right, wrong).sum() for part in said.split(rows)]
    return 1 - (diffs[0] - diffs[2]) / (diffs[0] - diffs[1])


HEAD_EFFECT = Check(
    id="circuits.head_effect",
    reference=head_effect,
    inputs=_runs,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "noised",
            _noised,
            "You seem to run the clean prompt and copy corrupt activations into it: noising, which asks whether the "
            "head is needed. Which prompt is run when you ask what brings the answer *back*?",
        ),
        Mistake(
            "no floor",
            _with(_z, lambda patched, start, goal: patched.mean() / goal.mean()),
            "You compare the patched difference with the clean one, but the corrupt run does not start at 0. From "
            "where do you measure the way?",
        ),
        Mistake(
            "not scaled",
            _with(_z, lambda patched, start, goal: (patched - start).mean()),
            "That is the change in logits. To read it as a share, of what must it be a share?",
        ),
        Mistake(
            "mean of ratios",
            _with(_z, lambda patched, start, goal: ((patched - start) / (goal - start)).mean()),
            "You take each pair's share and then the mean. A pair whose two runs hardly differ divides by nearly 0 and "
            "drowns the others. Where should the means be taken?",
        ),
        Mistake(
            "all heads",
            _with(lambda layer, head: Site("z", layer), _share),
            "All heads of the layer are copied, not one. Which argument of Site narrows it?",
        ),
        Mistake(
            "last token only",
            _with(lambda layer, head: Site("z", layer, head=head, position=-1), _share),
            "Only the last token is copied. Much of a circuit's work is done at earlier tokens. Where should this "
            "head's output be clean?",
        ),
        Mistake(
            "the stream",
            _with(lambda layer, head: Site("resid", layer), _share),
            "You seem to copy the whole stream after the block, so that everything comes back. Which kind of site is "
            "one head's output?",
        ),
        Mistake(
            "already there",
            _with(_z, lambda patched, start, goal: (goal - patched).mean() / (goal - start).mean()),
            "That is the share that is still missing. What has to be 0 when the patch does nothing?",
        ),
    ),
    alternatives=(_in_one_batch,),
    fallback="Three logit differences: corrupt (0 on the scale), clean (1), and corrupt with one head's z copied from "
    "clean. Where between the first two does the third lie?",
)

# --- 6 · gradient_patch ---


def gradient_patch(
    metric: Callable[[Tensor], Tensor],
    clean: Float[Tensor, "position d"],
    corrupt: Float[Tensor, "position d"],
    steps: int = 1,
) -> Float[Tensor, " position"]:
    """A guess at what copying each position from clean would do to the metric: mean slope times distance."""
    gap, slopes = clean - corrupt, []
    for step in range(steps):
        here = (corrupt + step / steps * gap).detach().requires_grad_()
        with torch.enable_grad():
            slopes.append(torch.autograd.grad(metric(here), here)[0])
    return (torch.stack(slopes).mean(0) * gap).sum(-1)


def _metrics() -> list[tuple]:
    weight = torch.randn(4, 6)

    def bent(x: Tensor) -> Tensor:
        return ((x @ weight.T).tanh().sum(0) * torch.tensor([1.0, -2.0, 0.5, 3.0])).sum() + x[0, 0] * x[-1, 1]

    return [(bent, torch.randn(5, 6), torch.randn(5, 6), steps) for steps in (1, 4)]


def _all_points_at_once(metric, clean, corrupt, steps=1):
    points = (torch.arange(steps) / steps)[:, None, None] * (clean - corrupt) + corrupt
    points = points.detach().requires_grad_()
    with torch.enable_grad():
        torch.stack([metric(point) for point in points]).sum().backward()
    assert points.grad is not None
    return torch.einsum("spd,pd->p", points.grad, clean - corrupt) / steps


def _from_clean(metric, clean, corrupt, steps=1):
    return -gradient_patch(metric, corrupt, clean, steps)


def _exactly(metric, clean, corrupt, steps=1):
    found = []
    for position in range(len(clean)):
        mixed = corrupt.clone()
        mixed[position] = clean[position]
        found.append(metric(mixed) - metric(corrupt))
    return torch.stack(found)


def _no_sum(metric, clean, corrupt, steps=1):
    where = corrupt.detach().requires_grad_()
    return torch.autograd.grad(metric(where), where)[0] * (clean - corrupt)


GRADIENT_PATCH = Check(
    id="circuits.gradient_patch",
    reference=gradient_patch,
    inputs=_metrics,
    rtol=1e-3,
    atol=1e-4,
    mistakes=(
        Mistake(
            "slope at clean",
            _from_clean,
            "You take the slope at the clean end. When the corrupt run is patched, the journey starts at the other "
            "end, and slopes differ along the way. Where do you stand?",
        ),
        Mistake(
            "turned round",
            lambda metric, clean, corrupt, steps=1: -gradient_patch(metric, clean, corrupt, steps),
            "All signs are the wrong way round. The patch moves the activation from corrupt to clean. Which is "
            "subtracted from which?",
        ),
        Mistake(
            "steps ignored",
            lambda metric, clean, corrupt, steps=1: gradient_patch(metric, clean, corrupt, 1),
            "Right for one step, and the same for more. With `steps` slopes the guess becomes their mean. At which "
            "points between the two runs should they be taken?",
        ),
        Mistake(
            "slopes added up",
            lambda metric, clean, corrupt, steps=1: gradient_patch(metric, clean, corrupt, steps) * steps,
            "Right for one step, too large for more: by the number of steps. Do you add the slopes up, or average "
            "them?",
        ),
        Mistake(
            "points from the far end",
            lambda metric, clean, corrupt, steps=1: (
                _from_clean(metric, clean, corrupt, steps)
                if steps > 1
                else gradient_patch(metric, clean, corrupt, steps)
            ),
            "With several steps yours run from just after the corrupt run to the clean one. Step 0 should stand at "
            "the corrupt end. Does your counter begin at 0?",
        ),
        Mistake(
            "in absolute terms",
            lambda metric, clean, corrupt, steps=1: gradient_patch(metric, clean, corrupt, steps).abs(),
            "There are no negative numbers. Some positions work against the answer, and a sweep that hides them is "
            "half a sweep. Where does the sign go?",
        ),
        Mistake(
            "one number",
            lambda metric, clean, corrupt, steps=1: gradient_patch(metric, clean, corrupt, steps).sum(),
            "That is one number for all positions together. Over which axis should be summed?",
        ),
        Mistake(
            "not added up",
            _no_sum,
            "One number for each position and dimension came back. What a whole position does is the sum over its "
            "dimensions. Which axis is left to add up?",
        ),
        Mistake(
            "the exact sweep",
            _exactly,
            "These are the exact effects: you run the metric once for each position. That is what the guess is to "
            "save. Can one backward pass give all positions at once?",
        ),
    ),
    alternatives=(_all_points_at_once,),
    fallback="Put the activations at the corrupt run, ask autograd for the slope of the metric there, multiply by "
    "(clean − corrupt), and add up over d. What changes with more steps?",
)
