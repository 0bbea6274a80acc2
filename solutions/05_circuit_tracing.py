# %% [markdown]
r"""
# Exercises 05 · A graph, by hand

In these eight exercises you compute one edge of an attribution graph, freeze the one step that spoils the sum, find out what a node is worth, repair a pruning that can leave nothing at all, let a graph make a prediction and check it, look for an answer that travels as an error,
catch a graph that tells the right story about the wrong machine, and draw the nodes to compare yours with.

They belong to [chapter 05](../chapters/05_circuit_tracing.ipynb). Most of them need nothing but small tensors; the last cells use SmolLM2 and the book's transcoders. Every answer cell is followed by a check that says at once whether it is right, and if not, what it suspects. Stuck? Go on: later cells use the reference where your answer is missing, and say so.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook import attribution, graphs, plots, stats
from interpbook.dictionaries.transcoders import open_transcoders
from interpbook.exercises import check, or_reference
from interpbook.models import load

_ = torch.set_grad_enabled(False)

# %% [markdown]
r"""
## Exercise 1 · One edge

**What.** A source feature at one position writes `strength × writes` into the stream. A target feature, at the same or a later position, reads the stream with `reads`. Between them lie the heads of one attention layer, whose patterns are *frozen*: `pattern[h, t, s]` says how much position `t` reads from position `s`. A head turns a row vector `x` at
`s` into `x @ ov[h]` at `t`. What does the source add to the target's pre-activation?

**Why.** An attribution graph has thousands of edges, and all of them are this number. If you can compute one, nothing about the picture is magic. ([Ameisen et al., 2025](cite:ameisen2025).)

**Given.** `strength`, one number; `writes` and `reads`, (d); `pattern`, (head, target, source); `ov`, (head, d, d); the positions `source` and `target`. Return one number. Within one position there is a second path: the stream itself.

<details><summary>Hint: all heads at once</summary>

`torch.einsum("h, d, hde -> e", pattern[:, target, source], writes, ov)` is what arrives through the heads.

</details>
"""


# %% exercise="tracing.edge" kind="implement" points=3 difficulty=2 importance=5 minutes=15
def edge(
    strength: float,
    writes: Float[Tensor, " d"],
    reads: Float[Tensor, " d"],
    pattern: Float[Tensor, "head target source"],
    ov: Float[Tensor, "head d d"],
    source: int,
    target: int,
) -> Float[Tensor, ""]:
    """What the source adds to the target's pre-activation: straight ahead (same position) and through every head."""
    ### BEGIN SOLUTION
    arrives = torch.einsum("h, d, hde -> e", pattern[:, target, source], writes, ov)
    if source == target:
        arrives = arrives + writes
    return strength * arrives @ reads
    ### END SOLUTION


# %% [markdown]
r"""
The test of every edge is the sum. Three words, each with one feature that writes; one feature at the last word that reads. Computed forwards, with attention and all, and added up from your edges:
"""

# %%
edge = or_reference("tracing.edge", edge)
draw = torch.Generator().manual_seed(0)
writes, reads, ov = torch.randn(3, 8, generator=draw), torch.randn(8, generator=draw), torch.randn(2, 8, 8, generator=draw) / 3
strengths = torch.tensor([2.0, 0.5, 1.5])
pattern = torch.randn(2, 3, 3, generator=draw).masked_fill(torch.ones(3, 3).triu(1).bool(), -torch.inf).softmax(-1)
stream = strengths[:, None] * writes
forwards = (stream + torch.einsum("hts, sd, hde -> te", pattern, stream, ov))[2] @ reads
edges = [float(edge(float(strengths[s]), writes[s], reads, pattern, ov, s, 2)) for s in range(3)]
Markdown("Edges: " + ", ".join(f"{e:+.3f}" for e in edges) + f". Sum **{sum(edges):+.4f}**; computed forwards **{forwards:+.4f}**.")

# %% [markdown]
r"""
## Exercise 2 · Freeze the norm

**What.** Between a feature and the next one lies an RMSNorm: $\text{gain} \cdot x / \sqrt{\text{mean}(x^2) + \epsilon}$. Write it with a *frozen* denominator: the one that the stream `seen` had when the prompt was really run, whatever `x` is now.

**Why.** With the ordinary norm the part of a sum is not the sum of the parts, and no edge could be drawn. Frozen, it is exact for this prompt, and for this prompt only.

**Given.** `x` and `seen`, (…, d); `gain`, (d); `eps`. Return (…, d).
"""


# %% exercise="tracing.frozen_norm" kind="implement" points=2 difficulty=1 importance=4 minutes=8
def frozen_norm(
    x: Float[Tensor, "... d"], seen: Float[Tensor, "... d"], gain: Float[Tensor, " d"], eps: float
) -> Float[Tensor, "... d"]:
    """RMSNorm with the denominator that `seen` had: a straight-line function of x."""
    ### BEGIN SOLUTION
    denominator = (seen.square().mean(-1, keepdim=True) + eps).sqrt()
    return x / denominator * gain
    ### END SOLUTION


# %%
frozen_norm = or_reference("tracing.frozen_norm", frozen_norm)
gain = torch.ones(8)
parts = torch.stack([*stream, writes.sum(0)])
whole = parts.sum(0)
gap = {name: (torch.stack([frozen_norm(p, seen(p), gain, 1e-5) for p in parts]).sum(0) - frozen_norm(whole, whole, gain, 1e-5)).abs().max() for name, seen in (("each part its own denominator", lambda p: p), ("frozen", lambda p: whole))}
Markdown("Sum of the normed parts minus the norm of the sum, largest coordinate: " + ", ".join(f"{name} **{value:.1g}**" for name, value in gap.items()) + ".")

# %% [markdown]
r"""
## Exercise 3 · What a node is worth

**What.** [Influence](term:influence): the share of all paths to the logits that run through a node. Take absolute values of the edges and divide, so that the shares that *enter* each target sum to 1 (where nothing enters they stay 0): a matrix $A$. Paths of length 1, 2, 3 … are $A + A^2 + A^3 + \dots = (I - A)^{-1} - I$. Weight the logits with their
probabilities $p$: the influences are $p\,\big((I - A)^{-1} - I\big)$.

**Why.** Pruning throws away nine tenths of a graph by this number. It should be no riddle.

**Given.** `edges`, (target, source); `p`, one number a node, 0 where it is no logit. Return one number a node.
"""


# %% exercise="tracing.influence" kind="implement" points=3 difficulty=3 importance=5 minutes=15
def influence(edges: Float[Tensor, "target source"], p: Float[Tensor, " node"]) -> Float[Tensor, " node"]:
    """The share of all paths to the logits, weighted by their probability p, that run through each node."""
    ### BEGIN SOLUTION
    shares = edges.abs()
    shares = shares / shares.sum(1, keepdim=True).clamp(min=1e-12)
    eye = torch.eye(len(shares))
    return p @ (torch.linalg.inv(eye - shares) - eye)
    ### END SOLUTION


# %% [markdown]
r"""
On a real graph: SmolLM2, the book's transcoders, one prompt. Yours against the toolkit's:
"""

# %%
influence = or_reference("tracing.influence", influence)
model, transcoders = load(), open_transcoders()
graph = attribution.trace_graph(model, transcoders, "The capital of France is", max_features=400)
p = torch.zeros(len(graph.nodes))
p[graph.where("logit")] = graph.probabilities
mine, theirs = influence(graph.edges, p), graphs.influence(graph)
Markdown(f"{len(graph.nodes):,} nodes. Largest difference to the toolkit: {(mine - theirs).abs().max():.1g}, where influences reach {theirs.max():.2f}.")

# %% [markdown]
r"""
## Exercise 4 · The pruning that ate the graph

**What.** Pruning keeps the *fewest nodes that together have at least* a given share of all influence. A colleague's graphs look fine, until on one prompt, where a single feature has 85 % of the influence and the share is 80 %, the picture comes out **empty**. Here are the lines:

```python
order = influence.argsort(descending=True)
sums = influence[order].cumsum(0) / influence.sum()
kept[order[sums <= share]] = True
```

Find out what is wrong, and write it as it should be.

**Why.** On most prompts the bug costs one node, the one that carries the sum over the line, and nobody notices. It is worst where the graph is *clearest*.

**Given.** `influence`, (node), not sorted and not summing to 1; `share`. Return True for the nodes that stay.
"""


# %% exercise="tracing.keep" kind="explain" points=2 difficulty=2 importance=4 minutes=12
def keep(influence: Float[Tensor, " node"], share: float) -> Bool[Tensor, " node"]:
    """The fewest nodes that together have at least `share` of all influence."""
    ### BEGIN SOLUTION
    ranked, order = influence.sort(descending=True)
    ahead = ranked.cumsum(0) - ranked  # what the nodes before it have together
    kept = torch.zeros(len(influence), dtype=torch.bool)
    kept[order[ahead < (share - 1e-6) * influence.sum()]] = True
    return kept
    ### END SOLUTION


# %%
keep = or_reference("tracing.keep", keep)
shares = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
plots.line(
    shares, {"nodes kept": [int(keep(theirs, share).sum()) for share in shares]}, title="What each share of the influence costs in nodes",
    x_label="share of the influence kept", y_label="nodes", alt="The number of nodes kept rises slowly at first and steeply near a share of one.",
)  # fmt: skip

# %% [markdown]
r"""
## Exercise 5 · Let the graph predict

**What.** Multiply one node by `factor` (0 switches it off) and say what the graph expects of every other node. In the order of the nodes (sources come before targets):

- the change of a target is the sum over its incoming edges of *edge × (scale of the source − 1)*;
- a node that nothing has reached has scale 1, the node itself has scale `factor`;
- a *feature* whose value goes from $v$ to $v + \Delta$ gets the scale $1 + \Delta / v$, but never below 0: a feature that falls silent writes nothing;
- the node itself changes by (factor − 1) × its value.

**Why.** A graph that predicts nothing is a drawing. This is how it makes a prediction that can fail.

**Given.** `edges`, (target, source); `value`, (node); `feature`, True where a node is one; `node`; `factor`. Return the change of every node.
"""


# %% exercise="tracing.predicted_change" kind="intervene" points=3 difficulty=3 importance=5 minutes=20
def predicted_change(
    edges: Float[Tensor, "target source"],
    value: Float[Tensor, " node"],
    feature: Bool[Tensor, " node"],
    node: int,
    factor: float,
) -> Float[Tensor, " node"]:
    """How much every node's value changes when one node is multiplied; a feature's output stops at zero."""
    ### BEGIN SOLUTION
    scale, change = torch.ones(len(value)), torch.zeros(len(value))
    scale[node], change[node] = factor, (factor - 1) * value[node]
    for target in range(node + 1, len(value)):
        change[target] = edges[target] @ (scale - 1)
        if feature[target]:
            scale[target] = (1 + change[target] / value[target]).clamp(min=0)
    return change
    ### END SOLUTION


# %% [markdown]
r"""
Now run it. A random net: 6 inputs, 30 ReLU features that read them, 30 that read those, 3 outputs. The graph of one input holds the *active* features only. Every active feature of the first row is switched off, then doubled; your prediction against the net itself:
"""

# %%
predicted_change = or_reference("tracing.predicted_change", predicted_change)
draw = torch.Generator().manual_seed(3)
W1, W2, W3 = (torch.randn(n_out, n_in, generator=draw) / n_in**0.5 for n_in, n_out in ((6, 30), (30, 30), (30, 3)))
x = torch.randn(6, generator=draw)


def net(i=None, factor=1.0):
    """The outputs, with one feature of the first row multiplied."""
    first = (W1 @ x).relu()
    if i is not None:
        first[i] *= factor
    return W3 @ (W2 @ first).relu()


first = (W1 @ x).relu()
a, b = (first > 0).nonzero()[:, 0], (W2 @ first > 0).nonzero()[:, 0]
n, m = len(a), len(b)
edges = torch.zeros(n + m + 3, n + m + 3)
edges[n : n + m, :n] = W2[b][:, a] * first[a]
edges[n + m :, n : n + m] = W3[:, b] * (W2 @ first)[b]
value = torch.cat([first[a], edges[n:].sum(1)])
feature = torch.arange(n + m + 3) < n + m
runs = [(i, factor) for i in range(n) for factor in (0.0, 2.0)]
predicted = torch.cat([predicted_change(edges, value, feature, i, factor)[n + m :] for i, factor in runs])
measured = torch.cat([net(a[i], factor) - net() for i, factor in runs])
waking = [int(((W2 @ (first * torch.where(torch.arange(30) == a[i], factor, 1.0)) > 0) & (W2 @ first <= 0)).sum()) for i, factor in runs]

# %% tags=["hide-input"]
group = [("a silent feature wakes up" if w else "nobody wakes up") for w in waking for _ in range(3)]
plots.scatter(
    predicted.tolist(), measured.tolist(), group=group, title="What the graph predicts and what the net does",
    x_label="predicted change of an output", y_label="measured change", alt="Points where no silent feature wakes up lie on the diagonal; the others lie beside it.",
)  # fmt: skip

# %% tags=["hide-input"]
error = (predicted - measured).abs()
awake = torch.tensor(waking).repeat_interleave(3) > 0
Markdown(
    f"Where no silent feature wakes up the largest error is {error[~awake].max():.1g} ({int((~awake).sum())} numbers); where one does, {error[awake].max():.2f} ({int(awake.sum())} numbers). **What is not active is not in the graph**, "
    "and what is not in the graph cannot be predicted by it. The papers list this among the limits: inactive features and inhibition."
    if awake.any() else f"No silent feature woke up in {len(runs)} runs; the largest error is {error.max():.1g}."
)

# %% [markdown]
r"""
## Exercise 6 · The answer that travelled as an error

**What.** *The capital of the state that contains Dallas is* → Austin. A (made-up) graph of ten nodes. The transcoder of layer 2 missed something at the word *Dallas*, and the gap stands in the graph as an error node. Which of the three error nodes **carries the answer**: which one, switched off, takes most of Austin's lead over Dallas with it? Answer
with its name.

**Why.** In SmolLM2's graphs error nodes have a large share of all influence. A story that is told through features alone may be told beside the truth.
"""

# %%
names = ["token capital", "token Dallas", "error 2 at Dallas", "feature capital", "feature Texas", "feature say a city", "error 4 at is", "error 5 at is", "Austin", "Dallas"]
wires = torch.zeros(10, 10)
wires[3, 0], wires[4, 1], wires[4, 2], wires[5, 1], wires[5, 3] = 2.0, 0.4, 1.6, 0.3, 1.5
wires[8, [1, 4, 5, 6, 7]] = torch.tensor([-0.3, 3.0, 2.0, 0.5, 4.0])
wires[9, [1, 4, 5, 6, 7]] = torch.tensor([1.5, 0.4, 2.0, -0.2, 4.1])
strength = wires.sum(1)
strength[[0, 1, 2, 6, 7]] = 1.0

# %% tags=["hide-input"]
plots.heatmap(
    wires[[3, 4, 5, 8, 9]][:, :8], x=names[:8], y=[names[i] for i in (3, 4, 5, 8, 9)], title="Ten nodes, all their edges", x_label="source", y_label="target", colour_label="edge", diverging=True, text=True,
    alt="Edges of the made-up graph. Error 5 at is feeds Austin and Dallas with 4.0 and 4.1; error 2 at Dallas feeds feature Texas, which feeds Austin.",
)  # fmt: skip

# %% exercise="tracing.carrier" kind="explain" points=2 difficulty=2 importance=5 minutes=10
### BEGIN SOLUTION
carrier = "error 2 at Dallas"
### END SOLUTION

# %%
is_feature = torch.tensor([name.startswith("feature") for name in names])
gap = {}
for node in (i for i, name in enumerate(names) if name.startswith("error")):
    change = predicted_change(wires, strength, is_feature, node, 0.0)
    gap[names[node]] = float(change[8] - change[9])
Markdown(
    f"Austin leads Dallas by {strength[8] - strength[9]:.1f}. Switched off: " + ", ".join(f"{name} {value:+.2f}" for name, value in gap.items())
    + f". By *influence*, which forgets signs, the order is {', '.join(sorted(gap, key=lambda name: -influence(wires, torch.tensor([0.0] * 8 + [0.6, 0.4]))[names.index(name)]))}: the loudest error is not the one that decides."
)

# %% [markdown]
r"""
## Exercise 7 · Right sums, wrong machine

**What.** A model computes, with ones and zeros, $b = x_1 \text{ and } x_2$ in layer 1, then $c = b \text{ and } x_3$ in layer 2, and $y = c$. A *cross-layer* transcoder was trained on it. One of its features, in layer 1, computes $x_1 \text{ and } x_2 \text{ and } x_3$ at once and writes straight into the output of layer 2. It rebuilds every
layer that matters for $y$ perfectly, and its graph has one step instead of two.

The input is 1, 1, 1. You set $b$ in the model to 0, after layer 1. How much does $y$ change **in the model**, and how much **by the graph**? Answer with two numbers, `(model, graph)`.

**Why.** Nothing about the reconstruction tells the two apart. Only an intervention on the inside does. ([Lange et al., 2026](cite:lange2026) found this in a toy and asked whether it happens at scale.)
"""

# %% exercise="tracing.shallow" kind="predict" points=2 difficulty=2 importance=5 minutes=8
### BEGIN SOLUTION
shallow = (-1, 0)
### END SOLUTION

# %% [markdown]
r"""
## Exercise 8 · Nodes to compare with

**What.** You chose a few nodes of a graph, switched them off, and the answer changed. Compared with which nodes? Write a function that returns `n` random sets of stand-ins. In each set every chosen node is replaced by a node of the **same layer**, at the **same position**, at least **half and at most twice as active**; never by a chosen one, and no node twice in a
set; the same for the same `seed`.

**Why.** Any strong feature at the last position moves the logits. The question is whether *these* do so more than their neighbours.

**Given.** `chosen`, a list of node numbers; `layer`, `position`, `activation`, one entry a node; `n`; `seed`. Return a list of `n` lists of node numbers, each in the order of `chosen`.
"""


# %% exercise="tracing.control_nodes" kind="control" points=3 difficulty=3 importance=5 minutes=20
def control_nodes(
    chosen: list[int],
    layer: Int[Tensor, " node"],
    position: Int[Tensor, " node"],
    activation: Float[Tensor, " node"],
    n: int,
    seed: int,
) -> list[list[int]]:
    """`n` stand-ins for the chosen nodes: same layer and position, half to twice as active, none chosen, none twice."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    taken = torch.zeros(len(layer), dtype=torch.bool)
    taken[chosen] = True
    sets = []
    for _ in range(n):
        used, drawn = taken.clone(), []
        for node in chosen:
            ratio = activation / activation[node]
            fits = (layer == layer[node]) & (position == position[node]) & (ratio >= 0.5) & (ratio <= 2) & ~used
            pool = fits.nonzero()[:, 0]
            drawn.append(int(pool[torch.randint(len(pool), (1,), generator=generator)]))
            used[drawn[-1]] = True
        sets.append(drawn)
    return sets
    ### END SOLUTION


# %% [markdown]
r"""
On the graph of *The capital of France is*: the six features of the last word with the most influence, switched off together in the model, and twenty sets of stand-ins.
"""

# %%
control_nodes = or_reference("tracing.control_nodes", control_nodes)
layer, position = torch.tensor([n.layer for n in graph.nodes]), torch.tensor([n.position for n in graph.nodes])
activation = torch.tensor([n.activation if n.kind == "feature" else 0.0 for n in graph.nodes])
strong = [i for i in theirs.argsort(descending=True).tolist() if graph.nodes[i].kind == "feature" and position[i] == position.max()]
same = {i: (layer == layer[i]) & (position == position[i]) & (activation >= activation[i] / 2) & (activation <= 2 * activation[i]) for i in strong}
chosen = [i for i in strong if int(same[i].sum()) >= 7][:6]
sets = {"chosen": chosen} | {f"random {i}": drawn for i, drawn in enumerate(control_nodes(chosen, layer, position, activation, 20, seed=0))}
off = [dict.fromkeys(nodes, 0.0) for nodes in sets.values()]
change = dict(zip(sets, attribution.measured_logits(model, transcoders, graph, off)[:, 0].tolist(), strict=True))
expected = float(attribution.predicted_effect(graph, dict.fromkeys(chosen, 0.0)).logits[0])

# %% tags=["hide-input"]
random_sets = [value for name, value in change.items() if name != "chosen"]
plots.histogram(
    {"random sets": random_sets}, null=["random sets"], reference={"chosen": change["chosen"], "expected": expected}, title="Six features switched off, and twenty sets of stand-ins",
    x_label="change of the answer's logit", alt="Histogram of the change for twenty random sets, with lines for the chosen set and for what the graph expected of it.",
)  # fmt: skip

# %% tags=["hide-input"]
verdict = stats.against_null(change["chosen"], random_sets)
Markdown(f"The answer's logit changes by **{change['chosen']:+.2f}** (the graph expected {expected:+.2f}); the stand-ins change it by {sum(random_sets) / len(random_sets):+.2f} on average. Against them: {verdict}.")
