# %% [markdown]
r"""
# 04 · Circuits

*A model answers. Which of its parts did it, in what order, and what would happen without them?*

> **Time** 100 min · **Needs** [chapter 00](00_city_of_numbers.ipynb); intervals and nulls from [chapter 02](02_probing.ipynb) · **Exercises** [04_circuits](../exercises/04_circuits.ipynb), about two hours

**After this chapter you can**

- split an answer into what every part of the model said for it, exactly;
- recognise an induction head, prove that it matters, and watch one come into being;
- design a pair of prompts that differ in one thing, and patch from one into the other in both directions;
- say when a gradient may stand in for a thousand patches, and find the places where its sign is wrong;
- judge a circuit by faithfulness, completeness and minimality, on prompts that did not choose it, beside circuits drawn by lot.

*Where you are:* chapters 01 to 03 asked what is *written* in the residual stream. Now we ask who writes it, who reads it, and whether the answer depends on it. A dictionary names the words; a [circuit](term:circuit) is a sentence.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Float
from torch import Tensor

from interpbook import attention, corpus, data, induction, lens, patching, plots, stats
from interpbook.models import Site, info, load, next_logits, read, token_strings
from interpbook.organisms import induction as formation
from interpbook.patching import logit_diff
from interpbook.quiz import quiz

_ = torch.set_grad_enabled(False)
model = load()
sizes = info(model)
heads_of = lambda heads: ", ".join(f"{layer}.{head}" for layer, head in heads)

# %% [markdown]
r"""
## One channel, many speakers

> When Mary and John went to the store, John gave a drink to …

*Mary*, says the model, and so do you. The task is known as indirect object identification, [IOI](term:indirect-object-identification) for short ([Wang et al., 2022](cite:wang2022)): two names, one of them said twice, and the answer is the other one. It is small enough to be taken apart and just large enough to be interesting.

Parts of a transformer do not call one another. They all read from, and add to, one channel for each token: the [residual stream](term:residual-stream). So the stream at the last token is a *sum*: the embedding, plus 30 attention layers of nine heads, plus 30 MLPs. A sum can be taken apart.

One obstacle: before the unembedding comes a norm, which divides the stream by its root mean square, and division is not linear. But on a given prompt the divisor is *one number*. Take it as given, and the [logit difference](term:logit-difference) *Mary − John* is exactly the sum of what every part says for Mary and against John. That is [direct logit attribution](term:direct-logit-attribution).
"""

# %% quote="lens.attribute_parts"

# %%
names = data.ioi_names(model.tokenizer)
here, elsewhere = data.halves(names, seed=0)  # choose with these names, test with those
CHOOSE, TEST = (0, 1, 2), (3, 4, 5)  # and with other templates
sentences = data.ioi_prompts(model.tokenizer, 24, templates=CHOOSE, names=here, seed=0)
right, wrong = (data.answer_ids(model.tokenizer, [getattr(one, who) for one in sentences]) for who in ("io", "s"))
texts = [one.text for one in sentences]
lead = logit_diff(next_logits(model, texts), right, wrong)
parts = lens.direct_attribution(model, texts, right, wrong)
gap_of_parts = (parts.values.sum(0) - lead).abs().max()
Markdown(
    f"The model prefers the right name in {stats.proportion(int((lead > 0).sum()), len(lead))} of {len(lead)} sentences; mean lead {stats.bootstrap(lead)} logits. Sum of {len(parts.names)} parts against the model's own logits: largest gap **{gap_of_parts:.1e}**."
)

# %% tags=["fig:direct", "hide-input"]
strength = parts.values.mean(1)
order = strength.abs().argsort(descending=True)[:12].tolist()
plots.bar(
    [parts.names[i] for i in order], [stats.bootstrap(parts.values[i]) for i in order], horizontal=True, title="What the loudest parts say for the right name", x_label="part", y_label="contribution to the lead (logits)",
    alt="Horizontal bars with intervals for the twelve parts with the largest contributions; most are attention layers and MLPs of the last third, some speak against the right name.",
)  # fmt: skip

# %% tags=["hide-input"]
by_head = parts.heads.mean(2)
speakers = [divmod(int(i), sizes.n_heads) for i in by_head.flatten().argsort(descending=True)]
third = 2 * sizes.n_layers // 3
late_share = sum(strength[i] for i, name in enumerate(parts.names) if name.split()[-1].isdigit() and int(name.split()[-1]) >= third) / strength.sum()
Markdown(
    f"Layers {third} to {sizes.n_layers - 1} say {late_share:.0%} of it. By head, the loudest speakers for the right name are {heads_of(speakers[:4])} (layer.head; " + ", ".join(f"{by_head[head]:+.2f}" for head in speakers[:4])
    + f" logits), and the loudest against it {heads_of(speakers[-2:])} (" + ", ".join(f"{by_head[head]:+.2f}" for head in speakers[-2:]) + "). "
    "Two warnings before anybody calls this the circuit. A part that tells a *later* part where to look says nothing to the output, and has no bar. And a part that is loud may be dispensable, because another would speak in its place."
)

# %% [markdown]
r"""
## Reading on the way

When does the stream know? The [logit lens](term:logit-lens) ([nostalgebraist, 2020](cite:nostalgebraist2020)) takes the stream after block $\ell$ and pretends that no block is left. Early on that is unfair: later blocks do not only add, they also turn what is there. Two remedies. The [tuned lens](term:tuned-lens) trains a map for every layer ([Belrose et al., 2023](cite:belrose2023lens)).
The [Jacobian lens](term:Jacobian-lens) trains nothing. It asks, on some prompts, how the last stream *would* change if this one did, and averages the answers: $J_\ell = \mathbb{E}\left[\partial h_{\text{last}} / \partial h_\ell\right]$. Reading $J_\ell h_\ell$ in place of $h_\ell$ takes into account what the rest of the model usually does with a vector. (For the prompts of a single relation, [Hernandez et al., 2023](cite:hernandez2023) read subjects with a mean Jacobian.)

We take 24 passages of the corpus. Twelve grind the lens: the 576 rows of $J_\ell$ are dealt out among them, so that twelve passages cost no more than one. The other twelve test it. How far is what each lens reads from what the model says in the end? A control: the Jacobian of the *next* layer in the list, just as well ground and in the wrong place.
"""

# %%
watched = [15, 19, 22, 25, 28]  # the derivative of layer 15 needs every layer after it, and that costs
library = corpus.open_corpus()
long = [ids for ids in (corpus.ids_of(library, int(p)) for p in corpus.passages(library, "held-out")[:200]) if len(ids) >= 48]
drawn = data.shuffled(long, seed=0)[:24]
fitting = [model.tokenizer.decode(ids[:10]) for ids in drawn[:12]]
unseen = [model.tokenizer.decode(ids[:n]) for ids in drawn[12:] for n in (24, 36, 48)]
translator = lens.jacobian_lens(model, fitting, watched, shared=True)
misplaced = translator._replace(matrices=translator.matrices.roll(-1, 0))

in_the_end = next_logits(model, unseen).log_softmax(-1)
lenses = {"logit lens": lambda prompts: lens.logit_lens(model, prompts)[watched], "Jacobian lens": lambda prompts: lens.through_lens(model, translator, prompts), "Jacobian of the next": lambda prompts: lens.through_lens(model, misplaced, prompts)}
distance = {name: [(in_the_end.exp() * (in_the_end - table.log_softmax(-1))).sum(-1) for table in reads(unseen)] for name, reads in lenses.items()}

# %% tags=["hide-input"]
groups = [i // 3 for i in range(len(unseen))]  # three places in each passage
Markdown(
    "| after block | " + " | ".join(distance) + " | logit minus Jacobian |\n|---|" + "---|" * (len(distance) + 1) + "\n"
    + "\n".join(f"| {block} | " + " | ".join(f"{float(tables[i].mean()):.2f}" for tables in distance.values()) + f" | **{stats.bootstrap(distance['logit lens'][i] - distance['Jacobian lens'][i], groups=groups)}** |" for i, block in enumerate(watched))
    + f"\n\nNats (Kullback–Leibler divergence of the reading from the model's own prediction), mean of {len(unseen)} places in twelve passages that did not grind the lens; intervals over passages. (In the last row there is no next layer in the list, and the control takes the first one's.)"
)

# %% [markdown]
r"""
Look at the control before you praise the lens. In some rows the Jacobian of the wrong layer reads as well as the right one, or better. There the gain over the logit lens is not knowledge about *this* layer: a lens that turns streams in the way that later layers commonly do would be enough. A lens is a reader that we made; it has habits of its own.

Now the same two lenses on Mary and John.
"""

# %%
reading = {name: [stats.bootstrap(logit_diff(table, right, wrong)) for table in reads(texts)] for name, reads in list(lenses.items())[:2]}

# %% tags=["fig:lenses", "hide-input"]
plots.line(
    watched, reading, reference={"what it says in the end": float(lead.mean())}, title="When the stream begins to prefer the right name", x_label="after block", y_label="logit difference read at the last token",
    alt="Two curves with intervals over five blocks: the logit difference that the logit lens and the Jacobian lens read at the last token, rising to the final value.",
)  # fmt: skip

# %% tags=["hide-input"]
ahead = {name: next((block for block, seen_there in zip(watched, found, strict=True) if seen_there.low > 0), None) for name, found in reading.items()}
Markdown(
    f"After block {watched[0]} the logit lens reads {reading['logit lens'][0]}, the Jacobian lens {reading['Jacobian lens'][0]}; after block {watched[3]} {reading['logit lens'][3]} and {reading['Jacobian lens'][3]}. Surely above zero: "
    + ", ".join(f"the {name} from block {block} on" if block is not None else f"the {name} nowhere" for name, block in ahead.items())
    + ". Which of the two is nearer to the end was measured above, on ordinary text. This contrast, one name against another, is another question, and a lens that is good on the average word may be late for it."
)

# %% [markdown]
r"""
Both lenses are *readings*. That a vector can be read as *Mary* at block 22 does not say that block 23 reads it so. To know what is used we shall have to change something. But first, the smallest circuit that is worth the name.

## The smallest circuit: seen it, say it again

Text repeats itself. Whoever meets *Mrs Dursley* twice knows after *Mrs* what comes next, without any idea who she is. An [induction head](term:induction-head) does just this: at *A*, look for an earlier *A*, take the token that came **after** it, raise its logit ([Elhage et al., 2021](cite:elhage2021); [Olsson et al., 2022](cite:olsson2022)).

To catch one, give the model text that it cannot know: a block of thirty random tokens, then the same block again. Three scores say where a head looks on the second showing: at the token after the earlier occurrence ([prefix matching](term:prefix-matching)), at the token just before, or at the earlier occurrence itself ([duplicates](term:duplicate-token-head)). Beware of the index: one place off, and you collect the third kind for the first.
"""

# %% quote="induction.prefix_matching"

# %%
LENGTH = 30
seen = induction.repeated_tokens(model, 4, LENGTH, seed=0)  # choose heads on these
fresh = induction.repeated_tokens(model, 4, LENGTH, seed=9)  # test them on those
scores = induction.head_scores(model, seen, LENGTH)
again = induction.head_scores(model, fresh, LENGTH)
ranked = [divmod(int(i), sizes.n_heads) for i in scores.induction.flatten().argsort(descending=True)]
token_loss = induction.losses(model, fresh)
first, second = token_loss[:, :LENGTH].mean(1), token_loss[:, LENGTH + 1 :].mean(1)

# %% tags=["fig:head_scores", "hide-input"]
plots.grid(
    [
        plots.heatmap(table.T, title=name, x_label="layer", y_label="head", colour_label="attention", z_range=(0, 1), alt=f"{name}: a few heads near 1, most near 0.")
        for name, table in (("to the token after the last time", again.induction), ("to the token before", again.previous), ("to the last time itself", again.duplicate))
    ],
    cols=1, title="270 heads, three jobs", alt="Three maps of 30 layers by nine heads. Each job has a handful of heads with a score above one half; induction heads stand in layers 17 to 23, behind the previous-token heads.",
)  # fmt: skip

# %% tags=["hide-input"]
copying = induction.copying_scores(model)
rows = "\n".join(
    f"| {layer}.{head} | {scores.induction[layer, head]:.2f} | {again.induction[layer, head]:.2f} | {copying[layer, head]:+.2f} ({(copying < copying[layer, head]).float().mean():.0%} of heads lie below) |" for layer, head in ranked[:5]
)
best_previous = divmod(int(scores.previous.flatten().argmax()), sizes.n_heads)
Markdown(
    f"Random tokens cost {stats.bootstrap(first)} nats each the first time and **{stats.bootstrap(second)}** the second: the model has seen them once and knows them. (More than the ln 49,152 = 10.8 of blind guessing, the first time: nothing in its life looked like this.)\n\n"
    "| head | prefix matching where chosen | on other tokens | copying, from the weights |\n|---|---|---|---|\n" + rows
    + f"\n\nThe strongest previous-token head is {best_previous[0]}.{best_previous[1]} ({scores.previous[best_previous]:.2f}). *Copying* asks the weights alone whether a head raises the token that it looks at: +1 always first, 0 as by chance. Not every head that looks like an induction head copies in this crude sense."
)

# %% [markdown]
r"""
A pattern is not a cause. So silence the best heads, each replaced by its average, and look at the loss on the second showing. The control: as many heads from the same or neighbouring layers, drawn by lot.
"""

# %%
def second_showing(heads):
    """Loss on the second showing of tokens that chose nothing, with some heads held at their average."""
    return induction.losses(model, fresh, write=attention.ablation(heads, position=None))[:, LENGTH + 1 :].mean(1)


doses = [1, 2, 4, 8]
silenced = [second_showing(ranked[:n]) for n in doses]
pool = [head for head in attention.all_heads(model) if head not in ranked[:8]]
lots = [[stats.matched_sets(ranked[:n], pool, 1, like=lambda head: head[0] // 4, seed=seed)[0] for n in doses] for seed in range(2)]
by_lot = torch.stack([torch.stack([second_showing(heads) for heads in sets]) for sets in lots]).mean(0)

# %% tags=["fig:induction_ablation", "hide-input"]
plots.line(
    doses, {"best induction heads": [stats.bootstrap(v) for v in silenced], "heads nearby, by lot": [stats.bootstrap(v) for v in by_lot]}, null=["heads nearby, by lot"], reference={"untouched": float(second.mean()), "first showing": float(first.mean())},
    title="Silence eight heads of 270, and the memory is gone", x_label="heads silenced", y_label="loss on the second showing (nats)", alt="Loss rises steeply with the number of induction heads silenced and stays flat for heads drawn by lot.",
)  # fmt: skip

# %% [markdown]
r"""
Is that any use outside the laboratory? Real text repeats names and phrases as well. On passages of the corpus: how much easier are late tokens than early ones, with and without those heads? That difference is the usual, crude measure of [in-context learning](term:in-context-learning). And a sharper one: the tokens whose pair, this token after the one before, has occurred earlier in the passage. Those an induction head could know.
"""

# %%
five = [ids for ids in (corpus.ids_of(library, int(p)) for p in corpus.passages(library, "held-out")) if len(ids) >= 160][:5]
real_text = torch.stack([ids[:160] for ids in five])
pair = real_text[:, :-1] * sizes.d_vocab + real_text[:, 1:]  # one number for each pair of neighbours
said_before = torch.stack([torch.tensor([number in row[:i].tolist() for i, number in enumerate(row.tolist())]) for row in pair])
gains = {}
for name, heads in (("untouched", []), ("eight induction heads silenced", ranked[:8]), ("eight by lot silenced", lots[0][-1])):
    write = attention.ablation(heads, position=None) if heads else None
    gains[name] = induction.losses(model, real_text, write=write)

# %% tags=["hide-input"]
early, late = slice(4, 40), slice(120, 159)
passage = torch.arange(len(real_text))[:, None].expand_as(said_before)
more = lambda name, where: stats.bootstrap((gains[name] - gains["untouched"])[where], groups=passage[where].tolist())
extra_cost = {name: (more(name, said_before), more(name, ~said_before)) for name in gains if name != "untouched"}
tested_heads, drawn_heads = (costs[0] for costs in extra_cost.values())
Markdown(
    f"| | early minus late (nats) | {int(said_before.sum())} tokens that repeat a pair cost more by | {int((~said_before).sum())} other tokens |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {stats.bootstrap(induction.in_context_gain(table, early, late))} | {extra_cost[name][0] if name in extra_cost else '–'} | {extra_cost[name][1] if name in extra_cost else '–'} |" for name, table in gains.items())
    + f"\n\nThe crude measure hardly moves (n = {len(real_text)} passages, and it is mostly about the passages). On repeated pairs the induction heads are worth {tested_heads.value:.2f} nats, heads by lot {drawn_heads.value:.2f} (intervals over passages). "
    + ("So they earn their keep where text repeats itself, and only there." if tested_heads.low > drawn_heads.high else "With so few passages the two cannot be told apart: in the laboratory these heads are everything, on ordinary text something that five passages do not settle.")
)

# %% [markdown]
r"""
### Why it takes two heads

How does a head find *the token after an earlier A*? It compares its query with the keys of earlier places, and a place holds its own token, not its neighbour's. Unless somebody has written there: *the token before me was A*. That is the work of a [previous-token head](term:previous-token-head) in an **earlier** layer; the induction head's key is made of what it wrote. One head's output has become part of another head's key: [K-composition](term:K-composition).

```text
place          1        2                    8        9 = ?
token          Mrs      Dursley     …        Mrs
layer 0                 ◄── "before me: Mrs" (previous-token head)
layer 1                 ◄──────────────────── "who has Mrs before them?" (induction head)
                        └───── Dursley ─────► raise Dursley
```

So a network with one layer of attention cannot do it. Let us watch a network with two.

### Growing one

What follows is a [toy](term:model-organism), trained from nothing while this page is made: two layers of attention, four heads each, no MLPs. It reads sequences of a made-up language of 63 tokens in which a block is repeated again and again, with another period in each sequence, so that no head can simply count. Some pairs of tokens are usual neighbours, so there is something easier to learn first. Five toys with five seeds; and three that must fail: two with a single layer, one in a language where nothing repeats.
"""

# %%
world, seeds = formation.World(), [0, 1, 2, 3, 4]
grown = formation.train(world, seeds, steps=900)

# %%
one_layer = formation.train(world, [0, 1], n_layers=1, steps=600, every=40)
no_repeats = formation.train(formation.World(repeats=False), [0], steps=480, every=40)
changes = formation.transitions(grown)
nulls = formation.transitions(one_layer) + formation.transitions(no_repeats)

# %% tags=["fig:phase_change", "hide-input"]
best_of = lambda table, layer: table[:, :, layer].max(-1).values
plots.grid(
    [
        plots.line(grown.steps, {"first showing": grown.first.mean(1), "second showing": grown.again.mean(1)}, band={"second showing": (grown.again.min(1).values, grown.again.max(1).values)}, title="loss", x_label="training step", y_label="nats a token", alt="Loss on the second showing falls slowly, then off a cliff."),
        plots.line(
            grown.steps, {"previous-token (layer 0)": best_of(grown.previous, 0).mean(1), "induction (layer 1)": best_of(grown.induction, 1).mean(1)}, band={"induction (layer 1)": (best_of(grown.induction, 1).min(1).values, best_of(grown.induction, 1).max(1).values)},
            title="best head of each kind", x_label="training step", y_label="mean attention", y_range=(0, 1), alt="Both head scores stay low and rise together, while the loss falls.",
        ),
    ],
    cols=2, shared=False, title="A head is born, five times over", alt="Left: over 900 steps the loss on the second showing glides, then falls off a cliff, in all five toys; the loss on the first showing hardly moves. Right: previous-token and induction scores rise at the same steps.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    "| toy | from step | to step | loss before | after | share of all that it ever learned | found |\n|---|---|---|---|---|---|---|\n"
    + "\n".join(f"| seed {seed} | {c.start} | {c.end} | {c.before:.2f} | {c.after:.2f} | {c.share:.0%} in {(c.end - c.start) / grown.steps[-1]:.0%} of the steps | {'yes' if c.found else 'no'} |" for seed, c in zip(seeds, changes, strict=True))
    + f"\n\nThe [phase change](term:phase-change) is found in **{sum(c.found for c in changes)} of {len(changes)}** seeds, and in {sum(c.found for c in nulls)} of {len(nulls)} nulls: the best prefix-matching score is {float(one_layer.induction[-1].max()):.2f} with one layer and {float(no_repeats.induction[-1].max()):.2f} without repetition, against {float(best_of(grown.induction, 1)[-1].min()):.2f} or more. "
    f"(One layer is not helpless: its loss on the second showing still falls to {float(one_layer.again[-1].mean()):.2f}, because tokens that are *around* are likelier to come again.)"
)

# %% [markdown]
r"""
Olsson et al. saw the same in models a thousand times larger, between 2.5 and 5 billion tokens of training. Two curves that rise together are still two curves. The circuit says more: without the previous-token head, the induction head has nothing to match with. In each toy, silence the best previous-token head; then the heads of layer 0 that are not.
"""

# %%
exam = formation.exam(world, seed=5)[None]  # fresh sequences
pairs_of_heads = []
for toy in range(len(seeds)):
    one = formation.Weights(*(part[toy : toy + 1] for part in grown.weights))
    supplier = int(grown.previous[-1, toy, 0].argmax())
    for head in [None, *range(formation.N_HEADS)]:
        run = formation.forward(one, exam, silent=[] if head is None else [(0, head)])
        kind = "nothing" if head is None else "previous-token head" if head == supplier else "another head of layer 0"
        matching = float(formation.induction_scores(run.patterns)[1, 0].mean(0).max())
        pairs_of_heads.append((kind, matching, float(formation.losses(run, exam[0])[1])))

# %% tags=["hide-input"]
kinds = ("nothing", "another head of layer 0", "previous-token head")
after = {kind: ([m for k, m, _ in pairs_of_heads if k == kind], [n for k, _, n in pairs_of_heads if k == kind]) for kind in kinds}
Markdown(
    "| silenced | best induction score of layer 1 | loss on the second showing | n |\n|---|---|---|---|\n" + "\n".join(f"| {kind} | {stats.bootstrap(m)} | {stats.bootstrap(n)} | {len(m)} |" for kind, (m, n) in after.items())
    + "\n\nThe head in layer 1 is untouched in every row. What it has lost is its key."
)

# %% [markdown]
r"""
## Who gets the drink? Designing the question

Back to Mary and John. To find the parts that decide, we compare two runs that differ in **one thing**. What to change is the most important choice of the whole study, and it is made before any code runs. Four ways to corrupt *When Mary and John went to the store, John gave a drink to*, and what each of them breaks:
"""

# %%
broken = {name: patching.baselines(model, data.ioi_pairs(model.tokenizer, 12, corruption=name, templates=CHOOSE, names=here, seed=1)) for name in data.CORRUPTIONS}
example = data.ioi_prompts(model.tokenizer, 1, templates=CHOOSE, names=here, seed=1)[0]
what = {"swap": "the other name is said twice, and the answer flips", "third": "nobody is said twice", "order": "only who comes first", "names": "everybody is somebody else"}
Markdown(
    f"| corrupted | e.g. *{example.text}* becomes | what is broken | lead of the clean answer |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | *{data.ioi_pair(example, name).corrupt}* | {what[name]} | {stats.bootstrap(found.corrupt)} |" for name, found in broken.items())
    + f"\n\nUntouched, the lead is {stats.bootstrap(broken['swap'].clean)}. Whoever noises *names* will find every part that knows that a Mary was mentioned at all. We take **swap**: both names are there in both runs, at the same places, and the only difference is which of them came twice."
)

# %% [markdown]
r"""
## Patching, both ways

[Activation patching](term:activation-patching): run one prompt, and at one place copy in what passed there in the other run. In two directions, which answer two questions ([Heimersheim and Nanda, 2024](cite:heimersheim2024)):

- [denoise](term:denoising): corrupt run, clean activation copied in. *Is this place **enough** to bring the answer back?*
- [noise](term:noising): clean run, corrupt activation copied in. *Is this place **needed**?*

We read the result as a share: 0, nothing changed; 1, the answer is that of the other run. First the stream itself, at every layer and token. Before the second name the two runs are equal, so there is nothing to copy.
"""

# %%
choosing = patching.prepare(model, data.ioi_pairs(model.tokenizer, 4, templates=CHOOSE, names=here, seed=1))
testing = patching.prepare(model, data.ioi_pairs(model.tokenizer, 6, templates=TEST, names=elsewhere, seed=2))
roles = data.ioi_roles(model.tokenizer, example)
stream = patching.sweep(model, choosing, "resid", positions=range(roles["S2"], 0))

# %% tags=["fig:stream", "hide-input"]
told = token_strings(model, example.text)[roles["S2"] :]
plots.heatmap(
    stream.effect.T, x=list(range(sizes.n_layers)), y=[f"{word.strip()}{' (S2)' if i == 0 else ' (END)' if i == len(told) - 1 else ''}" for i, word in enumerate(told)], title="Where the answer lives: stream patched from clean to corrupt", x_label="after block", y_label="token",
    colour_label="share back", z_range=(0, 1), alt="Until about layer 18 copying the stream at the second name brings everything back; after about layer 20 only the last token does.",
)  # fmt: skip

# %% tags=["hide-input"]
at_s2, at_end = stream.effect[:, 0], stream.effect[:, -1]
moved = next(layer for layer in range(sizes.n_layers) if at_end[layer] > at_s2[layer])
Markdown(
    f"Up to layer {moved - 1} the decision sits at the repeated name, from layer {moved} on at the end of the sentence. Only attention moves things between tokens, so some heads around layer {moved} carried it. In GPT-2 small, the model of the original study, the picture is the same at other depths."
)

# %% [markdown]
r"""
Now the heads: 270 of them, both directions, every one exactly. (Done naively that is 2,160 forward passes. The sweep computes only what comes after each patch, and many patches side by side; the numbers are the same.)
"""

# %%
denoised = patching.sweep(model, choosing, "z", by_position=False)
noised = patching.sweep(model, choosing, "z", by_position=False, direction="noise")
elsewhere_too = patching.sweep(model, testing, "z", by_position=False)

# %% tags=["fig:heads", "hide-input"]
plots.heatmap(
    denoised.effect.T, title="Copying one head from clean to corrupt", x_label="layer", y_label="head", colour_label="share back", diverging=True,
    alt="A map of 30 layers by nine heads: about ten heads in layers 16 to 29 stand out, most of them positive, a few negative.",
)  # fmt: skip

# %% tags=["hide-input"]
top = [tuple(place) for place in denoised.best(8, signed=False)]
lots_of = stats.matched_sets(top, [h for h in attention.all_heads(model) if h not in top], 1, like=lambda head: head[0] // 3, seed=0)[0]
per_pair = lambda table, heads: torch.stack([table.effects[:, layer, head] for layer, head in heads]).abs().mean(0)
kept = torch.corrcoef(torch.stack([denoised.effect.flatten(), elsewhere_too.effect.flatten()]))[0, 1]
Markdown(
    "| head | denoised | noised | denoised, other names and templates |\n|---|---|---|---|\n"
    + "\n".join(f"| {layer}.{head} | {denoised.effect[layer, head]:+.2f} | {noised.effect[layer, head]:+.2f} | {elsewhere_too.effect[layer, head]:+.2f} |" for layer, head in top)
    + f"\n\nThe eight were chosen on {len(choosing.right)} pairs. On {len(testing.right)} others, with other names and templates, their mean size is **{stats.bootstrap(per_pair(elsewhere_too, top))}**; of eight heads from the same depths by lot, {stats.bootstrap(per_pair(elsewhere_too, lots_of))}. Correlation of the whole maps: {kept:.2f}. "
    "Negative heads are part of the machine: they speak against the answer, and the clean run turns them up."
)

# %% [markdown]
r"""
### When the two directions disagree

If the parts simply added up, *enough* and *needed* would be the same number. They are not, and each kind of disagreement has a meaning. Two parts that are both needed (AND): noising either destroys, denoising either alone restores little. Two parts that stand in for one another (OR): denoising either restores, noising either destroys little.
"""

# %% tags=["fig:directions", "hide-input"]
gap = denoised.effect - noised.effect
apart = [divmod(int(i), sizes.n_heads) for i in gap.abs().flatten().topk(6).indices]
plots.scatter(
    denoised.effect.flatten(), noised.effect.flatten(), labels=[f"{i // sizes.n_heads}.{i % sizes.n_heads}" if divmod(i, sizes.n_heads) in {*apart, *top[:4]} else "" for i in range(sizes.n_layers * sizes.n_heads)],
    diagonal=True, title="Enough, and needed", x_label="share restored by the clean head alone", y_label="share destroyed by its corruption", alt="270 points along the diagonal; the largest heads lie off it.",
)  # fmt: skip

# %% tags=["hide-input"]
layer, head = apart[0]
side = "more enough than needed: something else can do its work" if gap[layer, head] * denoised.effect[layer, head].sign() > 0 else "more needed than enough: it works together with something else"
helpful = [tuple(place) for place in denoised.best(3)]
together = patching.share(patching.patch(model, choosing, [Site("z", layer, head=head) for layer, head in helpful], "noise"), noised.clean, noised.corrupt)
Markdown(
    f"Furthest from the diagonal is {layer}.{head}: {denoised.effect[layer, head]:+.2f} restored, {noised.effect[layer, head]:+.2f} destroyed, so {side}. Effects need not add up either: noising {heads_of(helpful)} one by one destroys {sum(noised.effect[place] for place in helpful):.2f} in sum, all at once **{together:.2f}**."
)

# %% [markdown]
r"""
## Along one road: path patching

Patching a head lets its change out on all roads at once. To see *how* it acts, let it travel on one road only ([Wang et al., 2022](cite:wang2022); [Goldowsky-Dill et al., 2023](cite:goldowskydill2023)). First: straight to the output, past all other heads. Then, for the heads found there: which earlier heads change **where they look** (their queries), and which **what they copy** (their values)?
"""

# %%
direct = patching.path_effects(model, choosing)
speaking = [tuple(place) for place in direct.best(3)]
into_queries = patching.path_effects(model, choosing, [Site("q", layer, head=head) for layer, head in speaking])
steering = [tuple(place) for place in into_queries.best(2) if tuple(place) not in speaking]
held_prompts = data.ioi_prompts(model.tokenizer, 24, templates=TEST, names=elsewhere, seed=6)
held_texts = [one.text for one in held_prompts]
places = [data.ioi_roles(model.tokenizer, one) for one in held_prompts]
to_io, to_s, to_none = (data.answer_ids(model.tokenizer, names) for names in zip(*((one.io, one.s, one.others[0]) for one in held_prompts), strict=True))
looks = {place: read(model, held_texts, Site("pattern", place[0], head=place[1], position=-1)) for place in (*speaking, *steering)}
says = {who: lens.direct_attribution(model, held_texts, ids, to_none).heads for who, ids in (("right", to_io), ("giver", to_s))}

# %% tags=["hide-input"]
def looks_at(place, role):
    """Mean attention from the end of the sentence to one of the names, on prompts that chose nothing."""
    return float(torch.stack([row[where[role]] for row, where in zip(looks[place], places, strict=True)]).mean())


loudest = speaking[0]
reader = max(speaking, key=lambda place: looks_at(place, "IO"))
line_of = lambda place, effect: f"| {place[0]}.{place[1]} | {effect.effect[place]:+.2f} | {looks_at(place, 'IO'):.2f} | {looks_at(place, 'S2'):.2f} | {says['right'][place].mean():+.2f} | {says['giver'][place].mean():+.2f} |"
Markdown(
    "| head | share destroyed | looks from END at the right name | at the giver (S2) | lifts the right name | lifts the giver |\n|---|---|---|---|---|---|\n| *straight to the output* | | | | | |\n" + "\n".join(line_of(place, direct) for place in speaking)
    + "\n| *through the queries of those three* | | | | | |\n" + "\n".join(line_of(place, into_queries) for place in steering)
    + f"\n\nThe last two columns are direct contributions in logits, against a name that is not in the sentence; attention and contributions on {len(held_texts)} sentences with other names and templates.\n\n"
    f"In GPT-2 small the loudest heads are [name movers](term:name-mover-head): they look at the right name and copy it. **Not so here.** The loudest, {loudest[0]}.{loudest[1]}, looks at the *giver* ({looks_at(loudest, 'S2'):.2f}) and hardly at the right name ({looks_at(loudest, 'IO'):.2f}), "
    f"and it does not lift the right name ({says['right'][loudest].mean():+.2f}) as much as it pushes the giver down ({says['giver'][loudest].mean():+.2f}). It says *not that one*. The nearest thing to a name mover among the three is {reader[0]}.{reader[1]}."
)

# %% [markdown]
r"""
### Noticed the repetition, or just avoids the giver?

That head suggests a rival to our story. Perhaps nobody counts who is mentioned twice; perhaps the model only knows that people rarely give things to themselves. In a swap the two stories change together, so **no patch between these two prompts can tell them apart**. Another prompt can: let a third person be the giver. Nobody is repeated; who is avoided?
"""

# %%
thirds = next_logits(model, [data.ioi_pair(one, "third").corrupt for one in held_prompts])
giver = data.answer_ids(model.tokenizer, [one.others[2] for one in held_prompts])
innocent = (thirds.gather(1, to_io[:, None]) + thirds.gather(1, to_s[:, None]))[:, 0] / 2
avoided = stats.bootstrap(innocent - thirds.gather(1, giver[:, None])[:, 0])
repeated = stats.bootstrap(logit_diff(next_logits(model, held_texts), to_io, to_s))
Markdown(
    f"With a repetition the other name leads the giver by {repeated} logits. Without any, the two bystanders lead the giver by **{avoided}**: about {avoided.value / repeated.value:.0%} of it. "
    "So a good part of what is called *indirect object identification* needs no repetition at all. The circuit that we are about to draw is a circuit for *not the giver*, with and without help from *the one said twice*, and only the choice of the corrupted prompt decides how much of each we see."
)

# %% [markdown]
r"""
Three of the original roles were looked for on text without any names, earlier in this chapter: previous-token, duplicate-token and induction heads. Do the same heads work here? They were chosen on random tokens, so nobody can say that we picked them to fit.
"""

# %%
jobs = {"induction": scores.induction, "previous token": scores.previous, "duplicate token": scores.duplicate}
role_rows = []
for job, table in jobs.items():
    five = [divmod(int(i), sizes.n_heads) for i in table.flatten().topk(5).indices]
    alike = stats.matched_sets(five, [h for h in attention.all_heads(model) if h not in five], 200, like=lambda head: head[0] // 3, seed=0)
    size = lambda heads: sum(abs(float(elsewhere_too.effect[place])) for place in heads)
    role_rows.append((job, five, stats.against_null(size(five), [size(heads) for heads in alike], tail="greater")))
Markdown(
    "| five best heads on random tokens | heads | summed share restored in IOI | 200 sets from the same depths | p |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {job} | {heads_of(five)} | {found.observed:.2f} | {found.null.mean():.2f} on average | {found.p:.3f} |" for job, five, found in role_rows)
    + f"\n\nThree looks ask for p below {0.05 / 3:.3f}. "
    + (", ".join(clear) + " heads pass." if (clear := [job for job, _, found in role_rows if found.p < 0.05 / 3]) else "**None passes.** The roles of the original study are not confirmed by this test; at most a single head of the lists is among the important ones.")
    + " (For previous-token heads the test is blind: the first clause is the same in both prompts, so a patch there changes nothing.)"
)

# %% [markdown]
r"""
## A thousand patches for the price of one

Exact patching costs a run for each place. [Attribution patching](term:attribution-patching) guesses them all from one backward pass: the step that a patch would make, times the slope of the answer there ([Syed et al., 2023](cite:syed2023)).
"""

# %% quote="patching.gradient_patch"

# %% [markdown]
r"""
A slope knows only the beginning of the way. Two corrections: average it over points between the two prompts, the [integrated](term:integrated-gradients) form ([Hanna et al., 2024](cite:hanna2024)); or replace the slopes of norms, gates and attention patterns by the steadier coefficients of relevance propagation, RelP ([Jafari et al., 2025](cite:jafari2025)). Here we own the exact answer, so each can be marked.
"""

# %%
exact = {"heads": denoised, "MLPs": patching.sweep(model, choosing, "mlp_out", by_position=False)}
KIND = {"heads": "z", "MLPs": "mlp_out"}
methods = {"gradient": {}, "integrated": {"steps": 4}, "relp": {}}
guesses = {(name, method): patching.attribution_sweep(model, choosing, KIND[name], by_position=False, method=method, **more) for name in exact for method, more in methods.items()}
marks = {key: patching.agreement(exact[key[0]], guess) for key, guess in guesses.items()}

# %% tags=["fig:attribution", "hide-input"]
plots.grid(
    [
        plots.scatter(table.effect.flatten(), guesses[name, "gradient"].effect.flatten(), diagonal=True, title=f"{name}: r = {marks[name, 'gradient'].r:.2f}", x_label="exact", y_label="guess", alt=f"Guess against exact effect for {name}.")
        for name, table in exact.items()
    ],
    cols=2, shared=False, title="One backward pass against 300 patches", alt="Two scatter plots of guessed against exact effects: heads lie close to the diagonal, MLPs scatter more widely.",
)  # fmt: skip

# %% tags=["hide-input"]
worst = [(name, *miss) for name in exact for miss in marks[name, "gradient"].worst[:3]]
spelled = lambda name, place: f"{place[0]}.{place[1]}" if name == "heads" else f"MLP {place[0]}"
Markdown(
    "| | method | correlation | of ranks | wrong sign, where the effect is 0.02 or more |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {method} | {mark.r:.3f} | {mark.rank_r:.2f} | {mark.sign_errors:.0%} of {mark.n_matter} |" for (name, method), mark in marks.items())
    + "\n\nThe largest misses of the plain slope: " + "; ".join(f"{spelled(name, place)}: exact {a:+.2f}, guess {b:+.2f}" for name, place, a, b in worst)
    + ". MLP 0 rewrites the name itself, so everything depends on it, and a slope at the wrong name knows nothing of that; averaging over the way repairs it. So: rank by slopes, **report by patches**."
)

# %% [markdown]
r"""
## Is it a circuit?

A list of important heads is not yet a circuit. Now turn the question round: silence **everything else**. Every head outside a set $C$ says what it says in the *swapped* sentence; MLPs run. $F(C)$ is the lead of the right answer that is left: near the full lead if $C$ is the circuit, near its opposite if $C$ is empty. Three questions ([Wang et al., 2022](cite:wang2022)):

- [faithfulness](term:faithfulness): does $C$ alone do what the model does? 0 as without any clean head, 1 as with all.
- [completeness](term:completeness): take some heads $K$ away, from $C$ *and* from the model. Do both lose the same?
- [minimality](term:minimality): does each head of $C$ matter?

How does one fall silent? Wang et al. let heads say their average over sentences with other names. It sounds like a detail. We do both, on sentences that did not choose the ranking.
"""

# %%
ranking = [tuple(place) for place in denoised.best(sizes.n_layers * sizes.n_heads)]  # the most helpful first, opponents last
everyone, SIZES = attention.all_heads(model), (1, 2, 4, 8, 16, 32)
by_lot_sets = [[stats.matched_sets(ranking[:n], everyone, 1, like=lambda head: head[0] // 6, seed=seed)[0] for n in SIZES] for seed in range(2)]
reference = [pair.corrupt for pair in data.ioi_pairs(model.tokenizer, 24, corruption="names", templates=TEST, names=elsewhere, seed=4)]
silences = {
    "the swapped sentence": patching.mean_z(model, testing.corrupt, groups=range(6)),
    "their average": patching.mean_z(model, reference, groups=[i % 3 for i in range(24)])[:, :6],  # sentence i has template i % 3
}


def shares(sets, means):
    """How much of the way from no clean head to all of them each set goes, on the testing sentences."""
    f = patching.run_circuits(model, testing, [(), everyone, *sets], means).mean(1)
    return (f[2:] - f[0]) / (f[1] - f[0])


kept = {name: shares([ranking[:n] for n in SIZES], means) for name, means in silences.items()}
chance = torch.stack([shares(sets, silences["the swapped sentence"]) for sets in by_lot_sets]).mean(0)

# %% tags=["fig:faithfulness", "hide-input"]
plots.line(
    SIZES, {f"others say {name}": table for name, table in kept.items()} | {"heads by lot": chance}, null=["heads by lot"], reference={"the whole model": 1}, log_x=True, title="How much do the n most helpful heads keep?", x_label="heads that speak for themselves", y_label="share of the way",
    alt="With others at the swapped sentence the share rises past 1; with others at their average it rises and falls; random heads stay near 0.",
)  # fmt: skip

# %% [markdown]
r"""
Two surprises to look for. Shares **above 1**: the opponents, heads that speak against the answer, are not in the set, and without them the rest overshoots. A circuit without its opponents is not complete, however good its score. And the two curves: the same heads, the same sentences, another way to be silent. *Faithful* means faithful **given a silence**.

Now begin with the twelve most helpful and shrink: drop each head in turn, the least needed first, as long as nine tenths of the way are kept (on the sentences that chose them).
"""

# %%
few = patching.prepare(model, data.ioi_pairs(model.tokenizer, 3, templates=CHOOSE, names=here, seed=1))
few_means = patching.mean_z(model, few.corrupt, groups=range(3))
small = patching.shrink_circuit(model, few, ranking[:12], few_means, target=0.9)
there, opponents = silences["the swapped sentence"], ranking[::-1][:4]
needs = patching.minimality(model, testing, small, there)
knockouts = [small[-1:], small[-2:], small]
without = patching.completeness(model, testing, small, there, knockouts)
ours, twelve, opposed = shares([small, ranking[:12], [*small, *opponents]], there).tolist()
on_average = float(shares([small], silences["their average"])[0])

# %% tags=["hide-input"]
idle = [place for place, loss in needs.items() if abs(loss) < 0.02]
Markdown(
    f"Twelve heads, which go {twelve:.0%} of the way, shrink to **{len(small)}**: {heads_of(sorted(small))}.\n\n*Faithful?* On other names and templates they go **{ours:.0%}** of the way from the swapped answer to the clean one (n = {len(testing.right)} pairs). "
    f"Add the four strongest opponents ({heads_of(opponents)}), and it is {opposed:.0%}. Judged by the other silence, the {len(small)} keep {on_average:.0%}.\n\n*Minimal?* What each costs when it leaves: "
    + ", ".join(f"{place[0]}.{place[1]} {loss:.2f}" for place, loss in needs.items()) + (f". On these sentences {heads_of(idle)} could go." if idle else ".")
    + "\n\n*Complete?*\n\n| taken away | lead that the circuit keeps (logits) | that the model keeps |\n|---|---|---|\n" + "\n".join(f"| {heads_of(k)} | {row.circuit:+.2f} | {row.model:+.2f} |" for k, row in zip(knockouts, without, strict=True))
    + "\n\nA complete circuit loses what the model loses. Where the last column is higher, heads outside the circuit are still at work; what the circuit leaves out, helpers and opponents alike, happens to cancel in the first score. The most faithful set is not the complete one."
)

# %% [markdown]
r"""
## The hydra

Cut off a head, and others grow. Silence the two loudest speakers at the end of the sentence, one at a time, by giving each what it said in another sentence. Its own words are lost: that is the direct effect. How much does the answer really lose? And who makes up for the rest ([McGrath et al., 2023](cite:mcgrath2023))?
"""

# %%
repairs = {place: patching.self_repair(model, held_texts, place, to_io, to_s) for place in speaking[:2]}

# %% tags=["hide-input"]
lines = []
for place, found in repairs.items():
    helpers = found.heads.mean(2)
    best = [divmod(int(i), sizes.n_heads) for i in helpers.flatten().argsort(descending=True)[:2]]
    lines.append(
        f"| {place[0]}.{place[1]} | {stats.bootstrap(found.direct)} | {stats.bootstrap(found.total)} | {stats.bootstrap(found.repaired)} | {helpers.sum():+.2f} | {found.mlps.mean(1).sum():+.2f} | {found.norm.mean():+.2f} | "
        + ", ".join(f"{layer}.{head} ({helpers[layer, head]:+.2f})" for layer, head in best) + " |"
    )
Markdown(
    "| silenced | says no more (logits) | the answer loses | made up for | by heads | by MLPs | by the norm | most by |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(lines)
    + f"\n\nn = {len(held_texts)} sentences. "
    + ("Here the model makes up for part of it. " if repairs[loudest].repaired.mean() > 0.1 else f"**Here the hydra does not show:** what is lost is what was said, or more. But look inside: heads give back {repairs[loudest].heads.mean(2).sum():+.2f}, most of it from opponents that have less to oppose, and the MLPs, which had built on {loudest[0]}.{loudest[1]}, take {repairs[loudest].mlps.mean(1).sum():+.2f} away. ")
    + "So *importance* is two numbers: what a part gives, and what would be missed."
)

# %% [markdown]
r"""
## What the sweep cannot show

- **What both prompts share.** Every patch here moves *which name came twice*. The parts that know that a name must follow, or that a list of names is being kept, are the same in both runs, and no patch will ever touch them. Choose another corruption, and you get another circuit. How different?
"""

# %%
corrupted = {name: patching.attribution_sweep(model, data.ioi_pairs(model.tokenizer, 6, corruption=name, templates=CHOOSE, names=here, seed=1), "z", by_position=False) for name in ("swap", "third", "names")}
flat = {name: table.effect.flatten() for name, table in corrupted.items()}
tops = {name: set(values.abs().topk(15).indices.tolist()) for name, values in flat.items()}
Markdown(
    "| corruptions compared | correlation of the head maps | of the 15 strongest heads, shared |\n|---|---|---|\n"
    + "\n".join(f"| {a} and {b} | {torch.corrcoef(torch.stack([flat[a], flat[b]]))[0, 1]:.2f} | {len(tops[a] & tops[b])} |" for a, b in (("swap", "third"), ("swap", "names"), ("third", "names")))
    + f"\n\nBy chance 15 of 270 and 15 of 270 share {15 * 15 / 270:.1f}. (By slopes, which suffice for a ranking.)"
)

# %% [markdown]
r"""
- **Parts that matter only together.** One patch at a time cannot see two heads that stand in for one another.
- **Parts smaller, or larger, than a head.** A head may do two jobs; a job may be spread over twenty heads. Subspaces of a stream can be patched, too, but with a trap: a direction may change the answer through a path that is dormant on every natural prompt ([Makelov et al., 2023](cite:makelov2023)).
- **What is meant by the numbers.** A patch says *where*; that the head carries "this name came twice" was our reading. Chapter 05 tries to put words to what passes.
- **Another distribution.** Six templates are not English.

## What would prove this wrong?

The claim: *these heads are a circuit for this task, not a list that fits a handful of sentences.* It is lost if heads drawn by lot from the same depths go as far, or if the circuit fails where it was not chosen. And induction heads are a folk theory if silencing them hurts no more than silencing their neighbours. Three tests, none on what chose the heads:
"""

# %%
same_size = [stats.matched_sets(small, everyone, 1, like=lambda head: head[0] // 6, seed=seed)[0] for seed in range(10)]
by_chance = shares(same_size, there)
trial = stats.against_null(ours, by_chance.tolist(), tail="greater")
harm = stats.difference(silenced[-1], by_lot[-1], paired=True)
supply = stats.difference(after["previous-token head"][1], after["nothing"][1])
verdicts = {"the circuit keeps more than ten sets by lot": ours > float(by_chance.max()), "induction heads cost more than their neighbours": harm.low > 0, "the toy's induction head needs its supplier": supply.low > 0}
Markdown(
    f"| test | result |\n|---|---|\n| share of the way, on sentences that did not choose it: the circuit against ten sets of {len(small)} heads from the same depths | {ours:.2f} against at most {by_chance.max():.2f} (p = {trial.p:.2f}, the least that ten sets allow is {1 / 11:.2f}) |\n| eight induction heads silenced, minus eight neighbours: nats on the second showing | {harm} |\n"
    f"| toy: loss without the previous-token head, minus untouched | {supply} |\n\n" + "; ".join(f"{claim}: **{'yes' if held else 'no'}**" for claim, held in verdicts.items()) + ". What survives is narrower than the story: *on such sentences, for this contrast, these heads are enough for the share above and are needed for it.* That they *are* the model's theory of who gets the drink, nobody has shown."
)

# %%
assert verdicts["induction heads cost more than their neighbours"] and verdicts["the circuit keeps more than ten sets by lot"]
assert sum(change.found for change in changes) >= 4 and not any(change.found for change in nulls)
assert gap_of_parts < 1e-3 and marks["heads", "gradient"].r > 0.8 and looks_at(loudest, "S2") > looks_at(loudest, "IO") and avoided.low > 0

# %% [markdown]
r"""
## The big idea

A transformer is many speakers on one channel, and a circuit is a claim about who speaks to whom. Looking is cheap: what a head attends to, what it says to the output. Claims are made by changing one thing and keeping the rest: which prompt differs in one thing, which direction, which road, which average stands in for silence.
Each choice is part of the result. And the model is not a machine with one part for each job; it has backups and opponents, so *enough*, *needed* and *all there is* are three questions with three numbers. A circuit that is reported with one of them has been reported by a third.

## Key terms

[residual stream](term:residual-stream) · [direct logit attribution](term:direct-logit-attribution) · [logit difference](term:logit-difference) · [Jacobian lens](term:Jacobian-lens) · [induction head](term:induction-head) · [prefix matching](term:prefix-matching) · [K-composition](term:K-composition) · [phase change](term:phase-change) ·
[activation patching](term:activation-patching) · [denoising](term:denoising) · [noising](term:noising) · [path patching](term:path-patching) · [attribution patching](term:attribution-patching) · [faithfulness](term:faithfulness) · [completeness](term:completeness) · [minimality](term:minimality) · [self-repair](term:self-repair)

## What we did not test

- Neurons. All MLPs ran freely in every circuit here; *the* circuit is one of attention heads given the MLPs.
- Edges. We judged sets of heads, not sets of connections; path patching showed a few roads, not all.
- Other models and other training runs. The roles found in GPT-2 small have counterparts here; that they must, nobody has shown.
- Natural sentences. IOI prompts are made by templates, and a model may have a way with templates.
- The tuned lens: it needs training, and the Jacobian lens stood in for it, made from the first words of twelve passages.

## Related chapters and reading

[Chapter 05](05_circuit_tracing.ipynb) traces features instead of heads. [Chapter 06](06_banana.ipynb) uses these tools on a question where the first answer was wrong. [Elhage et al., 2021](cite:elhage2021) for the mathematics of heads; [Olsson et al., 2022](cite:olsson2022) for induction; [Wang et al., 2022](cite:wang2022) for the circuit; [Zhang and Nanda, 2023](cite:zhang2023) for how much the details of patching matter.

## Quiz
"""

# %%
quiz("04_circuits")
