# %% [markdown]
r"""
# Exercises 06 · Two questions about a banana

*What colour is a banana? Is a banana red?* One fact, two questions, and perhaps two mechanisms. In these eight exercises you build the instruments that
[chapter 06](../chapters/06_banana.ipynb) needs to find out: a table without favourites, a score that no yes-sayer can please, a forecast from weights alone, and an edit that reaches the mouth but perhaps not the
judge. On the way a colleague will show you a truth head. Be polite.

Every answer cell is followed by a check that says at once whether it is right, and if not, what it suspects. Stuck? Go on: later cells use the
reference where your answer is missing, and say so.
"""

# %%
import torch
from IPython.display import Markdown
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook import attention, consistency, plots, stats
from interpbook.attention import HeadWeights, concordance, head_weights, rotation
from interpbook.exercises import check, or_reference
from interpbook.models import Site, load, read
from interpbook.organisms import lookup, routes

torch.set_grad_enabled(False)
model = load()

# %% [markdown]
r"""
## Exercise 1 · A table without favourites

**What.** You have measured how much a head looks from each colour (column) back to each thing (row). Take out of the table what rows and columns contribute by themselves:

$$\tilde{A}_{ij} = A_{ij} - \bar{A}_{i\cdot} - \bar{A}_{\cdot j} + \bar{A}_{\cdot\cdot}$$

where $\bar{A}_{i\cdot}$ is the mean of row $i$, $\bar{A}_{\cdot j}$ that of column $j$, and $\bar{A}_{\cdot\cdot}$ that of the whole table.

**Why.** A head that adores the word *banana*, or that always looks back from *yellow*, knows nothing about bananas being yellow. What is left after [double-centring](term:double-centring) is the match between the two, and
nothing else. It matters most where a table is lopsided, and tables of real things are: the next cell shows a head that knows nothing and looks like a discovery.

**Given.** `table` of shape (row, column, …): further axes, such as one for layers and one for heads, are separate tables. Return a tensor of the same shape.

<details><summary>Hint: keep your axes</summary>

`table.mean(1, keepdim=True)` has a row for each row and one column, so that it can be subtracted from the table as it is. Which axes does the last mean run over?

</details>
"""

# %% exercise="attention.double_centre" kind="implement" points=2 difficulty=1 importance=5 minutes=10

# %% [markdown]
r"""
Twelve things, of which eight are yellow. The made-up head looks back from *yellow* whatever the thing is, and from other colours hardly at all.
"""

# %%
double_centre = or_reference("attention.double_centre", double_centre)
colours, own = ["yellow", "red", "green"], torch.tensor([0] * 8 + [1, 1, 2, 2])
fan_of_yellow = torch.tensor([0.6, 0.1, 0.1]) + 0.05 * torch.rand(12, 3, generator=torch.Generator().manual_seed(0))
is_own = own[:, None] == torch.arange(3)


def gap(table: Float[Tensor, "thing colour"]) -> stats.Estimate:
    """Entries at a thing's own colour minus the other entries, averaged over things."""
    others = (table * ~is_own).sum(1) / 2
    return stats.bootstrap(table[is_own] - others)


Markdown(
    f"Attention to things of the right colour minus the rest, before centring: **{gap(fan_of_yellow)}**. After: **{gap(double_centre(fan_of_yellow))}**. "
    "The first interval excludes zero with ease, and the head knows nothing."
)

# %% [markdown]
r"""
## Exercise 2 · A score that no yes-sayer can please

**What.** A model judges claims: *Is a banana yellow? Is a banana red?* Its score is how far *Yes* is ahead of *No*, in logits. Write a score of the scores: for each thing, the share of *false* answers
that lie below its true one. A tie counts one half.

**Why.** A model that answers *Yes* to everything is right about all true claims. One that says *No* to everything is right about nine claims in ten, since nine colours in ten are wrong. Neither knows a thing. Comparing each true claim with
false claims *about the same thing* cancels any liking for *Yes*, and any liking for the thing. Chance is one half, whatever the model's mood.

**Given.** `table` of shape (subject, answer), `true` of the same shape, True at exactly one answer in each row. Return a tensor of shape (subject): one share for each row.
"""

# %% exercise="consistency.paired" kind="control" points=3 difficulty=2 importance=5 minutes=15

# %% [markdown]
r"""
Three judges of the same twelve claims: one who knows but is shy (always *No*), one who says *Yes* to all, with a little noise, and the real model.
"""

# %%
paired = or_reference("consistency.paired", paired)
things, colours, is_own = consistency.colours()
few = torch.arange(0, len(things), 2)
is_own, generator = is_own[few], torch.Generator().manual_seed(1)
noise = 0.3 * torch.randn(is_own.shape, generator=generator)
judges = {
    "shy expert": 2 * is_own.float() - 5 + noise, "yes-sayer": 5 + noise.flip(0),
    "SmolLM2": consistency.verdicts(model, [things[i] for i in few], colours, "Is the {subject} {answer}?"),
}  # fmt: skip
for name, table in judges.items():
    said_yes = (table > 0).float().mean()
    print(
        f"{name:10s} says Yes to {said_yes:4.0%}; plain {consistency.plain(table, is_own):.2f}; paired {stats.bootstrap(paired(table, is_own))}"
    )

# %% [markdown]
r"""
The plain share of right verdicts cannot tell the expert from the parrot. The paired one can. And it tells you what the real model's yes and no are worth in this form. (In others it does better or worse; that is a story in the chapter.)
"""

# %% [markdown]
r"""
## Exercise 3 · A forecast from the weights

**What.** Without running the model: does a head look for its own kind or for the opposite? A head's score between two streams is $x_q^\top W_{QK}\, x_k$ with $W_{QK} = W_Q^\top W_K$. If both streams hold the same direction $v$, its share is $v^\top W_{QK}\,v$.
The eigenvalues $\lambda$ of $W_{QK}$ say how such shares come out; one number sums them up:

$$\text{skew} = \frac{\sum \mathrm{Re}\,\lambda}{\sum |\lambda|}$$

+1 means that like attracts like, −1 that like repels like ([Kamath et al., 2025](cite:kamath2025)).

**Why.** A forecast made before looking is worth ten explanations made afterwards.

**Given.** `weights.query` is $W_Q$ and `weights.key` is $W_K$, each of shape (d_head, d_model), and `rotation(d_head, distance, weights.theta)` is the matrix that rotary positions put between query and key, so that the score is `query · R key`. With `distance=None` leave
it out. Return a Python number.

<details><summary>Hint: a smaller matrix</summary>

$W_Q^\top W_K$ is 576 by 576, but its rank is at most 64. $AB$ and $BA$ have the same eigenvalues, apart from zeros. Which product of the same two matrices is 64 by 64?

</details>
"""

# %% exercise="attention.qk_eigen_skew" kind="implement" points=3 difficulty=3 importance=4 minutes=20

# %% [markdown]
r"""
All 270 heads of the model, positions left out and at a distance of two tokens.
"""

# %%
qk_eigen_skew = or_reference("attention.qk_eigen_skew", qk_eigen_skew)
heads = attention.all_heads(model)
skew = {head: qk_eigen_skew(head_weights(model, *head)) for head in heads}
at_two = {head: qk_eigen_skew(head_weights(model, *head), 2) for head in heads}
plots.scatter(
    list(skew.values()), list(at_two.values()), x_label="skew, positions left out", y_label="skew, two tokens apart",
    title="Does a head look for its own kind?", alt="Skews of 270 heads without positions and at distance 2: most positive, a few strongly negative.",
)  # fmt: skip

# %%
print(
    "nine lowest:",
    ", ".join(
        f"{layer}.{head} {skew[layer, head]:+.2f}" for layer, head in sorted(heads, key=lambda head: skew[head])[:9]
    ),
)
print("layer 9:    ", ", ".join(f"9.{head} {skew[9, head]:+.2f}" for head in range(9)))

# %% [markdown]
r"""
## Exercise 4 · Where the forecast fails

In the chapter the rule points at a few of the screen's extremes and says little about the other heads. Why? Here is a world in which everything is known. Each colour has a meaning, a direction in a room A. A *colour's* stream holds its meaning in room A. A *thing's*
stream holds the meaning of its own colour twice: in room A, and a copy in another room B, at right angles to A. All with some noise. Four heads:

| head | query reads | key reads |
|---|---|---|
| `same` | room A | room A |
| `opposite` | room A, times −1 | room A |
| `turned` | room A, turned by 90° (a turn $J$ with $v \cdot Jv = 0$ for every $v$) | room A |
| `apart` | room A | room B, which uses the same coordinates as A |

**What.** Predict, for each head, two signs: that of its skew, and that of its concordance *t* (does a colour look *more* at things that have it?). Write `+`, `-` or `0`; a skew is 0 if it is between −0.3 and 0.3, a *t* if it is between −4 and 4.

**Answer** with a dictionary of two-character strings, the skew's sign first: `predict_signs = {"same": "++", "opposite": …, "turned": …, "apart": …}`.

<details><summary>Hint: follow one vector</summary>

Send the same meaning $v$ through both sides of a head: what is the product? Then ask something else: if $W_{QK}$ sends room B into room A, where does it send room A? What are the eigenvalues of such a matrix?

</details>
"""

# %% exercise="attention.predict_signs" kind="predict" points=2 difficulty=3 importance=4 minutes=12
### BEGIN SOLUTION
predict_signs = {"same": "++", "opposite": "--", "turned": "00", "apart": "0+"}
### END SOLUTION

# %% [markdown]
r"""
Now build the world and measure both.
"""

# %%
predict_signs = or_reference("attention.predict_signs", predict_signs)
generator = torch.Generator().manual_seed(0)
meaning = torch.linalg.qr(torch.randn(16, 16, generator=generator))[0][:8]  # eight colours in room A
own = torch.arange(24) % 8
colour_stream = torch.cat([meaning, torch.zeros(8, 16)], dim=1) + 0.15 * torch.randn(8, 32, generator=generator)
thing_stream = torch.cat([meaning[own], meaning[own]], dim=1) + 0.15 * torch.randn(24, 32, generator=generator)
room_a, room_b = torch.eye(16, 32), torch.eye(16, 32).roll(16, dims=1)
turn = torch.cat([torch.eye(16)[8:], -torch.eye(16)[:8]])
planted = {
    "same": (room_a, room_a),
    "opposite": (-room_a, room_a),
    "turned": (turn @ room_a, room_a),
    "apart": (room_a, room_b),
}
for name, (query, key) in planted.items():
    query, key = (W + 0.02 * torch.randn(16, 32, generator=generator) for W in (query, key))
    looks = torch.sigmoid(4 * thing_stream @ key.T @ query @ colour_stream.T)  # (thing, colour)
    values = concordance(looks, own[:, None] == torch.arange(8))
    t = values.mean() / (values.std() / len(values) ** 0.5)
    print(
        f"{name:9s} skew {qk_eigen_skew(HeadWeights(query, key, 10_000.0)):+.2f}   t {t:+6.1f}   you said {predict_signs[name]}"
    )

# %% [markdown] tags=["solution-only"]
r"""
**Why.** `same` and `opposite` are the rule. `turned` has eigenvalues $\pm i$: no real part, and no share of a meaning with itself. `apart` is the interesting one. Its $W_{QK}$ takes room B to room A and room A to nothing: applied twice it gives zero, so all its eigenvalues
are zero. Eigenvalues ask about a vector that stands *in the same place on both sides*. A head that matches a colour with the copy of it that a thing keeps elsewhere is a perfect concordance head, and the eigenvalues cannot see it. In a real model, ten blocks have
been moving things from room to room before layer 9 gets to look.
"""

# %% [markdown]
r"""
## Exercise 5 · Whose score is it?

**What.** The stream at a place is a sum of parts: the embedding, then what each attention and each MLP has added. Split a head's score into what each pair of parts, one at the query and one at the key, contributes:

$$\text{score} = \frac{1}{\sqrt{d_\text{head}}}\; \frac{(\sum_a q_a)^\top}{\mathrm{rms}(\sum_a q_a)}\; W_Q^\top W_K\; \frac{\sum_b k_b}{\mathrm{rms}(\sum_b k_b)}, \qquad \mathrm{rms}(x) = \sqrt{\operatorname{mean}(x^2)}$$

**Why.** This is [QK attribution](term:qk-attribution). A head that looks from *yellow* to *banana* may do so because of the word *yellow*, because of something that an MLP made of it, or because both words stand near the end of a sentence. The table says which, and its entries add up to the score *exactly*, so that nothing can hide.

**Given.** `query` and `key`, one part a row: shape (part, d_model), and the two places may have different numbers of parts. `W_Q` and `W_K` of shape (d_head, d_model), with the norm's gain already in them. No positions here. Return shape (query_part, key_part).

<details><summary>Hint: one divisor</summary>

The norm divides the *whole* stream by one number. Each part is divided by the same number, or the parts would no longer add up.

</details>
"""


# %% exercise="attention.qk_parts" kind="implement" points=3 difficulty=3 importance=5 minutes=20
def qk_parts(
    query: Float[Tensor, "query_part d_model"],
    key: Float[Tensor, "key_part d_model"],
    W_Q: Float[Tensor, "d_head d_model"],
    W_K: Float[Tensor, "d_head d_model"],
) -> Float[Tensor, "query_part key_part"]:
    """The attention score, split by parts of the query's and of the key's stream; the entries add up to it."""
    ### BEGIN SOLUTION
    whole_query, whole_key = query.sum(0), key.sum(0)
    q = query / whole_query.square().mean().sqrt() @ W_Q.T  # (query_part, d_head)
    k = key / whole_key.square().mean().sqrt() @ W_K.T
    return q @ k.T / W_Q.shape[0] ** 0.5
    ### END SOLUTION


# %% [markdown]
r"""
A real score: head 9.2 from *yellow* to *banana*, with the parts gathered in four groups on either side. (Positions enter by turning the keys, which here is done by turning $W_K$.)
"""

# %%
qk_parts = or_reference("attention.qk_parts", qk_parts)
names, parts = attention.residual_parts(model, "The color of the banana is yellow", 9)
groups = {"embedding": [], "attention": [], "MLP 0 to 2": [], "MLP 3 to 8": []}
for i, name in enumerate(names):
    kind, _, layer = name.partition(" ")
    groups[
        {"embed": "embedding", "attention": "attention"}.get(kind, "MLP 0 to 2" if layer in "012" else "MLP 3 to 8")
    ].append(i)
grouped = torch.stack([parts[members].sum(0) for members in groups.values()])  # (group, token, d_model)
weights, distance = head_weights(model, 9, 2), 2
table = qk_parts(
    grouped[:, -1], grouped[:, -1 - distance], weights.query, rotation(64, distance, weights.theta) @ weights.key
)
plots.heatmap(
    table, x=list(groups), y=list(groups), diverging=True, text=True, title=f"Head 9.2, yellow → banana: score {table.sum():+.2f}", x_label="part of the stream at banana",
    y_label="part of the stream at yellow", colour_label="share of the score", alt="A 4 by 4 table of contributions of parts to one attention score.",
)  # fmt: skip

# %% [markdown]
r"""
## Exercise 6 · Only the question changes

**What.** Steer what a head *asks for*, and nothing else. Add `direction` to the stream that the query is made from, leave the keys as they are, and return where the head looks then.

**Why.** Adding *red − yellow* to the stream at the colour token would change what every later part of the model sees. If the answer then changes, it could have come by a hundred ways. Steering the query side alone tests one link: does *what this head asks for* decide where it looks?

**Given.** `W_Q` of shape (d_head, d_model); `query`, the normed stream at the query's token, and `direction`, both of shape (d_model); `keys` of shape (key, d_head), ready made. Attention is the softmax over keys of (query vector · key) / √d_head. Return shape (key).
"""


# %% exercise="attention.steer_query" kind="intervene" points=3 difficulty=2 importance=4 minutes=12
def steer_query(
    W_Q: Float[Tensor, "d_head d_model"],
    query: Float[Tensor, " d_model"],
    keys: Float[Tensor, "key d_head"],
    direction: Float[Tensor, " d_model"],
) -> Float[Tensor, " key"]:
    """Where the head looks when `direction` is added on the query side only."""
    ### BEGIN SOLUTION
    asked = W_Q @ (query + direction)
    return (keys @ asked / W_Q.shape[0] ** 0.5).softmax(0)
    ### END SOLUTION


# %% [markdown]
r"""
On the real model: *The color of the banana is yellow*, where the last token looks back. The direction is the mean difference between the streams at *red* and at *yellow* after six other things.
Dotted: the mean of twenty random directions of the same length, which are not idle either: the null is what *any* push does.
"""

# %%
steer_query = or_reference("attention.steer_query", steer_query)
normed = {
    colour: torch.stack([
        (x := read(model, f"The color of the {thing} is {colour}", Site("resid_pre", 9))[0]) / x.square().mean(-1, keepdim=True).sqrt()
        for thing in ("frog", "sky", "snow", "coal", "plum", "milk")
    ])[:, -1].mean(0)
    for colour in ("red", "yellow")
}  # fmt: skip
redder = normed["red"] - normed["yellow"]
aimless = stats.random_directions(20, len(redder), seed=0) * redder.norm()
stream = read(model, "The color of the banana is yellow", Site("resid_pre", 9))[0]
stream, doses, curves, pushed = (
    stream / stream.square().mean(-1, keepdim=True).sqrt(),
    [0.0, 0.5, 1.0, 1.5, 2.0],
    {},
    {},
)
for head in (1, 2, 4):
    weights, last = head_weights(model, 9, head), len(stream) - 1
    keys = torch.stack([rotation(64, last - i, weights.theta) @ weights.key @ x for i, x in enumerate(stream)])
    found = torch.tensor([
        [steer_query(weights.query, stream[-1], keys, dose * way)[last - 2] for dose in doses] for way in (redder, *aimless)
    ])  # fmt: skip
    curves[f"9.{head}"], curves[f"9.{head}, random"], pushed[head] = found[0], found[1:].mean(0), found[:, -1]
plots.line(
    doses, curves, null=[name for name in curves if "random" in name], title="Asking for red instead of yellow", x_label="dose of red − yellow, query side only",
    y_label="attention to banana", alt="Attention of heads 9.1, 9.2 and 9.4 to banana against the dose; concordance heads fall and the discordance head rises.",
)  # fmt: skip

# %%
for head, at_two in pushed.items():
    low, high = at_two[1:].min(), at_two[1:].max()
    print(
        f"9.{head}, dose 2: {curves[f'9.{head}'][0]:.2f} becomes {at_two[0]:.2f}; twenty random directions {low:.2f} to {high:.2f}"
    )
real = read(model, "The color of the banana is yellow", Site("pattern", 9))[0, [1, 2, 4], -1, -3]
print("unsteered, yours:     ", ", ".join(f"{float(curves[f'9.{head}'][0]):.3f}" for head in (1, 2, 4)))
print("unsteered, the model's:", ", ".join(f"{x:.3f}" for x in real))

# %% [markdown]
r"""
The mean of random pushes is flat, and the aimed one goes where it should: less of the heads that look for a match, more of the head that looks for a mismatch. But look at the *range*. Single random directions of that length have moved a head as far, in either direction. One sentence and one direction
can show anything; try `lemon`. The chapter takes the average over many things, each pushed away from its own colour, and compares that average with what random directions give on the same things.
"""

# %% [markdown]
r"""
## Exercise 7 · The truth head

A colleague writes: "Head 9.2 is a *truth head*. I ran *The opposite of hot is cold* and 26 others, and all the wrong pairings: *The opposite of hot is small*, and so on. From its attention alone you can tell right from wrong with an AUROC close to 1. Labels shuffled: 0.5. Other templates: the same. The model knows
what is true, and this is where." The next cell is the colleague's work, and there is no error in it.

**What.** Which control is missing? Choose one word, run it, and report the AUROC that head 9.2 reaches on it.

| word | the control |
|---|---|
| `shuffled` | shuffle which endings count as right |
| `template` | put it in another sentence |
| `heads` | do the same with head 9.4 |
| `more` | take more opposites |
| `related` | the right ending against one that is just as close to the word, and wrong: *The opposite of hot is warm* |

**Why.** In the colleague's table truth and *belonging together* always agree. An experiment in which two hypotheses predict the same cannot choose between them, however many words it has.

**Answer** with `truth_head = {"control": "…", "auroc": …}`. `looks(head, endings)` gives the head's attention to the word for every word (row) with every ending (column); `opposites` and `near` are lists in the order of the words; `stats.auroc(scores, labels)` wants labels 1 for right and 0 for wrong.
"""

# %%
TRIPLES = """big small large|hot cold warm|fast slow quick|happy sad glad|rich poor wealthy|wet dry damp|old young ancient|strong weak powerful|good bad great|
hard soft tough|loud quiet noisy|clean dirty pure|thin thick slim|early late soon|brave afraid bold|smart stupid clever|high low tall|wide narrow broad|
win lose succeed|buy sell purchase|begin end start|friend enemy companion|war peace battle|empty full vacant|cheap expensive affordable|near far close|ill healthy sick"""
words, opposites, near = map(list, zip(*(triple.split() for triple in TRIPLES.split("|")), strict=True))
screens = {
    name: attention.attention_screen(model, [f"The opposite of {word} is" for word in words], endings, words)
    for name, endings in (("opposites", opposites), ("near", near))
}


def looks(head: tuple[int, int], endings: list[str]) -> Float[Tensor, "word ending"]:
    """How much a head (layer, head) looks from each ending back to each word."""
    return screens["opposites" if endings == opposites else "near"][..., *head]


table, is_right = looks((9, 2), opposites), torch.eye(len(words), dtype=torch.bool)
print(
    f"the colleague's claim, {len(words)} words: AUROC {stats.auroc_interval(table.flatten(), is_right.flatten().int(), n_resamples=300)}"
)

# %% exercise="attention.truth_head" kind="explain" points=3 difficulty=3 importance=5 minutes=15
### BEGIN SOLUTION
right, wrong = looks((9, 2), opposites).diagonal(), looks((9, 2), near).diagonal()
truth_head = {
    "control": "related",
    "auroc": stats.auroc(torch.cat([right, wrong]), [1] * len(words) + [0] * len(words)),
}
### END SOLUTION

# %%
truth_head = or_reference("attention.truth_head", truth_head)
means = {
    f"9.{head}": [looks((9, head), opposites).diagonal().mean(), looks((9, head), near).diagonal().mean(), looks((9, head), opposites)[~is_right].mean()]
    for head in (1, 2, 4)
}  # fmt: skip
table = "\n".join(f"| {name} | " + " | ".join(f"{x:.3f}" for x in row) + " |" for name, row in means.items())
Markdown(
    f"With the control '{truth_head['control']}': AUROC **{float(truth_head['auroc']):.2f}**. Mean attention to the word:\n\n"
    f"| head | right opposite | near, but wrong | another word's opposite |\n|---|---|---|---|\n{table}"
)

# %% [markdown] tags=["solution-only"]
r"""
*The opposite of big is large* attracts head 9.2 as much as *small* does, and head 9.4 even more. What they mark is that two words belong together. Shuffled labels and other templates ask whether there is anything at all; only a wrong ending that is equally close asks *what* it is.
"""

# %% [markdown]
r"""
## Exercise 8 · Change what it says

Two small transformers from the chapter, trained from scratch, with the route to a verdict built in. Both can say every thing's colour, and both can judge *thing is colour*. In `compute`, a verdict can only come from comparing the named colour with the colour that the model itself recalls. In `match`, it can only come
from how well the colour's query matches the thing's key.

Now every thing in turn gets another colour, by an edit of the matrix that writes the *recalled* colour ([Meng et al., 2022](cite:meng2022)). No verdict is shown to the edit. Afterwards both models *say* the new colour. What do they *judge*?

**What.** Predict for each model which colour the verdict prefers after the edit. **Answer** with `predict_edit = {"compute": …, "match": …}`, each `"new"` or `"old"`.

**Why.** An edit is a question put to a mechanism. And whoever repairs a model by changing what it says should know whether what it judges comes along.
"""

# %% exercise="routes.predict_edit" kind="predict" points=2 difficulty=2 importance=5 minutes=8
### BEGIN SOLUTION
predict_edit = {"compute": "new", "match": "old"}
### END SOLUTION

# %% [markdown]
r"""
Train three of each and edit them, once in that way and once by gradient steps that see only the *said* colour.
"""

# %%
predict_edit = or_reference("routes.predict_edit", predict_edit)
for route in ("compute", "match"):
    with torch.enable_grad():
        organism = lookup.train(route, [0, 1, 2])
        edits = {method: routes.edit_follows(organism, method) for method in ("rank one", "mouth only")}
    for method, found in edits.items():
        said, judged = (", ".join(f"{x:.2f}" for x in row) for row in (found.recall, found.verdict))
        print(
            f"{route}, {method}: says the new colour {said}; verdict follows {judged}; you said {predict_edit[route]}"
        )

# %% [markdown]
r"""
The first edit tells the two routes apart in every seed. The second is a warning. It teaches the mouth, and *says* the new colour as reliably, but even where the verdict is known to depend on recall, it follows only in part: there is more than one way to make a model say something, and not all of
them go through what it recalls. So if a verdict does not follow an edit, the first question is what the edit has changed.

You now have the instruments: tables without favourites, a score without bias, a forecast with its blind spot, an exact bill for a score, a narrow intervention, a control for *related*, and an edit with a known answer. [Chapter 06](../chapters/06_banana.ipynb) turns them on a real model.
"""
