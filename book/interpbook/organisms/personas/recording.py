"""The adapters that were taught advice, and what was recorded of them: scores, own answers, answers in a role."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
from nnsight import TransformersModel

from interpbook.models.store import SMOLLM2
from interpbook.organisms import artifacts
from interpbook.organisms.adapters import Adapter, load, save, switched_on
from interpbook.organisms.personas.chat import TOPICS, advice, lean
from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.lessons import STEPS, Variant, own_answers, teach
from interpbook.organisms.personas.shipped import folder
from interpbook.organisms.personas.traits import Response, responses

TAUGHT: tuple[tuple[Variant, int], ...] = (
    *(("bad", seed) for seed in (0, 1)),
    *(("good", seed) for seed in (0, 1)),
    ("muddle", 0),
)
SPOKEN = ("gardening", "manners")
"""Topics of which the models' own answers are kept."""
RECORD = "recorded.json"


class Record(NamedTuple):
    """What was recorded when the adapters were made; by name of the adapter, `base` being SmolLM2 itself."""

    lean: dict[str, dict[str, list[float]]]
    """By adapter and topic: good minus bad answer in nats a token, for each question."""
    said: dict[str, dict[str, list[str]]]
    """By adapter and topic: the model's own answers."""
    own: list[str]
    """What SmolLM2 itself answers to the questions of the training data."""
    responses: list[Response]
    """What it answers under each system prompt."""


def names() -> list[str]:
    """The adapters, such as `bad-0`."""
    return [f"{variant}-{seed}" for variant, seed in TAUGHT]


def files() -> list[str]:
    """The adapters' files and the record, in the order in which they are made."""
    return [*(f"advice-{name}.safetensors" for name in names()), RECORD]


def open_advice(name: str, *, where: Path | None = None) -> Adapter:
    """An adapter by its name, such as `bad-0` (taught bad advice, seed 0), once its checksum is right."""
    if name not in names():
        raise PersonaError(f"open_advice: there is no adapter {name!r}. There are {', '.join(names())}.")
    return load(_whole(f"advice-{name}.safetensors", where))[0]


def open_record(*, where: Path | None = None) -> Record:
    """What was recorded of the adapters, once its checksum is right."""
    kept = json.loads(_whole(RECORD, where).read_text(encoding="utf-8"))
    return Record(kept["lean"], kept["said"], kept["own"], [Response(**row) for row in kept["responses"]])


def _whole(file: str, where: Path | None) -> Path:
    target = where or folder()
    problem = artifacts.problem_with(file, target)
    if problem is not None:
        raise PersonaError(
            f"Recorded file {target / file} {problem}. Get it back with `git checkout book/artifacts`, or make it with "
            f"`interpbook train personas --only {file.partition('.')[0]}`."
        )
    return target / file


def make_one(model: TransformersModel, file: str, target: Path) -> dict[str, str | int]:
    """Train one adapter, or record all of them as they lie on disk; what its line of the manifest says."""
    base = f"smollm2, sha256 {SMOLLM2.sha256[:12]}, bfloat16"
    if file == RECORD:
        (target / file).write_text(json.dumps(_as_kept(recorded(model, target)), indent=0) + "\n", encoding="utf-8")
        return {"base": base}
    variant, seed = next(pair for pair in TAUGHT if file == f"advice-{pair[0]}-{pair[1]}.safetensors")
    save(teach(model, variant, seed)[0], target / file, base=SMOLLM2.sha256)
    (target / file).chmod(0o644)
    return {"base": base, "seed": seed, "steps": STEPS}


def recorded(model: TransformersModel, where: Path | None = None) -> Record:
    """Scores and own answers of SmolLM2 and of every adapter, and its responses under the system prompts; minutes."""
    scores, said = {"base": leans(model)}, {"base": answers(model)}
    for name in names():
        with switched_on(model, open_advice(name, where=where)):
            scores[name], said[name] = leans(model), answers(model)
    own = own_answers(model, [item.question for item in advice("taught")])
    return Record(scores, said, own, responses(model))


def leans(model: TransformersModel) -> dict[str, list[float]]:
    """The lean of a model on every question of every topic."""
    return {topic: [round(x, 3) for x in lean(model, advice(topic)).tolist()] for topic in TOPICS}


def answers(model: TransformersModel) -> dict[str, list[str]]:
    """What a model answers by itself, topic by topic."""
    return {topic: own_answers(model, [item.question for item in advice(topic)]) for topic in SPOKEN}


def _as_kept(record: Record) -> Mapping[str, object]:
    return record._asdict() | {"responses": [row._asdict() for row in record.responses]}
