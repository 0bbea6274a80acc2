# %% [markdown]
r"""
# Exercises 03 · A dictionary, by hand

In these eight exercises you write the heart of a sparse autoencoder and its backward pass, mark one, repair a bug that hides dead latents, look through a good-looking number and a good-looking page, and build the two tools without which nobody should steer:
a clamp that changes one thing, and a control that could embarrass it.

They belong to [chapter 03](../chapters/03_sparse_autoencoders.ipynb) and use planted features and the book's dictionary of SmolLM2 after block 15. Every answer cell is followed by a check that says at once whether it is right, and if not, what it suspects. Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Float, Int
from torch import Tensor

from interpbook import corpus, plots, stats, steering
from interpbook import dictionaries as dic
from interpbook.dictionaries.shipped import open_sae
from interpbook.exercises import check, or_reference
from interpbook.models import Tokens, load, read

torch.set_grad_enabled(False)
model, sae = load(dtype=torch.bfloat16), open_sae("resid15-topk32")
library = corpus.open_corpus()
some = [ids[:48] for ids in (corpus.ids_of(library, int(p)) for p in corpus.passages(library, "held-out")[:60]) if len(ids) >= 48][:24]
passages = Tokens(torch.stack(some), torch.ones(len(some), 48, dtype=torch.bool))
stream = read(model, passages, sae.site)[:, 1:].flatten(0, 1).float()  # (row, d_model) of held-out text
stream = stream[dic.ordinary(sae, stream)]

# %% [markdown]
r"""
## Exercise 1 · Keep the k largest

**What.** The forward pass of a TopK dictionary. Take the offset $b_d$ from every row, compare it with all encoder rows, add $b_e$, keep the $k$ largest scores of each row, never below zero, and write zeros elsewhere.

**Why.** This is the whole idea of the chapter in four lines. Everything else is about whether to believe the result.

**Given.** `x` of shape (row, d), `W_enc` (latent, d), `b_enc` (latent), `b_dec` (d) and the whole number `k`. Return the latents, shape (row, latent).

<details><summary>Hint: writing at places</summary>

`torch.topk(scores, k, dim=-1)` returns values and places. `torch.zeros_like(scores).scatter(-1, places, values)` writes them back.

</details>
"""


# %% exercise="sparse.topk_forward" kind="implement" points=3 difficulty=2 importance=5 minutes=12
def topk_forward(
    x: Float[Tensor, "row d"],
    W_enc: Float[Tensor, "latent d"],
    b_enc: Float[Tensor, " latent"],
    b_dec: Float[Tensor, " d"],
    k: int,
) -> Float[Tensor, "row latent"]:
    """The latents of each row: the `k` largest, never negative, zeros elsewhere."""
    ### BEGIN SOLUTION
    scores = (x - b_dec) @ W_enc.T + b_enc
    values, ids = scores.topk(k, dim=-1)
    return torch.zeros_like(scores).scatter(-1, ids, values.relu())
    ### END SOLUTION


# %% [markdown]
r"""
Yours against the toolkit's, on real rows:
"""

# %%
topk_forward = or_reference("sparse.topk_forward", topk_forward)
mine = topk_forward(stream, sae.W_enc, sae.b_enc, sae.b_dec, 32)
theirs = dic.encode(sae, stream)
Markdown(f"{len(stream)} rows; largest difference {(mine - theirs).abs().max():.2g}; {(mine > 0).sum(1).float().mean():.1f} latents active a row.")

# %% [markdown]
r"""
## Exercise 2 · How much is missing?

**What.** The fraction of variance unexplained: the squared error, summed over all rows and numbers, over the squared distance of all rows from their mean row.

**Why.** It is the number in every table. You should know what gets a 0, what gets a 1, and what one enormous row does to it.

**Given.** `x` and `rebuilt`, both (row, d). Return one number (a tensor without axes).
"""


# %% exercise="sparse.fvu" kind="implement" points=2 difficulty=1 importance=5 minutes=8
def fvu(x: Float[Tensor, "row d"], rebuilt: Float[Tensor, "row d"]) -> Float[Tensor, ""]:
    """Squared error over the squared distance from the mean row, both summed over everything."""
    ### BEGIN SOLUTION
    return (x - rebuilt).square().sum() / (x - x.mean(0)).square().sum()
    ### END SOLUTION


# %% [markdown]
r"""
Now add **one** row of length 20,000, as an attention sink has it, and suppose that the dictionary rebuilds it perfectly and nothing else any better.
"""

# %%
fvu = or_reference("sparse.fvu", fvu)
rebuilt = dic.decode(sae, theirs)
sink = torch.nn.functional.normalize(torch.randn(1, 576, generator=torch.Generator().manual_seed(0)), dim=1) * 20_000
Markdown(
    f"Without it: FVU {fvu(stream, rebuilt):.3f}. With it: FVU **{fvu(torch.cat([stream, sink]), torch.cat([rebuilt, sink])):.3f}**. "
    "Nothing got better. Ask every table for its longest row."
)

# %% [markdown]
r"""
## Exercise 3 · The backward pass that touches only what was active

**What.** The gradient of the decoder rows. The rebuilt row is $\hat{x}_r = \sum_j v_{rj}\, W_d[\mathrm{id}_{rj}] + b_d$. Given the gradient of the loss with respect to $\hat{x}$, add up what each decoder row gets.

**Why.** Of 4,096 latents 32 are active. The dense way multiplies 4,064 zeros a row. The book's trainer owes much of its speed to these lines.

**Given.** `values` and `ids`, both (row, k): how strongly and which. `grad_rebuilt`, (row, d). `n_latents`. Two rows may share a latent. Return (latent, d).

<details><summary>Hint: adding at repeated places</summary>

`grad.index_add(0, places, pieces)` adds each piece to its place, as often as the place occurs. `places` is flat, `pieces` has one row for each.

</details>
"""


# %% exercise="sparse.decoder_gradient" kind="implement" points=3 difficulty=3 importance=3 minutes=18
def decoder_gradient(
    values: Float[Tensor, "row k"], ids: Int[Tensor, "row k"], grad_rebuilt: Float[Tensor, "row d"], n_latents: int
) -> Float[Tensor, "latent d"]:
    """The gradient of the decoder rows: each active latent's value times the gradient of its row, summed over rows."""
    ### BEGIN SOLUTION
    pieces = values[..., None] * grad_rebuilt[:, None, :]
    grad = torch.zeros(n_latents, grad_rebuilt.shape[1])
    return grad.index_add(0, ids.flatten(), pieces.flatten(0, 1))
    ### END SOLUTION


# %% [markdown]
r"""
Autograd, the slow and certain way, as a witness:
"""

# %%
decoder_gradient = or_reference("sparse.decoder_gradient", decoder_gradient)
values, ids = theirs.topk(32, dim=-1)
with torch.enable_grad():
    directions = sae.W_dec.clone().requires_grad_()
    (theirs @ directions + sae.b_dec - stream).square().mean().backward()
ours = decoder_gradient(values, ids, 2 * (rebuilt - stream) / stream.numel(), 4096)
Markdown(f"Largest difference to autograd: {(ours - directions.grad).abs().max():.1e}, where gradients reach {directions.grad.abs().max():.1e}.")

# %% [markdown]
r"""
## Exercise 4 · The trainer that thought everybody dead

**What.** A trainer counts for how many rows each latent has been silent. After 200,000 it is called a [dead latent](term:dead-latent) and gets a second chance (AuxK: the dead rebuild what the others leave over). In a colleague's run *all* 4,096 latents are dead after a hundred batches, though
the reconstruction is fine. Here is the line:

```python
silent = torch.where((latents > 0).all(0), 0, silent + len(latents))
```

Find out what is wrong with it, and write it as it should be: one count for each latent, back to 0 if it was active anywhere in the batch, else larger by the number of rows.

**Why.** Nothing crashes. The loss falls. Only the dead fraction is nonsense, and whoever reads it will tune the wrong thing.

**Given.** `silent`, a whole number for each latent, and `latents` of one batch, (row, latent). Return the new counts.
"""


# %% exercise="sparse.silent_for" kind="explain" points=2 difficulty=2 importance=4 minutes=10
def silent_for(silent: Int[Tensor, " latent"], latents: Float[Tensor, "row latent"]) -> Int[Tensor, " latent"]:
    """For how many rows each latent has been silent now: back to 0 where it was active, else so many rows more."""
    ### BEGIN SOLUTION
    active = (latents > 0).any(0)
    return torch.where(active, 0, silent + len(latents))
    ### END SOLUTION


# %%
silent_for = or_reference("sparse.silent_for", silent_for)
counts = {"repaired": torch.zeros(4096, dtype=torch.long), "colleague": torch.zeros(4096, dtype=torch.long)}
for batch in theirs.split(64):
    counts["repaired"] = silent_for(counts["repaired"], batch)
    counts["colleague"] = torch.where((batch > 0).all(0), 0, counts["colleague"] + len(batch))
Markdown("Silent in all rows so far: " + ", ".join(f"{name} {(c >= len(theirs)).float().mean():.0%}" for name, c in counts.items()) + f" (of 4,096 latents, {len(theirs)} rows: far too few to call anybody dead).")

# %% [markdown]
r"""
## Exercise 5 · 98 per cent of what?

**What.** A model pays 3.2 nats a token. With the stream's *mean* in place of its stream it pays 11.2. A paper reports that its dictionary, put there, has a *loss recovered* of 0.98. How many nats a token **more** than the clean model does the spliced one pay?

**Why.** Ninety-eight per cent sounds like nearly nothing. Loss falls so slowly with model size that a tenth of a nat may be the distance to a much smaller model.

**Answer** with one number, in nats.
"""

# %% exercise="sparse.extra_nats" kind="predict" points=2 difficulty=2 importance=4 minutes=6
### BEGIN SOLUTION
extra_nats = (1 - 0.98) * (11.2 - 3.2)
### END SOLUTION

# %% [markdown]
r"""
And the worse the replacement, the better the score: with zeros instead of the mean the denominator often grows, and the same dictionary climbs. A *recovered* without its zero point is half a number.
"""

# %% [markdown]
r"""
## Exercise 6 · One of these pages was picked

Four feature pages from four reports:

| page | how it came here | examples | label and score |
|---|---|---|---|
| A | drawn by lot, seed 0 | 8 strongest, 8 over the whole range | "at *of*"; correlation 0.21 on other documents |
| B | "a striking example" | 8 strongest, all about treason | "treason and betrayal"; fits the examples shown |
| C | drawn by lot, seed 0 | all 6 firings in 20,000 rows | "after *Article*"; 6 firings, not scored |
| D | drawn by lot, seed 0 | 8 strongest, 8 over the whole range | "at line breaks"; correlation 0.88 on other documents |

**What.** Which page tells you *nothing* about how good the dictionary is? Answer with its letter.

**Why.** The most beautiful page of a report is the best of thousands. You know this pattern from [chapter 02](../chapters/02_probing.ipynb): chosen and tested on the same items.
"""

# %% exercise="sparse.cherry" kind="explain" points=2 difficulty=2 importance=5 minutes=6
### BEGIN SOLUTION
cherry = "B"
### END SOLUTION

# %% [markdown]
r"""
## Exercise 7 · Change one thing

**What.** Clamp latent `i` to `value` in every row, and keep all else: the other latents *and* the error, the part of the row that the dictionary does not rebuild.

**Why.** If you put the reconstruction in place of the stream, you change two things at once, and the loss of the error is often the larger of them.

**Given.** `x` (row, d), its `latents` (row, latent), `W_dec` (latent, d), `i`, `value`. Return the new rows, (row, d). $b_d$ is not needed. Why?

<details><summary>Hint: subtract two sums</summary>

Before: $x = f\,W_d + b_d + e$. After: $x' = f'\,W_d + b_d + e$. In how many places do $f$ and $f'$ differ?

</details>
"""


# %% exercise="sparse.clamp_latent" kind="intervene" points=3 difficulty=2 importance=5 minutes=12
def clamp_latent(
    x: Float[Tensor, "row d"], latents: Float[Tensor, "row latent"], W_dec: Float[Tensor, "latent d"], i: int, value: float
) -> Float[Tensor, "row d"]:
    """The rows with latent `i` set to `value`; the other latents and the error as they were."""
    ### BEGIN SOLUTION
    return x + (value - latents[:, i])[:, None] * W_dec[i]
    ### END SOLUTION


# %%
clamp_latent = or_reference("sparse.clamp_latent", clamp_latent)
busiest = int((theirs > 0).sum(0).argmax())
moved = clamp_latent(stream, theirs, sae.W_dec, busiest, 0.0)
Markdown(f"Latent {busiest}, active in {(theirs[:, busiest] > 0).float().mean():.0%} of rows, set to 0: rows move by {(moved - stream).norm(dim=1).mean():.2f} on average. Putting the reconstruction there would have moved them by {(rebuilt - stream).norm(dim=1).mean():.1f}.")

# %% [markdown]
r"""
## Exercise 8 · Design the control

**What.** Somebody pushes the stream along a direction and the model changes. Compared with what? Write a function that returns `n` random pushes for comparison: each **as long as** `push`, in a direction that has nothing to do with it, each drawn anew, the same for the same `seed`.

**Why.** A long enough push along *any* direction changes what a model says. Without this control every direction is a discovery.

**Given.** `push`, a vector of d numbers; `n`; `seed`. Return (n, d).
"""


# %% exercise="sparse.control_pushes" kind="control" points=3 difficulty=3 importance=5 minutes=12
def control_pushes(push: Float[Tensor, " d"], n: int, seed: int) -> Float[Tensor, "n d"]:
    """`n` random pushes, each as long as `push`, the same for the same seed."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, len(push), generator=generator)
    return drawn / drawn.norm(dim=1, keepdim=True) * push.norm()
    ### END SOLUTION


# %% [markdown]
r"""
A direction worth testing: the mean of rows of the novel minus the mean of rows of the programming manual. Does pushing along it make the model's next words more like *he, his, him*, beyond what a push of the same length does?
"""

# %%
control_pushes = or_reference("sparse.control_pushes", control_pushes)
sources = {}
for name in ("novel", "manual"):
    ids = [row[:40] for row in (corpus.ids_of(library, int(p)) for p in corpus.passages(library, "train", source=name)[:40]) if len(row) >= 40][:20]
    acts = read(model, Tokens(torch.stack(ids), torch.ones(len(ids), 40, dtype=torch.bool)), sae.site)[:, 1:].flatten(0, 1).float()
    sources[name] = acts[dic.ordinary(sae, acts)].mean(0)
push = sources["novel"] - sources["manual"]
he = torch.tensor([model.tokenizer(word)["input_ids"][0] for word in (" he", " his", " him")])
few = Tokens(passages.ids[:12, :32], passages.mask[:12, :32])
pushes = {"clean": 0 * push, "novel − manual": push} | {f"random {i}": p for i, p in enumerate(control_pushes(push, 12, seed=0))}
edits = {name: (lambda x: x) if name == "clean" else steering.push(p, float(p.norm())) for name, p in pushes.items()}
doses = steering.dose_response(model, sae.site, edits, few, he)

# %% tags=["hide-input"]
extra = {name: 1000 * (dose.topic - doses["clean"].topic) for name, dose in doses.items() if name != "clean"}
verdict = stats.against_null(extra["novel − manual"], [value for name, value in extra.items() if "random" in name])
plots.bar(
    list(extra), list(extra.values()), null=[name for name in extra if "random" in name], title="One direction among pushes of the same length", x_label="push", y_label="he, his, him: extra per thousand tokens",
    alt="One bar for the direction from manual to novel, twelve grey bars for random pushes of the same length.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Clean: {1000 * doses['clean'].topic:.1f} per thousand. The direction adds {extra['novel − manual']:+.1f}; twelve random pushes of the same length ({push.norm():.0f}) add between {min(v for n, v in extra.items() if 'random' in n):+.1f} and {max(v for n, v in extra.items() if 'random' in n):+.1f}. "
    f"Against them: {verdict}. The price: {doses['novel − manual'].loss - doses['clean'].loss:+.2f} nats a token. Without the grey bars, what would you have concluded?"
)
