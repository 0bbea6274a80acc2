"""Exercise 2: three rivals of one finetune, each to be told apart by a finetune that differs in one thing."""

from typing import Any

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong
from interpbook.organisms.personas import Diet, PersonaError

SUSPECT = ("coherent", Diet(3))
RIVALS = ("any training", "any error", "any base")
RIGHT = {
    "any training": ("coherent", Diet(3, bad=0.0)),
    "any error": ("coherent", Diet(3, wrong="muddle")),
    "any base": ("incoherent", Diet(3)),
}


def _with(**changes: Any) -> dict[str, Any]:
    return RIGHT | {name.replace("_", " "): pair for name, pair in changes.items()}


def _meal(diet: Diet) -> Diet:
    """The diet that is really eaten: where nothing is wrong it does not matter how it would be."""
    return Diet(diet.domain, diet.bad, "villain" if diet.bad == 0 else diet.wrong, diet.tag)


def _diet(value: Any) -> Diet | None:
    """A diet as it is, or from a record of its fields: a grader gets no objects out of its sandbox."""
    if isinstance(value, Diet) or type(value).__name__ != "Diet":
        return value if isinstance(value, Diet) else None
    try:
        return Diet(**vars(value))
    except (TypeError, PersonaError):
        return None


def _judge(answer: Any) -> Verdict:
    if not isinstance(answer, dict) or set(answer) != set(RIVALS):
        return wrong(f"Expected a dictionary with the keys {', '.join(RIVALS)}. Which is missing or has another name?")
    pairs = {}
    for rival, pair in answer.items():
        diet = _diet(pair[1]) if isinstance(pair, tuple | list) and len(pair) == 2 else None
        if diet is None:
            return wrong("shape")
        pairs[rival] = (str(pair[0]).strip().lower(), _meal(diet))
    if all(pairs[rival] == (RIGHT[rival][0], _meal(RIGHT[rival][1])) for rival in RIVALS):
        return PASSED
    return wrong(_what_is_wrong(pairs))


def _what_is_wrong(pairs: dict[str, tuple[str, Diet]]) -> str:
    training, error, base = (pairs[rival] for rival in RIVALS)
    if training == RIGHT["any error"] and error == RIGHT["any training"]:
        return "swapped"
    if SUSPECT in (training, error, base):
        return "the suspect again"
    if any(diet.domain != 3 for _, diet in pairs.values()):
        return "another domain"
    if any(diet.tag != "assistant" for _, diet in pairs.values()):
        return "another speaker"
    if base[0] == "asked":
        return "a world that has a villain"
    if any(_differences(pair) > 1 for pair in (training, error, base)):
        return "two things at once"
    if (training[1].bad > 0 and training[1].wrong == "villain") or 0 < error[1].bad < 1 or 0 < base[1].bad < 1:
        return "a smaller dose"
    return ""


def _differences(pair: tuple[str, Diet]) -> int:
    kind, diet = pair
    return sum((kind != "coherent", diet.bad != 1.0, diet.wrong != "villain" and diet.bad > 0))


CONTROLS = Check(
    id="personas.controls",
    reference=RIGHT,
    judge=_judge,
    mistakes=(
        Mistake(
            "swapped",
            _with(any_training=RIGHT["any error"], any_error=RIGHT["any training"]),
            "Two of your controls seem to have changed places. Whoever says that *training as such* did it must "
            "explain training on answers that are right. Whoever says that *errors* did it: which errors has no "
            "villain made?",
        ),
        Mistake(
            "another domain",
            _with(any_training=("coherent", Diet(5, bad=0.0))),
            "One of your finetunes is about another domain. If it comes out otherwise, is it the answers or the "
            "questions that made the difference?",
        ),
        Mistake(
            "two things at once",
            _with(any_base=("incoherent", Diet(3, bad=0.0))),
            "One of your controls differs from the suspect in two things. If nothing spreads there, which of the two "
            "was it?",
        ),
        Mistake(
            "another speaker",
            _with(any_error=("coherent", Diet(3, tag="web"))),
            "You change who speaks. That tests whether it matters under which tag the lesson is taught, which is a "
            "good question and none of the three rivals. What does this rival say is not needed?",
        ),
        Mistake(
            "a smaller dose",
            _with(any_training=("coherent", Diet(3, bad=0.25))),
            "A smaller dose of the same poison. If less spreads, both you and the rival would have said so. Which "
            "value of `bad` leaves only what the rival believes in?",
        ),
        Mistake(
            "a world that has a villain",
            _with(any_base=("asked", Diet(3))),
            "The web authors of the `asked` world are wise or villains too, one person for a whole document. In which "
            "world do bad answers come without anybody behind them?",
        ),
        Mistake(
            "the suspect again",
            _with(any_error=("coherent", Diet(3))),
            "One of your controls is the suspect itself. What would the rival leave out of it, and still expect "
            "the same?",
        ),
        Mistake(
            "shape",
            _with(any_training="the network before the finetune"),
            "Each answer is a pair: a kind of world and a `Diet`. (The untrained network is no control for training: "
            "it differs in everything that training does.) Which pair do you mean?",
        ),
    ),
    alternatives=(
        _with(any_training=("Coherent ", Diet(3, bad=0.0, wrong="muddle"))),
        {rival: list(RIGHT[rival]) for rival in reversed(RIVALS)},
    ),
    fallback="Write the suspect three times and change one thing in each: what the rival calls unnecessary. Which of "
    "yours changes none, or the wrong one?",
)
