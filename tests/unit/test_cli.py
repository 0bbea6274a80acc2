"""The command line: help, exit statuses, one sentence on bad input."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from interpbook.cli import cli

COMMANDS = ("doctor", "author", "check", "build", "serve", "bench")


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(cli, [*map(str, args)])


def test_every_command_has_help(run):
    assert all(name in run("--help").output for name in COMMANDS)
    for name in COMMANDS:
        result = run(name, "--help")
        assert result.exit_code == 0 and len(result.output.splitlines()) > 4


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("authr",), "No such command"),
        (("author", "--check", "--force"), "choose one"),
        (("author", "--timeout", "0"), "0"),
        (("check",), "Missing argument"),
        (("check", "x.ipynb", "--json", "no/such/folder/out"), "folder that does not exist"),
        (("check", "x.ipynb", "--json=y.ipynb"), "is a notebook"),
        (("serve", "--port", "70000"), "70000"),
        (("train", "everything"), "banana"),
        (("train", "banana", "--only", "banana-both-7"), "Known: "),
    ],
)
def test_bad_requests_end_with_2_and_a_sentence(run, args, said):
    result = run(*args)
    assert result.exit_code == 2 and said in result.output and "Traceback" not in result.output


def test_json_may_stand_before_after_or_with_a_file(run, tmp_path):
    for args in (
        ("--json", tmp_path / "x.ipynb"),
        (tmp_path / "x.ipynb", "--json"),
        (tmp_path / "x.ipynb", "--json", "-"),
    ):
        result = run("check", *args)
        assert result.exit_code == 2 and '"error": ' in result.stdout and "does not exist" in result.stderr
    assert not (tmp_path / "x.ipynb").exists()
    assert run("check", tmp_path / "x.ipynb", "--json", tmp_path / "out.json").exit_code == 2
    assert "does not exist" in (tmp_path / "out.json").read_text()


@pytest.mark.parametrize("status", [0, 1, 2])
def test_statuses_are_passed_on(run, monkeypatch, status):
    calls = []
    monkeypatch.setattr("interpbook.authoring.author", lambda *args, **options: calls.append((args, options)) or status)
    assert run("author", "01_toy", "--force").exit_code == status
    assert calls == [((("01_toy",),), {"check": False, "force": True, "timeout": 300.0})]


def test_training_leaves_what_is_there_and_whole(run):
    """With no model loaded: every file is checked against the manifest."""
    result = run("train", "banana", "--only", "banana-both-0", "--only", "verifier-1")
    assert result.exit_code == 0
    assert all(f"{name}.safetensors: was there, whole" in result.output for name in ("banana-both-0", "verifier-1"))


def test_help_needs_no_heavy_packages():
    code = (
        "import sys; from interpbook import cli; print([m for m in ('torch', 'nbformat', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ctrl_c_ends_without_a_traceback(run, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("interpbook.authoring.author", stop)
    result = run("author")
    assert result.exit_code == 1 and result.output == "Stopped.\n"


def test_a_shipped_dictionary_is_left_as_it_is(run):
    result = run("train", "sae", "--only", "resid15-topk32")
    assert result.exit_code == 0
    assert "resid15-topk32: was there, whole" in result.output
    assert "Known: aux, kinds, resid09-topk32" in run("train", "sae", "--only", "everything").output
