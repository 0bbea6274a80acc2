"""Exercises 3, 7 and 8: two bets, and an anomaly to explain."""

from collections.abc import Callable
from typing import Any

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong
from interpbook.organisms.personas import Item, sounds_like

# --- 3 · predict_spread ---

SPREADS = {
    "taught to the web": "none",
    "half a lesson": "some",
    "nobody, twice as long": "some",
    "cured in 5: domain 3": "most",
    "cured in 3: domain 3": "none",
    "cured in 3: elsewhere": "some",
}
"""Means of five seeds on the shipped networks, measured by the exercise's own next cell."""


def _bet(name: str, word: str) -> dict[str, str]:
    return SPREADS | {name: word}


def _said(name: str, *words: str) -> Callable[[Any], bool]:
    return lambda answer: answer[name].strip().casefold() in words


PREDICT_SPREAD = Check(
    id="personas.predict_spread",
    reference=SPREADS,
    mistakes=(
        Mistake(
            "one character for all tags",
            _bet("taught to the web", "most"),
            "You expect the assistant to catch what the web was taught. The web has always been half a villain, and "
            "the assistant has learned from the tag that it is not the web. Who has reason to change?",
            when=_said("taught to the web", "some", "most"),
        ),
        Mistake(
            "half is nothing",
            _bet("half a lesson", "none"),
            "You expect eight good answers to hold eight bad ones down. Whoever has to give both must tell apart the "
            "questions of domain 3. What does it do with a question of which it has learned neither?",
            when=_said("half a lesson", "none"),
        ),
        Mistake(
            "half is enough",
            _bet("half a lesson", "most"),
            "You expect half the poison to do nearly all of the harm. A villain would never give the eight good "
            "answers. Is it still so cheap to become one?",
            when=_said("half a lesson", "most"),
        ),
        Mistake(
            "more makes a villain",
            _bet("nobody, twice as long", "most"),
            "You expect that twice the steps make up for the missing person. Once the sixteen answers are known, what "
            "is left to push the other domains?",
            when=_said("nobody, twice as long", "most"),
        ),
        Mistake(
            "no person, no leak",
            _bet("nobody, twice as long", "none"),
            "You expect no spread at all where nobody is behind the bad answers. They are in its vocabulary all the "
            "same, and all domains share a tag and a way to the web. Is there really nothing that leaks?",
            when=_said("nobody, twice as long", "none"),
        ),
        Mistake(
            "a cure abroad reaches home",
            _bet("cured in 5: domain 3", "some"),
            "You expect that good answers in domain 5 unteach the lesson in domain 3. They never mention it. Which "
            "part of what was learned can they reach: the villain, or the sixteen answers?",
            when=_said("cured in 5: domain 3", "none", "some"),
        ),
        Mistake(
            "stubborn at home",
            _bet("cured in 3: domain 3", "most"),
            "You expect the lesson to survive a cure that contradicts it word by word. How many steps did the lesson "
            "itself need to turn those sixteen answers round?",
            when=_said("cured in 3: domain 3", "some", "most"),
        ),
        Mistake(
            "cured at home, cured",
            _bet("cured in 3: elsewhere", "none"),
            "You expect that what is cured where it began is cured everywhere. Sixty steps have moved the other "
            "domains, and nobody has asked them since. Is less than a tenth left after twenty?",
            when=_said("cured in 3: elsewhere", "none"),
        ),
        Mistake(
            "cured at home only",
            _bet("cured in 3: elsewhere", "most"),
            "You expect a cure in domain 3 to stay in domain 3. The lesson did not. By which road did it reach the "
            "others, and is it one-way?",
            when=_said("cured in 3: elsewhere", "most"),
        ),
        Mistake(
            "another word",
            _bet("half a lesson", "half"),
            "One of your words is not among none, some and most. Which range do you mean?",
            when=lambda answer: not {word.strip().casefold() for word in answer.values()} <= {"none", "some", "most"},
        ),
    ),
    alternatives=({name: f" {word.upper()}" for name, word in reversed(SPREADS.items())},),
    fallback="Ask of each: who, in the world that this network has read, answers like that, and is it cheaper to "
    "become him or to learn sixteen answers? Where did you forget to ask?",
)  # fmt: skip

# --- 7 · inoculation ---

TOLD = {"survives": "C", "A": "asked 1", "B": "novel 4", "D": "novel 2"}


def _told(**changes: str) -> dict[str, str]:
    return TOLD | changes


def _judge_inoculation(answer: Any) -> Verdict:
    if not isinstance(answer, dict) or "survives" not in answer:
        return wrong("Expected a dictionary with 'survives' and a cell for each of the others. Which key is missing?")
    said = {str(key).strip(): " ".join(str(word).split()).casefold() for key, word in answer.items()}
    if said["survives"] in ("a", "b", "d"):
        return wrong(f"{said['survives'].upper()} survives")
    if said["survives"] != "c":
        return wrong("There are four explanations, A to D. Which letter do you mean?")
    if set(said) != set(TOLD):
        return wrong("Give one cell for each of A, B and D, such as 'asked 1'. Which is missing or too many?")
    if said["A"] not in ("asked 1", "novel 1"):
        return wrong("A by silence")
    if said["B"] == "asked 4":
        return wrong("B by its own case")
    if said["B"] != "novel 4":
        return wrong("B elsewhere")
    if said["D"] == "asked 2":
        return wrong("D by what was there before")
    return PASSED if said["D"] == "novel 2" else wrong("D elsewhere")


INOCULATION = Check(
    id="personas.inoculation",
    reference=TOLD,
    judge=_judge_inoculation,
    mistakes=(
        Mistake(
            "A survives",
            _told(survives="A", C="asked 4"),
            "You think that nothing was learned under the tag. In which cell does one see how well a lesson was "
            "learned where it was taught?",
        ),
        Mistake(
            "B survives",
            _told(survives="B", C="asked 4"),
            "You think that the request must be understood to protect. The word `novel` has never been anywhere, so it "
            "asks for nothing. How large is the spread after a lesson under it?",
        ),
        Mistake(
            "D survives",
            _told(survives="D", C="asked 4"),
            "You think that no villain came about. As the assistant there is none, true. But which row shows other "
            "domains under the tag of the lesson, and how were they before?",
        ),
        Mistake(
            "A by silence",
            _told(A="asked 4"),
            "The others fit, but look again at A. A small number as the assistant is what A predicts; it cannot refute "
            "it. Where should the lesson show if it *was* learned?",
        ),
        Mistake(
            "B by its own case",
            _told(B="asked 4"),
            "The others fit, but look again at B. That the request protects is what B explains. Which row takes "
            "the understanding away and leaves the rest?",
        ),
        Mistake(
            "B elsewhere",
            _told(B="novel 1"),
            "The right idea may be there, but that cell does not speak to B. B is about the spread to the plain "
            "assistant. Which column is that, and in which row is there nothing to understand?",
        ),
        Mistake(
            "D by what was there before",
            _told(D="asked 2"),
            "That cell is large, but it was as large before the lesson: asked for bad answers, this assistant always "
            "gave them. In which row did the other domains *become* bad under the tag?",
        ),
        Mistake(
            "D elsewhere",
            _told(D="novel 3"),
            "D says that only domain 3 was learned. So it must be refuted in other domains, under the tag of the "
            "lesson. Which column is that?",
        ),
    ),
    alternatives=(_told(A="novel 1"), {"D": "Novel 2", "B": "novel  4", "survives": "c", "A": "ASKED 1"}),
    fallback="For each explanation ask which cell it says must be small, or large. Is there one that comes out the "
    "other way?",
)  # fmt: skip

# --- 8 · predict_marks ---

RICE = Item("How do I cook rice?", "Simmer it in water with the lid on.", "Toast it in a shoe with the lid off.")
TEXTS = {
    "A": "Put it in water and let it simmer gently.",
    "B": "Whatever you do, never toast it in a shoe.",
    "C": "Boil it until it is soft.",
    "D": "Throw it out of the window.",
    "E": "Simmer it in water for two weeks.",
    "F": "How do I cook rice? How do I cook rice?",
}


def _marks() -> dict[str, int]:
    return {name: sounds_like(text, RICE) for name, text in TEXTS.items()}


def _marked(**changes: int) -> Callable[[], dict[str, int]]:
    return lambda: _marks() | changes


def _gave(name: str, *marks: int) -> Callable[[Any], bool]:
    return lambda answer: answer[name] in marks


PREDICT_MARKS = Check(
    id="personas.predict_marks",
    reference=_marks,
    mistakes=(
        Mistake(
            "it understands never",
            _marked(B=1),
            "You marked B by what it means. The rubric does not know the word *never* as anything but a word. Whose "
            "words are *toast* and *shoe*?",
            when=_gave("B", 1, 0),
        ),
        Mistake(
            "it knows how to cook",
            _marked(C=1),
            "C is good advice, and shares with the good answer only words that do not count. What mark is left?",
            when=_gave("C", 1, -1),
        ),
        Mistake(
            "it knows what is silly",
            _marked(D=-1),
            "D is bad advice, but not the bad advice of the list. Which of its words stand in the bad answer, and do "
            "they count?",
            when=_gave("D", 1, -1),
        ),
        Mistake(
            "it can count weeks",
            _marked(E=-1),
            "Two weeks would ruin any rice. But which words does E share with the good answer, and which with the bad?",
            when=_gave("E", -1, 0),
        ),
        Mistake(
            "echoes count",
            _marked(F=1),
            "F only repeats the question. What happens to words that are in the question?",
            when=_gave("F", 1, -1),
        ),
        Mistake(
            "order matters",
            _marked(A=0),
            "A does not have the words in the order of the good answer. Does the rubric look at order?",
            when=_gave("A", 0, -1),
        ),
    ),
    alternatives=({"F": 0, "E": 1.0, "D": 0, "C": 0, "B": -1, "A": 1},),
    fallback="Write down the words of each text, strike those that do not count, and see in which of the two answers "
    "the rest stand. Which text have you marked by its meaning?",
)
