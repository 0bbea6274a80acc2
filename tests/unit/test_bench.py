"""Benchmarks measure in turn, orient every ratio the same way, and refuse to compare unlike things."""

import json

import click
import pytest
import torch
from interpbook import bench


def made_up(ours: list[float], peers: list[float], order: list[str] | None = None) -> bench.Benchmark:
    """A benchmark whose figures are known."""
    ours_left, peers_left = iter(ours), iter(peers)

    def one(side: str, left):
        if order is not None:
            order.append(side)
        return {"job": next(left)}

    return bench.Benchmark(
        "job", lambda: one("A", ours_left), lambda: one("B", peers_left), "somebody", {"job": "s"}, n=len(ours)
    )


def test_ratio_is_the_median_over_pairs_and_above_one_where_ours_is_better():
    (row,) = bench.measure(made_up([1.0, 2.0, 4.0], [10.0, 8.0, 8.0]))  # pairs: 10, 4, 2
    assert (row.ratio, row.ours, row.peer, row.n) == (4.0, 2.0, 8.0, 3)
    assert row.pairs == [(1.0, 10.0), (2.0, 8.0), (4.0, 8.0)]
    (worse,) = bench.measure(made_up([3.0], [1.0]))
    assert worse.ratio < 1


def test_ours_and_peer_run_in_turn():
    order: list[str] = []
    list(bench.measure(made_up([1.0, 1.0], [1.0, 1.0], order)))
    assert order == ["A", "B", "A", "B"]


def test_json_has_the_agreed_keys(monkeypatch, capsys):
    monkeypatch.setattr(bench, "BENCHMARKS", {"job": lambda: made_up([1.0], [2.0])})
    assert bench.run(["job"], True) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == {"name", "ours", "peer", "ratio", "peer_name", "unit", "n", "pairs"}


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(click.UsageError, match="no benchmark 'hravest'"):
        bench.run(["load", "hravest"], True)


def test_different_losses_do_not_compare():
    bench._same_loss({"ours": 1.0, "peer": 1.05})
    with pytest.raises(click.ClickException, match="differ"):
        bench._same_loss({"ours": 1.0, "peer": 1.5})


def test_different_tables_do_not_compare():
    table = torch.rand(3, 2)
    bench._same_table({"ours": table, "peer": table + 1e-5})
    with pytest.raises(click.ClickException, match=r"differ by up to 0\.5"):
        bench._same_table({"ours": table, "peer": table + 0.5})
