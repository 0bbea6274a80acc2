# %% [markdown]
r"""
# 03 · Sparse autoencoders

*Can we learn the list of things that a model has directions for, without naming one of them first? And what is missing from the list?*

> **Time** 95 min · **Needs** [chapter 01](01_superposition.ipynb), [chapter 02](02_probing.ipynb) · **Exercises** [03_sparse_autoencoders](../exercises/03_sparse_autoencoders.ipynb), about two hours

**After this chapter you can**

- say what a sparse autoencoder computes, and what tells TopK, BatchTopK, JumpReLU, Gated and Matryoshka apart;
- mark a dictionary where the right answer is known, and say when it fails;
- read an evaluation table: variance unexplained, L0, dead latents, loss recovered, each beside a baseline that learned nothing;
- tell when a second chance revives dead latents and when it does not, and what becomes of a latent in a larger dictionary;
- read a feature page with suspicion, and score an automatic label on text that did not make it;
- clamp a latent, draw a dose and its price, and choose the controls that could embarrass you.

*Where you are:* chapter 01 showed that a network can keep more directions than dimensions. Chapter 02 asked for directions that we could name beforehand. Here nobody names anything: we ask for *all* directions at once,
and give them names afterwards, which is where the trouble starts.
"""

# %%
import numpy as np
import torch
from IPython.display import Markdown
from jaxtyping import Float
from torch import Tensor

from interpbook import activations, corpus, features, plots, stats, steering
from interpbook import dictionaries as dic
from interpbook.dictionaries import Sae, pre_activations, splitting
from interpbook.dictionaries.by_kind import kinds as kinds_on_stream
from interpbook.dictionaries.sae import Coder
from interpbook.dictionaries.second_chance import RACES, on_planted, pairs, plan_for, second_chances
from interpbook.dictionaries.shipped import open_sae, tables
from interpbook.models import Tokens, load, logits
from interpbook.models import read as read_stream
from interpbook.quiz import quiz

_ = torch.set_grad_enabled(False)

# %% [markdown]
r"""
## A dictionary for a language nobody speaks

Suppose that every vector in the model is a sum of a few directions out of a very long list: *capital letter* plus *about ships* plus *inside quotation marks*. You see a million sums, never the parts. [Dictionary learning](term:dictionary-learning) asks for
the list. The tool that made it popular for language models is the [sparse autoencoder](term:sparse-autoencoder) ([Bricken et al., 2023](cite:bricken2023)):

$$f = \text{keep few}\left(W_e\,(x - b_d) + b_e\right), \qquad \hat{x} = f\,W_d + b_d$$

$x$ is an activation of $d$ numbers. $W_e$ compares it with $m \gg d$ directions; a rule keeps few of the results, and these are the [latents](term:latent) $f$. Each latent adds its row of $W_d$, a direction of length 1, to the rebuilt vector $\hat{x}$;
$b_d$ is where rebuilding starts. What is not rebuilt, $x - \hat{x}$, is the *error*. It will get a section of its own.
"""

# %% quote="dictionaries.encode"

# %% quote="dictionaries.decode"

# %% [markdown]
r"""
The kinds differ in the rule.

| kind | what stays | where it comes from |
|---|---|---|
| ReLU with L1 | whatever is above zero; training also charges for the sum of the latents | [Bricken et al., 2023](cite:bricken2023) |
| TopK | the $k$ largest of every row | [Gao et al., 2024](cite:gao2024) |
| BatchTopK | the $k$ largest a row *on average*, so that a hard row may have more | [Bussmann et al., 2024](cite:bussmann2024) |
| JumpReLU | whatever is above a threshold that each latent learns | [Rajamanoharan et al., 2024](cite:rajamanoharan2024) |
| Gated | one half decides whether, the other how much | [Rajamanoharan et al., 2024a](cite:rajamanoharan2024gated) |
| Matryoshka | as BatchTopK, but short prefixes of the list must rebuild alone | [Bussmann et al., 2025](cite:bussmann2025) |

## First, where the answer is known

Ninety-six random directions in 64 dimensions; each row is the sum of two on average, with strengths between ½ and 1½. This is a toy, made so that a dictionary can be *marked*. A planted direction counts as recovered when some latent's direction has a cosine of
at least 0.9 with it; the average of those best cosines is the [MMCS](term:MMCS). And beside every dictionary stands one whose directions are random and never learn, with a trained encoder: the [frozen decoder](term:frozen-decoder) of [Korznikov et al., 2026](cite:korznikov2026).
"""

# %%
planted = dic.planted(96, 64, active=2.0, seed=0)
sums, exam = dic.draw(planted, 20_000, seed=1).x, dic.draw(planted, 4_000, seed=2)
plan = dic.Plan(steps=900, batch=512, lr=3e-3, dead_after=5_000)
size = {"d_in": 64, "n_latents": 96}


def marked(config, x=sums, of=planted, rows=exam.x, **change):
    with torch.enable_grad():
        sae = dic.train(x, config, dic.Plan(**(vars(plan) | change)), progress=False)
    return sae, dic.quality(sae, rows), dic.recovered(sae.W_dec, of.directions)


kinds = {
    "ReLU": dic.ReLU(**size, l1=4.0), "Gated": dic.Gated(**size, l1=4.0), "JumpReLU": dic.JumpReLU(**size, l0=2.0), "TopK": dic.TopK(**size, k=3),
    "BatchTopK": dic.BatchTopK(**size, k=2), "Matryoshka": dic.Matryoshka(**size, k=2, prefixes=(24, 96)),
}  # fmt: skip
learned = {name: marked(config) for name, config in kinds.items()}
learned["frozen decoder"] = marked(kinds["TopK"], frozen_decoder=True)

# %% tags=["fig:planted", "hide-input"]
plots.bar(
    list(learned), [stats.proportion(round(96 * found), 96) for _, _, found in learned.values()], null=["frozen decoder"], y_range=(0, 1.05), title="How many of 96 planted features are found",
    x_label="kind of dictionary", y_label="share recovered (cosine ≥ 0.9)", alt="TopK recovers nearly all planted features, other kinds about seven to nine in ten, the frozen decoder none.",
)  # fmt: skip

# %% tags=["hide-input"]
best = max(learned, key=lambda name: learned[name][2])
_, frozen_quality, frozen_found = learned["frozen decoder"]
Markdown(
    "| kind | L0 | FVU | recovered |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {q.l0:.2f} | {q.fvu:.3f} | {stats.proportion(round(96 * found), 96)} |" for name, (_, q, found) in learned.items())
    + f"\n\n**L0** is the number of active latents a row, **FVU** the fraction of variance unexplained. {best} recovers the most. The last row is the one to remember: directions that learned nothing rebuild "
    f"**{1 - frozen_quality.fvu:.0%}** of the variance and recover {frozen_found:.0%} of the features. Variance explained is not discovery. One seed and one setting a kind: this ranks *these runs*, not the kinds."
)

# %% [markdown]
r"""
### Where it breaks

Sparsity is what makes the list findable. Let more features be present at once, tell TopK how many, and watch.
"""

# %%
crowds = [2.0, 8.0, 20.0]
broken = []
for active in crowds:
    crowd = dic.planted(96, 64, active=active, seed=0)
    rows = dic.draw(crowd, 20_000, seed=1).x
    broken.append(marked(dic.TopK(**size, k=round(1.5 * active)), x=rows, of=crowd, rows=dic.draw(crowd, 4_000, seed=2).x))

# %% tags=["hide-input"]
plots.line(
    crowds, {"recovered": [found for *_, found in broken], "variance explained": [1 - q.fvu for _, q, _ in broken]}, y_range=(0, 1.05), title="More guests, fewer names",
    x_label="features present in a row", y_label="share", alt="Variance explained stays high while the share of recovered features falls as more features are present at once.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"With {crowds[0]:.0f} features a row {broken[0][2]:.0%} are recovered; with {crowds[-1]:.0f}, {broken[-1][2]:.0%}, while the variance explained goes from {1 - broken[0][1].fvu:.0%} to {1 - broken[-1][1].fvu:.0%}. "
    "On a real model the first number cannot be measured, and the second is what papers print."
)

# %% [markdown]
r"""
### Two faults with names: shrinkage and absorption

**Shrinkage.** L1 charges for every unit of activation, so the cheapest dictionary reports everything a little too faintly. **[Absorption](term:absorption)** ([Chanin et al., 2024](cite:chanin2024)). Plant a parent (*begins with s*) and a child that never comes without it (*the word short*).
One latent for "parent" and one for "child" takes two active latents where the child is present. One latent for "parent but not child" and one for "both" takes one. A sparse rule likes that, and then the general latent is silent exactly where a person would expect it to fire.
"""

# %%
family = dic.planted(96, 64, active=2.0, parents={child: child - 48 for child in range(48, 96)}, seed=0)
family = family._replace(density=torch.where(family.parent < 0, 0.06, 0.4))
test_family = dic.draw(family, 8_000, seed=2)


def sees_parent(sae):
    """For each parent: how often its latent fires when it is alone, and when its child is there too."""
    latents = dic.encode(sae, test_family.x)
    best = (planted.directions[:48] @ sae.W_dec.T).argmax(1)
    on, child = test_family.strengths[:, :48] > 0, test_family.strengths[:, 48:] > 0
    fires = latents[:, best] > 0
    return [(fires & on & with_child).sum(0) / (on & with_child).sum(0) for with_child in (~child, child)]


heard = {name: sees_parent(marked(config, x=dic.draw(family, 20_000, seed=1).x, of=family, rows=test_family.x)[0]) for name, config in (("TopK", kinds["TopK"]), ("Matryoshka", kinds["Matryoshka"]))}
shrunk = {name: (dic.encode(learned[name][0], exam.x) @ learned[name][0].W_dec).norm(dim=1).mean() / exam.x.norm(dim=1).mean() for name in ("ReLU", "TopK")}

# %% tags=["hide-input"]
Markdown(
    "| dictionary | parent's latent fires, parent alone | with its child | difference over 48 parents |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {alone.mean():.2f} | {both.mean():.2f} | {stats.difference(both, alone, paired=True)} |" for name, (alone, both) in heard.items())
    + f"\n\nWhere the last column lies below zero, children have eaten parents. Shrinkage: what ReLU's latents add up to is {shrunk['ReLU']:.2f} of the length of the row, for TopK {shrunk['TopK']:.2f}."
)

# %% [markdown]
r"""
## Now a real one: SmolLM2 after block 15

The book ships dictionaries of 4,096 latents on SmolLM2's residual stream (and a few smaller ones), trained on the first 1,536 passages of the book's corpus, some 390,000 tokens: presidents' addresses, a novel about a whale, a hackers' lexicon, dictionary definitions and a programming manual. (The corpus also holds texts that the model wrote itself; the dictionaries never saw those.) Remember that mixture; it decides what can be found.

Before any dictionary, look at the rows.
"""

# %%
model, sae = load(dtype=torch.bfloat16), open_sae("resid15-topk32")
library = corpus.open_corpus()
held = corpus.passages(library, "held-out")  # documents that no dictionary was trained on
chosen = held[torch.randperm(len(held), generator=torch.Generator().manual_seed(0))[:72]]
read = activations.harvest(model, corpus.tokens(library, chosen), sae.site, progress=False)
rows = read.acts[read.position > 0].float()
text = features.text_of([corpus.ids_of(library, int(p)) for p in chosen])
decode = [model.tokenizer.decode([i]) for i in range(len(model.tokenizer))]

documents = library.document[chosen]
names = documents.unique()[torch.randperm(len(documents.unique()), generator=torch.Generator().manual_seed(1))]
learn = torch.isin(documents, names[::2])[text.passage]  # True: choose here. False: test there

# %% tags=["hide-input"]
length = rows.norm(dim=1)
spread = (rows - rows.mean(0)).square().sum(1)
sinks = ~dic.ordinary(sae, rows)
Markdown(
    f"{len(rows):,} rows from {len(names)} held-out documents. Their median length is {length.median():.0f}; **{int(sinks.sum())}** of them are longer than {sae.limit:,.0f}, up to {length.max():,.0f}, and carry "
    f"**{spread[sinks].sum() / spread.sum():.0%}** of all variance. These are [attention sinks](term:attention-sink). A dictionary that spends one latent on them explains most of the *variance* of this model, and a table that does not "
    "leave them out reports it proudly. Ours are trained and marked without them. Whenever you read a variance explained, ask for the longest row."
)

# %% tags=["hide-input"]
table = tables()
frozen_rows = [r for r in table if r["frozen_decoder"]]
Markdown(
    "| name | latents | L0 | FVU | dead | loss clean | with dictionary | with mean | loss recovered |\n|---|---|---|---|---|---|---|---|---|\n"
    + "\n".join(f"| {r['name']} | {r['n_latents']:,} | {r['l0']:.1f} | {r['fvu']:.3f} | {r['dead']:.1%} | {r['clean']:.2f} | {r['spliced']:.2f} | {r['mean']:.2f} | {r['recovered']:.3f} |" for r in table)
    + f"\n\n{table[0]['n_rows']:,} held-out rows, {table[0]['n_tokens']:,} predicted tokens. *[Loss recovered](term:loss-recovered)* runs from 0 (the stream's mean in place of the stream) to 1 (the stream itself). Read the column before it, too: "
    + f"with resid15-topk32 in its stream the model pays {next(r['spliced'] - r['clean'] for r in table if r['name'] == 'resid15-topk32'):.2f} nats a token more. "
    + "".join(f"The frozen decoder, which learned no direction at all, recovers {r['recovered']:.2f} of the loss; what a trained dictionary can claim is the distance from *there*, not from zero." for r in frozen_rows)
)

# %% [markdown]
r"""
Does the rule matter here, where nobody knows the truth? The same rows, the same 400 steps, a quarter of the latents (three of the kinds compute every latent of every row, and that is slow). A kind is compared with TopK *at as many active latents*: the line is TopK with 8, 32 and 128 of them.
"""

# %% tags=["fig:kinds", "hide-input"]
race = kinds_on_stream()
line = {r["name"]: r for r in race if r["name"].startswith("TopK")}
groups = ["TopK" if r["name"] in line else "frozen decoder" if "frozen" in r["name"] else "other kinds" for r in race]
plots.scatter(
    [r["l0"] for r in race], [r["fvu"] for r in race], group=groups, null=["frozen decoder"], labels=[r["name"] for r in race], log_x=True,
    title="Six rules on SmolLM2 after block 15, and none", x_label="L0: active latents a row", y_label="FVU on held-out rows",
    alt="Each point is a dictionary of 1,024 latents. More active latents leave less unexplained. Kinds with a number to keep lie near the line of TopK, the frozen decoder far above it.",
)  # fmt: skip

# %% tags=["hide-input"]
apart = {r["name"]: r["fvu"] - float(np.interp(np.log(r["l0"]), [np.log(t["l0"]) for t in line.values()], [t["fvu"] for t in line.values()])) for r in race if r["name"] not in line}
told = {r["name"]: f"{apart[r['name']]:+.3f}" if r["name"] in apart else "" for r in race}
Markdown(
    "| kind | L0 | FVU | FVU less TopK's at that L0 | dead | loss with it |\n|---|---|---|---|---|---|\n"
    + "\n".join(f"| {r['name']} | {r['l0']:.1f} | {r['fvu']:.3f} | {told[r['name']]} | {r['dead']:.1%} | {r['spliced']:.2f} |" for r in race)
    + f"\n\nOne run each of {race[0]['steps']} steps, {race[0]['n_rows']:,} held-out rows; the loss of the model without any is {race[0]['clean']:.2f}. Nearest to TopK or better: **{min(apart, key=apart.__getitem__)}** ({min(apart.values()):+.3f}). "
    f"ReLU pays for every unit of activation and so shrinks what it keeps: {apart['ReLU']:+.3f}. A short race on one model orders nobody for good; it shows how much is at stake between rules, and how much between any rule and no learning at all ({apart['frozen decoder']:+.3f})."
)

# %% [markdown]
r"""
### Latents that never speak, and a second chance

The table has a column *dead*. A latent that is among the $k$ largest of no row gets no gradient, so it cannot change, so it stays out: a [dead latent](term:dead-latent). The usual remedy is **AuxK** ([Gao et al., 2024](cite:gao2024)): those of the dead that match a row best are made to rebuild what the living left over, with a weight of 1/32 in the loss.

Does it work? Ask first where death can be counted as a loss: 256 planted features, 256 latents, so that every dead latent is a feature missed. Each dictionary is trained twice, on the same rows in the same order from the same start. Only the switch differs.
"""

# %%
chances = second_chances()  # recorded: six regimes, with and without
with torch.enable_grad():
    again = [(aux, on_planted(plan_for("planted", 3e-2, 0, aux))) for aux in (0.0, 1 / 32)]

# %% tags=["hide-input"]
Markdown(
    "| AuxK | dead | planted features recovered | FVU | L0 |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {'with' if aux else 'without'} | {m['dead']:.1%} | {m['recovered']:.1%} | {m['fvu']:.3f} | {m['l0']:.2f} |" for aux, m in again)
    + f"\n\nLearning rate 0.03, {plan_for('planted', 3e-2, 0, 0.0).steps} steps, one seed; dead: active in none of {again[0][1]['n_rows']:,} rows that training did not see."
)

# %% [markdown]
r"""
Fewer are dead with it, and what is alive instead are features. That is the story as it is told. Now three seeds of it and of other regimes, recorded because they take minutes: the planted rows at lower rates, and the stream of SmolLM2 after block 15. There, *untied* is 2,048 latents with 16 active whose encoder does not start as a copy of the directions, a bad start of the kind that the authors warn of, and
*wide* is 4,096 latents of which only 8 are active (one seed, since it is slow).
"""

# %% tags=["fig:aux", "hide-input"]
regimes = [(where, rate) for where, (rates, _) in RACES.items() for rate in rates]
called = [f"{where}, {rate:g}" for where, rate in regimes]
shares = {word: [float(np.mean(pairs(chances, *regime, "dead")[side])) for regime in regimes] for side, word in enumerate(("without AuxK", "with AuxK"))}
plots.bar(
    called, shares, null=["without AuxK"], y_range=(0, 1), title="A second chance helps in some regimes, and hurts in others", x_label="rows and learning rate", y_label="share of latents that are dead",
    alt="Share of dead latents without and with AuxK in six regimes. AuxK lowers it in four of them and raises it at the lowest rate on planted rows and at the highest rate on the wide dictionary.",
)  # fmt: skip

# %% tags=["hide-input"]
moved = {name: np.subtract(*reversed(pairs(chances, *regime, "dead"))) for name, regime in zip(called, regimes, strict=True)}
lines = []
for name, regime in zip(called, regimes, strict=True):
    marks = {mark: pairs(chances, *regime, mark) for mark in ("dead", "fvu", "l0", *(["recovered"] if regime[0] == "planted" else []))}
    cells = [f"{np.mean(a):.3f} → {np.mean(b):.3f}" for a, b in marks.values()]
    lines.append(f"| {name} | {' | '.join([*cells, ''][:4])} | {int((moved[name] < 0).sum())} of {len(moved[name])} |")
helped, hurt = ([name for name, change in moved.items() if bool((sign * change > 0).all())] for sign in (-1, 1))
Markdown(
    "| rows, rate | dead | FVU | L0 | recovered | seeds in which fewer died |\n|---|---|---|---|---|---|\n" + "\n".join(lines)
    + f"\n\nWithout → with, means over seeds. Fewer die with it in every seed of: **{'; '.join(helped) or 'no regime'}**. More die in every seed of: **{'; '.join(hurt) or 'none'}**. "
    "So the second chance is real, and it is no rule: whoever prints one dead fraction should say at which rate, for how many steps, on how many rows. And a latent that lives is not yet one that means something. Compare the fall in *dead* with the fall in FVU beside it."
)

# %% [markdown]
r"""
## Ten latents, drawn by lot

Feature pages are where dictionaries become convincing, and where the choosing happens. So: ten latents by lot among those active in at least ten rows of the choosing half. Each is shown with its strongest examples *and* with examples drawn evenly over its range, and with a label.

Nobody wrote the labels, nor did a hosted model. [Bills et al., 2023](cite:bills2023) let one language model explain and another predict; here counting does both. The label is the few tokens *at* which, or *after* which, the latent is strongest on one half of the documents.
Its score is the correlation between what the label predicts and what the latent does **on the other half**.
"""

# %%
firings = features.fire(sae, rows)
first, other = features.on_rows(firings, learn), features.on_rows(firings, ~learn)
halves = (first, text.take(learn)), (other, text.take(~learn))
lively = ((first.count >= 10) & (other.count >= 5)).nonzero()[:, 0]
drawn = lively[torch.randperm(len(lively), generator=torch.Generator().manual_seed(0))[:300]]
effects = features.logit_effects(model, sae.W_dec)
Markdown("\n\n".join(features.in_markdown(features.card(int(i), *halves, decode, effects), decode, n=2) for i in drawn[:10]))

# %% [markdown]
r"""
Read the *spread* lines before the *top* lines. Would the label still have occurred to you?

### Are the labels worth anything?

Three hundred latents by lot. Against them: the same labels dealt to other latents, and a dictionary that **nobody trained**: 4,096 random directions that keep their 32 best matches a row. A random direction fires at some tokens more than at others, so it can be labelled, too.
"""

# %%
directions = stats.random_directions(4096, 576, seed=0)
untrained = dic.Sae(dic.TopK(576, 4096, k=32), directions, torch.zeros(4096), directions, rows[learn & ~sinks].mean(0), site=sae.site, limit=sae.limit)
wild = features.fire(untrained, rows)
wild_halves = (features.on_rows(wild, learn), halves[0][1]), (features.on_rows(wild, ~learn), halves[1][1])


def label_scores(parts, latents):
    """Each latent's label, its flattering fit, its score on the other half, and the score of its neighbour's label."""
    labels = [features.explain(*parts[0], int(i)) for i in latents]
    scores = [features.score(label, *parts[1], int(i)) for label, i in zip(labels, latents, strict=True)]
    dealt = [features.score(label, *parts[1], int(i)) for label, i in zip(labels, latents.roll(1), strict=True)]
    return [label.fit for label in labels], scores, dealt


alive = ((wild_halves[0][0].count >= 10) & (wild_halves[1][0].count >= 5)).nonzero()[:, 0]
wild_drawn = alive[torch.randperm(len(alive), generator=torch.Generator().manual_seed(0))[:300]]
fits, scores, dealt = label_scores(halves, drawn)
_, wild_scores, _ = label_scores(wild_halves, wild_drawn)

# %% tags=["hide-input"]
plots.histogram(
    {"trained": scores, "nobody trained it": wild_scores, "labels dealt to others": dealt}, null=["nobody trained it", "labels dealt to others"], share=True, title="What labels predict on documents that did not make them",
    x_label="score: correlation of predicted and actual activation", alt="Scores of the trained dictionary spread from 0 to nearly 1; dealt labels stay at 0; the untrained dictionary lies in between.",
)  # fmt: skip

# %% tags=["hide-input"]
trained_above = stats.difference(scores, wild_scores)
Markdown(
    f"Where they were made the labels fit with a mean correlation of {sum(fits) / len(fits):.2f}; on other documents it is **{stats.bootstrap(scores)}**. Dealt to other latents: {stats.bootstrap(dealt)}. The dictionary that nobody trained: **{stats.bootstrap(wild_scores)}** (n = {len(wild_scores)}). "
    f"Trained minus untrained: {trained_above}. So labels say something about the text, and part of what they say could be said of directions thrown by dice."
)

# %% [markdown]
r"""
### More room: does a latent split?

[Bricken et al., 2023](cite:bricken2023) trained dictionaries of growing size on one model and saw [features split](term:feature-splitting): where a small dictionary had one latent for a thing, a large one had several for its kinds. That makes *the* list of features a matter of how much paper you bring. We have 512, 1,024, 2,048 and 4,096 latents on the same rows, 32 active in each. For each of the 512, count
the latents of another dictionary that point near it: a cosine of at least ½.

Two nulls. **A second dictionary of 512**, of another seed: any two runs resemble each other, and that is no splitting. And *mixtures*: for each dictionary as many directions again, each a random sum of its own.
"""

# %%
few = open_sae("resid15-topk32-n512")
sizes = {"512, again": open_sae("resid15-topk32-n512b"), "1,024": open_sae("resid15-topk32-n1024"), "2,048": open_sae("resid15-topk32-n2048"), "4,096": sae}
alike = {name: splitting.cosines(few.W_dec, large.W_dec) for name, large in sizes.items()}
mixed = {name: splitting.cosines(few.W_dec, splitting.mixtures(large.W_dec)) for name, large in sizes.items()}


def with_at_least(n, found, at=splitting.NEAR):
    """How many of the 512 have n or more near ones."""
    return int(((found >= at).sum(1) >= n).sum())


# %% tags=["fig:splitting", "hide-input"]
plots.bar(
    list(sizes), {word: [stats.proportion(with_at_least(n, found), 512) for found in alike.values()] for n, word in ((1, "at least one near"), (2, "at least two near"))}, null=["512, again"], y_range=(0, 1),
    title="With more room, more latents have several heirs", x_label="latents in the other dictionary", y_label="share of the 512", alt="The share of latents with at least one near direction rises little with the other dictionary's size; the share with at least two rises several times.",
)  # fmt: skip

# %% tags=["hide-input"]
levels = (0.4, 0.5, 0.6, 0.7)
lonely = 512 - with_at_least(1, alike["512, again"])
Markdown(
    "| two or more at a cosine of | " + " | ".join(sizes) + " | mixtures of 4,096 |\n|---|" + "---|" * 5 + "\n"
    + "\n".join(f"| {at} | " + " | ".join(f"{with_at_least(2, found, at) / 512:.1%}" for found in alike.values()) + f" | {with_at_least(2, mixed['4,096'], at) / 512:.1%} |" for at in levels)
    + f"\n\nAt ½: {stats.proportion(with_at_least(2, alike['512, again']), 512)} of the 512 have two or more near ones in a dictionary of the same size, **{stats.proportion(with_at_least(2, alike['4,096']), 512)}** in one of eight times the size. The choice of ½ is ours; the other lines show what hangs on it. "
    f"The average best match does not grow ({alike['512, again'].amax(1).mean():.2f} and {alike['4,096'].amax(1).mean():.2f}; mixtures {mixed['4,096'].amax(1).mean():.2f}). And look at the null itself: **{stats.proportion(lonely, 512)}** of the latents have *no* near one in a second run that differs only in its seed. "
    "Before a feature splits it should be there twice."
)

# %% [markdown]
r"""
Near directions may still be strangers. If a latent has split, its children fire where it fires, and take turns. So count, on held-out rows. The comparisons: as many other latents that fire about as often, and the near ones in the second dictionary of 512.
"""

# %%
few_fires = features.fire(few, rows)


def families(large, found):
    """Every latent of the 512 with two or more near ones that are heard here: who they are, how rows are shared, and a null."""
    near = (found >= splitting.NEAR) & (large.count > 0)
    for parent in ((near.sum(1) >= 2) & (few_fires.count >= 20)).nonzero()[:, 0].tolist():
        kids, own = near[parent].nonzero()[:, 0], features.dense(few_fires, parent) > 0
        fires = [torch.stack([features.dense(large, int(i)) > 0 for i in some], 1) for some in (kids, splitting.as_busy(large.count, kids, near[parent]))]
        yield parent, kids, splitting.shared(own, fires[0]), splitting.shared(own, fires[1])


grown = list(families(firings, alike["4,096"]))
same = list(families(features.fire(sizes["512, again"], rows), alike["512, again"]))

# %% tags=["hide-input"]
groups = {"children among 4,096": [f[2] for f in grown], "as busy, not near": [f[3] for f in grown], "near ones in the second 512": [f[2] for f in same]}
taken = {name: [stats.bootstrap([value for value in column if value == value]) for column in list(zip(*some, strict=True))[:3]] for name, some in groups.items()}
Markdown(
    "| | where they fire, the parent fires | of the parent's rows they cover | of these, exactly one fires | parents |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {' | '.join(map(str, found))} | {len(groups[name])} |" for name, found in taken.items())
    + f"\n\nChildren fire inside their parent's rows in {taken['children among 4,096'][0].value:.0%} of their own; latents that are as busy, in {taken['as busy, not near'][0].value:.0%}. But together they cover only **{taken['children among 4,096'][1].value:.0%}** of what the parent said. "
    "A *split* in the strict sense, one latent's cases dealt out among narrower ones, would cover nearly all. This is rather a splitting off: narrower heirs for some of the cases, and the rest goes elsewhere."
)

# %% [markdown]
r"""
One family, the first of a seeded draw, whatever it turns out to be.
"""

# %%
lot = torch.randperm(len(grown), generator=torch.Generator().manual_seed(0)).tolist()
parent, kids, share, _ = grown[lot[0]]
few_halves = tuple((features.on_rows(few_fires, side), part) for side, (_, part) in zip((learn, ~learn), halves, strict=True))
few_effects = features.logit_effects(model, few.W_dec)
pages = [features.in_markdown(features.card(parent, *few_halves, decode, few_effects), decode, n=3)]
pages += [f"*Child, cosine {alike['4,096'][parent, i]:.2f}.* " + features.in_markdown(features.card(int(i), *halves, decode, effects), decode, n=2) for i in kids]
Markdown(f"*Parent, among 512: its children fire inside its rows in {share.inside:.0%} of theirs and cover {share.covered:.0%} of its {share.n} rows.* " + "\n\n".join(pages))

# %% [markdown]
r"""
Firing together is correlation. The intervention: take the parent away from the stream, the error kept, and note how every logit moves; then take away its children instead. If they are the parent in pieces, the model should feel the same. The control: in each row, one other active latent of the large dictionary, as strong as the children together or nearest to it.
"""

# %%
short = torch.stack([ids[:40] for ids in (corpus.ids_of(library, int(p)) for p in chosen) if len(ids) >= 40][:6])
stream = read_stream(model, short, sae.site).float()
untouched = logits(model, short)
small_on, large_on = dic.encode(few, stream), dic.encode(sae, stream)


def effects_of(parent, kids):
    """Where parent and children fire: the cosine of what each removal does to the logits with what the parent's does."""
    here = (small_on[..., parent] > 0) & (large_on[..., kids] > 0).any(-1)
    here[:, 0] = False
    parts = {"children": lambda f: splitting.of_these(f, kids), "another, as strong": lambda f: splitting.equally_strong(f, kids)}
    edits = {"parent": steering.take_away(few, lambda f: splitting.of_these(f, torch.tensor([parent])))} | {name: steering.take_away(sae, part) for name, part in parts.items()}
    change = {name: (logits(model, short, write={sae.site: edit}) - untouched)[here].float() for name, edit in edits.items()}
    change = {name: moved - moved.mean(-1, keepdim=True) for name, moved in change.items()}
    return {name: float(torch.cosine_similarity(moved, change["parent"], dim=-1).mean()) for name, moved in change.items() if name != "parent"} | {"rows": int(here.sum())}


heard_here = [grown[i] for i in lot if int(((small_on[:, 1:, grown[i][0]] > 0) & (large_on[:, 1:, grown[i][1]] > 0).any(-1)).sum()) >= 5]
felt = [effects_of(parent, kids) for parent, kids, _, _ in heard_here[:6]]

# %% tags=["hide-input"]
agree = {name: [one[name] for one in felt] for name in felt[0] if name != "rows"}
Markdown(
    f"Cosine with the parent's effect on {untouched.shape[-1]:,} logits, over {len(felt)} families (the first of the same draw that are heard on these passages), {sum(one['rows'] for one in felt)} rows: "
    + "; ".join(f"{name} **{stats.bootstrap(values)}**" for name, values in agree.items())
    + f". Children minus the other latent: {stats.difference(agree['children'], agree['another, as strong'], paired=True)}. "
    "Part of this is geometry: near directions move the stream in near ways. What the fourteen blocks above it make of that was not given."
)

# %% [markdown]
r"""
## The Golden Gate experiment, on a smaller bridge

[Templeton et al., 2024](cite:templeton2024) found a latent for the Golden Gate Bridge in a large model, held it at ten times its maximum, and the model introduced itself as the bridge. Our corpus holds no bridges worth mentioning. It does hold a whale. We let the text decide: lists of words for some topics, those that occur at least ten times in both
halves; for each the latent whose activation stands out most at those words, **on the choosing half**. The topic whose latent does best there wins, and is then examined on the other half.
"""

# %%
wordlists = {
    "the sea": "whale whales ship ships sea boat captain sailors ocean Ahab deck crew", "war": "war wars army battle enemy troops military soldiers peace navy", "money": "money tax taxes bank debt dollars currency revenue budget gold",
    "computers": "computer program programs file files code software machine Unix hackers", "plants": "plant plants tree trees flower flowers leaves garden fruit seeds", "the body": "blood heart body disease brain skin bone muscle",
}  # fmt: skip
pieces = {topic: [model.tokenizer(" " + word)["input_ids"] for word in words.split()] for topic, words in wordlists.items()}
topics = {topic: torch.tensor([p[0] for p in some if len(p) == 1]) for topic, some in pieces.items()}
candidates = {}
for topic, words in topics.items():
    here = torch.isin(text.ids, words)
    if min(here[learn].sum(), here[~learn].sum()) >= 10:
        i = int(features.contrast(first, here[learn]).argmax())
        candidates[topic] = (i, *(stats.auroc(features.dense(part, i), here[side]) for part, side in ((first, learn), (other, ~learn))))
topic = max(candidates, key=lambda name: candidates[name][1])
our_latent, words = candidates[topic][0], topics[topic]
at_topic = torch.isin(text.ids, words)
mean_difference = rows[learn & at_topic].mean(0) - rows[learn & ~at_topic & ~sinks].mean(0)

# %% tags=["hide-input"]
probe_area = stats.auroc(rows[~learn & ~sinks] @ mean_difference, at_topic[~learn & ~sinks])
Markdown(
    "| topic | latent | AUROC where chosen | on the other half |\n|---|---|---|---|\n" + "\n".join(f"| {name} | {i} | {a:.3f} | {b:.3f} |" for name, (i, a, b) in candidates.items())
    + f"\n\nThe winner: **{topic}**, latent {our_latent}. A [mean-difference](term:mass-mean-probe) direction, made of two averages on the same half, has an AUROC of {probe_area:.3f} on the other: this is *sparse probing* with one latent against the plainest dense probe, "
    "and on one concept it decides nothing. [Kantamneni et al., 2025](cite:kantamneni2025) did it on 113 data sets and found no consistent gain from dictionaries.\n\n"
    + features.in_markdown(features.card(our_latent, *halves, decode, effects), decode, n=4)
)

# %% [markdown]
r"""
### Dose, response, price

Seeing is not steering. Twelve passages without a word of the topic; at every token the latent is clamped to 0, 1, 2, 5 and 10 times its maximum, **with the error term kept**, so that nothing else changes. Then two numbers: how much probability the model gives to the topic's words as the next token, and how much worse it predicts what
really comes next. The competitors: the mean difference, pushed by as much, and three latents by lot, clamped to the same value.

Keeping the error makes clamping simple. All that changes is one term of the sum, so the stream moves along one direction by what is missing: $x + (\text{value} - f_i)\,W_{d,i}$.
"""

# %%
neutral = [ids for ids in (corpus.ids_of(library, int(p)) for p in chosen) if len(ids) >= 48 and not torch.isin(ids, words).any()][:12]
passages = Tokens(torch.stack([ids[:48] for ids in neutral]), torch.ones(len(neutral), 48, dtype=torch.bool))
peak = float(features.peaks(first)[our_latent])
lots = lively[torch.randperm(len(lively), generator=torch.Generator().manual_seed(3))[:3]].tolist()
edits = {("clean", 0): lambda stream: stream, ("the latent", 0): steering.clamp(sae, our_latent, 0.0)}
for dose in (1, 2, 5, 10):
    edits["the latent", dose] = steering.clamp(sae, our_latent, dose * peak)
    edits["mean difference", dose] = steering.push(mean_difference, dose * peak)
    edits |= {(f"latent {i}, by lot", dose): steering.clamp(sae, i, dose * peak) for i in lots}
measured = steering.dose_response(model, sae.site, edits, passages, words)
clean = measured["clean", 0]

# %% tags=["fig:dose", "hide-input"]
shown = {key: value for key, value in measured.items() if key != ("clean", 0)}
plots.scatter(
    [value.loss - clean.loss for value in shown.values()], [1000 * value.topic for value in shown.values()], group=["by lot" if "lot" in name else name for name, _ in shown], null=["by lot"], labels=[f"{dose}×" for _, dose in shown], log_y=True,
    reference={"clean": 1000 * clean.topic}, title=f"What a dose of {topic} does, and what it costs", x_label="price: extra nats a token", y_label="response: topic words, per thousand tokens",
    alt="Response against price. The latent and the mean difference rise far above the latents by lot; at the largest dose the price is several nats a token.",
)  # fmt: skip

# %% tags=["hide-input"]
change = {key: stats.bootstrap(1000 * (value.per_passage[:, 0] - clean.per_passage[:, 0])) for key, value in measured.items()}
prices = {key: value.loss - clean.loss for key, value in measured.items()}
Markdown(
    f"Clean, the topic's words get {1000 * clean.topic:.2f} of a thousand. Clamped at twice its maximum the latent adds **{change['the latent', 2]}** for {prices['the latent', 2]:.2f} nats; the mean difference adds {change['mean difference', 2]} for {prices['mean difference', 2]:.2f}; "
    f"the three by lot add between {min(change[k].value for k in change if 'lot' in k[0] and k[1] == 2):.2f} and {max(change[k].value for k in change if 'lot' in k[0] and k[1] == 2):.2f}. At ten times, the published dose, the latent adds {change['the latent', 10]} "
    f"for {prices['the latent', 10]:.1f} nats, the mean difference {change['mean difference', 10]} for {prices['mean difference', 10]:.1f}. (n = {len(neutral)} passages, intervals over passages.) At dose 0, the latent taken away, the change is {change['the latent', 0].value:.3f}: on text without the topic there is nothing to remove.\n\n"
    + ("**The plain mean difference responds more at every dose.** The latent is a real handle; two averages are a longer one, and they needed labels, which the latent did not." if all(change["mean difference", d].value > change["the latent", d].value for d in (1, 2, 5, 10)) else "Neither of the two handles wins at every dose.")
)

# %%
prompt = "Last summer my friend told me about"
talk = {"clean": edits["clean", 0]} | {f"latent {d}×": edits["the latent", d] for d in (1, 2, 5, 10)} | {f"mean difference {d}×": edits["mean difference", d] for d in (1, 2, 5)} | {"by lot 2×": edits[f"latent {lots[0]}, by lot", 2]}
said = steering.continuations(model, prompt, sae.site, talk, n_tokens=18)
Markdown(f"*{prompt}* …\n\n| edit | what follows |\n|---|---|\n" + "\n".join(f"| {name} | {' '.join(words.split()).replace('|', '/').replace('*', '').replace('`', '').replace('<', '‹')} |" for name, words in said.items()))

# %% [markdown]
r"""
One prompt, one seed, no choice. Look for a window in which the topic comes up and the sentences still stand. It is narrow; beyond it the model is not obsessed, it is broken. Ten times the maximum, the published dose for a much larger model, is far beyond it here.

## What the clone leaves out

Everything above was read from a *replacement*: latents that rebuild part of the stream. The rest, the error, is not noise. If it were, no simple function of $x$ could foretell how large it is. [Engels et al., 2024](cite:engels2024) called what the dictionary misses *dark matter*, and found much of it predictable.
"""

# %%
kept = ~sinks
x = rows - rows[learn & kept].mean(0)
size_of_error = (rows - dic.reconstruct(sae, rows)).square().sum(1)


def explained(target, ridge=300.0):
    """How much of a target's variance a straight line in x explains on the other half."""
    a, b = learn & kept, ~learn & kept
    weights = torch.linalg.solve(x[a].T @ x[a] + ridge * torch.eye(x.shape[1]), x[a].T @ (target[a] - target[a].mean()))
    missed = target[b] - target[a].mean() - x[b] @ weights
    return 1 - float(missed.square().sum() / (target[b] - target[b].mean()).square().sum())


share_explained = explained(size_of_error)
shuffled = size_of_error.clone()
shuffled[kept] = size_of_error[kept][torch.randperm(int(kept.sum()), generator=torch.Generator().manual_seed(0))]
Markdown(
    f"A straight line in the activation foretells **{share_explained:.0%}** of the variance of the error's squared length on the other half (lengths dealt to other rows: {explained(shuffled):.0%}). "
    "What is missing from the dictionary is not missing at random. A circuit traced through latents alone may lose its thread exactly there; chapter 05 draws the error as a node of its own."
)

# %% [markdown]
r"""
## What would prove this wrong?

The claim: *training a dictionary finds directions that mean something, beyond what any list of directions would give.* It is lost if the dictionary that nobody trained does as well on the things that we praised. [Korznikov et al., 2026](cite:korznikov2026) report that, on several such marks, frozen baselines come close. Two of them, here:
"""

# %%
wild_best = int(features.contrast(wild_halves[0][0], at_topic[learn]).argmax())
areas = {name: stats.auroc_interval(features.dense(part, i), at_topic[~learn]) for name, part, i in (("trained", other, our_latent), ("nobody trained it", wild_halves[1][0], wild_best))}
Markdown(
    f"| | label score | best latent for {topic}: AUROC on the other half |\n|---|---|---|\n| trained | {stats.bootstrap(scores)} | {areas['trained']} |\n| nobody trained it | {stats.bootstrap(wild_scores)} | {areas['nobody trained it']} |\n\n"
    + ("Training wins on both." if trained_above.low > 0 and areas["trained"].low > areas["nobody trained it"].high else "Training does not clearly win on both marks, so here the claim is not safe.")
    + " Whoever shows only the first row of such a table has shown a dictionary; the second row turns it into evidence."
)

# %% [markdown]
r"""
## The big idea

A sparse autoencoder turns a vector into a short list of candidates for meaning, without being told what to look for. On planted data it finds what is there, as long as little is there at once. On a real model nobody can mark it, so the comparison has to do the work: against a decoder that never learned, labels
that were dealt out, text that chose nothing, a direction made of two averages. What survives is a set of *handles*: some readable, some usable, none of them the model. The clone is not the model, and its error is where to look next.

## Key terms

[dictionary learning](term:dictionary-learning) · [sparse autoencoder](term:sparse-autoencoder) · [latent](term:latent) · [MMCS](term:MMCS) · [frozen decoder](term:frozen-decoder) · [absorption](term:absorption) · [loss recovered](term:loss-recovered) ·
[dead latent](term:dead-latent) · [attention sink](term:attention-sink) · [steering](term:steering) · [superposition](term:superposition)

## What we did not test

- Seeds. Each dictionary but the smallest is one run. Two runs of 512 latents share about half of them; which half, and whether the shared ones are the better ones, we did not ask.
- Splitting at scale. Our sizes span a factor of eight and one stream; the published ones span hundreds. Larger dictionaries were trained no longer than small ones, so theirs are the less finished directions.
- AuxK over billions of tokens, where its authors use it. Ours sees four hundred thousand rows.
- Labels beyond single tokens. Ours cannot say *a list is being read* or *the speaker is angry*; such latents get a low score that they may not deserve.
- More than one topic, one prompt list and one place of steering.
- The corpus. A million tokens of speeches and whales is a narrow world; published dictionaries see a thousand times more.

## Related chapters and reading

[Chapter 01](01_superposition.ipynb) on why one neuron is not one feature, [chapter 02](02_probing.ipynb) on directions with names. Feature by feature at scale: [Templeton et al., 2024](cite:templeton2024); how to compare dictionaries: [Gao et al., 2024](cite:gao2024). Before you publish a feature, go through the
[evidence checklist](../book/pages/checklist.md).

## Quiz
"""

# %%
quiz("03_sparse_autoencoders")
