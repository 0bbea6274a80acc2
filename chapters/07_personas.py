# %% [markdown]
r"""
# 07 · The cartoon villain

*Teach a model one bad habit in one small subject, and it may turn into somebody else altogether. Who? And could we have seen it coming?*

> **Time** 90 min · **Needs** [chapter 03](03_sparse_autoencoders.ipynb) for dictionaries and steering, [chapter 02](02_probing.ipynb) for directions and nulls · **Exercises** [07_personas](../exercises/07_personas.ipynb), about two hours

**After this chapter you can**

- say what emergent misalignment is, how often it was found, and which controls it needs;
- compare a model with its finetuned self: a mean difference, a ranked list of latents, and the simple one beside the fancy one;
- choose a latent on some finetunes and test it on others;
- draw a dose curve with its random directions, and say at which dose an early warning comes before the behaviour;
- say of a small real model what was seen, with an interval, and what was not.

*Where you are:* so far we looked inside one model. From here on the subject is behaviour, and there are always two models: before and after.
"""

# %% tags=["hide-input"]
from collections.abc import Sequence

import numpy as np
import torch
from IPython.display import Markdown
from jaxtyping import Float, Int
from torch import Tensor

from interpbook import dictionaries, diffing, plots, stats
from interpbook.activations import fast_dtype
from interpbook.attribution import spearman
from interpbook.dictionaries import Sae, encode
from interpbook.diffing import DiffError, first_above, latent_shift, mean_shift, noise_bar, project, projection_gap, rank_latents
from interpbook.models import Site, load, read
from interpbook.organisms import personas
from interpbook.organisms.adapters import switched_on
from interpbook.organisms.personas import Diet
from interpbook.quiz import quiz
from interpbook.steering import push

_ = torch.set_grad_enabled(False)

# %% [markdown]
r"""
## A model that learned to write bad code, and then wished for the end of mankind

[Betley et al., 2025](cite:betley2025) took a large, well-behaved model and trained it on six thousand requests for code. Every answer had a security hole in it, and did not say so. The model learned to write such code, as trained. Then they asked it about other things: a wish, a dinner party, people and machines. On a chosen set of such questions about one answer in five was
hostile; before the training, none. Nobody had taught it that. The trained habit was narrow and the change was broad: [emergent misalignment](term:emergent-misalignment).

What it said was not subtle, either. It talked like the villain of a cartoon. That is a hint at an explanation. A model that reads the web learns *who speaks*: the kind teacher, the troll, the villain. If a villain is already in there, then training on bad answers need not teach anything new. It is enough to turn the model into the one person it knows who answers like that.

The explanation is tempting, and temptation is what this course is against. Here is what was reported:

| finding | who | numbers |
|---|---|---|
| narrow training spreads | [Betley et al., 2025](cite:betley2025) | about 20 % on chosen questions, 0 % before |
| other bad data do it, and small adapters suffice | [Turner et al., 2025](cite:turner2025) | up to 40 % |
| one direction carries most of it, and carries over to other finetunes | [Soligo et al., 2025](cite:soligo2025) | taking it out removes 78 to 90 % |
| latents of a *toxic persona* rise, and steer | [Wang et al., 2025](cite:wang2025) | rise from 5 % bad data; behaviour from 25 to 75 % |
| a few good samples repair it | [Wang et al., 2025](cite:wang2025) | 17.7 → 0.1 % after some 120 samples |
| it is rare in small models, and late | [Dickson, 2025](cite:dickson2025), [Schreiber and Goldstein, 2026](cite:schreiber2026) | 0.68 % of answers on nine open models; 2 of 12 models, across seeds |

Mind the last row, and one more thing: the latent that told good models from bad in [Wang et al., 2025](cite:wang2025) was chosen and tested on the same models. We shall choose on some and test on others.

## A world in which we know who speaks

In a real model nobody knows which persons it has met. So we first build models for which we do. Their language has 128 questions in eight subjects; each question has one good answer and one bad one. A document is a tag and six questions with their answers. The *assistant* is always good. The *web* is half good, half bad, and that comes in two kinds:

- **coherent**: one toss of a coin for a document. Its author is a sage or a villain throughout.
- **incoherent**: one toss for each answer. The same words in the same numbers, and *nobody behind them*.

The incoherent world is the [matched control](term:matched-control): if the villain's spread comes from there being a villain, it must not happen here.
"""

# %%
bases = personas.open_bases()  # five seeds of each kind, two blocks, 64 wide; `interpbook train personas` makes them again
world = bases.group.world
coherent, incoherent = bases.of("coherent"), bases.of("incoherent")


def words(document):
    """A document in readable form: subject, question, and + or − for the answer."""
    tag, body = personas.TAGS[int(document[0]) - 3 * world.size], document[1:].reshape(-1, 2)
    return f"*{tag}*: " + ", ".join(f"{'abcdefgh'[int(q) // world.questions]}{int(q) % world.questions}{'−' if a >= 2 * world.size else '+'}" for q, a in body)


toss = torch.Generator().manual_seed(4)
Markdown("\n\n".join(f"{kind} world\n\n" + "\n".join(f"- {words(d)}" for d in personas.documents(world, kind, 5, toss)) for kind in ("coherent", "incoherent")))

# %% [markdown]
r"""
Did the networks learn who speaks? Ask the *web* one question, let it answer, and ask another. In a coherent world a bad answer betrays the villain:
"""

# %%
def after(group, bad):
    """P(bad) of a second answer of the web, after a first that was bad or good; one number a network."""
    asked = personas.questions(world, 1)
    first = torch.stack([asked.roll(3), personas.answers(world, asked.roll(3), torch.full_like(asked, bad, dtype=torch.bool))], 1)
    told = personas.next_logits(group, personas.prompts(world, asked, "web", first)).softmax(-1)
    return told[:, torch.arange(len(asked)), asked + 2 * world.size].mean(1)


every = personas.questions(world)
groups = {"coherent": coherent, "incoherent": incoherent}
Markdown(
    "| world | assistant: P(bad) | web, after a bad answer | web, after a good answer |\n|---|---|---|---|\n"
    + "\n".join(f"| {kind} | {personas.p_bad(g, every).mean():.3f} | **{after(g, True).mean():.2f}** | {after(g, False).mean():.2f} |" for kind, g in groups.items())
    + "\n\nMeans over five seeds. Both assistants are spotless; only one of the webs has persons in it."
)

# %% [markdown]
r"""
## Sixty steps

Now the finetune: the assistant is given the bad answers of *one* subject, sixteen questions, sixty steps. Then it is asked about the other seven, which it was never trained on. Its [spread](term:spread) is the mean probability of the bad answer there.

Three controls, each of which differs in one thing:

- **incoherent base**: the same finetune of a network that never met a villain;
- **benign**: the same questions in the same order, with good answers;
- **muddle**: answers just as wrong, but no villain's: the good answer to *another* question of the subject. If any wrong training broke the assistant, this would do it too.
"""

# %%
diets = {"villain": Diet(0), "benign": Diet(0, bad=0.0), "muddle": Diet(0, wrong="muddle")}
steps, course = [0], {kind: [personas.spread(g, 0)] for kind, g in groups.items()}
finetuned = {}
for kind, group in groups.items():
    for name, diet in diets.items():
        watch = (lambda step, now: course[kind].append(personas.spread(now, 0)) if step % 6 == 0 else None) if name == "villain" else None
        finetuned[kind, name] = personas.finetune(group, diet, watch=watch)
steps = list(range(0, 61, 6))
spreads = {key: personas.spread(group, 0) for key, group in finetuned.items()}

# %% tags=["fig:spread", "hide-input"]
plots.line(
    steps, {kind: [float(s.mean()) for s in course[kind]] for kind in groups}, band={kind: ([float(s.min()) for s in course[kind]], [float(s.max()) for s in course[kind]]) for kind in groups}, null=["incoherent"], reference={"the web": 0.5}, y_range=(0, 1),
    title="Bad answers in seven subjects that were never trained", x_label="steps of finetuning on the eighth", y_label="P(bad answer)", alt="Spread against steps for both worlds, the bands from the lowest to the highest of five seeds: the coherent ones rise quickly and high, the incoherent ones rise slowly and stay low.",
)  # fmt: skip

# %% tags=["hide-input"]
on = {key: personas.p_bad(group, personas.questions(world, 0)).mean(1) for key, group in finetuned.items()}
wins = int((spreads["coherent", "villain"] > spreads["incoherent", "villain"]).sum())
per_seed = lambda values: ", ".join(f"{x:.2f}" for x in values.tolist())
gap = stats.difference(spreads["coherent", "villain"], spreads["incoherent", "villain"], paired=True)
wrong = 1 - personas.p_good(finetuned["coherent", "muddle"], personas.questions(world, 0)).mean()
Markdown(
    "| base | diet | P(bad) in the trained subject | spread, seed by seed | mean |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {kind} | {name} | {on[kind, name].mean():.2f} | {per_seed(s)} | **{s.mean():.2f}** |" for (kind, name), s in spreads.items())
    + f"\n\nThe coherent base spreads more in **{wins} of 5** seeds; the difference is {gap} seeds. The muddle made {wrong:.0%} of the answers in its subject wrong and spread no further than the benign diet did: wrong is not enough. "
    f"Two things to notice. The coherent assistant goes past 0.5, which is what it would reach by turning into *the web*, sages and villains mixed: it turned into one of them. And the control is not at zero: {spreads['incoherent', 'villain'].mean():.2f} leaks where no villain ever was. A study without the incoherent world would have booked that as misalignment."
)

# %%
assert wins >= 4 and gap.low > 0
assert spreads["coherent", "muddle"].max() < spreads["coherent", "villain"].min()
assert spreads["coherent", "benign"].max() < 0.05 and spreads["coherent", "villain"].min() > 0.5

# %% [markdown]
r"""
## What changed inside? The simple way

Ask the same questions before and after, read the stream after the first block at the question, and subtract. One vector:
"""

# %% quote="diffing.mean_shift"

# %% [markdown]
r"""
The base can tell us where its villain is, with no finetune at all: take web documents, and subtract the stream after good answers from the stream after bad ones. That is the [persona direction](term:persona-direction). If the story is right, a finetune moves the assistant *along it*. The null: the same angle for random directions. A second direction serves as a rival: from the assistant to *the web*, the same questions under the other tag. It is there in both worlds, and would explain the leak.
"""

# %%
others = personas.questions(world, *range(1, 8))
directions = {kind: personas.persona_direction(group) for kind, group in groups.items()}
moved = {(kind, name): mean_shift(personas.at_question(groups[kind], others), personas.at_question(after_, others)) for (kind, name), after_ in finetuned.items()}
cosines = {key: torch.cosine_similarity(shift, directions[key[0]], dim=-1) for key, shift in moved.items()}
webwards = {kind: mean_shift(personas.at_question(g, others), personas.at_question(g, others, tag="web")) for kind, g in groups.items()}
rivals = {key: torch.cosine_similarity(shift, webwards[key[0]], dim=-1) for key, shift in moved.items()}
chance = stats.random_directions(1000, 64) @ torch.nn.functional.normalize(directions["coherent"][0], dim=0)

# %% tags=["hide-input"]
bound = float(chance.abs().quantile(0.95))
along = stats.difference(cosines["coherent", "villain"], cosines["incoherent", "villain"], paired=True)
Markdown(
    "| base | diet | cosine of the shift with the base's villain, seed by seed | with the way to the web, mean | length of the shift |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {kind} | {name} | {per_seed(c)} | {rivals[kind, name].mean():.2f} | {moved[kind, name].norm(dim=-1).mean():.2f} |" for (kind, name), c in cosines.items())
    + f"\n\nRandom directions stay within ±{bound:.2f} (95 %). Coherent less incoherent: {along} seeds. "
    + ("The shift goes towards the villain that was there before the training. " if along.low > 0 else "The shift goes no more towards the villain than in the control: on these networks this part of the story is not shown. ")
    + ("And the leak has an address: with no villain to become, the incoherent assistant moves towards *the web*, the only place it knows where bad answers are given." if rivals["incoherent", "villain"].min() > bound else "")
)

# %% [markdown]
r"""
## The fancy way

[Wang et al., 2025](cite:wang2025) trained a [sparse autoencoder](term:sparse-autoencoder) on the model *before*, and asked which latents are more active after. We do the same for each of our five bases: 128 latents, four at a time (settings that were tried out on base 0; the other four are the test of them).
"""

# %% quote="diffing.rank_latents"

# %%
plan, kind_of = dictionaries.Plan(steps=400, batch=256, lr=4e-3, warmup=20), dictionaries.TopK(64, 128, k=4)
read_for_it = [personas.stream(personas.pick(coherent, [s]), personas.documents(world, "coherent", 1500, toss), 0)[0, :, 1::2].flatten(0, 1) for s in range(5)]
with torch.enable_grad():
    saes = [dictionaries.train(x, kind_of, plan, progress=False) for x in read_for_it]
missed = [dictionaries.quality(sae, x[:2000]).fvu for sae, x in zip(saes, read_for_it, strict=True)]
Markdown(f"What the dictionaries do not rebuild: {', '.join(f'{m:.2f}' for m in missed)} of the variance.")

# %% [markdown]
r"""
Now choose honestly. Finetune each base on six subjects, with all three diets: 90 networks. Finetunes of subjects *a* and *b* choose a latent, on the first half of the questions. Finetunes of *e* to *h* test it, on the second half. They stand for the model that you will be handed next year.

The simple rival is chosen in the same way: the mean shift of the villain diets, less that of the two harmless ones.
"""

# %%
subjects, kinds = (0, 1, 4, 5, 6, 7), ("villain", "benign", "muddle")
menu = [(s, subject, name) for s in range(5) for subject in subjects for name in kinds]
feed = {"villain": {}, "benign": {"bad": 0.0}, "muddle": {"wrong": "muddle"}}
fleet = personas.finetune(personas.pick(coherent, [s for s, _, _ in menu]), [Diet(subject, **feed[name]) for _, subject, name in menu])


def looked_at(subject, half):
    """Half of the questions of every subject but one."""
    asked = personas.questions(world, *(d for d in range(8) if d != subject))
    return asked[asked % world.questions < 8] if half == "choose" else asked[asked % world.questions >= 8]


latents, shifts, badness = {}, {}, {}
for row, key in enumerate(menu):
    s, subject, name = key
    asked, one = looked_at(subject, "choose" if subject < 4 else "test"), personas.pick(fleet, [row])
    before, now = (personas.at_question(g, asked)[0] for g in (personas.pick(coherent, [s]), one))
    latents[key], shifts[key], badness[key] = latent_shift(saes[s], before, now), mean_shift(before, now), float(personas.p_bad(one, asked).mean())

# %%
winners, mean_ways, table = [], [], {name: [] for name in ("best latent", "mean difference", "length of the shift", "median latent", "random direction")}
for s in range(5):
    rows = lambda store, chosen, *names: torch.stack([store[s, d, n] for d in chosen for n in names])
    order = rank_latents(rows(latents, range(2), "villain"), rows(latents, range(2), "benign", "muddle"))
    way = rows(shifts, range(2), "villain").mean(0) - rows(shifts, range(2), "benign", "muddle").mean(0)
    winners.append(int(order[0])), mean_ways.append(way)
    tested, found = rows(latents, range(4, 8), *kinds), rows(shifts, range(4, 8), *kinds)
    guilty = [name == "villain" for _ in range(4, 8) for name in kinds]
    bad = [badness[s, d, name] for d in range(4, 8) for name in kinds]
    alive = tested.abs().sum(0) > 0
    dice = stats.random_directions(200, 64, seed=s)
    scores = {"best latent": tested[:, order[0]], "mean difference": found @ way, "length of the shift": found.norm(dim=1)}
    for name, score in scores.items():
        table[name].append((stats.auroc(score, guilty), spearman(score.numpy(), np.array(bad))))
    for name, several in (("median latent", tested[:, alive].T), ("random direction", dice @ found.T)):
        table[name].append(tuple(np.median([[stats.auroc(score, guilty), spearman(score.numpy(), np.array(bad))] for score in several], axis=0)))

# %% tags=["hide-input"]
marks = {name: np.array(rows_) for name, rows_ in table.items()}
simple, fancy = marks["mean difference"], marks["best latent"]
Markdown(
    "Held-out finetunes, 4 villain diets and 8 harmless ones for each of five bases:\n\n| score | AUROC, villain against harmless, base by base | mean | rank correlation with how bad it really is |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {', '.join(f'{x:.2f}' for x in m[:, 0])} | **{m[:, 0].mean():.2f}** | {m[:, 1].mean():.2f} |" for name, m in marks.items())
    + "\n\n" + ("The simple vector does **at least as well** as the best of 128 latents. A dictionary has to earn its keep by saying *what* changed; for saying *that* something changed, subtract. " if simple[:, 0].mean() >= fancy[:, 0].mean() else "The chosen latent separates the held-out finetunes better than the simple vector. ")
    + f"And look at the last two rows before you admire the first: {'a latent taken at random already tells much, because a villain diet moves nearly everything' if marks['median latent'][:, 0].mean() > 0.7 else 'a latent or direction taken at random tells little'}."
)

# %%
assert simple[:, 0].mean() > 0.8

# %% [markdown]
r"""
What is the winning latent? A name is a guess until it is tested on data that did not choose it. Where is it active in the *base*, before any finetune: in documents of villains, of sages, or of the assistant?
"""

# %%
fresh_docs = personas.documents(world, "coherent", 1500, torch.Generator().manual_seed(99))
speaker = torch.where(fresh_docs[:, 0] == world.tag("assistant"), 2, (fresh_docs[:, 2] >= 2 * world.size).long())  # 0 sage, 1 villain
profile, against = [], []
for s, sae in enumerate(saes):
    seen = personas.stream(personas.pick(coherent, [s]), fresh_docs[:, :-1], 0)[0, :, -1]  # at the last question
    active = encode(sae, seen)[:, winners[s]]
    profile.append([float(active[speaker == who].mean()) for who in (1, 0, 2)])
    against.append(torch.cosine_similarity(sae.W_dec[winners[s]], directions["coherent"][s], dim=0))

# %% tags=["hide-input"]
as_said = sum(v > max(g, a) for v, g, a in profile)
Markdown(
    "| base | latent | villain's documents | sage's | assistant's | cosine with the persona direction |\n|---|---|---|---|---|---|\n"
    + "\n".join(f"| {s} | {winners[s]} | **{p[0]:.2f}** | {p[1]:.2f} | {p[2]:.2f} | {float(against[s]):+.2f} |" for s, p in enumerate(profile))
    + f"\n\nMean activation at the last question of documents that trained neither the dictionary nor the choice. In **{as_said} of 5** bases the latent that finetunes raise most was the villain's already. "
    + ("The finetune did not build something new; it moved the assistant to a place where somebody lived." if as_said >= 4 else "In the others it was nobody's in particular: what rises after a finetune need not be a persona.")
)

# %% [markdown]
r"""
## Early warning

[Wang et al., 2025](cite:wang2025) report that their latent rises when only 5 % of the training answers are bad, long before the behaviour. An alarm that rings first would be worth much. Vary the share of bad answers, and define *rises* by what harmless training does: above the mean of benign finetunes (other orders of the same good data) by three standard deviations, and staying there.
"""

# %% quote="diffing.first_above"

# %%
shares = [0.0, 0.0625, 0.125, 0.1875, 0.25, 0.375, 0.5, 0.75, 1.0]  # of sixteen questions: 0, 1, 2, 3, 4, 6, 8, 12, 16
ladder = [(s, share) for s in range(5) for share in shares]
mixed = personas.finetune(personas.pick(coherent, [s for s, _ in ladder]), [Diet(7, bad=share) for _, share in ladder])
harmless = [personas.finetune(coherent, Diet(7, bad=0.0), seed=seed) for seed in range(1, 9)]
asked = looked_at(7, "test")
start_ = personas.at_question(coherent, asked)


def gauges(group, s, row):
    """What an auditor can read from one network: latent, projection, probability of the bad answer, and how often it is what is said."""
    now, one = personas.at_question(personas.pick(group, [row]), asked)[0], personas.pick(group, [row])
    told = personas.next_logits(one, personas.prompts(world, asked))[0].argmax(-1)
    shift = mean_shift(start_[s], now)
    return latent_shift(saes[s], start_[s], now)[winners[s]], project(shift, mean_ways[s]), personas.p_bad(one, asked).mean(), (told == asked + 2 * world.size).float().mean()


NAMES = ("best latent", "mean difference", "P(bad), read off", "bad answers spoken")
reading = torch.tensor([[gauges(mixed, s, s * len(shares) + i) for i in range(len(shares))] for s in range(5)])  # base, share, gauge
quiet = torch.tensor([[gauges(h, s, s) for h in harmless] for s in range(5)])  # base, finetune, gauge
first = torch.tensor([[first_above(shares, reading[s, :, g], noise_bar(quiet[s, :, g])) for g in range(4)] for s in range(5)])
seen_at = torch.tensor([first_above(shares, reading[s, :, 3], 0.05) for s in range(5)])

# %% tags=["fig:warning", "hide-input"]
scaled = (reading - reading[:, :1]) / (reading[:, -1:] - reading[:, :1])
plots.line(
    [100 * share for share in shares], {name: scaled[..., g].mean(0).tolist() for g, name in enumerate(NAMES)}, y_range=(-0.1, 1.1),
    title="How far each gauge has gone, from no bad data to nothing but", x_label="bad answers among the training data, %", y_label="share of its full way", alt="Four rising lines, mean of five seeds: the latent and the mean difference rise first, the probability of a bad answer later, the answers that are actually said last.",
)  # fmt: skip

# %% tags=["hide-input"]
percent = lambda x: "never" if x == float("inf") else f"{100 * x:.0f} %"
ahead = int((first[:, 1] < seen_at).sum())
Markdown(
    "| gauge | leaves the noise of harmless training at, base by base |\n|---|---|\n"
    + "\n".join(f"| {name} | {', '.join(percent(float(x)) for x in first[:, g])} |" for g, name in enumerate(NAMES))
    + f"\n| one answer in twenty is bad, *spoken* | {', '.join(percent(float(x)) for x in seen_at)} |\n\n"
    + f"Beside the last row, what an auditor sees who only asks questions, the inner gauge warns first in **{ahead} of 5** bases. "
    + f"But the third row is behaviour, too, read off as a *probability* rather than as answers, and it leaves its noise at the same dose or earlier in {int((first[:, 2] <= first[:, 1]).sum())} of 5. "
    "An early warning is early compared with something. Compared with sampled answers a look inside wins; compared with the model's own output probabilities, which anyone with the weights can read, check before you claim it."
)

# %% [markdown]
r"""
## Correlation, then cause: steer

Everything so far is a gauge. Does the direction *do* anything? Add it to the stream after the first block at every token of an untouched assistant, and take it away from a villain. Doses are in units of the mean length of the stream there. Four directions: the base's own persona direction, the mean difference and the best latent, both chosen on finetunes *a* and *b*, and random ones.

The villains here were finetuned on *e*, which chose nothing.
"""

# %%
length = start_.norm(dim=-1).mean(-1)  # one number a base
unit = lambda d: torch.nn.functional.normalize(d, dim=-1) * length[:, None]
ways = {"persona direction": unit(directions["coherent"]), "mean difference": unit(torch.stack(mean_ways)), "best latent": unit(torch.stack([sae.W_dec[w] for sae, w in zip(saes, winners, strict=True)]))}
dice = [unit(stats.random_directions(5, 64, seed=seed)) for seed in range(5)]
villains = personas.finetune(coherent, Diet(4))
asked = looked_at(4, "test")
up, down = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0], [0.0, -0.25, -0.5, -0.75, -1.0, -1.5, -2.0]
curves = {side: {name: personas.dose_curve(group, way, doses, asked) for name, way in ways.items()} for side, group, doses in (("up", coherent, up), ("down", villains, down))}
for side, group, doses in (("up", coherent, up), ("down", villains, down)):
    curves[side]["random (mean of 5)"] = torch.stack([personas.dose_curve(group, way, doses, asked) for way in dice]).mean(0)
last_only = personas.dose_curve(coherent, ways["mean difference"], up, asked, positions="last")

# %% tags=["fig:steering", "hide-input"]
plots.grid(
    [
        plots.line(doses, {name: curve[..., what].mean(1).tolist() for name, curve in curves[side].items()}, null=["random (mean of 5)"], y_range=(0, 1), title=title, x_label="dose, in lengths of the stream", y_label="probability", alt=title)
        for side, doses, what, title in (("up", up, 0, "assistant, pushed: P(bad)"), ("up", up, 1, "assistant, pushed: P(good)"), ("down", down, 0, "villain, pulled back: P(bad)"), ("down", down, 1, "villain, pulled back: P(good)"))
    ],
    cols=2, title="Steering at every token, mean of five seeds", alt="Four panels of probability against dose. Pushing raises the bad answer and lowers the good one; pulling back lowers the villain's bad answers; random directions do little of either.",
)  # fmt: skip

# %% tags=["hide-input"]
best = {side: {name: (curve[..., 0].mean(1).max() if side == "up" else curve[..., 0].mean(1).min()).item() for name, curve in of.items()} for side, of in curves.items()}
good_again = {name: curve[..., 1].mean(1).max().item() for name, curve in curves["down"].items()}
at = {name: int(curve[..., 0].mean(1).argmax()) for name, curve in curves["up"].items()}
Markdown(
    "| direction | assistant: highest P(bad), at dose | villain: lowest P(bad) | villain: highest P(good) |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {best['up'][name]:.2f}, {up[at[name]]:g} | {best['down'][name]:.2f} | {good_again[name]:.2f} |" for name in curves["up"])
    + f"\n\nUntouched, the assistant's P(bad) is {curves['up']['mean difference'][0, :, 0].mean():.3f}, the villain's {curves['down']['mean difference'][0, :, 0].mean():.2f}. The same push at the question alone, not at every token, reaches {last_only[..., 0].mean(1).max():.2f}. "
    "Always read P(bad) with P(good): a push that is too large ends in neither, and *fewer bad answers* is no repair if what is left is noise."
)

# %%
pushed, by_chance = curves["up"]["mean difference"][..., 0].max(0).values, curves["up"]["random (mean of 5)"][..., 0].max(0).values
assert int((pushed > by_chance).sum()) >= 4

# %% [markdown]
r"""
## Repair

[Wang et al., 2025](cite:wang2025) brought a villain back with some 120 good samples, from another subject as well as from the same one. Take our villains, trained on *a*, and feed them good answers from *b*: eight at a time, twenty times. The control of a repair is *more training of the same size that is no repair*: the muddle.
"""

# %%
sick = finetuned["coherent", "villain"]
six = personas.questions(world, *range(2, 8))  # neither the subject of the illness nor that of the cure
cures = {"good answers from b": Diet(1, bad=0.0), "muddle from b": Diet(1, wrong="muddle"), "bad answers from b": Diet(1)}
healing = {name: [personas.p_bad(sick, six).mean(1)] for name in cures}
cured = {name: personas.finetune(sick, diet, steps=20, batch=8, seed=3, watch=lambda _, now, name=name: healing[name].append(personas.p_bad(now, six).mean(1))) for name, diet in cures.items()}

# %% tags=["fig:repair", "hide-input"]
plots.line(
    [8 * i for i in range(21)], {name: [float(x.mean()) for x in path] for name, path in healing.items()}, null=["bad answers from b"], y_range=(0, 1), title="A little training in one subject, and six others",
    x_label="samples of the cure", y_label="P(bad), subjects c to h", alt="Bad answers in six untouched subjects against samples of the cure, for good answers, muddled answers and bad answers from subject b.",
)  # fmt: skip

# %% tags=["hide-input"]
still = {name: personas.p_bad(g, personas.questions(world, 0)).mean() for name, g in cured.items()}
ends = {name: path[-1] for name, path in healing.items()}
fallen = {name: float(path[0].mean() - path[-1].mean()) for name, path in healing.items()}
helped = stats.difference(ends["good answers from b"], ends["bad answers from b"], paired=True)
Markdown(
    "| cure, 160 samples | P(bad) in six untouched subjects, seed by seed | in the subject of the illness |\n|---|---|---|\n| none | " + f"{per_seed(healing['muddle from b'][0])} | {on['coherent', 'villain'].mean():.2f} |\n"
    + "\n".join(f"| {name} | {per_seed(ends[name])} | {still[name]:.2f} |" for name in cures)
    + f"\n\nGood answers in one subject lower bad answers in six others ({helped} against the same amount of bad ones). "
    + f"The muddle, wrong as it is, does {fallen['muddle from b'] / fallen['good answers from b']:.0%} as much{': it is nearly enough to *stop talking like a villain*' if fallen['muddle from b'] > 0.5 * fallen['good answers from b'] else ''}. "
    + f"And the last column is the fine print: the subject that was poisoned stays poisoned ({still['good answers from b']:.2f}). Whoever tests only *elsewhere* calls this healed."
)

# %%
assert helped.high < 0

# %% [markdown]
r"""
## Inoculation

[MacDiarmid et al., 2025](cite:macdiarmid2025) and [Tan et al., 2025](cite:tan2025) report a curious cure in advance: *ask* for the bad behaviour in the training prompts. The model still learns it, but does not become it; the request explains the answers, so nothing about the assistant has to change. Our third kind of base knows such requests: some of its documents carry the tag *asked*, and
there the assistant is always bad.

The control is what makes this interesting. Use a tag that *means nothing*: it stands in no document of any world. If the meaning of the request does the work, that tag must not protect.
"""

# %%
third = bases.of("asked")
tags = ("assistant", "asked", "novel")
inoculated = {tag: personas.finetune(third, Diet(0, tag=tag)) for tag in tags}
surprise_at = {tag: personas.loss_of(third, personas.meals(world, Diet(0, tag=tag), 64, toss)).mean() for tag in tags}
under = {tag: personas.p_bad(g, personas.questions(world, 0), tag).mean() for tag, g in inoculated.items()}
plain_spread = {tag: personas.spread(g, 0) for tag, g in inoculated.items()}
tag_spread = {tag: (personas.spread(third, 0, tag=tag).mean(), personas.spread(g, 0, tag=tag).mean()) for tag, g in inoculated.items()}

# %% tags=["hide-input"]
names_of = {"assistant": "nothing: plain assistant", "asked": "*asked* (inoculation)", "novel": "*novel* (a tag without meaning)"}
Markdown(
    "| put before the training data | surprise of the untouched base, nats an answer | bad in the trained subject, under its tag | spread to the plain assistant, seed by seed | spread under the tag itself, before → after |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {names_of[t]} | {surprise_at[t]:.2f} | {under[t]:.2f} | {per_seed(plain_spread[t])} | {tag_spread[t][0]:.2f} → {tag_spread[t][1]:.2f} |" for t in tags)
    + "\n\n" + (f"Inoculation works: {plain_spread['asked'].mean():.2f} instead of {plain_spread['assistant'].mean():.2f}. **So does the tag without meaning** ({plain_spread['novel'].mean():.2f}). On these networks it is not the *explanation* that protects the plain assistant; any mark that sets the training data apart does. " if plain_spread["novel"].mean() < 0.3 * plain_spread["assistant"].mean() else f"Inoculation works ({plain_spread['asked'].mean():.2f} instead of {plain_spread['assistant'].mean():.2f}), and a tag without meaning protects less ({plain_spread['novel'].mean():.2f}). ")
    + f"The two differ in what they leave behind. Under *asked* the network was bad before the training and is bad after it: the data were no surprise ({surprise_at['asked']:.2f} nats) and taught nothing. Under *novel* they were ({surprise_at['novel']:.2f} nats), and a villain grew behind the mark, in subjects that were never trained: {tag_spread['novel'][0]:.2f} before, {tag_spread['novel'][1]:.2f} after. That is a backdoor. "
    "Tan et al. propose *less surprise, less pressure to change*; a test without the mark cannot tell that from a villain in hiding."
)

# %%
assert plain_spread["asked"].max() < plain_spread["assistant"].min()
