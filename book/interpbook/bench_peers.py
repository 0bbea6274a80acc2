"""Peers that would not live beside our own packages: each in an environment of its own, run in fresh processes."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import torch
from filelock import FileLock

from interpbook.models.store import cache_dir


def folder_of(peer: str) -> Path:
    """Where the environment of a peer lies; it is whole when a file `whole` is in it."""
    return cache_dir() / "peers" / peer.replace("==", "-")


def environment(peer: str, packages: Sequence[str] = (), *, with_torch: bool = True) -> Path:
    """The Python of an environment that holds `peer` (a pinned requirement), our version of torch, and `packages`.

    Made once, some minutes, in the user's cache; another pin makes another environment.
    """
    folder = folder_of(peer)
    python = folder / "bin" / "python"
    ours = [f"torch=={torch.__version__.partition('+')[0]}"] if with_torch else []
    wanted = [*ours, peer, *packages]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "whole").is_file():
            click.echo(f"bench: installing {peer} into {folder} (once; some minutes)", err=True)
            must([sys.executable, "-m", "venv", "--clear", str(folder)], "making an environment")
            must([str(python), "-m", "pip", "install", "--quiet", *wanted], f"installing {' and '.join(wanted)}")
            (folder / "whole").touch()
    return python


def figures(python: Path, script: str, arguments: Sequence[object], doing: str) -> dict[str, float]:
    """What a script says last: a line of JSON with its figures."""
    environ = os.environ | {"WANDB_MODE": "disabled", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    said = must([str(python), "-c", script, *map(str, arguments)], doing, environ)
    return json.loads(said.strip().splitlines()[-1])


def must(command: list[str], doing: str, environ: dict[str, str] | None = None) -> str:
    """What a command wrote; its last words in an error, where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        last = " ".join(done.stderr.strip().splitlines()[-2:])
        raise click.ClickException(f"bench: {doing} failed: {last}")
    return done.stdout
