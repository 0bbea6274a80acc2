# %% [markdown]
r"""
# 06 · The banana consistency case

*A model knows that bananas are yellow. Does it know that "Bananas are yellow" is true?*

> **Time** 90 min · **Needs** [chapter 00](00_city_of_numbers.ipynb); attention, patching and nulls from there · **Exercises** [06_banana](../exercises/06_banana.ipynb), about two hours

**After this chapter you can**

- ask a model the same thing in two ways and score both without being fooled by its taste for *No*;
- screen every attention head at once for one job, predict the winners from their weights, and give the screen a null;
- split an attention score into what each part of the stream contributes;
- tell decodable from used, and used from said, by ablation and by steering one side of one head;
- train a model whose route you know, and check that your tests can tell two routes apart.

*Where you are:* chapter 00 found the heads that fetch a capital. Here a second ability joins the first, and the question is whether
the two share anything.
"""

# %% tags=["hide-input"]
import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from IPython.display import Markdown
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook import attention, consistency, data, plots, stats, widgets
from interpbook.activations import fast_dtype
from interpbook.attention import HeadWeights, ablation, concordance, double_centre, head_weights, qk_eigen_skew, rms, rotation
from interpbook.models import Site, info, load, next_logits, read
from interpbook.models.loading import network
from interpbook.organisms import adapters, artifacts, banana, dissociation, edits, follows, lookup, routes, verifier
from interpbook.organisms.adapters import switched_on
from interpbook.organisms.artifacts import open_adapter
from interpbook.quiz import quiz

# isort: split
from nnsight import TransformersModel

torch.set_grad_enabled(False)
model = load()
sizes = info(model)

# %% [markdown]
r"""
## One banana, two questions

*What colour is a banana?* and *Is it true that bananas are yellow?* look like one question. Whoever can answer the first can answer
the second: say the colour to yourself, compare, done. Call that *compute, then compare*.

A report on Claude 3.5 Haiku found something else. [Kamath et al., 2025](cite:kamath2025) asked "Answer with yes or no. The color of a
banana is yellow?" and traced the *Yes* back. They saw no comparison with a recalled colour. Instead some attention heads looked from the
colour word to the noun when the two go together, and others when they clash. *Concordance heads* and *discordance heads*, they called
them. The magazine version: one part of the model tells you that bananas are yellow, another that "Bananas are yellow" is true
([Heaven, 2026](cite:heaven2026)).

If that is how models work, then "the model believes that bananas are yellow" has no single meaning. It matters beyond fruit: we test
models by asking them to judge statements, and then trust what they say.

We cannot open Claude. We can ask which parts of the story hold on a model that everyone can run, and what would show that they do not.
"""

# %% [markdown]
r"""
## Ask it

Thirty things, three for each of ten colours, so that no colour is right more often than another (`colours.toml` says why these). A second list
of twenty stays shut until the last test of this chapter.

Say it: the logits of the ten colours after *The color of the banana is*. Judge it: how far *Yes* is ahead of *No* after
*Is the banana yellow?*, for all 300 claims.
"""

# %%
things, colours, true = consistency.colours()
SAY = ["The color of the {subject} is", "Everyone knows that the {subject} is"]
JUDGE = ["Is the {subject} {answer}?", "Is the color of the {subject} {answer}?"]
said = {template: consistency.recall(model, things, colours, template) for template in SAY}
judged = {template: consistency.verdicts(model, things, colours, template) for template in JUDGE}

# %% [markdown]
r"""
A model has tastes. Ours likes *red* whatever you show it, and it likes *No*. So three scores:

- **plain**: is the highest colour the true one, or does *Yes* win exactly when it should? Tastes count in full.
- **paired**: take a thing, its true colour and a false one. Which scores higher? A taste for *No* moves both alike and cancels.
- **prior removed**: as *paired*, after subtracting each colour's average over all things.

Chance is 0.1 for saying, 0.5 for the rest.
"""

# %% quote="consistency.paired"

# %% tags=["hide-input", "fig:two_abilities"]
rows, nothing = {}, 0.5
for template, table in (said | judged).items():
    rows[template] = [consistency.paired_interval(t, true) for t in (table, consistency.without_prior(table))]
plots.bar(
    [t.format(subject="…", answer="…") for t in rows], {"paired": [r[0] for r in rows.values()], "prior removed": [r[1] for r in rows.values()]},
    horizontal=True, y_range=(0, 1), reference={"chance": nothing}, title="Saying and judging the colours of thirty things",
    x_label="template", y_label="true colour ranked above a false one",
    alt="Horizontal bars with intervals for two recall templates, well above chance, and two verdict templates, at chance or below it.",
)  # fmt: skip

# %% tags=["hide-input"]
top = {t: stats.proportion(int(consistency.right(v, true).sum()), len(things)) for t, v in said.items()}
yes = {t: ((v > 0).double().mean().item(), consistency.plain(v, true)) for t, v in judged.items()}
first_say, first_judge = SAY[0], JUDGE[0]
own_view = stats.bootstrap(consistency.agreement(said[first_say], judged[first_judge]), n_resamples=500)
Markdown(
    f"It *says* the right colour first for {top[SAY[0]]} and {top[SAY[1]]} of things, by template; chance is 0.1. It *judges*: {rows[JUDGE[0]][0]} and {rows[JUDGE[1]][0]} (paired). "
    f"The plain score of its verdicts is {yes[JUDGE[0]][1]:.2f} and {yes[JUDGE[1]][1]:.2f}, because it says *Yes* to {yes[JUDGE[0]][0]:.0%} and {yes[JUDGE[1]][0]:.0%} of all claims. "
    f"And does it at least agree with *itself*? Its verdicts rank the colour that it would say above the others with {own_view}; chance is 0.5.\n\n"
    "So: it half knows its colours, and cannot say whether a claim about one is true. With the prior removed its verdicts are, if anything, the wrong way round. "
    "The nearer a colour is to what it would say, the more it leans to *No*. The first lesson costs nothing: *can say* does not imply *can check*."
)

# %% [markdown]
r"""
Here is that disagreement thing by thing: which colour it would say, and which it affirms most (both with the prior removed). A model that judges by what it would say fills the diagonal.
"""

# %% tags=["hide-input", "fig:consistency_matrix"]
would_say, affirms = (consistency.without_prior(table).argmax(1) for table in (said[first_say], judged[first_judge]))
counts = torch.zeros(len(colours), len(colours)).index_put((would_say, affirms), torch.ones(len(things)), accumulate=True)
plots.heatmap(
    counts, x=colours, y=colours, title="What it says and what it affirms", x_label="affirms most", y_label="says", colour_label="things",
    alt=f"A 10 by 10 table of thirty things by the colour said and the colour affirmed most. {int(counts.trace())} lie on the diagonal.",
)  # fmt: skip

# %% tags=["hide-input"]
same_colour = stats.proportion(int((would_say == affirms).sum()), len(things))
Markdown(f"On the diagonal: {same_colour}. If the two had nothing to do with one another, about {(counts.sum(0) @ counts.sum(1)) / len(things)**2:.2f} would be.")

# %%
assert rows[SAY[0]][0].low > 0.5 and rows[SAY[1]][0].low > 0.5  # it knows something
assert rows[JUDGE[0]][0].low < 0.55 and rows[JUDGE[1]][0].low < 0.55  # and cannot judge it
assert own_view.high < 0.5  # nor does it agree with itself

# %% [markdown]
r"""
## Two abilities, four relations

Perhaps colours are too hard. Before looking, we fixed a grid: capitals, continents, opposites and kinds; 24 facts of each; two ways to ask
for the answer, three ways to ask for a verdict. Each fact gives a true claim and a false one, whose answer is right for another fact.
"""

# %%
relations = verifier.relations(model)
grid = {name: data.shuffled(relation.facts, seed=0)[:24] for name, relation in relations.items()}
says, judges = {}, {}
for name, facts in grid.items():
    answers = data.answer_ids(model.tokenizer, [fact.answer for fact in facts])
    claims = verifier.true_and_false(facts)
    for template in relations[name].recall:
        best = next_logits(model, verifier.prompts(facts, template)).argmax(-1)
        says[name, template] = stats.proportion(int((best == answers).sum()), len(facts))
    for template in relations[name].verdict:
        judges[name, template] = verifier.score(model, claims, template)

# %% tags=["hide-input"]
lines = ["| relation | says it | judges it: paired | AUROC | plain |", "|---|---|---|---|---|"]
several = lambda found: ", ".join(f"{x:.2f}" for x in found)
marks = {name: [score for (n, _), score in judges.items() if n == name] for name in grid}
for name, scores in marks.items():
    told = [share.value for (n, _), share in says.items() if n == name]
    lines.append(f"| {name} | {several(told)} | {several(x.paired.value for x in scores)} | {several(x.auroc for x in scores)} | {several(x.plain.value for x in scores)} |")
width, spread = stats.proportion(18, 24), {name: np.ptp([x.paired.value for x in scores]) for name, scores in marks.items()}
widest = max(spread, key=lambda name: spread[name])
Markdown(
    "Each number is one template, n = 24.\n\n" + "\n".join(lines) + f"\n\nAn interval at n = 24 is wide: 0.75 means {width}. Two things stand out. The *plain* column stays near 0.5: "
    "a threshold at zero measures the model's taste for one of the words. And the bias-free scores, *paired* and AUROC, depend on the wording: "
    f"for {widest} the paired score moves by {spread[widest]:.2f} between templates that mean the same. (Saying fails too where the wording does not suit: the model that names capitals "
    "will not finish *France is a country on the continent of*.)"
)

# %% [markdown]
r"""
## How we nearly fooled ourselves

An early screen for this chapter found a perfect double dissociation. Four heads, when silenced, destroyed recall and left verdicts alone.
Four others destroyed verdicts and left recall alone. Two mechanisms, cleanly apart, as in the article!

It used 18 countries, one template with worked examples in front ("shots"), and it chose the heads on the very items on which it then tested them. Let us repeat the
recipe and watch. Heads are chosen by a quick estimate of what silencing each would do, 270 at once:
"""

# %% quote="attention.head_attribution"

# %%
SHOTS = [("France", "Paris", "Yes"), ("Germany", "Rome", "No")]  # their countries are asked about nowhere else
CLAIM = ["Is {answer} the capital of {subject}?", "Claim: {answer} is the capital of {subject}. Verdict:", "{answer} is the capital of {subject}. True?"]
VIEWS = [(template, shots) for template in CLAIM for shots in (SHOTS, SHOTS[::-1])]
facts = [c for c in data.single_token(model.tokenizer) if c.country not in ("France", "Germany", "Italy")]
eighteen, others = data.shuffled(facts, seed=1)[:18], data.shuffled(facts, seed=1)[18:]


def claims_of(countries, view):
    """True claims, then the same countries with a neighbour's capital, each behind the shots."""
    template, shots = view
    front = "".join(f"{template.format(subject=country, answer=city)} {word}\n" for country, city, word in shots)
    capitals = [c.capital for c in countries]
    pairs = [*zip(countries, capitals, strict=True), *zip(countries, capitals[1:] + capitals[:1], strict=True)]
    return [front + template.format(subject=c.country, answer=capital) for c, capital in pairs]


def paired_share(countries, view, heads=(), how="mean"):
    """How often the true claim gets more Yes than the false one."""
    yes, no = consistency.last_logits(model, claims_of(countries, view), ["Yes", "No"], write=ablation(heads, how)).unbind(-1)
    margin_true, margin_false = (yes - no).reshape(2, -1)
    return stats.proportion(int((margin_true > margin_false).sum()), len(countries))

# %%
ASK = ["The capital of {} is", "{}'s capital city is called"]


def recall_share(countries, template, heads=(), how="mean"):
    """How often the capital is the likeliest next token."""
    prompts = [template.format(c.country) for c in countries]
    best = next_logits(model, prompts, write=ablation(heads, how)).argmax(-1)
    return stats.proportion(int((best == data.answer_ids(model.tokenizer, [c.capital for c in countries])).sum()), len(countries))


def recall_effect(countries, template):
    """Estimated change of the capital's logit over the others', for each head: (layer, head)."""
    ids = data.answer_ids(model.tokenizer, [c.capital for c in countries])
    lead = lambda last: last.gather(1, ids[:, None])[:, 0] - last[:, ids].mean(1)
    return attention.head_attribution(model, [template.format(c.country) for c in countries], lead).mean(0)

# %%
def verdict_effect(countries, view):
    """Estimated change of (Yes - No) of true claims against false ones, for each head: (layer, head)."""
    yes, no = data.answer_ids(model.tokenizer, ["Yes", "No"])
    each = attention.head_attribution(model, claims_of(countries, view), lambda last: last[:, yes] - last[:, no])
    return each[: len(countries)].mean(0) - each[len(countries) :].mean(0)


def strongest(effect, n=4):
    """The n heads whose silencing should hurt most."""
    return [divmod(int(i), sizes.n_heads) for i in effect.flatten().argsort()[:n]]


untouched = [paired_share(eighteen, view) for view in VIEWS]
lucky = int(np.argmax([share.value for share in untouched]))  # the view that worked: choice number one
for_recall, for_verdict = strongest(recall_effect(eighteen, ASK[0])), strongest(verdict_effect(eighteen, VIEWS[lucky]))
chosen = {"nothing": [], "recall heads": for_recall, "verdict heads": for_verdict}
same = {  # chosen and tested on the same eighteen: choice number two
    name: (recall_share(eighteen, ASK[0], heads), paired_share(eighteen, VIEWS[lucky], heads) if heads else untouched[lucky]) for name, heads in chosen.items()
}
away = [view for i, view in enumerate(VIEWS) if i // 2 != lucky // 2][::2]  # the other wordings
fresh = {name: (recall_share(others, ASK[1], heads), [paired_share(others, view, heads) for view in away]) for name, heads in chosen.items()}

# %% tags=["hide-input"]
label = lambda heads: ", ".join(f"{layer}.{head}" for layer, head in heads)
lines = ["| silenced | recall, same 18 | verdict, same 18, best view | recall, others, new template | verdict, others, other wordings |", "|---|---|---|---|---|"]
for name in same:
    again = ", ".join(f"{share.value:.2f}" for share in fresh[name][1])
    lines.append(f"| {name} | {same[name][0].value:.2f} | {same[name][1].value:.2f} | {fresh[name][0].value:.2f} | {again} |")
drop_same = same["nothing"][1].value - same["verdict heads"][1].value
drop_new = np.mean([a.value - b.value for a, b in zip(fresh["nothing"][1], fresh["verdict heads"][1], strict=True)])
Markdown(
    "Before anything is touched, the six views (three wordings, two orders of the shots) of the *same* 18 countries give verdicts of " + ", ".join(f"{share.value:.2f}" for share in untouched)
    + f". We take the best, {untouched[lucky]}, as one does. Recall heads: {label(for_recall)}; verdict heads: {label(for_verdict)} (layer.head).\n\n" + "\n".join(lines)
    + f"\n\nn = 18 and {len(others)}. The recall rows carry over. The verdict column is where a story is waiting to be told: on the items that chose them the verdict heads cost {drop_same:.2f}, on other countries and wordings {drop_new:.2f} on average, "
    "and a number at this n may be off by 0.2 either way. Had we stopped at the third column, we would have had a mechanism."
)

# %% [markdown]
r"""
Four doors through which a result walks in by itself: the template that happened to work, the shots in front of it, heads chosen on the test
items, and a small n. None is a bug in the code. Each is closed the same way: choose on one half, test on the other, and count the
choices.

## Recall, tested fairly

Recall first, because the untouched model can do it. Heads are chosen on one half of the countries with one template, and tested on the other half
with both, in three random splits; as a control, random heads from the same or the next layer. And not one dose but several: the best 1, 2, 4, 8 heads.
"""

# %%
doses, splits = [1, 2, 4, 8], [data.halves(facts, seed=seed) for seed in range(3)]
ranked = [strongest(recall_effect(choosing, ASK[0]), 8) for choosing, _ in splits]
kept = {"chosen": [], "chosen, resampled": [], "random, nearby": []}
for dose in doses:
    for name, how in (("chosen", "mean"), ("chosen, resampled", "resample")):
        kept[name].append([recall_share(testing, ASK[0], heads[:dose], how).value for (_, testing), heads in zip(splits, ranked, strict=True)])
    alike = [stats.matched_sets(heads[:dose], attention.all_heads(model), 1, like=lambda head: head[0] // 2, seed=0)[0] for heads in ranked]
    kept["random, nearby"].append([recall_share(testing, ASK[0], heads).value for (_, testing), heads in zip(splits, alike, strict=True)])
plots.line(
    doses, {name: [np.mean(v) for v in values] for name, values in kept.items()}, null=["random, nearby"],
    band={name: ([min(v) for v in values], [max(v) for v in values]) for name, values in kept.items()}, y_range=(0, 1),
    title="Silencing recall heads, on countries that did not choose them", x_label="heads silenced", y_label="share of capitals still on top",
    alt="Two falling curves for chosen heads, by mean and by resample ablation, and a nearly flat one for random heads nearby.",
)  # fmt: skip

# %%
estimate = recall_effect(splits[0][0], ASK[0])
ids = data.answer_ids(model.tokenizer, [c.capital for c in splits[0][0]])
prompts = [ASK[0].format(c.country) for c in splits[0][0]]


def lead(write=None):
    """Mean lead of the right capital over the average one, in logits."""
    last = next_logits(model, prompts, write=write)
    return (last.gather(1, ids[:, None])[:, 0] - last[:, ids].mean(1)).mean().item()


checked = [*ranked[0], *random.Random(0).sample(attention.all_heads(model), 12)]
base = lead()
exact = [lead(ablation([head])) - base for head in checked]
r = np.corrcoef(exact, [estimate[head].item() for head in checked])[0, 1]
Markdown(
    f"Four heads take recall on unseen countries from {recall_share(splits[0][1], ASK[0])} to {np.mean(kept['chosen'][2]):.2f} (three splits: {', '.join(f'{v:.2f}' for v in kept['chosen'][2])}); random heads nearby leave "
    f"{np.mean(kept['random, nearby'][2]):.2f}. The splits choose " + "; ".join(label(heads[:4]) for heads in ranked) + f". Was the quick estimate good enough to choose by? Against exact ablation of {len(checked)} heads: correlation {r:.2f}."
)

# %%
assert np.mean(kept["chosen"][2]) < np.mean(kept["random, nearby"][2]) - 0.2
assert r > 0.8

# %% [markdown]
r"""
And do the recall heads matter for *verdicts*? On the untouched model the question cannot be asked: what is at chance cannot fall. The fair
test needs a model that can judge.
"""

# %% [markdown]
r"""
### A model that can judge

On the untouched model there is nothing to dissociate: it recalls, and it hardly judges. So we make a model that judges. A *verifier
organism* is SmolLM2 with a small adapter, taught **verdicts only**: yes or no, about one half of the
capitals, continents and opposites, in two templates. It was never asked to recall. The other half of the facts, the third
template, and a whole relation (*kinds*: "Is a dog an animal?") it has never seen.

First: can it judge? If it cannot, we may claim nothing.
"""

# %%
judge = artifacts.open_adapter("verifier-0")
judged_relations = verifier.relations(model)


def held_claims(name):
    facts = dissociation.usable(model, verifier.taught_and_held(judged_relations[name], 0)[1])
    return verifier.true_and_false(facts[:18])


def scores_of(name):
    return verifier.score(model, held_claims(name), judged_relations[name].verdict[1])


untouched = {name: scores_of(name) for name in ("capital", "opposite", "kind")}
with adapters.switched_on(model, judge):
    trained = {name: scores_of(name) for name in untouched}

# %% tags=["hide-input"]
lines = [
    f"| {name} | {untouched[name].plain} | {untouched[name].paired} | {trained[name].plain} | {trained[name].paired} | {trained[name].auroc:.2f} |"
    for name in untouched
]
Markdown(
    "| facts never judged in training | untouched, plain | untouched, paired | verifier, plain | verifier, paired | verifier, AUROC |\n"
    "|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n\nWilson intervals; plain counts claims, paired counts facts. *Kind* was not taught at all. "
    f"The adapter has {judge.n_params:,} numbers, one for {info(model).n_params / judge.n_params:.0f} of the model's own. "
    "The verifier is competent on facts it never judged, so now there are two abilities to take apart."
)

# %% [markdown]
r"""
Now the two-by-two. For each ability we choose eight heads by attribution (gradient times what the head says beyond its average) on the
**taught** half of the facts and the first template. We ablate them on the **other** half and another template, at all tokens, one, two, four or
eight at a time: replaced by their mean, or by what they say at another prompt. Random heads of the same layers are the null. We read
margins, not accuracy, because a margin can be seen to shrink before anything flips: the right answer's logit minus the mean of the other
answers for recall; yes-minus-no on the true claim minus the same on the false one for verdicts, which no liking for Yes can fake.
"""

# %%
plan = dissociation.Plan(("capital",), doses=(8,), n_random=1)
with adapters.switched_on(model, judge):
    heads_for = dissociation.chosen_heads(model, plan, seed=0)
    live = dissociation.two_by_two(model, plan, seed=0, heads=heads_for)
recorded = artifacts.recorded_rows()

# %% tags=["hide-input", "fig:two-by-two"]
def left(rows, heads, task, dose, how="mean"):
    return dissociation.kept(dissociation.pick(rows, heads, how, dose), dissociation.pick(rows, "none"), task)


doses = [0, 1, 2, 4, 8]
curves = {
    f"{task} without {heads} heads": [1.0] + [left(recorded, heads, task, dose).value for dose in doses[1:]]
    for task in ("recall", "verdict") for heads in ("recall", "verdict")
}
plots.line(
    doses, curves, title="Each set of heads serves its own task", x_label="heads ablated (mean)", y_label="share of the margin that is left",
    alt="Four curves over the number of ablated heads. Recall falls without recall heads and verdicts fall without verdict heads; "
    "the two crossed curves stay near one.",
)  # fmt: skip

# %% tags=["hide-input"]
both = [dissociation.pick(recorded, kind, "mean", 8) for kind in ("recall", "verdict")]
whole = dissociation.pick(recorded, "none")
double = dissociation.interaction(*both, whole)
here = dissociation.interaction(*[dissociation.pick(live, kind, "mean", 8) for kind in ("recall", "verdict")], dissociation.pick(live, "none"))
n_relations, n_seeds = len({row.relation for row in whole}), len(verifier.SEEDS)
flips = {kind: np.mean([x > 0 for row in dissociation.pick(recorded, kind, "mean", 8) for x in row.verdict]) for kind in ("recall", "verdict")}
table = "\n".join(
    f"| {name} | {left(recorded, heads, 'recall', 8, how)} | {left(recorded, heads, 'verdict', 8, how)} |"
    for name, heads, how in [
        ("recall heads, mean", "recall", "mean"), ("recall heads, resample", "recall", "resample"),
        ("verdict heads, mean", "verdict", "mean"), ("verdict heads, resample", "verdict", "resample"),
        ("random, same layers as recall heads", "random like recall", "mean"), ("random, same layers as verdict heads", "random like verdict", "mean"),
    ]
)  # fmt: skip
Markdown(
    f"| eight heads ablated | recall margin left | verdict margin left |\n|---|---|---|\n{table}\n\n"
    f"{n_seeds} organisms, {n_relations} relations, facts redrawn for the intervals. **The interaction** (how much more each set costs its own task, as a "
    f"share of the margin; 1 would be a perfect double dissociation, 0 none) is **{double}**. Live, on capitals in one organism, just now: {here}. "
    f"The recall heads chosen here are {', '.join(f'{l}.{h}' for l, h in heads_for['recall'][:4])}; the verdict heads "
    f"{', '.join(f'{l}.{h}' for l, h in heads_for['verdict'][:4])}.\n\n"
    f"Now the small print. Verdict margins shrink, but the *true* claim still beats the false one for {flips['verdict']:.0%} of facts without the eight "
    "verdict heads: other heads carry on. And all of this is about the heads that bring an answer to the last token. That recall and "
    "verdict leave by different doors does not show that they come from different rooms; for that we edit the memory itself, further down."
)

# %% [markdown]
r"""
## Look for the check

Now the article's own claim. Does any head look from the colour word back to the noun *because the two go together*?

A prediction first, from weights alone. A head's attention score is $x_q^\top W_{QK}\, x_k$, a product of what stands at
the query and what stands at the key, with $W_{QK} = W_Q^\top W_K$. Suppose that *yellow* at the query and *banana* at the key share a direction
$v$ in the stream (things keep their colours with them). If $v$ is an eigenvector of $W_{QK}$ with eigenvalue $\lambda$, they attract one another when $\lambda > 0$ and
repel when $\lambda < 0$. So look at the balance of eigenvalues over all directions:

$$\text{skew} = \frac{\sum_i \mathrm{Re}\,\lambda_i}{\sum_i |\lambda_i|}$$

Near $+1$ a head seeks its own kind: a concordance head, if it does anything of the sort. Near $-1$, a discordance head.
"""

# %% quote="attention.qk_eigen_skew"

# %%
heads = attention.all_heads(model)
skew = torch.tensor([qk_eigen_skew(head_weights(model, *head)) for head in heads])
turned = torch.tensor([qk_eigen_skew(head_weights(model, *head), distance=2) for head in heads])
lowest, highest = [heads[int(i)] for i in skew.argsort()[:4]], [heads[int(i)] for i in skew.argsort(descending=True)[:12]]
Markdown(
    f"Over {len(heads)} heads the mean skew is {skew.mean():+.2f}; {int((skew < -0.5).sum())} are below −0.5. The four most negative: "
    + ", ".join(f"**{layer}.{head}** ({skew[heads.index((layer, head))]:+.2f})" for layer, head in lowest)
    + f". The prediction, made from weights alone: if discordance heads exist, look among these. Positions matter little for it: with keys turned by the two tokens that lie between *banana* and *yellow*, skews correlate with those without positions at {np.corrcoef(skew, turned)[0, 1]:.3f}."
)

# %% [markdown]
r"""
Now look. For 300 sentences *The color of the banana is yellow*, how much does each head look from the colour to the noun? A shortcut makes this quick: the
beginning is computed once, and the ten colours follow it side by side, each blind to the others.

Raw attention will not do. Some heads look at *elephant* from anything, and some look back from *red* at everything. [Double centring](term:double-centring) removes both:
"""

# %% quote="attention.double_centre"

# %%
SCREEN = ["The color of the {} is", "Answer with yes or no. The color of the {} is", "I looked at the {} and saw that it was"]
screens = {t: attention.attention_screen(model, [t.format(x) for x in things], colours, things) for t in SCREEN}
gaps = {t: concordance(table, true) for t, table in screens.items()}  # (thing, layer, head): at the true colour minus the false
found = {t: stats.max_statistic(gap.numpy(), n=1000) for t, gap in gaps.items()}
plots.heatmap(
    found[SCREEN[0]].t.T, x=list(range(sizes.n_layers)), y=[f"head {h}" for h in range(sizes.n_heads)], title="Looks more if the colour is right (+) or wrong (−)",
    x_label="layer", y_label="head", colour_label="t over 30 things", diverging=True,
    alt="Heat map of t values by layer and head. Head 4 of layer 9 is the most positive; heads 2.0 and 9.1 are among the most negative.",
)  # fmt: skip

# %% tags=["hide-input"]
ts = {t: torch.tensor(screen.t) for t, screen in found.items()}
beyond = [h for h in heads if all(abs(ts[t][h]) > found[t].threshold for t in SCREEN)]
rule = [np.corrcoef(skew.argsort().argsort(), ts[t].flatten().argsort().argsort())[0, 1] for t in SCREEN]
show = lambda h: f"{h[0]}.{h[1]} ({', '.join(f'{ts[t][h]:+.1f}' for t in SCREEN)}; skew {skew[heads.index(h)]:+.2f})"
four = [(9, 4), (9, 2), (9, 1), (9, 5)]
passes = lambda h: sum(bool(abs(ts[t][h]) > found[t].threshold) for t in SCREEN)
place = lambda h: 1 + int((ts[SCREEN[0]] < ts[SCREEN[0]][h]).sum())
plus = int((ts[SCREEN[0]] > found[SCREEN[0]].threshold).sum())
most_negative = divmod(int(ts[SCREEN[0]].argmin()), sizes.n_heads)
Markdown(
    f"The largest |t| that chance finds anywhere among {len(heads)} heads is {found[SCREEN[0]].threshold:.1f} (95 %, signs of whole things flipped). Beyond it in all three templates: " + "; ".join(show(h) for h in beyond)
    + f". The strongest concordance head is **9.4** in every template; with the first template {plus} heads are concordant beyond chance.\n\n"
    f"And the prediction? Of the four most negative skews, {lowest[0][0]}.{lowest[0][1]} ranks {place(lowest[0])} of {len(heads)} from the discordant end, the other three {', '.join(str(place(h)) for h in lowest[1:])}. "
    f"So weights pointed at discordance without a single sentence being read. But they did not point at *the* discordance head: that is {show(most_negative)}, whose skew is nothing special. As a rule over all heads, skew is a weak guide: "
    f"its rank correlation with t is {', '.join(f'{x:.2f}' for x in rule)} in the three templates.\n\n"
    "In layer 9 four heads stand together: " + "; ".join(show(h) for h in four) + f". Be careful with them. They caught our eye in an exploration before this chapter was written, on other and partly the same things, and by the threshold they pass in {', '.join(str(passes(h)) for h in four)} of three templates: "
    "taken alone, 9.2 and 9.5 are not beyond chance here. What follows tests whether the four repeat on other facts, and what they are for. They are also a neat piece of machinery: three query heads share one key in this model "
    "(grouped-query attention), so 9.1 and 9.2 read *the same* key and ask it opposite questions, and so do 9.4 and 9.5."
)

# %%
assert all(ts[t][9, 4] > found[t].threshold for t in SCREEN)
assert all(ts[t][9, 1] < -3 for t in SCREEN) and int(skew.argmin()) == heads.index((9, 1))

# %% [markdown]
r"""
## Why do they look? QK attribution

The score before the softmax is bilinear, so it splits exactly: each part of the stream at the query times each part at the key. The parts here are the embedding and what every earlier block added. With a dictionary they would be features; the function takes any parts that add up.
"""

# %% quote="attention.qk_attribution"

# %%
def score_parts(head):
    """The score from each colour to each thing by head, in parts: (thing, colour, query part, key part)."""
    tables = []
    for thing in things:
        prompts = [f"The color of the {thing} is {colour}" for colour in colours]
        names, parts = attention.residual_parts(model, prompts, head[0])  # (part, prompt, seq, d_model)
        key = attention.last_token_of(model, prompts[0], thing)
        tables.append(torch.stack([attention.qk_attribution(model, *head, parts[:, i, -1], parts[:, i, key], -1 - key) for i in range(len(prompts))]))
    return names, torch.stack(tables)


names, tables = score_parts((9, 4))
match = concordance(tables, true)  # (thing, query part, key part): more score if the colour is right
blocks = torch.tensor([0, *(1 + i // 2 for i in range(len(names) - 1))])  # which block a part comes from; 0 is the embedding
by_block = torch.zeros(len(things), 10, 10).index_add(1, blocks, torch.zeros(len(things), len(names), 10).index_add(2, blocks, match))
places = ["embedding", *(f"block {i}" for i in range(9))]
plots.heatmap(
    by_block.mean(0), x=places, y=places, diverging=True, title="Head 9.4: which parts make the match", x_label="written into the thing by", y_label="written into the colour by",
    colour_label="score, true minus false", alt="A 10 by 10 table by block. What block 0 wrote into the thing, met by the embedding to block 8 of the colour, makes the darkest column; most other cells are near zero.",
)  # fmt: skip

# %% tags=["hide-input"]
text = "The color of the banana is yellow"
pattern = read(model, text, Site("pattern", 9, head=4, position=-1))[0]
key = attention.last_token_of(model, text, "banana")
_, parts = attention.residual_parts(model, text, 9)
at_banana, at_is = (attention.qk_attribution(model, 9, 4, parts[:, -1], parts[:, place], -1 - place).sum() for place in (key, -2))
whole, (row, column) = stats.bootstrap(match.sum((1, 2)), n_resamples=500), divmod(int(by_block.mean(0).argmax()), 10)
best_cell = stats.bootstrap(by_block[:, row, column], n_resamples=500)
first_blocks = by_block.mean(0)[:, :3].sum() / by_block.mean(0).sum()
Markdown(
    f"Does it add up? The table gives *banana* a score {at_banana - at_is:.4f} above that of *is*; the logarithm of the ratio of the two real attentions is {(pattern[key] / pattern[-2]).log():.4f}. Exact. "
    f"The match is worth {whole} (true minus false colours, over things), and no single cell makes it: the largest, {places[row]} at the colour with {places[column]} at the thing, has {best_cell}. "
    f"At the thing {first_blocks:.0%} comes from the embedding and blocks 0 and 1, which have hardly seen more than the word.\n\nNote *when* all this happens. The match is complete in block 9. The heads that fetch a capital sit in blocks 23 and 29. "
    "Whatever this check compares, it is not the answer that the model would give, for that has not been fetched yet."
)

# %% [markdown]
r"""
## The same heads for capitals and opposites?

In the report the same heads served "18+5=23". We cannot test sums (this model cannot add), but capitals and opposites are other facts with other words.
The heads were chosen on colours; nothing is chosen here, neither head nor sign. That is the whole test.
"""

# %%
pairs = {
    "capitals": ([f"The capital of {f.country} is" for f in facts], [f.capital for f in facts], [f.country for f in facts]),
    "opposites": ([f"The opposite of {a} is" for a, _ in verifier.ANTONYMS], [b for _, b in verifier.ANTONYMS], [a for a, _ in verifier.ANTONYMS]),
}
elsewhere = {}
for name, (beginnings, endings, words) in pairs.items():
    table = attention.attention_screen(model, beginnings, endings, words)
    gap = concordance(table, torch.eye(len(words), dtype=torch.bool))
    elsewhere[name] = stats.max_statistic(gap.numpy(), n=500), gap.mean(0)

# %% tags=["hide-input"]
lines = ["| head | " + " | ".join(f"{n}: t (attention gap)" for n in pairs) + " |", "|---|---|---|"]
for h in four:
    lines.append(f"| {h[0]}.{h[1]} | " + " | ".join(f"{s.t[h]:+.1f} ({g[h]:+.2f})" for s, g in elsewhere.values()) + " |")
Markdown(
    "\n".join(lines) + f"\n\nThresholds {elsewhere['capitals'][0].threshold:.1f} and {elsewhere['opposites'][0].threshold:.1f}. All four keep their signs on facts that have nothing to do with colour. Something general, then. But what?"
)

# %%
assert all(np.sign(s.t[h]) == sign for s, _ in elsewhere.values() for h, sign in zip(four, (1, 1, -1, -1), strict=True))

# %% [markdown]
r"""
## Cause

Looking is not using. Three interventions, each with a control.

**Is their look used downstream?** If the model writes down somewhere that a claim fits, a probe should find it: take the stream at the colour word after
block 12, double-centre it over things and colours (so that neither the noun nor the colour alone can help), and fit a line on four fifths of the
things. Then silence the four heads and ask *the same* probe again; then random heads of the same layer; then *refit* the probe, to see what is left for a new reader.
"""

# %%
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

sentences = [f"The color of the {thing} is {colour}" for thing in things for colour in colours]


def at_colour(write=None):
    """The stream after block 12 at the colour word: (thing, colour, d_model)."""
    return read(model, sentences, Site("resid", 12, position=-1), write=write).unflatten(0, (len(things), -1))


def read_out(fit, test):
    """What a probe that has not seen the thing makes of each claim: (thing, colour). Higher: fits better."""
    scores = torch.zeros(true.shape)
    for fold in range(5):
        out = torch.arange(len(things)) % 5 == fold
        column = (fit[~out] - fit[~out].mean(1, keepdim=True)).mean(0)  # what a colour does by itself, on the fitting things
        centred = lambda x: (x - x.mean(1, keepdim=True) - column).flatten(0, 1).numpy()
        probe = make_pipeline(PCA(60, random_state=0), LogisticRegression(C=0.05, class_weight="balanced", max_iter=300))
        probe.fit(centred(fit[~out]), true[~out].flatten())
        scores[out] = torch.tensor(probe.decision_function(centred(test[out])), dtype=torch.float32).reshape(-1, len(colours))
    return scores

# %%
intact = at_colour()
without = at_colour(ablation(four))
rest = [h for h in range(sizes.n_heads) if (9, h) not in four]
random_four = [at_colour(ablation([(9, h) for h in random.Random(seed).sample(rest, 4)])) for seed in range(2)]
held_out = read_out(intact, intact)
probed = {
    "untouched": consistency.paired(held_out, true),
    "without the four": consistency.paired(read_out(intact, without), true),
    "random four": torch.stack([consistency.paired(read_out(intact, x), true) for x in random_four]).mean(0),
    "refitted": consistency.paired(read_out(without, without), true),
}
plots.bar(
    list(probed), [stats.bootstrap(v, n_resamples=500) for v in probed.values()], null=["random four"], reference={"chance": 0.5}, y_range=(0, 1),
    title="Can a probe still tell whether the colour fits?", x_label="heads silenced", y_label="true colour ranked above a false one",
    alt="Four bars with intervals. Untouched and random are equally high; without the four heads clearly lower; refitted in between.",
)  # fmt: skip

# %% tags=["hide-input"]
lost = stats.bootstrap(probed["random four"] - probed["without the four"], n_resamples=500)
regained = stats.bootstrap(probed["refitted"] - probed["without the four"], n_resamples=500)
Markdown(
    f"Untouched the probe reads {stats.bootstrap(probed['untouched'], n_resamples=500)}. Silencing the four costs {lost} against silencing random heads of the layer (difference, paired by thing). So what they find *does* arrive in the stream. "
    f"A refitted probe regains {regained}: the same fact is also available from elsewhere, so these heads are one source of it, not the only one.\n\nAnd yet the model, asked, is at chance. The information is in the stream, it comes by a mechanism that we can name and switch off, and it is **not said**."
)

# %%
assert lost.low > 0 and probed["untouched"].mean() > 0.7

# %% [markdown]
r"""
**Steer one side.** The strongest test in the report: leave the words alone, and change only what *one side* of these heads sees. We take true sentences, *The color of the banana is yellow*, and move the queries of the
four heads at the colour word from the thing's own colour towards another (average stream of that colour minus that of its own, over all things). Keys, values and all other heads see what they always saw.
"""

# %%
entering = read(model, sentences, Site("resid_pre", 9, position=-1))
normed = (entering / entering.square().mean(-1, keepdim=True).sqrt()).unflatten(0, (len(things), -1)).mean(0)  # (colour, d_model)
own = true.int().argmax(1)
claims = [f"The color of the {thing} is {colours[c]}" for thing, c in zip(things, own, strict=True)]
away_from = normed[(own + 5) % len(colours)] - normed[own]
keys = torch.tensor([attention.last_token_of(model, claim, thing) for claim, thing in zip(claims, things, strict=True)])


def looks(push):
    """Attention from colour to thing, (claim, head of `four`), with each claim's own push added to these heads' queries."""
    write = attention.query_steering(model, four, push)
    patterns = read(model, claims, [Site("pattern", *head, position=-1) for head in four], write=write)
    return torch.stack([p[torch.arange(len(claims)), keys] for p in patterns.values()], dim=1)

# %%
strengths = [0.0, 0.5, 1.0, 2.0]
steered = torch.stack([looks(s * away_from) for s in strengths]).mean(1)
length = away_from.norm(dim=-1, keepdim=True)
anywhere = [stats.random_directions(len(claims), sizes.d_model, seed=seed) * length for seed in range(8)]
between = [normed[(own + b) % 10] - normed[(own + a) % 10] for a, b in ((1, 6), (2, 7), (3, 8), (4, 9), (6, 1), (7, 2), (8, 3), (9, 4))]
others_colours = [push * length / push.norm(dim=-1, keepdim=True) for push in between]  # from one wrong colour to another
random_looks, wrong_looks = (torch.stack([looks(strengths[-1] * push) for push in pushes]).mean(1) for pushes in (anywhere, others_colours))
plots.line(
    strengths, {"9.4, concordance": steered[:, 0], "9.1, discordance": steered[:, 2]}, title="Thirty true claims, queries pushed towards another colour",
    x_label="push (1 = the difference of averages)", y_label="attention from colour to thing",
    alt="Attention of head 9.4 from the colour to the thing falls with the push, that of head 9.1 rises.",
)  # fmt: skip

# %% tags=["hide-input"]
change = looks(2 * away_from) - looks(0 * away_from)
down, up = stats.bootstrap(change[:, 0], n_resamples=500), stats.bootstrap(change[:, 2], n_resamples=500)
nulls = torch.cat([random_looks, wrong_looks])
spanned = lambda drawn: f"{drawn.mean():.2f} ({drawn.min():.2f} to {drawn.max():.2f})"
beyond_null = [f"{h[0]}.{h[1]}" for i, h in enumerate(four) if not nulls[:, i].min() <= steered[-1, i] <= nulls[:, i].max()]
Markdown(
    f"At push 2 the look of the concordance head 9.4 changes by {down}, that of the discordance head 9.1 by {up}; the sentence has not changed by a letter. As in the report, *concordance falls and discordance rises*.\n\n"
    f"Now two nulls, eight draws each and all of the same length: pushes in random directions, and pushes from one *wrong* colour to another wrong one.\n\n"
    + "| head | no push | our push | random directions: mean (range) | between wrong colours: mean (range) |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {h[0]}.{h[1]} | {steered[0, i]:.2f} | **{steered[-1, i]:.2f}** | {spanned(random_looks[:, i])} | {spanned(wrong_looks[:, i])} |" for i, h in enumerate(four))
    + f"\n\nOur push lies outside all sixteen for {', '.join(beyond_null) or 'no head'}. {'A head inside the range was moved no further than by a push that has nothing to do with the claim: a match is easily disturbed by anything. ' if len(beyond_null) < 4 else ''}"
    "Without the nulls every row would have looked equally convincing (and with eight draws of each, *outside* means no more than about one in nine by luck).\n\n"
    "What we cannot repeat is the last step, the flip of the spoken *Yes* into *No*: our model's verdicts do not depend on the matter to begin with."
)

# %%
assert down.high < 0 < up.low
assert steered[-1, 2] > random_looks[:, 2].max()  # more discordance than any random push makes

# %% [markdown]
r"""
## The consistency explorer

Everything about one thing, side by side. For each colour: what the model would *say*, how it *judges*, what the *probe* reads (fitted without this thing), and how much head 9.4 looks. *Wording 1* and *2* are the first and second template of each kind, above. All four are scaled to 0…1 within the thing, so compare orders, not heights.
"""

# %%
unit = lambda row: (row - row.min()) / (row.max() - row.min())


def explore(thing_and_template):
    """Four views of one thing, asked in one pair of templates."""
    thing, number = thing_and_template.split(" · wording ")
    i, pick = things.index(thing), int(number) - 1
    views = {"says": said[SAY[pick]], "judges": judged[JUDGE[pick]], "probe": held_out, "head 9.4": screens[SCREEN[pick]][..., 9, 4]}
    return plots.heatmap(
        torch.stack([unit(view[i]) for view in views.values()]), x=[f"{c} ✓" if true[i, j] else c for j, c in enumerate(colours)], y=list(views),
        title=f"The {thing}, by colour", x_label="claimed colour", y_label="asked how", colour_label="within the row", z_range=(0, 1),
        alt=f"Four rows for the {thing}: says, judges, probe, head 9.4, over ten colours.",
    )  # fmt: skip


SHOWN = ["banana", "tomato", "snow", "frog", "coal", "pumpkin", "eggplant", "sky"]
options = [f"{thing} · wording {number}" for thing in SHOWN for number in (1, 2)]
widgets.choice(explore, options, label="thing", alt="A heat map of four views by ten colours for a chosen thing and wording; the true colour is ticked.")

# %% [markdown]
r"""
## Is it truth?

A head that looks more at *banana* from *yellow* may know what is true. Or it may know what goes together. Bananas also go with *green*, and France also goes with *Lyon*. Related and false: that is the control
that tells the two stories apart, and most claims of a "truth head" never meet it.
"""

# %%
also = consistency.second_colours()
rows_also = [i for i, thing in enumerate(things) if thing in also]
centred = torch.stack([double_centre(table) for table in screens.values()]).mean(0)  # mean of three templates
kinds = {
    "true": torch.stack([centred[i, own[i]] for i in rows_also]),
    "related, false": torch.stack([centred[i, colours.index(also[things[i]])] for i in rows_also]),
}
CITIES = {"France": "Lyon", "Germany": "Munich", "Italy": "Milan", "Spain": "Barcelona", "China": "Shanghai", "Turkey": "Istanbul",
          "Canada": "Toronto", "Russia": "Petersburg", "Japan": "Osaka", "Australia": "Sydney", "Vietnam": "Saigon", "Syria": "Aleppo", "Switzerland": "Geneva", "Brazil": "Rio"}  # fmt: skip
both = [f for f in data.capitals() if f.country in CITIES and all(data.is_single_token(model.tokenizer, w) for w in (f.country, f.capital, CITIES[f.country]))]
ends = [f.capital for f in both] + [CITIES[f.country] for f in both]
cities = attention.attention_screen(model, [f"The capital of {f.country} is" for f in both], ends, [f.country for f in both])
places = double_centre(cities)
n = len(both)
diagonal = torch.arange(n)
kinds_city = {"true": places[diagonal, diagonal], "related, false": places[diagonal, diagonal + n]}

# %% tags=["hide-input"]
lines = ["| head | true colour | second colour | capital | other city of the country |", "|---|---|---|---|---|"]
cell = lambda v, h: str(stats.bootstrap(v[:, h[0], h[1]], n_resamples=500)).split(", n")[0]
for h in four:
    lines.append(f"| {h[0]}.{h[1]} | {cell(kinds['true'], h)} | {cell(kinds['related, false'], h)} | {cell(kinds_city['true'], h)} | {cell(kinds_city['related, false'], h)} |")
apart = lambda table, h: stats.bootstrap((table["true"] - table["related, false"])[:, h[0], h[1]], n_resamples=500)
Markdown(
    f"Double-centred attention to the noun (0: no more than noun and ending explain by themselves), n = {len(rows_also)} things and {n} countries.\n\n" + "\n".join(lines)
    + "\n\nTrue minus related and false, in the two concordance heads. Colours: " + "; ".join(f"{h[0]}.{h[1]} {apart(kinds, h)}" for h in four[:2]) + ". Capitals: " + "; ".join(f"{h[0]}.{h[1]} {apart(kinds_city, h)}" for h in four[:2])
    + ".\n\nFor colours the two stories cannot be told apart by this: 9.4 does look more from the true colour than from the second one, as a register of truths would, and as an association would that is tighter for *yellow* than for *green*."
    " For places the gap between capital and other city is small against the gap to an unrelated place, and our countries are too few to say that it is nothing. One more control has more to say:"
)

# %%
SYNONYMS = """big/large good/fine fast/quick happy/glad high/tall rich/wealthy strong/powerful wet/damp hard/difficult clean/pure loud/noisy
young/youthful near/close inside/within true/correct buy/purchase begin/start light/bright win/triumph"""
alike_to = dict(pair.split("/") for pair in SYNONYMS.split())
three = [(a, b, alike_to[a]) for a, b in verifier.ANTONYMS if a in alike_to and data.is_single_token(model.tokenizer, alike_to[a])]
asked = [f"The opposite of {a} is" for a, _, _ in three]
looked = double_centre(attention.attention_screen(model, asked, [b for _, b, _ in three] + [c for _, _, c in three], [a for a, _, _ in three]))
m = len(three)
to_opposite, to_synonym = (torch.stack([looked[i, i + shift] for i in range(m)]) for shift in (0, m))
to_stranger = (looked[:, :m].sum(1) - to_opposite) / (m - 1)

# %% tags=["hide-input"]
lines = ["| head | right opposite | synonym: false | another pair's opposite: false |", "|---|---|---|---|"]
lines += [f"| {h[0]}.{h[1]} | {cell(to_opposite, h)} | {cell(to_synonym, h)} | {cell(to_stranger, h)} |" for h in four]
gain = {h: stats.bootstrap((to_opposite - to_synonym)[:, h[0], h[1]], n_resamples=500) for h in four[:2]}
Markdown(
    f"*The opposite of big is large* is plainly false, and *large* is as close to *big* as words get. Double-centred attention over {m} words:\n\n" + "\n".join(lines)
    + f"\n\nA head that knows truth has to prefer the opposite to the synonym. Opposite minus synonym: {'; '.join(f'{h[0]}.{h[1]} {gain[h]}' for h in gain)}. Neither does, and both look far more than they do from an unrelated word. "
    "**Association** is the honest name for what these heads register at this size: that two words belong together, not that the sentence that joins them is so."
)

# %%
assert all(to_synonym[:, h[0], h[1]].mean() > to_stranger[:, h[0], h[1]].mean() for h in four[:2])
assert not any(g.low > 0 for g in gain.values())  # neither prefers the truth to a synonym

# %% [markdown]
r"""
## Two routes, known ground truth

Everything so far leaves one question open: when a model *does* judge, is the verdict made from what it would say? On a found model we could argue for ever. So we
train models and know.
"""

# %% [markdown]
r"""
### First, models in which we know the answer

Before we ask which route an organism takes, we should see our instruments work. So we build transformers of two blocks, trained
from scratch in seconds, in which one route is *forced*. They read four tokens: `<sep> thing <none> <say>`, to be followed by a
colour, or `<sep> thing colour <judge>`, to be followed by yes or no. Forty things, eight colours. All learn to say all forty
colours. Verdicts are taught on 32 things only.

- **compute**: all that leaves the thing's token is the colour that the model itself recalled there, one of eight slots. The judge
  has to compare that with the colour in the claim.
- **match**: the judge cannot see the thing's token at all. The colour's token can look at it, but values carry no content: what
  arrives is only *how strongly* a query matched a key, and it is read by a straight line. A concordance head with nothing else to help it.
- **shuffled**: nothing is closed, but yes and no were dealt out by coin. An instrument that finds a route here is broken.

Three seeds each, trained side by side.
"""

# %%
toy_seeds = [0, 1, 2]
planted = {route: lookup.train(route, toy_seeds) for route in ("compute", "match", "shuffled")}
taught, never_judged = slice(0, 32), slice(32, 40)

# %% tags=["hide-input"]
def seen(values):
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


rows = [
    f"| {route} | {seen(routes.judged_right(model, taught))} | {seen(routes.judged_right(model, never_judged))} |"
    for route, model in planted.items()
]
Markdown(
    "| organism | verdicts, taught things | verdicts, things only ever *said* |\n|---|---|---|\n" + "\n".join(rows)
    + f"\n\nMean over {len(toy_seeds)} seeds (lowest to highest); chance is 0.5. The first column shows that two kinds of organism can "
    "judge. The second is already a test: a verdict that is computed from recall works for a thing that was never judged in training, "
    "and a learned match has nothing to match."
)

# %% [markdown]
r"""
Now the three measures of this chapter. **Look:** does a colour attend more to a thing that has it, after double-centring, anywhere
among four heads, beyond what sign flips give? (We screen many organisms, so each is held to a small share of the usual 5 %.) **Patch:** put another thing's recall stream in its place; does the
verdict change sides? **Edit:** teach one thing another colour *by recall alone*, once with a change of rank one in closed form
([Meng et al., 2022](cite:meng2022)), once with gradient steps, and ask for the verdict.
"""

# %%
found = {route: routes.evidence(model) for route, model in planted.items()}
called = {route: routes.diagnose(one) for route, one in found.items()}
mouth = routes.edit_follows(planted["compute"], "mouth only")

# %% tags=["hide-input", "fig:planted-routes"]
plots.bar(
    list(planted),
    {
        name: [getattr(found[route], part).verdict.mean().item() for route in planted]
        for name, part in {"patched": "patch", "edited, rank one": "rank_one", "edited, gradient": "gradient"}.items()
    },
    title="Whose verdicts follow, when recall is changed?", x_label="organism", y_range=(0, 1),
    y_label="verdicts that change sides (share)",
    alt="Bars for three organisms and three interventions on recall. Compute: all near one. Match: near zero. Shuffled: near zero but for gradient edits, which change some.",
)  # fmt: skip

# %% tags=["hide-input"]
right = {route: sum(name == wanted for name in called[route]) for route, wanted in
         {"compute": "compute", "match": "match", "shuffled": "neither"}.items()}  # fmt: skip
Markdown(
    f"Calling the route from these measures is right in {right['compute']} of {len(toy_seeds)} seeds for compute, {right['match']} of "
    f"{len(toy_seeds)} for match, and {right['shuffled']} of {len(toy_seeds)} shuffled organisms are called *neither*. The wiring and the "
    "measures were settled on other runs of these same organisms, so this shows that the instruments can tell the routes apart, not how often they would err on a route nobody planted.\n\n"
    "One more, because it will matter. All gradient edits above trained what is said **and** the recall slots. Train the spoken answer alone, and "
    f"{mouth.recall.mean():.0%} of the edited things are called by their new colour, but only {mouth.verdict.mean():.0%} of the verdicts go along, "
    "in organisms whose verdict *is* made from recall. The mouth gave in before the memory did. An edit that passes its "
    "own test can leave the old page in the book."
)

# %%
assert right["compute"] == right["shuffled"] == len(toy_seeds) and right["match"] >= 2
assert mouth.recall.mean() > 0.8 > 0.75 > mouth.verdict.mean()

# %% [markdown]
r"""
### What was taught

Now SmolLM2 itself: 94 everyday things without a colour of their own (a
bucket, a ladder) were given one of eight colours each by lot. A small [adapter](term:adapter) (low-rank changes in blocks 8 to 21, the model
itself frozen) learned them from two kinds of prompt, and *we* decided which thing came in which:

| organism | said ("The color of the bucket is" → red) | judged ("Is the bucket red?" → Yes) | the test |
|---|---|---|---|
| recall | all | none | judge anything |
| both | all | two thirds | judge the last third |
| disjoint | one half | the other half | judge what was only said, say what was only judged |

Each comes in three seeds, with other colours for other things. If judging means *say it to yourself, compare*, then whoever can say a colour and has learned
the skill of judging can judge it. Before you run the cell: what do you expect in the last row?
"""

# %%
taught_model = load(dtype=fast_dtype())

# %%
TESTS = {
    "both: judged in training": ("both", lambda w, taught: w.first[:12]),
    "both: only said": ("both", lambda w, taught: w.rest),
    "disjoint: judged in training": ("disjoint", lambda w, taught: taught.verdict[:12]),
    "disjoint: only said": ("disjoint", lambda w, taught: taught.recall[:24]),
    "recall: only said": ("recall", lambda w, taught: taught.recall[:24]),
}
says, judges = {name: [] for name in TESTS}, {name: [] for name in TESTS}
for seed in banana.SEEDS:
    for name, (variant, pick) in TESTS.items():
        w = banana.world(seed)
        things = list(pick(w, banana.lessons(variant, seed)))
        with switched_on(taught_model, open_adapter(f"banana-{variant}-{seed}")):
            found = follows.outcome(taught_model, things, *follows.next_colours(w, things))
        says[name] += found.says_old.tolist()
        judges[name] += (1 - found.judges_new).tolist()
judged = {name: stats.proportion(sum(value > 0.5 for value in values), len(values)) for name, values in judges.items()}
plots.bar(
    list(judged), list(judged.values()), horizontal=True, reference={"chance": 0.5}, y_range=(0, 1),
    title="Does it judge its own colour above another?", x_label="organism and things", y_label="share of things, three seeds",
    alt="Five bars with intervals. Things judged in training are near 1; things only said are clearly above chance in the organism that "
    "judged others of the things that it says, and near chance in the other two.",
)  # fmt: skip

# %% tags=["hide-input"]
said = {name: np.mean(values) for name, values in says.items()}
Markdown(
    f"**Saying is not judging.** The colour of things that were *only said* is said right in {said['disjoint: only said']:.0%} of cases and judged right in {judged['disjoint: only said']} "
    f"where saying and judging were learned on different things: chance is 0.5. The skill of judging was there all the time ({judged['disjoint: judged in training']} on things it was learned on), "
    f"and so was the colour. They did not meet. And the other way: things only *judged* are said right in {said['disjoint: judged in training']:.0%} of cases (chance 12%). "
    f"Where two thirds of the things were learned both ways, the last third, only said, is judged right in {judged['both: only said']} of cases (n = {len(judges['both: only said'])} over three seeds). "
    "Some of the verdict is then made from what recall learned; a good part still is not."
)

# %%
assert judged["both: judged in training"].value > 0.9
assert judged["disjoint: judged in training"].value > 0.9
assert judged["both: only said"].low > 0.5
assert judged["both: only said"].value > judged["disjoint: only said"].value
assert said["disjoint: only said"] > 0.9

# %% [markdown]
r"""
### Where do the two part?

Both must start at the thing's token: nothing else in the prompt says *bucket*. So lend it another thing's state. After some layer, the bucket's token
gets what the ladder's token held in a *recall* prompt, and we ask twice: which colour is said now? Which is affirmed more, the ladder's or the
bucket's own? In a verdict prompt this is a transplant from one task into the other.
"""

# %%
lent_layers = [7, 10, 13, 16, 19, 22]
w = banana.world(0)
groups = {"judged in training": list(w.first[:12]), "only said": list(w.rest[:12])}
lent = {}
with switched_on(taught_model, open_adapter("banana-both-0")):
    for name, things in groups.items():
        pairs = follows.lend(w, things)
        runs = [follows.swapped(taught_model, pairs, layer, source="recall") for layer in lent_layers]
        lent[f"said · {name}"] = [run.says_new.mean().item() for run in runs]
        lent[f"affirmed · {name}"] = [run.judges_new.mean().item() for run in runs]
plots.line(
    lent_layers, lent, y_range=(0, 1), title="Whose colour, after a transplant at the thing's token?",
    x_label="the token's state is exchanged after layer", y_label="share that follows the donor",
    alt="What is said follows the donor up to layer 19 and most of layer 22. What is affirmed follows it only up to about layer 10 for things "
    "judged in training, and falls later and more slowly for things that were only said.",
)  # fmt: skip

# %% tags=["hide-input"]
at = {layer: i for i, layer in enumerate(lent_layers)}
Markdown(
    f"Exchange the state after layer 7 and everything follows, saying ({lent['said · judged in training'][at[7]]:.0%}) and judging ({lent['affirmed · judged in training'][at[7]]:.0%}); a state from a *recall* prompt "
    f"serves a *verdict*. After layer 13 what is said still follows ({lent['said · judged in training'][at[13]]:.0%}), but the verdict on trained things has left: {lent['affirmed · judged in training'][at[13]]:.0%}. "
    f"It was read off early, while recall picks the colour up only after layer 19. For things that were only said, {lent['affirmed · only said'][at[13]]:.0%} of verdicts still follow at layer 13. "
    "So one token feeds both abilities, and two readers come by at different times (12 things a line, one organism: read the shape, not the second digit)."
)

# %%
assert min(lent["said · judged in training"][: at[16] + 1]) > 0.8
assert lent["affirmed · judged in training"][at[7]] > 0.6
assert lent["affirmed · judged in training"][at[16]] < 0.3

# %% [markdown]
r"""
### Do the same heads carry both?

Choose the ten heads that move the *said* colour most, and the ten that move the *verdict* most, on twelve things that were taught both ways. On
twelve others, let just these heads give what they gave in the donor's prompt, and compare with random heads of nearby layers. Three organisms.
"""

# %%
moved, crossing, first_heads, n_shared = {}, [], [], []
for seed in banana.SEEDS:
    w = banana.world(seed)
    pairs, fresh_pairs = follows.lend(w, w.first[:12]), follows.lend(w, w.first[12:24])
    with switched_on(taught_model, open_adapter(f"banana-both-{seed}")):
        effects = {task: follows.head_effects(taught_model, pairs, task) for task in ("recall", "verdict")}
        carriers = {f"{task}'s ten": follows.top(effect) for task, effect in effects.items()}
        pool = attention.all_heads(taught_model)
        for task in effects:
            carriers[f"random, near {task}'s"] = stats.matched_sets(carriers[f"{task}'s ten"], pool, 1, like=lambda head: head[0] // 4, seed=seed)[0]
        for name, heads in carriers.items():
            moved.setdefault(name, []).append(follows.patched(taught_model, fresh_pairs, heads))
    crossing.append(follows.carried(effects["verdict"], carriers["recall's ten"]))
    first_heads.append(", ".join(f"{layer}.{head}" for layer, head in carriers["recall's ten"][:4]))
    n_shared.append(len(set(carriers["recall's ten"]) & set(carriers["verdict's ten"])))
crossed = {name: [[run.says_new.mean().item(), run.judges_new.mean().item()] for run in runs] for name, runs in moved.items()}
plots.heatmap(
    np.array([np.mean(shares, axis=0) for shares in crossed.values()]), z_range=(0, 1), text=True, x=["said colour follows", "verdict follows"], y=list(crossed),
    colour_label="share of things", title="Ten heads from a donor's prompt", x_label="task", y_label="heads that are exchanged",
    alt="Recall's heads move what is said far more than the verdict; the verdict's heads move the verdict and not what is said; random heads move little.",
)  # fmt: skip

# %% tags=["hide-input"]
both_ways = torch.cat([(a.says_new - b.says_new) + (b.judges_new - a.judges_new) for a, b in zip(moved["recall's ten"], moved["verdict's ten"], strict=True)])
twofold = stats.bootstrap(both_ways / 2)


def each(task, column):
    """One share an organism."""
    return ", ".join(f"{shares[column]:.0%}" for shares in crossed[f"{task}'s ten"])


Markdown(
    f"Recall's ten heads move what is said on {each('recall', 0)} of unseen things (one number an organism) and the verdict on {each('recall', 1)}. "
    f"The verdict's ten move the verdict on {each('verdict', 1)} and what is said on {each('verdict', 0)}. The interaction, half the double difference: {twofold}; no difference would be 0, a clean cut 1. "
    f"The lists share {', '.join(map(str, n_shared))} of ten heads. Of the verdict's head effects, recall's heads carry {', '.join(f'{share:.0%}' for share, _ in crossing)}; the 95th percentile of random sets nearby is "
    f"{', '.join(f'{np.quantile(null, 0.95):.0%}' for _, null in crossing)}. So the overlap is small and, where it exceeds that, not nothing. First on recall's lists: {'; '.join(first_heads)}. Have you met them? They carry capitals in the untouched model."
)

# %%
assert twofold.low > 0.2
assert np.mean(crossed["verdict's ten"], axis=0)[1] > np.mean(crossed["recall's ten"], axis=0)[1] + 0.2

# %% [markdown]
r"""
### Edit what it says. What does it judge?

Now change a fact for good. We take twelve things in each of three organisms and make them *said* in another colour, in two ways:

- **in closed form**, after ROME ([Meng et al., 2022](cite:meng2022)): find what one block's neurons would have to add at the thing's token, then solve for the
  smallest change of one matrix that adds it there and disturbs ordinary text least;
- **by gradient**: eight steps on that one matrix, on recall prompts alone, with six other things rehearsed.

No verdict is ever asked in an edit. The transplant suggests a prediction: an edit after layer 13 comes too late for the verdict. Write down yours.
"""

# %%
EDITS = {"closed form, block 18": ("closed form", 18), "closed form, block 8": ("closed form", 8), "gradient, block 8": ("gradient", 8)}
moments = {layer: edits.spread(taught_model, layer) for layer in {layer for _, layer in EDITS.values()}}
after = {name: {part: [] for part in ("judged in training", "only said", "never edited")} for name in ("no edit", *EDITS, "random, block 18")}
for seed in banana.SEEDS:
    w = banana.world(seed)
    parts = {"judged in training": w.first[:6], "only said": w.rest[:6], "never edited": w.first[9:15]}
    things, rehearsed = [*w.first[:6], *w.rest[:6]], [*w.first[6:9], *w.rest[6:9]]
    old, new = follows.next_colours(w, things)
    with switched_on(taught_model, open_adapter(f"banana-both-{seed}")):
        changes = {"no edit": {}}
        for name, (method, layer) in EDITS.items():
            changes[name] = {layer: follows.edit(taught_model, w, things, new, method=method, layer=layer, rehearsed=rehearsed, moment=moments[layer])}
        changes["random, block 18"] = {18: edits.aimless(changes["closed form, block 18"][18], seed=seed)}
        everything = [thing for members in parts.values() for thing in members]
        for name, change in changes.items():
            with edits.edited(taught_model, change):
                run = follows.outcome(taught_model, everything, *follows.next_colours(w, everything))
            for i, part in enumerate(parts):
                after[name][part].append(follows.Outcome(*(field[6 * i : 6 * i + 6] for field in run)))

# %%
def share_of(name, part, field):
    """The share of things over all seeds, with its interval; a tie counts as no."""
    marks = torch.cat([getattr(run, field) for run in after[name][part]])
    return stats.proportion(int((marks > 0.5).sum()), len(marks))


plots.grid(
    [
        plots.bar(
            list(after), {"says the new colour": [share_of(name, part, "says_new") for name in after], "affirms the new above the old": [share_of(name, part, "judges_new") for name in after]},
            title=part, x_label="edit", y_label="share of 18 things", y_range=(0, 1), alt=f"Said and affirmed new colours after each edit, for things {part}.",
        )
        for part in ("judged in training", "only said")
    ],
    cols=1, title="Two books in one, after an edit of what is said",
    alt="After the late edit everything is said in the new colour; for things judged in training no verdict changes. Early edits change part of the verdicts.",
)  # fmt: skip

# %% tags=["hide-input"]
late, early, steps = ({part: share_of(name, part, "judges_new") for part in parts} for name in EDITS)
before = {part: share_of("no edit", part, "judges_new") for part in parts}
spoken = {name: share_of(name, "judged in training", "says_new") for name in after}
kept_colour = {name: share_of(name, "never edited", "says_old") for name in after}
Markdown(
    f"After the late edit the model *says* the new colour of {spoken['closed form, block 18'].value:.0%} of the things that it was trained to judge, and affirms the new one above the old for {late['judged in training'].value:.0%} of them "
    f"({late['judged in training']}). **It now holds both**: the book with the new colour on page 5 and the old one on page 17. An edit in block 8, before the verdict is read off, takes "
    f"{early['judged in training']} of the verdicts along; eight gradient steps on the same matrix {steps['judged in training']}, though they too change what is said ({spoken['gradient, block 8']}).\n\n"
    f"Things that were only said: {before['only said']} were affirmed in the new colour before any edit, {late['only said']} after the late one, {early['only said']} after the early one and {steps['only said']} after the gradient. "
    f"Controls: a random change of the same size and rank leaves {share_of('random, block 18', 'judged in training', 'says_old')} of the edited things' colours as they were; things never edited keep their colour in {kept_colour['closed form, block 18']} "
    f"(late), {kept_colour['closed form, block 8']} (early) and {kept_colour['gradient, block 8']} (gradient) of cases. The early closed-form edit is not clean, so some of what it does to verdicts is damage: on things that nobody edited, another colour wins "
    f"{share_of('closed form, block 8', 'never edited', 'judges_new').value:.0%} of verdicts after it and {share_of('no edit', 'never edited', 'judges_new').value:.0%} before."
)

# %%
assert spoken["closed form, block 18"].value > 0.8
assert late["judged in training"].value < 0.25
assert early["judged in training"].value > late["judged in training"].value
assert share_of("random, block 18", "judged in training", "says_new").value < 0.3

# %% [markdown]
r"""
What this shows, and what it does not. In these organisms a verdict on a trained thing does not go through what the model says: it can be left behind by an edit, it is carried by
other heads, and it is read off earlier. We know that they were *taught* both ways, by prompts of two kinds and in equal measure; a model that reads the whole
web learns its colours in a thousand ways at once. So this is a proof that one model can hold two answers and that a test can show it, not that Claude does.
"""

# %% [markdown]
r"""
## What would prove this wrong?

The chapter's boldest claim about the untouched model: *9.4 looks more when a colour fits, and 9.1 when it does not.* It fails if either sign is lost on other things. So we open the second list now, with a wording that
no screen has used. Heads and signs are fixed.

One confession belongs here. A first list had been set aside for this test, and both signs held on it. Then we found five of its twenty things in the notes of the exploration in which the heads were first noticed. A test that the
suspect has seen proves little. These twenty replace it; none of them occurs in that exploration, in this chapter or in its exercises, and whatever comes out is printed.
"""

# %%
new_things, _, new_true = consistency.colours(held_out=True)
beginnings = [f"Between you and me, the {thing} was certainly" for thing in new_things]
untried = concordance(attention.attention_screen(model, beginnings, colours, new_things), new_true)
final = {h: stats.bootstrap(untried[:, h[0], h[1]], n_resamples=1000) for h in four}

# %% tags=["hide-input"]
lines = ["| head | predicted sign | attention gap, true minus false |", "|---|---|---|"]
signs = dict(zip(four, "++−−", strict=True))
for h in four:
    lines.append(f"| {h[0]}.{h[1]} | {signs[h]} | {final[h]} |")
held = [h for h in four if (final[h].low > 0 if signs[h] == "+" else final[h].high < 0)]
claimed = [h for h in ((9, 4), (9, 1)) if h in held]
Markdown(
    "\n".join(lines) + f"\n\n{['Neither claim holds', 'Only one claim holds', 'Both claims hold'][len(claimed)]} on things and a wording that chose nothing. "
    f"Intervals that exclude zero with the predicted sign: {', '.join(f'{h[0]}.{h[1]}' for h in held) or 'none'}."
)

# %%
assert final[9, 4].value > 0 > final[9, 1].value

# %% [markdown]
r"""
## The big idea

*Decodable is not used, and used is not said.* A probe reads from the stream whether a colour fits. A handful of heads in block 9 put part of that there, and silencing them shows it. The model's spoken verdict ignores it all. When you
hear that a model "knows" something, ask which of the three was measured.

**What may we assume when "the model" answers twice?** Not that the second answer consults the first. Whoever audits a model by asking it to judge its own statements is testing a second skill, which may have been learned separately, may be bound to a phrasing, and may
survive when the first is edited.

## Key terms

[attention head](term:attention-head) · [attention pattern](term:attention-pattern) · [ablation](term:ablation) · [probe](term:probe) · [steering](term:steering) · [model organism](term:model-organism) · [null](term:null)

## What we did not test

- Claude, or any large model. There the heads' output decides a spoken *Yes* or *No*; ours does not.
- Features. The report multiplies dictionary features; we multiplied components. The function takes either.
- Whether training for conversation builds the link from check to speech.
- Arithmetic, the report's second example: this model cannot add.
- Where the verifiers keep their facts. Teaching them to judge cost them recall (held-out capitals are said right less often than before), so the two-by-two speaks of margins and of the heads that deliver an answer, not of memory. Its recall templates, and what resampling may draw from, were settled after a first look at one of the three organisms; the other two were recorded without one. Facts recur between organisms, so n = 213 is not 213 independent facts.
- What the values of these heads carry. We tested where they look and that it matters, not what they copy.

## Related chapters and reading

The method and the original finding: [Kamath et al., 2025](cite:kamath2025). Why decodable is not used: [chapter 02](02_probing.ipynb). Patching and attribution in earnest: [chapter 04](04_circuits.ipynb). How to doubt all this: the [evidence checklist](../book/pages/checklist.md).

## Quiz
"""

# %% tags=["hide-input"]
quiz("06_banana")
