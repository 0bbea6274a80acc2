# %% [markdown]
r"""
# 02 · Probing

*What can be read from a vector, what does reading prove, and how would we find out whether the model reads it too?*

> **Time** 80 min · **Needs** [chapter 00](00_city_of_numbers.ipynb), logistic regression by name · **Exercises** [02_probing](../exercises/02_probing.ipynb), about two hours

**After this chapter you can**

- find a direction for a property with two averages, and test it on things that it has never met;
- split data so that nothing leaks, and show by how much a careless split flatters;
- say how much of a probe's success is the probe's, with a control task, selectivity and a code length;
- predict when a truth probe turns upside down, and hijack an unsupervised one with a fruit;
- tell *decodable* from *used*, by steering along a direction and by erasing it, beside controls.

*Where you are:* chapter 00 read single streams and chapter 01 said why directions, rather than neurons, are the thing to look for. Here we give directions names.
Naming is easy. Most of this chapter is about what a name has to survive. Chapter 03 will look for directions that nobody named.
"""

# %%
import numpy as np
import torch
from IPython.display import Markdown
from jaxtyping import Float
from torch import Tensor

from interpbook import data, plots, probes, statements, stats, widgets
from interpbook.activations import fast_dtype
from interpbook.models import Site, load, logits, tokenize, untrained
from interpbook.probes import Probe, emergence
from interpbook.quiz import quiz

torch.set_grad_enabled(False)
model = load(dtype=fast_dtype())  # half the digits, where the processor is faster with them


# %% [markdown]
r"""
## It says *true* to everything

Here are some sentences. Half of them are true, and the model has read enough to know which.
"""

# %%
cities = statements.city_statements()
true = torch.tensor([s.true for s in cities])
subjects = [s.subject for s in cities]
for one in cities[80:86]:
    print(one.true, one.text)

# %%
words = data.answer_ids(model.tokenizer, ["true", "false"])
train = probes.grouped_halves(subjects, seed=0)  # whole cities on one side
exam = (~train).nonzero()[:, 0]


def verdict(items, write=None):
    """How far " true" is ahead of " false" after "… This statement is", in logits."""
    told = [f"{cities[i].text} This statement is" for i in items]
    parts = [logits(model, told[i : i + 64], write=write)[:, -1][:, words].float() for i in range(0, len(told), 64)]
    return torch.cat(parts) @ torch.tensor([1.0, -1.0])


spoken = verdict(exam)
print(f"says 'true' to {stats.proportion(int((spoken > 0).sum()), len(exam))} of the statements")
print(f"is right about {stats.proportion(int(((spoken > 0) == true[exam]).sum()), len(exam))}")

# %% [markdown]
r"""
Ask a model of this size whether a sentence is true and it says yes, out of politeness or habit. So does it not know?

A [probe](term:probe) asks somebody else: the vector. Read the [residual stream](term:residual-stream) at the full stop, where the whole sentence has gone by,
and take the plainest question there is. Do true and false sentences lie in different places, on average? The *[mass-mean](term:mass-mean-probe)* direction of
[Marks and Tegmark, 2023](cite:marks2023) is the difference of the two averages, and a new vector $x$ is read along it from halfway:

$$\theta = \mu_{\text{true}} - \mu_{\text{false}}, \qquad \text{score}(x) = \theta \cdot \left(x - \tfrac12(\mu_{\text{true}} + \mu_{\text{false}})\right).$$

Above zero the probe says *true*. Nothing is trained; there are two averages. Beside it we put [logistic regression](term:linear-probe), which searches for the direction that separates
best ([Alain and Bengio, 2016](cite:alain2016) put one after every layer). All are fitted on half of the cities and tested on the other half.
"""

# %% quote="probes.score"

# %%
layers = list(range(0, 25, 3))
texts = [s.text for s in cities]
acts = probes.last_tokens(model, texts, layers)  # (layer, statement, d_model)
blank = probes.last_tokens(untrained(), texts, [0, 6, 12])
shuffled = true[torch.randperm(len(true), generator=torch.Generator().manual_seed(0))]


def area(fit, x, labels, items):
    """AUROC on `items` of a probe that was fitted on the training half."""
    probe = fit(x[train], labels[train])
    return stats.auroc(probes.score(probe, x[items]), labels[items])


curves = {
    "mass-mean": [area(probes.mass_mean, x, true, exam) for x in acts],
    "logistic": [area(probes.logistic, x, true, exam) for x in acts],
    "shuffled labels": [area(probes.logistic, x, shuffled, exam) for x in acts],
}
plots.line(
    layers, curves, null=["shuffled labels"], y_range=(0.3, 1.03), reference={"coin": 0.5}, title="Reading truth at the full stop", x_label="after block",
    y_label="AUROC, cities that the probe never saw", alt="Both probes stay near 0.5 until block 9, jump to 0.95 at block 12 and stay there; shuffled labels stay around 0.5.",
)  # fmt: skip

# %% [markdown]
r"""
[AUROC](term:AUROC) is the chance that a true statement scores above a false one. There is nothing to read until block 9, and then, within three blocks, nearly everything. In terms of chapter 00: that is where the stream at the
full stop hears from the city's name.

The best of nine layers is a choice, and choices flatter. So we choose inside the training half: fit on half of its cities, pick the layer on the rest. The held-out cities then see one probe, once.
The interval redraws whole cities, because the two sentences about Lyon are not two independent facts.
"""

# %%
inside = probes.grouped_halves([subjects[i] for i in train.nonzero()[:, 0]], seed=1)
first, second = train.nonzero()[inside, 0], train.nonzero()[~inside, 0]
picks = [stats.auroc(probes.score(probes.mass_mean(x[first], true[first]), x[second]), true[second]) for x in acts]
best = int(np.argmax(picks))
layer, stream = layers[best], acts[best]
truth = {"mass-mean": probes.mass_mean(stream[train], true[train]), "logistic": probes.logistic(stream[train], true[train])}


def interval(scores, labels, groups):
    """AUROC with a 95 % interval from redrawing whole groups."""
    pairs = np.stack([np.asarray(scores), np.asarray(labels)], axis=1)
    return stats.bootstrap(pairs, lambda rows: stats.auroc(rows[:, 0], rows[:, 1] > 0), groups=groups, n_resamples=500)


exam_cities = [subjects[i] for i in exam]
held_out = {name: interval(probes.score(probe, stream[exam]), true[exam], exam_cities) for name, probe in truth.items()}
said = interval(spoken, true[exam], exam_cities)

# %% tags=["hide-input"]
null = [area(probes.mass_mean, x, true, exam) for x in blank]
right = {name: stats.proportion(int(((probes.score(p, stream[exam]) > 0) == true[exam]).sum()), len(exam)) for name, p in truth.items()}
Markdown(
    f"Chosen on the training half: block {layer}. AUROC on held-out cities (n counts cities): mass-mean **{held_out['mass-mean']}**, logistic {held_out['logistic']}. As right or wrong, with the border "
    f"that came with the probe: mass-mean {right['mass-mean']}, logistic {right['logistic']}. The *untrained* model gives {', '.join(f'{v:.2f}' for v in null)} after blocks 0, 6 and 12.\n\n"
    "Why *below* one half? Over all statements each country is right exactly as often as wrong. So a country that leans towards *true* among the training cities must lean towards *false* among the others, and a probe that can read nothing but the country's name "
    "is worse than a coin. The same drags the shuffled curve down a little. A null is not always where you expect it; that is why one measures it.\n\n"
    f"And the spoken verdict? Its threshold is hopeless, but its *order* is not quite: AUROC {said}. Remember that number. The model's mouth knows a little; the middle of the model knows a lot."
)

# %% [markdown]
r"""
That is the promise of probing, on one screen. The rest of the chapter asks what it is worth. Four questions, in order of how often they are forgotten:

1. Did the probe meet the answer before? (*leakage*)
2. Would the probe have found anything whatever? (*control tasks*)
3. Is the thing it found what you called it? (*negation, and a banana*)
4. Does the model use it? (*intervention*)

## 1 · Did the probe meet the answer before?

Each city stands in two statements. Split *statements* at random, and most cities stand on both sides. Does that matter? Take labels with nothing to find: toss a coin for every city, write the result on all its statements, and train.
With an honest split nobody can predict the coins of cities they have never seen.
"""

# %%
coin = torch.tensor(stats.control_labels(subjects, 2, seed=0)).bool()  # one coin a city
many = statements.city_statements(seed=1)  # the same true statements, other false ones
twice = torch.cat([stream, probes.last_tokens(model, [s.text for s in many], [layer])[0]])
groups, coins = subjects + [s.subject for s in many], torch.cat([coin, coin])
results = {}
for seed in range(5):
    loose = torch.rand(len(groups), generator=torch.Generator().manual_seed(seed)) < 0.5
    for name, split in (("statements at random", loose), ("whole cities", probes.grouped_halves(groups, seed=seed))):
        probe = probes.logistic(twice[split], coins[split])
        results.setdefault(name, []).append((stats.auroc(probes.score(probe, twice[~split]), coins[~split]), probes.leaked(groups, split)))

# %% tags=["hide-input"]
means = {name: np.mean(rows, axis=0) for name, rows in results.items()}
plots.bar(
    list(results), [stats.bootstrap([a for a, _ in rows]) for rows in results.values()], null=["whole cities"], y_range=(0, 1), reference={"nothing to find": 0.5},
    title="Predicting a coin that was tossed for every city", x_label="what was split", y_label="AUROC (5 splits)",
    alt="Two bars: random splits of statements find the coins well above one half, splits by whole cities do not.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Four statements a city. Split at random, {means['statements at random'][1]:.0%} of the test statements are about a city that the probe has met, and it \"predicts\" coins with AUROC **{means['statements at random'][0]:.2f}**. Split by whole cities, "
    f"{means['whole cities'][1]:.0%} and {means['whole cities'][0]:.2f}. Nothing in the model knows about our coins. The probe learned names by heart.\n\n"
    "So group the split by whatever could be learned by heart: cities here, words in the next section, passages, templates, people. `probes.grouped_halves` does it in a line; noticing *what* to group is the work."
)

# %% [markdown]
r"""
## 2 · Would the probe have found anything whatever?

A second property, a classic: *part of speech*. The book's twenty passages have a few hundred words, each of which we tagged by hand with one of twelve labels (noun, verb, adjective, …). Words are read in context, so that *turn* in
*on every turn* and *until they turn brown* can get different tags.

[Hewitt and Liang, 2019](cite:hewitt2019) asked the embarrassing question. A strong enough probe could ignore grammar and learn a table, *the* → determiner, *cells* → noun. How would we notice? Give it a
[control task](term:control-task): a *random* tag for each word type, the same wherever the word occurs. There is nothing to find in the model. Whatever the probe manages is memory. Their measure is

$$\text{selectivity} = \text{accuracy on the task} - \text{accuracy on the control task}.$$
"""

# %%
tokens = statements.tagged_words()
tags = sorted({w.tag for w in tokens})
pos = torch.tensor([tags.index(w.tag) for w in tokens])
control = torch.tensor(stats.control_labels([w.text.lower() for w in tokens], len(tags), seed=0))
pos_layers = [0, 6, 12, 24]
states = probes.word_states(model, tokens, pos_layers)
folds = probes.grouped_folds([w.passage for w in tokens], 5)  # whole passages
kinds = {"linear": {}, "MLP": {"hidden": 64}}
hits = {
    (kind, task, block): (probes.cross_validated(x, labels, folds, **options) == labels).float()
    for block, x in zip(pos_layers, states, strict=True)
    for kind, options in kinds.items()
    for task, labels in (("part of speech", pos), ("control", control))
}

# %% tags=["hide-input"]
series = {f"{kind}, {task}": [hits[kind, task, block].mean().item() for block in pos_layers] for kind in kinds for task in ("part of speech", "control")}
common = float((pos == pos.mode().values).float().mean())
plots.line(
    pos_layers, series, null=[name for name in series if "control" in name], y_range=(0, 1.03), reference={"always 'noun'": common}, title="Part of speech, and tags that mean nothing",
    x_label="after block", y_label=f"share of {len(tokens)} words right", alt="Accuracy on parts of speech is around 0.9 at all layers for both probes; accuracy on the control task falls from 0.58 to 0.4.",
)  # fmt: skip

# %% tags=["hide-input"]
chosen = {(kind, block): stats.selectivity(hits[kind, "part of speech", block], hits[kind, "control", block]) for kind in kinds for block in pos_layers}
seen = torch.zeros(len(tokens), dtype=torch.bool)
for i, word in enumerate(tokens):
    seen[i] = any(other.text.lower() == word.text.lower() and folds[j] != folds[i] for j, other in enumerate(tokens))
fresh_words = hits["linear", "part of speech", 12][~seen]
fresh_control = hits["linear", "control", 12][~seen]
Markdown(
    f"{len(tokens)} words in 20 passages, every word predicted by a probe trained on other passages. After block 0 a linear probe gets {hits['linear', 'part of speech', 0].mean():.2f} of the tags. But it also gets "
    f"**{hits['linear', 'control', 0].mean():.2f}** of tags *that mean nothing*: one step after the embedding, a word's identity is all there is, and identity is enough for a table. Selectivity {chosen['linear', 0]}. After block 12 it is "
    f"**{chosen['linear', 12]}**, after block 24 {chosen['linear', 24]}. By accuracy alone these layers are nearly the same, {hits['linear', 'part of speech', 12].mean():.2f} and {hits['linear', 'part of speech', 24].mean():.2f}. What changes is how much of the result the model has prepared.\n\n"
    f"A bigger probe does not help: the MLP's selectivity after block 12 is {chosen['MLP', 12]}. (Hewitt and Liang found a much larger gap between the two, with a thousand times our words.) And on the {len(fresh_words)} words that stand in one fold only, where no table helps, "
    f"the linear probe still gets {stats.proportion(int(fresh_words.sum()), len(fresh_words))} of the tags and {stats.proportion(int(fresh_control.sum()), len(fresh_control))} of the control's, with twelve tags to choose from."
)

# %% [markdown]
r"""
### How much does the answer cost?

Accuracy has a blind spot: it does not ask how *hard* the probe had to work. [Voita and Titov, 2020](cite:voita2020) turn probing into a letter. I have the vectors and the tags; you have the vectors. I send you the tags, a piece at a time. The first
piece costs $\log_2 12$ bits a word, since you know nothing. Then you train a probe on what has arrived, and I need only correct its surprise. The [length of the whole letter](term:minimum-description-length) is small if the property can be learned
from *few* examples.
"""

# %%
mixed = torch.cat([(folds == k).nonzero()[:, 0] for k in range(5)])  # passages stay together
letters = {
    (task, block): probes.online_code(states[pos_layers.index(block)][mixed], labels[mixed])
    for task, labels in (("part of speech", pos), ("control", control))
    for block in (0, 12, 24)
}

# %% tags=["hide-input"]
sizes = [round(share * len(tokens)) for share in (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)]
plots.line(
    sizes, {f"{task}, block {block}": code.by_piece for (task, block), code in letters.items() if block != 24}, null=[f"control, block {b}" for b in (0, 12)], log_x=True,
    title="The price of a tag falls as the letter goes on", x_label="words sent so far", y_label="bits a word, in this piece", reference={"no help": float(np.log2(len(tags)))},
    alt="Bits per word fall from 3.6 to about half a bit for parts of speech. For control tags they stay around or above 3.6.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    "How many times shorter than without help: part of speech " + ", ".join(f"**{letters['part of speech', b].compression:.2f}** (block {b})" for b in (0, 12, 24))
    + "; control tags " + ", ".join(f"{letters['control', b].compression:.2f}" for b in (0, 12, 24)) + ". Below 1 the probe was confidently wrong, and the letter got longer. Where accuracy on the control looked respectable, the code says what it cost: "
    "every word's tag had to be bought separately."
)

# %% [markdown]
r"""
## 3 · Is it what you called it?

The truth probe has passed two tests. We have called it a truth probe all along. Now make it earn the name, with the smallest word that changes a sentence's truth: *not*. "The city of Lyon is not in France" is false.

Before you read on: what will the probe from the plain sentences say of the negated ones? A truth probe should rank the true above the false. Something else might not.
"""

# %%
negated = statements.city_statements(negated=True)
not_true = torch.tensor([s.true for s in negated])
late = [12, 15, 18, 21]
not_acts = dict(zip(late, probes.last_tokens(model, [s.text for s in negated], late), strict=True))
not_stream = not_acts[layer]
others = {
    "translations": statements.translation_statements(),
    "comparisons": statements.comparison_statements(80),
}
elsewhere = {name: probes.last_tokens(model, [s.text for s in made], [layer])[0] for name, made in others.items()}
for name in others:
    print(others[name][0], others[name][1].text)

# %% tags=["hide-input", "fig:negation"]
names_of = [f"{'true' if t else 'false'}, {kind}" for kind, labels in (("plain", true), ("with not", not_true)) for t in labels[exam].tolist()]


def plane(block):
    """Held-out statements along the truth direction of the plain ones, and along what "not" adds."""
    plain, nots = acts[layers.index(block)], not_acts[block]
    along = torch.nn.functional.normalize(probes.mass_mean(plain[train], true[train]).direction, dim=0)
    across = nots[train].mean(0) - plain[train].mean(0)
    across = torch.nn.functional.normalize(across - (across @ along) * along, dim=0)
    cloud = torch.cat([plain[exam], nots[exam]]) - plain[train].mean(0)
    return plots.scatter(
        (cloud @ along).round(decimals=2).tolist(), (cloud @ across).round(decimals=2).tolist(), group=names_of, title=f"Held-out statements after block {block}",
        x_label="along the truth direction of the plain statements", y_label="along plain → negated", alt=f"Four clouds after block {block}.",
    )  # fmt: skip


widgets.slider(
    plane, late, label="after block",
    alt="Four clouds. Plain statements below: true to the right, false to the left. Negated ones above: true to the left, false to the right. It is so after each of four blocks.",
)  # fmt: skip

# %% tags=["hide-input"]
upside = {name: interval(probes.score(p, not_stream[exam]), not_true[exam], exam_cities) for name, p in truth.items()}
cosines = {}
for b in late:
    ways = [probes.mass_mean(x[train], y[train]).direction for x, y in ((acts[layers.index(b)], true), (not_acts[b], not_true))]
    cosines[b] = torch.cosine_similarity(*ways, dim=0).item()
Markdown(
    f"It ranks them **upside down**: AUROC {upside['mass-mean']} (logistic {upside['logistic']}). Not at random: wrong with great confidence. The direction fitted on negated statements has cosine **{cosines[12]:.2f}** with the one fitted on plain ones after block 12, and {cosines[15]:.2f}, {cosines[18]:.2f}, {cosines[21]:.2f} after blocks 15, 18 and 21 (move the slider): the *not* is heard late, and never enough to turn the clouds round. Marks and Tegmark saw this "
    "in models a hundred times larger; [Bürger et al., 2024](cite:burger2024) explain it by two directions that take part at once, one for *truth* and one for *truth times polarity*.\n\n"
    "Whatever our direction is, then, it is not *this sentence is true*. It looks more like *this country goes with this city*, and the *not* went all but unheard."
)

# %% [markdown]
r"""
Can one direction serve both? Fit a probe on both kinds together (each with its own average taken off, since *not* moves all of them alike). And does either travel: to translations ("The Spanish word 'perro' means 'dog'."), and
to comparisons of numbers?
"""

# %%
def centred(x, y, items=None):
    """Vectors with the average of their kind taken off, and their labels."""
    middle = x[train].mean(0) if items is not None else x.mean(0)
    return (x if items is None else x[items]) - middle, y if items is None else y[items]


sets = {"cities": centred(stream, true, exam), "not cities": centred(not_stream, not_true, exam)}
sets |= {name: centred(elsewhere[name], torch.tensor([s.true for s in made])) for name, made in others.items()}
plain_set, not_set = centred(stream, true, train), centred(not_stream, not_true, train)
both_set = torch.cat([plain_set[0], not_set[0]]), torch.cat([plain_set[1], not_set[1]])
travel = {
    f"{name}, {fit.__name__.replace('_', '-')}": [stats.auroc(probes.score(fit(*made), x), y) for x, y in sets.values()]
    for name, made in (("cities", plain_set), ("not cities", not_set), ("both", both_set))
    for fit in (probes.mass_mean, probes.logistic)
}

# %% tags=["hide-input"]
plots.heatmap(
    torch.tensor(list(travel.values())).round(decimals=2), x=list(sets), y=list(travel), diverging=False, z_range=(0, 1), text=True, title="Trained on rows, tested on columns",
    x_label="tested on (held-out cities, or a set never trained on)", y_label="trained on", colour_label="AUROC",
    alt="AUROC table. Trained on cities: cities high, negations near zero, translations 0.8, comparisons one half. Trained on both: both high with logistic regression; the rest unsure.",
)  # fmt: skip

# %% tags=["hide-input"]
names = list(sets)
cell = {(row, column): value for row, values in travel.items() for column, value in zip(names, values, strict=True)}
n_translations, n_comparisons = len(others["translations"]), len(others["comparisons"])
Markdown(
    f"Trained on both kinds, logistic regression serves both: {cell['both, logistic', 'cities']:.2f} and {cell['both, logistic', 'not cities']:.2f} on held-out cities. So something that follows the *not* is in there too, but it is no longer the plain difference of averages "
    f"({cell['both, mass-mean', 'cities']:.2f} and {cell['both, mass-mean', 'not cities']:.2f}). The plain probe carries over to translations at {cell['cities, mass-mean', 'translations']:.2f} (n = {n_translations} statements), which no list of cities "
    f"could explain, and not at all to comparisons: {cell['cities, mass-mean', 'comparisons']:.2f} (n = {n_comparisons}). *Going together* is something that dogs and perros have in common with Lyon and France, and sixty-one and forty do not."
)

# %% [markdown]
r"""
### A banana takes over

Labels can smuggle in our beliefs. Could we find truth *without* any? [Burns et al., 2022](cite:burns2022) had a beautiful idea. Take a claim and its negation. Whatever truth is, the two must get opposite verdicts. So look for a direction, any direction,
along which $p(x^+)$ and $p(x^-)$ add up to one (*consistency*) without both sitting at one half (*confidence*). It is called [contrast-consistent search](term:contrast-consistent-search), CCS, and no label is used anywhere.
"""

# %% quote="probes.ccs_loss"

# %%
def camps(yes, no):
    """Which of two camps CCS puts each pair into; found on training cities."""
    yes, no = probes.normalised(yes), probes.normalised(no)
    probe = probes.ccs(yes[train], no[train])
    return probes.score(probe, yes).sigmoid() > probes.score(probe, no).sigmoid()


def agreement(found, labels, items):
    """Share of pairs on the better of the two readings, since CCS cannot say which camp is which."""
    share = (found[items] == labels[items]).float().mean().item()
    return stats.proportion(round(max(share, 1 - share) * len(items)), len(items))


practice = train.nonzero()[:, 0]
by_layer = {b: camps(acts[layers.index(b)], not_acts[b]) for b in late}
chosen_block = max(late, key=lambda b: agreement(by_layer[b], true, practice).value)
for b in late:
    print(f"after block {b}: training cities {agreement(by_layer[b], true, practice).value:.2f}, held out {agreement(by_layer[b], true, exam)}")
without = agreement(by_layer[chosen_block], true, exam)

# %% [markdown]
r"""
Without a single label (except that we use them to choose the layer, on the training half: a help that CCS would not have in earnest, and it needs it). Now append one more sentence to every statement. In each pair of claim and negation a coin decides which of the two gets **Banana.** and which gets **Shed.**
The fruit has nothing to do with the city, nor with truth. But it, too, takes opposite values on the two sides of every pair: consistent, and *very* confident.
"""

# %%
some = (torch.arange(len(cities)) // 2) % 2 == 0  # every other city
kept = some.nonzero()[:, 0]
fruit = torch.rand(len(cities), generator=torch.Generator().manual_seed(5)) < 0.5
ends = {True: " Banana.", False: " Shed."}
yes_end = [cities[i].text + ends[bool(fruit[i])] for i in kept]
no_end = [negated[i].text + ends[not fruit[i]] for i in kept]
yes, no = (probes.normalised(probes.last_tokens(model, told, [chosen_block])[0]) for told in (yes_end, no_end))
here = train[kept]
hijacked = probes.ccs(yes[here], no[here])
found = probes.score(hijacked, yes).sigmoid() > probes.score(hijacked, no).sigmoid()
rest = (~here).nonzero()[:, 0]
verdicts = {"truth": agreement(found, true[kept], rest), "the fruit": agreement(found, fruit[kept], rest)}
labelled = probes.logistic(yes[here], true[kept][here])
still = stats.auroc(probes.score(labelled, yes[rest]), true[kept][rest])

# %% tags=["hide-input"]
plots.bar(
    ["truth, plain pairs", "truth, with fruit", "the fruit"], [without, verdicts["truth"], verdicts["the fruit"]], y_range=(0, 1.03), reference={"coin": 0.5},
    title="What do the two camps of CCS agree with?", x_label="compared with", y_label="share of held-out pairs", alt="Plain pairs agree with truth in most cases; with the fruit, agreement with truth falls to one half and agreement with the fruit is perfect.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"The camps now agree with truth in {verdicts['truth']} pairs, and with the fruit in **{verdicts['the fruit']}**. Truth has not gone: a probe with labels still reads it in the same vectors, AUROC {still:.2f}. CCS just has no reason to prefer it. "
    "[Farquhar et al., 2023](cite:farquhar2023) proved that *any* property can be dressed up to satisfy the loss, and hijacked CCS with random words; our version is cruder than theirs, since we put the word into the contrast ourselves. "
    "The moral is not about fruit. Consistency is something that truth has, not something that only truth has."
)

# %% [markdown]
r"""
## 4 · Does the model use it?

*Decodable is not used.* A barometer reads the weather and moves no cloud. The only way to find out is to reach in: push along the direction, or take it out, and see whether anything downstream cares ([steering](term:steering), [erasure](term:concept-erasure)).

A null result of such a test can mean two things: the model does not use the direction, or our reach was too short. So we start with a **positive control**, a property that the model surely uses: the *number* of a noun.
"The keys behind the garden" must go on with *are*, and nothing but the noun says so. (Making models agree over a distance is an old test: [Linzen et al., 2016](cite:linzen2016).)
"""

# %%
nouns = list(statements.nouns().items())
learn, held = nouns[::2], nouns[1::2]
is_are = data.answer_ids(model.tokenizer, ["is", "are"])
FRAMES = ["The {} behind the garden", "The {} near the gate"]  # equally long, so that the noun has one place


def lead(pairs, number, write=None):
    """How far " are" is ahead of " is", in logits, for the singulars (0) or plurals (1), over all frames."""
    told = [frame.format(pair[number]) for frame in FRAMES for pair in pairs]
    return logits(model, told, write=write)[:, -1][:, is_are].float() @ torch.tensor([-1.0, 1.0])


number_layers = [3, 9, 15]
bare = probes.last_tokens(model, [f"The {pair[k]}" for k in (0, 1) for pair in learn], number_layers)
plural = torch.arange(2 * len(learn)) >= len(learn)
number = {block: probes.mass_mean(x, plural) for block, x in zip(number_layers, bare, strict=True)}
singulars, plurals = lead(held, 0), lead(held, 1)
print(f"singular: {stats.bootstrap(singulars)}   plural: {stats.bootstrap(plurals)}  (lead of 'are', logits)")

# %% [markdown]
r"""
Fitted on one half of the nouns, in the two words *The keys*; tested on the other half, in longer sentences, by adding a multiple of the direction at the noun of a *singular* sentence. The null is random directions of the same length.
"""

# %%
doses, block = [-1, 0, 1, 2], 9
push = number[block].direction


def pushed(vector, dose):
    """The lead of "are" in singular sentences after adding dose · vector at the noun."""
    return lead(held, 0, {Site("resid", layer=block, position=2): lambda x: x + (dose * vector).to(x.dtype)})


steered = [stats.bootstrap(pushed(push, dose)) for dose in doses]
random_ways = stats.random_directions(3, len(push), seed=0) * push.norm()
random_lead = np.array([[pushed(way, dose).mean().item() for dose in doses] for way in random_ways])

# %% tags=["hide-input"]
plots.line(
    doses, {"number direction": steered, "random (mean of 3)": random_lead.mean(0)}, band={"random (mean of 3)": (random_lead.min(0), random_lead.max(0))}, null=["random (mean of 3)"],
    reference={"as likely": 0, "real plurals": plurals.mean().item()}, title="One push at the noun turns the verb", x_label="dose (1 = the difference of the averages)", y_label="lead of 'are' over 'is', logits",
    alt="The lead rises from minus 6 at dose 0 to plus 3.5 at dose 1, the level of real plurals. Random directions leave it near minus 6.",
)  # fmt: skip

# %%
further = {b: stats.bootstrap(lead(held, 0, {Site("resid", layer=b, position=2): lambda x, b=b: x - number[b].direction.to(x.dtype)})) for b in number_layers}
rows = []
centre = {b: x.mean(0) for b, x in zip(number_layers, bare, strict=True)}
for b, x in zip(number_layers, bare, strict=True):
    erasers = {"erased": probes.leace(x, plural), "random": probes.random_eraser(1, centre[b])}
    gaps = [float(plurals.mean() - singulars.mean())]
    for eraser in erasers.values():
        site = {Site("resid", layer=b, position=2): lambda v, e=eraser: probes.erase(e, v.float()).to(v.dtype)}
        gaps.append(float(lead(held, 1, site).mean() - lead(held, 0, site).mean()))
    rows.append((b, *gaps))

# %% tags=["hide-input"]
table = "\n".join(f"| {b} | {intact:.1f} | **{erased:.1f}** | {null:.1f} |" for b, intact, erased, null in rows)
one = steered[doses.index(1)]
Markdown(
    f"Dose 1 moves singular nouns to {one} (n are sentences), where real plurals are: the verb turns from *is* to *are* in {stats.proportion(int((pushed(push, 1) > 0).sum()), 2 * len(held))}. Random directions of that length do nothing of the kind.\n\n"
    f"The left end of the figure should bother you. Push a *singular* noun further towards the singular, at dose −1, and the verb turns as well: {further[9].value:+.1f} after block 9, against {further[3].value:+.1f} after block 3 and {further[15].value:+.1f} after block 15. "
    "The plain reading, *the more of this direction, the more plural*, holds between the two clouds that we averaged, and not beyond them. A direction that steers is not yet a dial.\n\n"
    "The other way to ask is to take number *out* at the noun, with "
    "[LEACE](term:LEACE), which finds the smallest change after which no straight line can tell the two classes apart ([Belrose et al., 2023](cite:belrose2023)). The gap between plurals and singulars, in logits:\n\n"
    f"| erased after block | intact | number erased | a random dimension erased |\n|---|---|---|---|\n{table}\n\nEarly on, a good part survives: by then other words have heard the number already, or it also lies along directions that {2 * len(learn)} training words could not find. "
    "But our reach is long enough. *Used* can be seen when it is there."
)

# %% [markdown]
r"""
### And truth?

The same two tests on the direction that reads truth so well, at the full stop of "The city of Lyon is in France. This statement is …". If the model consults it when it says *true* or *false*, pushing should move the verdict. And remember that the *order* of the spoken verdicts
was better than chance: that is what erasing could destroy.
"""

# %%
asked = exam[:60]
stop = -4  # the full stop; " This statement is" follows
base = verdict(asked)
way = truth["mass-mean"].direction


def moved(vector, dose):
    return verdict(asked, {Site("resid", layer=layer, position=stop): lambda x: x + (dose * vector).to(x.dtype)}) - base


shift = {dose: stats.bootstrap(moved(way, dose)) for dose in (-2, 2)}
nothing = [float(moved(v * way.norm(), 2).mean()) for v in stats.random_directions(4, len(way), seed=1)]
eraser = probes.leace(stream[train], true[train])
gone = verdict(asked, {Site("resid", layer=layer, position=stop): lambda x: probes.erase(eraser, x.float()).to(x.dtype)})
asked_cities = [subjects[i] for i in asked]
order = {"intact": interval(base, true[asked], asked_cities), "erased": interval(gone, true[asked], asked_cities)}
left = probes.erase(eraser, stream)
readable = area(probes.logistic, left, true, exam)

# %% tags=["hide-input"]
Markdown(
    f"**Nothing that a random push does not do.** Twice the difference of the averages moves the lead of *true* by {shift[2].value:+.2f} logits [{shift[2].low:+.2f}, {shift[2].high:+.2f}], minus twice by {shift[-2].value:+.2f} [{shift[-2].low:+.2f}, {shift[-2].high:+.2f}] (n = {len(asked)} statements; the lead is {base.mean():.1f} to begin with). Four random directions of that length: {min(nothing):+.2f} to {max(nothing):+.2f}. For comparison, the push on number "
    f"was worth {one.value - steered[doses.index(0)].value:.0f} logits at half the dose. Erasing truth at the full stop (a fresh probe there falls to {readable:.2f}) leaves the order of the verdicts at AUROC {order['erased']}; intact it was {order['intact']}.\n\n"
    "So this is a barometer. The direction is there, it can be read at a glance, and this verdict, as far as our pushing can tell, is made elsewhere. In larger models the same push *does* change what they say ([Marks and Tegmark, 2023](cite:marks2023)); that the *verdict* of a small model is its own affair is "
    "the subject of [chapter 06](06_banana.ipynb)."
)

# %% [markdown]
r"""
### Amnesia

A third kind of answer lies between the two. Nobody asks a model for parts of speech. But does it use them to do its job, guessing the next word? [Elazar et al., 2021](cite:elazar2021) take a property out everywhere and look at the loss: [amnesic probing](term:amnesic-probing).
Twelve tags take eleven dimensions. Two nulls: a random eleven, and the eleven in which LEACE finds the *control* tags. The second is the harder one: the same procedure, the same number of dimensions, the same freedom to fit.
"""

# %%
half = probes.grouped_halves([w.passage for w in tokens], seed=0)
held_titles = list(dict.fromkeys(w.passage for w, is_train in zip(tokens, half.tolist(), strict=True) if not is_train))
batch = tokenize(model, [data.passages()[title] for title in held_titles])
inner = batch.mask & (batch.mask.cumsum(-1) > 1)  # every token but the separator


def surprise(eraser=None, block=0):
    """Nats a token on each held-out passage, with an eraser at work on every token."""
    def change(x):
        return torch.where(inner[..., None], probes.erase(eraser, x.float()).to(x.dtype), x)

    write = None if eraser is None else {Site("resid", layer=block): change}
    told = logits(model, batch, write=write)[:, :-1].float().log_softmax(-1)
    lost = -told.gather(-1, batch.ids[:, 1:, None])[..., 0] * batch.mask[:, :-1]
    return (lost.sum(-1) / batch.mask[:, :-1].sum(-1)).numpy()


clean, amnesia = surprise(), {}
for block in (6, 12, 24):
    x = states[pos_layers.index(block)][half]
    for name, e in (("parts of speech", probes.leace(x, pos[half])), ("control tags", probes.leace(x, control[half])), ("random", probes.random_eraser(11, x.mean(0)))):
        amnesia.setdefault(name, []).append(stats.difference(surprise(e, block), clean, paired=True))

# %% tags=["hide-input"]
plots.bar(
    ["after block 6", "after block 12", "after block 24"], amnesia, null=["control tags", "random"], title="What forgetting costs, on passages that fitted nothing", x_label="erased at every token",
    y_label="extra nats a token", alt="Erasing parts of speech costs about one nat at every depth; control tags cost a few tenths or less, random dimensions almost nothing.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"Without parts of speech the model loses **{amnesia['parts of speech'][1]}** nats a token after block 12 (n are passages; {clean.mean():.2f} to begin with), without the control tags {amnesia['control tags'][1]}, without eleven random dimensions {amnesia['random'][1]}. "
    "That the control costs anything shows that eleven *fitted* dimensions are never quite innocent. What remains beyond it is what this test can say: the model, or rather the dimensions in which parts of speech can be read, is in use."
)

# %% [markdown]
r"""
## Where does a truth direction come from?

Nobody labels sentences for a language model. Why should *goes together* become a direction at all? [Ravfogel et al., 2025](cite:ravfogel2025) propose that texts are reliable or unreliable as a whole. Whoever got one fact right will get the next one right. So it pays to notice whether the first fact was
right, before guessing the second. They built a toy in which one can watch it happen; ours is smaller, and it is a [model organism](term:model-organism): we know all that it was taught.

Sixty-four facts, *subject attribute*. A sequence is two of them; in 90 % of sequences both are right, in the rest both attributes are drawn at random. The model: embeddings, one attention layer that takes plain averages, one *normalisation* that scales each stream to the same length, one unembedding. Five
models in one go: two as described, two **without the normalisation**, and one that has it but lives in a world where the two facts of a sequence are reliable or not *independently*.
"""

# %%
worlds = [emergence.World()] * 2 + [emergence.World(norm=False)] * 2 + [emergence.World(shared=False)]
story = []
emergence.train(worlds, steps=2400, watch=lambda step, w: story.append(emergence.look(step, w, worlds)) if step % 300 == 0 else None)
steps = [moment.step for moment in story]
after, before = (np.array([getattr(moment, name) for moment in story]) for name in ("after", "before"))

# %% tags=["hide-input"]
plots.line(
    steps, {"with norm": after[:, :2].mean(1), "with norm, read before it": before[:, :2].mean(1), "without norm": after[:, 2:4].mean(1), "facts apart": after[:, 4]}, y_range=(0.2, 1.03), reference={"coin": 0.5},
    null=["without norm", "facts apart"], title="Was the first fact right? Read at the second subject", x_label="training step", y_label="AUROC, facts that the probe never saw",
    alt="With normalisation AUROC rises slowly from 0.5 to above 0.9. Read before the norm, without a norm, or with independent facts it stays near 0.5.",
)  # fmt: skip

# %% tags=["hide-input"]
last = story[-1]
trust, doubt = np.mean(last.known_after_right[:2]), np.mean(last.known_after_wrong[:2])
trust_none, doubt_none = np.mean(last.known_after_right[2:4]), np.mean(last.known_after_wrong[2:4])
knew = next(moment.step for moment in story if np.mean(moment.known_after_right[:2]) > 0.8)
Markdown(
    f"First the toys learn the facts: by step {knew} they give the right second attribute a probability above 0.8, and no truth direction is in sight. It comes later, AUROC {after[-1, 0]:.2f} and {after[-1, 1]:.2f} in two models at step {steps[-1]}, and with it comes *doubt*: after a right first fact the second is known with probability {trust:.2f}, after a wrong "
    f"one with {doubt:.2f}. Without the normalisation there is neither (AUROC {after[-1, 2]:.2f} and {after[-1, 3]:.2f}; {trust_none:.2f} after right, {doubt_none:.2f} after wrong), nor where facts are apart ({after[-1, 4]:.2f}).\n\n"
    f"The curve that surprised us is *read before the norm*: {before[-1, :2].mean():.2f}. In the stream as the attention leaves it, no straight line finds truth. But its *length* alone tells right from wrong: the stream after a right first fact is the shorter one in {1 - np.mean(last.length[:2]):.0%} of pairs of sequences (without the norm {1 - np.mean(last.length[2:4]):.0%}). What fits cancels. "
    "Dividing by the length then turns a difference in length into a difference in direction. A layer that we thought of as plumbing does the computing."
)

# %% [markdown]
r"""
## What would prove this wrong?

We claim that in the middle layers the model represents whether a city and a country *go together*, and that the probe reads that. Three ways to lose:

1. **It is only distance.** If the direction separates France from Japan but not France from Belgium, it reads *the same part of the world*, not *goes together*. So: false statements whose country lies in the right region against those from elsewhere.
2. **It is only expectation.** A right country is also the more *probable next word*. If the model's own log-probability of the sentence ranks statements as well as the probe does, then "truth" is a grand name for "no surprise", and negation had to turn it upside down.
3. **It is only this list.** Predicted above: it must carry over to translations. It did, in part; to comparisons it did not.
"""

# %%
region = statements.region_of()
lies = {
    "same region": statements.city_statements(allowed=lambda a, b: region[a] == region[b]),
    "elsewhere": statements.city_statements(allowed=lambda a, b: region[a] != region[b]),
}
held_set, right_ones = set(exam_cities), exam[true[exam]]
closeness = {}
for name, made in lies.items():
    false_ones = [s for s in made if s.subject in held_set and not s.true]
    x = torch.cat([stream[right_ones], probes.last_tokens(model, [s.text for s in false_ones], [layer])[0]])
    labels = torch.arange(len(x)) < len(right_ones)
    closeness[name] = interval(probes.score(truth["mass-mean"], x), labels, [subjects[i] for i in right_ones] + [s.subject for s in false_ones])

# %%
expected = {name: probes.log_probs(model, [made[i].text for i in exam]) for name, made in (("plain", cities), ("with not", negated))}
labels = {"plain": true[exam], "with not": not_true[exam]}
surprise_area = {name: interval(expected[name], labels[name], exam_cities) for name in expected}
score = probes.score(truth["mass-mean"], stream[exam])


def within_city(values):
    """Each statement minus the other one about its city: true minus false is then all that differs."""
    pairs = torch.as_tensor(values).reshape(-1, 2)
    return (pairs[:, 0] - pairs[:, 1]).numpy()


gap_score, gap_expected = within_city(score), within_city(expected["plain"])
hard = gap_expected < np.quantile(gap_expected, 0.25)  # cities where expectation helps least
correlation = np.corrcoef(gap_score, gap_expected)[0, 1]

# %% tags=["hide-input"]
paired_probe, paired_expected = ((g > 0) for g in (gap_score, gap_expected))
Markdown(
    f"**Distance.** Lies from the same region: AUROC {closeness['same region']}; from elsewhere: {closeness['elsewhere']}. Near lies are somewhat harder, as if nearness counted a little. But it is far from all.\n\n"
    f"**Expectation.** This one bites. The sentence's own log-probability ranks plain statements with AUROC {surprise_area['plain']}, negated ones with {surprise_area['with not']}: the same shape, upside down and all. Within a city (the true statement against the false one) the probe is right for "
    f"{stats.proportion(int(paired_probe.sum()), len(paired_probe))}, expectation for {stats.proportion(int(paired_expected.sum()), len(paired_expected))}; over cities the two gaps correlate at {correlation:.2f}. In the quarter of cities where expectation helps least the probe is still right for "
    f"{stats.proportion(int(paired_probe[hard].sum()), int(hard.sum()))}.\n\n"
    "That is no better than expectation, where the two compete on equal terms; the probe's advantage lies in comparing *different* cities, whose sentences are more or less probable for all sorts of reasons.\n\n"
    f"So what stands at the end of the day? *After block {layer} a direction tells whether a city and a country go together, and as far as this test can see that may be the model's own expectation, put on a common scale.* \"The model knows which statements are true\" would have been the magazine's version of the same data."
)

# %% [markdown]
r"""
## The big idea

A probe is a question that we put to a vector, and it always answers. Whether the answer is about the model, about the split, about the probe's memory or about a fruit is up to the controls. Three words, in rising order of price: **decodable** (a probe on held-out groups beats its control), **named rightly** (it survives
negation, transfer and the nearest rival explanation), **used** (pushing and erasing it moves what the model does, and matched nothing does not). Number passed all three. Parts of speech passed the first and the third. Truth, in this model, passed the first, half of the second, and failed the third.

## Key terms

[probe](term:probe) · [linear probe](term:linear-probe) · [mass-mean probe](term:mass-mean-probe) · [AUROC](term:AUROC) · [grouped split](term:grouped-split) · [control task](term:control-task) · [selectivity](term:selectivity) ·
[minimum description length](term:minimum-description-length) · [contrast-consistent search](term:contrast-consistent-search) · [truth direction](term:truth-direction) · [steering](term:steering) · [concept erasure](term:concept-erasure) · [LEACE](term:LEACE) ·
[amnesic probing](term:amnesic-probing) · [null](term:null) · [model organism](term:model-organism)

## What we did not test

- Other models. The published work on truth directions uses models fifty to five hundred times this size; that pushing along truth does nothing *here* says nothing about them.
- Every place. We pushed at the full stop, after one block. A verdict could be made from the country's own token, or earlier.
- Nonlinear erasure. LEACE hides a property from straight lines. A bent probe may still find it.
- Tags by more than one hand. One person tagged the passages, once; nobody measured agreement.
- Whether the toy's route is the route of real models. It shows that normalisation *can* make a truth direction, and that this toy cannot do without.

## Related chapters and reading

[Chapter 01](01_superposition.ipynb) on why directions are crowded, [chapter 03](03_sparse_autoencoders.ipynb) on finding them without names, [chapter 06](06_banana.ipynb) on recall against verdict. A sober review of the method is [Belinkov, 2022](cite:belinkov2022). Before you publish a probe, go through the
[evidence checklist](../book/pages/checklist.md).

## Quiz
"""

# %%
quiz("02_probing")
