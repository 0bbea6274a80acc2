"""Do the heads that recall a fact matter for judging it, and the other way round? A fair two-by-two.

1. `exam` puts one relation's facts into two batches: recall prompts, and verdict prompts (true claim, false claim).
2. `attributions` estimates, for all heads at once, what each task loses if a head says the same about every fact:
   gradient times (what it says - its mean), one backward pass.
3. `top_heads` chooses heads on some facts and one template; `scores_without` ablates them on other facts and another
   template, starting from the first ablated layer.
4. `two_by_two` does both, with doses, two ways of ablation and matched random heads, and returns a row for each.
5. `interaction` is the double difference with its interval: above zero where each set of heads serves its own task.

After the pilots of chapter 06, which chose and tested on the same items.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import numpy as np
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attention import Head, all_heads
from interpbook.data import answer_ids, is_single_token
from interpbook.models.loading import info, network
from interpbook.models.tokens import Tokens, tokenize
from interpbook.organisms.verifier import (
    NO,
    TAUGHT,
    YES,
    Fact,
    Relation,
    prompts,
    relations,
    taught_and_held,
    true_and_false,
)  # fmt: skip
from interpbook.stats import Estimate, bootstrap, matched_sets

How = Literal["mean", "resample"]
Condition = tuple[str, How, list[Head]]
"""Whose heads, what they say instead, which they are."""


class Task(NamedTuple):
    """Prompts of equal length, and how a fact's score is read off the logits."""

    tokens: Tokens
    plus: Int[Tensor, " prompt"]
    """The token that should come."""
    minus: Int[Tensor, "prompt rival"]
    """Tokens that should not."""
    per_fact: int
    """How many prompts belong to one fact, side by side."""


class Exam(NamedTuple):
    """One relation's facts, asked for and judged."""

    recall: Task
    verdict: Task


class Row(NamedTuple):
    """What one set of ablated heads leaves of both tasks, on facts and templates that did not choose them."""

    relation: str
    heads: str
    """Whose heads: `none`, `recall`, `verdict`, or `random like recall`, `random like verdict`."""
    how: str
    """`mean` or `resample`."""
    dose: int
    """How many heads."""
    recall: list[float]
    """For each fact, the answer's logit minus the mean of the relation's other answers."""
    verdict: list[float]
    """For each fact, (Yes - No) after the true claim minus (Yes - No) after the false one. Above zero is right,
    whatever the model's liking for Yes."""
    recalled: float
    """The share of facts whose answer scores above all other answers of the relation."""


def usable(model: TransformersModel, facts: Sequence[Fact]) -> list[Fact]:
    """The facts whose subject and answer are one token each, so that prompts line up; one for each subject."""
    kept = {f.subject: f for f in facts if all(is_single_token(model.tokenizer, word) for word in f)}
    return [fact for fact in facts if kept.get(fact.subject) is fact]


def exam(model: TransformersModel, relation: Relation, facts: Sequence[Fact], form: int = 0, *, seed: int = 0) -> Exam:
    """The facts in one recall template and one verdict template of the relation."""
    answers = sorted({fact.answer for fact in relation.facts if is_single_token(model.tokenizer, fact.answer)})
    ids = dict(zip(answers, answer_ids(model.tokenizer, answers).tolist(), strict=True))
    own = torch.tensor([ids[fact.answer] for fact in facts])
    rivals = torch.tensor([[i for i in ids.values() if i != ids[fact.answer]] for fact in facts])
    claims = true_and_false(facts, seed=seed)
    yes, no = answer_ids(model.tokenizer, [YES, NO]).tolist()
    plus = torch.tensor([yes if claim.true else no for claim in claims])
    minus = torch.tensor([[no if claim.true else yes] for claim in claims])
    asked = tokenize(model, prompts(facts, relation.recall[form]))
    judged = tokenize(model, prompts(claims, relation.verdict[form]))
    if not (bool(asked.mask.all()) and bool(judged.mask.all())):
        raise ValueError(f"exam: prompts about {relation.name} differ in length; keep the facts that `usable` returns.")
    return Exam(Task(asked, own, rivals, 1), Task(judged, plus, minus, 2))


def attributions(model: TransformersModel, task: Task) -> Float[Tensor, "layer head"]:
    """What the mean margin would lose, to first order, if a head said at every fact what it says on average."""
    net, kept, hooks = network(model), [], []

    def keep(_: Any, inputs: tuple[Tensor, ...]) -> None:
        inputs[0].retain_grad()
        kept.append(inputs[0])

    with torch.enable_grad():
        start = net.get_input_embeddings()(task.tokens.ids).detach().requires_grad_()
        hooks = [block.self_attn.o_proj.register_forward_pre_hook(keep) for block in net.model.layers]
        try:
            last = net.model(inputs_embeds=start, use_cache=False).last_hidden_state[:, -1]
            _margin(net.lm_head(last), task).mean().backward()
        finally:
            for hook in hooks:
                hook.remove()
    losses = [((z - z.mean(0)) * z.grad).detach().unflatten(-1, (info(model).n_heads, -1)) for z in kept]
    return torch.stack([loss.sum((0, 1, 3)) for loss in losses])


def top_heads(scores: Float[Tensor, "layer head"], k: int) -> list[Head]:
    """The k heads with the highest scores, highest first."""
    order = scores.flatten().argsort(descending=True)[:k].tolist()
    return [divmod(i, scores.shape[1]) for i in order]


def streams(model: TransformersModel, task: Task) -> list[Tensor]:
    """What enters each block, so that an ablation need not start from the beginning."""
    net = network(model)
    with torch.no_grad():
        found = net.model(input_ids=task.tokens.ids, use_cache=False, output_hidden_states=True).hidden_states
    return list(found[: info(model).n_layers])


def scores_without(
    model: TransformersModel,
    task: Task,
    heads: Iterable[Head],
    *,
    how: How = "mean",
    before: list[Tensor],
    seed: int = 0,
) -> Float[Tensor, "prompt d_vocab"]:
    """The logits after every prompt when some heads say nothing about *this* fact, at any token.

    `before` comes from `streams`.

    "mean": they say the average over all prompts. "resample": what they say at another prompt, true or false.
    """
    net, heads = network(model), sorted(heads)
    if not heads:
        return _finish(net, before[-1], len(before) - 1, {})
    n_heads, order = info(model).n_heads, _circle(len(task.plus), seed)
    silenced = {layer: [head for at, head in heads if at == layer] for layer, _ in heads}

    def silence(chosen: list[int]) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
            z = inputs[0].unflatten(-1, (n_heads, -1)).clone()
            old = z[:, :, chosen]
            z[:, :, chosen] = old.mean(0, keepdim=True).expand_as(old) if how == "mean" else old[order]
            return (z.flatten(-2),)

        return hook

    return _finish(net, before[heads[0][0]], heads[0][0], {k: silence(v) for k, v in silenced.items()})


def _finish(net: Any, x: Tensor, first: int, hooks: dict[int, Any]) -> Float[Tensor, "prompt d_vocab"]:
    """The blocks from `first` on, with hooks on what their heads say."""
    places = torch.arange(x.shape[1])[None]
    handles = [net.model.layers[i].self_attn.o_proj.register_forward_pre_hook(hook) for i, hook in hooks.items()]
    try:
        with torch.no_grad():
            turns = net.model.rotary_emb(x, places)
            for block in net.model.layers[first:]:
                x = block(x, attention_mask=None, position_ids=places, position_embeddings=turns, use_cache=False)
            return net.lm_head(net.model.norm(x[:, -1]))
    finally:
        for handle in handles:
            handle.remove()


def _margin(scores: Float[Tensor, "prompt d_vocab"], task: Task) -> Float[Tensor, " fact"]:
    """The mean over rivals, which is smooth; every fact's share counts the same."""
    own = scores.gather(1, task.plus[:, None])[:, 0]
    return (own - scores.gather(1, task.minus).mean(1)).unflatten(0, (-1, task.per_fact)).sum(1)


def _circle(n: int, seed: int) -> Int[Tensor, " prompt"]:
    """Every prompt gets another one: a random circle."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    partner = torch.empty_like(order)
    partner[order] = order.roll(1)
    return partner


# --- the whole experiment ---


class Plan(NamedTuple):
    """What `two_by_two` does."""

    relations: tuple[str, ...]
    """On which it tests; heads are chosen on those of them that were taught."""
    doses: tuple[int, ...] = (1, 2, 4, 8)
    n_random: int = 3
    """Sets of random heads of the same layers, for the highest dose."""
    n_facts: int = 18
    """At most so many of each half."""


def chosen_heads(model: TransformersModel, plan: Plan, seed: int) -> dict[str, list[Head]]:
    """For each task, its heads on the taught half of the facts, first template; relations count equally."""
    table, scores = relations(model), {"recall": [], "verdict": []}
    for name in (name for name in plan.relations if name in TAUGHT):
        facts = usable(model, taught_and_held(table[name], seed)[0])[: plan.n_facts]
        asked = exam(model, table[name], facts, 0)
        for kind, found in scores.items():
            score = attributions(model, getattr(asked, kind))
            found.append(score / score.abs().sum())
    return {kind: top_heads(torch.stack(found).mean(0), max(plan.doses)) for kind, found in scores.items()}


def two_by_two(
    model: TransformersModel, plan: Plan, seed: int, *, heads: dict[str, list[Head]] | None = None
) -> list[Row]:
    """Heads chosen on one half of the facts and one template, ablated on the other half and another template.

    `heads` as `chosen_heads` gives them, where they are known already.
    """
    table, heads = relations(model), heads or chosen_heads(model, plan, seed)
    pool = set(all_heads(model)) - set(heads["recall"]) - set(heads["verdict"])
    conditions: list[Condition] = [("none", "mean", [])]
    for kind, found in heads.items():
        for dose in plan.doses:
            conditions.append((kind, "mean", found[:dose]))
        conditions.append((kind, "resample", found))
        stand_ins = matched_sets(found, sorted(pool), plan.n_random, like=layer_of, seed=seed) if plan.n_random else []
        for one in stand_ins:
            conditions.append((f"random like {kind}", "mean", one))
    rows = []
    for name in plan.relations:
        facts = usable(model, taught_and_held(table[name], seed)[1])[: plan.n_facts]
        asked = exam(model, table[name], facts, 1)
        before = {kind: streams(model, getattr(asked, kind)) for kind in heads}
        for whose, how, some in conditions:
            rows.append(_row(model, name, whose, how, some, asked, before))
    return rows


def layer_of(head: Head) -> int:
    """What a random stand-in shares with the head that it stands in for."""
    return head[0]


def _row(
    model: TransformersModel, name: str, whose: str, how: How, heads: list[Head], asked: Exam, before: dict
) -> Row:
    scores = {
        kind: scores_without(model, getattr(asked, kind), heads, how=how, before=before[kind])
        for kind in ("recall", "verdict")
    }
    best = scores["recall"].gather(1, asked.recall.minus).amax(1)
    recalled = (scores["recall"].gather(1, asked.recall.plus[:, None])[:, 0] > best).float().mean().item()
    margins = [_margin(scores[kind], getattr(asked, kind)).tolist() for kind in ("recall", "verdict")]
    return Row(name, whose, how, len(heads), margins[0], margins[1], recalled)


def pick(rows: Sequence[Row], heads: str, how: str = "mean", dose: int | None = None) -> list[Row]:
    """The rows of one condition."""
    return [row for row in rows if row.heads == heads and row.how == how and dose in (None, row.dose)]


def kept(rows: Sequence[Row], whole: Sequence[Row], task: Literal["recall", "verdict"]) -> Estimate:
    """What is left of the margin, as a share of the untouched model's: 1 all, 0 none. Facts are redrawn.

    `whole` holds the untouched rows, `rows` one or more for each of them, side by side (random sets are averaged).
    """
    return bootstrap(_shares(rows, whole, task))


def _shares(rows: Sequence[Row], whole: Sequence[Row], task: str) -> np.ndarray:
    """One number for each fact of each untouched row."""
    n, shares = len(rows) // len(whole), []
    for i, full in enumerate(whole):
        same = rows[i * n : (i + 1) * n]
        assert all(row.relation == full.relation for row in same)
        shares.append(np.mean([getattr(row, task) for row in same], axis=0) / np.mean(getattr(full, task)))
    return np.concatenate(shares)


def interaction(recall_rows: Sequence[Row], verdict_rows: Sequence[Row], whole: Sequence[Row]) -> Estimate:
    """How much more each set of heads costs its own task than the other set does, as a share of the margin, over facts.

    Half of (recall without verdict heads - recall without recall heads) + (verdict without recall heads - verdict
    without verdict heads): 1 is a perfect double dissociation, 0 says that both sets serve both tasks alike.
    """
    recall = _shares(verdict_rows, whole, "recall") - _shares(recall_rows, whole, "recall")
    verdict = _shares(recall_rows, whole, "verdict") - _shares(verdict_rows, whole, "verdict")
    return bootstrap((recall + verdict) / 2)
