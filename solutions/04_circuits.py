# %% [markdown]
r"""
# Exercises 04 · Follow the wire

In these eight exercises you split an answer into what each part of the model said for it, catch an induction head (and the bug that catches the wrong ones), break one thing in a sentence, patch it back, replace a thousand patches by one slope, find out when the slope lies, and shrink a circuit until nothing can go.

They belong to [chapter 04](../chapters/04_circuits.ipynb). Every answer cell is followed by a check that says at once whether it is right, and if not, what it suspects. Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
from collections.abc import Callable, Sequence

import torch
from IPython.display import Markdown
from jaxtyping import Float, Int
from torch import Tensor

from interpbook import attention, data, induction, patching, plots, stats
from interpbook.exercises import check, or_reference
from interpbook.models import Site, info, load, logits, next_logits, read, unembed
from interpbook.models.loading import network
from interpbook.patching import logit_diff

# isort: split
from nnsight import TransformersModel

model = load()
sizes = info(model)
pairs = patching.prepare(model, data.ioi_pairs(model.tokenizer, 6, corruption="swap", templates=(0,), seed=0))
others = patching.prepare(model, data.ioi_pairs(model.tokenizer, 6, corruption="swap", templates=(3,), seed=1))


def label(heads):
    return ", ".join(f"{layer}.{head}" for layer, head in heads)

# %% [markdown]
r"""
## Exercise 1 · Who said it?

**What.** The stream at the last token is a sum of parts: the embedding, and what each attention layer and each MLP added. The final norm divides the *whole* stream by its root mean square, $\sqrt{\text{mean}(x^2) + \varepsilon}$, and multiplies by a gain; the unembedding compares the result with each token's direction.
Write what each part adds to the logit difference *right − wrong*, so that the contributions add up to it exactly.

**Why.** It is the cheapest explanation there is, it is exact, and it is the first thing to look at. (What it cannot see is in exercise 4.)

**Given.** `parts` of shape (part, d_model), `gain` (d_model), the unembedding directions `right` and `wrong` (d_model each), `eps`. Return one number a part.

<details><summary>Hint: a norm is not linear, but</summary>

on this one prompt its denominator is one number. Take it as given, and everything after it is linear.

</details>
"""


# %% exercise="circuits.direct_attribution" kind="implement" points=3 difficulty=2 importance=5 minutes=14
def direct_attribution(
    parts: Float[Tensor, "part d_model"],
    gain: Float[Tensor, " d_model"],
    right: Float[Tensor, " d_model"],
    wrong: Float[Tensor, " d_model"],
    eps: float = 1e-5,
) -> Float[Tensor, " part"]:
    """What each part of the stream adds to the logit difference right − wrong; the parts add up to all of it."""
    ### BEGIN SOLUTION
    rms = (parts.sum(0).square().mean() + eps).sqrt()
    return (parts / rms * gain) @ (right - wrong)
    ### END SOLUTION


# %% [markdown]
r"""
On a real sentence, with the model's own weights:
"""

# %%
direct_attribution = or_reference("circuits.direct_attribution", direct_attribution)
sentence = "When Mary and John went to the store, John gave a drink to"
names, parts = attention.residual_parts(model, sentence, sizes.n_layers)
norm, words = network(model).model.norm, network(model).lm_head.weight.detach()
mary, john = data.answer_ids(model.tokenizer, ["Mary", "John"]).tolist()
said = direct_attribution(parts[:, -1], norm.weight.detach(), words[mary], words[john], norm.variance_epsilon)
last = next_logits(model, sentence)[0]
strongest = said.abs().argsort(descending=True)[:5].tolist()
Markdown(
    f"The model's own difference *Mary − John*: {last[mary] - last[john]:.4f}. The sum of {len(said)} parts: **{said.sum():.4f}**.\n\n"
    + "\n".join(f"- {names[i]}: {said[i]:+.2f}" for i in strongest)
)

# %% [markdown]
r"""
## Exercise 2 · Prefix matching, and its double

**What.** A sequence of random tokens: a separator (token 0), a block of `length` tokens, the same block again. An [induction head](term:induction-head) at a repeated token looks at the token that came *after* it the first time. Write the score: for each head, its attention to that token, averaged over all queries of the second showing.

**Why.** One slip in the index gives a list of other heads that looks as good. Public write-ups have announced induction heads with exactly that slip.

**Given.** `pattern` of shape (head, query, key), with $2 \cdot \text{length} + 1$ queries and keys, and `length`. Return one number a head.

<details><summary>Hint: a diagonal</summary>

Query `length + 1` is the first repeated token. Its key is token 2. For the next query it is token 3. `pattern.diagonal(offset, dim1=-2, dim2=-1)` walks along such a line.

</details>
"""


# %% exercise="circuits.prefix_matching" kind="implement" points=3 difficulty=2 importance=5 minutes=14
def prefix_matching(pattern: Float[Tensor, "head query key"], length: int) -> Float[Tensor, " head"]:
    """How much each head looks, on a block's second showing, at the token after the same token on the first."""
    ### BEGIN SOLUTION
    second = pattern[:, length + 1 :]  # its queries stand at length + 1, length + 2, …
    return second.diagonal(2, dim1=-2, dim2=-1).mean(-1)  # and their keys at 2, 3, …
    ### END SOLUTION


# %%
prefix_matching = or_reference("circuits.prefix_matching", prefix_matching)
rows = induction.repeated_tokens(model, 4, 30, seed=0)
patterns = read(model, rows, [Site("pattern", layer) for layer in range(sizes.n_layers)])
score = torch.stack([prefix_matching(pattern.mean(0), 30) for pattern in patterns.values()])
double = torch.stack([induction.duplicate_token(pattern, 30) for pattern in patterns.values()])


def first(table, n=4):
    """The n largest of a (layer, head) table, with their values."""
    best = table.flatten().topk(n).indices.tolist()
    return ", ".join(f"{i // sizes.n_heads}.{i % sizes.n_heads} ({table.flatten()[i]:.2f})" for i in best)


Markdown(f"Prefix matching: {first(score)}. Off by one: {first(double)}. Both lists look respectable. Only one of them holds induction heads.")

# %% [markdown]
r"""
## Exercise 3 · Break one thing

**What.** *When Mary and John went to the store, John gave a drink to* is answered with *Mary*. A hypothesis: the model notices **that John is said twice**. Design the corrupted prompt that tests it. Write a function that takes such a sentence, the repeated name `s` and a list of `names`, and returns a sentence in which nobody is named twice, and which is otherwise as equal as can be.

**Why.** A patch can only find what the two prompts differ in. If they differ in two things, you will never know which of them you have found.

**Given.** `prompt`, `s`, `names` (some occur in the prompt). Return the new prompt. Think about *which* mention to change: a model reads from left to right.
"""


# %% exercise="circuits.break_repetition" kind="control" points=3 difficulty=2 importance=5 minutes=12
def break_repetition(prompt: str, s: str, names: Sequence[str]) -> str:
    """The prompt with the second mention of `s` replaced by a name that does not occur in it."""
    ### BEGIN SOLUTION
    before, _, after = prompt.rpartition(s)
    third = next(name for name in names if name not in prompt)
    return before + third + after
    ### END SOLUTION


# %%
break_repetition = or_reference("circuits.break_repetition", break_repetition)
pool = data.ioi_names(model.tokenizer)
sentences = data.ioi_prompts(model.tokenizer, 24, templates=(0, 1), seed=2)
right, wrong = (data.answer_ids(model.tokenizer, [getattr(one, who) for one in sentences]) for who in ("io", "s"))
clean = logit_diff(next_logits(model, [one.text for one in sentences]), right, wrong)
broken = logit_diff(next_logits(model, [break_repetition(one.text, one.s, pool) for one in sentences]), right, wrong)
Markdown(
    f"The lead of the right name over the repeated one: {stats.bootstrap(clean)} logits. With the repetition broken: {stats.bootstrap(broken)}. "
    "One word changed, and the preference is mostly gone; whatever carries it must begin at that word."
)

# %% [markdown]
r"""
## Exercise 4 · Enough, or needed?

**What.** Two heads, A and B. In circuit AND the answer is right only if both have their clean activation. In circuit OR either is enough. In the clean run both are clean, in the corrupt run neither. You patch **A alone**, in both directions:

- *denoise*: the corrupt run, with A copied from the clean run; what share of the answer comes **back**?
- *noise*: the clean run, with A copied from the corrupt run; what share of the answer is **destroyed**?

Predict the four shares.

**Why.** Students ask which direction is the right one. They answer different questions, and a report that shows one of them has shown half.

**Answer** with a list of four numbers: `[AND denoised, AND noised, OR denoised, OR noised]`.
"""

# %% exercise="circuits.both_ways" kind="predict" points=2 difficulty=2 importance=5 minutes=8
### BEGIN SOLUTION
both_ways = [0, 1, 1, 0]
### END SOLUTION

# %% [markdown]
r"""
Backup heads are an OR: take one away, and the other speaks. That is why direct attribution (exercise 1) can credit a head whose removal changes nothing.
"""

# %% [markdown]
r"""
## Exercise 5 · Patch one head

**What.** Denoising, for one head: run the corrupt prompts, with that head's `z` (what it gathered, at all tokens) copied from the clean prompts. Return the share of the logit difference that comes back: 0 where nothing changed, 1 where the corrupt run now answers like the clean one. Share of *means*, not the mean of shares.

**Why.** Everything else in the chapter is this, many times, or an estimate of it.

**Given.** `model`; token ids `clean` and `corrupt` (pair, seq); `layer`, `head`; the tokens `right` and `wrong` (pair). The toolkit helps: `read(model, ids, site)`, `logits(model, ids, write={site: value})`, `logit_diff(scores, right, wrong)`; `Site("z", layer, head=head)` is the place.
"""


# %% exercise="circuits.head_effect" kind="intervene" points=4 difficulty=3 importance=5 minutes=18
def head_effect(
    model: TransformersModel,
    clean: Int[Tensor, "pair seq"],
    corrupt: Int[Tensor, "pair seq"],
    layer: int,
    head: int,
    right: Int[Tensor, " pair"],
    wrong: Int[Tensor, " pair"],
) -> Float[Tensor, ""]:
    """The share of the logit difference that comes back when one head's z is copied from the clean run."""
    ### BEGIN SOLUTION
    z = Site("z", layer, head=head)
    start = logit_diff(logits(model, corrupt)[:, -1], right, wrong)
    goal = logit_diff(logits(model, clean)[:, -1], right, wrong)
    patched = logit_diff(logits(model, corrupt, write={z: read(model, clean, z)})[:, -1], right, wrong)
    return (patched - start).mean() / (goal - start).mean()
    ### END SOLUTION


# %% [markdown]
r"""
The heads to try are chosen on other names and another template, by the quick estimate of exercise 6. Beside each: another head of the same layer.
"""

# %%
head_effect = or_reference("circuits.head_effect", head_effect)
quick = patching.attribution_sweep(model, pairs, "z", by_position=False)
chosen = quick.best(3)
alike = stats.matched_sets(chosen, attention.all_heads(model), 1, like=lambda place: place[0], seed=0)[0]
tested = {"chosen": chosen, "same layer, by lot": alike}
effects = {name: [float(head_effect(model, others.clean.ids, others.corrupt.ids, *place, others.right, others.wrong)) for place in heads] for name, heads in tested.items()}
Markdown("| | heads | share that comes back (6 other pairs, another template) |\n|---|---|---|\n" + "\n".join(f"| {name} | {label(tested[name])} | {', '.join(f'{value:+.2f}' for value in values)} |" for name, values in effects.items()))

# %% [markdown]
r"""
## Exercise 6 · A slope for a thousand patches

**What.** [Attribution patching](term:attribution-patching) guesses what copying each position from clean to corrupt would do to a metric: the slope of the metric at the **corrupt** activations, times (clean − corrupt), added up over the dimensions. With `steps` > 1 the slope is averaged over points on the way:
step $k$ = 0, 1, … stands at corrupt + $\frac{k}{\text{steps}}$ (clean − corrupt). That is the integrated form.

**Why.** One backward pass estimates every place at once. A sweep of hours becomes seconds, at the price of being wrong now and then.

**Given.** `metric`, a function from activations (position, d) to one number; `clean` and `corrupt` (position, d); `steps`. Return one number a position.

<details><summary>Hint: a slope at a point</summary>

`here = point.detach().requires_grad_()`, then `torch.autograd.grad(metric(here), here)[0]`.

</details>
"""


# %% exercise="circuits.gradient_patch" kind="implement" points=3 difficulty=3 importance=5 minutes=16
def gradient_patch(
    metric: Callable[[Tensor], Tensor],
    clean: Float[Tensor, "position d"],
    corrupt: Float[Tensor, "position d"],
    steps: int = 1,
) -> Float[Tensor, " position"]:
    """A guess at what copying each position from clean would do to the metric: mean slope times distance."""
    ### BEGIN SOLUTION
    gap, slopes = clean - corrupt, []
    for step in range(steps):
        here = (corrupt + step / steps * gap).detach().requires_grad_()
        slopes.append(torch.autograd.grad(metric(here), here)[0])
    return (torch.stack(slopes).mean(0) * gap).sum(-1)
    ### END SOLUTION


# %% [markdown]
r"""
A real metric with a bend: the *probability* of the right name, as a function of the stream after the last block (here each sentence is a "position"). And next to it the logit difference.
"""

# %%
gradient_patch = or_reference("circuits.gradient_patch", gradient_patch)
end = Site("resid", sizes.n_layers - 1, position=-1)
streams = {name: read(model, tokens, end).detach() for name, tokens in (("clean", pairs.clean), ("corrupt", pairs.corrupt))}
metrics = {
    "probability": lambda x: unembed(model, x).softmax(-1).gather(-1, pairs.right[:, None]).sum(),
    "logit difference": lambda x: logit_diff(unembed(model, x), pairs.right, pairs.wrong).sum(),
}
table = ["| metric | exact | slope at one point | 4 points | 32 points |", "|---|---|---|---|---|"]
for name, metric in metrics.items():
    exact = float(metric(streams["clean"]) - metric(streams["corrupt"]))
    guesses = [float(gradient_patch(metric, streams["clean"], streams["corrupt"], steps).sum()) for steps in (1, 4, 32)]
    table.append(f"| {name} | {exact:.2f} | " + " | ".join(f"{guess:.2f}" for guess in guesses) + " |")
Markdown("\n".join(table) + f"\n\nSummed over {len(pairs.right)} pairs. The bend of a probability costs one slope dearly; the logit difference, almost straight, hardly notices.")

# %% [markdown]
r"""
## Exercise 7 · The sign is wrong

A sweep by slopes says that a head *helps*. Patched exactly, it *hurts*. No bug: copy a share $t$ of the clean activation in, and the metric follows a hill,

$$m(t) = 1 + 4t - 6t^2 .$$

**What.** The slope at $t = 0$ predicts a change of $4t$. From which $t$ on has the *true* change, $m(t) - m(0)$, the opposite sign?

**Why.** Attention saturates, norms divide by what you add, and the neurons behind bend. A slope knows only the first step of the way.

**Answer** with one number.
"""

# %% exercise="circuits.wrong_from" kind="explain" points=2 difficulty=2 importance=4 minutes=8
### BEGIN SOLUTION
wrong_from = 2 / 3
### END SOLUTION

# %% tags=["hide-input"]
wrong_from = or_reference("circuits.wrong_from", wrong_from)
t = torch.linspace(0, 1, 41)
plots.line(
    t, {"true change": 4 * t - 6 * t**2, "what the slope predicts": 4 * t}, reference={"no change": 0}, title="A slope knows the first step of the way", x_label="share of the clean activation copied in", y_label="change of the metric (logits)",
    alt="The true change rises, falls, and is negative from two thirds on; the prediction rises in a straight line.",
)  # fmt: skip

# %% [markdown]
r"""
The mean slope over the whole way is right by construction: $\int_0^1 m'(t)\,dt = m(1) - m(0)$. That is why the integrated form repairs such cells, for as many backward passes as it has steps.
"""

# %% [markdown]
r"""
## Exercise 8 · Shrink it

**What.** A list of heads forms a circuit, `score(heads)` says how well a set of heads does the task. Go through the list once, **in the given order**; drop each head if the rest *that is still there* scores at least `target` without it. Return what is left.

**Why.** A circuit should not only work, it should hold nothing that it does not need. The obvious shortcut, to drop at once every head that is not needed *by itself*, fails where heads stand in for one another; and they do.

**Given.** `score`, a function from a list of heads to a number; `heads`, a list of (layer, head); `target`. Return the list of those kept.
"""


# %% exercise="circuits.shrink" kind="implement" points=3 difficulty=2 importance=4 minutes=12
def shrink(
    score: Callable[[list[tuple[int, int]]], float], heads: Sequence[tuple[int, int]], target: float
) -> list[tuple[int, int]]:
    """The heads that are left when each in turn, as listed, is dropped if the rest still scores at least `target`."""
    ### BEGIN SOLUTION
    kept = list(heads)
    for head in heads:
        without = [other for other in kept if other != head]
        if score(without) >= target:
            kept = without
    return kept
    ### END SOLUTION


# %% [markdown]
r"""
On the model: the ten most helpful heads by the estimate, all others saying what they say in the swapped sentence, shrunk from either end until nothing can go without losing a tenth of what the ten can do.
"""

# %%
shrink = or_reference("circuits.shrink", shrink)
few = patching.prepare(model, data.ioi_pairs(model.tokenizer, 3, corruption="swap", templates=(0,), seed=0))
means, ten = patching.mean_z(model, few.corrupt, groups=range(3)), quick.best(10)
nothing, everything = patching.run_circuits(model, few, [(), attention.all_heads(model)], means).mean(1)


def keeps_up(heads):
    return float((patching.run_circuits(model, few, [heads], means).mean() - nothing) / (everything - nothing))


whole = keeps_up(ten)
weakest_first, strongest_first = shrink(keeps_up, ten[::-1], 0.9 * whole), shrink(keeps_up, ten, 0.9 * whole)
Markdown(
    f"Ten heads go {whole:.0%} of the way from the swapped answer to the clean one. Weakest dropped first, {len(weakest_first)} are left: {label(sorted(weakest_first))}. Strongest dropped first, {len(strongest_first)}: {label(sorted(strongest_first))}. "
    f"In common: {len(set(weakest_first) & set(strongest_first))}. "
    + ("Two orders, two circuits, and nothing can be dropped from either." if set(weakest_first) != set(strongest_first) else "Here both orders end at the same circuit; with backups among the ten they need not.")
)
