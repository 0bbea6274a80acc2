"""Limits as an instructor writes them: what is taken, and what is refused with the names that there are."""

import pytest
from click.testing import CliRunner
from interpbook.cli import cli
from interpbook.grading.sandbox.limits import Limits, with_changes


def test_named_limits_change_and_the_others_stay():
    assert with_changes([]) == Limits()
    changed = with_changes(["cpu=60", "wall=300", "memory=4096"])
    assert changed == Limits(cpu=60, wall=300.0, memory=4096) and isinstance(changed.wall, float)


@pytest.mark.parametrize("wish", ["cpu", "cpu=", "cpu=0", "cpu=-1", "cpu=1.5", "cpu=many", "time=3", "cpu=99999999"])
def test_other_words_are_refused_with_the_names_and_the_usual_numbers(wish):
    with pytest.raises(ValueError, match=r"cpu=30, wall=120, memory=2048"):
        with_changes([wish])


def test_the_command_refuses_before_it_reads_anything(tmp_path):
    said = CliRunner().invoke(cli, ["grade", "x", "--bundle", "y", "--out", str(tmp_path / "out"), "--limit", "cpu=no"])
    assert said.exit_code == 2 and "cpu=30" in said.output and not (tmp_path / "out").exists()
