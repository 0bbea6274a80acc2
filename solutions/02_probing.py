# %% [markdown]
r"""
# Exercises 02 · Questions to a vector

A probe always answers. In these eight exercises you build the tools that keep its answers honest, predict where a famous one turns upside down, find
out what a colleague's probe really read, push a noun until its verb follows, and watch a method without labels fall for a fruit.

They belong to [chapter 02](../chapters/02_probing.ipynb) and use the same real model, SmolLM2, and the same statements. Every answer cell is followed by a check that says at once
whether it is right, and if not, what it suspects. Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook import data, plots, probes, statements, stats
from interpbook.activations import fast_dtype
from interpbook.exercises import check, or_reference
from interpbook.models import Site, load, logits

torch.set_grad_enabled(False)
model = load(dtype=fast_dtype())
cities = statements.city_statements()
true, subjects = torch.tensor([s.true for s in cities]), [s.subject for s in cities]
late = probes.last_tokens(model, [s.text for s in cities], [12])[0]  # (statement, d_model), at the full stop

# %% [markdown]
r"""
## Exercise 1 · Keep families together

**What.** Split items into two halves for training and testing, so that no *group* stands on both sides. Half of the groups (rounded either way) go to training,
chosen at random by `seed`, each with all of its items. Return a tensor with one True or False for each item: True means training.

**Why.** The two sentences about Lyon are cousins. Train on one and test on the other, and the probe may simply remember Lyon. Most inflated probing results have this
cause, and it is invisible in the final number.

**Given.** `groups`, a list with the name of each item's group; `seed`, a whole number. The same seed must give the same split, another seed another.

<details><summary>Hint: two steps</summary>

First make a list of the *different* groups (`dict.fromkeys(groups)` keeps their order) and draw half of it. Then ask of every item whether its group was drawn.

</details>
"""


# %% exercise="probing.split_by_group" kind="implement" points=3 difficulty=2 importance=5 minutes=12
def split_by_group(groups: list[str], seed: int) -> Bool[Tensor, " item"]:
    """True for items to train on: half of the groups, chosen by `seed`, with all their items."""
    ### BEGIN SOLUTION
    names = list(dict.fromkeys(groups))
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = {names[i] for i in order[: len(names) // 2]}
    return torch.tensor([group in chosen for group in groups])
    ### END SOLUTION


# %% [markdown]
r"""
What is it worth? Toss a coin for every city and let a probe predict the coins from the statements' vectors. There is nothing to find.
"""

# %%
split_by_group = or_reference("probing.split_by_group", split_by_group)
coins = torch.tensor(stats.control_labels(subjects, 2, seed=3)).bool()
areas = {"random items": [], "whole groups": []}
for seed in range(6):
    loose = torch.rand(len(subjects), generator=torch.Generator().manual_seed(seed)) < 0.5
    for name, train in (("random items", loose), ("whole groups", split_by_group(subjects, seed))):
        probe = probes.logistic(late[train], coins[train])
        areas[name].append(stats.auroc(probes.score(probe, late[~train]), coins[~train]))
plots.bar(
    list(areas), [stats.bootstrap(a) for a in areas.values()], null=["whole groups"], y_range=(0, 1), reference={"nothing to find": 0.5},
    title="Predicting a coin tossed for every city", x_label="what was split", y_label="AUROC (6 splits)", alt="Random splits find the coins above one half, group splits do not.",
)  # fmt: skip

# %% [markdown]
r"""
## Exercise 2 · Two averages

**What.** Write the [mass-mean probe](term:mass-mean-probe): the direction $\mu_{\text{true}} - \mu_{\text{false}}$, and the centre halfway between the two means. Return both, in this order.

**Why.** It is the cheapest probe there is. It has nothing to tune, and in the comparison of [Marks and Tegmark, 2023](cite:marks2023) pushing along it moved a model more than pushing along trained directions did.

**Given.** `acts` of shape (item, d), `labels` with True or False for each item, not always equally many of both. Do not scale anything.
"""


# %% exercise="probing.mass_mean" kind="implement" points=2 difficulty=1 importance=5 minutes=8
def mass_mean(
    acts: Float[Tensor, "item d"], labels: Bool[Tensor, " item"]
) -> tuple[Float[Tensor, " d"], Float[Tensor, " d"]]:
    """The direction from the mean of False to the mean of True, and the point halfway."""
    ### BEGIN SOLUTION
    mean_true, mean_false = acts[labels].mean(0), acts[~labels].mean(0)
    return mean_true - mean_false, (mean_true + mean_false) / 2
    ### END SOLUTION


# %%
mass_mean = or_reference("probing.mass_mean", mass_mean)
train = split_by_group(subjects, seed=0)
direction, centre = mass_mean(late[train], true[train])
scores = (late[~train] - centre) @ direction
plots.histogram(
    {"true": scores[true[~train]], "false": scores[~true[~train]]}, title="Held-out statements along your direction", x_label="score after block 12", reference={"border": 0.0},
    alt="Two overlapping hills: true statements mostly right of zero, false ones left of it.",
)  # fmt: skip

# %% [markdown]
r"""
## Exercise 3 · Design the control

**What.** Design the [control task](term:control-task) for a tagging probe: a label for every word type, from 0 to `n_labels` − 1, drawn at random by `seed`, and the same wherever that word occurs. Return a tensor with
one label for each entry of `words`.

**Why.** Somebody's probe tags nouns with 90 % accuracy. Did the *model* sort words into nouns and verbs, or did the *probe* learn a list of words? Here is a task on which only the second is possible.

**Given.** `words`, a list of text with repetitions; `n_labels`; `seed`, as above.

<details><summary>Hint: what should be possible, what not?</summary>

The control must be learnable by heart (so one label a word), must mean nothing (so by chance), and must be as wide as the task (so all of the labels). Which of the three does your version break?

</details>
"""


# %% exercise="probing.control_task" kind="control" points=3 difficulty=2 importance=5 minutes=12
def control_task(words: list[str], n_labels: int, seed: int) -> Int[Tensor, " word"]:
    """A random label for every word type, the same wherever the word occurs."""
    ### BEGIN SOLUTION
    types = list(dict.fromkeys(words))
    drawn = torch.randint(n_labels, (len(types),), generator=torch.Generator().manual_seed(seed)).tolist()
    label_of = dict(zip(types, drawn, strict=True))
    return torch.tensor([label_of[word] for word in words])
    ### END SOLUTION


# %% [markdown]
r"""
## Exercise 4 · Whose achievement is it?

**What.** [Selectivity](term:selectivity): the accuracy of a probe on the task minus the accuracy of its twin on the control task.

**Why.** It divides the credit. A probe that would have learned anything gets none.

**Given.** Four tensors of whole numbers, one entry a word: what the probe `said` and the right `labels`; what its twin `said_control` and the `control` labels that it was trained on. Return one number (a tensor without axes).
"""


# %% exercise="probing.selectivity" kind="implement" points=2 difficulty=1 importance=5 minutes=6
def selectivity(
    said: Int[Tensor, " word"],
    labels: Int[Tensor, " word"],
    said_control: Int[Tensor, " word"],
    control: Int[Tensor, " word"],
) -> Float[Tensor, ""]:
    """Accuracy on the task minus accuracy on the control task."""
    ### BEGIN SOLUTION
    right, right_by_heart = said == labels, said_control == control
    return right.float().mean() - right_by_heart.float().mean()
    ### END SOLUTION


# %% [markdown]
r"""
Now on the book's tagged passages. Four probes after block 6: a linear one, two that must squeeze everything through a few numbers, and a network with a hidden layer. Guess first: which is the most selective?
"""

# %%
control_task = or_reference("probing.control_task", control_task)
selectivity = or_reference("probing.selectivity", selectivity)
tokens = statements.tagged_words()
tags = sorted({w.tag for w in tokens})
pos = torch.tensor([tags.index(w.tag) for w in tokens])
control = control_task([w.text.lower() for w in tokens], len(tags), seed=0)
states = probes.word_states(model, tokens, [6])[0]
folds = probes.grouped_folds([w.passage for w in tokens], 5)
shapes = {"linear": {}, "8 numbers": {"hidden": 8, "curved": False}, "4 numbers": {"hidden": 4, "curved": False}, "network": {"hidden": 64}}
said = {(name, task): probes.cross_validated(states, y, folds, **shape) for name, shape in shapes.items() for task, y in (("task", pos), ("control", control))}
rows = [(name, *((said[name, task] == y).float().mean().item() for task, y in (("task", pos), ("control", control)))) for name in shapes]
rows = [(*row, selectivity(said[row[0], "task"], pos, said[row[0], "control"], control).item()) for row in rows]
spread = [row[3] for row in rows]
Markdown(
    f"{len(tokens)} words, 5 folds of whole passages:\n\n| probe | parts of speech | control | selectivity |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {a:.2f} | {b:.2f} | {c:.2f} |" for name, a, b, c in rows)
    + f"\n\nSelectivity runs from {min(spread):.2f} to {max(spread):.2f}: whatever the probe's shape, about the same share of its success is its own memory. [Hewitt and Liang, 2019](cite:hewitt2019) found large differences, "
    "and advise to choose a probe that *cannot* learn a dictionary. With some hundred words there is not enough of a dictionary to learn for that to show. A result of a method belongs to an amount of data, too."
)

# %% [markdown]
r"""
## Exercise 5 · Which way up?

**What.** A mass-mean probe is fitted on "The city of X is in Y." (after block 12, half of the cities), where it ranks held-out true sentences above false ones in 94 of 100 pairs. Predict what it does, unchanged, on three other kinds of sentence:

| key | for example, a *true* one |
|---|---|
| `negations` | The city of Lyon is **not** in Japan. |
| `translations` | The Spanish word 'perro' means 'dog'. |
| `comparisons` | Sixty-one is larger than forty. |

For each choose `"right way up"` (AUROC clearly above ½), `"upside down"` (clearly below), or `"coin"` (about ½).

**Why.** A name for a direction is a bundle of predictions. This is the moment to find out what you think the direction *is*.

**Answer** with `predict_signs = {"negations": "…", "translations": "…", "comparisons": "…"}`.

<details><summary>Hint: two names</summary>

Suppose that the direction is *this is true*. What follows for the three? Now suppose that it is *these two go together*. Where do the two names part?

</details>
"""

# %% exercise="probing.predict_signs" kind="predict" points=3 difficulty=3 importance=5 minutes=10
### BEGIN SOLUTION
predict_signs = {"negations": "upside down", "translations": "right way up", "comparisons": "coin"}
### END SOLUTION

# %%
predict_signs = or_reference("probing.predict_signs", predict_signs)
elsewhere = {
    "negations": [s for s, is_train in zip(statements.city_statements(negated=True), train.tolist(), strict=True) if not is_train],
    "translations": statements.translation_statements()[:120],
    "comparisons": statements.comparison_statements(60),
}
found = {}
for name, made in elsewhere.items():
    x = probes.last_tokens(model, [s.text for s in made], [12])[0]
    found[name] = stats.auroc_interval((x - x.mean(0)) @ direction, [s.true for s in made])
plots.bar(
    [f"{name}: you said {predict_signs[name]}" for name in found], list(found.values()), horizontal=True, y_range=(0, 1), reference={"coin": 0.5},
    title="The probe from plain sentences, elsewhere", x_label="kind of sentence", y_label="AUROC", alt="Bars: negations near 0, translations about 0.8, comparisons about one half.",
)  # fmt: skip

# %% [markdown] tags=["solution-only"]
r"""
The direction reads whether the two things in the sentence go together. *Not* leaves that as it is, and turns the truth round: upside down. Perro and dog go together as Lyon and France do. Sixty-one and forty do neither more nor less so in either order.
"""

# %% [markdown]
r"""
## Exercise 6 · Truth, two blocks deep

A colleague writes: "Your book says that truth cannot be read before block 9. My probe reads it after **block 2**, on held-out cities. AUROC above 0.9. I used your model, your cities, your probe and your split. Perhaps you should look harder." The next cell is all of the colleague's code, and it does what they say.

**What.** Find what the probe reads. Four suspects, and the one that you may come to think of:

| word | the suspicion |
|---|---|
| `split` | some cities stand on both sides |
| `probe` | logistic regression is too strong for so few sentences |
| `block` | block 2 is special |
| `size` | it would go away with more (or fewer) sentences |
| `country` | the country's name alone tells true from false |

**Answer** with `diagnosis = {"cause": "…", "auroc": …}`: the guilty word, and what the colleague's own function gives once that cause is removed and all else is left as it was.

<details><summary>Hint 1: interrogate</summary>

`report(theirs, grouped=False)`, `report(theirs, fit=probes.mass_mean)`, `report(theirs[:160])`: three suspects in three lines. Then print ten of the sentences.

</details>
<details><summary>Hint 2: who appears where?</summary>

Count how often each country ends a true sentence, and how often a false one. (`collections.Counter`)

</details>
<details><summary>Hint 3: the repair</summary>

The notebook's first cell has a list of sentences in which every country is right exactly as often as wrong.

</details>
"""


# %%
def colleagues_statements() -> list[statements.Statement]:
    """Each city in its country, and in a country that it is certainly not in."""
    made = []
    for i, (city, country) in enumerate(statements.cities().items()):
        wrong = ["Mongolia", "Iceland", "Paraguay", "Nepal", "Fiji"][i % 5]
        for answer in (country, wrong):
            made.append(statements.Statement(f"The city of {city} is in {answer}.", answer == country, city))
    return made


def report(made: list[statements.Statement], *, block: int = 2, grouped: bool = True, fit=probes.logistic) -> float:
    """AUROC on held-out statements of a probe of truth."""
    x = probes.last_tokens(model, [s.text for s in made], [block])[0]
    y, names = torch.tensor([s.true for s in made]), [s.subject for s in made]
    train = split_by_group(names if grouped else [str(i) for i in range(len(made))], seed=0)
    return stats.auroc(probes.score(fit(x[train], y[train]), x[~train]), y[~train])


theirs = colleagues_statements()
print(f"after block 2, held-out cities: AUROC {report(theirs):.2f}")

# %% exercise="probing.diagnosis" kind="explain" points=3 difficulty=3 importance=5 minutes=20
### BEGIN SOLUTION
diagnosis = {"cause": "country", "auroc": report(statements.city_statements())}
### END SOLUTION

# %%
diagnosis = or_reference("probing.diagnosis", diagnosis)
measured = {
    "as sent": report(theirs), "split: statements": report(theirs, grouped=False), "probe: mass-mean": report(theirs, fit=probes.mass_mean),
    "block: 4": report(theirs, block=4), "size: half": report(theirs[:160]), f"without '{diagnosis['cause']}'": float(diagnosis["auroc"]),
}  # fmt: skip
plots.bar(
    list(measured), list(measured.values()), title="One change at a time: what did the probe read?", x_label="what was changed", y_label="AUROC", y_range=(0, 1.05), reference={"coin": 0.5},
    alt="Bars of AUROC: near 1 for all changes except the last, which brings it to about one half.",
)  # fmt: skip

# %% [markdown] tags=["solution-only"]
r"""
Nobody is in Fiji. Five countries end all the false sentences and none of the true ones, so the probe needs to know five names and no city. Grouping by city cannot help: it is the *country* that leaks. In the book's statements wrong countries are the right ones, dealt out anew, so that each is true
as often as false. The lesson costs nothing to apply: ask what a reader could do who sees only one word of each item.
"""

# %% [markdown]
r"""
## Exercise 7 · Turn the dial

**What.** Adding a direction pushes every vector by the same amount, wherever it stood. Write the more careful dial: move each vector *along the direction only*, until it lies exactly `amount` lengths of `direction` away from `centre`, measured along it. With a mass-mean direction and its centre,
`amount = +½` is the mean of one class, `−½` the mean of the other, 0 halfway. What the vector says at right angles to the direction must stay.

**Why.** *Decodable is not used.* To find out whether the model reads a direction, you set it, and only it, and look at what the model says.

**Given.** `acts` with any number of leading axes and d last; `direction` and `centre` of shape (d); `amount`, a number. Do not change `acts` itself.

<details><summary>Hint: how far is it now?</summary>

With $u$ the direction scaled to length 1, a vector $x$ lies at $(x - c) \cdot u$. Where should it lie? Add the missing part, along $u$.

</details>
"""


# %% exercise="probing.set_along" kind="intervene" points=3 difficulty=3 importance=5 minutes=15
def set_along(
    acts: Float[Tensor, "*item d"], direction: Float[Tensor, " d"], centre: Float[Tensor, " d"], amount: float
) -> Float[Tensor, "*item d"]:
    """The activations moved along `direction` until each lies `amount` of its lengths from `centre`; the rest stays."""
    ### BEGIN SOLUTION
    share = (acts - centre) @ direction / direction.square().sum()  # in lengths of the direction
    return acts + (amount - share)[..., None] * direction
    ### END SOLUTION


# %% [markdown]
r"""
The dial for *number*: fitted on half of the nouns in "The key" and "The keys", set at the noun of "The … behind the garden", for singular and plural nouns of the other half. If the model reads this direction, both lines must rise, and at one setting it should not matter any more which noun it was.
"""

# %%
set_along = or_reference("probing.set_along", set_along)
nouns = list(statements.nouns().items())
learn, held = nouns[::2], nouns[1::2]
bare = probes.last_tokens(model, [f"The {pair[k]}" for k in (0, 1) for pair in learn], [12])[0]
number, middle = mass_mean(bare, torch.arange(2 * len(learn)) >= len(learn))
is_are = data.answer_ids(model.tokenizer, ["is", "are"])
here = Site("resid", layer=12, position=2)


def lead(k, way, amount):
    """How far " are" is ahead of " is" with the dial at `amount` along `way`; singulars (k = 0) or plurals (1)."""
    change = {here: lambda x: set_along(x.float(), way, middle, amount).to(x.dtype)}
    told = logits(model, [f"The {pair[k]} behind the garden" for pair in held], write=change)[:, -1][:, is_are].float()
    return stats.bootstrap(told[:, 1] - told[:, 0])


amounts = [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
other = stats.random_directions(1, len(number), seed=2)[0] * number.norm()
series = {f"{name}, {kind}": [lead(k, way, a) for a in amounts] for name, way in (("number", number), ("random", other)) for k, kind in enumerate(("singular", "plural"))}

# %% tags=["hide-input"]
plots.line(
    amounts, series, null=["random, singular", "random, plural"], reference={"as likely": 0.0}, title="The dial for number, and a random one", x_label="setting (½: mean of plurals, −½: mean of singulars)",
    y_label="lead of 'are' over 'is', logits", alt="With the number direction both kinds of noun rise from is to are; with a random direction singulars stay low and plurals high.",
)  # fmt: skip

# %% [markdown]
r"""
The two lines come close but do not quite meet. What keeps them apart is what one direction did not hold: the noun's number was heard elsewhere before block 12, or lies partly along other directions. A dial that moves *most* of the effect is a finding; "*the* number direction" would be one word too many.
"""

# %% [markdown]
r"""
## Exercise 8 · Truth without labels

**What.** Write the loss of [contrast-consistent search](term:contrast-consistent-search), averaged over pairs (the last axis):

$$\underbrace{\left(p_{\text{yes}} - (1 - p_{\text{no}})\right)^2}_{\text{consistency}} + \underbrace{\min(p_{\text{yes}}, p_{\text{no}})^2}_{\text{confidence}}$$

**Why.** It is a lovely idea: describe what truth *does* instead of saying what is true. And its flaw can be seen in the formula. Who else satisfies it?

**Given.** `p_yes` and `p_no`, the probabilities that a direction gives to each claim and to its negation: shape (…, pair). Leading axes are several tries; each gets its own number.
"""

# %% exercise="probes.ccs_loss" kind="implement" points=2 difficulty=2 importance=4 minutes=8

# %% [markdown]
r"""
Vectors made up for the purpose: 400 pairs in which *truth* (axis 0) and a *fruit* (axis 1, a coin in every pair) both take opposite values on the two sides. Truth has size 1. We make the fruit louder and louder, and ask the labels that CCS never saw which of the two it follows.
"""

# %%
ccs_loss = or_reference("probes.ccs_loss", ccs_loss)
generator = torch.Generator().manual_seed(0)
truth, fruit = (torch.randint(2, (400,), generator=generator) * 2 - 1 for _ in range(2))
noise = torch.randn(2, 400, 20, generator=generator)
loudness, follows, low = [0.0, 0.5, 0.75, 1.0, 1.5, 2.0], {"truth": [], "fruit": []}, []
for loud in loudness:
    sides = noise.clone() * 0.5
    for sign, side in zip((1, -1), sides, strict=True):
        side[:, 0] += sign * truth
        side[:, 1] += sign * loud * fruit
    yes, no = (side - side.mean(0) for side in sides)
    probe = probes.ccs(yes, no)
    p_yes, p_no = (probes.score(probe, side).sigmoid() for side in (yes, no))
    low.append(ccs_loss(p_yes, p_no).item())
    for name, wanted in (("truth", truth), ("fruit", fruit)):
        share = ((p_yes > p_no) == (wanted > 0)).float().mean().item()
        follows[name].append(max(share, 1 - share))

# %% tags=["hide-input"]
plots.line(
    loudness, follows, reference={"coin": 0.5}, y_range=(0.4, 1.03), title="Which of two consistent features does CCS follow?", x_label="size of the fruit (truth: 1)", y_label="share of pairs in the right camp",
    alt="As the fruit grows past the size of truth, agreement with truth falls from 1 to one half and agreement with the fruit rises to 1.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(f"The loss sees nothing wrong: {', '.join(f'{value:.3f}' for value in low)} from left to right. With a loud fruit it is, if anything, more content than with the truth. In [chapter 02](../chapters/02_probing.ipynb) the same happens in a real model, with the word *banana*.")
