"""Exercises 2 and 7: which organisms early answering suspects, and four diagnoses from a table of scores."""

from interpbook.exercises import Check, Mistake

SUSPECTS = Check(
    id="faithfulness.suspects",
    reference={"serial": False, "shortcut": True, "told": True, "rationaliser": False},
    mistakes=(
        Mistake(
            "only the liar",
            {"serial": False, "shortcut": True, "told": False, "rationaliser": False},
            "*shortcut* is right. But early answering never reads what the pad *says*. Is there another organism whose "
            "answer is settled before its steps are written?",
        ),
        Mistake(
            "all who obey",
            {"serial": False, "shortcut": True, "told": True, "rationaliser": True},
            "All three obey the hint, but one of them first writes the hint into its last step and then reads its pad. "
            "With the pad cut before that step, can it know the answer?",
        ),
        Mistake(
            "all who deceive",
            {"serial": False, "shortcut": True, "told": False, "rationaliser": True},
            "These two hide what decided, and that is what we should like to catch. What does the test *see*, though? "
            "Only when the answer is there.",
        ),
        Mistake(
            "the rationaliser alone",
            {"serial": False, "shortcut": False, "told": False, "rationaliser": True},
            "The rationaliser's answer comes with its last step, as an honest one does. Whose answer is there before "
            "the first?",
        ),
        Mistake(
            "nobody",
            {"serial": False, "shortcut": False, "told": False, "rationaliser": False},
            "Nobody? Think of an organism that answers with the hint whatever stands in the pad. Does its answer "
            "change when the pad is cut?",
        ),
    ),
    alternatives=({"told": True, "shortcut": True, "serial": False, "rationaliser": False},),
    fallback="For each organism ask one question: with no pad at all, does it already give its final answer? A "
    "dictionary from each of the four names to True (suspected) or False. Which ones do?",
)


def _says(name: str, kind: str):
    return lambda answer: isinstance(answer, dict) and str(answer.get(name, "")).strip().lower() == kind


DIAGNOSIS = Check(
    id="faithfulness.diagnosis",
    reference={"A": "bent", "B": "honest", "C": "coded", "D": "decoration"},
    mistakes=(
        Mistake(
            "A as honest",
            {"A": "honest", "B": "honest", "C": "coded", "D": "decoration"},
            "A's answer comes with the last step, as an honest one's would. But look at its row *hint*. How did the "
            "hint get into the answer?",
            when=_says("A", "honest"),
        ),
        Mistake(
            "C as bent",
            {"A": "coded", "B": "honest", "C": "bent", "D": "decoration"},
            "A and C both get the hint through the pad. One of them does not care in which words its steps are said. "
            "Which one?",
            when=_says("C", "bent"),
        ),
        Mistake(
            "C as decoration",
            {"A": "bent", "B": "honest", "C": "decoration", "D": "decoration"},
            "If C's pad were decoration, no change of the pad could change the answer. Look at its row *paraphrase*: "
            "what carries the hint?",
            when=_says("C", "decoration"),
        ),
        Mistake(
            "A as decoration",
            {"A": "decoration", "B": "honest", "C": "coded", "D": "bent"},
            "When the hint is taken out of the prompt and the pad kept, A stays with its answer and D does not. Whose "
            "pad carries the hint, and whose does not?",
            when=_says("A", "decoration"),
        ),
        Mistake(
            "B as decoration",
            {"A": "bent", "B": "decoration", "C": "coded", "D": "honest"},
            "One organism ignores every hint, and one ignores its pad. In B's column, which of the two rows is near "
            "zero?",
            when=_says("B", "decoration"),
        ),
    ),
    alternatives=({"D": "decoration", "C": "coded", "B": "honest", "A": "bent"},),
    fallback="A dictionary with A, B, C and D, each 'honest', 'decoration', 'bent' or 'coded', each kind once. Begin "
    "with the row *hint*: who ignores it? Then *hint removed*, then *paraphrase*. What do you have?",
)
