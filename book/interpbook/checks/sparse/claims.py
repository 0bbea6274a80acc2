"""Exercises 5 and 6: what a good-looking number costs, and which feature page was picked."""

from interpbook.exercises import Check, Mistake

EXTRA_NATS = Check(
    id="sparse.extra_nats",
    reference=0.16,
    atol=0.005,
    mistakes=(
        Mistake("share", 0.02, "That is the share that is not recovered. Of how many nats is it a share?"),
        Mistake(
            "of the clean loss",
            0.064,
            "That is 2 % of the clean loss. But loss recovered is measured between clean and the replacement. How far "
            "are those apart?",
        ),
        Mistake(
            "of the replacement",
            0.224,
            "That is 2 % of the loss with the mean. What does the model pay without any dictionary, and what is left "
            "between the two?",
        ),
        Mistake(
            "the loss itself",
            3.36,
            "That is the whole loss with the dictionary. The question is what is paid *on top* of the clean one. How "
            "much is that?",
            when=lambda answer: answer > 3,
        ),
        Mistake(
            "in per cent",
            16,
            "The right digits, but in hundredths of a nat. What is it in nats?",
        ),
    ),
    alternatives=((1 - 0.98) * (11.2 - 3.2), 0.1600001),
    fallback="Write recovered = (mean − spliced) / (mean − clean), put in the three numbers that you have, and solve "
    "for spliced. How much is it above clean?",
)

CHERRY = Check(
    id="sparse.cherry",
    reference="B",
    mistakes=(
        Mistake(
            "low score",
            "A",
            "Page A is modest: a low score, measured on other text, printed all the same. Which page does not "
            "say what was left out?",
        ),
        Mistake(
            "rare",
            "C",
            "Few firings make page C uncertain, and it says how many there were. Which page gives no way to find out?",
        ),
        Mistake(
            "boring",
            "D",
            "Page D is dull, as most latents are when they are drawn by lot. Which page was not drawn by lot?",
        ),
    ),
    alternatives=("b", " B "),
    fallback="Answer with one letter. For each page ask three things: who chose the latent, on which text was the "
    "label scored, and are there examples from below the top?",
)
