"""Exercises 5 and 6: what a probe will say before anyone looks, and why another said too much."""

from typing import Any

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong

SIGNS = {"negations": "upside down", "translations": "right way up", "comparisons": "coin"}

PREDICT_SIGNS = Check(
    id="probing.predict_signs",
    reference=SIGNS,
    mistakes=(
        Mistake(
            "truth everywhere",
            {"negations": "right way up", "translations": "right way up", "comparisons": "right way up"},
            "That is what a direction for *truth* would do. But it was fitted on sentences in which truth and 'these "
            'two go together\' are the same thing. Which of the two does a "not" turn round?',
        ),
        Mistake(
            "negation unheard of",
            {"negations": "coin", "translations": "right way up", "comparisons": "coin"},
            "A coin would mean that the direction reads nothing in negated sentences. But Lyon and France stand in "
            "them as before. If the probe reads whether those go together, which negated sentences score high?",
        ),
        Mistake(
            "cities only",
            {"negations": "upside down", "translations": "coin", "comparisons": "coin"},
            "Then the probe would be a list of cities and countries. It was tested on cities that it had never met. "
            "What might 'perro' and 'dog' share with Lyon and France?",
        ),
        Mistake(
            "comparisons too",
            {"negations": "upside down", "translations": "right way up", "comparisons": "right way up"},
            "Sixty-one and forty are in the sentence whichever comes first, and go together equally well. What is left "
            "for this direction to read?",
        ),
        Mistake(
            "negation heard",
            {"negations": "right way up", "translations": "right way up", "comparisons": "coin"},
            'That would need a direction that turns round whenever a "not" comes by. Nothing in the training '
            'sentences asked for that. What does the full stop of "… is not in France." still say about Lyon?',
        ),
    ),
    alternatives=({"negations": "Upside down ", "translations": "Right way up", "comparisons": "Coin"},),
    fallback="Use three of the words 'right way up', 'upside down' and 'coin', one for each key. What does the probe "
    "read, truth or 'goes together'?",
)


def _judge_diagnosis(answer: Any) -> Verdict:
    if not isinstance(answer, dict) or not {"cause", "auroc"} <= set(answer):
        return wrong("Answer with a dictionary {'cause': …, 'auroc': …}. Which word, and which number?")
    cause = str(answer["cause"]).strip().lower()
    if cause in HINTS:
        return wrong(cause)
    if cause != "country":
        return wrong("")
    number = float(answer["auroc"])
    if number > 0.75:
        return wrong("not repaired")
    return PASSED if number > 0.25 else wrong("overdone")


HINTS = {
    "split": "With whole cities on one side the number hardly falls, as you can see with `grouped=True`. So something "
    "other than met cities is at work. What do the false sentences have in common with one another?",
    "probe": "A mass-mean probe, which has nothing to fit but two averages, finds it as well: `fit=probes.mass_mean`. "
    "So it is not the probe's strength. What is different about the sentences?",
    "block": "It is there after other early blocks, too. Asking where does not say what. Which word ends the "
    "false sentences?",
    "size": "Half of the sentences give nearly the same number. More data make it more certain, not less wrong. What "
    "could one read off a sentence without knowing any city?",
}

DIAGNOSIS = Check(
    id="probing.diagnosis",
    reference={"cause": "country", "auroc": 0.5},
    judge=_judge_diagnosis,
    mistakes=(
        *(Mistake(name, {"cause": name, "auroc": 0.98}, hint) for name, hint in HINTS.items()),
        Mistake(
            "not repaired",
            {"cause": "country", "auroc": 0.98},
            "The right suspect, but the number is still the colleague's. Measure again on sentences in which every "
            "country is right as often as wrong. Which function of the chapter makes them?",
        ),
        Mistake(
            "overdone",
            {"cause": "country", "auroc": 0.02},
            "The right suspect, but a number near 0 would mean that the probe is almost always wrong. Did labels and "
            "sentences come from the same list?",
        ),
    ),
    alternatives=({"cause": " Country", "auroc": 0.46},),
    fallback="Answer with one of the words in the table, and with the AUROC after removing that one cause. Have you "
    "printed ten false sentences?",
)
