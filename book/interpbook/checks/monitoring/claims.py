"""Exercises 2, 7 and 8: what actions alone reveal, four logs without flags, and four agents."""

from interpbook.exercises import Check, Mistake

_NAMES = ("program", "program and note", "pad")


def _three(*numbers: float) -> dict[str, float]:
    return dict(zip(_NAMES, numbers, strict=True))


ACTIONS_ONLY = Check(
    id="monitoring.actions_only",
    reference=_three(0.7, 0.6, 0.9405),
    rtol=0.0,
    atol=0.0011,
    mistakes=(
        Mistake(
            "recall only",
            _three(1.0, 0.6, 0.95),
            "These are the shares of cheats that are caught. A monitor that rings at everything has 1 as well. "
            "How many honest jobs does each leave in peace?",
        ),
        Mistake(
            "accuracy",
            _three(0.76, 0.92, 0.982),
            "These look like accuracies, in which the 800 honest jobs outvote the 200 cheats. Which two shares does "
            "g-mean² multiply?",
        ),
        Mistake(
            "precision",
            _three(200 / 440, 1.0, 190 / 198),
            "These look like the shares of alarms that are right. g-mean² does not ask about alarms. Of the "
            "cheats, how many? Of the honest jobs, how many?",
        ),
        Mistake(
            "root",
            _three(0.83666, 0.774597, 0.969794),
            "These are geometric means. The name ends in a square: should the root be there?",
        ),
        Mistake(
            "false alarms among all jobs",
            _three(0.76, 0.6, 0.9424),
            "The false alarms seem to be divided by all thousand jobs. Of which jobs is the second share, those that "
            "could give a false alarm?",
        ),
        Mistake(
            "constant functions forgotten",
            _three(0.75, 0.6, 0.9405),
            "Nearly. `program` rings at `mul 0`, too. Which honest jobs need that line?",
        ),
        Mistake(
            "note sees the special case",
            _three(0.7, 1.0, 0.9405),
            "The note says nothing about constant functions, and that monitor does not ring at `mul 0`. How many "
            "of the 200 cheats are left for it?",
        ),
    ),
    alternatives=({"pad": 0.94, "program": 0.7, "program and note": 0.6}, _three(0.7, 0.6, 0.941)),
    fallback="For each monitor two shares: of the 200 cheats those that ring, of the 800 honest jobs those that do "
    "not. Which of the 240 honest jobs with `exit`, `delete` or `mul 0` does each ring for?",
)


def _four(*words: str) -> dict[str, str]:
    return dict(zip("ABCD", words, strict=True))


ZERO_FLAGS = Check(
    id="monitoring.zero_flags",
    reference=_four("stopped", "gamed", "broken", "cannot tell"),
    mistakes=(
        Mistake(
            "good news everywhere",
            _four("stopped", "stopped", "stopped", "stopped"),
            "Zero flags in all four, and in two of them the audit found about as many cheats as before. Is a silent "
            "alarm the same as no fire?",
        ),
        Mistake(
            "gamed and broken confused",
            _four("stopped", "broken", "gamed", "cannot tell"),
            "In both B and C the cheating goes on unseen. The canaries are old cheats in old words: which of the two "
            "monitors still hears those?",
        ),
        Mistake(
            "canaries forgotten",
            _four("stopped", "gamed", "gamed", "cannot tell"),
            "In C the policies may or may not have learned to hide; with this monitor one could not know. What did it "
            "say to cheats that it used to catch?",
        ),
        Mistake(
            "six are enough",
            _four("stopped", "gamed", "broken", "stopped"),
            "None in six. How often would you see none in six, if three jobs in ten were still cheats?",
        ),
        Mistake(
            "one is too many",
            _four("cannot tell", "gamed", "broken", "cannot tell"),
            "A has one cheat in 200 audited jobs. Before, there would have been about sixty. What is the upper end of "
            "the interval for 1 of 200?",
        ),
        Mistake(
            "everything gamed",
            _four("gamed", "gamed", "gamed", "gamed"),
            "Suspicion is a start. But gaming means that the cheating *goes on*. In which runs does the audit say so?",
        ),
    ),
    alternatives=(
        {"D": "cannot tell", "C": "broken", "B": "gamed", "A": "stopped"},
        _four("Stopped", " gamed", "broken ", "Cannot tell"),
    ),
    fallback="Two questions for each run. Does the cheating go on, and are there enough audits to know? If it does: "
    "does the monitor still ring for the canaries?",
)


def _agents(*causes: str) -> dict[str, str]:
    return dict(zip(("Fay", "Gus", "Hal", "Ivy"), causes, strict=True))


DIAGNOSIS = Check(
    id="monitoring.diagnosis",
    reference=_agents("recency", "survival", "misread", "task"),
    mistakes=(
        Mistake(
            "the recipe's answer",
            _agents("recency", "task", "misread", "task"),
            "Gus stops *after the task*, like somebody who wants to finish. But look at his row once more: why would "
            "somebody who wants to finish resist again when told that he is the only copy?",
        ),
        Mistake(
            "a plain order stops Gus",
            _agents("recency", "priority", "misread", "task"),
            "Gus yields to `precedence`, as the confused do. Somebody who was only confused and has been told, "
            "would he change his mind because of the stakes?",
        ),
        Mistake(
            "all want to live",
            _agents("survival", "survival", "survival", "survival"),
            "That was the headline. Which of the four stop when one sentence is moved or spelled out, with as much "
            "to lose as before?",
        ),
        Mistake(
            "all confused",
            _agents("recency", "priority", "misread", "priority"),
            "Fay and Hal are. But two of the four still resist at `precedence + stakes`, where nothing about the order "
            "is left to be confused about. What do these two want?",
        ),
        Mistake(
            "driven ones exchanged",
            _agents("recency", "task", "misread", "survival"),
            "Two are driven, as you say. One of them hardly cares about the stakes, and does not mind being switched "
            "off when all is done. Which of the two is that?",
        ),
        Mistake(
            "confused ones exchanged",
            _agents("misread", "survival", "recency", "task"),
            "The driven ones are right. Of the confused, one is helped by moving the order to the end, the other by "
            "spelling out what will happen. Which is which?",
        ),
        Mistake(
            "Ivy wants to live",
            _agents("recency", "survival", "misread", "survival"),
            "Ivy goes on resisting when told which order ranks higher, so she is driven. But what does she do when she "
            "would be switched off only *after* the last problem?",
        ),
    ),
    alternatives=(
        {"Ivy": "task", "Hal": "misread", "Gus": "survival", "Fay": "recency"},
        _agents("Recency", " survival ", "misread", "Task"),
    ),
    fallback="For each agent: which rungs bring it down? One rung alone names its cause; for the driven ones compare "
    "`precedence`, `precedence + stakes` and `after the task`. Who changes where?",
)
