"""Model diffing: shifts that were put there are found, and what cannot be compared is refused."""

import pytest
import torch
from interpbook import dictionaries
from interpbook.diffing import (
    DiffError,
    first_above,
    latent_shift,
    mean_shift,
    noise_bar,
    project,
    projection_gap,
    rank_latents,
)


def rows(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def a_dictionary(d: int = 6, n: int = 8) -> dictionaries.Sae:
    plan = dictionaries.Plan(steps=20, batch=64)
    return dictionaries.train(rows(256, d), dictionaries.TopK(d, n, k=2), plan, progress=False)


def test_a_shift_that_was_put_there_is_found():
    before, step = rows(50, 4), torch.tensor([1.0, 0.0, -2.0, 0.5])
    assert torch.allclose(mean_shift(before, before + step), step, atol=1e-6)
    side_by_side = torch.stack([before, before])
    moved = side_by_side + torch.stack([step, 0 * step])[:, None]
    assert torch.allclose(mean_shift(side_by_side, moved), torch.stack([step, 0 * step]), atol=1e-6)


def test_shifts_of_other_prompts_are_refused():
    with pytest.raises(DiffError, match=r"before has shape \(5, 4\) and after \(6, 4\)"):
        mean_shift(rows(5, 4), rows(6, 4))
    with pytest.raises(DiffError, match="Read the same prompts"):
        latent_shift(a_dictionary(), rows(5, 6), rows(4, 6))


def test_a_latent_that_is_pushed_is_the_one_that_rises():
    sae = a_dictionary()
    before = rows(40, 6, seed=1)
    after = before + 5 * sae.W_dec[3]
    change = latent_shift(sae, before, after)
    assert int(change.argmax()) == 3
    assert torch.allclose(change, (dictionaries.encode(sae, after) - dictionaries.encode(sae, before)).mean(0))


def test_the_rank_ignores_what_controls_raise_too():
    harmful = torch.tensor([[5.0, 1.0, 0.0], [5.0, 1.2, 0.1]])
    harmless = torch.tensor([[5.0, 0.0, 0.0], [5.2, 0.1, 0.0]])
    assert rank_latents(harmful, harmless).tolist() == [1, 2, 0]
    assert rank_latents(harmful, torch.zeros(1, 3)).tolist()[0] == 0
    with pytest.raises(DiffError, match="have 3 latents and the harmless ones 2"):
        rank_latents(harmful, torch.zeros(1, 2))


def test_a_projection_does_not_depend_on_the_directions_length():
    shift, direction = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 1.0])
    assert float(project(shift, direction)) == pytest.approx(4)
    assert float(project(shift, 10 * direction)) == pytest.approx(4)
    assert float(project(shift, -direction)) == pytest.approx(-4)
    assert project(torch.stack([shift, -shift]), torch.stack([direction, direction])).tolist() == [4, -4]
    with pytest.raises(DiffError, match="length zero"):
        project(shift, torch.zeros(2))


def test_the_bar_stands_above_harmless_finetunes_and_needs_some():
    quiet = torch.tensor([0.1, -0.1, 0.0, 0.05])
    assert noise_bar(quiet) == pytest.approx(float(quiet.mean() + 3 * quiet.std()))
    assert noise_bar(quiet, sds=1.0) < noise_bar(quiet)
    with pytest.raises(DiffError, match="at least three"):
        noise_bar(torch.tensor([0.0, 1.0]))


def test_first_above_wants_values_that_stay_there():
    doses = [0.0, 0.1, 0.2, 0.4]
    assert first_above(doses, torch.tensor([0.0, 2.0, 0.5, 3.0]), 1.0) == 0.4  # one that pokes out does not count
    assert first_above(doses, torch.tensor([0.0, 2.0, 1.5, 3.0]), 1.0) == 0.1
    assert first_above(doses, torch.tensor([2.0, 2.0, 2.0, 2.0]), 1.0) == 0.0
    assert first_above(doses, torch.tensor([0.0, 0.0, 0.0, 1.0]), 1.0) == float("inf")
    with pytest.raises(DiffError, match="rising doses"):
        first_above([0.0, 0.0], torch.zeros(2), 1.0)
    with pytest.raises(DiffError, match="got 2 values"):
        first_above(doses, torch.zeros(2), 1.0)


def test_data_that_lie_further_along_a_direction_are_flagged():
    own, direction = rows(10, 4), torch.tensor([2.0, 0.0, 0.0, 0.0])
    data = own.clone()
    data[:5, 0] += 3
    assert torch.allclose(projection_gap(data, own, direction), torch.tensor([3.0] * 5 + [0.0] * 5), atol=1e-5)
    with pytest.raises(DiffError):
        projection_gap(data[:9], own, direction)
