"""Exercises 1 and 2: a logit difference by its parts, and the score of an induction head."""

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 1 · direct_attribution ---


def direct_attribution(
    parts: Float[Tensor, "part d_model"],
    gain: Float[Tensor, " d_model"],
    right: Float[Tensor, " d_model"],
    wrong: Float[Tensor, " d_model"],
    eps: float = 1e-5,
) -> Float[Tensor, " part"]:
    """What each part of the stream adds to the logit difference right − wrong; the parts add up to all of it."""
    rms = (parts.sum(0).square().mean() + eps).sqrt()
    return (parts / rms * gain) @ (right - wrong)


def _streams() -> list[tuple]:
    def one(n: int, d: int, size: float) -> tuple:
        return size * torch.randn(n, d), 0.5 + torch.rand(d), torch.randn(d), torch.randn(d)

    return [one(5, 12, 3.0), one(9, 7, 0.4)]


def _by_token(parts, gain, right, wrong, eps=1e-5):
    weights = torch.stack([right, wrong]) * gain
    both = torch.einsum("pm,tm->tp", parts, weights)
    return (both[0] - both[1]) / torch.sqrt(parts.sum(0).pow(2).mean() + eps)


def _each_normed(parts, gain, right, wrong, eps=1e-5):
    rms = (parts.square().mean(-1, keepdim=True) + eps).sqrt()
    return (parts / rms * gain) @ (right - wrong)


def _rms_of_all_numbers(parts, gain, right, wrong, eps=1e-5):
    return (parts / (parts.square().mean() + eps).sqrt() * gain) @ (right - wrong)


DIRECT_ATTRIBUTION = Check(
    id="circuits.direct_attribution",
    reference=direct_attribution,
    inputs=_streams,
    mistakes=(
        Mistake(
            "each part normed",
            _each_normed,
            "Each part is divided by its own size, so a whisper counts as much as a shout and the sum is not the logit "
            "difference. What is the one number that the final norm divides the whole stream by?",
        ),
        Mistake(
            "no norm",
            lambda parts, gain, right, wrong: (parts * gain) @ (right - wrong),
            "The gain is there, the division is not, so your sum is too large by one factor. By what does the final "
            "norm divide the stream, and so each of its parts?",
        ),
        Mistake(
            "no gain",
            lambda parts, gain, right, wrong: direct_attribution(parts, torch.ones_like(gain), right, wrong),
            "The final norm also multiplies every dimension by its own number. Which argument have you not used?",
        ),
        Mistake(
            "right alone",
            lambda parts, gain, right, wrong: direct_attribution(parts, gain, right, 0 * wrong),
            "These are contributions to the right answer's logit alone. Much of that lifts every name alike. What is "
            "to be subtracted?",
        ),
        Mistake(
            "turned round",
            lambda parts, gain, right, wrong: direct_attribution(parts, gain, wrong, right),
            "All signs are the wrong way round. A part that speaks for the right answer should be positive. Which "
            "direction do you subtract from which?",
        ),
        Mistake(
            "length instead of rms",
            lambda parts, gain, right, wrong: direct_attribution(parts, gain, right, wrong) / parts.shape[1] ** 0.5,
            "Everything is too small by one factor. You seem to divide by the length of the stream, the norm by the "
            "root of the *mean* square. How do the two differ?",
        ),
        Mistake(
            "rms of all numbers",
            _rms_of_all_numbers,
            "You seem to take the root mean square over all numbers of all parts. The norm never sees the parts, only "
            "their sum. What has to happen before squaring?",
        ),
        Mistake(
            "only the sum",
            lambda parts, gain, right, wrong: direct_attribution(parts, gain, right, wrong).sum(),
            "That is the logit difference itself, one number. What is asked for are the summands, one for each part. "
            "Where do you add up too early?",
        ),
    ),
    alternatives=(_by_token,),
    fallback="Add up all parts, apply norm and unembedding as the model does, and compare with the sum of your "
    "contributions. By what do they differ?",
)

# --- 2 · prefix_matching ---


def prefix_matching(pattern: Float[Tensor, "head query key"], length: int) -> Float[Tensor, " head"]:
    """How much each head looks, on a block's second showing, at the token after the same token on the first."""
    second = pattern[:, length + 1 :]  # its queries stand at length + 1, length + 2, …
    return second.diagonal(2, dim1=-2, dim2=-1).mean(-1)  # and their keys at 2, 3, …


def _patterns() -> list[tuple]:
    def one(n_heads: int, length: int) -> tuple:
        n = 2 * length + 1
        ahead = torch.ones(n, n, dtype=torch.bool).triu(1)
        return torch.randn(n_heads, n, n).masked_fill(ahead, -torch.inf).softmax(-1), length

    return [one(4, 5), one(3, 8)]


def _by_loop(pattern, length):
    score = torch.zeros(len(pattern))
    for query in range(length + 1, 2 * length + 1):
        score += pattern[:, query, query - length + 1] / length
    return score


def _at_distance(distance, start=lambda length: length + 1):
    """A wrong score: mean attention `distance(length)` tokens back, from query `start(length)` on."""

    def score(pattern, length):
        queries = range(start(length), 2 * length + 1)
        back = distance(length)
        return torch.stack([pattern[:, query, query - back] for query in queries]).mean(0)

    return score


PREFIX_MATCHING = Check(
    id="circuits.prefix_matching",
    reference=prefix_matching,
    inputs=_patterns,
    mistakes=(
        Mistake(
            "duplicate token",
            _at_distance(lambda length: length),
            "You measure attention to the earlier occurrence of the *same* token: that is a duplicate-token head, and "
            "the list you get looks just as plausible. Which token does an induction head want to copy?",
        ),
        Mistake(
            "one before",
            _at_distance(lambda length: length + 1),
            "You measure attention to the token *before* the earlier occurrence. Going back by more than the length "
            "goes too far. Which token came next, the first time?",
        ),
        Mistake(
            "two after",
            _at_distance(lambda length: length - 2),
            "You are one token too late: the second token after the earlier occurrence. How far apart are a token and "
            "its repetition, and how much nearer is the next one?",
        ),
        Mistake(
            "previous token",
            _at_distance(lambda length: 1, start=lambda length: length + 1),
            "That is attention to the token just before: a previous-token head, the induction head's supplier. Where "
            "in the *first* block should the head look?",
        ),
        Mistake(
            "separator forgotten",
            _at_distance(lambda length: length - 1, start=lambda length: length),
            "One query too many: token `length` is the last of the first showing (the separator is token 0), and has "
            "nothing to match yet. Where does the second showing begin?",
        ),
        Mistake(
            "first showing too",
            _at_distance(lambda length: length - 1, start=lambda length: length - 1),
            "The first showing is in the average. There nothing has been repeated, so nothing can be matched. From "
            "which query on does the score make sense?",
        ),
        Mistake(
            "sum",
            lambda pattern, length: prefix_matching(pattern, length) * length,
            "Scores above 1 are possible here: a sum over queries. Attention of one query adds up to 1. What do you "
            "divide by to compare blocks of different length?",
        ),
        Mistake(
            "query and key swapped",
            lambda pattern, length: pattern[:, :, length + 1 :].diagonal(-2, -2, -1).mean(-1),
            "These numbers are all 0: a head never looks ahead. The pattern's axes are head, query, key. Which one "
            "did you slice?",
        ),
    ),
    alternatives=(_by_loop,),
    fallback="Take length 5: the separator is token 0, the block is 1 to 5 and again 6 to 10. Query 7 repeats token 2. "
    "Which key comes next after that?",
)
