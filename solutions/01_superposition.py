# %% [markdown]
r"""
# Exercises 01 · A crowded house

A house has a few rooms and many tenants. Whether they can share depends on one thing: how often two of them are at home
at once. That is [superposition](term:superposition), and in these eight exercises you build the house, measure it, predict
who moves in where, find out why a colleague's house stays empty, and at the end test a claim about a single room.

They belong to [chapter 01](../chapters/01_superposition.ipynb). Everything here is a toy on purpose: we trained it, so we
know what is true. Every answer cell is followed by a check that says at once whether it is right, and if not, what it suspects.
Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook import plots
from interpbook.exercises import check, or_reference
from interpbook.stats import against_null, permutation_test, random_directions
from interpbook.superposition import dimensions_per_feature, regular_polygon, sample_features, train

# %% [markdown]
r"""
## Exercise 1 · In and out of a small space

**What.** Write the whole toy model in two lines. It takes feature values $x$ down to a few hidden numbers $h = Wx$, brings them
up again with the same matrix, adds a bias, and cuts off what is negative:

$$\hat{x} = \mathrm{ReLU}(W^\top W x + b)$$

**Why.** Everything else in this chapter is a question about this function. Column $i$ of $W$ is the direction that feature
$i$ gets in the hidden space. When two columns are not at right angles, one feature is heard in the other's place, and only
the bias and the [ReLU](term:relu) can quieten it.

**Given.** `x` is a batch, one input *per row*: shape (batch, n_features). `W` has shape (d_hidden, n_features), `b` has
shape (n_features). Return x̂, with the shape of `x`.

<details><summary>Hint: rows and columns</summary>

The formula is written for one input as a column. Your inputs are rows, and the rule $(Wx)^\top = x^\top W^\top$ turns one into the other.
What is the shape of `x @ W.T`?

</details>
"""

# %% exercise="superposition.reconstruct" kind="implement" points=2 difficulty=1 importance=5 minutes=10

# %% [markdown]
r"""
Now listen in. Five features share two dimensions as the corners of a pentagon. Each row below switches one feature
fully on; the columns say what comes out. With no bias, each neighbour hears a whisper. A bias of −0.31 silences
the whispers, and costs the speaker as much.
"""

# %%
reconstruct = or_reference("superposition.reconstruct", reconstruct)
pentagon, one_at_a_time = regular_polygon(5), torch.eye(5)
heard = {bias: reconstruct(one_at_a_time, pentagon, torch.full((5,), bias)) for bias in (0.0, -0.31)}
maps = [
    plots.heatmap(out, x=list("12345"), y=list("12345"), title=f"bias {bias:g}", x_label="feature heard", y_label="feature on", colour_label="output",
                  z_range=(0, 1), text=True, alt=f"Outputs of the pentagon with bias {bias:g}.")
    for bias, out in heard.items()
]  # fmt: skip
plots.grid(
    maps,
    cols=2,
    alt="Two 5 by 5 maps of which feature is heard when one is on: neighbours at 0.31 without bias, silent with it.",
)

# %% [markdown]
r"""
## Exercise 2 · What does a mistake cost?

**What.** Write the loss that the toy models are trained on:

$$L = \frac{1}{n}\sum_{\text{inputs}} \; \sum_i I_i \,(x_i - \hat{x}_i)^2$$

**Why.** This one line decides which features get a place. The importance $I_i$ says how much a feature is worth, and the *sum* over
features says that every feature has to be paid for: adding features that come for free must not make the others look better.

**Given.** `x` and `x_hat` of shape (batch, n_features), `importance` of shape (n_features). Return one number (a tensor without axes).
"""

# %% exercise="superposition.weighted_loss" kind="implement" points=2 difficulty=1 importance=4 minutes=8

# %% [markdown]
r"""
With a model and a loss you can ask a first real question: is it worth silencing the whispers? The pentagon again, on 20,000 inputs for each
density, with all sorts of biases.
"""

# %%
weighted_loss = or_reference("superposition.weighted_loss", weighted_loss)
biases, curves = torch.linspace(-0.4, 0.1, 26), {}
for density in (0.05, 0.2, 0.4):
    x = sample_features(20_000, 5, density, seed=1)
    losses = [weighted_loss(x, reconstruct(x, pentagon, bias.expand(5)), torch.ones(5)) for bias in biases]
    curves[f"present {density:.0%}"] = torch.stack(losses) / density
plots.line(biases, curves, title="A pentagon's loss depends on its bias", x_label="bias of every output", y_label="loss / density",
           alt="Loss divided by density against the bias, for three densities; each curve has its minimum below zero.")  # fmt: skip

# %% tags=["hide-input"]
lowest = ", ".join(f"{biases[curve.argmin()]:.2f} when {name}" for name, curve in curves.items())
Markdown(
    f"The best bias is {lowest} of the time. It is always negative, and never low enough to silence a whisper at full volume (−0.31): a louder bias costs the speaker too much."
)

# %% [markdown]
r"""
## Exercise 3 · How much of a room is yours?

**What.** Compute each feature's [dimensionality](term:feature-dimensionality), the share of a dimension that it has to itself
([Elhage et al., 2022](cite:elhage2022)):

$$D_i = \frac{\lVert W_i\rVert^2}{\sum_j (\hat{W}_i \cdot W_j)^2}, \qquad \hat{W}_i = W_i / \lVert W_i\rVert$$

**Why.** "Is there superposition?" becomes a number for every feature. Read it as rent: above the line what feature $i$ brings in,
below it everything that lies along its direction, whoever's it is. Alone in a dimension: 1. Shared with an opposite: 1/2.

**Given.** `W` of shape (d_hidden, n_features); feature $i$ is *column* $i$. Return a tensor of shape (n_features). No column here
is all zeros, so you may divide; the solution guards against 0/0 as well.

<details><summary>Hint: shapes</summary>

All the products $\hat{W}_i \cdot W_j$ at once are one matrix, of shape (n_features, n_features). Which two matrices do you multiply?

</details>
"""

# %% exercise="superposition.feature_dimensionality" kind="implement" points=3 difficulty=2 importance=5 minutes=15

# %%
feature_dimensionality = or_reference("superposition.feature_dimensionality", feature_dimensionality)
corners = {"axes": torch.eye(2), "triangle": regular_polygon(3), "cross": regular_polygon(4), "pentagon": regular_polygon(5),
           "hexagon": regular_polygon(6)}  # fmt: skip
shares = [feature_dimensionality(W)[0] for W in corners.values()]
plots.bar([f"{name} ({W.shape[1]})" for name, W in corners.items()], shares, title="The share of a dimension of one feature in a plane",
          x_label="shape (number of features)", y_label="dimensionality", y_range=(0, 1.05), reference={"an antipodal pair": 0.5},
          alt="Bars: axes 1, triangle two thirds, cross one half, pentagon two fifths, hexagon one third.")  # fmt: skip

# %% [markdown]
r"""
## Exercise 4 · Who moves in?

**What.** Five equally important features, two dimensions, trained with the ReLU. Predict, before anything is trained, the shape that the
*best* of several training runs ends in, once when each feature is present in 40 % of inputs (`"often"`) and once in 5 % (`"rarely"`).
Choose from four shapes; features without a place are dropped.

| word | features kept | who is next to whom | dimensionality |
|---|---|---|---|
| `axes` | 2 of 5 | at right angles: nobody hears anybody | 1 |
| `triangle` | 3 of 5 | 120° apart: a present feature pushes the others below zero | 2/3 |
| `cross` | 4 of 5 | two pairs of opposites, the pairs at right angles | 1/2 |
| `pentagon` | 5 of 5 | each has two near neighbours, which hear it, and two far ones, which it pushes down | 2/5 |

**Why.** A theory that cannot lose is no theory. Commit yourself, then watch.

**Answer** with a dictionary `predict_shapes = {"often": "…", "rarely": "…"}`.

<details><summary>Hint: two bills</summary>

A dropped feature is wrong *whenever it is present*. Two opposite features are wrong only when *both* are present. The first bill grows
with the density, the second with its square. Near neighbours pay a third bill: a whisper whenever the other is present.

</details>
"""

# %% exercise="superposition.predict_shapes" kind="predict" points=2 difficulty=2 importance=4 minutes=8
### BEGIN SOLUTION
predict_shapes = {"often": "cross", "rarely": "pentagon"}
### END SOLUTION

# %% [markdown]
r"""
Train them: six starts for each density, and the one with the lowest loss on fresh inputs is drawn.
"""

# %%
predict_shapes = or_reference("superposition.predict_shapes", predict_shapes)
toy = train(5, 2, torch.tensor([0.4] * 6 + [0.05] * 6), torch.ones(5), steps=1500, seed=0)
best = toy.loss.reshape(2, 6).argmin(1) + torch.tensor([0, 6])
drawings = [
    plots.arrows(toy.W[i].T, names=[1, 2, 3, 4, 5], title=f"{density}: you said {predict_shapes[name]}", alt=f"{density}: feature directions.")
    for i, density, name in zip(best, ("40 %", "5 %"), ("often", "rarely"), strict=True)
]  # fmt: skip
plots.grid(drawings, cols=2, alt="Directions of five features in the best model at 40 % and at 5 % density.")

# %%
for i, density in zip((0, 6), ("40 %", "5 %"), strict=True):
    kept = (toy.W[i : i + 6].norm(dim=1) > 0.5).sum(1).tolist()
    losses = ", ".join(f"{loss:.4f}" for loss in toy.loss[i : i + 6])
    print(f"present {density}: features kept in the six runs {kept}, losses {losses}")

# %% [markdown]
r"""
Not every run finds the best shape. Keeping the best of several is what the paper does too, and a claim about "what the model learns" should say so.
"""

# %% [markdown] tags=["solution-only"]
r"""
**Why.** At 40 %, both members of an opposite pair are present in 16 % of inputs, and then the loss is only the smaller of two numbers,
squared; dropping a feature costs its whole variance in all of them. So pairs pay. A pentagon's near neighbours, however, would whisper in 40 % of inputs.
At 5 % that third bill shrinks as well, and a negative bias pays most of it, so that nobody needs to be dropped.
"""

# %% [markdown]
r"""
## Exercise 5 · Face to face or side by side

**What.** Two features share *one* dimension, without a bias. Either they point in opposite directions, $W = (1, -1)$, or in the same one,
$W = (1, 1)$. Derive the expected loss of both arrangements, exactly, as a function of the density $p$.

Feature 1 has importance 1 and feature 2 has `importance`. Each is present with probability $p$, independently, and is then uniform
between 0 and 1.

**Why.** Why do trained models put partners on *opposite* sides? Nobody tells them to. The answer is in the way the two losses depend on $p$.

**Given.** `density`, a tensor of any length; `importance`, a number; `opposite`, True or False. Return a tensor shaped like `density`.

The next cell simulates both, with your own functions, so that you can test a formula before you hand it in.

<details><summary>Hint 1: follow two inputs</summary>

Send $x = (0.7, 0)$ and $x = (0.8, 0.3)$ through both arrangements by hand. When is there an error at all, and how large is it for each feature?

</details>
<details><summary>Hint 2: the numbers you need</summary>

For $u, v$ uniform between 0 and 1: $E[u^2] = 1/3$, and the smaller of the two is larger than $t$ with probability $(1-t)^2$.
The mean of the square of a positive number is $\int_0^1 2t \, P(\text{number} > t)\, dt$.

</details>
"""


# %%
def simulated_pair_loss(density: float, importance: float, opposite: bool) -> float:
    """The same loss from 200,000 inputs."""
    x = sample_features(200_000, 2, density, seed=2)
    W = torch.tensor([[1.0, -1.0 if opposite else 1.0]])
    return float(weighted_loss(x, reconstruct(x, W, torch.zeros(2)), torch.tensor([1.0, importance])))


for opposite in (True, False):
    print(
        "opposite" if opposite else "same side",
        [f"p = {p}: {simulated_pair_loss(p, 0.5, opposite):.4f}" for p in (0.2, 0.5, 1.0)],
    )


# %% exercise="superposition.pair_loss" kind="implement" points=3 difficulty=3 importance=5 minutes=20
def pair_loss(density: Float[Tensor, " density"], importance: float, opposite: bool) -> Float[Tensor, " density"]:
    """Expected weighted loss of two features in one dimension, W = (1, -1) if `opposite`, else W = (1, 1), b = 0."""
    ### BEGIN SOLUTION
    each = density**2 / 6 if opposite else density / 3
    return (1 + importance) * each
    ### END SOLUTION


# %% [markdown] tags=["solution-only"]
r"""
**Opposite.** Before the ReLU the outputs are $x_1 - x_2$ and $x_2 - x_1$. If only one is present, it comes back exactly and the other stays at
zero: no error. If both are (probability $p^2$), the larger comes back as the difference, the smaller as zero, and both are wrong by the smaller number
$m$. $E[m^2] = \int_0^1 2t(1-t)^2\,dt = 1/6$. So each pays $p^2/6$.

**Same side.** Both outputs are $x_1 + x_2$: each feature is wrong by the whole of the other whenever *the other* is present, company or not.
$p \cdot E[u^2] = p/3$. The ReLU never has anything to cut off. That is even worse than not representing a feature at all and answering with its mean.
"""

# %% [markdown]
r"""
Lines are your formula, the markers at five densities the simulation. The third curve is a feature alone in the dimension while the other is
ignored (its variance, as in the chapter). Where the opposite pair passes it, superposition stops being worth it.
"""

# %%
pair_loss = or_reference("superposition.pair_loss", pair_loss)
p = torch.linspace(0.02, 1, 50)
curves = {"opposite": pair_loss(p, 1.0, True), "same side": pair_loss(p, 1.0, False), "one ignored": p / 3 - p**2 / 4}
figure = plots.line(p, curves, title="Two features in one dimension", x_label="density p", y_label="expected loss", markers=False,
                    alt="Loss against density: opposite grows as p squared, same side as p, and one ignored lies between and bends down.")  # fmt: skip
points = [0.1, 0.3, 0.5, 0.7, 0.9]
for name, opposite, symbol in (("opposite", True, "circle"), ("same side", False, "diamond")):
    figure.add_scatter(x=points, y=[simulated_pair_loss(q, 1.0, opposite) for q in points], mode="markers", name=f"{name}, simulated",
                       marker={"symbol": symbol, "size": 9}, showlegend=False)  # fmt: skip
figure

# %% [markdown]
r"""
## Exercise 6 · The house that stayed empty

A colleague writes: "Sparse features go into superposition, they say. I made eight features with a density of 10 %, trained a model with four hidden
dimensions and a ReLU, and look: $D^* = m/\lVert W\rVert^2$, the dimensions per feature, is about 1. Four dimensions, four features' worth of directions.
Superposition is a myth." The next cell is all of the colleague's code, and it does what they say.

**What.** Find the cause. Five suspects:

| word | the suspicion |
|---|---|
| `density` | the features are too dense after all |
| `steps` | the training is too short |
| `relu` | the ReLU does not do its work |
| `importance` | some features are not worth keeping |
| `together` | the features come and go together |

**Why.** A null result has a cause too, and it is not always the one in the headline. The way to find out is to change *one* thing and to see whether
the result changes.

**Answer** with `diagnosis = {"cause": "…", "d_star": …}`: the guilty word, and the $D^*$ that you measure with the colleague's `d_star` after
removing that one cause and leaving the rest (eight features, 10 %, uniform values) as it is.

<details><summary>Hint 1: interrogate</summary>

`d_star(x, steps=4000)`, `d_star(x, relu=False)`, `(x > 0).float().mean(0)`: three suspects in three lines.

</details>
<details><summary>Hint 2: a number for company</summary>

How often is feature 2 present when feature 1 is? `(x[x[:, 0] > 0, 1] > 0).float().mean()`. What would it be if they did not know of each other?

</details>
<details><summary>Hint 3: the repair</summary>

Shuffle every column of `x` by itself. Each feature keeps exactly its values; only the coincidences go. (`torch.randperm(len(x))` makes one order.)

</details>
"""

# %%
generator = torch.Generator().manual_seed(6)
x = torch.zeros(6000, 8)  # 6,000 inputs with 8 features
present = torch.randperm(6000, generator=generator)[:600]  # one in ten
x[present] = torch.rand(600, 8, generator=generator)


def d_star(x: Float[Tensor, "input feature"], *, steps: int = 1500, relu: bool = True) -> float:
    """Dimensions per feature of a model with 4 hidden dimensions trained on rows of `x`; the mean of three starts."""

    def rows(n, density, _n_features, generator):
        return x[torch.randint(len(x), (n, len(density)), generator=generator)]

    toy = train(x.shape[1], 4, torch.full((3,), 0.1), torch.ones(x.shape[1]), steps=steps, relu=relu, sampler=rows)
    return float(dimensions_per_feature(toy.W).mean())


print(f"density of each feature: {', '.join(f'{p:.2f}' for p in (x > 0).float().mean(0))}")
print(f"D* = {d_star(x):.2f}")

# %% exercise="superposition.diagnosis" kind="explain" points=3 difficulty=3 importance=4 minutes=20
### BEGIN SOLUTION
apart = torch.stack([column[torch.randperm(len(x), generator=generator)] for column in x.T], dim=1)
diagnosis = {"cause": "together", "d_star": d_star(apart)}
### END SOLUTION

# %%
diagnosis = or_reference("superposition.diagnosis", diagnosis)
thinned = x * (torch.rand(len(x), 1, generator=generator) < 0.3)
measured = {
    "as sent": d_star(x), "steps: 4,000": d_star(x, steps=4000), "relu: none": d_star(x, relu=False),
    "density: 3 %": d_star(thinned), f"without '{diagnosis['cause']}'": float(diagnosis["d_star"]),
}  # fmt: skip
plots.bar(list(measured), list(measured.values()), title="One change at a time: which one lets the tenants in?", x_label="what was changed",
          y_label="D*, dimensions per feature", y_range=(0, 1.1), reference={"every feature in a pair": 0.5},
          alt="Bars of D*: about 1 for all changes except the last, which brings it to one half.")  # fmt: skip

# %% [markdown] tags=["solution-only"]
r"""
The colleague made one row in ten busy, instead of one *entry* in ten. Each feature is as rare as it should be, but whenever one is present, all are.
What superposition needs is not rare features but rare *collisions*. Nothing else on the list matters: on this data even a perfect training run
has nothing to gain from the ReLU.
"""

# %% [markdown]
r"""
## Exercise 7 · Silence one, spare the other

**What.** Four features live in a plane as two pairs of opposites, and you want the first one gone: its direction is $w$. The
usual [ablation](term:ablation) removes everything along $w$, and with it the partner, which lives at $-w$. Write a more careful one: remove from each hidden vector
what points *along* the direction, and leave alone what points the other way and what is at right angles.

**Why.** "We ablated feature A, and ability B broke, so A is used for B" is a common argument in this field. In superposition it fails: taking
out a direction takes out everybody who lives on it. You will see by how much.

**Given.** `hidden` of shape (batch, d_hidden), `direction` of shape (d_hidden), which need not have length 1. Return the edited hidden vectors, and
leave `hidden` itself unchanged.
"""


# %% exercise="superposition.silence" kind="intervene" points=3 difficulty=3 importance=5 minutes=15
def silence(
    hidden: Float[Tensor, "batch d_hidden"], direction: Float[Tensor, " d_hidden"]
) -> Float[Tensor, "batch d_hidden"]:
    """The hidden vectors without what points along `direction`; what points the other way stays."""
    ### BEGIN SOLUTION
    unit = direction / direction.norm()
    amount = torch.relu(hidden @ unit)  # how much of the feature is in each vector: never less than none
    return hidden - amount[:, None] * unit
    ### END SOLUTION


# %% [markdown]
r"""
Each column switches one feature on, alone, and shows how much of it comes back. In the cross, the careful edit is perfect.
In the pentagon nobody lives exactly opposite, and there is no edit without victims. But there are more victims and fewer.
"""

# %%
silence = or_reference("superposition.silence", silence)


def survival(W: Float[Tensor, "2 feature"]) -> Float[Tensor, "3 feature"]:
    """How much of each feature, alone and fully on, comes back: untouched, after projection, after `silence`."""
    hidden, w = W.T, W[:, 0] / W[:, 0].norm()
    edits = (hidden, hidden - (hidden @ w)[:, None] * w, silence(hidden, 3 * w))
    return torch.stack([torch.relu(edited @ W).diagonal() for edited in edits])


edited = torch.cat([survival(regular_polygon(4)), survival(regular_polygon(5))], dim=1)
tenants = [f"{shape} {i + 1}" for shape, n in (("cross", 4), ("pentagon", 5)) for i in range(n)]
plots.heatmap(
    edited.round(decimals=2), x=tenants, y=["untouched", "projected out", "silenced"], title="Feature 1 of each shape is removed. Who survives?",
    x_label="feature that is on", y_label="edit", colour_label="comes back", z_range=(0, 1), text=True,
    alt="How much of each feature comes back when feature 1 is removed: projection also removes its opposite, silencing spares it.",
)  # fmt: skip

# %% [markdown]
r"""
## Exercise 8 · Is it this neuron?

Two layers of 64 neurons, made up for this exercise. In both, 400 inputs were read, half of which have some property (say, they mention a
banana). For each layer the neuron that tells them apart best was *chosen on the first half* of the inputs, and its gap, the mean
activation with the property minus the mean without, was *read on the second half*. Both gaps are large. Both papers are called "The banana neuron".

**What.** Write the null that puts such a claim to the test. The claim is about *this axis*, so let random directions take the neurons' place and give
them exactly what the neuron got. Return `n_draws` numbers: how large a gap chance gets, each time from fresh directions.

A fair null gets the same freedom to choose, the same ruler, and the same exam. What does each of the three mean here?

**Why.** In superposition a property lies along a direction that belongs to no neuron, and the neuron nearest to it still looks good, in particular if it
is the best of many. Whoever says "the neuron for X" owes the reader this null.

**Given.** `acts` of shape (item, neuron); `labels`, True where the property is present; `first`, True for the half on which one chooses;
`n_draws`; `seed`, a whole number: the same seed must give the same numbers, another seed others. `gap(scores, labels)` gives the gap of every
column, and `random_directions(n, d, seed=…)` gives `n` rows of length 1.

<details><summary>Hint 1: the same freedom</summary>

The neuron was the best of all neurons of its layer on the first half. How many random directions should compete in each draw?

</details>
<details><summary>Hint 2: the same ruler and the same exam</summary>

A neuron's axis has length 1. And the neuron's gap was read on inputs that had no say in choosing it.

</details>
<details><summary>Hint 3: one draw</summary>

`scores = acts @ directions.T` treats directions like neurons. `gap(...)` on the first half and `argmax` give the winner; `gap(...)` on the second half its number.
For many draws, give each its own seed, made from `seed` and the number of the draw.

</details>
"""


# %%
def gap(scores: Float[Tensor, "item score"], labels: Bool[Tensor, " item"]) -> Float[Tensor, " score"]:
    """How much higher each column is, on average, where the label is True."""
    return scores[labels].mean(0) - scores[~labels].mean(0)


def made_up_layer(banana: Float[Tensor, " neuron"], seed: int) -> Float[Tensor, "item neuron"]:
    """Noise, plus the vector `banana` where the property is present."""
    noise = torch.randn(len(labels), len(banana), generator=torch.Generator().manual_seed(seed))
    return noise + labels[:, None] * banana


labels, first = torch.arange(400) % 2 == 0, torch.arange(400) < 200
spread, axis = random_directions(1, 64, seed=7006)[0], torch.eye(64)[17]
layers = {"layer A": made_up_layer(6 * spread, seed=1), "layer B": made_up_layer(1.5 * axis + spread, seed=2)}
for name, acts in layers.items():
    neuron = int(gap(acts[first], labels[first]).argmax())
    print(f"{name}: neuron {neuron}, gap on the second half {float(gap(acts[~first], labels[~first])[neuron]):.2f}")


# %% exercise="superposition.random_direction_null" kind="control" points=4 difficulty=4 importance=5 minutes=25
def random_direction_null(
    acts: Float[Tensor, "item neuron"],
    labels: Bool[Tensor, " item"],
    first: Bool[Tensor, " item"],
    n_draws: int,
    seed: int,
) -> Float[Tensor, " n_draws"]:
    """The gap that random directions reach in the place of neurons; one number per draw."""
    ### BEGIN SOLUTION
    n_neurons = acts.shape[1]
    gaps = torch.empty(n_draws)
    for draw in range(n_draws):
        directions = random_directions(n_neurons, n_neurons, seed=100_000 * seed + draw)
        scores = acts @ directions.T  # (item, direction)
        winner = gap(scores[first], labels[first]).argmax()
        gaps[draw] = gap(scores[~first], labels[~first])[winner]
    return gaps
    ### END SOLUTION


# %% [markdown]
r"""
The verdict on the two papers: the line is the neuron's gap, the bars what 500 draws of random directions reach.
"""

# %%
random_direction_null = or_reference("superposition.random_direction_null", random_direction_null)
figures, verdicts = [], {}
for name, acts in layers.items():
    neuron = gap(acts[first], labels[first]).argmax()
    observed = float(gap(acts[~first], labels[~first])[neuron])
    null = random_direction_null(acts, labels, first, 500, seed=0)
    verdicts[name] = against_null(observed, null, tail="greater")
    figures.append(plots.histogram({"random directions": null}, null=["random directions"], reference={"the neuron": observed},
                                   title=f"{name}: neuron {int(neuron)}, gap {observed:.2f}", x_label="gap on the second half", alt=f"{name}: null gaps, neuron at {observed:.2f}"))  # fmt: skip
plots.grid(
    figures,
    cols=2,
    shared=False,
    alt="Null histograms of two layers: layer A's neuron lies inside its null, layer B's far above it.",
)

# %%
exam = labels[~first]
for name, acts in layers.items():
    scores = acts[~first][:, gap(acts[first], labels[first]).argmax()]
    print(f"{name}, random directions: {verdicts[name]}")
    print(f"{name}, shuffled labels:   {permutation_test(scores[exam], scores[~exam], tail='greater', n=2000)}")

# %% [markdown]
r"""
One of the two has a banana neuron. The other has a banana *direction*, and a neuron that happens to stand near it. Shuffled labels
pass both: they ask whether *anything* in the layer knows about bananas. Which question a null answers depends on what it keeps and what it draws anew.

You now have the parts of the chapter in your hands: the model, its price list, a ruler for crowding, the reason why partners face each other, the condition that
matters (rare collisions), and a warning for anyone who removes a direction or names a neuron. In [chapter 01](../chapters/01_superposition.ipynb) the last
test is run on the neurons of a real language model.
"""
