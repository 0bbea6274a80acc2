"""Exercises 3, 5 and 6: a head from its weights, by its parts, and with another question."""

import torch

from interpbook.attention import HeadWeights, qk_eigen_skew, rotation
from interpbook.exercises import Check, Mistake

# --- 3 · qk_eigen_skew ---


def _heads() -> list[tuple]:
    one = HeadWeights(torch.randn(8, 20), torch.randn(8, 20), 10_000.0)
    like = HeadWeights(one.query, one.query + 0.5 * torch.randn(8, 20), 500.0)
    return [(one, None), (like, None), (one, 3), (like, 1)]


def _turned(weights, distance):
    if distance is None:
        return weights.key
    return rotation(weights.key.shape[0], distance, weights.theta) @ weights.key


def _whole_matrix(weights, distance=None):
    turn = torch.eye(8) if distance is None else rotation(8, distance, weights.theta)
    found = torch.linalg.eigvals((weights.query.T @ turn @ weights.key).double())
    return float(found.real.sum() / found.abs().sum())


def _from_the_trace(weights, distance=None):
    small = (weights.query @ _turned(weights, distance).T).double()
    return (small.trace() / torch.linalg.eigvals(small).abs().sum()).item()


def _ratio(of):
    """A wrong skew: `of` gives it from the eigenvalues."""
    return lambda weights, distance=None: float(
        of(torch.linalg.eigvals((_turned(weights, distance) @ weights.query.T).double()))
    )


def _backwards(weights, distance=None):
    return qk_eigen_skew(weights, None if distance is None else -distance)


def _singular(weights, distance=None):
    small = (_turned(weights, distance) @ weights.query.T).double()
    return (small.trace() / torch.linalg.svdvals(small).sum()).item()


def _symmetric(weights, distance=None):
    small = (_turned(weights, distance) @ weights.query.T).double()
    values = torch.linalg.eigvalsh((small + small.T) / 2)
    return (values.sum() / values.abs().sum()).item()


EIGEN_SKEW = Check(
    id="attention.qk_eigen_skew",
    reference=qk_eigen_skew,
    inputs=_heads,
    rtol=1e-3,
    atol=1e-4,
    mistakes=(
        Mistake(
            "distance ignored",
            lambda weights, distance=None: qk_eigen_skew(weights),
            "Right without positions, but the distance changes nothing here. Where does the rotation stand between "
            "query and key? (Turning both sides alike undoes itself.)",
        ),
        Mistake(
            "turned backwards",
            _backwards,
            "The rotation seems to go the other way. The score is query · R key: which of the two does R turn?",
        ),
        Mistake(
            "real parts below",
            _ratio(lambda values: values.real.sum() / values.real.abs().sum()),
            "You divide by the sum of |Re λ|. A head that only turns vectors round has hardly any real part and would "
            "still get +1 or −1. What is the length of a complex number?",
        ),
        Mistake(
            "mean",
            _ratio(lambda values: values.real.mean()),
            "That is the mean real part, which grows with the size of the weights. What do you divide by to compare "
            "heads of different size?",
        ),
        Mistake(
            "share of positive",
            _ratio(lambda values: (values.real > 0).double().mean()),
            "You count eigenvalues with a positive real part. Then a tiny one weighs as much as a huge one. What does "
            "the formula add up?",
        ),
        Mistake(
            "singular values",
            _singular,
            "You divide by singular values. They say how much a matrix stretches, whatever it sends where. Which "
            "numbers say what happens to a direction that is sent along itself?",
        ),
        Mistake(
            "symmetrised",
            _symmetric,
            "You made the matrix symmetric first. That has the same sum of real parts, but the turning is gone from "
            "the divisor. Which function takes a matrix that is not symmetric?",
        ),
        Mistake(
            "query with itself",
            lambda weights, distance=None: qk_eigen_skew(HeadWeights(weights.query, weights.query, 1e4), distance),
            "The key's matrix does not seem to come in. What is the product of query side and key side?",
        ),
    ),
    alternatives=(_whole_matrix, _from_the_trace),
    fallback="Try it on query = key (skew +1) and on key = −query (skew −1). What do you get?",
)

# --- 5 · qk_parts ---


def qk_parts(query, key, W_Q, W_K):
    """The attention score, split by parts of the query's and of the key's stream; the entries add up to it."""
    q = query / query.sum(0).square().mean().sqrt() @ W_Q.T
    k = key / key.sum(0).square().mean().sqrt() @ W_K.T
    return q @ k.T / W_Q.shape[0] ** 0.5


def _parts() -> list[tuple]:
    def one(n_query: int, n_key: int) -> tuple:
        return 3 * torch.randn(n_query, 12), torch.randn(n_key, 12), torch.randn(5, 12), torch.randn(5, 12)

    return [one(3, 4), one(6, 2)]


def _bilinear(query, key, W_Q, W_K):
    sizes = query.sum(0).norm() * key.sum(0).norm() / query.shape[1]
    return torch.einsum("am,hm,hn,bn->ab", query, W_Q, W_K, key) / (sizes * len(W_Q) ** 0.5)


def _rms(x):
    return x.square().mean(-1, keepdim=True).sqrt()


PARTS = Check(
    id="attention.qk_parts",
    reference=qk_parts,
    inputs=_parts,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "each part normed",
            lambda q, k, W_Q, W_K: (q / _rms(q)) @ W_Q.T @ W_K @ (k / _rms(k)).T / len(W_Q) ** 0.5,
            "Each part is divided by its own size, so a whisper counts as much as a shout, and the table no longer "
            "adds up to the score. Which one number does the norm divide the whole stream by?",
        ),
        Mistake(
            "no norm",
            lambda q, k, W_Q, W_K: q @ W_Q.T @ W_K @ k.T / len(W_Q) ** 0.5,
            "The streams go in as they are. What does the norm before attention do to them, and to every part alike?",
        ),
        Mistake(
            "no square root",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_Q, W_K) * len(W_Q) ** 0.5,
            "Everything is too large by one factor. Which root stands in front of the formula?",
        ),
        Mistake(
            "root of d_model",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_Q, W_K) * (len(W_Q) / W_Q.shape[1]) ** 0.5,
            "Everything is too small by one factor. You seem to divide by the root of d_model. How long are the "
            "vectors whose product is taken?",
        ),
        Mistake(
            "length instead of rms",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_Q, W_K) / q.shape[1],
            "You seem to divide by the length of the stream. The rms divides by the root of the *mean* square. By "
            "which factor do the two differ?",
        ),
        Mistake(
            "one norm for both",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_Q, W_K) * _rms(k.sum(0)) / _rms(q.sum(0)),
            "Both sides seem to be divided by the query's size. Key and query stand at different places. Whose size "
            "belongs to the key?",
        ),
        Mistake(
            "roles swapped",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_K, W_Q),
            "W_Q and W_K seem to have changed places. Which matrix reads the stream at the token that looks?",
        ),
        Mistake(
            "only the sum",
            lambda q, k, W_Q, W_K: qk_parts(q, k, W_Q, W_K).sum(),
            "That is the score itself, one number. What is asked for is the table of which it is the sum. When do the "
            "parts have to be kept apart?",
        ),
    ),
    alternatives=(_bilinear,),
    fallback="Add up your table and compare it with the score of the two whole streams. By what do they differ?",
)

# --- 6 · steer_query ---


def steer_query(W_Q, query, keys, direction):
    """Where the head looks when `direction` is added on the query side only."""
    return (keys @ (W_Q @ (query + direction)) / W_Q.shape[0] ** 0.5).softmax(0)


def _head_and_keys() -> list[tuple]:
    return [(torch.randn(6, 15), torch.randn(15), torch.randn(n, 6), 0.7 * torch.randn(15)) for n in (4, 9)]


def _in_two_terms(W_Q, query, keys, direction):
    before, change = (torch.einsum("kh,hm,m->k", keys, W_Q, x) for x in (query, direction))
    weight = torch.exp((before + change) / len(W_Q) ** 0.5)
    return weight / weight.sum()


STEER = Check(
    id="attention.steer_query",
    reference=steer_query,
    inputs=_head_and_keys,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "replaced",
            lambda W_Q, query, keys, direction: steer_query(W_Q, 0 * query, keys, direction),
            "The query's own stream is gone: only the direction is left. Is it to be replaced, or added to?",
        ),
        Mistake(
            "not steered",
            lambda W_Q, query, keys, direction: steer_query(W_Q, query, keys, 0 * direction),
            "That is where the head looks without any steering. (Adding one vector to all keys comes to the same: the "
            "softmax cancels it.) To which vector does the direction belong?",
        ),
        Mistake(
            "minus",
            lambda W_Q, query, keys, direction: steer_query(W_Q, query, keys, -direction),
            "The direction is subtracted here. Which way is the stream to be pushed?",
        ),
        Mistake(
            "scores only",
            lambda W_Q, query, keys, direction: keys @ (W_Q @ (query + direction)) / len(W_Q) ** 0.5,
            "These are scores. Attention is handed out among the keys, and adds up to 1. Which step makes it so?",
        ),
        Mistake(
            "no square root",
            lambda W_Q, query, keys, direction: (keys @ (W_Q @ (query + direction))).softmax(0),
            "The attention is sharper than it should be. What do scores get divided by before the softmax?",
        ),
        Mistake(
            "length one",
            lambda W_Q, query, keys, direction: steer_query(W_Q, query, keys, direction / direction.norm()),
            "You give the direction length 1. Its length is the dose, which whoever calls the function has chosen. "
            "What happens to a dose of 2?",
        ),
    ),
    alternatives=(_in_two_terms,),
    fallback="Take direction = 0 first: is it the head's ordinary attention? Then add to what the query is made of.",
)
