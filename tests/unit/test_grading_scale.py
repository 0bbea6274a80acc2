"""A class graded in every way gives the same bytes; a mended check costs its own results; workers that do not fit."""

import io
import json
import os

import pytest
from classroom import hand_in, needs_sandbox, notebook, toy_assignment
from honest import RIGHT
from interpbook import exercises
from interpbook.assigning.refresh import refresh
from interpbook.grading import cluster, fingerprints
from interpbook.grading.bundle import Bundle, Late, Task, read_bundle, to_bytes
from interpbook.grading.cluster import _why_not, opened
from interpbook.grading.dashboard import dashboard
from interpbook.grading.found import Found
from interpbook.grading.grade_command import Wishes, grade
from interpbook.grading.jobs import Job, Plan
from interpbook.grading.marks import Entry, Marks, Row
from interpbook.grading.progress import Progress
from interpbook.grading.rebuild import Written
from interpbook.grading.results import Results, sweep, write_whole
from interpbook.grading.running import Queue, StoppedError
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.times import times_of
from rich.console import Console
from thousand import Cluster, differing, every_way, grading, marks
from thousand import hand_in as hand_in_class
from toybook import edit

TASK = Task("toy.double", "01_toy", "toy-double", "implement", "double", 2.0, "calls", 1e-4, 1e-6, True)


# --- every way to grade ---


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    root = tmp_path_factory.mktemp("scale")
    with pytest.MonkeyPatch.context() as patch:
        bundle = toy_assignment(root, patch, per_student=True)
        hand_in_class(read_bundle(bundle), root / "submissions", 24, seed=2)
        yield root, bundle, every_way(root / "submissions", bundle, root, seed=1)


@needs_sandbox
def test_every_way_to_grade_gives_the_same_bytes_and_leaves_nothing_behind(toy):
    root, _, runs = toy
    said = json.loads((root / "one" / "marks.json").read_text(encoding="utf-8"))["students"]
    statuses = {entry["status"] for row in said for entry in row["exercises"]}
    assert statuses >= {"passed", "wrong", "error", "died", "missing", "not_attempted"}
    assert len(marks(root / "one")) > 50
    assert [run.how for run in runs] == ["one", "killed", "killed", "two", "shards", "cluster"]
    assert {run.how: differing(root / "one", root / run.how) for run in runs} | {"killed": []} == {
        how: [] for how in ("one", "killed", "two", "shards", "cluster")
    }
    assert [run.left for run in runs] == [()] * 6
    assert not [path for path in root.rglob(".*.part")]


@needs_sandbox
def test_a_cluster_loses_a_worker_and_gets_one_that_does_not_fit(toy, tmp_path):
    root, bundle, _ = toy
    with Cluster(tmp_path, 2) as dask:
        process = grading(root / "submissions", bundle, tmp_path / "m", "--cluster", str(dask.file))
        while process.poll() is None and not list((tmp_path / "m").glob("results/*/*.json")):
            pass
        dask.workers[0].kill()
        said = process.communicate()[1]
        assert process.returncode == 0, said
        assert marks(tmp_path / "m") and not differing(root / "one", tmp_path / "m")

        (tmp_path / "checks").mkdir()
        other = (root / "book" / "checks" / "01_toy.py").read_text().replace("Is this the square?", "A square?")
        (tmp_path / "checks" / "01_toy.py").write_text(other)
        dask.workers.append(dask.worker(tmp_path, INTERPBOOK_CHECKS=str(tmp_path / "checks")))
        while (tmp_path / "cluster.log").read_text().count("Registered to:") < 3:
            pass
        process = grading(root / "submissions", bundle, tmp_path / "none", "--cluster", str(dask.file))
        said = process.communicate()[1]
    assert process.returncode == 2 and not (tmp_path / "none").exists()
    assert "The worker tcp://" in said and "other checks of the exercises" in said and "Nothing was run." in said


def test_workers_that_do_not_fit_are_named():
    ours, here = {"code": "a", "torch": "2.13.0", "checks": "b"}, Backend("bubblewrap")
    assert _why_not("tcp://w", {"backend": here, "has": ours}, ours, [here]) == ""
    for said, expected in (
        ({"refused": "Nothing was run: bubblewrap is not installed."}, "has no sandbox"),
        ({"backend": here, "has": ours | {"code": "x"}}, "another version of the toolkit"),
        ({"backend": here, "has": ours | {"torch": "2.12.0"}}, "torch 2.12.0, where this machine has 2.13.0"),
        ({"backend": Backend("none"), "has": ours}, "another sandbox"),
        (ModuleNotFoundError("No module named 'interpbook'"), "cannot use this toolkit"),
    ):
        why = _why_not("tcp://w", said, ours, [here])
        assert why.startswith("The worker tcp://w ") and expected in why


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nothing.json", "???"])
def test_a_scheduler_that_cannot_be_reached(address, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    bundle = Bundle("hw1", "00", (), late=Late())
    with pytest.raises(StoppedError, match="no Dask scheduler answers") as said, opened(address, bundle):
        pass
    assert address in str(said.value) and "Nothing was run" in str(said.value)


# --- a mended check ---


@needs_sandbox
def test_after_a_check_was_mended_only_its_own_answers_run_again(tmp_path, monkeypatch, capfd):
    bundle = toy_assignment(tmp_path, monkeypatch)
    for number, triple in enumerate(("lambda x: 3 * x", "lambda x: x + x", "lambda x: x.abs() * 3")):
        hand_in(tmp_path, f"student{number}", notebook(tmp_path, RIGHT | {"toy-triple": f"treble = {triple}"}))
    assert grade(tmp_path / "submissions", bundle, tmp_path / "m", Wishes()) == 0
    before, old = (tmp_path / "m" / "marks.csv").read_text(), read_bundle(bundle)
    assert "5 answers graded anew, 0 kept from before." in capfd.readouterr().err

    # Negative numbers were never tried: the third answer passed, and should not have.
    checks = tmp_path / "book" / "checks" / "01_toy.py"
    edit(checks, "def _inputs", "def _signed():\n    return [(torch.rand(3) - 2,)]\n\n\ndef _inputs")
    triple = "reference=lambda x: 3 * x,\n        inputs="
    edit(checks, f"{triple}_inputs", f"{triple}_signed")
    _forget_checks()
    assert refresh(bundle) == 0
    assert "toy.triple" in capfd.readouterr().err
    new = read_bundle(bundle)
    assert new.key == old.key and new.notebooks == old.notebooks and new.tasks[:2] == old.tasks[:2]
    assert new.tasks[2].inputs_sha256 != old.tasks[2].inputs_sha256 and new.tasks[2].points == 3
    assert bundle.with_name(f"hw1.private.{old.sha256[:8]}.zip").read_bytes() == to_bytes(old)

    assert grade(tmp_path / "submissions", bundle, tmp_path / "m", Wishes(resume=True)) == 0
    assert "3 answers graded anew, 2 kept from before." in capfd.readouterr().err
    expected = before.replace("student2,student2,2,1,3,6,1,6,6", "student2,student2,2,1,0,3,1,3,6")
    assert (tmp_path / "m" / "marks.csv").read_text() == expected != before
    assert refresh(bundle) == 0
    assert "nothing was written" in capfd.readouterr().err


def _forget_checks():
    """As in a new process."""
    for remembered in (exercises.find, exercises._module, fingerprints.of_check, fingerprints._body):
        remembered.cache_clear()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("lambda x: 3 * x", "lambda x: 3.0 * x", {"toy.triple"}),
        ("Once more?", "Once or twice?", {"toy.triple"}),
        ("One more?", "Once or twice?", {"toy.guess"}),
        ("def double(x):\n    return 2 * x", "def double(x):\n    return x * 2", {"toy.double", "toy.triple"}),
        ("torch.rand(2, 2)", "torch.rand(2, 3)", {"toy.double", "toy.triple"}),
        ("import torch", "import torch  # for tensors", set()),
        ("import torch", "import torch\n\ntorch.set_num_threads(2)", {"toy.double", "toy.guess", "toy.triple"}),
        ("\n\nCHECKS", "\n\ndef unused():\n    pass\n\n\nCHECKS", set()),
    ],
)
def test_what_a_check_reaches_names_its_results(old, new, changed, tmp_path, monkeypatch):
    toy_assignment(tmp_path, monkeypatch)
    before = _of_checks()
    edit(tmp_path / "book" / "checks" / "01_toy.py", old, new)
    after = _of_checks()
    assert {name for name in before if before[name] != after[name]} == changed


def _of_checks():
    _forget_checks()
    return {name: fingerprints.of_check(name, "01_toy") for name in ("toy.double", "toy.guess", "toy.triple")}


def test_checks_that_share_a_file_have_results_of_their_own():
    checks = fingerprints._TOOLKIT / "checks"
    of_mean, of_ccs = (fingerprints._Reached(name, checks, {}) for name in ("probing.mass_mean", "probes.ccs_loss"))
    for reached in (of_mean, of_ccs):
        reached.add(checks / "02_probing.py", {"CHECKS"})
    mean, ccs = ("\n".join(text for _, text in reached.found) for reached in (of_mean, of_ccs))
    assert "def mass_mean(" in mean and "def _unbalanced(" in mean and "Once or twice" not in mean
    assert "def mass_mean(" not in ccs and "ccs_loss" in ccs and "MASS_MEAN = 'probing.mass_mean'" in ccs
    tables = fingerprints._Reached("circuits.shrink", checks, {})
    tables.add(fingerprints._HIDDEN / "literal.py", {"LITERAL"})
    drawn = "\n".join(text for _, text in tables.found)
    assert "def _circuits(" in drawn and "def _heads(" in drawn and "def _sheets(" not in drawn
    assert "code" in fingerprints.engine() and fingerprints.engine()["torch"]


def test_what_all_tasks_share_is_code_that_can_change_a_mark():
    of = fingerprints._TOOLKIT
    for name in ("trial.py", "facts.toml", "grading/marking.py", "grading/sandbox/server.py", "probes/ccs.py"):
        assert fingerprints._decides(of / name) and (of / name).is_file()
    for name in ("checks/02_probing.py", "cli.py", "grading/feedback.py", "grading/hidden/literal.py", "bench.py"):
        assert not fingerprints._decides(of / name) and (of / name).is_file()


# --- progress, times, files ---


def _job(name, setup=("a",), task=TASK):
    return Job(name, task, Written(("x = 1",)), setup, f"{name}-key")


def test_a_log_gets_a_line_every_half_minute():
    now, out = [0.0], io.StringIO()
    with Progress(Console(file=out), 100, kept=7, clock=lambda: now[0]) as progress:
        progress.began("worker 1", "toy.double")
        for status in ("passed", "timeout", "died", "failed"):
            progress.took(status)
        progress.tick()
        assert out.getvalue() == ""
        now[0] = 31.0
        progress.tick()
        progress.tick()
    said = " ".join(out.getvalue().split())
    assert said == (
        "4 of 100 answers, 0.1 a second; about 12 min left; 1 took too long; 1 ended their own process; "
        "1 could not be graded; 7 kept from before; now: toy.double"
    )


def test_a_terminal_shows_what_every_worker_does():
    out = io.StringIO()
    with Progress(Console(file=out, force_terminal=True, width=100), 2, kept=0) as progress:
        progress.only({"tcp://w": "toy.[bold]double"})
        progress.took("passed")
        Console(file=out, width=100).print(progress._picture())
    assert "1 of 2 answers" in out.getvalue() and "tcp://w: toy.[bold]double (0 s)" in out.getvalue()


def test_a_worker_goes_on_with_its_set_up_and_others_take_another():
    queue = Queue([_job(f"{setup}{n}", (setup,)) for setup in "ab" for n in range(3)])
    first, second = queue.take(None), queue.take(None)
    assert first is not None and second is not None and {first.setup, second.setup} == {("a",), ("b",)}
    rest = []
    while (job := queue.take(first.setup if len(rest) < 2 else second.setup)) is not None:
        rest.append(job.setup)
    assert rest == [first.setup] * 2 + [second.setup] * 2 and queue.take(None) is None


def test_times_are_those_of_different_answers(tmp_path):
    results = Results(tmp_path)
    jobs = [_job(f"s{n}") for n in range(20)]
    for n, job in enumerate(jobs):
        results.put(job.key, Found("passed", 1.0).as_json(), {"seconds": n / 10, "memory_mib": 100.0 + n})
    found = times_of(Plan([*jobs, jobs[3]]), results)
    (spread,) = found.exercises
    assert (spread.answers, spread.median_seconds, spread.p95_seconds, spread.max_seconds) == (20, 0.9, 1.8, 1.9)
    assert spread.max_memory_mib == 119 and found.slowest[0].student == "s19" and len(found.slowest) == 10


def test_the_page_of_the_class_shows_times_and_no_markup_of_students(tmp_path):
    results, job = Results(tmp_path), _job("<b>anna")
    results.put(job.key, Found("timeout", 0.0).as_json(), {"seconds": 12.5, "memory_mib": 300.0})
    row = Row("<b>anna", "", (Entry(TASK, 0.0, Found("timeout", 0.0)),))
    shown = dashboard(Marks(Bundle("hw1", "00", (TASK,)), (row,), "bubblewrap"), times_of(Plan([job]), results))
    assert "&lt;b&gt;anna" in shown and "<b>" not in shown and "12.50" in shown and "took too long" in shown


def test_scratch_files_of_processes_that_are_gone_are_removed(tmp_path):
    write_whole(tmp_path / "a.txt", "a")
    mine = tmp_path / f".b.txt.{os.uname().nodename.replace('.', '-')}.{os.getpid()}.part"
    gone = tmp_path / f".c.txt.{os.uname().nodename.replace('.', '-')}.99999999.part"
    elsewhere = tmp_path / ".d.txt.another-machine.99999999.part"
    for path in (mine, gone, elsewhere):
        path.write_text("half")
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", mine.name, elsewhere.name}
