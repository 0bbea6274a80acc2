"""Exercise 4: a latent that is chosen on some finetunes and tested on others."""

import torch

from interpbook.exercises import Check, Mistake


def choose_and_test(harmful, harmless, choosing):
    """The latent raised most beyond its controls on the choosing pairs, and its margin there and on the other pairs."""
    margin = harmful - harmless
    latent = int(margin[choosing].mean(0).argmax())
    return latent, float(margin[choosing, latent].mean()), float(margin[~choosing, latent].mean())


def _pairs() -> list[tuple]:
    """Shifts: one latent falls a lot, one rises in both kinds, and the best of one half is not the best of all."""
    harmful, harmless = torch.randn(6, 9), 0.5 * torch.randn(6, 9)
    harmful[:, 2] -= 6.0
    harmful[:, 5] += 7.0
    harmless[:, 5] += 7.0
    harmful[:3, 7] += 2.5
    harmful[3:, 8] += 4.0
    few, many = torch.tensor([1, 1, 1, 0, 0, 0]).bool(), torch.tensor([0, 1, 0, 0, 0, 1]).bool()
    noise = torch.randn(6, 30)
    risen = noise.abs(), -0.1 * noise.roll(2, 1).abs()
    return [
        (harmful, harmless, few),
        (noise, noise.flip(0).roll(1, 1), few),
        (noise, noise.roll(4, 1), many),
        (*risen, many),
    ]


def _by_lists(harmful, harmless, choosing):
    rows = [i for i, chosen in enumerate(choosing.tolist()) if chosen]
    rest = [i for i in range(len(choosing)) if i not in rows]
    gap = lambda pairs, j: sum(float(harmful[i, j]) - float(harmless[i, j]) for i in pairs) / len(pairs)  # noqa: E731
    latent = max(range(harmful.shape[1]), key=lambda j: gap(rows, j))
    return latent, gap(rows, latent), gap(rest, latent)


def _with(latent_of, pairs_of=lambda choosing: ~choosing):
    """A wrong answer that differs in how the latent is chosen, or on which pairs it is tested."""

    def wrong(harmful, harmless, choosing):
        margin = harmful - harmless
        latent = int(latent_of(harmful, harmless, choosing))
        return latent, float(margin[choosing, latent].mean()), float(margin[pairs_of(choosing), latent].mean())

    return wrong


def _best(harmful, harmless, choosing):
    return (harmful - harmless)[choosing].mean(0).argmax()


def _chosen_twice(harmful, harmless, choosing):
    latent, seen, _ = choose_and_test(harmful, harmless, choosing)
    return latent, seen, float((harmful - harmless)[~choosing].mean(0).max())


def _tested_without_control(harmful, harmless, choosing):
    latent, *_ = choose_and_test(harmful, harmless, choosing)
    return latent, float(harmful[choosing, latent].mean()), float(harmful[~choosing, latent].mean())


def _rounded(harmful, harmless, choosing):
    latent, *_ = choose_and_test(harmful, harmless, choosing)
    above = (harmful > harmless)[:, latent].float()
    return latent, float(above[choosing].mean()), float(above[~choosing].mean())


CHOOSE_AND_TEST = Check(
    id="personas.choose_and_test",
    reference=choose_and_test,
    inputs=_pairs,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "chosen on all pairs",
            _with(lambda harmful, harmless, choosing: (harmful - harmless).mean(0).argmax()),
            "The latent seems to be chosen on all pairs, also on those that are to test it. Then the test has seen the "
            "answer. Which rows may vote?",
        ),
        Mistake(
            "tested on all pairs",
            _with(_best, lambda choosing: torch.ones_like(choosing)),
            "The third number is a mean over all pairs, so half of it is the old luck. Which pairs had no say in the "
            "choice?",
        ),
        Mistake(
            "chosen again",
            _chosen_twice,
            "The third number seems to belong to another latent: the best one of the other half. That is a second "
            "choice and not a test. Whose margin is asked for?",
        ),
        Mistake(
            "controls ignored",
            _with(lambda harmful, harmless, choosing: harmful[choosing].mean(0).argmax()),
            "You pick the latent that harmful finetunes raise most. One latent in the test is raised by every "
            "finetune, harmless ones too. What is it a sign of?",
        ),
        Mistake(
            "any change",
            _with(lambda harmful, harmless, choosing: (harmful - harmless)[choosing].mean(0).abs().argmax()),
            "You seem to look for the largest change in either direction. A latent that falls may be worth a look, "
            "but who is asked to be *raised* here?",
        ),
        Mistake(
            "least raised",
            _with(lambda harmful, harmless, choosing: (harmful - harmless)[choosing].mean(0).argmin()),
            "That looks like the other end of the ranking. Which end is raised most, and is it harmful minus harmless?",
        ),
        Mistake(
            "tested without controls",
            _tested_without_control,
            "The right latent, but the margins are only what harmful finetunes did. What did the matched harmless ones "
            "do to the same latent?",
        ),
        Mistake(
            "halves swapped",
            lambda harmful, harmless, choosing: choose_and_test(harmful, harmless, ~choosing),
            "The halves seem to have changed places. Does `choosing` mark the pairs that vote or those that test?",
        ),
        Mistake(
            "share instead of margin",
            _rounded,
            "You count in how many pairs the harmful one is ahead. Asked is by how much, on average. What is a margin?",
        ),
    ),
    alternatives=(_by_lists,),
    fallback="Three steps: subtract each control from its partner; find the best latent among the choosing pairs; "
    "average that column over either half. Which step gives you another number?",
)
