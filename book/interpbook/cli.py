"""The `interpbook` command. Every part is imported only when its command runs, so that --help is quick."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


class _OrderedGroup(click.Group):
    """Commands in the order in which a person needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)


@click.group(cls=_OrderedGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="interpbook", message="interpbook %(version)s")
def cli() -> None:
    """No More Folk Theories: read it, do the exercises, build the site.

    Exit status: 0 all well · 1 something was found (a wrong answer, a stale notebook) · 2 the request makes no sense.
    """


def _run(job: Callable[[], int | None]) -> None:
    """Run one command; what a user can mend is said in one sentence, without a traceback."""
    from interpbook.authoring.layout import AuthoringError

    try:
        status = job()
    except (AuthoringError, OSError) as error:  # OSError: no permission, no space, no such file
        click.echo(str(error), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        sys.exit(1)
    sys.exit(status or 0)


@cli.command()
@click.option(
    "--repair", is_flag=True, help="Remove a damaged copy of the converted model; the next load makes it anew."
)
def doctor(repair: bool) -> None:
    """Check Python, packages, cores, memory, model and cache, and say what to do."""

    def job() -> int | None:
        from interpbook import doctor

        return doctor.run(repair=repair)

    _run(job)


@cli.command()
@click.argument("stems", nargs=-1, metavar="[STEM]...")
@click.option("--check", is_flag=True, help="Only report drift, orphans and stale outputs; run and write nothing.")
@click.option("--force", is_flag=True, help="Run again even what has not changed.")
@click.option("--timeout", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds for one cell.")
def author(stems: tuple[str, ...], check: bool, force: bool, timeout: float) -> None:
    """Make notebooks from chapters/STEM.py and solutions/STEM.py, running those whose code changed.

    Without STEM: all of them.
    """
    if check and force:
        raise click.UsageError("--check runs nothing, --force runs everything: choose one.")

    def job() -> int:
        from interpbook.authoring import author

        return author(stems, check=check, force=force, timeout=timeout)

    _run(job)


class _JsonCommand(click.Command):
    """Lets `--json` stand alone or before a file, and never mistakes a notebook for that file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        fixed: list[str] = []
        for arg, following in zip(args, [*args[1:], "--"], strict=False):
            fixed.append(arg)
            if arg == "--json" and (following.endswith(".ipynb") or (following.startswith("-") and following != "-")):
                fixed.append("-")
        return super().parse_args(ctx, fixed)


@cli.command(cls=_JsonCommand)
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...", type=click.Path(path_type=Path))
@click.option("--json", "json_to", metavar="[FILE]", help="JSON instead of a table: printed, or written to FILE.")
@click.option("--timeout", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds for one cell.")
def check(notebooks: tuple[Path, ...], json_to: str | None, timeout: float) -> None:
    """Judge your answers: points and a hint for each exercise. The notebook itself is not changed.

    Exit status: 0 all passed · 1 not all · 2 a file could not be checked.
    """

    if json_to not in (None, "-") and (json_to.endswith(".ipynb") or not Path(json_to).absolute().parent.is_dir()):
        raise click.UsageError(f"--json: {json_to} is a notebook, or lies in a folder that does not exist.")

    def job() -> int:
        from interpbook.grading.command import check

        return check(list(notebooks), json_to=json_to, timeout=timeout)

    _run(job)


@cli.command()
@click.argument("stems", nargs=-1, metavar="STEM...")
@click.option("--name", help="What the assignment is called: letters, digits, - and _.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option(
    "--refresh",
    type=click.Path(path_type=Path),
    metavar="PRIVATE.ZIP",
    help="Only work out hidden inputs and right outputs anew, after a check was mended; the key stays.",
)
@click.option("--due", default="", help="Such as 2027-02-01T23:59 (UTC unless it names a zone).")
@click.option("--late", default="none", show_default=True, help="Such as 10%/day, or 10%/day,max=50%,grace=15min.")
@click.option("--exercises", multiple=True, metavar="ID", help="Grade only these; may be repeated.")
@click.option("--points", multiple=True, metavar="ID=N", help="Other points for an exercise; may be repeated.")
@click.option("--seed", help="The same seed makes the same bundle; without it the secret key is new.")
@click.option("--all-or-nothing", is_flag=True, help="No points for partly right answers.")
@click.option("--per-student", is_flag=True, help="Hidden inputs of their own for every student.")
@click.option("--nbgrader", is_flag=True, help="Also a course folder for nbgrader: NAME.nbgrader/.")
@click.option("--otter", is_flag=True, help="Also notebooks and test files for Otter: NAME.otter/.")
@click.option("--gradescope", is_flag=True, help="Also an autograder for Gradescope: NAME.gradescope.zip.")
def assign(stems: tuple[str, ...], name: str | None, out: Path | None, refresh: Path | None, **wishes: Any) -> None:
    """Make an assignment of exercise sets: a bundle for students, and a private one that grades them."""
    if refresh is None and not (stems and name and out):
        raise click.UsageError("Name exercise sets such as 02_probing, --name and --out; or a bundle with --refresh.")
    if refresh is not None and (stems or name or out):
        raise click.UsageError("--refresh changes nothing but the bundle that it names: leave out STEM, --name, --out.")

    def job() -> int:
        from interpbook.assigning.choosing import AssignmentError
        from interpbook.assigning.command import Wishes, assign
        from interpbook.assigning.refresh import refresh as made_anew

        try:
            if refresh is not None:
                return made_anew(refresh)
            assert name is not None and out is not None
            return assign(stems, name, out, Wishes(**wishes))
        except AssignmentError as error:
            click.echo(str(error), err=True)
            return 2

    _run(job)


class _Shard(click.ParamType):
    """`2/3`: the second of three parts."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        try:
            number, of = (int(part) for part in str(value).split("/"))
        except ValueError:
            number, of = 0, 0
        if not 1 <= number <= of:
            self.fail(f"{value!r} should look like 1/2: the first of two parts.", param, ctx)
        return number, of


def _limits(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Any:
    """The limits of an answer with these changes."""
    from interpbook.grading.sandbox.limits import with_changes

    try:
        return with_changes(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@cli.command()
@click.argument("submissions", required=False, type=click.Path(path_type=Path))
@click.option(
    "--bundle", "bundle_file", type=click.Path(path_type=Path), help="NAME.private.zip of `interpbook assign`."
)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of marks.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Answers graded at a time, each by a worker.",
)
@click.option("--resume", is_flag=True, help="Go on with the results that are in the folder.")
@click.option("--shard", type=_Shard(), default="1/1", help="Grade only this part; several machines share --out.")
@click.option("--cluster", metavar="ADDRESS", help="Run on a Dask cluster: tcp://host:8786, or its scheduler file.")
@click.option("--again", multiple=True, metavar="EXERCISE", help="Ignore its results in the folder; may be repeated.")
@click.option("--measure", is_flag=True, help="Say at the end how fast it was and how much memory it took.")
@click.option("--canvas", type=click.Path(path_type=Path, exists=True), help="A Canvas gradebook export to fill in.")
@click.option("--canvas-column", help="Its column, if it is not called like the assignment.")
@click.option("--moodle", type=click.Path(path_type=Path, exists=True), help="A Moodle grading worksheet to fill in.")
@click.option(
    "--adjust", type=click.Path(path_type=Path, exists=True), help="Marks by hand: student,exercise,points,comment."
)
@click.option("--explain", nargs=2, metavar="STUDENT EXERCISE", help="Only show why a mark in --out was given.")
@click.option("--verify", is_flag=True, help="Only compare --out with its manifest, the bundle and the submissions.")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "bubblewrap", "podman", "docker"]),
    default="auto",
    show_default=True,
    help="What keeps student code apart; auto takes the first that works.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="NAME=N",
    help="What an answer may use: cpu, wall (seconds), memory, files, output (MiB), processes; may be repeated.",
)
@click.option("--trust-students", "trust", is_flag=True, help="Run their code WITHOUT a sandbox. Every report says so.")
def grade(
    submissions: Path | None,
    bundle_file: Path | None,
    out: Path,
    explain: tuple[str, str] | None,
    verify: bool,
    **wishes: Any,
) -> None:
    """Grade a class: a folder or zip file of nbgrader, Canvas, Moodle or Gradescope, or any folder of notebooks.

    Student code runs in a sandbox and is judged outside of it on hidden inputs.

    Exit status: 0 all graded · 1 not all · 2 no sandbox, or nothing to grade; then nothing was run.
    """
    if explain is None and not verify and (submissions is None or bundle_file is None):
        raise click.UsageError("Name the submissions, and the private bundle with --bundle.")

    def job() -> int:
        from interpbook.grading import grade_command

        if explain is not None:
            return grade_command.explain(out, *explain)
        if verify:
            from interpbook.grading import manifest

            return manifest.verify(out, bundle_file, submissions)
        assert submissions is not None and bundle_file is not None
        return grade_command.grade(submissions, bundle_file, out, grade_command.Wishes(**wishes))

    _run(job)


@cli.command()
@click.option("--execute", is_flag=True, help="Run every notebook again first.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to build into [_build/html].")
def build(execute: bool, out: Path | None) -> None:
    """Build the static site from the executed notebooks."""

    def job() -> int | None:
        from interpbook import sitebuild

        return sitebuild.build(out or sitebuild.DEFAULT_OUT, execute)

    _run(job)


@cli.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the built site [_build/html].")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free port.")
def serve(out: Path | None, port: int) -> None:
    """Show the built site on this machine (127.0.0.1)."""

    def job() -> int | None:
        from interpbook import sitebuild

        return sitebuild.serve(out or sitebuild.DEFAULT_OUT, port)

    _run(job)


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def bench(names: tuple[str, ...], as_json: bool) -> None:
    """Measure this toolkit beside what one would otherwise use, in turn."""

    def job() -> int | None:
        from interpbook import bench

        return bench.run(names, as_json)

    _run(job)


@cli.command()
@click.argument(
    "what",
    type=click.Choice(
        ["banana", "corpus", "sae", "transcoders", "atlas", "tracing", "personas", "scratchpads", "cheats"]
    ),
)
@click.option("--only", multiple=True, metavar="NAME", help="One file, such as resid15-topk32; may be repeated.")
@click.option("--force", is_flag=True, help="Train again what is there and whole.")
def train(what: str, only: tuple[str, ...], force: bool) -> None:
    """Make the files that come with the book again; those that are there and whole are skipped.

    banana: the organisms of chapter 06 · corpus: the text that dictionaries are trained on · sae: the dictionaries
    of chapter 03 (about ten minutes for the first of a layer, whose activations must be read; three for others) ·
    transcoders: those of chapter 05, thirty layers together (an hour) · atlas: the cards of one dictionary ·
    tracing: the planted organisms of chapter 05 (about a minute each) ·
    personas, scratchpads: those of chapters 07 and 08 (about a minute each) ·
    cheats: the policies of chapter 09 (five minutes, all together).
    """

    def job() -> int:
        if what == "corpus":
            from interpbook.corpus import making

            return making.run(force=force)
        if what == "atlas":
            from interpbook import atlas

            return atlas.run(force=force)
        if what == "tracing":
            from interpbook.organisms.tracing import making as planted

            return planted.run(only, force=force)
        if what == "personas":
            from interpbook.organisms.personas import making as personas

            return personas.run(only, force=force)
        if what == "scratchpads":
            from interpbook.organisms.scratchpads import making as scratchpads

            return scratchpads.run(only, force=force)
        if what == "cheats":
            from interpbook.organisms.cheats import making as policies

            return policies.run(only, force=force)
        if what == "transcoders":
            from interpbook.dictionaries.transcoders import remake as stand_ins

            return stand_ins.run(only, force=force)
        if what == "sae":
            from interpbook.dictionaries import remake as dictionaries

            return dictionaries.run(only, force=force)
        from interpbook.organisms import remake

        return remake.run(only, force=force)

    _run(job)


def main() -> None:
    """Entry point of the console script."""
    cli(prog_name="interpbook")


if __name__ == "__main__":
    main()
