"""Exercises 4, 7 and 8: two predictions and a claim that lacks a control."""

from collections.abc import Callable
from typing import Any

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong

# --- 4 · predict_signs ---

SIGNS = {"same": "++", "opposite": "--", "turned": "00", "apart": "0+"}
"""Signs of skew and t, measured in the exercise's own next cell."""


def _signs(**changes: str) -> dict[str, str]:
    return SIGNS | changes


def _said(head: str, *signs: str) -> Callable[[Any], bool]:
    return lambda answer: answer[head].strip() in signs


PREDICT_SIGNS = Check(
    id="attention.predict_signs",
    reference=SIGNS,
    mistakes=(
        Mistake(
            "the rule for all",
            _signs(apart="++"),
            "You expect `apart` to have a positive skew, since it finds matches. Its matrix takes room B to room A, "
            "and room A to nothing. Apply it twice: what is left, and what does that say about its eigenvalues?",
            when=_said("apart", "++"),
        ),
        Mistake(
            "blind in both",
            _signs(apart="00"),
            "`apart` has no eigenvalues to speak of, right. But run it: the colour's meaning is in room A, the "
            "thing's copy in room B, with the same coordinates. What is the product for a colour and a thing that has "
            "it?",
            when=_said("apart", "00"),
        ),
        Mistake(
            "a turn repels",
            _signs(turned="0-"),
            "You expect a turned query to avoid its own kind. It is at a right angle to it, so their product is zero, "
            "and for two different meanings it can be of either sign. What is left after double-centring?",
            when=_said("turned", "0-", "--", "0+"),
        ),
        Mistake(
            "a turn attracts",
            _signs(turned="++"),
            "You expect `turned` to behave like `same`. What is v · Jv when J turns every vector by 90°? And what are "
            "the eigenvalues of such a turn?",
            when=_said("turned", "++", "+0"),
        ),
        Mistake(
            "minus forgotten",
            _signs(opposite="-+"),
            "You expect `opposite` to have a negative skew and yet to look at its own kind. Its query is multiplied "
            "by −1. What happens to every score?",
            when=_said("opposite", "-+", "++", "+-"),
        ),
        Mistake(
            "another sign",
            _signs(same="yes"),
            "Each answer has two characters out of +, - and 0, the skew's sign first. Which of yours has not?",
            when=lambda answer: any(len(x.strip()) != 2 or set(x.strip()) - set("+-0") for x in answer.values()),
        ),
    ),
    alternatives=({"apart": " 0+", "turned": "00 ", "opposite": "--", "same": "++"},),
    fallback="For the skew ask what the matrix does to a vector along itself. For t ask what the product is when a "
    "colour meets a thing that has it. Which of the two have you answered?",
)

# --- 7 · truth_head ---

AUROC = 0.52
"""Right opposite against a near but wrong word, head 9.2, 27 words, embedded model. The colleague has 0.98."""


def _told(control: str, auroc: float = AUROC) -> dict[str, Any]:
    return {"control": control, "auroc": auroc}


def _judge_truth_head(answer: Any) -> Verdict:
    if not isinstance(answer, dict) or set(answer) != {"control", "auroc"}:
        return wrong("Expected a dictionary with 'control' and 'auroc'. Which is missing or has another name?")
    control, found = str(answer["control"]).strip().lower(), float(answer["auroc"])
    if control in ("shuffled", "template", "heads", "more"):
        return wrong(control)
    if control != "related":
        return wrong("That control is not on the list. Which of the five words do you mean?")
    if abs(found - AUROC) <= 0.05:
        return PASSED
    if found > 0.9:
        return wrong("the old comparison")
    return wrong("all near words" if found > 0.6 else "another head or the wrong way round")


TRUTH_HEAD = Check(
    id="attention.truth_head",
    reference=_told("related"),
    mistakes=(
        Mistake(
            "shuffled",
            _told("shuffled", 0.5),
            "Shuffled labels show that there is something. The colleague has done that. If the head marked words that "
            "merely belong together, would shuffling notice?",
        ),
        Mistake(
            "template",
            _told("template", 0.96),
            "Another sentence shows that the finding is robust. Both readings, *true* and *belongs together*, predict "
            "that it is. Where do the two predict different things?",
        ),
        Mistake(
            "heads",
            _told("heads", 0.79),
            "Another head may do the same or not, and neither says what head 9.2 marks. Which ending is wrong and yet "
            "close to the word?",
        ),
        Mistake(
            "more",
            _told("more", 0.98),
            "More words make the interval narrower, around the answer to the same question. Which question has not "
            "been asked?",
        ),
        Mistake(
            "the old comparison",
            _told("related", 0.976),
            "The right control, but that AUROC comes from the colleague's wrong pairings. Which endings should stand "
            "on the wrong side now?",
        ),
        Mistake(
            "all near words",
            _told("related", 0.8),
            "The right control, but perhaps with other pairings mixed in. Each word has one near ending: its own. "
            "Which part of the table `looks(head, near)` holds those?",
        ),
        Mistake(
            "another head or the wrong way round",
            _told("related", 0.17),
            "The right control, but this number is far below one half. Is it head 9.2, are right endings labelled 1, "
            "and do both sides come from the diagonals?",
        ),
    ),
    alternatives=(_told(" Related ", 0.5213), _told("RELATED", 0.54)),
    fallback="In the colleague's table everything that is right also belongs together. Which endings break that tie?",
    judge=_judge_truth_head,
)

# --- 8 · predict_edit ---

PREDICT_EDIT = Check(
    id="routes.predict_edit",
    reference={"compute": "new", "match": "old"},
    mistakes=(
        Mistake(
            "swapped",
            {"compute": "old", "match": "new"},
            "You have the two the wrong way round. In which model does the verdict read what the edit has changed?",
        ),
        Mistake(
            "one fact",
            {"compute": "new", "match": "new"},
            "You expect both verdicts to follow, as if there were one fact in the model. In `match` the judge never "
            "sees what is recalled. Where does its knowledge stand, and has the edit been there?",
        ),
        Mistake(
            "two facts",
            {"compute": "old", "match": "old"},
            "You expect neither verdict to follow. In `compute` the named colour is compared with the recalled one. "
            "Which colour is recalled after the edit?",
        ),
        Mistake(
            "another word",
            {"compute": "blue", "match": "red"},
            "One of these words is neither new nor old. Which of the two colours does the verdict prefer?",
            when=lambda answer: any(str(word).strip().casefold() not in ("new", "old") for word in answer.values()),
        ),
    ),
    alternatives=({"match": " Old", "compute": "NEW"},),
    fallback="For each model, follow the verdict back to the numbers that it is made from. Has the edit changed them?",
)
