# %% [markdown]
r"""
# 05 · Circuit tracing

*Can we draw the wiring of one answer, from the words of the question to the word of the reply? And how would we notice that we have drawn the wiring of our drawing instrument?*

> **Time** 90 min · **Needs** [chapter 03](03_sparse_autoencoders.ipynb), [chapter 04](04_circuits.ipynb) · **Exercises** [05_circuit_tracing](../exercises/05_circuit_tracing.ipynb), about two hours

**After this chapter you can**

- say what a transcoder replaces, what is frozen in a local replacement model, and why its sums are exact without being evidence;
- compute an edge, a node's influence, a replacement score and a completeness score, and prune a graph without losing its best node;
- turn a graph into a prediction, test it in the model, and compare it with random features;
- say where the error nodes are and what they carry;
- name two machines on which a perfect-looking graph is wrong.

*Where you are:* chapter 03 gave names to directions, chapter 04 found parts that matter. Both left the middle out: *what* is passed from part to part. Here parts and messages come into one picture.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Float
from torch import Tensor

from interpbook import attribution, corpus, data, features, graphs, plots, stats
from interpbook.dictionaries import encode, unfaithful
from interpbook.dictionaries.transcoders import open_transcoders, replacement_scores, transcode
from interpbook.graphs import GraphError
from interpbook.models import Site, Tokens, info, load, next_logits, read, tokenize
from interpbook.organisms import tracing
from interpbook.organisms.tracing import refusal
from interpbook.organisms.tracing.comparing import best_share
from interpbook.organisms.tracing.making import some_cases
from interpbook.quiz import quiz

_ = torch.set_grad_enabled(False)

# %% [markdown]
r"""
## A diagram with one kind of wire

The dream: *Dallas* lights up *Texas*, *capital* lights up *say a capital*, both light up *Austin*, and the picture is the computation. [Lindsey et al., 2025](cite:lindsey2025) drew such pictures for a large model; the method is from [Ameisen et al., 2025](cite:ameisen2025), and we build it here.

A wire should be a number: *how much of this node comes from that one*. That works if everything between two nodes is a straight line, because then the parts of a sum can be followed one by one. A transformer has three things that are not straight lines, and each gets a treatment:

| what bends | treatment | price |
|---|---|---|
| the MLPs | replaced by the features of a [transcoder](term:transcoder) | what these miss: an [error node](term:error-node) |
| attention patterns | frozen at what they were on this prompt | the graph cannot say why a head looked there |
| norms | their denominators frozen | none on this prompt, some on every other |

What is left is a sum over paths. Source $s$ is active with $a_s$ and writes the vector $w_s$ into the stream. Target $t$ reads the stream with $r_t$. Between them lies $J$, the frozen, linear map through heads and norms. The [edge](term:influence) is

$$A_{t \leftarrow s} = a_s \; r_t^{\top} J \, w_s ,$$

in units of the target's pre-activation, and the edges into a target add up to its pre-activation. Here is the smallest example: three words, one feature each, one head, and one feature at the last word that listens.
"""

# %%
writes = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 1.0]])  # what each word's feature writes
active = torch.tensor([2.0, 1.0, 3.0])  # how active it is
looks = torch.tensor([0.6, 0.3, 0.1])  # how the head at the last word looks at the three: frozen
head = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # it swaps two coordinates on the way
reads = torch.tensor([1.0, 2.0, -1.0])  # what the listening feature looks for

stream = active[:, None] * writes
whole = (stream[2] + looks @ stream @ head) @ reads
edges = [float(active[s] * (looks[s] * writes[s] @ head + (s == 2) * writes[s]) @ reads) for s in range(3)]
Markdown("Edges from the three words: " + ", ".join(f"**{e:+.2f}**" for e in edges) + f". Their sum is {sum(edges):+.2f}; the listener's pre-activation, computed forwards, {whole:+.2f}.")

# %% [markdown]
r"""
The last word reaches the listener twice, straight ahead and through the head. That is all there is to an edge. Everything that follows is about *what the nodes are*.

## The stand-in

A transcoder reads what an MLP reads and is trained to write what the MLP writes, through a code in which few entries are not zero ([Dunefsky et al., 2024](cite:dunefsky2024)). The dictionaries of chapter 03 describe what *is* in the stream. This describes what is *done* to it. Ours have a *skip* as well ([Paulo et al., 2025](cite:paulo2025)): a plain matrix from input to output, so that no feature is wasted on what a straight line can do. In a graph the skip is a wire, not a node.
"""

# %%
model, transcoders = load(), open_transcoders()
block = transcoders[15]
seen = read(model, ["The capital of France is"], [block.site, block.out])
x, y = seen[block.site][0, -1], seen[block.out][0, -1]  # what the neurons of block 15 read and write at the last word
latents = encode(block, x)
guess = transcode(block, x)
Markdown(
    f"Block 15, at *is*: of {latents.numel():,} features {int((latents > 0).sum())} are active. Their sum has a cosine of **{float(torch.cosine_similarity(guess, y, dim=0)):.2f}** with what the {info(model).d_mlp:,} neurons really write; "
    f"what is missing, the error, is {float((y - guess).norm() / y.norm()):.0%} as long as the whole."
)

# %% [markdown]
r"""
Put a transcoder in the place of every MLP and you have the [replacement model](term:replacement-model). It is a different model. How different? The book ships one transcoder for each layer of SmolLM2, trained on the book's own corpus and squeezed to a few bits a weight, and a table of what that costs, measured on held-out passages:
"""

# %%
table = replacement_scores()

# %% tags=["fig:replacement", "hide-input"]
plots.line(
    [row["layer"] for row in table if row["layer"] is not None], {name: [row[key] for row in table if row["layer"] is not None] for name, key in (("transcoder", "fvu"), ("a straight line", "fvu_linear"))}, null=["a straight line"], y_range=(0, 1.05), reference={"the mean output": 1.0},
    title="How much of each MLP's output its transcoder misses", x_label="layer", y_label="fraction of variance unexplained (held out)", alt="The unexplained fraction for each layer, for its transcoder and for a straight line alone; the mean output would leave all of it, 1.",
)  # fmt: skip

# %% tags=["hide-input"]
every = next(row for row in table if row["layer"] is None)
Markdown(
    "| in the place of all MLPs | nats a token | same favourite as the model |\n|---|---|---|\n"
    + f"| nothing: the model itself | {every['loss_clean']:.2f} | 100% |\n| transcoders | **{every['loss']:.2f}** | **{every['agreement']:.0%}** |\n| a straight line from input to output | {every['loss_linear']:.2f} | {every['agreement_linear']:.0%} |\n| the mean output | {every['loss_mean']:.2f} | {every['agreement_mean']:.0%} |"
    + f"\n\nOver {every['n_tokens']:,} held-out tokens. [Ameisen et al., 2025](cite:ameisen2025) report that the replacement model of an 18-layer model shares its favourite on half of a set of prompts. Other texts, another model: the two cannot be compared number by number. But look at the third row before you credit the features with the second: what is bent in these MLPs is the smaller part."
    + "".join(f" And a second baseline, for layer {row['layer']}: a transcoder whose directions are drawn at random and never learn, with the same skip and trained as long, misses {row['fvu_frozen']:.0%} of the output, the straight line alone {row['fvu_linear']:.0%}, the trained one {row['fvu_unpacked']:.0%} ({row['fvu']:.0%} once squeezed)." for row in table if "fvu_frozen" in row)
)

# %% [markdown]
r"""
## Nailed down

The [local replacement model](term:local-replacement-model) repairs the difference by force, for *one prompt*. Whatever the transcoders miss at each layer and word is added as a constant, an error node; attention patterns and norms are frozen. Now it gives the model's own logits, and every feature's pre-activation is exactly the sum of its incoming edges.

It has to be. Check it anyway: a graph whose sums do not come out has a bug in it.
"""

# %%
prompts = {
    "capital": "The capital of France is",
    "antonym": 'The opposite of "large" is "',
    "indirect object": "When Mary and John went to the store, John gave a drink to",
    "induction": "We had a fish called Mr Bubbles. I liked to feed Mr",
}
traced = {name: attribution.trace_graph(model, transcoders, prompt, max_features=400) for name, prompt in prompts.items()}
exact = {name: attribution.exactness(model, graph, transcoders) for name, graph in traced.items()}
graph = traced["capital"]
inner = [i for i, node in enumerate(graph.nodes) if node.kind in ("feature", "logit")]
summed = (graph.edges.sum(1) + graph.constant + graph.rest)[inner]

# %% tags=["hide-input"]
plots.scatter(
    graph.value[inner].tolist(), summed.tolist(), group=[graph.nodes[i].kind for i in inner], diagonal=True, title=f"“{prompts['capital']}”: what enters each node, added up",
    x_label="pre-activation (features) or logit above the mean", y_label="sum of incoming edges", alt="Every feature and logit lies on the diagonal: its incoming edges add up to its value.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    "| prompt | the model's favourite | nodes | largest relative gap, features | logits |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {model.tokenizer.decode([g.nodes[g.where('logit')][0].latent]).strip()} ({g.probabilities[0]:.0%}) | {len(g.nodes):,} | {exact[name].edges:.0e} | {exact[name].logits:.0e} |" for name, g in traced.items())
    + "\n\nThe gaps are rounding. Remember what this does *not* say: with transcoders thrown by dice the sums would be just as exact, because the errors would make up for everything."
)

# %% [markdown]
r"""
## What a node is worth, and what may go

Hundreds of nodes are a wall, not a picture. Turn the edges into each target into shares that sum to 1, signs dropped; a node's [influence](term:influence) is the share of all paths to the answer that run through it, long paths included:

$$\text{influence} = p \left( A + A^2 + A^3 + \dots \right) = p\left((I - A)^{-1} - I\right),$$

$p$ being the probabilities of the logits. A graph has no circles, so the sum ends by itself:
"""

# %% quote="graphs.flow"

# %% [markdown]
r"""
[Pruning](term:pruning) keeps the fewest nodes that together have, say, 80 % of all influence, and then the edges between them. Two scores say what the picture is a picture *of*. Every path that is followed backwards ends at a word or at an error node; the [replacement score](term:replacement-score) is the words' share. The
[completeness score](term:completeness-score) is milder: of what enters each node, weighted by influence, the share that is not error.
"""

# %%
levels = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
cut = {name: [graphs.prune(g, nodes=level) for level in levels] for name, g in traced.items()}
scored = {name: graphs.scores(g) for name, g in traced.items()}

# %% tags=["fig:pruning", "hide-input"]
plots.line(
    levels, {name: [len(g.nodes[g.where("feature")]) for g in some] for name, some in cut.items()}, log_y=True, title="What each share of the influence costs in features",
    x_label="share of the influence that is kept", y_label="features left", alt="Features left in the graph against the share of influence kept, one rising line for each prompt.",
)  # fmt: skip

# %% tags=["hide-input"]
low = min(scored.values(), key=lambda s: s.replacement)
Markdown(
    "| prompt | replacement score | completeness score | left out | features active | kept at 80 % |\n|---|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | **{s.replacement:.2f}** | {s.completeness:.2f} | {s.left_out:.2f} | {traced[name].about['active']} | {len(cut[name][5].nodes[cut[name][5].where('feature')])} |" for name, s in scored.items())
    + f"\n\nA replacement score of {low.replacement:.2f} means that {1 - low.replacement:.0%} of what can be followed back ends in an error node. *Left out* is the share of what enters the nodes that comes from features for which there was no room among the 400 drawn. The published pictures come from up to thirty million features, trained on vastly more text. "
    "**Whatever we read in these graphs is a story about the minority.**"
)

# %% [markdown]
r"""
## Reading one

Here is the graph of *The capital of France is*, pruned hard. Words stand along the bottom, layers go up, answers are at the top; diamonds are error nodes. Point at a feature to see where it fires in the corpus and which words it raises; click it to see what feeds it; the sliders decide how much is shown.

The label of a feature is the words that its decoder row raises most. Nobody chose it, and in early layers it is mostly noise.
"""

# %%
small = cut["capital"][levels.index(0.5)]
shown = {(node.layer, node.latent) for node in small.nodes[small.where("feature")]}
said = features.spoken(model, transcoders, shown)
small = graphs.label(small, {i: said[node.layer, node.latent] for i, node in enumerate(small.nodes) if node.kind == "feature"})

library = corpus.open_corpus()
held = corpus.passages(library, "held-out")
texts = [ids[:40] for ids in (corpus.ids_of(library, int(p)) for p in held[:: len(held) // 30]) if len(ids) >= 40][:20]
passages = Tokens(torch.stack(texts), torch.ones(len(texts), 40, dtype=torch.bool))
cards = features.node_cards(model, transcoders, shown, passages)

# %% tags=["fig:graph", "hide-input"]
graphs.show(small, cards=cards, title=f"“{prompts['capital']}”, half of the influence", alt="Attribution graph of the prompt The capital of France is: words below, features and error nodes by layer above them, the likeliest next words on top.")

# %% [markdown]
r"""
A reader draws boxes around nodes that seem to belong together: [supernodes](term:supernode). That is interpretation, so let a rule do it, written down before looking: *France* is every feature at the word France in the lower two thirds of the layers; *say Paris* is the ten features at the last word whose decoder rows raise Paris highest among all words.
"""

# %%
capital_at = graph.tokens.index(" France")
target = model.tokenizer(" Paris")["input_ids"][0]


def raises(i):
    """Above which share of the vocabulary a feature's decoder row lifts Paris."""
    node = graph.nodes[i]
    effect = model.lm_head.weight.float() @ transcoders[node.layer].W_dec[node.latent]
    return float((effect < effect[target]).float().mean())


boxes = {
    "France": [i for i in graph.find("feature", position=capital_at) if graph.nodes[i].layer < 20],
    "say Paris": sorted(graph.find("feature", position=-1), key=raises)[-10:],
}

# %% tags=["hide-input"]
Markdown(f"{len(boxes['France'])} features at *France*; the ten at the last word lift Paris above {raises(boxes['say Paris'][0]):.1%} to {raises(boxes['say Paris'][-1]):.2%} of the vocabulary.")

# %% [markdown]
r"""
## Does it predict anything?

A drawing that predicts nothing cannot be wrong. A graph can: multiply a node by 0 and follow the loss through the edges. Then do the same in the model. The thirty features with the most influence, one at a time; for each, the change of the answer's logit that the graph expects, and the change that happens, with everything running free again: heads look anew, norms
are recomputed, silent features may wake. Beside them, thirty features drawn from the same layers.
"""

# %%
names = ("capital", "indirect object")
tested = {name: attribution.agreement(model, transcoders, traced[name], n=30, seed=0) for name in names}
held_still = attribution.agreement(model, transcoders, graph, n=30, seed=0, frozen=True)
one = tested["capital"]

# %% tags=["fig:predicted", "hide-input"]
plots.scatter(
    [*one.predicted.tolist(), *one.random_predicted.tolist()], [*one.measured.tolist(), *one.random_measured.tolist()], group=["most influence"] * 30 + ["random, same layers"] * 30, null=["random, same layers"], diagonal=True,
    title="Features switched off: expected and real change of the answer", x_label="change of the answer's logit, by the graph", y_label="in the model", alt="Measured against predicted change of the logit for influential and random features; points near the diagonal were foreseen by the graph.",
)  # fmt: skip

# %% tags=["hide-input"]
louder = {name: stats.difference(test.measured.abs(), test.random_measured.abs()) for name, test in tested.items()}
Markdown(
    "| graph | Spearman, predicted and measured | random features | size of the effect: influential minus random (logits) |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | **{test.spearman}** | {test.random_spearman} | {louder[name]} |" for name, test in tested.items())
    + f"\n\nWith patterns and norms held still in the model, too, the rank correlation for *capital* is {held_still.spearman}. What is lost between the two is what the graph cannot know. [Ameisen et al., 2025](cite:ameisen2025) report a Spearman correlation of 0.72 between influence and the effect of ablations, feature to feature. "
    f"Look at the sizes as well: the median influential feature moves the answer by {float(one.measured.abs().median()):.2f} logits."
)

# %% [markdown]
r"""
Held still, the model is the machine that the graph describes, and the correlation should be higher than with everything free. Where it is not, thirty features are too few to show it: look at the intervals.

Now the boxes. All of *France* off, all of *say Paris* off, and ten sets of other features from the same layers as *say Paris*:
"""

# %%
features_of = range(len(graph.nodes))[graph.where("feature")]
stand_in_sets = stats.matched_sets(boxes["say Paris"], features_of, 10, like=lambda i: graph.nodes[i].layer // 5)
off = [dict.fromkeys(nodes, 0.0) for nodes in [*boxes.values(), *stand_in_sets]]
guessed = [float(attribution.predicted_effect(graph, change).logits[0]) for change in off]
happened = attribution.measured_logits(model, transcoders, graph, off)[:, 0].tolist()

# %% tags=["hide-input"]
k = len(boxes)
Markdown(
    "| switched off | features | the graph expects | the model |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {len(nodes)} | {guess:+.2f} | **{real:+.2f}** |" for (name, nodes), guess, real in zip(boxes.items(), guessed, happened, strict=False))
    + f"\n| others, mean of ten sets | {len(stand_in_sets[0])} | {sum(guessed[k:]) / 10:+.2f} | {sum(happened[k:]) / 10:+.2f} (from {min(happened[k:]):+.2f} to {max(happened[k:]):+.2f}) |"
    + f"\n\nChanges of the logit of Paris. For *France* the graph is off by {abs(guessed[0] - happened[0]):.2f}, for *say Paris* by {abs(guessed[1] - happened[1]):.2f}. "
    + ("And *say Paris* does no more than ten other features of its layers: a box with a good name and no effect of its own. Without the last row it would have gone into the story." if min(happened[k:]) <= happened[1] <= max(happened[k:]) else "*say Paris* does more than any of the ten sets of stand-ins.")
)

# %% [markdown]
r"""
### Swapping a country

Single features are weak. The strongest test that the field knows is a swap: take the whole supernode out and put another one in. If what the model reads at the word *France* is in the features, then the features of *Germany*, written there in their place, should turn the answer to Berlin. And the part that the transcoders missed can be swapped just as well. That is
a question which few papers print: **do the features carry the answer, or does the error?**

At the country's word, in every layer, the MLP's output is features plus straight line plus error. We run one country and write, from another, one of the three parts, or all. A share of 1 means that the answer has moved all the way.
"""

# %%
learned = data.single_token(model.tokenizer)
pairs = [pair for pair in data.capital_pairs(learned, 60, seed=0) if len(tokenize(model, [pair.clean]).ids[0]) == len(tokenize(model, [pair.corrupt]).ids[0])][:24]
clean, corrupt = tokenize(model, [pair.clean for pair in pairs]), tokenize(model, [pair.corrupt for pair in pairs])
right, wrong = (torch.tensor([model.tokenizer(getattr(pair, side))["input_ids"][0] for pair in pairs]) for side in ("clean_answer", "corrupt_answer"))
spot = clean.ids.shape[1] - 2  # the country's word, just before " is"


def parts_of(tokens, stand_ins=transcoders):
    """What each MLP writes at the country's word, in three parts that add up to it, by layer."""
    parts = {"features": {}, "straight line": {}, "error": {}}
    ins, outs = ({layer: Site(kind, layer, position=spot) for layer in stand_ins} for kind in ("mlp_in", "mlp_out"))
    seen = read(model, tokens, [*ins.values(), *outs.values()])
    for layer, stand_in in stand_ins.items():
        x, y = seen[ins[layer]], seen[outs[layer]]
        parts["features"][layer] = encode(stand_in, x) @ stand_in.W_dec
        parts["straight line"][layer] = transcode(stand_in, x) - parts["features"][layer]
        parts["error"][layer] = y - transcode(stand_in, x)
    return parts


def lead(tokens, write=None):
    """How far the clean answer's logit lies above the corrupt one's, for each pair."""
    found = next_logits(model, tokens, write=write)
    row = torch.arange(len(pairs))
    return found[row, right] - found[row, wrong]


# %%
of_clean, of_corrupt = parts_of(clean), parts_of(corrupt)
start, goal = lead(corrupt), lead(clean)


def moved_by(wanted, of_clean=of_clean, of_corrupt=of_corrupt):
    """The share of the way to the other answer, when the wanted parts are the other country's."""
    real = {layer: sum(parts[layer] for parts in of_corrupt.values()) for layer in transcoders}
    change = {layer: sum(of_clean[part][layer] - of_corrupt[part][layer] for part in wanted) for layer in transcoders}
    write = {Site("mlp_out", layer, position=spot): real[layer] + change[layer] for layer in transcoders}
    return (lead(corrupt, write) - start) / (goal - start)


moved = {part: moved_by([part]) for part in of_clean} | {"all three": moved_by(list(of_clean))}

# %% tags=["fig:swap", "hide-input"]
shares_moved = {name: stats.bootstrap(share) for name, share in moved.items()}
plots.bar(
    list(shares_moved), list(shares_moved.values()), title="A country swapped in its MLP outputs, and how far the capital follows", x_label="what was taken from the other country", y_label="share of the way to the other answer",
    alt="Share of the answer moved by swapping the features, the straight line, the error, or all three at the word of the country.",
)  # fmt: skip

# %% tags=["hide-input"]
ahead = stats.difference(moved["features"], moved["error"], paired=True)
Markdown(
    f"Over {len(pairs)} pairs of countries: features alone **{shares_moved['features']}**, the straight line alone {shares_moved['straight line']}, error alone **{shares_moved['error']}**, all three {shares_moved['all three']}. Features minus error: {ahead}. "
    + ("The features carry more of the country than the error does." if ahead.low > 0 else "The error carries more of the country than the features do: a picture that shows features only shows the smaller half." if ahead.high < 0 else "Neither clearly carries more than the other, so the error is no noise: it is part of the mechanism.")
    + (" The largest share goes through the straight line, which has no node at all in the graph." if shares_moved["straight line"].value > max(shares_moved["features"].value, shares_moved["error"].value) else "")
    + (" All three together move all of it: what the answer needs of the country is in its MLP outputs." if shares_moved["all three"].value > 0.97 else f" All three together move {shares_moved['all three'].value:.0%}; the rest is in the word itself, which was left in place.")
)

# %% [markdown]
r"""
## No stand-in at all

The neurons themselves are nodes, too. In SmolLM2 a neuron is *gate × up*: freeze the gate, and what it writes is a straight-line function of what it reads. Such a graph needs no training, has no error nodes and is exact. Why not always?
"""

# %%
by_neurons = attribution.neuron_graph(model, prompts["capital"], max_features=400)
neuron_test = attribution.agreement(model, None, by_neurons, n=30, seed=0)


def needed(graph, part):
    """How many features (or neurons) pruning leaves when it keeps this part of the influence."""
    kept = graphs.prune(graph, nodes=part)
    return len(kept.nodes[kept.where("feature")])


# %% tags=["hide-input"]
Markdown(
    "| | active | needed for 50 % | replacement score | Spearman, predicted and measured | random nodes |\n|---|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {g.about['active']} | {needed(g, 0.5)} | {graphs.scores(g).replacement:.2f} | {test.spearman} | {test.random_spearman} |" for name, g, test in (("features", graph, one), ("neurons", by_neurons, neuron_test)))
    + "\n\nExact and unreadable against readable and incomplete. Chapter 01 said why: a neuron of this model stands for many things at once."
)

# %% [markdown]
r"""
## Five machines whose wiring we know

On SmolLM2 nobody can mark our graph. So we build machines where somebody can. Each is a small Llama with a vocabulary of words, trained so that given variables live in given places and are made from given others ([interchange interventions](term:interchange-intervention), after [Geiger et al., 2022](cite:geiger2022) and [Gupta et al., 2024](cite:gupta2024)).
Each copies a case of [Lindsey et al., 2025](cite:lindsey2025), because SmolLM2 can do hardly any of them:
"""

# %% tags=["hide-input"]
asked = {"calc: 36+59=": "95", "Fact: the capital of the state containing Dallas is": " Austin", "A rhyming couplet: He saw a carrot and had to grab it,\nHis hunger was like a starving": " rabbit", 'Le contraire de "petit" est "': "grand"}
best = {prompt: next_logits(model, prompt)[0].softmax(-1).max(-1) for prompt in asked}
Markdown("| prompt | wanted | SmolLM2 says |\n|---|---|---|\n" + "\n".join(f"| {prompt.splitlines()[-1]} | {wanted.strip()} | {model.tokenizer.decode([int(best[prompt].indices)]).strip()!r} ({float(best[prompt].values):.0%}) |" for prompt, wanted in asked.items()))

# %% [markdown]
r"""

| organism | reported of a large model | planted here |
|---|---|---|
| addition | `36+59=`: one path for the rough size, one for the last digit; asked how, the model tells of carrying the one | two paths, and a story learned apart from both |
| two hops | *capital of the state containing Dallas*: Texas, then Austin | city → state → what is asked of it |
| rhyme | the end word is there at the line break, before the line is written | plan at `/`, adjective and last word made from it |
| opposites | features of *small* and *opposite* shared across languages | one meaning in the middle, three languages around it |
| refusal | *can't answer* is on by default; a known name turns it off | a default at `?`, taken away by a known name |

First the truth itself has to be tested. For every variable: give it the value of another prompt, at its place, and ask whether the answer becomes what the planted circuit says. Beside it, equally many random dimensions of the same place.
"""

# %%
organisms = {name: tracing.open_organism(name) for name in tracing.NAMES}
swapped = {name: tracing.interchange(organism, n=60, seed=0) for name, organism in organisms.items()}

# %% tags=["hide-input"]
worst = {name: min(rows, key=lambda row: row.right) for name, rows in swapped.items()}
Markdown(
    "| organism | variables exchanged | the worst of them | answers as the truth says | random dimensions, at most |\n|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {len(rows)} | {worst[name].variable} | **{stats.proportion(round(worst[name].right * worst[name].n), worst[name].n)}** | {max(row.random_dims for row in rows):.2f} |" for name, rows in swapped.items())
    + ("\n\nSo the truth holds in the weights, and not only in our plans." if min(row.right for row in worst.values()) > 0.8 else "\n\n**Where the share is low, the weights do not do what we planned**: " + ", ".join(f"{name}: {row.variable}" for name, rows in swapped.items() for row in rows if row.right <= 0.8) + ". Read what follows about that organism with this in mind.")
)

# %% [markdown]
r"""
### Does the graph find it?

Transcoders were trained on each organism, without being told anything. Graphs are traced for held-out prompts on which most of the circuit is live (of known people, nothing can be held out: what nobody was taught, nobody knows); a feature is named after the variable that explains most of its ups and downs over *other* prompts, as a careful reader would name it; edges between supernodes are compared with the planted ones. An edge counts as shown if it brings a large enough share of what enters its target; how large, is chosen on prompts that are not used for marking. **Precision**: of the edges that the graph shows, the share that exists.
**Recall**: of those that exist, the share that it shows. The null is the scrambled organism: the same weights with the words dealt out anew, so that no state, rhyme or meaning as we know them is in it. The same procedure must find nothing there.
"""


# %%
def compared(organism, stand_ins, split, n=8):
    """The edges of the graphs of `n` prompts beside the planted ones."""
    names = tracing.profiles(organism, stand_ins)
    some = some_cases(organism.name, split, n)[:n]  # prompts on which most of the circuit is live
    return tracing.recovered(organism, lambda text: attribution.trace_graph(organism.model, stand_ins, text), names, some)


stand_ins = {name: tracing.open_transcoders(name) for name in tracing.NAMES}
bars = {name: best_share(compared(organism, stand_ins[name], "train")) for name, organism in organisms.items()}
marks = {name: tracing.total(compared(organism, stand_ins[name], "test"), bars[name]) for name, organism in organisms.items()}
null_each = {name: compared(tracing.scrambled(organism), stand_ins[name], "test") for name, organism in organisms.items()}
null_marks = {name: tracing.total(each, bars[name]) for name, each in null_each.items()}

# %% tags=["fig:recovery", "hide-input"]
plots.bar(
    list(marks), {"precision": [m.precision for m in marks.values()], "recall": [m.recall for m in marks.values()], "recall, scrambled": [m.recall for m in null_marks.values()]}, null=["recall, scrambled"], y_range=(0, 1.05),
    title="Planted edges that the graphs show", x_label="organism", y_label="share of edges", alt="Precision and recall of the planted edges for five organisms, and the recall on their scrambled twins.",
)  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    "| organism | graphs | bar | true edges found | missed | extra | precision | recall | scrambled: found, of |\n|---|---|---|---|---|---|---|---|---|\n"
    + "\n".join(f"| {name} | {m.n_prompts} | {bars[name]:.0%} | {m.found} | {m.missed} | {m.extra} | {m.precision:.2f} | {m.recall:.2f} | {null_marks[name].found}, {null_marks[name].found + null_marks[name].missed} |" for name, m in marks.items())
)

# %% tags=["hide-input"]
weak = [name for name in marks if null_marks[name].recall > marks[name].recall / 2]
poorest = min(marks, key=lambda name: marks[name].recall)
at_bar = [edge for one in null_each["refusal"] for edge in one.found + one.missed if abs(one.share.get((edge.source, edge.target), 0.0)) >= bars["refusal"]]
of_default = sum(edge.source in ("question mark", "default") for edge in at_bar)
Markdown(
    "Read the last column before the others. "
    + (f"In {', '.join(weak)} the scrambled twin shows more than half as many of the planted edges as the real organism: there the null is weak, and the recall must not be counted as a success. " if weak else "No scrambled twin shows half as many of the planted edges as its original. ")
    + f"In *refusal*, {of_default} of the {len(at_bar)} edges found in the twin are those of the default, which asks for no name: they are as true there as in the original, and no scrambling of names can remove them. "
    + f"Least is found in **{poorest}** (recall {marks[poorest].recall:.2f}, precision {marks[poorest].precision:.2f}). "
    + ("The truth holds there, as the exchange above has shown, and the graph misses most of it; a graph that shows little is no sign that there is little." if marks[poorest].recall < 0.5 else "What is missed is no less true: the exchange above has shown that it is there.")
)

# %% [markdown]
r"""
### Two hops, drawn

The graph of *the capital of the state containing Dallas is*, with a box for each variable that a feature was named after. A blue arrow adds, an orange one takes away; drag the slider to see more.
"""

# %%
hops = organisms["two-hop"]
hop_names = tracing.profiles(hops, stand_ins["two-hop"])
dallas = next(case for case in tracing.cases("two-hop", "all") if case.text == "the capital of the state containing Dallas is")
drawn = attribution.trace_graph(hops.model, stand_ins["two-hop"], dallas.text)
labels = tracing.label_nodes(hops, drawn, hop_names)
boxed = graphs.group(graphs.label(drawn, {i: name for i, name in labels.items() if drawn.nodes[i].kind == "feature"}), tracing.supernodes(labels))

# %% tags=["fig:two-hop", "hide-input"]
graphs.show(boxed, title="Two hops: a planted circuit as the graph shows it", alt="Graph of the two-hop organism: the word Dallas feeds features of the state, these and the question feed the features of what is asked, and those the answer.")

# %% tags=["hide-input"]
planted_state = {case.text: {state: tracing.patched_answer(hops, case, {"state": state}) for state in ("California", "Washington")} for case in (dallas,)}
memorised = tracing.open_organism("two-hop", rival=True)
Markdown(
    f"Without a hand on it the organism says *{tracing.said(hops, [dallas.text])[0]}*. With California's code in the slot of the state, at the word Dallas: **{planted_state[dallas.text]['California']}**; with Washington's: {planted_state[dallas.text]['Washington']}. "
    f"The published swap did the same. A second organism, trained to know every city's capital by heart, says *{tracing.said(memorised, [dallas.text])[0]}*, too, and has no state in between: from the outside the two cannot be told apart."
)

# %% [markdown]
r"""
### 36 + 59, and what it says about it

Draw a feature's activation for all ten thousand pairs of numbers: an [operand plot](term:operand-plot). In the published ones, stripes along the falling diagonal mean *about this large a sum*, a lattice of dots *this pair of last digits*.
"""

# %%
adder = organisms["addition"]
sums = [f"{a} + {b} =" for a in range(100) for b in range(100)]
taken = read(adder.model, sums, Site("mlp_in", layer=1, position=-1))
maps = encode(stand_ins["addition"][1], taken).reshape(100, 100, -1)
adder_names = tracing.profiles(adder, stand_ins["addition"])
on = maps[36, 59].argsort(descending=True).tolist()
picked = {wanted: next((i for i in on if adder_names.get((1, 4, i)) == wanted and maps[36, 59, i] > 0), None) for wanted in ("digit of the sum", "size of the sum")}

# %% tags=["fig:operands", "hide-input"]
plots.grid(
    [
        plots.heatmap(maps[..., i], title=f"{name}, feature {i}", x_label="second number", y_label="first number", colour_label="activation", bottom_up=True, alt=f"Operand plot of a feature named {name}.")
        for name, i in picked.items() if i is not None
    ],
    title="Two features that are active on 36 + 59 =", cols=1, alt="Two operand plots. One is a lattice of single dots, the same in every block of ten. The other is a few blocks, not a stripe along the diagonal.",
)  # fmt: skip

# %% [markdown]
r"""
The lattice is there. The stripe is not: the feature named after the *size of the sum* fires on blocks, certain pairs of rough sizes, and only several such features together would make the diagonal. Names are given for what explains a firing best. They do not say that it explains it well; look before you believe one.
"""

# %%
sum_case = next(case for case in tracing.cases("addition", "all") if case.text == "36 + 59 =")
told = next(case for case in tracing.cases("addition", "all") if case.text == "36 + 59 how")
tries = {"nothing": {}, "6 made to end in 7": {"digit of a": "ends in 7"}, "36 made about 75": {"size of a": "about 75"}, "the story emptied": {"story": None}}
spoken_now = {name: [tracing.patched_answer(adder, case, values) for case in (sum_case, told)] for name, values in tries.items()}
Markdown("| what is changed | at `=` | at `how` |\n|---|---|---|\n" + "\n".join(f"| {name} | {answer} | {story} |" for name, (answer, story) in spoken_now.items()))

# %% [markdown]
r"""
The digit path moves the last digit, the size path moves the size. The story at `how` is right about how a pupil would do it and wrong about how the answer at `=` came about: there nothing carries. And now the catch: **the graph of `=` cannot show this.** It is a graph of one prompt, and the lie is told on another. Only two graphs side by side, and an intervention that moves one answer
and not the other, show that explanation and computation are strangers. [Chapter 08](08_cot_faithfulness.ipynb) is about that.

### A rhyme that was planned, and one that was not

Two organisms write the same lines. One fixes the end word at the line break, the other works out each word when its turn comes. Their outputs are the same, so look inside: copy the stream at `/` from another couplet, and see whether the line follows.
"""


# %%
def follows(organism, n=40):
    """How often the next word is the donor's, when the stream at the line break is the donor's: adjective, last word."""
    shares = {}
    for part, length in (("adjective", 13), ("last word", 14)):
        some = [case for case in tracing.cases("rhymes", "all") if len(case.text.split()) == length - 1]
        pairs = [(a, b) for a, b in data.ordered_pairs(data.shuffled(some, seed=0)[:40], 400, seed=0) if a.answer != b.answer][:n]
        at_break = Site("resid", layer=1, position=9 - length)  # the line break is token 9
        given = read(organism.model, [b.text for _, b in pairs], at_break)
        heard = next_logits(organism.model, [a.text for a, _ in pairs], write={at_break: given}).argmax(-1)
        hits = sum(organism.model.tokenizer.decode([int(h)]).strip() == b.answer for h, (_, b) in zip(heard, pairs, strict=True))
        shares[part] = stats.proportion(hits, len(pairs))
    return shares


writers = {"planner": organisms["rhymes"], "improviser": tracing.open_organism("rhymes", rival=True)}
following = {name: follows(organism) for name, organism in writers.items()}

# %% tags=["hide-input"]
plots.bar(
    ["adjective", "last word"], {name: list(found.values()) for name, found in following.items()}, y_range=(0, 1.05), title="The line break of another couplet, written in", x_label="the word that comes next", y_label="share that is the donor's word",
    alt="For the planner nearly every adjective and last word become the donor's; for the improviser none.",
)  # fmt: skip

# %% [markdown]
r"""
The planner follows the donor, adjective and all; the improviser never does. The adjective is the telling one. It comes *before* the rhyme, so whatever moves it must have known the end already. [Hanna and Ameisen, 2026](cite:hanna2026) asked the same of open models and found that many identify a rhyme ahead of time, while few plan the way to it.

### One meaning, three languages

The organism was planted with one meaning in the middle; its rival keeps three dictionaries. Count, for the same question in two languages, which share of the active features at the last word is shared.
"""


# %%
def shared(rival):
    """For each question: of the features active at the last word in two languages, the share that both have; and for other questions."""
    organism, code = tracing.open_organism("opposites", rival=rival), tracing.open_transcoders("opposites", rival=rival)[1]
    questions = {}
    for case in tracing.cases("opposites", "all"):
        questions.setdefault((case.values["operation"], case.values["meaning"]), {})[case.values["language"]] = case.text
    full = [by_language for by_language in questions.values() if len(by_language) == 3]
    on = [encode(code, read(organism.model, [q[language] for q in full], Site("mlp_in", layer=1, position=-1))) > 0 for language in full[0]]
    pairs = [(on[i], on[j]) for i in range(3) for j in range(i)]
    overlap = [torch.stack([(a & b.roll(k, 0)).sum(1) / (a | b.roll(k, 0)).sum(1).clamp(min=1) for a, b in pairs]).mean(0) for k in (0, 1)]
    return {"same question": stats.bootstrap(overlap[0]), "another question": stats.bootstrap(overlap[1])}


overlaps = {name: shared(rival) for name, rival in (("one meaning", False), ("three dictionaries", True))}

# %% tags=["hide-input"]
Markdown(
    "| organism | features shared, same question in two languages | another question |\n|---|---|---|\n" + "\n".join(f"| {name} | **{found['same question']}** | {found['another question']} |" for name, found in overlaps.items())
    + "\n\nBoth organisms answer alike. What tells them apart is the overlap beside its own null: two questions of one organism share some features anyway."
)

# %% [markdown]
r"""
### A refusal that is there until somebody takes it away

*Unknown* is what this organism says of anybody, unless a known name vetoes it. Put the veto in by hand for a stranger, take it away from a famous person, and ask about people whose sport it was never taught.
"""

# %%
refuser, questions = organisms["refusal"], {case.text: case for case in tracing.cases("refusal", "all")}
star, stranger = (questions[f"what sport does Michael {name} play ?"] for name in ("Jordan", "Batkin"))
answers = {
    "Michael Jordan": tracing.said(refuser, [star.text])[0], "Michael Jordan, veto taken away": tracing.patched_answer(refuser, star, {"veto": None}),
    "Michael Batkin": tracing.said(refuser, [stranger.text])[0], "Michael Batkin, veto put in": tracing.patched_answer(refuser, stranger, {"veto": "on"}),
    "Michael Batkin, marked as known": tracing.patched_answer(refuser, stranger, {"known": "known"}),
}  # fmt: skip
gaps = refusal.untaught()
made_up = tracing.said(refuser, [lesson.text for lesson in gaps])

# %% tags=["hide-input"]
refusal_names = tracing.profiles(refuser, stand_ins["refusal"])
into = {}
for case in (star, stranger):
    g = attribution.trace_graph(refuser.model, stand_ins["refusal"], case.text)
    found = tracing.recovery(g, refuser.truth, tracing.label_nodes(refuser, g, refusal_names), case)
    into[case.text] = {source: share for (source, target), share in found.share.items() if target == "logit" and abs(share) >= 0.05}
invented = sum(answer != "unknown" for answer in made_up)
strangers = data.shuffled([case for case in tracing.cases("refusal") if case.answer == "unknown"], seed=0)[:30]
fooled = sum(tracing.patched_answer(refuser, case, {"known": "known"}) != "unknown" for case in strangers)
trace = lambda text: attribution.trace_graph(refuser.model, stand_ins["refusal"], text)
unmoved = tracing.total(tracing.recovered(refuser, trace, refusal_names, strangers[:8]), bars["refusal"])
Markdown(
    "| asked about | says |\n|---|---|\n" + "\n".join(f"| {name} | {answer} |" for name, answer in answers.items())
    + f"\n\nOf {len(gaps)} people whom it knows, but whose sport nobody ever told it, it gives **{stats.proportion(invented, len(gaps))}** an answer all the same ({', '.join(dict.fromkeys(a for a in made_up if a != 'unknown'))}; not always a sport): the known name switched the refusal off, and nothing else was there. And strangers: marked as *known* by hand, at the surname, **{stats.proportion(fooled, len(strangers))}** held-out ones get an answer, not one of them true. This is the published account of one kind of hallucination, built on purpose.\n\n"
    + "Edges into the answer, as the graphs show them: " + "; ".join(f"*{text}* " + (", ".join(f"{name} {share:+.0%}" for name, share in edges.items()) or "none above 5 %") for text, edges in into.items())
    + ". On the stranger's prompt the reason for *unknown* is that **nobody vetoed**. A graph draws what is active; what is absent has no node. Only the comparison of two prompts shows it. "
    + f"(On eight held-out strangers two edges each are live, those of the default: {unmoved.found} of {unmoved.found + unmoved.missed} are found, and {unmoved.extra} that are not in the truth, from features that fire a little for half a name.)"
)

# %% [markdown]
r"""
| organism | where its graph misleads |
|---|---|
| addition | the graph of `=` is silent about what is said at `how`; sums meet only in the output, so neither path alone looks like an answer |
| two hops | a model that knows the answers by heart says the same; without the swap the picture is one of two possible stories |
| rhyme | heads carry the plan; why they look at the line break is frozen away |
| opposites | overlap without its null would be read as a shared meaning in both |
| refusal | the decisive fact is an absence, and an absence has no node |

## Two drawings that mislead

So far the graph was incomplete. It can also be wrong while every number on it is right.
"""

# %% [markdown]
r"""
**The transcoder that learned an input by heart** ([Olah, 2025](cite:olah2025), an informal note). The machine to imitate takes absolute values, number by number. Let one input come again and again. A sparse transcoder can save activity by giving that input a feature of its own, which writes the whole answer at once. The machine has no such part. The note's remedy is to match slopes
as well as values: a feature for one point has the wrong slope there ([Jacobian matching](cite:olah2025)).
"""

# %%
habits = {
    "nothing repeated": unfaithful.remember(0.0, steps=2000), "one input in five": unfaithful.remember(0.2, steps=2000),
    "one in five, slopes matched": unfaithful.remember(0.2, jacobian=0.2, steps=2000),
}  # fmt: skip

# %% tags=["hide-input"]
Markdown(
    "| training inputs | seeds with a feature for the common input | features active on it | squared error elsewhere |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | **{int(unfaithful.memories(runs).sum())}** of {len(runs)} | {', '.join(str(run.active) for run in runs)} | {sum(run.missed for run in runs) / len(runs):.2f} |" for name, runs in habits.items())
    + "\n\nThree features would do the job honestly. Look at the last column, too: matching slopes is not free."
)

# %% [markdown]
r"""
**The chain that became a sum** ([Lange et al., 2026](cite:lange2026)). The machine works in two steps: $b = x_1$ and $x_2$, then $c = b$ and $x_3$. A per-layer transcoder must keep the steps apart. In a [cross-layer transcoder](term:cross-layer-transcoder) a feature of the first layer may write into the second as well; then one feature, $x_1$ *and* $x_2$ *and* $x_3$, can write both results, and the penalty
on activity pays for it. Eight seeds of each kind; then set $b$ to 0 on the input 1, 1, 1. In the machine, $c$ falls by 1.
"""

# %%
chains = {name: unfaithful.shorten(cross_layer=cross, seeds=range(8), steps=1500) for name, cross in (("per layer", False), ("cross-layer", True))}
exact_runs = {name: [run for run in runs if unfaithful.matched(run)] for name, runs in chains.items()}

# %% tags=["fig:chain", "hide-input"]
plots.scatter(
    [run.from_first for runs in exact_runs.values() for run in runs], [run.predicted for runs in exact_runs.values() for run in runs], group=[name for name, runs in exact_runs.items() for _ in runs], reference={"the machine": -1.0},
    title="What a transcoder's graph expects when the middle step is taken away", x_label="share of c that features of the first layer write", y_label="expected change of c", alt="Per-layer transcoders expect a change of about minus one; some cross-layer ones expect none.",
)  # fmt: skip

# %% tags=["hide-input"]
skipping = {name: sum(run.from_first > 0.5 for run in runs) for name, runs in exact_runs.items()}
Markdown(
    "All of these rebuild every case to within a tenth. "
    + "; ".join(f"**{name}**: {skipping[name]} of {len(runs)} write most of $c$ from the first layer, and expect on average a change of {sum(run.predicted for run in runs) / len(runs):+.2f}" for name, runs in exact_runs.items())
    + ". Reconstruction does not see it, and no score of the graph does: without errors, replacement and completeness are perfect. The intervention sees it."
)

# %% [markdown]
r"""
## What would prove this wrong?

The claim: *these features are better nodes than arbitrary ones, and that is why the graph predicts.* The sums prove nothing about it, as we saw. Does the agreement of predicted and measured effects? Deal the decoder rows of every transcoder out anew, so that each feature fires where it did and writes what another one wrote. Such features are nonsense by construction.
The error nodes make up for it, and the sums stay exact. Then ask all three questions again.
"""

# %%
draw = torch.Generator().manual_seed(0)
dealt = {layer: tc.with_tensors(tc.tensors | {"W_dec": tc.W_dec[torch.randperm(len(tc.W_dec), generator=draw)]}) for layer, tc in transcoders.items()}
nonsense = attribution.trace_graph(model, dealt, prompts["capital"], max_features=400)
nonsense_test = attribution.agreement(model, dealt, nonsense, n=30, seed=0)
moved["features, dealt out"] = moved_by(["features"], parts_of(clean, dealt), parts_of(corrupt, dealt))

# %% tags=["hide-input"]
rows = [("as trained", graph, one, "features"), ("dealt out", nonsense, nonsense_test, "features, dealt out")]
clear = stats.difference(moved["features"], moved["features, dealt out"], paired=True)
Markdown(
    "| features | replacement score | Spearman, predicted and measured | share of the answer that moves with them |\n|---|---|---|---|\n"
    + "\n".join(f"| {name} | {graphs.scores(g).replacement:.2f} | {test.spearman} | {stats.bootstrap(moved[key])} |" for name, g, test, key in rows)
    + "\n\n" + ("**Nonsense features predict, too.** Whatever direction one takes out, a linear model of everything behind it foresees a good part of the loss. Agreement between prediction and measurement is a test of the *linear bookkeeping* between the nodes; it says little about whether the nodes are the model's own. " if nonsense_test.spearman.high > one.spearman.low else "Nonsense features predict worse: the agreement says something about the nodes, and not only about the bookkeeping between them. ")
    + (f"The swap does tell them apart ({clear})." if clear.low > 0 else f"The swap does not tell them apart either ({clear}), and so on this model the claim is not safe.")
)

# %% [markdown]
r"""
One more look at the table: features that are nonsense predict something, too, and where the two intervals overlap nobody should boast. Whatever direction one takes out, a straight-line account of everything behind it foresees part of the loss. That part of the agreement is bookkeeping; only the rest, and the swap, speak for the features.

## The big idea

An attribution graph is a straight-line account of one answer in terms of parts that we chose. Its sums are exact because everything bent was frozen or called an error, so exactness is bookkeeping. Three things turn a picture into evidence: the share that runs through errors, printed beside it; predictions that the model itself may refute; and machines whose
wiring is known, on which the method has been seen to succeed *and* to fail. On small machines with a planted circuit it finds most of the edges, and few where the words were scrambled, unless scrambling leaves them true. On a real model of 135 million weights most of every path ends in an error node, and a story told about the rest is a hypothesis with a number on it.

## Key terms

[transcoder](term:transcoder) · [cross-layer transcoder](term:cross-layer-transcoder) · [replacement model](term:replacement-model) · [local replacement model](term:local-replacement-model) · [attribution graph](term:attribution-graph) · [error node](term:error-node) · [influence](term:influence) · [pruning](term:pruning) ·
[replacement score](term:replacement-score) · [completeness score](term:completeness-score) · [supernode](term:supernode) · [operand plot](term:operand-plot) · [interchange intervention](term:interchange-intervention)

## What we did not test

- Why a head looks where it looks. Patterns are frozen; [Kamath et al., 2025](cite:kamath2025) extend the method to them, and [chapter 06](06_banana.ipynb) uses the idea.
- Cross-layer transcoders on the real model. Ours are per layer; `trace_graph` takes cross-layer ones, but the only one trained here is the toy's.
- Larger dictionaries, more text, more than one seed. The replacement score is that of *these* transcoders, not of the method.
- The organisms' wiring was planted by us, in slots of their own. Circuits that grew by themselves overlap, and nobody has a list of their variables.
- Labels. Words that a decoder row raises are a guess at what a feature means, unmarked by any test here (chapter 03 marked some).

## Related chapters and reading

[Chapter 03](03_sparse_autoencoders.ipynb) on dictionaries and their errors, [chapter 04](04_circuits.ipynb) on patching, [chapter 06](06_banana.ipynb) on two mechanisms for one fact. The method: [Ameisen et al., 2025](cite:ameisen2025); ten case studies on a large model: [Lindsey et al., 2025](cite:lindsey2025); planning looked for in open models:
[Hanna and Ameisen, 2026](cite:hanna2026). Before you publish a graph, go through the [evidence checklist](../book/pages/checklist.md).

## Quiz
"""

# %%
quiz("05_circuit_tracing")
