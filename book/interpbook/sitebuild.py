"""The static site: built from stored outputs, put in place only when it is complete, and shown on loopback.

1. With `execute`, every notebook is run again first.
2. Jupyter Book builds into a folder beside the target, with every warning an error.
3. Only a build without problems takes the target's place, so that a failed one leaves the last good site standing.
"""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_OUT = Path("_build/html")
SCHEMA = Path(__file__).parent / "grading" / "marks.schema.json"  # published at the site's root
LIMIT = 600  # seconds; a build from stored outputs takes well under 90


def build(out: Path = DEFAULT_OUT, execute: bool = False) -> int:
    """Build the site into `out`: 0 when it stands there, 1 when something is wrong and nothing was changed."""
    out = Path(out)
    if execute and _execute() != 0:
        return 1
    problem = _unfit(out)
    if problem:
        click.echo(f"interpbook build: {problem}", err=True)
        return 1
    started = time.monotonic()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=out.parent) as scratch:
        fresh = Path(scratch) / "_build" / "html"
        result = _run_sphinx(Path(scratch))
        if result != 0 or not (fresh / "index.html").is_file():
            click.echo("interpbook build: the site was not built; the warnings above say why.", err=True)
            return 1
        shutil.copy(SCHEMA, fresh)
        _swap(fresh, out)
    click.echo(f"The site is in {out} ({_megabytes(out):.1f} MB, {time.monotonic() - started:.0f} s).")
    click.echo(f"Open {out / 'index.html'} in a browser, or see it served with: make serve")
    return 0


def serve(out: Path = DEFAULT_OUT, port: int = 8000) -> int:
    """Serve the built site to this machine only, until Ctrl+C: 0 afterwards, 1 when there is nothing to serve."""
    out = Path(out)
    if not (out / "index.html").is_file():
        click.echo(f"interpbook serve: there is no site in {out}; build it first with: interpbook build", err=True)
        return 1
    handler = functools.partial(_QuietHandler, directory=str(out))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as problem:
        click.echo(f"interpbook serve: cannot use port {port} ({problem}); try another: --port {port + 1}", err=True)
        return 1
    with server:
        click.echo(f"The book is at http://127.0.0.1:{server.server_address[1]}/ (Ctrl+C stops it).")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Files from one folder, without a line on the terminal for each."""

    def log_message(self, format: str, *args) -> None:  # noqa: ARG002  (the names are the library's)
        return


def _execute() -> int:
    """Run every notebook again, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "interpbook.cli", "author", "--force"], cwd=ROOT, check=False
    ).returncode


def _unfit(out: Path) -> str:
    """Why the site cannot be built here, or an empty string."""
    for name in ("_config.yml", "_toc.yml"):
        if not (ROOT / name).is_file():
            return f"{ROOT / name} is missing; run this from a checkout of the book."
    if out.exists() and not out.is_dir():
        return f"{out} is a file; name a folder with --out."
    if out.exists() and any(out.iterdir()) and not (out / ".buildinfo").is_file():
        return f"{out} holds files that are not a site built here; name another folder with --out, or empty it."
    return ""


def _run_sphinx(scratch: Path) -> int:
    """Jupyter Book over the whole source, quiet but for warnings; its exit status."""
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build"]
    command += ["-W", "-n", "--keep-going", "-q", "--all", "--path-output", str(scratch), str(ROOT)]
    # Dates in the pages would make two builds of one source differ; the colour codes would fill a log file.
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        click.echo(f"interpbook build: Sphinx did not end within {LIMIT} s.", err=True)
        return 1
    if done.returncode != 0:
        click.echo(_explain(done.stderr + "\n" + done.stdout), err=True)
    return done.returncode


def _explain(log: str) -> str:
    """The lines of Sphinx's log that say what is wrong."""
    lines = [line for line in log.splitlines() if line.strip() and not line.startswith("=====")]
    telling = [line for line in lines if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return "\n".join(telling or lines[-40:])


def _swap(fresh: Path, out: Path) -> None:
    """Put the fresh site where the old one was; the old one goes only after the new one stands."""
    old = fresh.parent / "old"
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
