"""A training run on disk: everything that the next step depends on, in one safetensors file, written all or nothing."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from interpbook.dictionaries.errors import DictionaryError

if TYPE_CHECKING:
    from interpbook.dictionaries.training import Plan, Rows, State

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def save(state: "State", file: Path, plan: "Plan", rows: "Rows") -> None:
    """Write the run down beside the file, then put it in the file's place."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in state.sae.tensors.items()}
    for name, tensor in state.sae.tensors.items():
        moments = state.optimiser.state.get(tensor, {})
        tensors |= {f"{name}.{part}": moments[part].contiguous() for part in MOMENTS if part in moments}
    tensors["silent"] = state.silent
    beside = file.with_suffix(".part")
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, beside, metadata={"step": str(state.step), "run": _run(state, plan, rows)})
    beside.replace(file)


def restore(state: "State", file: Path, plan: "Plan", rows: "Rows") -> None:
    """Put a run that was written down into a fresh state.

    Raises:
        DictionaryError: the file is damaged, or is of another run.
    """
    try:
        with safe_open(file, "pt") as opened:
            about = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError) as error:
        raise DictionaryError(f"train: checkpoint {file} cannot be read ({error}). Remove it to start anew.") from error
    if about.get("run") != _run(state, plan, rows):
        raise DictionaryError(
            f"train: checkpoint {file} is of another run: {about.get('run')}; this one is {_run(state, plan, rows)}. "
            "Remove the file to start anew, or give the same settings and rows."
        )
    _fill(state, tensors)
    state.step = int(about["step"])


@torch.no_grad()
def _fill(state: "State", tensors: dict[str, torch.Tensor]) -> None:
    for name, tensor in state.sae.tensors.items():
        tensor.copy_(tensors[name])
        moments = {part: tensors[f"{name}.{part}"] for part in MOMENTS if f"{name}.{part}" in tensors}
        if moments:
            state.optimiser.state[tensor] = {
                part: value if part == "step" else value.to(tensor.device) for part, value in moments.items()
            }
    state.silent.copy_(tensors["silent"])


def _run(state: "State", plan: "Plan", rows: "Rows") -> str:
    """What makes two runs the same, as text."""
    known: dict[str, Any] = {"kind": state.sae.config.kind, **asdict(state.sae.config), **asdict(plan)}
    known |= {"rows": list(rows.shape), "scale": state.scale}
    return json.dumps(known, sort_keys=True)
