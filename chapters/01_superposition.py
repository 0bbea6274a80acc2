# %% [markdown]
r"""
# 01 · Superposition

*How does a network keep more ideas than it has places to put them, and how would we know?*

> **Time** 70 min · **Needs** [chapter 00](00_city_of_numbers.ipynb), a little linear algebra · **Exercises** [01_superposition](../exercises/01_superposition.ipynb), about two hours

**After this chapter you can**

- write down and train the smallest model that stores five things in two numbers;
- predict, on paper, when sharing a dimension pays, and check the prediction in a few hundred trained models;
- read a feature's fraction of a dimension, and recognise a digon, a triangle and a pentagon by it;
- say what crowding costs: computing in a crowd, and being easy to fool;
- ask a real model whether its neurons respond to one thing, with a null that can say no.

*Where you are:* chapter 00 looked at a real model from outside and in. Here we build models so small that we know what they
learned. We need that knowledge before we trust any tool on the real one: probes (02), sparse autoencoders (03) and circuits (04) all
assume something about how features are laid out. This chapter is about that something.
"""

# %%
import torch
from IPython.display import Markdown

from interpbook import plots, widgets
from interpbook.quiz import quiz
from interpbook.stats import bootstrap, difference, proportion
from interpbook.superposition import (
    absolute_forward, attack, border, concept_auroc, concept_words, dimensions_per_feature,
    feature_dimensionality, forward_all, gram, held_out_selectivity, in_pairs, independent, loss_antipodal, loss_ignoring,
    phase_diagram, predicted_phase, random_attack, represented, rotated, shuffled_within, signed, strategy_losses, train,
    train_absolute,
)  # fmt: skip

# %% [markdown]
r"""
## A flat with two rooms and five tenants

Suppose a model has two hidden numbers and would like to remember five things about its input. Linear algebra says: two numbers,
two things. Anything more and the directions cannot all be at right angles.

But suppose also that the five things are rare. Most inputs contain one of them, or none. Then two tenants who share a room are
hardly ever at home together, and the landlord can get away with a good deal. Storing more
[features](term:feature) than there are dimensions is called [superposition](term:superposition). [Elhage et al., 2022](cite:elhage2022)
asked when it happens, with a model that fits into one line:

$$\hat{x} = \mathrm{ReLU}(W^\top W x + b)$$

Here $x$ holds $n$ feature values, $W$ squeezes them into $m < n$ hidden numbers, $W^\top$ brings them up again, $b$ is a bias, and
ReLU cuts off everything below zero. Column $W_i$ is the direction that stands for feature $i$. Each feature is present with
probability $p$ (its *density*), and then it is uniform between 0 and 1. Training lowers

$$L = \sum_i I_i \, (x_i - \hat{x}_i)^2$$

averaged over inputs; $I_i$ is the *importance* of feature $i$. Everything in this part is a toy, a
[model organism](term:model-organism): we made it, so we know what it was asked to learn. The last part goes to a real model.

We train one model for each of seven densities, all at once: every tensor has a leading axis for the model.
Each is the best of six starts, since training can get stuck.
"""

# %%
densities = torch.tensor([1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02])
importance = 0.9 ** torch.arange(5.0)
toys = train(5, 2, densities, importance, restarts=6, steps=1200, lr=0.03)


# %% tags=["fig:polytopes", "hide-input"]
def polygon(density):
    k = int((densities - density).abs().argmin())
    return plots.arrows(
        toys.W[k].T, names=["1", "2", "3", "4", "5"], limit=1.4,
        title=f"Present {densities[k]:.0%} of the time: {int(represented(toys.W[k]).sum())} features in 2 dimensions",
        alt="Five arrows in the plane, one per feature, for the chosen density.",
    )  # fmt: skip


widgets.slider(
    polygon, [1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02], label="density p", start=5,
    alt="Directions of five features in two hidden dimensions. At density 1 two arrows stand at right angles and three have "
    "length zero; in between there are two opposite pairs; when features are rare, all five form a pentagon.",
)  # fmt: skip

# %% tags=["hide-input"]
kept = represented(toys.W).sum(-1).tolist()
Markdown(
    f"Move the slider. From dense to sparse the model keeps **{', '.join(map(str, kept))}** of its five features. When "
    "everything is always present it behaves like a sensible statistician: the two most important features get a dimension "
    "each, the rest are dropped. As features grow rare, pairs of them move to opposite ends of one line, and in the end all "
    "five stand as a pentagon. Nobody told it about pentagons."
)

# %% [markdown]
r"""
## Why rarity pays

One dimension and two equally important features are enough to see why. There are three sensible strategies.

**Give the dimension to one, ignore the other.** The ignored feature is best replaced by its mean, so the price is its variance:
$E[x^2] - E[x]^2 = p/3 - p^2/4$.

**Put them at opposite ends**, $W = (1, -1)$. If only one is present it comes back exactly: the ReLU silences the
other, which would be negative. If both are present, with probability $p^2$, they fight, and each is wrong by the smaller of the two values. The mean
square of the smaller of two uniform numbers is $1/6$, so each of the two pays $p^2/6$.

The first price falls like $p$, the second like $p^2$. However dense the world, there is a density below which sharing wins.
"""

# %% tags=["hide-input"]
p = torch.linspace(0.01, 1, 60)
plots.line(
    p.tolist(), {"ignore one": loss_ignoring(p), "opposite ends": 2 * loss_antipodal(p)},
    title="What two features in one dimension cost", x_label="density p", y_label="expected squared error",
    alt="Two curves over density. Ignoring one feature costs p/3 - p²/4, sharing costs p²/3; they cross at 4/7.",
)  # fmt: skip

# %% tags=["hide-input"]
equal_border = border(torch.tensor(1.0)).item()
Markdown(
    f"The curves cross at a density of {equal_border:.3f}, which is 4/7: setting $p^2/3 = p/3 - p^2/4$ and solving gives it by hand. "
    "Two features that are present less than four sevenths of the time should share. That is a prediction, made before any training."
)

# %% [markdown]
r"""
## The phase diagram: theory against 196 trained models

Let the second feature have importance $r$ instead of 1. Now there are three outcomes: it is *ignored*, it *shares*, or, if it matters
more than the first, it gets the dimension *alone*. For each pair $(r, p)$ the theory takes the cheapest of

$$r\,(p/3 - p^2/4), \qquad (1 + r)\,p^2/6, \qquad p/3 - p^2/4.$$

Then we train a model in every cell of a 14 × 14 grid (four starts each) and look at what it did. A feature counts as kept when its
column of $W$ is longer than one half.
"""

# %%
ratios, ps = torch.logspace(-1, 1, 14), torch.logspace(-1.7, 0, 14)
diagram = phase_diagram(ratios, ps)
theory = predicted_phase(ratios[:, None], ps[None, :])


# %% tags=["hide-input"]
def phase_map(phase, who):
    return plots.heatmap(
        phase, x=[f"{v:.2g}" for v in ps.tolist()], y=[f"{v:.2g}" for v in ratios.tolist()], z_range=(0, 2),
        title=who, x_label="density p", y_label="importance of the second feature", colour_label="0 ignored · 1 shares · 2 alone",
        alt=f"{who}: at low density the second feature shares the dimension; at high density it is ignored if unimportant, "
        "alone if important.",
    )  # fmt: skip


phase_map(theory, "What the theory says")

# %% tags=["hide-input"]
phase_map(diagram.phase, "What 196 trained models do")

# %% tags=["hide-input"]
same = diagram.phase == theory
agree = proportion(int(same.sum()), same.numel())
shuffled = [
    (diagram.phase.flatten()[torch.randperm(196, generator=torch.Generator().manual_seed(s))] == theory.flatten())
    .float()
    .mean()
    .item()
    for s in range(200)
]
price = strategy_losses(ratios[:, None], ps[None, :]).amin(0)
stuck = int((~same & (diagram.toy.loss.reshape(14, 14) > price)).sum())
Markdown(
    f"Theory and training agree in **{agree}** cells. If the trained outcomes were dealt over the cells at random, they would agree in "
    f"{sum(shuffled) / 200:.2f} of them (at most {max(shuffled):.2f} in 200 shuffles). Of the {int((~same).sum())} cells that disagree, {stuck} ended at a "
    "loss above the theory's best: training got stuck in all four starts. The others found something *cheaper* than any of the three pure strategies: near a border, mixtures "
    "with arms shorter than 1 and a bias win. So theory and training each miss something, and we can say where."
)

# %% [markdown]
r"""
A third feature and a second dimension give the same picture with one more kind of crowding. There is no closed form in the next figure: it is
what the trained models did, and the reader may compare.
"""

# %%
diagram3 = phase_diagram(torch.logspace(-1, 1, 9), torch.logspace(-1.5, 0, 9), n_features=3, n_hidden=2, n_restarts=3)
# %% tags=["hide-input"]
plots.heatmap(
    diagram3.phase, x=[f"{v:.2g}" for v in diagram3.density.tolist()], y=[f"{v:.2g}" for v in diagram3.importance.tolist()],
    z_range=(0, 2), title="Three features in two dimensions: the fate of the third", x_label="density p",
    y_label="importance of the third feature", colour_label="0 ignored · 1 crowded · 2 alone",
    alt="A 9 by 9 map: crowding at low density, ignoring at high density and low importance, a dimension alone otherwise.",
)  # fmt: skip

# %% [markdown]
r"""
## Twenty features, five dimensions: who hears whom

With more features the drawing in the plane is gone, but $W^\top W$ is left. Its diagonal says how loudly each feature comes back; what
stands off the diagonal is [interference](term:interference), one feature heard in another's place. Importance falls as $0.7^i$.
"""

# %%
d20 = torch.tensor([1.0, 0.3, 0.1, 0.03])
crowd = train(20, 5, d20, 0.7 ** torch.arange(20.0), steps=1200)


# %% tags=["hide-input"]
def crowd_map(density):
    k = int((d20 - density).abs().argmin())
    return plots.heatmap(
        gram(crowd.W[k]), diverging=True, z_range=(-1.2, 1.2), title=f"WᵀW: {int(represented(crowd.W[k]).sum())} of 20 features kept",
        x_label="feature that is present", y_label="feature that is heard", colour_label="strength", alt="A 20 by 20 matrix.",
    )  # fmt: skip


widgets.slider(
    crowd_map, [1, 0.3, 0.1, 0.03], label="density p",
    alt="WᵀW for 20 features. At density 1: five ones on the diagonal and nothing else. At lower densities more of the "
    "diagonal fills, and negative entries appear beside it.",
)  # fmt: skip

# %% [markdown]
r"""
## Fractions of a dimension

How much room does a feature have? [Elhage et al., 2022](cite:elhage2022) define its [dimensionality](term:feature-dimensionality)

$$D_i = \frac{\lVert W_i \rVert^2}{\sum_j (\hat{W}_i \cdot W_j)^2},$$

where $\hat{W}_i$ is $W_i$ scaled to length 1. The numerator is the feature's own strength; the denominator adds up everyone who is heard
along its direction, itself included. Alone, $D_i = 1$. Two at opposite ends share one dimension: $1/2$. A triangle has three in two
dimensions: $2/3$. A pentagon: $2/5$. A summary over all features is $D^* = m / \lVert W \rVert_F^2$, dimensions per kept feature.

Eighty equally important features, twenty dimensions, ten densities:
"""

# %%
d80 = torch.logspace(0, -1.4, 10)
big = train(80, 20, d80, torch.ones(80), steps=1200, lr=0.01)
D = torch.stack([feature_dimensionality(W) for W in big.W])
sparsity = (1 / d80).tolist()
# %% tags=["hide-input"]
plots.line(
    sparsity, {"trained": dimensions_per_feature(big.W), "random W": dimensions_per_feature(torch.randn(10, 20, 80) / 20**0.5)},
    null=["random W"], reference={"1/2": 0.5}, log_x=True, title="D* sticks at one half", y_label="dimensions per feature D*",
    x_label="1 / density", alt="D* falls from 1 as features grow rare, rests near one half, then falls on. Random matrices stay near one quarter.",
)  # fmt: skip

# %% tags=["hide-input"]
rows = [(s, v) for s, Ds in zip(sparsity, D, strict=True) for v in Ds[Ds > 0.02].tolist()]
plots.scatter(
    [s * (1 + 0.02 * (i % 5 - 2)) for i, (s, _) in enumerate(rows)], [v for _, v in rows], log_x=True,
    reference={"digon 1/2": 1 / 2, "pentagon 2/5": 2 / 5, "antiprism 3/8": 3 / 8}, x_label="1 / density", y_label="dimensionality D of a feature",
    title="Every feature's fraction of a dimension", alt="Each dot is a feature of a trained model. Around 1/density 2 to 3.5 the dots lie on one half.",
)  # fmt: skip

# %% tags=["hide-input"]
plateau = int(((D - 0.5).abs() < 0.03).float().mean(1).argmax())
near = ((D[plateau] - 0.5).abs() < 0.03).sum().item()
null_W = torch.randn(50, 20, 80, generator=torch.Generator().manual_seed(0)) / 20**0.5
null_near = sum(((feature_dimensionality(W) - 0.5).abs() < 0.03).sum().item() for W in null_W)
Markdown(
    f"At a density of {d80[plateau]:.2f}, {proportion(near, 80)} of the features lie within 0.03 of exactly one half, and "
    f"{int((D[plateau] < 0.03).sum())} of 80 are dropped: the model builds opposite pairs and little else. Of 4,000 columns of random matrices of the "
    f"same shape, {null_near} come that close to one half. And the fractions add up: over the ten models, the sum of $D_i$ lies between {D.sum(1).min():.1f} and {D.sum(1).max():.1f}, for 20 "
    "dimensions. Dimensions are divided among tenants, not made."
)

# %% [markdown]
r"""
### How it gets there: in jumps

Geometry is not approached smoothly. Below, the dimensionality of each of six features in two dimensions while one model trains. Features
wait, then change places together, and the loss drops when they do.
"""

# %%
steps, seen = [], []


def watch(step, W, b):
    if step % 20 == 0:
        steps.append(step)
        seen.append(feature_dimensionality(W[0]))


train(6, 2, torch.tensor([0.1]), 0.95 ** torch.arange(6.0), steps=1200, lr=0.01, seed=3, watch=watch)
# %% tags=["hide-input"]
plots.line(
    steps, {f"feature {i + 1}": torch.stack(seen)[:, i] for i in range(6)}, title="One model while it trains",
    x_label="training step", y_label="dimensionality D", y_range=(0, 1.05), markers=False,
    alt="Six lines over training steps: fractions start unequal, move in a few jumps, and settle on a common value.",
)  # fmt: skip

# %% [markdown]
r"""
## Good company: features that come together, and features that never do

Real features are not independent. *Sunny* and *rainy* never meet; *fork* and *knife* often do. Whom would you rather share a room with?
Four features in two dimensions, in two pairs, twenty models of each kind, the best of four starts: partners always together, partners never
together, and the null, in which "partners" are partners in name only.
"""

# %%
company = {
    "independent": (independent, 0.2),
    "always together": (in_pairs(False), 0.2),
    "never together": (in_pairs(True), 0.2),
}
opposite = {}
for name, (sampler, density) in company.items():
    models4 = train(4, 2, torch.full((20,), density), torch.ones(4), restarts=4, steps=700, lr=0.03, sampler=sampler)
    unit = torch.nn.functional.normalize(models4.W, dim=1)
    cosine = (unit.mT @ unit)[:, [0, 2], [1, 3]]
    opposite[name] = proportion(int((cosine.mean(1) < -0.9).sum()), 20)

# %% tags=["hide-input"]
plots.bar(
    list(opposite), list(opposite.values()), title="How often do partners end up opposite each other?", x_label="how partners occur",
    y_label="share of 20 models", alt="Bars with intervals: partners that never meet are opposite most often, those always together never.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Never together: {opposite['never together']} of models put both pairs of partners at opposite ends. Always together: {opposite['always together']}. "
    f"Independent features: {opposite['independent']}. The model houses those together who never meet. (One third would be chance, if every model made two opposite pairs: there are three ways to pair four features.)"
)

# %% [markdown]
r"""
## The control: take away the ReLU

The story says that the ReLU makes sharing possible, by silencing what is negative. So without it there should be no superposition,
however rare the features. A linear model can do no better than [principal components](term:principal-component).
"""

# %%
linear = train(5, 2, densities, importance, restarts=3, steps=1200, lr=0.03, relu=False)
# %% tags=["hide-input"]
plots.line(
    (1 / densities).tolist(), {"with ReLU": dimensions_per_feature(toys.W), "linear": dimensions_per_feature(linear.W)}, log_x=True, reference={"pentagon": 0.4},
    title="Without ReLU nobody shares", x_label="1 / density", y_label="dimensions per feature D*", y_range=(0, 1.1),
    alt="With ReLU D* falls from 1 to 0.4 as features grow rare; the linear model stays at 1 throughout.",
)  # fmt: skip

# %% [markdown]
r"""
## Computing in a crowd

Storing is one thing. Can a layer also *compute* on more features than it has neurons for? Take $y_i = |x_i|$ with $x_i$ between −1 and 1. By the
book, each feature needs two neurons, $|x| = \mathrm{ReLU}(x) + \mathrm{ReLU}(-x)$. So ten neurons serve five features exactly, and the
other fifteen of our twenty would have to be replaced by their mean. That tidy solution is the yardstick: a ratio below 1 means that training found something better.
"""

# %%
d_abs = torch.tensor([1.0, 0.5, 0.2, 0.1, 0.05])
tidy = 15 * (d_abs / 3 - d_abs**2 / 4)
ratio = []
for seed in range(3):
    absolute = train_absolute(20, 10, d_abs, torch.ones(20), steps=2000, lr=0.02, seed=seed)
    x = signed(4000, d_abs, 20, torch.Generator().manual_seed(100 + seed))
    ratio.append(((x.abs() - absolute_forward(absolute, x)) ** 2).sum(-1).mean(0) / tidy)
ratio = torch.stack(ratio)
# %% tags=["hide-input"]
plots.line(
    (1 / d_abs).tolist(), {"trained": ratio.mean(0)}, band={"trained": (ratio.min(0).values, ratio.max(0).values)}, log_x=True, reference={"tidy solution": 1.0},
    title="|x| of 20 features from 10 neurons", x_label="1 / density", y_label="loss, relative to the tidy solution",
    alt="The trained loss relative to the tidy solution: about 1 for dense features, below 1 for rare ones. Band: 3 seeds.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Dense: {ratio[:, 0].mean():.2f} of the tidy loss. At density 0.05: {ratio[:, -1].mean():.2f} (3 seeds, {ratio[:, -1].min():.2f} to {ratio[:, -1].max():.2f}). "
    "So yes, at this size by a modest margin: when features are rare, neurons are shared even while they compute. Elhage et al. 2022 report the same for 100 features and 40 neurons, "
    "and describe how: a neuron serves one feature strongly, and others weakly inhibit the error that this makes. We did not test that mechanism here."
)

# %% [markdown]
r"""
## Crowds are easy to fool

If directions are not at right angles, a small push along many of them at once adds up in one place. So crowding should make a model
fragile. We take 20 features in 5 dimensions at nine densities, show each kept feature alone, and look for the change of length 0.3 that does
most harm. The null is a random change of the same length.
"""

# %%
d9 = torch.logspace(0, -2, 9)
fragile = train(20, 5, d9, torch.ones(20), steps=1200)
x = torch.eye(20)[:, None].expand(-1, 9, -1)
clean = ((forward_all(x, fragile.W, fragile.b) - x) ** 2).sum(-1)
keeps = represented(fragile.W).T
harm = {
    name: [bootstrap((found - clean)[keeps[:, k], k]) for k in range(9)]
    for name, found in (("worst change", attack(fragile, x, 0.3)), ("random change", random_attack(fragile, x, 0.3)))
}
per_dimension = 1 / dimensions_per_feature(fragile.W)
# %% tags=["hide-input"]
plots.line(
    per_dimension.tolist(), harm, null=["random change"], title="The more crowded, the easier to fool", x_label="features per dimension",
    y_label="added squared error", alt="The harm of the worst small change grows steeply with features per dimension; a random change of equal length does little.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"At one feature per dimension the worst change adds {harm['worst change'][0]}; at {per_dimension[-1]:.1f} per dimension {harm['worst change'][-1]}. A random change of "
    f"the same length adds {harm['random change'][-1]} even there. The intervals are over kept features of one model per density. Whether this is why *real* models have adversarial examples is a further claim, and not tested here."
)

# %% [markdown]
r"""
## A real model: how many neurons respond to one thing?

Now the embedded SmolLM2. If it had room for everything, each [neuron](term:neuron) could stand for one thing. If it crowds, as we suspect, neurons
should be [polysemantic](term:polysemantic): useful to several things, faithful to none.

We take ten kinds of words (colours, animals, countries, …), twelve of each, in three neutral sentences, and read all neurons of four layers at
the word. For every neuron we ask how well it tells one kind from the other nine: the AUROC, the chance that a word of the kind excites
it more than another word. Each neuron's kind is chosen on half of the words and tested on the other half, so that nobody is flattered.

Two nulls. *Made-up kinds*: the same words, dealt into ten groups at random; that is the level of luck. And the one that matters, *random directions*: the same
activations, seen along random perpendicular axes. It holds exactly the same information, but no axis of it is a neuron. If neurons are special, they must beat it.
"""

# %%
from interpbook import models
from interpbook.superposition.real import ablation_effect, matched_neurons, neuron_activations, next_token_logprobs

model = models.load()
words = concept_words()
layers = [2, 8, 14, 20]
acts = neuron_activations(model, words.prompts, layers)
choosing = words.word % 2 == 0

# %%
made_up = shuffled_within(words.concept, words.word, seed=0)
views = {"neurons": [], "random directions": [], "made-up kinds": []}
for layer in layers:
    views["neurons"].append(held_out_selectivity(acts[layer], words.concept, choosing))
    views["random directions"].append(held_out_selectivity(rotated(acts[layer], seed=layer), words.concept, choosing))
    views["made-up kinds"].append(held_out_selectivity(acts[layer], made_up, choosing))
share = {name: [proportion(int((s.auroc > 0.9).sum()), len(s.auroc)) for s in found] for name, found in views.items()}
# %% tags=["hide-input"]
plots.line(
    layers, share, null=["random directions", "made-up kinds"], title="Units that tell one kind of word from nine others (held-out AUROC above 0.9)",
    x_label="layer", y_label="share of 1,536 units", alt="Share of selective units by layer: neurons and random directions lie close together, both far above made-up kinds.",
)  # fmt: skip

# %% tags=["hide-input"]
beat = [n.value > r.value for n, r in zip(share["neurons"], share["random directions"], strict=True)]
Markdown(
    "Read the three lines slowly, because they are a small accident that happens often in this field. \n\n"
    + "\n".join(
        f"- layer {l}: neurons {n}; random directions {r}; made-up kinds {m}"
        for l, n, r, m in zip(layers, *share.values(), strict=True)
    )
    + f"\n\nMeasured against luck, the neurons look impressive: selective neurons are everywhere. Measured against random directions, they win in {sum(beat)} of {len(layers)} layers. "
    "Most of this selectivity belongs to the *space*, not to the neurons: kinds of words are so well laid out in it that almost any axis catches some of them. A list of "
    "neurons with charming names would have been easy to print, and would have shown little."
)

# %% [markdown]
r"""
### Are they used? An intervention

Decodable is not used. So take, for each kind, the 100 neurons of layer 8 that single out the kind best on the choosing half, hold them at their mean, and see how
far the model's next-token prediction moves (KL divergence, in nats) on held-out words of that kind, against held-out words of the other kinds. The control: 100 other neurons of the same layer
and about the same size.
"""

# %%
layer, held_out = 8, [i for i in range(len(words.prompts)) if i % 3 == 0 and not choosing[i]]
prompts, kind = [words.prompts[i] for i in held_out], words.concept[held_out]
before = next_token_logprobs(model, prompts)
train_acts = acts[layer][choosing]
ranking = concept_auroc(train_acts, words.concept[choosing])
moved = {"selective": [], "matched random": []}
for c in range(10):
    best = ranking[c].topk(100).indices
    other = matched_neurons(best, train_acts.abs().mean(0), seed=c)
    for name, neurons in zip(moved, (best, other), strict=True):
        effect = ablation_effect(model, prompts, layer, neurons, train_acts.mean(0), before)
        moved[name].append((effect[kind == c].mean() / effect[kind != c].mean()).log2().item())
ratios2 = {name: bootstrap(values) for name, values in moved.items()}
# %% tags=["hide-input"]
plots.bar(
    list(ratios2), list(ratios2.values()), title="Is the harm done to the kind that the neurons single out?", x_label="100 neurons of layer 8, held at their mean",
    y_label="log2 (effect on own kind / on others)", reference={"no preference": 0.0}, alt="Two bars with intervals over ten kinds: selective neurons and size-matched random neurons.",
)  # fmt: skip

# %% tags=["hide-input"]
gap = difference(moved["selective"], moved["matched random"], paired=True)
outcome = (
    "The selective neurons do more harm to their own kind"
    if gap.low > 0
    else "The interval reaches zero: we cannot claim a difference"
)
Markdown(
    f"Selective neurons: {ratios2['selective']}. Matched random neurons: {ratios2['matched random']}, in doublings; the n are the kinds. Kind by kind, the difference is **{gap}**. {outcome}. "
    "Mind what this does and does not say: about a hundred neurons *together*, at one layer, for common words. It does not make any one of them a colour neuron, and the same test on a hundred "
    "random directions is left to you."
)

# %% [markdown]
r"""
## What would prove this wrong?

The chapter's claim is: *superposition is what a network does when it has more features than dimensions, features are rare, and something non-linear can silence
interference.* It makes four predictions that could have failed. We test each on ten fresh seeds that nothing above has used.

1. Rare features and ReLU: more features kept than dimensions.
2. Features always present: no more kept than dimensions.
3. Rare features without ReLU: no more kept than dimensions.
4. Fractions of a dimension never add up to more than the dimensions there are.
"""

# %%
rare, always = torch.full((10,), 0.05), torch.ones(10)
relu_rare = train(6, 3, rare, 0.8 ** torch.arange(6.0), steps=1200, lr=0.03, seed=100)
relu_always = train(6, 3, always, 0.8 ** torch.arange(6.0), steps=1200, lr=0.03, seed=101)
linear_rare = train(6, 3, rare, 0.8 ** torch.arange(6.0), steps=2400, lr=0.03, seed=102, relu=False)
total = torch.stack([feature_dimensionality(W).sum() for W in relu_rare.W])
outcomes = {
    "1 rare, ReLU: more than 3 kept": (represented(relu_rare.W).sum(-1) > 3).sum(),
    "2 always present: at most 3 kept": (represented(relu_always.W).sum(-1) <= 3).sum(),
    "3 rare, linear: at most 3 kept": (represented(linear_rare.W).sum(-1) <= 3).sum(),
    "4 fractions add up to at most 3": (total < 3.01).sum(),
}
for claim, n in outcomes.items():
    print(f"{claim}: {int(n)} of 10 models")

# %% [markdown]
r"""
Any of these could have come out otherwise, and the third would, if the geometry came from the data and not from the ReLU. What would *not*
be evidence for superposition is the picture of a polygon alone: a random matrix has overlapping columns, too. That is why the random
matrices stand beside $D^*$ above.

## The big idea

A network's natural unit need not be a neuron or a dimension. When features are rare, directions are cheap, and a layer can hold many
more of them than it has numbers, at a price in interference and fragility that it pays when two of them meet. So a single number inside a model may mean nothing by itself,
and a list of what makes it large may flatter us. What to look for are *directions*, and how to find them is the business of
chapters 02 and 03.

## Key terms

[feature](term:feature) · [superposition](term:superposition) · [interference](term:interference) · [sparsity](term:sparsity) ·
[feature dimensionality](term:feature-dimensionality) · [monosemantic](term:monosemantic) · [polysemantic](term:polysemantic) ·
[privileged basis](term:privileged-basis) · [null](term:null) · [model organism](term:model-organism)

## What we did not test

- Whether SmolLM2 *is* in superposition. Polysemantic neurons are what superposition predicts, but a rotated model without any superposition would have them, too: our random directions show it.
- The asymmetric inhibition that the original work found behind computation in superposition.
- Ten kinds of common words are not the features of a language model. Selectivity for something we did not list stays unseen.
- Larger toys: the original geometry experiment has 400 features in 30 dimensions; ours 80 in 20.

## Related chapters and reading

[Chapter 00](00_city_of_numbers.ipynb) introduces activations and directions. The source of this chapter is [Elhage et al., 2022](cite:elhage2022);
[Scherlis et al., 2022](cite:scherlis2022) derive when a feature should be ignored, alone or shared; [Bricken et al., 2023](cite:bricken2023) try to undo
superposition in a real model.

## Quiz
"""

# %%
quiz("01_superposition")
