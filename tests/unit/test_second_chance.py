"""AuxK on and off: the pairs are pairs, and the recorded marks are those of every entrant."""

import dataclasses
import json

import pytest
from interpbook.dictionaries import second_chance as sc
from interpbook.organisms import artifacts


def test_a_pair_differs_in_the_weight_alone():
    plans = {name: plan for name, (_, plan) in sc.entrants().items()}
    for name in [name for name in plans if name.endswith("without")]:
        off, on = plans[name], plans[name.removesuffix("out")]
        assert off.aux == 0 < on.aux and dataclasses.replace(off, aux=on.aux) == on


def test_marks_of_every_entrant_are_there_and_in_the_manifest():
    rows = sc.second_chances()
    assert {row["name"] for row in rows} == set(sc.entrants())
    assert artifacts.problem_with(sc.FILE, sc.folder()) is None
    assert all(seconds is None for _, seconds in sc.make())
    assert all(0 <= row["dead"] < 1 and row["l0"] <= row["k"] + 1e-6 for row in rows)


def test_the_regimes_in_which_the_second_chance_acts():
    """Where latents die of a high rate on planted rows, and of a small k on the stream."""
    rows = sc.second_chances()
    for where, rate in (("planted", 3e-2), ("wide", 3e-3), ("untied", 3e-3)):
        without, with_it = sc.pairs(rows, where, rate, "dead")
        assert all(b < a for a, b in zip(without, with_it, strict=True)), where


def test_pairs_are_seed_by_seed():
    rows = [
        {"where": "planted", "rate": 1.0, "seed": seed, "aux": aux, "dead": 10.0 * seed + (aux > 0)}
        for seed in (2, 0, 1)
        for aux in (0.5, 0.0)
    ]
    assert sc.pairs(rows, "planted", 1.0, "dead") == ([0, 10, 20], [1, 11, 21])


def test_making_goes_on_where_it_stopped_and_notes_the_whole(tmp_path, monkeypatch):
    plans = {name: sc.entrants()[name] for name in list(sc.entrants())[:2]}
    quick = {name: (on, dataclasses.replace(plan, steps=3)) for name, (on, plan) in plans.items()}
    monkeypatch.setattr(sc, "entrants", lambda: quick)
    making = sc.make(tmp_path)
    assert next(making)[1] is not None
    making.close()
    assert len(sc.second_chances(tmp_path)) == 1 and not artifacts.manifest(tmp_path)
    again = dict(sc.make(tmp_path))
    assert [seconds is None for seconds in again.values()] == [True, False]
    assert artifacts.problem_with(sc.FILE, tmp_path) is None
    (off, on) = json.loads((tmp_path / sc.FILE).read_text())
    assert off["aux"] == 0 and on["aux"] == pytest.approx(1 / 32) and off["recovered"] <= 1
