"""Dictionaries against their definitions, dense gradients, known features, kills, and files cut off."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from conftest import tiny_model
from interpbook import dictionaries as dic
from interpbook.dictionaries import by_kind, files, sparse, training
from interpbook.dictionaries.kinds import CONFIGS, rule_of
from interpbook.dictionaries.shipped import folder as dictionaries_folder
from interpbook.models import Site, logits, read, tokenize

D, N = 12, 32
SETTINGS = {"topk": {"k": 3}, "batchtopk": {"k": 3}, "matryoshka": {"k": 3, "prefixes": (8, N)}}
QUICK = dic.Plan(steps=12, batch=64, lr=3e-3, warmup=2, dead_after=128, save_every=4, choose_in="float32")


def config_of(kind, **other):
    return CONFIGS[kind](**({"d_in": D, "n_latents": N} | SETTINGS.get(kind, {}) | other))


def random_sae(kind="topk", d=D, site=None, seed=0):
    """Random numbers everywhere, none at a value that hides mistakes."""
    generator = torch.Generator().manual_seed(seed)
    config = config_of(kind, d_in=d)
    W_enc, W_dec = torch.randn(2, N, d, generator=generator)
    extra = {name: t + 0.3 for name, t in rule_of(config).fresh_extra(config).items()}
    b_enc, b_dec = torch.randn(N, generator=generator), torch.randn(d, generator=generator)
    return dic.Sae(config, W_enc, b_enc, F.normalize(W_dec, dim=1), b_dec, extra, site=site)


def rows(n=400, d=D, seed=1):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) * 3 + 1


@pytest.mark.parametrize(("n", "k"), [(32, 3), (4096, 32), (1000, 7), (2048, 64)])
def test_top_k_in_two_passes_is_exact(n, k):
    pre = torch.randn(20, n)
    values, ids = sparse.top_k(pre, k)
    assert torch.equal(values.sort().values, pre.topk(k).values.sort().values)
    assert torch.equal(pre.gather(1, ids), values)


def test_sparse_decoding_and_its_gradients_are_the_dense_ones():
    ids = torch.tensor([3, 1, 0, 3, 2, 3])
    active = sparse.Active(ids, torch.tensor([0, 2, 2]))  # the second row has none, the third four
    weights, W = torch.randn(6, requires_grad=True), torch.randn(5, D, requires_grad=True)
    row = torch.tensor([0, 0, 2, 2, 2, 2])
    dense = torch.zeros(3, D).index_add(0, row, weights[:, None] * W[ids])
    found = sparse.Decode.apply(weights, W, *active)
    assert torch.allclose(found, dense, atol=1e-6)
    upstream = torch.randn(3, D)
    for a, b in zip(
        torch.autograd.grad(found, (weights, W), upstream),
        torch.autograd.grad(dense, (weights, W), upstream),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-5)


def test_topk_training_has_the_gradients_of_the_dense_definition():
    sae = random_sae()
    tensors = {name: t.clone().requires_grad_() for name, t in sae.tensors.items()}
    sae, x = sae.with_tensors(tensors), rows(50)
    ours = torch.autograd.grad(rule_of(sae.config).objective(sae, x, torch.float32).loss, list(tensors.values()))
    pre = (x - sae.b_dec) @ sae.W_enc.T + sae.b_enc
    kept = pre * (pre >= pre.topk(3).values[:, -1:])
    dense = (x - (kept.relu() @ sae.W_dec + sae.b_dec)).square().mean()
    for name, a, b in zip(tensors, ours, torch.autograd.grad(dense, list(tensors.values())), strict=True):
        assert torch.allclose(a, b, atol=1e-5), name


def test_what_each_kind_keeps():
    x = rows(64)
    latents = {kind: dic.encode(random_sae(kind), x) for kind in CONFIGS}
    assert all(bool((found >= 0).all()) for found in latents.values())
    assert int((latents["topk"] > 0).sum(-1).max()) <= 3
    pre = dic.pre_activations(random_sae(), x)
    assert torch.equal(latents["relu"], pre.relu())
    assert torch.equal(latents["jumprelu"], pre * (pre > 0.3 + 0.5))
    assert torch.equal(latents["batchtopk"], pre * (pre > 0.3))
    assert bool((latents["gated"] > 0).any()) and not bool((latents["gated"][pre <= 0] > 0).any())


def test_a_shared_budget_is_spent_by_the_rows_that_need_it():
    sae = random_sae("batchtopk")
    found = rule_of(sae.config).objective(sae, torch.cat([rows(10) * 20, rows(10) * 0.01]), torch.float32)
    assert found.n_active <= 20 * 3 and float(found.least) > 0
    kept = dic.kinds.batchtopk.within_budget(sae, torch.cat([rows(10) * 20, rows(10) * 0.01]), torch.float32)[1]
    per_row = sparse.rows_of(kept).bincount(minlength=20)
    assert int(per_row[:10].sum()) > 2 * int(per_row[10:].sum()) and int(per_row.sum()) == 60


def test_sparse_and_dense_encoding_agree():
    sae, x = random_sae(), rows(30)
    values, ids = dic.encode_sparse(sae, x)
    assert torch.equal(torch.zeros(30, N).scatter(1, ids, values), dic.encode(sae, x))
    assert torch.equal(dic.latent(sae, x, 4), dic.encode(sae, x)[:, 4])


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_every_kind_learns_and_keeps_its_directions_at_length_one(kind):
    first = []
    plan = dataclasses.replace(QUICK, steps=60)
    sae = dic.train(rows(), config_of(kind), plan, progress=False, watch=lambda step, now: first.append(now.loss))
    assert first[-1] < first[0]
    assert torch.allclose(sae.W_dec.norm(dim=1), torch.ones(N), atol=1e-5)
    assert dic.quality(sae, rows()).fvu < 1


def test_the_best_kind_recovers_what_was_planted_and_a_frozen_decoder_does_not():
    known = dic.planted(96, 48, active=2.0)
    plan = dic.Plan(steps=800, batch=512, lr=3e-3, dead_after=10_000, choose_in="float32")
    x, config = dic.draw(known, 20_000).x, dic.TopK(48, 96, k=2)
    found = dic.train(x, config, plan, progress=False)
    frozen = dic.train(x, config, dataclasses.replace(plan, frozen_decoder=True), progress=False)
    assert dic.recovered(found.W_dec, known.directions) >= 0.95
    assert dic.recovered(frozen.W_dec, known.directions) < 0.1
    assert float(dic.mmcs(frozen.W_dec, known.directions).mean()) == pytest.approx(dic.chance_mmcs(96, 48), abs=0.15)


@pytest.mark.parametrize("kind", list(CONFIGS))
@pytest.mark.parametrize("killed_at", [3, 9])
def test_a_killed_run_ends_with_the_same_weights(kind, killed_at, tmp_path):
    whole = dic.train(rows(), config_of(kind), QUICK, progress=False)

    def kill(step, _):
        if step == killed_at:
            raise KeyboardInterrupt

    file = tmp_path / "run.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        dic.train(rows(), config_of(kind), QUICK, checkpoint=file, watch=kill, progress=False)
    assert file.is_file() == (killed_at > 4)
    seen = []
    resumed = dic.train(
        rows(), config_of(kind), QUICK, checkpoint=file, watch=lambda step, _: seen.append(step), progress=False
    )
    assert seen[0] == (8 if killed_at > 8 else 0) and not file.exists()
    assert all(torch.equal(resumed.tensors[name], tensor) for name, tensor in whole.tensors.items())


def test_a_checkpoint_of_another_run_or_cut_off_is_refused(tmp_path):
    file = tmp_path / "run.checkpoint"
    state = training.start(rows(), config_of("topk"), QUICK)
    training.step(state, rows(64), QUICK, torch.float32)
    training.checkpoints.save(state, file, QUICK, rows())
    with pytest.raises(dic.DictionaryError, match="of another run"):
        dic.train(rows(), config_of("topk"), dataclasses.replace(QUICK, seed=1), checkpoint=file, progress=False)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(dic.DictionaryError, match="cannot be read"):
        dic.train(rows(), config_of("topk"), QUICK, checkpoint=file, progress=False)


def test_training_reads_batches_and_never_all_rows():
    asked = []

    class Store:
        shape = (400, D)

        def __getitem__(self, chosen):
            asked.append(chosen)
            return rows()[chosen]

    dic.train(Store(), config_of("topk"), dataclasses.replace(QUICK, steps=6), progress=False)
    assert {len(chosen) for chosen in asked[1:]} == {64}
    assert len(torch.cat(asked[1:]).unique()) == 6 * 64  # one pass: no row twice


def test_dead_latents_are_called_back():
    config = dic.TopK(D, N, k=1)
    dead = {}
    for aux in (0.0, 1.0):
        state = training.start(rows(), config, dataclasses.replace(QUICK, aux=aux))
        with torch.no_grad():
            state.sae.b_enc[N // 2 :] = -2.0
        plan = dataclasses.replace(QUICK, aux=aux, lr=3e-2, steps=400)
        for number in range(200):
            state.step = number
            now = training.step(state, training.batch_of(rows(), plan, number), plan, torch.float32)
        dead[aux] = now.dead
    assert dead[1.0] < dead[0.0]


def test_an_untied_start_looks_for_other_directions_than_it_adds():
    tied, untied = (
        training.start(rows(), config_of("topk"), dataclasses.replace(QUICK, tied_start=tied)).sae
        for tied in (True, False)
    )
    assert torch.equal(tied.W_enc, tied.W_dec) and torch.equal(untied.W_dec, tied.W_dec)
    cosine = F.cosine_similarity(untied.W_enc, untied.W_dec, dim=1).detach()
    assert float(cosine.mean().abs()) < 0.3 and float(cosine.max()) < 0.99
    assert float(untied.W_enc.detach().norm(dim=1).mean()) == pytest.approx(1, abs=0.1)


def test_attention_sinks_are_left_out_and_pass_untouched():
    x = rows()
    x[7] *= 1000
    with_sink, without = (
        dic.train(data, config_of("topk"), dataclasses.replace(QUICK, steps=4), progress=False) for data in (x, rows())
    )
    assert with_sink.limit == pytest.approx(without.limit, rel=0.05)
    assert float(with_sink.b_dec.abs().max()) < 3
    assert dic.quality(with_sink, x).n == 399 and not bool(dic.ordinary(with_sink, x)[7])
    through = dic.splice(with_sink, mask=torch.ones(20, 20, dtype=torch.bool))(x.view(20, 20, D)).view(400, D)
    assert torch.equal(through[7], x[7]) and not torch.equal(through[8], x[8])


def test_quality_by_hand():
    eye = torch.cat([torch.eye(2), -torch.eye(2)])
    sae = dic.Sae(dic.ReLU(2, 4), eye, torch.zeros(4), eye, torch.zeros(2))
    found = dic.quality(sae, torch.tensor([[1.0, 0.0], [-1.0, 0.0], [2.0, 0.0], [-2.0, 0.0]]))
    assert found == dic.Quality(pytest.approx(0.0, abs=1e-9), 1.0, 0.5, 4)
    blind = dataclasses.replace(sae, W_enc=torch.zeros(4, 2))
    assert dic.quality(blind, torch.tensor([[1.0, 0.0], [-1.0, 0.0]])).fvu == pytest.approx(1.0)
    assert dic.frequencies(sae, torch.tensor([[1.0, 0.0], [-1.0, 2.0]])).tolist() == [0.5, 0.5, 0.5, 0.0]


def test_a_perfect_dictionary_recovers_all_loss_and_a_blind_one_none():
    model, site = tiny_model("llama"), Site("resid", layer=1)
    prompts = ["the capital of france is paris", "berlin is a big city of germany", "a city"]
    d = read(model, "the", site).shape[-1]
    eye = torch.cat([torch.eye(d), -torch.eye(d)])
    perfect = dic.Sae(dic.ReLU(d, 2 * d), eye, torch.zeros(2 * d), eye, torch.zeros(d), site=site)
    found = dic.loss_recovered(model, perfect, prompts)
    assert found.spliced == pytest.approx(found.clean, abs=1e-5) and found.recovered == pytest.approx(1, abs=1e-3)
    tokens = tokenize(model, prompts)
    later = tokens.mask & (tokens.mask.cumsum(-1) > 1)
    mean = read(model, tokens, site)[later].mean(0)
    blind = dataclasses.replace(perfect, W_enc=torch.zeros_like(eye), b_dec=mean)
    assert dic.loss_recovered(model, blind, prompts).recovered == pytest.approx(0, abs=1e-3)
    assert found.clean == pytest.approx(plain_loss(model, tokens), abs=1e-5)


def plain_loss(model, tokens):
    """The model's loss, written another way."""
    said = logits(model, tokens).log_softmax(-1)
    places = [(b, t) for b in range(len(tokens.ids)) for t in range(tokens.ids.shape[1] - 1) if tokens.mask[b, t]]
    return -torch.stack([said[b, t, tokens.ids[b, t + 1]] for b, t in places]).mean().item()


def test_splice_with_the_error_kept_changes_only_what_is_edited():
    model, site = tiny_model("llama"), Site("resid", layer=1)
    d = read(model, "the", site).shape[-1]
    sae, prompt = random_sae(d=d, site=site), "the capital of france is"
    same = logits(model, prompt, write={site: dic.splice(sae, keep_error=True)})
    assert torch.allclose(same, logits(model, prompt), atol=1e-4)

    def louder(latents):
        latents[..., 5] = 4.0
        return latents

    stream = read(model, prompt, site)
    edited = dic.splice(sae, keep_error=True, edit=louder)(stream)
    moved = (4.0 - dic.latent(sae, stream, 5))[..., None] * sae.W_dec[5]
    assert torch.allclose(edited[:, 1:] - stream[:, 1:], moved[:, 1:], atol=1e-4)
    assert torch.equal(edited[:, 0], stream[:, 0])


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_files_give_back_what_was_saved(kind, tmp_path):
    sae = dataclasses.replace(random_sae(kind, site=Site("resid", layer=3)), limit=50.0, about={"seed": "0"})
    dic.save(sae, tmp_path / "whole.safetensors")
    dic.save(sae, tmp_path / "small.safetensors", small=True)
    whole, small = (dic.load(tmp_path / f"{name}.safetensors") for name in ("whole", "small"))
    assert (whole.config, whole.site, whole.limit, whole.about) == (sae.config, sae.site, 50.0, sae.about)
    assert all(torch.equal(whole.tensors[name], tensor) for name, tensor in sae.tensors.items())
    assert torch.allclose(small.W_dec, sae.W_dec, atol=0.01) and not torch.equal(small.W_dec, sae.W_dec)


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_saelens_folders_compute_the_same(kind, tmp_path):
    sae, x = random_sae(kind, site=Site("resid", layer=3)), rows(40)
    dic.to_saelens(sae, tmp_path)
    back = dic.from_saelens(tmp_path)
    assert back.site == sae.site
    assert torch.allclose(dic.reconstruct(back, x), dic.reconstruct(sae, x), atol=1e-5)


def test_eleuther_folders_compute_the_same(tmp_path):
    sae, x = random_sae(site=Site("resid", layer=3)), rows(40)
    dic.to_eleuther(sae, tmp_path / "layers.3")
    back = dic.from_eleuther(tmp_path / "layers.3")
    assert back.site == sae.site and torch.equal(dic.encode(back, x), dic.encode(sae, x))
    with pytest.raises(dic.DictionaryError, match="holds TopK"):
        dic.to_eleuther(random_sae("relu"), tmp_path)


def test_decoder_lengths_of_other_formats_move_to_the_latents(tmp_path):
    sae, x = random_sae("jumprelu"), rows(40)
    longer = dataclasses.replace(sae, W_dec=sae.W_dec * torch.linspace(0.5, 2, N)[:, None])
    dic.to_saelens(longer, tmp_path)
    back = dic.from_saelens(tmp_path)
    assert torch.allclose(back.W_dec.norm(dim=1), torch.ones(N), atol=1e-5)
    assert torch.allclose(dic.reconstruct(back, x), dic.reconstruct(longer, x), atol=1e-4)


def nan_at_row_17():
    x = rows()
    x[17, 3] = torch.nan
    return x


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: dic.TopK(D, N, k=N + 1), "lies between 1 and 32; got k=33"),
        (lambda: dic.TopK(0, N), "d_in is a whole number from 1"),
        (lambda: dic.Matryoshka(D, N, k=3, prefixes=(8, 16)), "end at n_latents=32"),
        (lambda: dic.train(rows(d=D + 1), config_of("topk"), QUICK), r"numbers; the rows have shape \(400, 13\)"),
        (lambda: dic.train(rows(20), config_of("topk"), QUICK), "a batch takes 64 rows and there are 20"),
        (lambda: dic.train(nan_at_row_17(), config_of("topk"), QUICK, progress=False), "row 17 .* NaN or infinity"),
        (lambda: dic.encode(random_sae(), rows(d=D + 1)), "takes activations of 12 numbers; these have 13"),
        (lambda: dic.latent(random_sae(), rows(), N), "latents 0 to 31; asked for 32"),
        (lambda: dic.loss_recovered(tiny_model("llama"), random_sae(), "the city"), "does not say where it belongs"),
        (lambda: dic.planted(10, 4, active=6.0), "at most half"),
        (lambda: dic.Plan(choose_in="int8"), "choose_in is"),
    ],
)
def test_bad_input_is_named(mistake, said):
    with pytest.raises(dic.DictionaryError, match=said):
        mistake()


def test_files_that_are_missing_cut_off_or_of_another_shape(tmp_path):
    file = tmp_path / "x.safetensors"
    with pytest.raises(dic.DictionaryError, match="there is no file"):
        dic.load(file)
    dic.save(random_sae(), file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(dic.DictionaryError, match="cannot be read"):
        dic.load(file)
    tensors = random_sae().tensors
    with pytest.raises(dic.DictionaryError, match=r"W_enc should have shape \(32, 13\); found \(32, 12\)"):
        files.built(dic.TopK(D + 1, N, k=3), tensors, None, {}, file)
    with pytest.raises(dic.DictionaryError, match="b_dec holds NaN"):
        files.built(config_of("topk"), tensors | {"b_dec": torch.full((D,), torch.nan)}, None, {}, file)
    with pytest.raises(dic.DictionaryError, match=r"has no cfg.json"):
        dic.from_saelens(tmp_path)


def test_shipped_dictionaries_are_whole_and_within_their_budget():
    listed = dic.shipped()
    assert {"resid09-topk32", "resid15-topk32", "resid21-topk32", "resid15-topk16", "resid15-topk64"} <= set(listed)
    folder = dictionaries_folder()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 45e6
    rows_of_table = {row["name"]: row for row in dic.tables()}
    assert set(rows_of_table) == set(listed)
    for name in listed:
        sae = dic.open_sae(name)
        assert sae.site == Site("resid", layer=rows_of_table[name]["layer"])
        assert sae.config.n_latents == rows_of_table[name]["n_latents"]
        assert torch.allclose(sae.W_dec.norm(dim=1), torch.ones(sae.config.n_latents), atol=0.02)
    assert rows_of_table["resid15-topk32"]["fvu"] < rows_of_table["resid15-random32"]["fvu"]
    by_k = [rows_of_table[f"resid15-topk{k}"]["fvu"] for k in (16, 32, 64)]
    assert by_k == sorted(by_k, reverse=True)


def test_marks_of_every_kind_are_there_and_worth_comparing():
    marks = {row["name"]: row for row in by_kind.kinds()}
    assert list(marks) == list(by_kind.entrants())
    assert len({(row["steps"], row["batch"], row["n_rows"]) for row in marks.values()}) == 1
    assert marks["TopK 8"]["fvu"] > marks["TopK 32"]["fvu"] > marks["TopK 128"]["fvu"]
    assert marks["frozen decoder"]["fvu"] > 1.5 * marks["TopK 32"]["fvu"]
    assert all(1 < row["l0"] < 300 and row["clean"] < row["spliced"] for row in marks.values())
    assert all(seconds is None for _, seconds in by_kind.make())


def test_a_damaged_or_unknown_shipped_dictionary_is_refused(tmp_path):
    with pytest.raises(dic.DictionaryError, match="interpbook train sae --only nothing"):
        dic.open_sae("nothing", tmp_path)
