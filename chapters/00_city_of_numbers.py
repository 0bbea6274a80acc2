# %% [markdown]
r"""
# 00 · A city of numbers

*How large is a language model, who put the numbers there, and how would you find out what any of them does?*

> **Time** 70 min · **Needs** Python, vectors and matrices; nothing about transformers · **Exercises** [00_city_of_numbers](../exercises/00_city_of_numbers.ipynb), about two hours

**After this chapter you can**

- turn a parameter count into something you could walk across, and say which assumption the picture hangs on;
- tell weights from activations, and name the parts of a transformer by what they add to the residual stream;
- read any activation of a real model, and change it, with nnsight and with this book's toolkit;
- run a logit lens and an activation patch, each beside a null that could have embarrassed it;
- say what behaviour, probes, circuits and features can each show about one sentence, and what they cannot.

*Where you are:* at the gate. This chapter looks at one real model from outside and then from inside, and ends with a map of the other eleven.
Everything on the page was computed by the code that you see, on a laptop's processor, in about two minutes.
"""

# %% tags=["hide-input"]
import numpy as np
import torch
from IPython.display import Markdown

from interpbook import data, lens, plots, scale, stats, widgets
from interpbook.models import Site, info, load, logits, read, token_strings, tokenize, unembed, untrained
from interpbook.quiz import quiz

torch.set_grad_enabled(False)
model = load()
sizes = info(model)

# %% [markdown]
r"""
## A city under paper

In January 2026 a magazine found a good picture for something nobody can picture. Print the numbers that make up a language model
in 14-point type, wrote [Heaven, 2026](cite:heaven2026), and a model with 200 billion of them could fill 46 square miles of paper: enough to
cover San Francisco. (How many numbers OpenAI's model of that size class really has is not public; 200 billion is an outside estimate.)

Good pictures deserve to be checked. The article does not say how the numbers are laid out, so we turn its sum round: how many numbers
must a sheet hold for the city to come out covered?
"""

# %%
claim = scale.implied_numbers_per_sheet(200e9, 46)  # US letter, printed on one side
layouts = {
    "no margins": scale.numbers_per_sheet(margin_cm=0),
    "one-inch margins": scale.numbers_per_sheet(),
    "the same, double-spaced": scale.numbers_per_sheet(line_spacing=2.4),
}
areas = {name: scale.square_miles(scale.paper_area_m2(200e9, n)) for name, n in layouts.items()}
print(f"implied by the article: {claim:.0f} numbers on a sheet")
for name, n in layouts.items():
    print(f"14-point typewriter, {name}: {n} numbers on a sheet, {areas[name]:.1f} square miles")

# %% tags=["hide-input"]
spread = 46 / min(areas.values())
Markdown(
    f"About **{claim:.0f} numbers on a sheet**. That is a schoolchild's page: big type, wide lines. Set the same type tightly, each number "
    f"with eight characters and a space, and the city shrinks to {min(areas.values()):.0f} square miles. So the famous 46 depends on the layout "
    f"by a factor of about {spread:.0f} among perfectly reasonable pages. The picture is fair; its second digit "
    "means nothing. Move the slider and watch what survives."
)

# %% tags=["fig:city"]
MODELS = {"SmolLM2-135M, our model": sizes.n_params, "GPT-2 XL": 1.5e9, "the article's model": 200e9, "ten times that": 2e12}
PLACES = {"a football pitch": 105 * 68 / scale.M2_PER_SQUARE_MILE, "San Francisco": 46.9, "Los Angeles": 469}


def city(per_sheet):
    figure = plots.scatter(
        list(MODELS.values()), [scale.square_miles(scale.paper_area_m2(n, per_sheet)) for n in MODELS.values()],
        labels=list(MODELS), log_x=True, log_y=True, reference=PLACES, x_label="numbers in the model", y_label="area, square miles",
        title=f"{per_sheet} numbers on a sheet", alt="Area of paper against the size of four models, with three places for comparison.",
    )  # fmt: skip
    figure.update_xaxes(range=[7.1, 13.2])
    return figure.update_yaxes(range=[-3, 4])


widgets.slider(
    city, [25, 50, round(claim), layouts["one-inch margins"], layouts["no margins"], 1000], label="numbers on a sheet", start=2,
    alt="Four models as points on log-log axes. At 101 numbers on a sheet the 200-billion model lies on the line for San Francisco; the slider "
    "moves all points up or down together.",
)  # fmt: skip

# %% [markdown]
r"""
Our own model is on that figure too. It is [SmolLM2-135M-Instruct](cite:allal2025), a real language model that learned from two trillion
[tokens](term:token) of text and is small enough to travel inside a Python package. Where would you stand in *its* paper?
"""

# %%
groups = scale.parameter_groups(model)
pitch = 105 * 68  # square metres of a football pitch
plots.bar(
    list(groups), [scale.paper_area_m2(n, round(claim)) / pitch for n in groups.values()], horizontal=True,
    title="SmolLM2, printed at the article's density", x_label="part of the model", y_label="football pitches of paper",
    alt="Horizontal bars: MLP layers take the most paper, embedding and attention about a third of that each, norms almost nothing.",
)  # fmt: skip

# %% tags=["hide-input"]
whole = scale.paper_area_m2(sizes.n_params, round(claim))
share = {name: n / sizes.n_params for name, n in groups.items()}
Markdown(
    f"**{sizes.n_params:,} numbers: {whole / 1e4:.1f} hectares, or {whole / pitch:.0f} football pitches.** A model that a phone can run already covers a "
    f"park. {share['MLP']:.0%} of the paper is *MLP* (multi-layer perceptron: {sizes.d_mlp:,} neurons in each of {sizes.n_layers} "
    f"blocks), {share['embedding']:.0%} is the [embedding](term:embedding), a table with one row of {sizes.d_model} numbers for each of {sizes.d_vocab:,} tokens, "
    f"and {share['attention']:.0%} is attention. The names will make sense in a few screens. Here is one sheet, picked up in block 23:"
)

# %%
one_matrix = model.model.layers[23].self_attn.o_proj.weight
for row in one_matrix[200:210, 256:266]:
    print(" ".join(f"{number:+.4f}" for number in row.tolist()))

# %% [markdown]
r"""
That is what an explanation has to start from. (Some values repeat: to fit into a package our copy was rounded to 16 levels in each group of 32 numbers. It is a slightly worn copy of the original,
and all that we measure is about the copy.) Nobody wrote these numbers, no comment stands beside them, and before this chapter ends we will have reason to say that this
very sheet helps the model to say that the capital of France is Paris.

## Grown, not built

*"Large language models are not actually built. They're grown"*, the same article quotes the researcher Josh Batson. A programmer chose the shape: 30
blocks, 576 wide. The numbers came from training, which showed them text, trillions of words of it, and after each bite nudged every single number in the direction that would
have made the next word a little less surprising.

What did that buy? Compare three models with the *same shape*:

- **trained**: the one we have;
- **untrained**: the numbers as training found them, drawn at random;
- **shuffled**: the trained numbers, with each matrix's entries put in random order. Same paper, same ink, sheets in the wrong places.

The texts are twenty short passages written for this book, after the model was released, so it cannot have learned them by heart. The score is
surprise: minus the logarithm of the probability that the model had given to the token that came, in *nats*. A model
that knows nothing spreads its bets over the whole vocabulary and pays the logarithm of its size.
"""

# %%
blank, shuffled = untrained(seed=0), untrained(seed=1)
scale.shuffle_parameters(model, shuffled, seed=0)
cities = {"trained": model, "untrained": blank, "shuffled": shuffled}
texts = list(data.passages().values())
some = {"trained": texts, "untrained": texts[:8], "shuffled": texts[:8]}  # the nulls hardly vary: eight passages do
losses = {name: [lens.token_losses(network, text) for text in some[name]] for name, network in cities.items()}
surprise = {name: stats.bootstrap([loss.mean().item() for loss in per_text]) for name, per_text in losses.items()}
plots.bar(
    list(surprise), list(surprise.values()), title="How surprised is each city by ordinary English?", x_label="the same shape, filled with",
    y_label="nats per token", reference={"knows nothing": float(np.log(sizes.d_vocab))}, null=["untrained", "shuffled"],
    alt="Bars of mean surprise: trained about 4, untrained just above the line of knowing nothing at 10.8, shuffled above 20.",
)  # fmt: skip

# %% tags=["hide-input"]
n_tokens = sum(len(loss) for loss in losses["trained"])
Markdown(
    f"Nats per token, with 95 % intervals from redrawing passages: trained **{surprise['trained']}** passages ({n_tokens} tokens), untrained "
    f"{surprise['untrained']}, shuffled {surprise['shuffled']}. Knowing nothing costs ln({sizes.d_vocab:,}) = {np.log(sizes.d_vocab):.2f}. The untrained model knows nothing, as it "
    "should. The shuffled one is worse than that: it has strong opinions, all of them wrong. What training made is not a "
    "box of special numbers but an *arrangement*, and an arrangement is what we shall have to explain."
)

# %% tags=["hide-input"]
openings = ["The capital of France is", "Once upon a", "def add(a, b):\n    return a"]
rows = ["| prompt | " + " | ".join(cities) + " |", "|---|---|---|---|"]
for opening in openings:
    guesses = []
    for network in cities.values():
        top = logits(network, opening)[0, -1].softmax(-1).topk(3)
        words = [repr(model.tokenizer.decode([i])).replace("|", "¦") for i in top.indices.tolist()]
        guesses.append(", ".join(f"`{word}` {p:.1%}" for word, p in zip(words, top.values.tolist(), strict=True)))
    rows.append(f"| `{opening!r}` | " + " | ".join(guesses) + " |")
Markdown("The three most likely next tokens, by each city's lights:\n\n" + "\n".join(rows))

# %% [markdown]
r"""
Grown things are not unknowable. Trees are grown, and we know how water climbs in them. But nobody can *look it up*: the plan does not exist. So we
do what biologists do. We look, we poke, and we keep controls.

## What goes in: tokens

A model does not read letters. A *tokenizer* cuts the text into [tokens](term:token), pieces from a fixed list, and the model gets their numbers.
"""

# %%
sentence = "The capital of France is"
for text in (sentence, "France", " France", "The capital of Uzbekistan is", "Zażółć gęślą jaźń 😀"):
    print(token_strings(model, text, prefix=False))

# %% [markdown]
r"""
Three traps that will catch you at least once. `"France"` and `" France"` are *different tokens*: the space belongs to the word that follows it. Rare names fall
to pieces, so that "the token of the answer" may not exist. And two prompts of equal words need not have equal tokens, so that position 4 in one is not
position 4 in the other. The toolkit's `data` room deals with all three: `data.single_token` keeps the countries whose name and capital are one token each.
"""

# %%
facts = data.single_token(model.tokenizer)
prompts = [f"The capital of {fact.country} is" for fact in facts]
answers = data.answer_ids(model.tokenizer, [fact.capital for fact in facts])
said = logits(model, prompts)[:, -1]  # scores for the next token, one row a prompt
correct = said.argmax(-1) == answers
print(f"{len(facts)} of {len(data.capitals())} countries qualify; capital on top: {stats.proportion(int(correct.sum()), len(facts))}")
print("missed:", [(fact.country, model.tokenizer.decode(row.argmax())) for fact, row, ok in zip(facts, said, correct, strict=True) if not ok])

# %% [markdown]
r"""
The output is a score for every token in the vocabulary, a [logit](term:logit). [Softmax](term:softmax) turns logits into probabilities. Where the model misses,
it goes for another well-known city, or for a sentence that need not name one yet (*is in*, *is the …*). Behaviour is like that.

## What stays and what passes

A model holds two kinds of numbers, and mixing them up is the commonest confusion in this field. **[Weights](term:weight)** are the paper: fixed once training ends,
the same for every prompt. **[Activations](term:activation)** are what happens when a prompt runs through: made afresh each time, then forgotten.
"""


# %%
def fingerprint():
    """One number that changes if any weight does."""
    return sum(parameter.abs().sum() for _, parameter in model.named_parameters()).item()


before = fingerprint()
stream = {name: read(model, f"The capital of {name} is", Site("resid", layer=12, position=4)) for name in ("France", "Germany")}
print(f"weights: {sizes.n_params:,} numbers; unchanged by two prompts: {before == fingerprint()}")
for name, vector in stream.items():
    print(f"activation after block 12, at ' {name}':", " ".join(f"{x:+6.2f}" for x in vector[0, :8].tolist()), "…")

# %% [markdown]
r"""
Same weights, different activations: the difference between the last two lines is the only place where the model can hold the fact that it is being asked about
Germany. If the weights are a city, activations are the traffic. This book is mostly about traffic.

## The residual stream: a corridor with many doors

Here is the whole architecture in one picture. Each token has a vector of 576 numbers that runs through 30 blocks. No block replaces it. Each *adds* to it, twice:

```
embedding ──●────────────●──────────●────────────●─────── … ──► final norm ──► unembedding ──► logits
            │            ▲          │            ▲
            └─ attention ┘          └─ MLP ──────┘
              (block 0)               (block 0)
```

That running vector is the [residual stream](term:residual-stream) ([Elhage et al., 2021](cite:elhage2021)). [Attention](term:attention-head) is the only part that moves information
from one token to another; the MLP works on each token alone. Everything that the model knows at a place, on its way to the answer, has to be in that
place's stream. So it is the first thing to read.
"""

# %%
layers = list(range(sizes.n_layers))
everywhere = [Site("resid", layer=layer) for layer in layers]


def stream_norms(prompt, *, prefix):
    """How long each token's stream is after each block: (layer, token)."""
    found = read(model, tokenize(model, prompt, prefix=prefix), everywhere)
    return torch.stack([found[site][0].norm(dim=-1) for site in everywhere])


norms, names = stream_norms(sentence, prefix=True), token_strings(model, sentence)
plots.line(
    layers, {f"{i} {name}": norms[:, i] for i, name in enumerate(names)}, log_y=True,
    title="How long is each token's stream?", x_label="after block", y_label="length (norm)",
    alt="Six curves on a log axis. Five rise from about 30 to 700; the first token's jumps to 900 in block 2 and to 20,000 around block 11.",
)  # fmt: skip

# %% tags=["hide-input"]
bare = stream_norms(sentence, prefix=False)
Markdown(
    f"After block 12 the five words have streams of length {norms[12, 1:].min():.0f} to {norms[12, 1:].max():.0f}. The separator `<|endoftext|>`, which "
    f"we put in front of every prompt, has one of **{norms[12, 0]:,.0f}**. It is an [attention sink](term:attention-sink): attention must always add up to 1, so heads that have nothing to "
    "look for look at the first token, and the model keeps something harmless there for them ([Xiao et al., 2023](cite:xiao2023)).\n\n"
    f"The trap: the sink is not the separator but *whatever comes first*. Leave the separator out, and the word `The` gets the giant stream ({bare[12, 0]:,.0f}). "
    "Nobody needs to know what `The` means. But now put the country first: *France's capital is*."
)

# %%
sentence_frames = ["The capital of {} is", " {}'s capital is"]
on_top = {
    name: [
        (logits(model, tokenize(model, [frame.format(fact.country) for fact in facts], prefix=prefix))[:, -1].argmax(-1) == answers).float()
        for frame in sentence_frames
    ]
    for name, prefix in (("with <|endoftext|>", True), ("without", False))
}
plots.bar(
    [frame.format("…").strip() for frame in sentence_frames], {name: [stats.proportion(int(hits.sum()), len(hits)) for hits in row] for name, row in on_top.items()},
    y_range=(0, 1), title="One invisible token decides", x_label="prompt", y_label="share of capitals on top",
    alt="Four bars. With the separator both frames reach above 0.8. Without it the first falls to about 0.7, the one that begins with the country to about 0.25.",
)  # fmt: skip

# %% tags=["hide-input"]
costs = [stats.difference(a, b, paired=True) for a, b in zip(*on_top.values(), strict=True)]
Markdown(
    f"Same weights, same words. Leaving out one invisible token costs {costs[0]} of the answers where `The` comes first, and **{costs[1]}** where the country does "
    "(paired differences, 95 % bootstrap intervals): its own content made way for the sink. If you ever get a disappointing result from a small model, check this first. "
    "The toolkit puts the separator in by itself; raw nnsight, further down, does not."
)

# %% [markdown]
r"""
## Who looks where

Each block has nine [attention heads](term:attention-head). For every token, a head spreads one unit of attention over this token and the ones before it, then copies something from
where it looked. The [pattern](term:attention-pattern) is a triangular table: row = who looks, column = where. Here is head 4 of block 23, chosen because it will matter.
"""

# %%
pattern = read(model, sentence, Site("pattern", layer=23, head=4))[0]
seen = torch.where(torch.ones_like(pattern).tril() > 0, pattern, torch.nan)
plots.heatmap(
    seen, x=names, y=names, title="Block 23, head 4: who looks where", x_label="is looked at", y_label="looks", colour_label="attention",
    z_range=(0, 1), text=True, alt="A lower-triangular heat map. The last token, is, puts nearly all attention on France; most others look at the separator.",
)  # fmt: skip

# %%
patterns = read(model, prompts, [Site("pattern", layer=layer) for layer in layers])
from_last = torch.stack([rows[:, :, -1] for rows in patterns.values()], dim=1)  # (prompt, layer, head, looked at)
idle = stats.bootstrap(from_last[..., 0].mean((1, 2)).tolist())
print(f"attention of the last token on the separator, mean of all 270 heads: {idle} prompts; spread evenly it would be {1 / 6:.2f}")
top = from_last[..., 4].mean(0).flatten().topk(4)
print("most attention on the country:", [f"block {i // 9} head {i % 9}: {v:.2f}" for v, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)])

# %% [markdown]
r"""
Most heads, most of the time, look at nothing in particular. A few look straight at the country. Tempting to say "so that is how it finds Paris". Careful: looking is not using. An
attention pattern is a [correlation](term:intervention) until somebody interferes.

## The logit lens: what would you say now?

If every block only adds, we can stop early. Take the stream after block 12, skip the other 17 blocks, apply the model's own last two steps (norm and
[unembedding](term:unembedding)), and read the word that comes out. That is the [logit lens](term:logit-lens) of [nostalgebraist, 2020](cite:nostalgebraist2020), and it is five lines:
"""

# %%
import inspect

print(inspect.getsource(lens.logit_lens))

# %% tags=["fig:lens"]
shown = [0, 3, 6, 9, 12, 15, 18, 20, 22, 23, 24, 25, 26, 27, 28, 29]
says = torch.stack([lens.logit_lens(model, [sentence], position=i)[:, 0] for i in range(1, 6)], dim=1)[shown]
best = says.softmax(-1).max(-1)
words = [[model.tokenizer.decode([i]) for i in row] for row in best.indices.tolist()]
plots.heatmap(
    best.values, x=names[1:], y=[f"block {layer}" for layer in shown], text=words, z_range=(0, 1), height=560,
    title="What the model would say next, if it stopped here", x_label="after this token", y_label="stopped after", colour_label="probability of the word",
    alt="A table of top words by block and token. Early and middle blocks give punctuation and scraps; the last block says Paris after 'is'.",
)  # fmt: skip

# %% [markdown]
r"""
Read the last column upwards. In nostalgebraist's GPT-2 the answer often formed half-way and was then polished. Here? One sentence is an anecdote, so take all the countries,
and two nulls: the rank of *another country's* capital (is the lens picking up the fact, or just "some capital"?) and the untrained model.
"""

# %%
by_layer = lens.logit_lens(model, prompts)
wrong = answers.roll(7)  # every prompt gets another country's capital
ranks = {
    "its own capital": lens.answer_ranks(by_layer, answers),
    "the same, read at the country": lens.answer_ranks(lens.logit_lens(model, prompts, position=4), answers),
    "another country's": lens.answer_ranks(by_layer, wrong),
    "untrained model": lens.answer_ranks(lens.logit_lens(blank, prompts), answers),
}
middle = {name: [stats.bootstrap(row + 1.0, np.median, n_resamples=500) for row in rank.numpy()] for name, rank in ranks.items()}
plots.line(
    layers, {name: [e.value for e in row] for name, row in middle.items()}, log_y=True, null=["another country's", "untrained model"],
    band={name: ([e.low for e in row], [e.high for e in row]) for name, row in middle.items()},
    title="Where the capital stands among 49,152 words", x_label="stopped after block", y_label="median rank (1 = on top)",
    alt="Median rank by block on a log axis. All curves stay near 20,000 until block 22; then the own capital falls, and reaches 1 only at the last block. Read at the country, it stays high.",
)  # fmt: skip

# %% tags=["hide-input"]
own, other = middle["its own capital"], middle["another country's"]
ready = (ranks["its own capital"][28] == 0).float().mean()
settled = [next(layer for layer in layers if (column[layer:] == 0).all()) for column in ranks["its own capital"].T[correct]]
Markdown(
    f"n = {len(facts)} countries; bands are 95 % bootstrap intervals of the median. Up to block 22 the lens sees **nothing**: the right capital has a median rank of {own[22].value:,.0f}, another country's "
    f"{other[22].value:,.0f}, and a vocabulary sorted at random would give {sizes.d_vocab / 2:,.0f}. At block 23 the two part ({own[23].value:,.0f} against {other[23].value:,.0f}), so something about *this* country has arrived. But the answer "
    f"commits late: after block 28, one short of the end, the right capital is on top for {ready:.0%} of prompts, and of the {len(settled)} that the model gets right, "
    f"{sum(layer == sizes.n_layers - 1 for layer in settled)} settle only in the very last block."
)

# %%
sooner, agree = [10, 15, 20, 22, 24, 26, 28, 29], []
for text in texts[:3]:  # ordinary text: how early is the final top word on top?
    found = read(model, text, [Site("resid", layer=layer) for layer in sooner])
    tops = torch.stack([unembed(model, vectors[0, 1:]).argmax(-1) for vectors in found.values()])
    agree.append((tops == tops[-1]).float())
agree = torch.cat(agree, dim=1)
print(f"{agree.shape[1]} tokens of passages:", {f"block {layer}": f"{share:.0%}" for layer, share in zip(sooner, agree.mean(1).tolist(), strict=True)})

# %% [markdown]
r"""
On ordinary text the picture is gentler: many next words are easy, and a good share of the final guesses stand before the last block. Still, this model makes up its mind late, and for the capitals the
published picture of a guess that forms half-way and ripens does **not** replicate.
"""

# %% [markdown]
r"""
So is the model thinking about nothing for 23 blocks? That would be a fine folk theory, and it is wrong. The lens asks one question: *is the answer already written in the
language of the output?* A "no" is not "nothing there". It may be there in a language that the last layer does not speak. To find out we have to stop looking and start meddling.

## The first intervention, by hand

[nnsight](cite:fiottokaufman2024) lets Python code run *inside* a forward pass. The rules fit on a card. `with model.trace(prompt):` opens a run. Inside it, `module.output` is what that module
gives, when the run comes by. Whatever you want to keep, you `.save()`. Step one, **read**:
"""

# %%
import nnsight

separator = "<|endoftext|>"  # raw traces get no prefix: we write it ourselves
with model.trace(separator + "The capital of France is"):
    from_france = model.model.layers[12].output[0, 4].save()  # after block 12, at ' France'
    top_france = model.output.logits[0, -1].argmax().save()
print(from_france.shape, repr(model.tokenizer.decode(top_france)))

# %% [markdown]
r"""
Step two, **write**. Run the sentence about Germany, and when it passes block 12, put the vector from France in the place of ` Germany`. One vector of 576 numbers, one token, one block:
"""

# %%
with model.trace(separator + "The capital of Germany is"):
    model.model.layers[12].output[0, 4] = from_france
    top_patched = model.output.logits[0, -1].argmax().save()
print("The capital of Germany is", repr(model.tokenizer.decode(top_patched)))

# %% [markdown]
r"""
This is [activation patching](term:activation-patching), the workhorse of the field. Notice what it says. The prompt was about Germany, the tokens of
every other place were untouched, 17 blocks still ran, and the answer changed to France's. A vector in which the lens could not read anything was carrying *which country we
are talking about*.

### Five ways to fool yourself with nnsight

Each of these has cost somebody an afternoon. All run in this notebook.
"""

# %%
with model.trace(separator + sentence):
    lost = model.model.layers[5].output  # 1. no .save(): gone when the trace ends
print("1. forgot .save(); is the name there?", "lost" in globals())

try:
    with model.trace(separator + sentence):
        late = model.model.layers[10].output.save()
        early = model.model.layers[5].output.save()  # 2. block 5 has already gone by
except Exception as error:
    print("2. asked for block 5 after block 10:", type(error).__name__)

# %%
with model.trace(separator + sentence):
    hidden = model.model.layers[5].output
    hidden = hidden * 0  # 3. a new name for a new tensor: the model never hears of it
    rebound = model.output.logits[0, -1].argmax().save()
with model.trace(separator + sentence):
    model.model.layers[5].output[:] = 0  # this one is heard
    written = model.output.logits[0, -1].argmax().save()
print("3. rebinding:", repr(model.tokenizer.decode(rebound)), "· writing:", repr(model.tokenizer.decode(written)))

# %%
with model.trace(separator + sentence):
    lengths = []  # 4. a list made inside is inside: save it, or make it outside and save each item
    for block in model.model.layers:
        lengths.append(block.output[0, -1].norm())
print("4. plain list made inside; is it there?", "lengths" in globals())

with model.trace(separator + sentence):
    kept = nnsight.save([])
    before_write = model.model.layers[5].output.save()  # 5. the same memory that the next line overwrites
    copied = model.model.layers[5].output.clone().save()
    model.model.layers[5].output[:] = 0
    kept.append(model.output.logits.argmax(-1))
print(f"5. saved, then written over: {before_write.abs().max():.0f} · cloned first: {copied.abs().max():.0f} · saved list: {len(kept)} item")

# %% [markdown]
r"""
The toolkit knows these five and a sixth (some modules give a tuple), and wraps the two steps as `read` and `logits(write=)`. From here on we use those. The same patch, for
a France-to-Germany swap, is one line each:
"""

# %%
site = Site("resid", layer=12, position=4)
vector = read(model, "The capital of France is", site)
swapped = logits(model, "The capital of Germany is", write={site: vector})[0, -1]
print(repr(model.tokenizer.decode(swapped.argmax())), "· same answer as by hand:", bool(swapped.argmax() == top_patched))

# %% [markdown]
r"""
### Where does the country live?

One pair is an anecdote again. Split the countries into two halves that share none. On the first half, patch at every depth, once at the country's place and once at the last
token, ` is`, and *choose*. On the second half, *test*. A swap counts as a success if the patched model scores the source's capital above the one it was asked for.
"""

# %%
choosing, testing = data.halves(facts, seed=0)


def streams(pairs, layers, network=model):
    """What the clean prompts' streams hold after each of these blocks."""
    found = read(network, [pair.clean for pair in pairs], [Site("resid", layer=layer) for layer in layers])
    return {site.layer: vectors for site, vectors in found.items()}


def flipped(pairs, layer, position, new, network=model):
    """For each pair, whether the clean answer wins in the corrupt run once `new` is written there."""
    there = {Site("resid", layer=layer, position=position): new}
    scores = logits(network, [pair.corrupt for pair in pairs], write=there)[:, -1]
    wanted, asked = (data.answer_ids(model.tokenizer, names) for names in zip(*[pair[2:] for pair in pairs], strict=True))
    each = torch.arange(len(pairs))
    return scores[each, wanted] > scores[each, asked]


# %% tags=["fig:crossing"]
depths = [0, 4, 8, 12, 16, 20, 21, 22, 23, 24, 28]
pairs = data.capital_pairs(choosing, 20, seed=0)
clean = streams(pairs, depths)
rates = {
    place: [stats.proportion(int(flipped(pairs, layer, i, clean[layer][:, i]).sum()), len(pairs)) for layer in depths]
    for place, i in (("at the country", 4), ("at the last token", 5))
}
plots.line(
    depths, {place: [e.value for e in row] for place, row in rates.items()}, y_range=(-0.05, 1.05), markers=True,
    band={place: ([e.low for e in row], [e.high for e in row]) for place, row in rates.items()},
    title=f"Where a patch changes the capital ({len(pairs)} pairs)", x_label="patched after block", y_label="share that answer for the other country",
    alt="Two step functions that cross between blocks 22 and 23: at the country the patch works until 22 and never after; at the last token the reverse.",
)  # fmt: skip

# %% [markdown]
r"""
That is about as sharp as biology gets. Up to block 22 the country's own vector decides, and ` is` decides nothing. After block 23 it is exactly the other way round. Between the two,
*in one block*, the information crosses from one token to another, and only attention can carry it. Larger models do something like it:
[Geva et al., 2023](cite:geva2023) found that facts are first gathered at the subject and then fetched by attention at the last token.

We chose the blocks on this half. The test is on seventeen countries that the choice has never seen, beside three controls: a *random* step, as long as the real one, away from the old vector; the vector of the *wrong
token*, ` of`, one place to the left; and the real patch, scored for the capital of a *third* country that is in neither prompt.
"""


# %%
fresh = data.capital_pairs(testing, 24, seed=1)
new, old = streams(fresh, [22, 23]), read(model, [pair.corrupt for pair in fresh], Site("resid", layer=22, position=4))
step = new[22][:, 4] - old
random_step = stats.random_directions(*step.shape, seed=0) * step.norm(dim=-1, keepdim=True)
capital = [" " + fact.capital for fact in testing]
third = [pair._replace(clean_answer=next(name for name in capital if name not in pair)) for pair in fresh]
test = {
    f"{place}, block {layer}": flipped(fresh, layer, i, new[layer][:, i]) for layer in (22, 23) for place, i in (("country", 4), ("last token", 5))
} | {
    "random step": flipped(fresh, 22, 4, old + random_step),
    "wrong token": flipped(fresh, 22, 4, new[22][:, 3]),
    "third capital": flipped(third, 22, 4, new[22][:, 4]),
}  # fmt: skip

# %%
held_out = {name: stats.proportion(int(hits.sum()), len(hits)) for name, hits in test.items()}
plots.bar(
    list(held_out), list(held_out.values()), horizontal=True, y_range=(0, 1), null=list(held_out)[4:],
    title="The crossing, on countries it was not chosen on", x_label="what was patched", y_label="share of pairs that flip",
    alt="Bars: country at block 22 and last token at block 23 near 1, their counterparts near 0; a random step and a third capital near 0, the wrong token near one half.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    f"**Held out:** the country's vector flips {held_out['country, block 22']} pairs after block 22 and {held_out['country, block 23']} after block 23; the last token's "
    f"{held_out['last token, block 22']} and {held_out['last token, block 23']}. A random step of the same length does next to nothing ({held_out['random step']}). "
    f"The wrong token flips {held_out['wrong token']}, and that is worth a minute: it wipes the country out, and once neither answer is "
    "known, which of two capitals scores higher is close to a coin toss. A control tells you what *your measure* does when the effect is absent, and here "
    "that is not always zero. (The 24 pairs share 17 countries, so the intervals are somewhat too narrow.)"
)

# %% [markdown]
r"""
So the country is *there* from the first block to the twenty-second, at its own token, in a form that the logit lens cannot read; then it moves. **Decodable in the output's language, present, and used are
three different things.** Most folk theories about models come from mistaking one for another.

## Four traditions, one sentence

People who study models come from different trades, and ask different things of the same sentence. Here is one live experiment from each, on *The capital of France is*, with what it
shows and what it cannot.

### 1 · Behaviour: ask it in other words

The psychologist's way. No wires, just questions, many of them, because one phrasing is one data point.
"""

# %%
phrasings = [
    "The capital of {} is", "The capital city of {} is", " {}'s capital is", "If you fly to {}, you will probably land in",
    "Q: What is the capital of {}?\nA:", "The capital of {} is not",
]  # fmt: skip
asked, favourite = {}, {}
for phrasing in phrasings:
    top = logits(model, [phrasing.format(fact.country) for fact in facts])[:, -1].argmax(-1)
    name = phrasing.strip().format("…").replace("\n", " ⏎ ")
    asked[name] = stats.proportion(int((top == answers).sum()), len(facts))
    favourite[name] = model.tokenizer.decode(top.mode().values)
plots.bar(
    list(asked), list(asked.values()), horizontal=True, y_range=(0, 1), title="One fact, six phrasings", x_label="prompt",
    y_label=f"share of {len(facts)} capitals on top", alt="Horizontal bars from about 0.9 for 'The capital of … is' down to 0 for the question-and-answer form and for 'is not'.",
)  # fmt: skip

# %% tags=["hide-input"]
question = next(name for name in asked if name.startswith("Q:"))
Markdown(
    f"*Shows:* what the model does, which is what matters in the end. It \"knows\" {asked['The capital of … is'].value:.0%} of these capitals, or {asked[question].value:.0%}, depending on how you ask. (To the "
    f"question-and-answer form its commonest first word is `{favourite[question]!r}`; after *is not* it is `{favourite['The capital of … is not']!r}`.) *Cannot show:* why. A model that had learned a list of sentences and one that had "
    "learned geography would look alike until you found the phrasing that parts them."
)

# %% [markdown]
r"""
### 2 · Probing: is it written anywhere?

The librarian's way. Take the vector at the last token, and train the simplest reader there is, a straight line, to tell European countries from the rest. If an honest reader can do it on countries
it has not seen, the information is there. That is a [probe](term:probe). Its null: the same reader with shuffled labels.
"""

# %%
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

everyone = data.capitals()  # every country once, so that none is both learned and tested
probed = [0, 2, 4, 8, 12, 20, 23]
states = read(model, [f"The capital of {fact.country} is" for fact in everyone], [Site("resid", layer=i, position=-1) for i in probed])
european = np.array([fact.continent == "Europe" for fact in everyone])
probe = make_pipeline(StandardScaler(), RidgeClassifier(alpha=1000.0))


def held_out_scores(vectors, labels):
    """A score for each country, from a probe that has seen the other four fifths."""
    return cross_val_predict(probe, vectors, labels.astype(int), cv=5, method="decision_function")


# %%
read_out, chance = [], []
for vectors in states.values():
    read_out.append(stats.auroc_interval(held_out_scores(vectors.numpy(), european), european, n_resamples=300))
    chance.append(stats.shuffled_null(lambda mixed: stats.auroc(held_out_scores(vectors.numpy(), mixed), mixed), european, n=12))
low, high = np.min(chance, axis=1), np.max(chance, axis=1)
plots.line(
    probed, {"Europe or not": [e.value for e in read_out], "shuffled labels": [np.mean(null) for null in chance]}, null=["shuffled labels"],
    band={"Europe or not": ([e.low for e in read_out], [e.high for e in read_out]), "shuffled labels": (low, high)}, y_range=(0.2, 1.02),
    title="A probe at the last token", x_label="after block", y_label="AUROC on unseen countries (0.5 = chance)",
    alt="The probe's AUROC rises to about 0.95 or more by block 4 and stays; shuffled labels hover around 0.5.",
)  # fmt: skip

# %% tags=["hide-input"]
at_12, useless = read_out[probed.index(12)], rates["at the last token"][depths.index(12)]
Markdown(
    f"*Shows:* that after block 12 the token ` is` already holds which continent the country is on: AUROC **{at_12}**, twelve shuffles of the labels "
    f"{np.min(chance[probed.index(12)]):.2f} to {np.max(chance[probed.index(12)]):.2f}. *Cannot show:* that anything uses it. We know from the patches above what happens when that very vector is replaced, *whole*, by "
    f"another country's: {useless} of the answers change. The information is decodable, and for this answer it is idle. [Chapter 02](02_probing.ipynb) is about little else ([Belinkov, 2022](cite:belinkov2022))."
)

# %% [markdown]
r"""
### 3 · Mechanisms: which part does it?

The engineer's way. If attention carries the country across in block 23, then some of its nine heads do. Logits are sums: what each head adds to the last stream can be held
against the direction "this capital rather than the average capital". That is *direct logit attribution*, the height of each head's direct push.
"""


# %%
def direct_push(facts):
    """How far each head's own output pushes the last token towards the right capital, in logits: (layer, head)."""
    here = [f"The capital of {fact.country} is" for fact in facts]
    final = read(model, here, Site("resid", layer=29, position=-1))
    gathered = read(model, here, [Site("z", layer=layer, position=-1) for layer in layers])
    table = model.lm_head.weight
    towards = table[data.answer_ids(model.tokenizer, [fact.capital for fact in facts])] - table[answers].mean(0)
    towards = towards * model.model.norm.weight / final.pow(2).mean(-1, keepdim=True).sqrt()  # through the final norm
    push = []
    for block, z in zip(model.model.layers, gathered.values(), strict=True):
        write = block.self_attn.o_proj.weight.unflatten(1, (sizes.n_heads, sizes.d_head))
        push.append(torch.einsum("phd,mhd,pm->h", z, write, towards) / len(facts))
    return torch.stack(push)


push = direct_push(choosing)
chosen = [(int(i) // 9, int(i) % 9) for i in push.flatten().topk(4).indices]
plots.heatmap(
    push[16:].T, x=list(range(16, 30)), y=[f"head {head}" for head in range(9)], diverging=True, title="Direct push towards the right capital",
    x_label="block", y_label="head", colour_label="logits", alt="Nearly all cells are pale; head 4 of block 23 and head 1 of block 29 stand out.",
)  # fmt: skip

# %% [markdown]
r"""
Chosen on one half of the countries; now switch them off on the other half: each of the four heads gives every prompt the same vector, its average, so that it can say nothing about *this* country. For comparison, fifteen
random sets of four, from the same blocks.
"""


# %%
def without(heads):
    """Share of held-out capitals still on top when these heads say the same thing whatever the country."""
    average = {Site("z", layer=layer, head=head): lambda z: z.mean(0, keepdim=True).expand_as(z) for layer, head in heads}
    scores = logits(model, [f"The capital of {fact.country} is" for fact in testing], write=average)[:, -1]
    right = scores.argmax(-1) == data.answer_ids(model.tokenizer, [fact.capital for fact in testing])
    return right.float().mean().item()


every_head = [(layer, head) for layer in layers for head in range(9)]
others = stats.matched_sets(chosen, every_head, 15, like=lambda head: head[0])
intact, silenced, random_sets = without([]), without(chosen), [without(heads) for heads in others]
plots.histogram(
    random_sets, bins=12, title="Silencing four heads", x_label="share of 17 held-out capitals still on top", y_label="random sets of four",
    reference={"intact": intact, "the chosen four": silenced}, alt="Random sets of heads leave accuracy at the intact level; the chosen four bring it close to zero.",
).update_xaxes(range=[-0.05, 1.0])  # fmt: skip

# %% tags=["hide-input"]
named = ", ".join(f"{layer}.{head}" for layer, head in chosen)
Markdown(
    f"Heads {named} (block.head), chosen on {len(choosing)} countries. On the other {len(testing)}: intact {intact:.2f}, without these four **{silenced:.2f}** "
    f"({stats.proportion(round(silenced * len(testing)), len(testing))}), without random four of the same blocks {min(random_sets):.2f} to {max(random_sets):.2f}.\n\n"
    f"*Shows:* four of {len(every_head)} heads are needed for this, and we could say in advance which. One of their output matrices is the sheet of numbers from the first screen. *Cannot show:* how the heads know what to fetch, what "
    "they do on other sentences (a head named after one task is often found moonlighting in another), or that they are *enough*. [Chapter 04](04_circuits.ipynb) builds a whole circuit and tests all three."
)

# %% [markdown]
r"""
### 4 · Features: what are the words of its language?

The translator's way. Perhaps the model has a direction for *France*, of which the token ` France` is only one use. The cheapest candidate is a difference of averages: mean vector where a text speaks of France, minus the mean where it
speaks of another country. We take block 12 (decided beforehand) and six phrasings that do not mention capitals. First question: on ordinary text, when is it active? The passages contain 900 tokens, so let us see the top
ones *and ten at random*: a list of best cases flatters any direction.
"""

# %%
there = Site("resid", layer=12, position=-1)
contexts = ["The history of {}", "She moved to {}", "The people of {}", "A map of {}", "My uncle lives in {}", "The climate of {}"]
by_country = {
    fact.country: read(model, [context.format(fact.country) for context in contexts], there).mean(0) for fact in facts
}
elsewhere = torch.stack([vector for country, vector in by_country.items() if country != "France"]).mean(0)
france, germany = by_country["France"] - elsewhere, by_country["Germany"] - elsewhere
unit = france / france.norm()
found = []
for text in texts:
    words = token_strings(model, text)
    strength = (read(model, text, Site("resid", layer=12))[0] - elsewhere) @ unit
    found += [(strength[i].item(), "".join(words[max(1, i - 4) : i]), words[i]) for i in range(1, len(words))]

# %% tags=["hide-input"]
order = np.random.default_rng(0).permutation(len(found))
columns = sorted(found, reverse=True)[:10], sorted((found[i] for i in order[:10]), reverse=True)
columns = [[f"…{before}<b>[{word}]</b> {strength:.0f}" for strength, before, word in column] for column in columns]
table = "\n".join(f"| {a} | {b} |" for a, b in zip(*columns, strict=True))
Markdown(f"| ten strongest of {len(found)} tokens (the token in brackets, then its strength) | ten at random |\n|---|---|\n{table}")

# %% [markdown]
r"""
French, France, Paris: convincing. Also the `Fr` of *Fridays*, whose only connection is three letters, and some words that nobody would call French. A top list with the misses left out would have
been a cleaner story. So, the causal question: if the direction *means* France, adding it to another country's vector should move the answer to Paris, and a random direction of the same length should not.
"""

# %%
targets = [fact for fact in testing if fact.country not in ("France", "Germany")]
asked_for = [f"The capital of {fact.country} is" for fact in targets]
paris = data.answer_ids(model.tokenizer, ["Paris"])
random_way = stats.random_directions(2, sizes.d_model, seed=0) * france.norm()
doses = [0.5, 1.0, 2.0]


def paris_share(direction, dose):
    """Share of other countries whose most likely next token becomes Paris."""
    scores = logits(model, asked_for, write={Site("resid", layer=12, position=4): lambda vector: vector + dose * direction})
    return (scores[:, -1].argmax(-1) == paris).float().mean().item()


steered = {name: [paris_share(way, dose) for dose in doses] for name, way in (("France", france), ("Germany", germany))}
steered["random (mean of 2)"] = np.mean([[paris_share(way, dose) for dose in doses] for way in random_way], axis=0)
plots.line(
    doses, steered, null=["random (mean of 2)"], y_range=(-0.03, 1.03), title="Adding a direction to another country's vector", x_label="dose (1 = the difference of averages)",
    y_label=f"share of {len(targets)} countries that answer Paris", alt="Steering with France rises with the dose to most countries; Germany and random directions stay at or near 0.",
)  # fmt: skip

# %% tags=["hide-input"]
at_two = stats.proportion(round(steered["France"][-1] * len(targets)), len(targets))
Markdown(
    f"*Shows:* a direction that reads as France also *acts* as France: at dose 2 it makes {at_two} other countries answer Paris, two random directions of the same length {steered['random (mean of 2)'][-1]:.2f}, Germany's {steered['Germany'][-1]:.2f}. "
    "*Cannot show:* that this is a unit the *model* uses rather than one that *we* built; we told it where France was. Finding features without being told is the business of [chapter 03](03_sparse_autoencoders.ipynb), and why there "
    "should be more of them than dimensions that of [chapter 01](01_superposition.ipynb)."
)

# %% [markdown]
r"""
## What would prove this wrong?

Our boldest claim is: *facts about a country cross to the last token in block 23.* It was found on one sentence frame. If it were about that frame, and not about countries, three predictions would fail. Each patches
after block 22 and after block 23, at the country and at the last token, on held-out countries.

1. **Other words.** In four other frames, with the country in other places, the crossing stays between the same two blocks.
2. **Another question.** Ask for the *continent* instead of the capital. If block 23 fetches facts about countries in general, it crosses there, too.
3. **Another reader.** If the *untrained* model shows a crossing, then it comes from our method and not from what was learned.
"""

# %%
frames = [
    "The capital of {country} is called", "What is the capital of {country}? The capital is",
    "I was born in {country}. The capital of my country is", "If you fly to {country}, you will probably land in",
]  # fmt: skip
crossing = {frame: data.capital_pairs(testing, 10, seed=2, template=frame) for frame in frames}
sides = [(a, b) for a, b in data.ordered_pairs(facts, 600, seed=2) if {a.continent, b.continent} == {"Asia", "Europe"}][:10]
located = "The country of {} is located in the continent of"
crossing[located] = [
    data.PromptPair(located.format(a.country), located.format(b.country), " " + a.continent, " " + b.continent) for a, b in sides
]


def switch(pairs, network=model):
    """Share of pairs that flip: unpatched, then country and last token after block 22, then both after 23."""
    one, other = (tokenize(network, prompt).ids[0] for prompt in pairs[0][:2])
    places, new = (int((one != other).nonzero()[0]), len(one) - 1), streams(pairs, [22, 23], network)
    as_it_is = read(network, [pair.corrupt for pair in pairs], Site("resid", layer=22, position=-1))
    hits = [flipped(pairs, 22, -1, as_it_is, network)] + [flipped(pairs, k, i, new[k][:, i], network) for k in (22, 23) for i in places]
    return [row.float().mean().item() for row in hits]


# %%
rows = {frame.replace("{country}", "…").replace("{}", "…"): switch(several) for frame, several in crossing.items()}
rows["*untrained:* The capital of … is"] = switch(fresh[:10], blank)

# %% tags=["hide-input"]
table = "\n".join(f"| {name} | " + " | ".join(f"{share:.1f}" for share in shares) + " |" for name, shares in rows.items())
Markdown(
    "Share of 10 pairs that answer for the other country:\n\n| frame | not patched | country, after 22 | last token, after 22 | country, after 23 | last token, after 23 |\n"
    "|---|---|---|---|---|---|\n" + table
)

# %% [markdown]
r"""
The first prediction holds in every frame. The second holds by halves. After block 23 the country's own vector no longer matters for the continent either (compare with the unpatched column: the model
errs now and then by itself). But the last token alone does not carry the whole answer; some of it must travel by way of other words. So "facts cross to the last token in block 23" was too strong. What survives is: block 23 is where this model
*stops reading the country*, at least for these two questions. In the untrained model no patch changes anything: it prefers the same one of two words whatever it reads, and that looks like a coin toss in every column.

None of this makes block 23 special in other models, or for facts about things that are not countries. That would be new claims, each with its own way to fail.

## The big idea

A language model is a city of numbers that nobody designed, and it can still be studied like any other thing in nature. There are weights and there are activations; the activations live in streams to which every part adds; and they
can be read *and written*. Reading suggests. Writing decides. And a measurement is worth what its controls are worth: most of the figures above have a grey, dotted line in them, and it is the most
important line in the picture.

## The rest of the book

| chapter | the question | what you will build |
|---|---|---|
| 01 Superposition | How can a model hold more features than it has dimensions? | toy models whose geometry you can predict |
| 02 Probing | What can be read from a vector, and is it used? | probes with control tasks and interventions |
| 03 Sparse autoencoders | Can we find features without being told? | five dictionaries, and a fair test of each |
| 04 Circuits | Which heads work together, and how do we know? | induction, indirect objects, patching at every grain |
| 05 Circuit tracing | Can a whole computation be drawn as a graph? | transcoders and attribution graphs |
| 06 The banana case | Is saying "bananas are yellow" the same as checking it? | recall against verdict |
| 07 The cartoon villain | Why does narrow training change a whole character? | persona directions, and a repair |
| 08 Do models say what they think? | Is the written reasoning the real one? | tests of chains of thought, scored against the truth |
| 09 The shameless cheat | Can a monitor read the scratch pad, and for how long? | monitors, and pressure against them |
| 10 Readable by design | Could we grow a model that is easy to read? | weight-sparse transformers |
| 11 No more folk theories | What may we claim at the end? | a checklist, and a mystery model |

## Key terms

[parameter](term:parameter) · [weight](term:weight) · [activation](term:activation) · [token](term:token) · [embedding](term:embedding) · [transformer](term:transformer) · [layer](term:layer) ·
[residual stream](term:residual-stream) · [attention head](term:attention-head) · [attention pattern](term:attention-pattern) · [attention sink](term:attention-sink) · [neuron](term:neuron) · [logit](term:logit) · [softmax](term:softmax) ·
[unembedding](term:unembedding) · [logit lens](term:logit-lens) · [intervention](term:intervention) · [activation patching](term:activation-patching) · [ablation](term:ablation) · [probe](term:probe) · [circuit](term:circuit) ·
[feature](term:feature) · [steering](term:steering) · [null](term:null)

## What we did not test

- Other models. One small model, mostly one relation, 34 countries whose names are one token: famous ones, mostly. Rare countries may be handled elsewhere.
- Whether the four heads are *enough*. We silenced them; we did not keep only them.
- A *tuned* lens, which learns a translation for each layer. Ours assumed that every layer speaks the output's language, and that assumption failed for 23 blocks.
- GPT-2 or any model of the original logit-lens post. "It does not replicate here" is a statement about here.
- That the sink is the *only* reason why prompts without a separator do badly.

## Related chapters and reading

Next: [chapter 01](01_superposition.ipynb). The picture of the city is from [Heaven, 2026](cite:heaven2026). The residual stream as a shared channel is due to [Elhage et al., 2021](cite:elhage2021), the logit lens to
[nostalgebraist, 2020](cite:nostalgebraist2020), attention sinks to [Xiao et al., 2023](cite:xiao2023). Patching facts by place and depth goes back to [Meng et al., 2022](cite:meng2022), and how attention
fetches them was worked out by [Geva et al., 2023](cite:geva2023). nnsight is described by [Fiotto-Kaufman et al., 2024](cite:fiottokaufman2024). For how to doubt what you have just read, keep the
[evidence checklist](../book/pages/checklist.md) at hand.

## Quiz
"""

# %%
quiz("00_city_of_numbers")
