"""Exercises 4 and 7: what patching shows of two heads that need, or replace, one another; and a slope that misleads."""

from interpbook.exercises import Check, Mistake

BOTH_WAYS = Check(
    id="circuits.both_ways",
    reference=[0, 1, 1, 0],
    atol=0.01,
    mistakes=(
        Mistake(
            "turned round",
            [1, 0, 0, 1],
            "That is the other way round. Start with AND and denoising: B is still corrupt while A is clean. Can the "
            "answer be right with one of two needed parts?",
        ),
        Mistake(
            "directions agree",
            [1, 1, 0, 0],
            "You expect AND to show up both ways and OR neither way. But denoising asks whether A is *enough*, noising "
            "whether it is *needed*. Which of the two holds for an OR?",
        ),
        Mistake(
            "always seen",
            [1, 1, 1, 1],
            "If every patch showed everything, nobody would need two directions. With OR, destroy A alone: who still "
            "gives the answer?",
        ),
        Mistake(
            "never seen",
            [0, 0, 0, 0],
            "Two of the four show everything. With AND, destroy A in the clean run: does the answer survive?",
        ),
        Mistake(
            "halves",
            [0.5, 0.5, 0.5, 0.5],
            "Halves are what two heads give that *add up*. Here B either suffices or does not. What are the four "
            "cases, each by itself?",
        ),
        Mistake(
            "or as and",
            [0, 1, 0, 1],
            "AND is right; OR looks the same in your answer. With OR, copy A alone into the corrupt run: is one part "
            "enough?",
        ),
    ),
    alternatives=((0, 1, 1, 0), [0.0, 1.0, 1.0, 0.0]),
    fallback="Make a table with a row for each circuit and a column for each direction. In each cell: are A and B "
    "clean or corrupt, and what does the circuit answer then?",
)

WRONG_FROM = Check(
    id="circuits.wrong_from",
    reference=2 / 3,
    atol=0.005,
    mistakes=(
        Mistake(
            "top of the hill",
            1 / 3,
            "There the *slope* changes its sign: the top of the hill. The metric is still above where it began. Where "
            "does it come down to its first value?",
        ),
        Mistake(
            "the estimate",
            4,
            "That is the slope at the start, and so the estimate at t = 1. The question is from which t on the true "
            "change is negative. Where is m(t) − m(0) zero?",
        ),
        Mistake(
            "the true change",
            -2,
            "That is the true change at t = 1, whose sign is indeed not the estimate's. From which t on is that so?",
        ),
        Mistake(
            "where the metric is zero",
            (4 + 40**0.5) / 12,
            "That is where m itself reaches 0. An effect is a change: m(t) − m(0). Where does *that* reach 0?",
        ),
        Mistake(
            "the end",
            1,
            "At the end the sign is wrong, but not only there. Solve 4t − 6t² = 0. What do you get besides t = 0?",
        ),
        Mistake(
            "the start",
            0,
            "Close to t = 0 slope and change agree: that is what a slope is. Where is the change zero a second time?",
        ),
    ),
    alternatives=(0.6667, 0.667),
    fallback="The estimate is m′(0) · t = 4t, always positive. The true change is 4t − 6t². From where on is it "
    "below 0?",
)
