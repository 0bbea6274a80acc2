"""Packages that would not live beside ours, each in an environment of its own: where it is, or why a test is skipped.

INTERPBOOK_PEERS=1 installs those that are missing (minutes; a package registry is needed).
"""

import os
import subprocess
from pathlib import Path

import pytest
from interpbook import bench_peers


def python_of(peer: str, *, with_torch: bool = True) -> Path:
    """The Python that has this peer; skips the test where it is not installed."""
    there = bench_peers.folder_of(peer)
    if (there / "whole").is_file() or os.environ.get("INTERPBOOK_PEERS") == "1":
        return bench_peers.environment(peer, with_torch=with_torch)
    pytest.skip(f"{peer} is not installed in {there}; INTERPBOOK_PEERS=1 installs it")


def must(command: list[object], cwd: Path, environ: dict[str, str] | None = None) -> str:
    """What a command wrote to both streams; an assertion with it where it failed."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environ, text=True, check=False, **both)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout
