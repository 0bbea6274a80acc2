"""Change what a colour organism says of a thing, and see whether what it judges goes along.

1. `place` finds the thing's token; `keys` are the neurons there, `spread` their covariance over ordinary text.
2. `wanted_shifts` finds what one block's neurons would have to add at that token for another answer to be said.
3. `rewrite` puts many such facts into one matrix in closed form, at the least cost to all other text: ROME (Meng et al.
   2022) for one fact, MEMIT (Meng et al. 2023) for many. `aimless` is a change of equal size to no purpose.
4. `reteach` does it with a few gradient steps on recall prompts.
5. `head_effects` estimates what each head's output carries from one prompt to the answer of another.

Built in chapter 06.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
import torch.nn.functional as F
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import answer_ids, passages, token_ids
from interpbook.models import Site, read, tokenize
from interpbook.models.errors import PromptError
from interpbook.models.loading import info, network
from interpbook.models.sites import at, family
from interpbook.organisms.adapters import last_logits

Change = Float[Tensor, "d_model d_mlp"]
"""What is added to the matrix that writes what a block's neurons found."""


def place(model: TransformersModel, template: str, things: Sequence[str], **rest: str) -> int:
    """Where the thing's token stands in a template, counted from the start; the same for all things.

    Raises:
        PromptError: a thing has several tokens, or stands elsewhere than the first one.
    """
    found = set()
    for thing in things:
        ids = tokenize(model, [template.format(thing=thing, **rest)]).ids[0].tolist()
        own = token_ids(model.tokenizer, " " + thing)
        found |= {ids.index(own[0])} if len(own) == 1 and own[0] in ids else {None}
    if len(found) != 1 or None in found:
        raise PromptError(
            f"place: the things are not one token at one place of {template!r}: {sorted(map(str, found))}."
        )
    return found.pop()


def keys(model: TransformersModel, prompts: Sequence[str], position: int, layer: int) -> Float[Tensor, "prompt d_mlp"]:
    """The neurons of a block at one token of each prompt."""
    return read(model, list(prompts), Site("mlp_act", layer=layer, position=position)).float()


def spread(model: TransformersModel, layer: int, *, texts: Sequence[str] | None = None) -> Float[Tensor, "d_mlp d_mlp"]:
    """The second moment of a block's neurons over ordinary text (the book's own passages), a little rounded off.

    A change of the matrix is felt wherever these neurons fire; this says how often each combination does.
    """
    found = [read(model, [text], Site("mlp_act", layer=layer))[0, 1:] for text in texts or passages().values()]
    rows = torch.cat(found).float()
    moment = rows.T @ rows / len(rows)
    return moment + 0.01 * moment.diagonal().mean() * torch.eye(len(moment))


def wanted_shifts(
    model: TransformersModel,
    lessons: Sequence[tuple[Sequence[str], int]],
    answers: Sequence[str],
    layer: int,
    *,
    steps: int = 20,
    lr: float = 0.5,
    decay: float = 0.01,
) -> Float[Tensor, "thing d_model"]:
    """For each thing, what block `layer` must add at its token so that its prompts are followed by its new answer.

    `lessons` are pairs of prompts, one a thing, and the thing's position in them; all share one shift a thing. Adam on
    the shifts alone: no weight changes. `decay` keeps them short.
    """
    net, ids = network(model), answer_ids(model.tokenizer, list(answers))
    block = at(net, f"{family(info(model).name).blocks}.{layer}.{family(info(model).name).mlp_out}")
    batches = [(tokenize(model, list(prompts)), position) for prompts, position in lessons]
    shifts = torch.zeros(len(answers), info(model).d_model, requires_grad=True)
    optimiser = torch.optim.Adam([shifts], lr=lr)
    for step in range(steps):
        tokens, position = batches[step % len(batches)]
        mask = F.one_hot(torch.tensor(position), tokens.ids.shape[1]).float()

        def add(_: object, __: object, output: Tensor, mask: Tensor = mask) -> Tensor:
            return output + (mask[:, None] * shifts[:, None]).to(output.dtype)

        handle = block.register_forward_hook(add)
        with torch.enable_grad():
            loss = F.cross_entropy(last_logits(net, tokens), ids) + decay * shifts.norm(dim=1).mean()
            shifts.grad = torch.autograd.grad(loss, shifts)[0]
        handle.remove()
        optimiser.step()
    return shifts.detach()


def rewrite(
    key: Float[Tensor, "thing d_mlp"], shift: Float[Tensor, "thing d_model"], moment: Float[Tensor, "d_mlp d_mlp"]
) -> Change:
    """The smallest change that adds exactly `shift` wherever a thing's `key` fires.

    Smallest in what it does to ordinary text, whose neurons have the second moment `moment`. For one thing its rank is
    one; for several it is their number.
    """
    fires = torch.linalg.solve(moment, key.T)  # (d_mlp, thing): directions that ordinary text hardly uses
    return shift.T @ torch.linalg.solve(key @ fires, fires.T)


def aimless(change: Change, *, seed: int = 0) -> Change:
    """A change of the same rank, size and keys that writes in random directions: an edit to no purpose.

    What is written is turned by a random rotation of the residual stream, so every singular value stays.
    """
    noise = torch.randn(len(change), len(change), generator=torch.Generator().manual_seed(seed))
    return torch.linalg.qr(noise).Q @ change


@contextmanager
def edited(model: TransformersModel, changes: dict[int, Change]) -> Iterator[TransformersModel]:
    """The model with changes added to the matrices of some blocks, inside the `with` block alone."""
    tree, net, before = family(info(model).name), network(model), {}
    try:
        for layer, change in changes.items():
            module = at(net, f"{tree.blocks}.{layer}.{tree.mlp_act}")
            before[layer] = (module, module.weight.data)
            module.weight.data = module.weight.data + change.to(module.weight.dtype)
        yield model
    finally:
        for module, data in before.values():
            module.weight.data = data


def reteach(
    model: TransformersModel,
    lessons: Sequence[tuple[Sequence[str], int]],
    answers: Sequence[str],
    layer: int,
    *,
    n_steps: int = 8,
    lr: float = 1e-3,
) -> Change:
    """A few steps of Adam on one block's output matrix, so that each lesson's prompts are followed by these answers.

    Put other things with their old answers among the prompts, or everything will have the new ones. Prompts are used in
    turn; nothing but what is said next enters the loss.
    """
    net, ids = network(model), answer_ids(model.tokenizer, list(answers))
    module = at(net, f"{family(info(model).name).blocks}.{layer}.{family(info(model).name).mlp_act}")
    batches = [tokenize(model, list(prompts)) for prompts, _ in lessons]
    change = torch.zeros(module.weight.shape, requires_grad=True)
    optimiser = torch.optim.Adam([change], lr=lr)
    handle = module.register_forward_hook(
        lambda _, inputs, output: output + F.linear(inputs[0], change.to(output.dtype))
    )
    try:
        for step in range(n_steps):
            with torch.enable_grad():
                loss = F.cross_entropy(last_logits(net, batches[step % len(batches)]), ids)
                change.grad = torch.autograd.grad(loss, change)[0]
            optimiser.step()
    finally:
        handle.remove()
    return change.detach()


def head_effects(
    model: TransformersModel,
    prompts: Sequence[str],
    donors: Sequence[str],
    weights: Float[Tensor, "prompt word"],
    words: Sequence[str],
) -> Float[Tensor, "prompt layer head"]:
    """About how much each head's output moves the answer when it comes from the donor's prompt: a first-order estimate.

    The answer is the sum of the words' logits after the last token, times `weights`. Difference in `z` times the
    gradient, over all tokens (attribution patching: Nanda 2023).
    """
    sizes, tree, net = info(model), family(info(model).name), network(model)
    outputs = [at(net, f"{tree.blocks}.{layer}.{tree.z}") for layer in range(sizes.n_layers)]
    ids, found = answer_ids(model.tokenizer, list(words)), []

    def keep(_: object, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        z = inputs[0] if inputs[0].requires_grad else inputs[0].requires_grad_()
        found.append(z)
        return (z, *inputs[1:])

    handles = [module.register_forward_pre_hook(keep) for module in outputs]
    try:
        with torch.no_grad():
            last_logits(net, tokenize(model, list(donors)))
        given = list(found)
        found.clear()
        with torch.enable_grad():
            answer = (last_logits(net, tokenize(model, list(prompts)))[:, ids] * weights).sum()
            grads = torch.autograd.grad(answer, found)
    finally:
        for handle in handles:
            handle.remove()
    moved = [(a - b).detach().float() * g.float() for a, b, g in zip(given, found, grads, strict=True)]
    return torch.stack([part.unflatten(-1, (sizes.n_heads, -1)).sum((1, 3)) for part in moved], dim=1)
