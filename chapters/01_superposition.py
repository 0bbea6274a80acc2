# %% [markdown]
r"""
# 01 · Superposition

*How does a network keep more ideas than it has places to put them, and how would we know?*

> **Time** 70 min · **Needs** [chapter 00](00_city_of_numbers.ipynb), a little linear algebra · **Exercises** [01_superposition](../exercises/01_superposition.ipynb), about two hours

**After this chapter you can**

- write down and train the smallest model that stores five things in two numbers;
- predict on paper when sharing a dimension pays, and check the prediction in a few hundred trained models;
- read a feature's fraction of a dimension, and recognise a pair, a pentagon or an antiprism by it;
- say what crowding costs: computing in a crowd, and being easy to fool;
- ask a real model whether its neurons respond to one thing, and choose a null that can say no.

*Where you are:* chapter 00 looked at a real model from outside and in. Here we build models so small that we know what they
learned. We need that before we trust any tool on the real one: probes (02), sparse autoencoders (03) and circuits (04) all
assume something about how features are laid out. This chapter is about that something.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Float
from torch import Tensor

from interpbook import plots, widgets
from interpbook.quiz import quiz
from interpbook.stats import against_null, bootstrap, difference, proportion
from interpbook.superposition import (
    CONCEPTS, PHASES, absolute_forward, along_random_axes, attack, best_unit, border, cheapest_phase, computed, concept_auroc,
    concept_words, dimensions_per_feature, expected_loss, feature_dimensionality, forward_all, gram, held_out_purity, in_pairs,
    independent, loss_antipodal, loss_ignoring, loss_partners, mean_direction, phase_diagram, predicted_phase, random_attack,
    regular_polygon, represented, shuffled_within, signed, standardised, strategy_losses, train, train_absolute,
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
[ReLU](term:ReLU) cuts off everything below zero. Column $W_i$ is the direction that stands for feature $i$. As code:
"""

# %% quote="superposition.reconstruct"

# %% [markdown]
r"""
Each feature is present with probability $p$ (its *density*; the papers write $S = 1 - p$ and call it [sparsity](term:sparsity)). When it is
present, its value is uniform between 0 and 1; else it is 0. Training lowers

$$L = \sum_i I_i \, (x_i - \hat{x}_i)^2,$$

averaged over inputs; $I_i$ is the *importance* of feature $i$. Everything until the last third of the chapter is a toy, a
[model organism](term:model-organism): we made it, so we know what it was asked to learn.

We train one model for each of seven densities, all at once: every tensor has a leading axis for the model. Each is the best of six
starts, since training can get stuck.
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

**Give the dimension to one, ignore the other.** The best answer for an ignored feature is its mean, so the price is its variance. With
$E[x] = p/2$ and $E[x^2] = p/3$ that is $p/3 - p^2/4$.

**Put them at opposite ends**, $W = (1, -1)$. If only one is present it comes back exactly: its partner would hear it as a
negative number, and the ReLU silences that. If both are present, with probability $p^2$, they fight: $x = (0.8, 0.3)$ comes back as $(0.5, 0)$,
and each is wrong by the smaller of the two values. The mean square of the smaller of two uniform numbers is $1/6$, so each of the two pays $p^2/6$.

**Put them side by side**, and neither can ever be told from the other. Keep that one in mind; it will come back at the end.

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
tenth, equal_border = torch.tensor(0.1), border(torch.tensor(1.0)).item()
Markdown(
    f"At a density of 10 % ignoring one feature costs {loss_ignoring(tenth):.4f} and sharing costs {2 * loss_antipodal(tenth):.4f}, "
    f"one part in {loss_ignoring(tenth) / (2 * loss_antipodal(tenth)):.0f} of that. The curves cross at a density of {equal_border:.3f}, which is 4/7: set "
    "$p^2/3 = p/3 - p^2/4$ and solve. Two features that are present less than four sevenths of the time should share. That is a "
    "prediction, made before any training."
)

# %% [markdown]
r"""
With more features and dimensions the same two items stand on every bill. If features come one at a time, feature $i$ is wrong by $(1 - \lVert W_i \rVert^2)\,x_i$ where it is
meant to appear (the *benefit* of a long arrow), and $W_j \cdot W_i\, x_i$ is heard wherever it is not ([interference](term:interference)). A linear model pays for every overlap.
With the ReLU only *positive* overlaps cost anything, which is why features that share a room keep their backs to each other.
"""

# %% [markdown]
r"""
## The phase diagram: theory against trained models

Let the second feature have importance $r$ instead of 1. Now there are three outcomes: it is *ignored*, it *shares*, or, if it matters
more than the first, it gets the dimension *alone*. For each pair $(r, p)$ the theory takes the cheapest of

$$r\,(p/3 - p^2/4), \qquad (1 + r)\,p^2/6, \qquad p/3 - p^2/4.$$

Then we train models in every cell of a 14 × 14 grid (the best of eight starts) and look at what they did. A feature counts as kept when its
column of $W$ is longer than one half, and as sharing when another kept column lies within 60° of its line.
"""

# %%
ratios, ps = torch.logspace(-1, 1, 14), torch.logspace(-1.7, 0, 14)
theory = predicted_phase(ratios[:, None], ps[None, :])
diagram, again = phase_diagram(ratios, ps, seed=0), phase_diagram(ratios, ps, seed=1)


# %% tags=["hide-input"]
def phase_map(phase, who, ratios, ps):
    words = [[PHASES[cell][0] for cell in row] for row in phase.tolist()]
    return plots.heatmap(
        phase, x=[f"{v:.2g}" for v in ps.tolist()], y=[f"{v:.2g}" for v in ratios.tolist()], z_range=(0, 2), text=words, bottom_up=True,
        title=who, x_label="density p", y_label="importance of the last feature", colour_label="phase", alt=f"{who}, cell by cell.",
    )  # fmt: skip


plots.grid(
    [phase_map(theory, "theory", ratios, ps), phase_map(diagram.phase, "196 trained models", ratios, ps)], cols=2, height=460,
    title="Two features, one dimension: the second is i(gnored), s(hares), or a(lone)",
    alt="Two maps of 14 by 14 cells, nearly the same. At low density the second feature shares. At high density it is ignored where it is "
    "unimportant and alone where it is important.",
)  # fmt: skip

# %% tags=["hide-input"]
same = diagram.phase == theory
agree = proportion(int(same.sum()), same.numel())
dealt = [theory.flatten()[torch.randperm(196, generator=torch.Generator().manual_seed(s))] for s in range(200)]
chance = torch.stack([(diagram.phase.flatten() == t).float().mean() for t in dealt])
price = diagram.toy.loss.reshape(14, 14) / strategy_losses(ratios[:, None], ps[None, :]).min(0).values
Markdown(
    f"Theory and training agree in **{agree}** cells; with another seed in {(again.phase == theory).float().mean():.3f}, and the two seeds with each other in "
    f"{(again.phase == diagram.phase).float().mean():.3f}. The null: theory's cells dealt out at random agree with training in {chance.mean():.2f} (at most "
    f"{chance.max():.2f} in 200 deals). The {int((~same).sum())} cells that disagree lie along the borders, and in {int((price[~same] < 1).sum())} of them training found something "
    "*cheaper* than any of the three strategies: arms a little shorter than 1, and a bias. "
    f"Over the whole grid the median trained loss is {price.median():.3f} times the theory's, the lowest {price.min():.2f}; {int((price > 1.05).sum())} of 196 cells end more than 5 % above it, all starts stuck. "
    "So the theory is right about the map, and a little too dear."
)

# %% [markdown]
r"""
### Three features, two dimensions

The same with one more of each. What could be cheapest now? A symmetrical mind says: a triangle, 120° apart. Take three equally important features and do the sum. In the triangle, any two
that are present hear each other at $\cos 120° = -\frac12$, and with $\min(x, y/2)$ for $\min(x, y)$ the six such errors add up to $\frac38 p^2$. With two at opposite ends and the third alone, the bill
is $\frac13 p^2$. So the lopsided arrangement should beat the triangle, by a ninth.

For the map, the theory is the cheapest of five arrangements, with losses integrated rather than derived: the third feature dropped; opposite another; in a triangle; alone while the other two share; alone while
one of them is dropped.
"""

# %%
ratios3, ps3 = torch.logspace(-1, 1, 10), torch.logspace(-1.5, 0, 10)
theory3 = cheapest_phase(ratios3, ps3, n_features=3, n_hidden=2)
diagram3 = phase_diagram(ratios3, ps3, n_features=3, n_hidden=2)

# %% tags=["hide-input"]
plots.grid(
    [phase_map(theory3, "theory", ratios3, ps3), phase_map(diagram3.phase, "100 trained models", ratios3, ps3)], cols=2, height=400,
    title="Three features, two dimensions: the third is i(gnored), s(hares), or a(lone)",
    alt="Two maps of 10 by 10 cells. An unimportant third feature shares when rare and is ignored when dense; an important one stands alone "
    "at every density.",
)  # fmt: skip

# %% tags=["hide-input"]
same3 = diagram3.phase == theory3
small, three = torch.tensor([0.05]), torch.ones(1, 3)
bills = {
    name: expected_loss(W[None], torch.zeros(1, 3), small, three, n_points=1024).item() / small.item() ** 2
    for name, W in (("triangle", regular_polygon(3)), ("lopsided", torch.tensor([[1.0, -1, 0], [0, 0, 1]])))
}
Markdown(
    f"Agreement: **{proportion(int(same3.sum()), 100)}** cells. The integrated bills at a density of 5 %, in units of $p^2$: triangle {bills['triangle']:.3f}, lopsided {bills['lopsided']:.3f}; the sums on paper "
    f"(which leave out that all three may meet) were 0.375 and 0.333. The phase named *alone* covers {int((diagram3.phase == 2).sum())} cells: a feature that matters more than the others gets its own dimension at every density, and the two others move in "
    "together. Disagreements sit where all three matter about the same, and *who* shares is nearly a coin toss."
)

# %% [markdown]
r"""
## Twenty features, five dimensions: who hears whom

With more features the drawing in the plane is gone, but $W^\top W$ is left. Its diagonal says how loudly each feature comes back; what
stands off the diagonal is interference, one feature heard in another's place. Importance falls as $0.7^i$.
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

# %% tags=["hide-input"]
overlap = gram(crowd.W) - torch.diag_embed(gram(crowd.W).diagonal(dim1=1, dim2=2))
below = [(overlap[k].clamp(max=0) ** 2).sum() / (overlap[k] ** 2).sum().clamp(min=1e-9) for k in range(1, 4)]
Markdown(
    "Look at the sign of what stands off the diagonal. In the three sparse models "
    + ", ".join(f"{share:.0%}" for share in below)
    + " of the squared interference is negative: crowded features turn their backs to each other, because a negative overlap is free until both are at home. "
    "With nothing to choose the sign it would be half."
)

# %% [markdown]
r"""
## The control: take away the ReLU

The story says that the ReLU makes sharing possible, by silencing what is negative. So without it there should be no superposition,
however rare the features. A linear model should do what [principal component](term:principal-component) analysis does: keep the two most important features, drop three,
and pay exactly their variance.
"""

# %%
linear = train(5, 2, densities, importance, restarts=3, steps=1200, lr=0.03, relu=False)
wrong = gram(linear.W) - torch.eye(5)  # what comes out beyond what should; its exact loss follows
offset = (wrong * densities[:, None, None] / 2).sum(-1) + linear.b
exact = (importance * (loss_ignoring(densities)[:, None] * (wrong**2).sum(-1) + offset**2)).sum(-1)
pca = importance[2:].sum() * loss_ignoring(densities)

# %% tags=["hide-input"]
plots.line(
    (1 / densities).tolist(), {"with ReLU": dimensions_per_feature(toys.W), "linear": dimensions_per_feature(linear.W)}, log_x=True, reference={"pentagon": 0.4},
    title="Without ReLU nobody shares", x_label="1 / density", y_label="dimensions per feature", y_range=(0, 1.1),
    alt="With ReLU D* falls from 1 to 0.4 as features grow rare; the linear model stays at 1 throughout.",
)  # fmt: skip

# %% tags=["hide-input"]
excess = exact / pca
Markdown(
    f"The linear model stays at one dimension per feature at every density, and its loss, computed exactly, is {excess.min():.3f} to {excess.max():.3f} times that of principal components (7 densities, the best of 3 starts). "
    f"At a density of 2 % the model with the ReLU pays {toys.loss[-1] / exact[-1]:.2f} of what the linear one does. One caution about words: this is a statement about giving back *all* features, the absent ones "
    "included. A loss that asks only about those present does not punish what is heard elsewhere, and then a linear model, too, can pack as many directions as it likes."
)

# %% [markdown]
r"""
## Fractions of a dimension

How much room does a feature have? [Elhage et al., 2022](cite:elhage2022) define its [dimensionality](term:feature-dimensionality)

$$D_i = \frac{\lVert W_i \rVert^2}{\sum_j (\hat{W}_i \cdot W_j)^2},$$

where $\hat{W}_i$ is $W_i$ scaled to length 1. The numerator is the feature's own strength; the denominator adds up everyone who is heard
along its direction, itself included. Alone, $D_i = 1$. Two at opposite ends share one dimension: $1/2$. When $n$ features divide $m$ dimensions evenly, each gets $m/n$: $2/5$ in a
pentagon, $3/8$ at the corners of a square antiprism (a cube whose lid was turned by 45°).

That makes a fraction a fingerprint. We train equal features at a density of 3 % in five sizes, eight models each, and ask in how many of them *all* fractions lie within 0.02 of $m/n$.
"""

# %%
zoo = {(2, 1): "two ends of a line", (5, 2): "pentagon", (6, 2): "hexagon", (6, 3): "three crossed lines", (8, 3): "square antiprism", (3, 2): "triangle?"}
lines = ["| n in m | expected shape | m/n | fractions of the best model | models within 0.02 |", "|---|---|---|---|---|"]
for (n, m), shape in zoo.items():
    found = train(n, m, torch.full((8,), 0.03), torch.ones(n), restarts=3, steps=1000, lr=0.03)
    fractions = torch.stack([feature_dimensionality(W) for W in found.W])
    regular = ((fractions - m / n).abs() < 0.02).all(1)
    best = ", ".join(f"{v:.2f}" for v in fractions[found.loss.argmin()].sort().values.tolist())
    lines.append(f"| {n} in {m} | {shape} | {m / n:.3f} | {best} | {int(regular.sum())} of 8 |")
Markdown("\n".join(lines))

# %% [markdown]
r"""
The models find the polygons and the antiprism, though not from every start. The last row keeps our promise: three features in two dimensions do not form the triangle. They form one pair and a single, as the
bill said.

Now a larger house: eighty equal features, twenty dimensions, eleven densities. A summary of all features is $D^* = m / \lVert W \rVert_F^2$, dimensions per kept feature.
"""

# %%
d80 = torch.logspace(0, -1.2, 11)
big = train(80, 20, d80, torch.ones(80), steps=1200, lr=0.01)
D = torch.stack([feature_dimensionality(W) for W in big.W])
random_D = feature_dimensionality(torch.randn(20, 80, generator=torch.Generator().manual_seed(0)))

# %% tags=["hide-input"]
sparsity = (1 / d80).tolist()
plots.line(
    sparsity, {"trained": dimensions_per_feature(big.W)}, reference={"1/2": 0.5, "m/n = 1/4": 0.25}, log_x=True, title="D* rests at one half",
    y_label="dimensions per feature D*", x_label="1 / density", y_range=(0, 1.05),
    alt="D* falls from 1 as features grow rare, rests near one half for a while, then falls on to one quarter and below.",
)  # fmt: skip

# %% tags=["hide-input"]
columns = [(s, "trained", v) for s, row in zip(sparsity, D, strict=True) for v in row[row > 0.02].tolist()]
columns += [(25.0, "random W", v) for v in random_D.tolist()]
plots.scatter(
    [s * (1 + 0.02 * (i % 5 - 2)) for i, (s, _, _) in enumerate(columns)], [v for _, _, v in columns], group=[g for _, g, _ in columns], null=["random W"],
    log_x=True, reference={"1/2": 1 / 2, "2/5": 2 / 5, "1/4": 1 / 4}, x_label="1 / density (random matrices: far right)", y_label="dimensionality D of a feature",
    title="Every feature's fraction of a dimension", alt="Each dot is a feature. Between 1/density 2 and 3.5 all dots lie on one half; to the left and right they "
    "spread. A random matrix, far right, has a cloud around 0.2 and nothing at one half.",
)  # fmt: skip

# %% tags=["hide-input"]
near = (D - 0.5).abs() < 0.03
plateau = int(near.float().mean(1).argmax())
null_W = torch.randn(50, 20, 80, generator=torch.Generator().manual_seed(0))
null_near = sum(((feature_dimensionality(W) - 0.5).abs() < 0.03).sum().item() for W in null_W)
rarer = D[plateau + 2 :]
at_two_fifths = int(((rarer - 0.4).abs() < 0.02).sum())
Markdown(
    f"At a density of {d80[plateau]:.2f} the model keeps {int(represented(big.W[plateau]).sum())} of 80 features, and {proportion(int(near[plateau].sum()), int(represented(big.W[plateau]).sum()))} of these "
    f"lie within 0.03 of exactly one half: opposite pairs and nothing else. Of 4,000 columns of random matrices of this shape, {null_near} do. And the fractions add up: in all eleven models the sum of $D_i$ lies between "
    f"{D.sum(1).min():.1f} and {D.sum(1).max():.1f}, for 20 dimensions. Dimensions are divided among tenants, not made.\n\n"
    f"What we do *not* see is the rest of the staircase. Elhage et al. found further resting places, such as 2/5, with 400 features in 30 dimensions; here {at_two_fifths} of {rarer.numel()} features at lower densities lie within 0.02 "
    "of 2/5. One seed, one size: we claim the shelf at one half, and no more."
)

# %% [markdown]
r"""
### How it gets there: in steps

Geometry is not approached smoothly. Take five equal features in two dimensions at a density of 5 %, and train twenty models slowly. On the way down there are two arrangements in which a
model could rest, and their prices can be written down beforehand, from the formulas above: *three kept* (a pair, a single, two ignored), and *the cross* (two pairs, one ignored).
"""

# %%
rare, n_models = torch.tensor(0.05), 20
nothing = 5 * loss_ignoring(rare)  # the price of ignoring everything is 1
three_kept = ((2 * loss_ignoring(rare) + 2 * loss_antipodal(rare)) / nothing).item()
cross = ((loss_ignoring(rare) + 4 * loss_antipodal(rare)) / nothing).item()
history = []


def watch(step, W, b):
    if step % 40 == 0:
        price = expected_loss(W, b, rare.expand(n_models), torch.ones(n_models, 5), n_points=32) / nothing
        history.append((step, price))


slow = train(5, 2, rare.expand(n_models), torch.ones(5), steps=2400, lr=0.003, watch=watch)

# %% tags=["hide-input"]
steps, curve = [s for s, _ in history], torch.stack([c for _, c in history])  # (time, model)
arrival = (curve > 0.2).sum(0)
chosen = arrival.argsort()[[0, 10, 14, 17, 19]].tolist()
plots.line(
    steps, {f"model {i + 1}": curve[:, i] for i in chosen}, reference={"three kept": three_kept, "cross": cross}, y_range=(0, 0.8), markers=False,
    title="Five of twenty models while they train", x_label="training step", y_label="loss (ignoring everything = 1)",
    alt="Five falling curves. Quick ones drop at once to 0.11; slow ones rest at 0.22, or first at 0.4 and then at 0.22, before they drop on.",
)  # fmt: skip

# %% tags=["hide-input"]
rest = ((curve[5:] - cross).abs() < 0.015).sum(0) * 40
off_level = torch.stack([((curve[5:] - level).abs() < 0.015).float().mean() for level in torch.linspace(0.25, 0.38, 14)])
Markdown(
    f"Of the 20 models {int((rest >= 400).sum())} spend 400 steps or more within 0.015 of {cross:.3f}, the price of a cross, and {int((curve[-1] > 0.2).sum())} are still there at the end. The others go on to a pentagon, at about "
    f"{curve[-1].min():.2f}. All models and steps together, {((curve[5:] - cross).abs() < 0.015).float().mean():.0%} of the time is spent within that distance of the cross; around 14 other levels between 0.25 and 0.38 it is "
    f"{off_level.mean():.0%} (at most {off_level.max():.0%}). Learning, in this house, means waiting for a room."
)

# %% [markdown]
r"""
## Good company: features that come together, and features that never do

Real features are not independent. *Sunny* and *snowing* hardly meet; *fork* and *knife* often do. Whom would you rather share a room with?
Four features in two dimensions, in two pairs, each feature present 20 % of the time, twenty models of each kind: partners always together, partners never
together, and the null, in which partners are partners in name only.
"""

# %%
company = {"independent": independent, "always together": in_pairs(1.0), "never together": in_pairs(0.0)}
opposite = {}
for name, sampler in company.items():
    models4 = train(4, 2, torch.full((20,), 0.2), torch.ones(4), restarts=4, steps=600, lr=0.03, sampler=sampler)
    unit = torch.nn.functional.normalize(models4.W, dim=1)
    cosine = (unit.mT @ unit)[:, [0, 2], [1, 3]]
    opposite[name] = proportion(int((cosine.mean(1) < -0.9).sum()), 20)

# %% tags=["hide-input"]
plots.bar(
    list(opposite), list(opposite.values()), null=["independent"], title="How often do partners end up opposite each other?", x_label="how partners occur",
    y_label="share of 20 models", reference={"chance": 1 / 3},
    alt="Bars with intervals: partners that never meet are opposite in nearly all models, those always together in none, independent ones in about a third.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Never together: {opposite['never together']} of the models put both pairs of partners at opposite ends. Always together: {opposite['always together']}. "
    f"Independent: {opposite['independent']}; there are three ways to pair four features, so a third is chance. The model houses those together who never meet."
)

# %% [markdown]
r"""
## Computing in a crowd

Storing is one thing. Can a layer also *compute* on more features than it has neurons for? Take $y_i = |x_i|$ with $x_i$ between −1 and 1: twenty features, and a hidden layer of ten ReLU neurons,

$$\hat{y} = \mathrm{ReLU}(W_{\mathrm{out}}\,\mathrm{ReLU}(W_{\mathrm{in}}\,x) + b).$$

By the book each feature needs two neurons, $|x| = \mathrm{ReLU}(x) + \mathrm{ReLU}(-x)$. So ten neurons serve five features exactly, and the other fifteen would have to be replaced by their mean. That *tidy* solution is the
yardstick: a loss below it means that training found something better.

Elhage et al. describe how such a model manages. A neuron listens mostly to one feature and a little to another, and its output speaks *loudly about the wrong one*, where a second neuron holds it down. They call the pattern asymmetric superposition with
inhibition. It says two things that can be measured. The output weight that is largest in a neuron should not belong to the feature that it listens to most. And negative output weights (*inhibition*) should carry the load.
"""

# %%
d_abs, n_seeds = torch.tensor([1.0, 0.5, 0.2, 0.1, 0.05]), 3
solved = train_absolute(20, 10, d_abs.repeat(n_seeds), torch.ones(20), steps=2000, lr=0.02)  # three models a density
x = signed(5000, d_abs.repeat(n_seeds), 20, torch.Generator().manual_seed(100))


def loss_of(model):
    return (x.abs() - absolute_forward(model, x)).square().mean(0).sum(-1).reshape(n_seeds, 5)


tidy, full = 15 * loss_ignoring(d_abs), loss_of(solved)
released = loss_of(solved._replace(W_out=solved.W_out.clamp(min=0)))  # no output weight below zero: no inhibition
loyal = (solved.W_in.abs().argmax(-1) == solved.W_out.abs().argmax(-2)).float().mean(-1).reshape(n_seeds, 5)

# %% tags=["hide-input"]
ratio = full / tidy
plots.line(
    (1 / d_abs).tolist(), {"loss, relative to tidy": ratio.mean(0), "neurons that speak of what they listen to": loyal.mean(0)}, log_x=True, reference={"tidy": 1.0},
    band={"loss, relative to tidy": (ratio.min(0).values, ratio.max(0).values)}, title="|x| of 20 features from 10 neurons", x_label="1 / density", y_label="share", y_range=(0, 1.25),
    alt="Relative loss starts near 1 for dense features and falls to about 0.85 for rare ones; the share of neurons whose strongest output is their strongest input falls from 1 to nearly 0. Band: 3 seeds.",
)  # fmt: skip

# %% tags=["hide-input"]
doubled = released / full
exactly = computed(solved).sum(-1).reshape(n_seeds, 5)
Markdown(
    f"Always present: loss {ratio[:, 0].mean():.2f} of tidy, {loyal[:, 0].mean():.0%} of the neurons speak of what they listen to, and removing all inhibition multiplies the loss by {doubled[:, 0].mean():.1f}. "
    f"At a density of 0.2: loss {ratio[:, 2].mean():.2f} of tidy ({ratio[:, 2].min():.2f} to {ratio[:, 2].max():.2f}, 3 seeds), {loyal[:, 2].mean():.0%} (with outputs dealt at random it would be 5 %), and removing inhibition "
    f"multiplies the loss by {doubled[:, 2].mean():.1f} ({doubled[:, 2].min():.1f} to {doubled[:, 2].max():.1f}). Both halves of the description hold.\n\n"
    f"And yet, a modest result. How many features come back alone with less than a tenth of the error? Tidy would be 5; at density 0.2 it is {', '.join(str(int(v)) for v in exactly[:, 2])}, at 0.05 "
    f"{', '.join(str(int(v)) for v in exactly[:, 4])}. The crowded layer wins by knowing a little about everybody, not by computing more things well. Whether one calls that *computing in superposition* is a matter of definition. For "
    "a larger toy, 100 functions on 50 neurons, [Bhagat et al., 2026](cite:bhagat2026) traced the apparent gain to an oversight in the task."
)

# %% [markdown]
r"""
## Crowds are easy to fool

If directions are not at right angles, a small push along many of them at once adds up in one place. So crowding should make a model
fragile. We take 20 features in 5 dimensions at eight densities, five models each, show each kept feature alone, and look for the change of length 0.3 that does
most harm. The null is a random change of the same length.
"""

# %%
d8, n_seeds = torch.logspace(0, -2, 8), 5
fragile = train(20, 5, d8.repeat(n_seeds), torch.ones(20), steps=1000)
x = torch.eye(20)[:, None].expand(-1, 8 * n_seeds, -1)
clean = (forward_all(x, fragile.W, fragile.b) - x).square().sum(-1)
keeps = represented(fragile.W).T  # (feature shown, model)
harm = {}
for name, change in (("worst change", attack(fragile, x, 0.3)), ("random change", random_attack(fragile, x, 0.3))):
    harm[name] = ((change - clean) * keeps).sum(0) / keeps.sum(0)
per_dimension = 1 / dimensions_per_feature(fragile.W)

# %% tags=["hide-input"]
both = torch.cat(list(harm.values()))
plots.scatter(
    per_dimension.repeat(2), both, group=["worst change"] * 40 + ["random change"] * 40, null=["random change"], title="The more crowded, the easier to fool",
    x_label="features per dimension", y_label="added squared error", alt="A dot for each of 40 models: the harm of the worst small change grows from 0.1 at one feature per "
    "dimension to 1.8 at 5.5; a random change of equal length does little anywhere.",
)  # fmt: skip

# %% tags=["hide-input"]
at = {name: [bootstrap(values.reshape(n_seeds, 8)[:, k]) for k in (0, 7)] for name, values in harm.items()}
correlation = torch.corrcoef(torch.stack([per_dimension, harm["worst change"]]))[0, 1]
Markdown(
    f"At {per_dimension.reshape(n_seeds, 8)[:, 0].mean():.1f} features per dimension the worst change adds {at['worst change'][0]}; at {per_dimension.reshape(n_seeds, 8)[:, 7].mean():.1f} it adds {at['worst change'][1]} "
    f"(n are models). A random change of the same length adds {at['random change'][1]} even there. Over all 40 models the correlation with crowding is {correlation:.2f}. A warning: in a model that is asked to give back its input, "
    "fragility and overlap are nearly the same quantity, since any overlap is where harm can enter. So this shows that crowding *can* make a model easy to fool, not that it is why real models are."
)

# %% [markdown]
r"""
## A real model: how many neurons respond to one thing?

Now the embedded SmolLM2. If it had room for everything, each [neuron](term:neuron) could stand for one thing. If it crowds, as we suspect, neurons
should be [polysemantic](term:polysemantic): useful to several things, faithful to none.

We take ten kinds of words (colours, animals, countries, …), twelve of each, in three neutral sentences, and read all neurons of four layers at
the word. Half of the words decide which kind a neuron likes best. On the other half we list the 18 sentences that excite it most, as many as there are of each kind,
and ask: what share is of the neuron's kind (its *purity*), and how many kinds are on the list?
"""

# %%
from interpbook import models
from interpbook.superposition.real import (
    ablation_effect, matched_neurons, neuron_activations, next_token_logprobs, write_lengths,
)  # fmt: skip

model, words, layers = models.load(), concept_words(), [2, 8, 14, 20]
choosing = words.word % 2 == 0
acts = neuron_activations(model, words.prompts, layers)
neurons = {layer: held_out_purity(acts[layer], words.concept, choosing) for layer in layers}

# %% tags=["hide-input"]
made_up = held_out_purity(acts[8], shuffled_within(words.concept, words.word), choosing)
plots.histogram(
    {"neurons": neurons[8].n_kinds, "made-up kinds": made_up.n_kinds}, null=["made-up kinds"], share=True, x_label="kinds of word among the 18 sentences that excite a neuron most",
    title="Layer 8: what a neuron's favourites have in common", bins=24,
    alt="Two distributions. Neurons have four to five kinds among their favourites; if kinds are dealt at random there are six to seven. Hardly any neuron has one.",
)  # fmt: skip

# %% tags=["hide-input"]
untrained = neuron_activations(models.untrained(), words.prompts, [2])
before_training = held_out_purity(untrained[2], words.concept, choosing)
pure = {layer: proportion(int((neurons[layer].purity > 0.9).sum()), 1536) for layer in layers}
Markdown(
    f"In the median neuron of layer 8 the list holds {neurons[8].n_kinds.median():.1f} kinds. For kinds made up by dealing the same words at random it is {made_up.n_kinds.median():.1f}, before training (layer 2) "
    f"{before_training.n_kinds.median():.1f}; after, in layer 2, {neurons[2].n_kinds.median():.1f}. So neurons know something about kinds of words. But neurons with one subject, nine tenths of the list or more, are rare:\n\n"
    + "\n".join(f"- layer {layer}: {estimate}" for layer, estimate in pure.items())
    + "\n\nAnd one subject *among ten that we thought of*. What else these few respond to, we did not ask."
)

# %% [markdown]
r"""
### Two nulls, two answers

Most neurons are mixtures. Are they even special? Any direction in this space is a mixture of neurons. If neurons are where the model keeps its subjects, they should be purer than random directions in the same space.

So we look at the same activations along random axes, 512 in each of twenty draws. There are two natural ways to do it. Either take the activations *as they are*; or first give every neuron the same volume (mean 0, spread 1), because
purity, too, does not care how loud a neuron is. Try to guess whether it matters.
"""

# %%
n_draws, half_pure = 20, {"neurons": [], "random, as they are": [], "random, equal volume": []}
for layer in layers:
    half_pure["neurons"].append((neurons[layer].purity >= 0.5).float().mean().item())
    for name, space in (("random, as they are", acts[layer]), ("random, equal volume", standardised(acts[layer]))):
        draws = [held_out_purity(along_random_axes(space, 512, seed=s), words.concept, choosing).purity for s in range(n_draws)]
        half_pure[name].append(torch.stack([(purity >= 0.5).float().mean() for purity in draws]))

# %% tags=["hide-input"]
nulls = [name for name in half_pure if name != "neurons"]
plots.line(
    [str(layer) for layer in layers], {"neurons": half_pure["neurons"]} | {name: [d.mean().item() for d in half_pure[name]] for name in nulls},
    band={name: ([d.min().item() for d in half_pure[name]], [d.max().item() for d in half_pure[name]]) for name in nulls}, null=nulls[1:], y_range=(0, 0.35),
    title="Units whose favourites are at least half of one kind", x_label="layer", y_label="share of units",
    alt="Three lines over four layers. Neurons lie above random axes of equal volume in every layer. Random axes of the activations as they are lie above the neurons in layers 8 and 20 and below in layers 2 and 14.",
)  # fmt: skip

# %% tags=["hide-input"]
wins = {name: sum(n > d.max().item() for n, d in zip(half_pure["neurons"], half_pure[name], strict=True)) for name in nulls}
ps_null = against_null(half_pure["neurons"][1], half_pure[nulls[1]][1].numpy(), tail="greater")
loud = (acts[8].var(0).sort(descending=True).values[:10].sum() / acts[8].var(0).sum()).item()
Markdown(
    f"It decides the matter. Against random axes of equal volume the neurons win in **{wins[nulls[1]]} of {len(layers)}** layers, above all {n_draws} draws (layer 8: {ps_null}). Against random axes of the activations as they are they win in "
    f"**{wins[nulls[0]]} of {len(layers)}**.\n\n"
    f"Why? In layer 8, ten neurons of 1,536 hold {loud:.0%} of all variance. A random direction through activations as they are hears mostly these ten, so a thousand random directions are a thousand copies of a few loud neurons, and if those happen to be "
    "pure, so are the copies. Equal volume asks the question that we meant: is an axis that *is* a neuron better than one that is not? Yes: modestly, and everywhere. The neurons are a "
    "[privileged basis](term:privileged-basis), and yet nearly all of them are mixtures.\n\n"
    "Each null is honest about something. Read what it keeps and what it draws anew before you believe what it says. And be suspicious of a chapter that shows only one."
)

# %% [markdown]
r"""
### Not in a neuron, but in the space

If a subject is not kept in one neuron, is it lost? For each kind of word we compare three readers on the held-out words, by [AUROC](term:AUROC): the best of 1,536 neurons, chosen on the first half; the best of 1,536
random axes (equal volume), chosen in the same way; and one direction made from *all* neurons, the kind's mean minus the mean of everything.
"""

# %%
readers = {"best neuron": best_unit, "best random axis": best_unit, "mean direction": mean_direction}
scores = {name: [] for name in readers}
for layer in layers:
    space = standardised(acts[layer])
    for name, reader in readers.items():
        view = along_random_axes(space, 1536, seed=layer) if name == "best random axis" else space
        scores[name].append(reader(view, words.concept, choosing))

# %% tags=["hide-input"]
shown = {name: [bootstrap(values) for values in found] for name, found in scores.items()}
plots.line(
    [str(layer) for layer in layers], shown, null=["best random axis"], title="How well can one reader tell a kind of word from nine others?", x_label="layer", y_label="held-out AUROC, mean of ten kinds",
    y_range=(0.5, 1.02), alt="Three lines over layers: the mean direction is at 1.0 throughout, the best neuron around 0.9, the best random axis somewhat lower. Bands: intervals over ten kinds.",
)  # fmt: skip

# %% tags=["hide-input"]
one, axis, all_of_them = (torch.stack(scores[name]) for name in readers)
advantage = difference(one.mean(0), axis.mean(0), paired=True)
Markdown(
    "\n".join(f"- layer {layer}: " + "; ".join(f"{name} {shown[name][i]}" for name in shown) for i, layer in enumerate(layers))
    + f"\n\n(n are the kinds.) Over the four layers the best neuron beats the best random axis by {advantage}. Here and there a neuron does nearly the whole job: {int((one > 0.99).sum())} of {one.numel()} best neurons score above 0.99. But the direction "
    f"made of all neurons is at least as good in {int((all_of_them >= one).sum())} of {one.numel()} cases, and it is never below {all_of_them.min():.2f}. The subject is there, all but perfectly, as a *direction*; a neuron has it by halves. "
    "That is what the toys lead one to expect. It is not proof of superposition: ten kinds need no crowding in 1,536 dimensions, and a model with room to spare, turned in its space, would look the same."
)

# %% [markdown]
r"""
### Are they used? An intervention

Decodable is not used. For each kind we take the 20 neurons of layer 8 that single it out best on the choosing half, hold them at their mean at the word, and see how far the model's next-token prediction
moves (KL divergence, in nats) on held-out words of that kind, and on words of the nine other kinds. Two controls, again, and again the second is the harder one. *Equal size*: 20 other neurons of the layer that write as much on average, over all words. *Equal
size here*: 20 others that write as much as the chosen ones **on these very words**, without being choosy about it.
"""

# %%
layer = 8
held_out = [i for i in range(len(words.prompts)) if i % 3 == 0 and not choosing[i]]  # one sentence a word
before = next_token_logprobs(model, [words.prompts[i] for i in held_out])
kind, number = words.concept[held_out], words.word[held_out]
train_acts, train_kind = acts[layer][choosing], words.concept[choosing]
mean, ranking = train_acts.mean(0), concept_auroc(train_acts, train_kind)
written = (train_acts - mean).abs() * write_lengths(model, layer)  # how much each neuron adds to the stream


def moved(neurons, c):
    """Mean KL on held-out words of kind c, and on one word of each other kind."""
    rows = ((kind == c) | (number == 1 + 2 * (c % 6))).nonzero()[:, 0]
    kl = ablation_effect(model, [words.prompts[held_out[i]] for i in rows], layer, neurons, mean, before[rows])
    return kl[kind[rows] == c].mean().item(), kl[kind[rows] != c].mean().item()


# %%
own, other = {}, {}
for c in range(len(CONCEPTS)):
    chosen = ranking[c].topk(20).indices
    groups = {
        "selective": chosen,
        "equal size": matched_neurons(chosen, written.mean(0), seed=c),
        "equal size here": matched_neurons(chosen, written[train_kind == c].mean(0), seed=c),
    }
    for name, group in groups.items():
        mine, theirs = moved(group, c)
        own.setdefault(name, []).append(mine)
        other.setdefault(name, []).append(theirs)

# %% tags=["hide-input"]
plots.bar(
    list(own), {"own kind": [bootstrap(v) for v in own.values()], "other kinds": [bootstrap(v) for v in other.values()]},
    title="Holding 20 neurons of layer 8 at their mean", x_label="which neurons", y_label="effect on the prediction (KL, nats)",
    alt="Three pairs of bars with intervals over ten kinds. Selective neurons move their own kind's words most and others little; equally large neurons move both little; neurons as active on these words lie in between.",
)  # fmt: skip

# %% tags=["hide-input"]
logs = {name: torch.tensor(v).log2() for name, v in own.items()}
against = {name: difference(logs["selective"], logs[name], paired=True) for name in ("equal size", "equal size here")}
spared = difference(logs["selective"], torch.tensor(other["selective"]).log2(), paired=True)
whole = ablation_effect(model, [words.prompts[i] for i in held_out], layer, torch.arange(1536), mean, before).mean().item()
verdict = "the interval excludes zero" if against["equal size here"].low > 0 else "the interval reaches zero, so we cannot claim it"
Markdown(
    f"In doublings, kind by kind (n are the ten kinds): on their own kind the selective neurons do **{against['equal size']}** more than neurons of equal size, and **{against['equal size here']}** more than neurons of equal size here ({verdict}). "
    f"Own kind against others: {spared}.\n\n"
    f"So they are used. But count what is *not* in the sentence. A neuron that is silent on other words cannot be missed there, so some of the last number is built in. Much of the first gap is loudness, not choosiness: the second control takes it away. And "
    f"the whole effect of these twenty neurons on their own kind is {sum(own['selective']) / 10:.3f} nats, where holding all 1,536 at their mean costs {whole:.3f}. Twenty neurons chosen for one subject carry {sum(own['selective']) / 10 / whole:.0%} of what "
    "the layer does at these words; the rest is spread."
)

# %% [markdown]
r"""
## What would prove this wrong?

The chapter says that superposition is about *collisions*, not about rarity as such. So far the two went together: rare features seldom meet. Let us pull them apart, with a prediction that has a number in it.

Two features, one dimension, equal importance, each present with probability $p$. But now, when one is present, the other is with probability $c$. Two ways to share:

- **Opposite**, as before: they pay only when both are present, which has probability $pc$, so $2 \cdot pc/6 = pc/3$.
- **Side by side**, $W = (\sqrt{1/2}, \sqrt{1/2})$: both come back as the mean of the two. Alone, a feature loses half of itself and lends the other half: $2 (x/2)^2$, on average $1/6$, with probability $2p(1-c)$.
Together, each is wrong by half their difference, $1/12$ for the pair, with probability $pc$. In sum $p/3 - pc/4$.

The two are equal at $c = 4/7$, **whatever the density**. If *rarity* were what counts, then at densities of 10, 20 and 30 %, all far below the border of 57 %, partners should sit opposite each other at every $c$. If *collisions* count, they should
turn round and move in together at $c = 0.571$, at each of the three densities. If the models switched somewhere else, or at a $c$ that depends on the density, the arithmetic of this chapter would be wrong.
"""

# %%
together = torch.tensor([0.1, 0.25, 0.4, 0.5, 0.53, 0.56, 0.59, 0.62, 0.65, 0.7, 0.8, 0.9, 1.0])
rates, n_seeds = torch.tensor([0.1, 0.2, 0.3]), 5
c, density = together.repeat(3 * n_seeds), rates.repeat_interleave(13).repeat(n_seeds)
pairs = train(2, 1, density, torch.ones(2), restarts=6, steps=400, batch=128, lr=0.05, sampler=in_pairs(c), seed=7)
facing = (pairs.W[:, 0].prod(-1) < 0).reshape(n_seeds, 3, 13)
predicted_price = torch.minimum(*loss_partners(density, c))

# %% tags=["hide-input"]
plots.line(
    together.tolist(), {f"density {rate:.0%}": facing[:, i].float().mean(0) for i, rate in enumerate(rates.tolist())},
    title="Opposite, or side by side? Predicted: a switch at 0.571", x_label="probability c that the partner is there, too", y_label="share of 5 models with opposite partners", y_range=(-0.05, 1.05),
    alt="Three curves that lie nearly on one another: models have opposite partners up to about 0.56 and side-by-side partners from about 0.62 on.",
)  # fmt: skip

# %% tags=["hide-input"]
mostly = facing.float().mean(0) > 0.5
switch = [(together[row].max() + together[~row & (together > together[row].max())].min()).item() / 2 for row in mostly]
off = int((facing != (together < 4 / 7)).sum())
far = int((facing != (together < 4 / 7))[..., (together - 4 / 7).abs() > 0.05].sum())
Markdown(
    f"Predicted: 0.571 at every density. Found at 10, 20 and 30 %: **{switch[0]:.3f}, {switch[1]:.3f} and {switch[2]:.3f}** (5 models a point). Of {facing.numel()} models {off} stand on the other side of 0.571 than they should, {far} of them further than 0.05 from it. "
    f"The rival, rarity, expects all of them opposite, and is wrong about {int((~facing).sum())}. If the switch comes a shade late, that has a reason, too: opposite partners can use a bias, which our sum left out, and it makes them {(pairs.loss / predicted_price)[(c < 4 / 7)].median():.2f} as dear as "
    f"predicted (side by side: {(pairs.loss / predicted_price)[(c > 4 / 7)].median():.2f}).\n\n"
    "The theory could have died here, and did not. It was wrong once in this chapter, by the way: about the pentagon, which by the simple sums, arms of length 1 and no bias, costs "
    f"{expected_loss(regular_polygon(5)[None], torch.zeros(1, 5), rare[None], torch.ones(1, 5)).item() / nothing.item():.3f} and would lose to the cross at {cross:.3f}. Training found the longer arms and the bias that make it cost {curve[-1].min():.2f}. "
    "Pure strategies are a good map, not the territory."
)

# %% [markdown]
r"""
## The big idea

A network's natural unit need not be a neuron or a dimension. When things seldom collide, directions are cheap, and a layer can hold many
more of them than it has numbers, at a price in interference and fragility that it pays when two of them meet. So a single number inside a model may mean nothing by itself,
and a list of what makes it large may flatter us. What to look for are *directions*, and how to find them is the business of
chapters 02 and 03.

## Key terms

[feature](term:feature) · [superposition](term:superposition) · [interference](term:interference) · [sparsity](term:sparsity) ·
[feature dimensionality](term:feature-dimensionality) · [monosemantic](term:monosemantic) · [polysemantic](term:polysemantic) ·
[privileged basis](term:privileged-basis) · [null](term:null) · [model organism](term:model-organism)

## What we did not test

- Whether SmolLM2 *is* in superposition. Mixed neurons are what superposition predicts, but a model with room to spare, turned in its space, has them, too. Counting its features needs the tools of chapter 03.
- Ten kinds of common words, one token position, four of thirty layers. Selectivity for something that we did not list stays unseen, and a word's kind is not the only thing its sentence tells.
- The ablation was done at one layer, with 20 neurons, against the mean. Another number of neurons, or another value in their place, can give another size of effect.
- Larger toys: the original geometry experiment has 400 features in 30 dimensions, ours 80 in 20, and we saw one resting place of $D^*$ where the original shows several.
- Nothing here says how a *transformer* would build such directions while it learns to predict text.

## Related chapters and reading

[Chapter 00](00_city_of_numbers.ipynb) introduces activations and directions. The source of this chapter is [Elhage et al., 2022](cite:elhage2022).
[Scherlis et al., 2022](cite:scherlis2022) derive when a feature should be ignored, alone or shared; [Chen et al., 2023](cite:chen2023) follow the same toy from polygon to polygon while it learns; [Gurnee et al., 2023](cite:gurnee2023) look for
neurons, and for small groups of them, that single out a hundred features in real models; [Bricken et al., 2023](cite:bricken2023) try to undo superposition in one.

## Quiz
"""

# %%
quiz("01_superposition")
