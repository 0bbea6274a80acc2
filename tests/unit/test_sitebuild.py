"""Building and serving: nothing is lost by a failed build, and nobody else on the network sees the site."""

import contextlib
import socket
import threading
import urllib.request
from http.server import ThreadingHTTPServer

import pytest
from interpbook import sitebuild


@pytest.fixture
def fake_sphinx(monkeypatch):
    """A Sphinx that writes one page, or fails, at once."""

    def make(result: int = 0, page: str = "new"):
        def run(scratch):
            folder = scratch / "_build" / "html"
            folder.mkdir(parents=True)
            if result == 0:
                (folder / "index.html").write_text(page)
                (folder / ".buildinfo").write_text("")
            return result

        monkeypatch.setattr(sitebuild, "_run_sphinx", run)

    return make


def test_a_good_build_replaces_the_old_site_whole(tmp_path, fake_sphinx, capsys):
    """Old pages do not linger, and the end says where the site is."""
    out = tmp_path / "html"
    fake_sphinx(page="first")
    assert sitebuild.build(out) == 0
    (out / "gone.html").write_text("a page that no longer exists")
    fake_sphinx(page="second")
    assert sitebuild.build(out) == 0
    assert (out / "index.html").read_text() == "second"
    assert not (out / "gone.html").exists()
    assert str(out) in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_failed_build_leaves_the_last_good_site(tmp_path, fake_sphinx, capsys):
    """Exit status 1, the old pages untouched, no litter."""
    out = tmp_path / "html"
    fake_sphinx(page="good")
    assert sitebuild.build(out) == 0
    fake_sphinx(result=1)
    assert sitebuild.build(out) == 1
    assert (out / "index.html").read_text() == "good"
    assert "not built" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_folder_with_other_files_is_not_overwritten(tmp_path, fake_sphinx, capsys):
    """`--out ~` must not cost anyone their home."""
    (tmp_path / "thesis.tex").write_text("years of work")
    fake_sphinx()
    assert sitebuild.build(tmp_path) == 1
    assert "thesis.tex" in [path.name for path in tmp_path.iterdir()]
    assert "--out" in capsys.readouterr().err


def test_a_file_in_the_way_is_said(tmp_path, fake_sphinx, capsys):
    """The target is a file."""
    (tmp_path / "html").write_text("a file")
    fake_sphinx()
    assert sitebuild.build(tmp_path / "html") == 1
    assert "is a file" in capsys.readouterr().err


def test_without_the_books_sources_one_sentence(tmp_path, monkeypatch, capsys):
    """The toolkit was installed without the book."""
    monkeypatch.setattr(sitebuild, "ROOT", tmp_path)
    assert sitebuild.build(tmp_path / "html") == 1
    assert "_config.yml is missing" in capsys.readouterr().err


def test_execute_runs_the_notebooks_first_and_stops_when_they_fail(tmp_path, fake_sphinx, monkeypatch):
    """A failing notebook builds nothing."""
    fake_sphinx()
    monkeypatch.setattr(sitebuild, "_execute", lambda: 1)
    assert sitebuild.build(tmp_path / "html", execute=True) == 1
    assert not (tmp_path / "html").exists()
    monkeypatch.setattr(sitebuild, "_execute", lambda: 0)
    assert sitebuild.build(tmp_path / "html", execute=True) == 0


def test_serving_nothing_is_said(tmp_path, capsys):
    """There is no site yet."""
    assert sitebuild.serve(tmp_path, 0) == 1
    assert "interpbook build" in capsys.readouterr().err


def test_a_port_in_use_is_said(tmp_path, capsys):
    """With another to try."""
    (tmp_path / "index.html").write_text("here")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert sitebuild.serve(tmp_path, port) == 1
    assert f"--port {port + 1}" in capsys.readouterr().err


def test_the_site_is_served_to_this_machine_only(tmp_path, monkeypatch, capsys):
    """On 127.0.0.1, until interrupted, which ends it cleanly."""
    (tmp_path / "index.html").write_text("the book")
    made: list[ThreadingHTTPServer] = []

    class Server(ThreadingHTTPServer):
        """Remembers itself, and ends as Ctrl+C would end it."""

        def serve_forever(self, poll_interval: float = 0.05) -> None:
            made.append(self)
            super().serve_forever(poll_interval)
            raise KeyboardInterrupt

    monkeypatch.setattr(sitebuild.http.server, "ThreadingHTTPServer", Server)
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(sitebuild.serve(tmp_path, 0)))
    thread.start()
    while not made:
        thread.join(0.02)
    host, port = made[0].server_address[:2]
    assert host == "127.0.0.1"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert answer.read() == b"the book"
    made[0].shutdown()
    thread.join(5)
    assert results == [0]
    assert f"http://127.0.0.1:{port}/" in capsys.readouterr().out
