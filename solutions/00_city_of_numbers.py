# %% [markdown]
r"""
# Exercises 00 · Walking the city

Eight exercises about one model. You measure its paper, count its numbers from eight others, build a lens, reach into a running forward pass and change
something, predict what a change will do before you see it, find out what a colleague's graph really shows, and finish by designing a control.

They belong to [chapter 00](../chapters/00_city_of_numbers.ipynb). Every answer cell is followed by a check that says at once whether it is right, and if not,
what it suspects. Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook import data, plots, scale, stats
from interpbook.exercises import check, or_reference
from interpbook.models import Site, info, load, logits, read, token_strings, unembed
from interpbook.scale import Paper, Real, sheet_m2

# isort: split
from nnsight import TransformersModel

torch.set_grad_enabled(False)
model = load()

# %% [markdown]
r"""
## Exercise 1 · Paper

**What.** How many square metres of paper does it take to print `n_numbers` numbers, `numbers_per_sheet` on each sheet, on one side?

**Why.** The picture of a city under paper rests on one small sum. Write it once and you can test any such claim, including the silent assumption
in it. Get the last sheet right: a habit of asking "and at the edge?" will serve you in every chapter.

**Given.** `sheet_m2(paper)` is the area of one sheet in square metres. A sheet that is only partly filled is still a sheet.

<details><summary>Hint: whole sheets</summary>

`math.ceil` rounds up. What do 101 numbers need at 100 on a sheet?

</details>
"""

# %% exercise="scale.paper_area_m2" kind="implement" points=1 difficulty=1 importance=3 minutes=5

# %% [markdown]
r"""
Turn the question round: how many numbers must stand on a sheet for each model to cover just San Francisco? The dotted line is what a page of 14-point typewriter
type with one-inch margins holds.
"""

# %%
paper_area_m2 = or_reference("scale.paper_area_m2", paper_area_m2)
known = {"SmolLM2-135M": 134_515_008, "1 billion": 1e9, "200 billion": 200e9, "2 trillion": 2e12}
per_sheet = [5, 10, 20, 50, 100, 200, 400, 1000]
curves = {name: [scale.square_miles(paper_area_m2(n, k)) for k in per_sheet] for name, n in known.items()}
plots.line(per_sheet, curves, log_x=True, log_y=True, reference={"San Francisco": 46.9, "a football pitch": 7140 / scale.M2_PER_SQUARE_MILE},
           title="Area depends on the layout as much as on the model", x_label="numbers on a sheet", y_label="square miles",
           alt="Four falling straight lines on log-log axes; the one for 200 billion meets San Francisco near 100 numbers a sheet.")  # fmt: skip

# %% [markdown]
r"""
## Exercise 2 · A census from eight numbers

**What.** Count the parameters of a model like ours from its configuration alone, without loading it.

**Why.** "A 135M model" is a sum of matrix sizes. Who can do the sum knows what every matrix is for, sees where the paper goes, and notices when a
paper's number cannot be right.

**Given.** One block of this family holds

| part | matrices |
|---|---|
| attention | queries `d_model` × (`n_heads` · `d_head`); keys and values `d_model` × (`n_kv_heads` · `d_head`) each; output (`n_heads` · `d_head`) × `d_model` |
| MLP | *gate* and *up*, `d_model` × `d_mlp` each; *down*, `d_mlp` × `d_model` |
| norms | one vector of `d_model` before attention, one before the MLP |

Around the blocks: a table of `d_vocab` × `d_model` that serves as embedding *and* unembedding, and one last norm. There are no biases.

Several query heads may share one key and value head: that is what `n_kv_heads` smaller than `n_heads` means.

<details><summary>Hint: one block first</summary>

How many numbers does attention need if `n_heads = 9`, `n_kv_heads = 3`, `d_head = 64`, `d_model = 576`? It is 576 · 64 · (9 + 3 + 3 + 9).

</details>
"""

# %% exercise="scale.count_parameters" kind="implement" points=2 difficulty=2 importance=4 minutes=12

# %%
count_parameters = or_reference("scale.count_parameters", count_parameters)
sizes = info(model)
shape = (sizes.d_vocab, sizes.d_model, sizes.n_layers, sizes.n_heads, sizes.n_kv_heads, sizes.d_head, sizes.d_mlp)
print(f"from the configuration: {count_parameters(*shape):,} · counted in the loaded model: {sizes.n_params:,}")
print(f"if every head had its own keys and values: {count_parameters(*shape[:4], sizes.n_heads, *shape[5:]):,}")
print(f"with a vocabulary half as large: {count_parameters(sizes.d_vocab // 2, *shape[1:]):,}")

# %% [markdown]
r"""
## Exercise 3 · A lens of your own

**What.** Turn vectors from the residual stream into scores for every token, as the model itself does at the end:

$$\text{scores} = \left( \frac{x}{\sqrt{\frac{1}{d}\sum_i x_i^2 + \varepsilon}} \odot g \right) U^\top$$

Divide by the root mean square (RMSNorm), multiply by the learned gain $g$, compare with each token's row of $U$.

**Why.** This is all there is to the [logit lens](term:logit-lens) ([nostalgebraist, 2020](cite:nostalgebraist2020)): use these two last steps early. One of them is easily forgotten,
and the result of forgetting it looks like a discovery.

**Given.** `resid` has one vector a row, (batch, d_model); `gain` (d_model); `unembedding` (d_vocab, d_model). Return (batch, d_vocab).

<details><summary>Hint: which axis?</summary>

Each vector is divided by its *own* root mean square: `.mean(-1, keepdim=True)`.

</details>
"""

# %% exercise="lens.residual_logits" kind="implement" points=2 difficulty=2 importance=5 minutes=12

# %% [markdown]
r"""
Your lens on the real model, at the last token of one sentence, and what becomes of it without the norm. Both curves show the probability that the lens gives to its favourite word. Without
the norm the "model" grows ever more certain of its nonsense, because the *length* of the vectors grows from block to block. The softmax takes length for confidence.
"""

# %%
residual_logits = or_reference("lens.residual_logits", residual_logits)
gain, table = model.model.norm.weight, model.lm_head.weight
found = read(model, "The capital of France is", [Site("resid", layer=i, position=-1) for i in range(sizes.n_layers)])
stack = torch.cat(list(found.values()))
curves = {"with the norm": residual_logits(stack, gain, table), "norm forgotten": stack @ table.T}
print("agrees with the toolkit:", torch.allclose(curves["with the norm"], unembed(model, stack), atol=1e-3))
plots.line(range(sizes.n_layers), {name: scores.softmax(-1).max(-1).values for name, scores in curves.items()},
           title="How sure is the lens of its favourite word?", x_label="stopped after block", y_label="probability", y_range=(-0.03, 1.03),
           alt="With the norm the lens is unsure until the last blocks; without it certainty is near 1 in many blocks.")  # fmt: skip

# %% [markdown]
r"""
## Exercise 4 · Reach in

**What.** Return the residual stream *after* block `layer`, at every token of every prompt, with nnsight and nothing else: no `read` from the toolkit.

**Why.** Everything in this book goes through two moves: read, and write. You should have made each by hand once, if only to know what the toolkit does for you.

**Given.** `model`, an nnsight model of the Llama family (`model.model.layers` is its list of blocks), and token ids of shape (batch, seq). Open a run with
`with model.trace(ids):`. The check uses a tiny model with random weights, in which every wrong place looks different.

<details><summary>Hint: the card with the rules</summary>

Inside the trace a module's `.output` is what leaves it; what you want to keep, you `.save()`. In the version used here a block's output is a plain tensor.

</details>
"""


# %% exercise="nnsight.read_stream" kind="implement" points=2 difficulty=2 importance=5 minutes=10
def read_stream(
    model: TransformersModel, ids: Int[Tensor, "batch seq"], layer: int
) -> Float[Tensor, "batch seq d_model"]:
    """The residual stream after block `layer`, with nothing but nnsight."""
    ### BEGIN SOLUTION
    with model.trace(ids):
        stream = model.model.layers[layer].output.save()
    return stream
    ### END SOLUTION


# %% [markdown]
r"""
What a stream looks like: 576 numbers for each of six tokens, after block 12. A few coordinates are enormous at the first token, and not only there. Remember that when somebody measures a distance.
"""

# %%
read_stream = or_reference("nnsight.read_stream", read_stream)
names = token_strings(model, "The capital of France is")
ids = torch.tensor([[0, *data.token_ids(model.tokenizer, "The capital of France is")]])
vectors = read_stream(model, ids, 12)[0]
largest = vectors[1:].abs().mean(0).topk(12).indices
plots.heatmap(vectors[1:, largest], x=[f"{i}" for i in largest.tolist()], y=names[1:], diverging=True, text=True, title="The twelve largest of 576 coordinates, after block 12",
              x_label="coordinate", y_label="token", colour_label="value", alt="A heat map of five tokens by twelve coordinates. Two or three coordinates are large at every token.")  # fmt: skip

# %% [markdown]
r"""
## Exercise 5 · Change one thing

**What.** Let the model finish `target`, but with *one* vector exchanged: the stream after block `layer` at token `position` comes from its run on `source`. Return the scores for the next token,
(batch, d_vocab).

**Why.** This is [activation patching](term:activation-patching). A graph of what is *there* can be drawn for anything. Only changing it tells you whether the answer hangs on it.

**Given.** Token ids `source` and `target` of the same shape (batch, seq), and the toolkit's `Site`, `read` and `logits(write=)`.

<details><summary>Hint: one place, named once</summary>

A `Site` with a layer and a position is a name for a place. The same name can be read on one prompt and written on another.

</details>
"""


# %% exercise="patching.patched_scores" kind="intervene" points=3 difficulty=2 importance=5 minutes=12
def patched_scores(
    model: TransformersModel, source: Int[Tensor, "batch seq"], target: Int[Tensor, "batch seq"], layer: int, position: int
) -> Float[Tensor, "batch d_vocab"]:
    """Scores for the next token of `target` after one of its vectors was replaced by that of `source`."""
    ### BEGIN SOLUTION
    there = Site("resid", layer=layer, position=position)
    return logits(model, target, write={there: read(model, source, there)})[:, -1]
    ### END SOLUTION


# %% [markdown]
r"""
Eight questions about one country, each with another country's vector slipped in after block 15. What does the model say now?
"""

# %%
patched_scores = or_reference("patching.patched_scores", patched_scores)
facts = {fact.country: fact.capital for fact in data.single_token(model.tokenizer)}
guests = ["Japan", "Egypt", "Peru", "Norway", "Kenya", "China", "Spain", "Cuba"]


def as_ids(country):
    """Token ids of the question about a country, with the separator (0) in front."""
    return [0, *data.token_ids(model.tokenizer, f"The capital of {country} is")]


source, target = torch.tensor([as_ids(guest) for guest in guests]), torch.tensor([as_ids("Germany")] * len(guests))
top = patched_scores(model, source, target, 15, 4).argmax(-1)
for guest, token in zip(guests, top, strict=True):
    print(f"The capital of Germany (with a vector from {guest}) is{model.tokenizer.decode(token)}   [{facts[guest]}]")

# %% [markdown]
r"""
## Exercise 6 · Place your bets

**What.** The sentence gets one more word: *The capital of … is called*. Pairs of countries, as in the chapter: the run on one country gets vectors from the run on another, at one token, after one block. A pair *flips* if the other
country's capital now scores higher. Predict, for each of five places, whether most pairs flip or stay.

| place | the vector that is exchanged |
|---|---|
| `country, block 10` | at the country, after block 10 |
| `is, block 10` | at ` is`, after block 10 |
| `country, block 26` | at the country, after block 26 |
| `is, block 26` | at ` is`, after block 26 |
| `called, block 26` | at ` called`, after block 26 |

**Why.** In the chapter the country's own token ruled up to block 22, and ` is` after block 23. That can be a fact about ` is`, or about the *last* token. The two ideas part here, and an idea that has
predicted something is worth ten that have explained something.

**Answer** with a dictionary of `"flips"` or `"stays"`. No computing before you have written it down: the next cell does that.

<details><summary>Hint: two questions for each place</summary>

Is the country known *there* by then? And will anything still *read* it there?

</details>
"""

# %% exercise="patching.predict_places" kind="predict" points=2 difficulty=3 importance=5 minutes=10
### BEGIN SOLUTION
predict_places = {
    "country, block 10": "flips",
    "is, block 10": "stays",
    "country, block 26": "stays",
    "is, block 26": "stays",
    "called, block 26": "flips",
}
### END SOLUTION

# %%
predict_places = or_reference("patching.predict_places", predict_places)
pairs = data.capital_pairs(data.single_token(model.tokenizer), 16, seed=3, template="The capital of {country} is called")
both = [torch.tensor([[0, *data.token_ids(model.tokenizer, pair[side])] for pair in pairs]) for side in (0, 1)]
wanted, asked = (data.answer_ids(model.tokenizer, [pair[side] for pair in pairs])[:, None] for side in (2, 3))
shares = []
for place in predict_places:
    word, block = place.split(", block ")
    scores = patched_scores(model, *both, int(block), {"country": 4, "is": 5, "called": 6}[word])
    shares.append(stats.proportion(int((scores.gather(1, wanted) > scores.gather(1, asked)).sum()), len(pairs)))
plots.bar([f"{place}: {bet}" for place, bet in predict_places.items()], shares, horizontal=True, y_range=(0, 1), title="Your bets, and what happened (16 pairs)",
          x_label="place: your bet", y_label="share of pairs that flip", alt="Five bars with intervals: two near 1, three near 0.")  # fmt: skip

# %% [markdown] tags=["solution-only"]
r"""
The country's token rules early, the *last* token rules late, and ` is` never, now that it is not last. The crossing is not about a word but about a task: the token that has to come up with the answer fetches what it needs.
"""

# %% [markdown]
r"""
## Exercise 7 · The great leap

A colleague sends a graph: the mean length of the residual stream, over all tokens of ten passages, block by block. "Look at the leap between blocks 8 and 12! The stream becomes nearly four times as long. This must be where the model writes down what the
text is about. I call it the *comprehension layer*."

The next cell is the colleague's code, and it does what they say.

**What.** Find the cause. Five suspects:

| word | the suspicion |
|---|---|
| `depth` | every block adds, so of course it grows |
| `text` | the passages are peculiar |
| `sink` | one token at the start is responsible |
| `units` | length should have been divided by the square root of 576 |
| `average` | all tokens vary a lot, and a mean of numbers that vary is unstable |

**Why.** A mean is a story about a typical item, and there may be no such item. The cure is always the same: look at the numbers one by one before you average them.

**Answer** with `anomaly = {"cause": "…", "jump": …}`: the word, and the ratio *length after block 12 / length after block 8* that remains (mean over tokens, then over the ten passages) when the guilty is left out.

<details><summary>Hint 1: one passage, token by token</summary>

`read(model, passages[0], Site("resid", layer=12))[0].norm(dim=-1)` has one length for every token.

</details>
<details><summary>Hint 2: interrogate the others</summary>

`depth` predicts a leap in every token. `text` predicts that another text does not leap. `units` is a constant. Which of them survives the list of lengths?

</details>
"""

# %%
passages = list(data.passages().values())[:10]
blocks = [0, 4, 8, 12, 16, 20, 24, 28]
sites = [Site("resid", layer=layer) for layer in blocks]
runs = [read(model, text, sites) for text in passages]
lengths = {site.layer: torch.stack([run[site][0].norm(dim=-1).mean() for run in runs]).mean() for site in sites}
plots.line(blocks, {"mean length": list(lengths.values())}, title='"The comprehension layer"', x_label="after block", y_label="mean length of the stream",
           alt="The mean length rises slowly to block 8 and leaps to about four times that at block 12.")  # fmt: skip

# %% exercise="lens.anomaly" kind="explain" points=3 difficulty=2 importance=5 minutes=15
### BEGIN SOLUTION
without = {k: torch.stack([run[Site("resid", layer=k)][0, 1:].norm(dim=-1).mean() for run in runs]).mean() for k in (8, 12)}
anomaly = {"cause": "sink", "jump": float(without[12] / without[8])}
### END SOLUTION

# %%
anomaly = or_reference("lens.anomaly", anomaly)
first, rest = ([torch.stack([run[site][0, part].norm(dim=-1).mean() for run in runs]).mean() for site in sites] for part in (slice(0, 1), slice(1, None)))
plots.line(blocks, {"first token": first, "all others": rest, "the colleague's mean": list(lengths.values())}, log_y=True, title="Who leaps?",
           x_label="after block", y_label="mean length of the stream", alt="On a log axis the first token leaps to 20,000; all others grow steadily; the mean follows the first.")  # fmt: skip

# %% [markdown] tags=["solution-only"]
r"""
It is the [attention sink](term:attention-sink). One token in about fifty has a stream a hundred times as long as the rest, so it makes up most of the mean. The others do not leap at all: between blocks 8 and 12 they even become
a little shorter. And since the first token is the separator, the same in every prompt, it cannot hold what the text is about.
"""

# %% [markdown]
r"""
## Exercise 8 · A fair opponent

You add a *step* (a vector) to the stream of a country, and the model answers Paris. Does the *direction* of the step matter, or would any shove of that size have done it?

**What.** Design the control. Write a function that returns `n` control steps for a given step, (n, d_model), made from `seed`. They should differ from the real one in exactly the thing that the claim is about, and in nothing else.

**Why.** "It works" is half of a result. The other half is what works *as well*. Papers have been written about directions that a random vector would have matched.

The check does not compare with one right answer. It looks at what a fair control must be. Think before you read the hint: what must be the same? What must differ? How many? And could a sceptic repeat it?

<details><summary>Hint: a list of four</summary>

As long as the real step. Not leaning towards it, nor all leaning towards anything else. Different from one another. The same again for the same seed, others for another.

</details>
"""


# %% exercise="steering.control_steps" kind="control" points=3 difficulty=3 importance=5 minutes=15
def control_steps(step: Float[Tensor, " d_model"], n: int, seed: int) -> Float[Tensor, "n d_model"]:
    """`n` steps to compare `step` with."""
    ### BEGIN SOLUTION
    noise = torch.randn(n, len(step), generator=torch.Generator().manual_seed(seed))
    return noise / noise.norm(dim=1, keepdim=True) * step.norm()
    ### END SOLUTION


# %% [markdown]
r"""
And now the contest: the step from the average country to France, twice, against your controls, at the country's token after block 12. Each dot on the grey curve is one of your steps.
"""

# %%
control_steps = or_reference("steering.control_steps", control_steps)
there = Site("resid", layer=12, position=4)
by_country = dict(zip(facts, read(model, torch.tensor([as_ids(country) for country in facts]), there), strict=True))
step = 2 * (by_country["France"] - torch.stack([vector for name, vector in by_country.items() if name != "France"]).mean(0))
others = torch.tensor([as_ids(country) for country in list(facts)[::3] if country != "France"])
paris = data.answer_ids(model.tokenizer, ["Paris"])[0]
old = read(model, others, there)


def towards_paris(way):
    """Mean probability of Paris once this step has been added."""
    return logits(model, others, write={there: old + way})[:, -1].softmax(-1)[:, paris].mean().item()


real, rival = towards_paris(step), [towards_paris(way) for way in control_steps(step, 12, seed=0)]
plots.histogram(rival, title=f"Steering {len(others)} countries towards Paris: one real step, {len(rival)} controls", x_label="mean probability of Paris", y_label="control steps",
                reference={"the real step": real}, alt="All control steps lie near zero; the real step lies far to the right.").update_xaxes(range=[-0.05, 1])  # fmt: skip

# %% [markdown]
r"""
One difference is left that no random step can control for: the real one was *made from these very prompts*. A difference between two other countries is a stronger opponent. How would you build that one?
"""
