"""Transcoders do what their numbers say, learn what they are taught, survive a file, and stand in for neurons."""

from dataclasses import replace

import pytest
import torch
from interpbook import corpus
from interpbook.dictionaries import DictionaryError, Plan, TopK, decode, encode, encode_sparse, pre_activations
from interpbook.dictionaries import transcoders as tc
from interpbook.dictionaries.transcoders import fitting, marking, packed, shipped, starting, together
from interpbook.models import Site, info, logits, read, tokenize

PROMPTS = ["the capital of france is", "a capital of germany is"]
UNEQUAL = ["the big capital city of the big germany is", "the capital of france is"]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_hand(d_in=8, d_out=6, n=12, k=3, *, skip=True, layer=0):
    W_dec = normal(n, d_out, seed=2)
    W_skip = normal(d_out, d_in, seed=4) if skip else None
    tensors = normal(n, d_in, seed=1), normal(n, seed=3), W_dec / W_dec.norm(dim=1, keepdim=True), normal(d_out, seed=5)
    return tc.Transcoder(TopK(d_in=d_in, n_latents=n, k=k), *tensors, W_skip=W_skip, layer=layer)


def for_model(model, layer=0, k=4):
    d = info(model).d_model
    return by_hand(d, d, 32, k, layer=layer)


@pytest.mark.parametrize("skip", [False, True])
def test_a_transcoder_is_its_formula(skip):
    t, x = by_hand(skip=skip), normal(5, 8, seed=9)
    pre = x @ t.W_enc.T + t.b_enc
    torch.testing.assert_close(pre_activations(t, x), pre)
    latents = torch.where(pre >= pre.topk(3).values[:, -1:], pre.relu(), torch.zeros(()))
    torch.testing.assert_close(encode(t, x), latents)
    y = latents @ t.W_dec + t.b_dec
    torch.testing.assert_close(decode(t, latents), y)
    torch.testing.assert_close(tc.transcode(t, x), y + x @ t.W_skip.T if skip else y)
    assert encode_sparse(t, x).ids.shape == (5, 3)


def test_it_reads_and_writes_at_its_layer_and_refuses_other_widths():
    t = by_hand(layer=7)
    assert (t.site, t.out) == (Site("mlp_in", 7), Site("mlp_out", 7))
    with pytest.raises(DictionaryError, match="takes activations of 8 numbers"):
        encode(t, normal(5, 6))


@pytest.mark.parametrize("skip", [False, True])
def test_scales_are_folded_into_the_numbers(skip):
    """What training sees, rows of variance 1, and what comes out of it, say the same."""
    x, y = 3 * normal(600, 8) + 5, 20 * normal(600, 6, seed=1) - 7
    plan = Plan(batch=100, choose_in="float32")
    fit = fitting.begin(x, y, TopK(d_in=8, n_latents=16, k=4), plan, skip=skip)
    for _ in range(3):
        fitting.step(fit, x, y, plan)
    s = fit.scales
    inside = fitting.forward(fit.transcoder, (x - s.x_mean) / s.x_scale, plan)[0].detach()
    torch.testing.assert_close(
        tc.transcode(fitting.finished(fit), x), inside * s.y_scale + s.y_mean, rtol=1e-4, atol=1e-3
    )


def taught(seed, n=6000):
    """Rows of a function that few latents say: what a teacher transcoder without a skip makes of random rows."""
    teacher, x = by_hand(16, 12, 32, 2, skip=False), normal(n, 16, seed=seed)
    return x, tc.transcode(teacher, x)


def test_training_beats_the_best_linear_guess_on_rows_it_has_not_seen():
    x, y = taught(1)
    plan = Plan(steps=400, batch=256, lr=1e-2, warmup=20)
    found = tc.train_transcoder(x, y, TopK(d_in=16, n_latents=64, k=4), plan)
    sums = marking.Sums(float("inf"))
    sums.add(x, y)
    unseen = taught(2)
    own, linear = (tc.transcoder_quality(t, *unseen) for t in (found, sums.guess(0)))
    assert own.fvu < 0.6 * linear.fvu
    assert own.l0 <= 4 and own.n == 6000
    torch.testing.assert_close(found.W_dec.norm(dim=1), torch.ones(64))


def test_random_directions_stay_when_the_decoder_is_frozen():
    x, y = taught(1, 600)
    plan = Plan(steps=5, batch=100, frozen_decoder=True)
    found = tc.train_transcoder(x, y, TopK(d_in=16, n_latents=64, k=4), plan)
    at_first = fitting.begin(x, y, TopK(d_in=16, n_latents=64, k=4), plan).transcoder.W_dec
    torch.testing.assert_close(found.W_dec, at_first.detach())


def test_attention_sinks_are_left_out_of_training_and_marking():
    x, y = taught(1, 600)
    y[::100] *= 1e6
    plan = Plan(steps=5, batch=100)
    found = tc.train_transcoder(x, y, TopK(d_in=16, n_latents=64, k=4), plan)
    assert found.limit < 1e3 and tc.transcoder_quality(found, x, y).n == 594
    assert found.b_dec.abs().max() < 100


def test_where_silence_is_the_rule_a_limit_keeps_what_is_said():
    x, y = taught(1, 600)
    y[120:] *= 1e-3
    config, plan = TopK(d_in=16, n_latents=64, k=4), Plan(steps=5, batch=100)
    assert int(fitting.usable(fitting.begin(x, y, config, plan), y).sum()) == 480
    assert bool(fitting.usable(fitting.begin(x, y, config, plan, limit=float("inf")), y).all())


def test_rows_that_do_not_belong_together_are_refused():
    x, y = taught(1, 600)
    config = TopK(d_in=16, n_latents=64, k=4)
    with pytest.raises(DictionaryError, match="same rows"):
        tc.train_transcoder(x, y[1:], config)
    with pytest.raises(DictionaryError, match="Set d_in=12"):
        tc.train_transcoder(y, x, config)
    with pytest.raises(DictionaryError, match="smaller batch"):
        tc.train_transcoder(x, y, config, Plan(batch=601))


def test_linear_sums_are_least_squares():
    x, y = normal(4000, 8), normal(4000, 6, seed=1)
    y = y + x @ normal(8, 6, seed=2) + 3
    sums = marking.Sums(float("inf"))
    for some in (slice(0, 1000), slice(1000, None)):
        sums.add(x[some], y[some])
    with_one = torch.cat([x, torch.ones(4000, 1)], 1)
    expected = with_one @ torch.linalg.lstsq(with_one, y).solution
    torch.testing.assert_close(
        tc.transcode(sums.guess(0), x), expected, atol=0.1, rtol=0.05
    )  # the ridge shrinks by 1 %


def test_training_begins_at_the_neurons():
    """A neuron that fires far more strongly than all others gives the best latent: its direction, and what it reads."""
    gate, up, down = normal(20, 8), normal(20, 8, seed=1), normal(20, 6, seed=2)
    gate[7], up[7], down[7] = 4 * gate[7], 4 * up[7], 4 * down[7]
    found = starting.latents_of(starting.Neurons(gate, up, down), normal(4000, 8, seed=3), 10)
    best = int(found.gain.argmax())
    cosine = torch.cosine_similarity(found.W_dec[best], down[7], dim=0)
    assert abs(float(cosine)) > 0.999
    reads = gate[7] + float(cosine.sign()) * up[7]
    assert torch.cosine_similarity(found.W_enc[best], reads, dim=0) > 0.999
    torch.testing.assert_close(found.W_dec.norm(dim=1), torch.ones(10))


def test_neurons_without_a_gate_are_refused(any_model):
    if info(any_model).name == "gpt2":
        with pytest.raises(DictionaryError, match="no gated neurons"):
            starting.neurons_of(any_model, 0)
    else:
        assert starting.neurons_of(any_model, 0).gate.shape == (info(any_model).d_mlp, info(any_model).d_model)


@pytest.mark.parametrize("d", [64, 24, 576])
def test_four_bits_lose_about_a_hundredth(d):
    W = normal(30, d) * torch.logspace(-4, 2, 30)[:, None]
    back = packed.unpack(*packed.pack(W), d)
    lost = (back - W).square().sum(1) / W.square().sum(1)
    assert back.shape == W.shape and lost.max() < 0.03


def test_a_packed_file_gives_back_what_packing_leaves(tmp_path):
    t = replace(by_hand(layer=3), limit=12.5, about={"steps": "7"})
    packed.save_packed(t, tmp_path / "t.safetensors")
    back, expected = packed.load_packed(tmp_path / "t.safetensors"), packed.as_on_disk(t)
    assert (back.config, back.layer, back.limit, back.about) == (t.config, 3, 12.5, {"steps": "7"})
    for name, tensor in expected.tensors.items():
        torch.testing.assert_close(back.tensors[name], tensor, rtol=0, atol=0)
    without = replace(t, W_skip=None)
    packed.save_packed(without, tmp_path / "u.safetensors")
    assert packed.load_packed(tmp_path / "u.safetensors").W_skip is None


def test_a_damaged_or_other_file_is_refused(tmp_path):
    t = by_hand()
    packed.save_packed(t.with_tensors({**t.tensors, "b_enc": torch.full((12,), torch.nan)}), tmp_path / "n.safetensors")
    with pytest.raises(DictionaryError, match="NaN"):
        packed.load_packed(tmp_path / "n.safetensors")
    with pytest.raises(DictionaryError, match="there is no file"):
        packed.load_packed(tmp_path / "missing.safetensors")
    torch.save({}, tmp_path / "other.safetensors")
    with pytest.raises(DictionaryError, match="cannot be read"):
        packed.load_packed(tmp_path / "other.safetensors")


def test_the_replacement_model_is_the_model_with_other_neurons(any_model):
    """At every token but the first, what the neurons add is what the transcoder makes of what they take."""
    stand_ins = {layer: for_model(any_model, layer) for layer in (0, 2)}
    write = tc.replace_mlps(any_model, stand_ins, PROMPTS)
    sites = [Site(kind, layer) for layer in (0, 2) for kind in ("mlp_in", "mlp_out")]
    found, clean = read(any_model, PROMPTS, sites, write=write), read(any_model, PROMPTS, sites)
    for layer, one in stand_ins.items():
        guess = tc.transcode(one, found[one.site])
        torch.testing.assert_close(found[one.out][:, 1:], guess[:, 1:])
        torch.testing.assert_close(found[Site("mlp_out", 0)][:, 0], clean[Site("mlp_out", 0)][:, 0])
        assert layer == one.layer and (guess - clean[one.out]).abs().max() > 0.1


def test_with_its_error_the_replacement_model_is_the_model_until_somebody_edits(llama):
    stand_ins = {0: for_model(llama, 0), 1: for_model(llama, 1)}
    same = logits(llama, PROMPTS, write=tc.replace_mlps(llama, stand_ins, PROMPTS, keep_error=True))
    torch.testing.assert_close(same, logits(llama, PROMPTS))

    def edit(latents, layer):
        latents[..., 5] += 2.0 * (layer == 1)
        return latents

    write = tc.replace_mlps(llama, stand_ins, PROMPTS, edit=edit, keep_error=True)
    added = read(llama, PROMPTS, Site("mlp_out", 1), write=write) - read(llama, PROMPTS, Site("mlp_out", 1))
    torch.testing.assert_close(added[:, 1:], (2 * stand_ins[1].W_dec[5]).expand_as(added[:, 1:]))
    assert added[:, 0].abs().max() == 0


def test_prompts_of_different_lengths_are_replaced_as_each_alone(llama):
    stand_ins = {0: for_model(llama, 0), 1: for_model(llama, 1)}
    together_ = logits(llama, UNEQUAL, write=tc.replace_mlps(llama, stand_ins, UNEQUAL))
    for row, prompt in enumerate(UNEQUAL):
        alone = logits(llama, prompt, write=tc.replace_mlps(llama, stand_ins, prompt))[0]
        torch.testing.assert_close(together_[row, -len(alone) :], alone)


def test_sinks_keep_the_models_own_output(llama):
    mask = tokenize(llama, UNEQUAL).mask
    out = read(llama, UNEQUAL, Site("mlp_out", 0))
    lengths = out.norm(dim=-1)[mask & (mask.cumsum(-1) > 1)]
    t = replace(for_model(llama), limit=float(lengths.median()))
    used = tc.kept(t, out, mask)
    assert used.sum() == (lengths <= t.limit).sum()
    assert not used[mask.cumsum(-1) <= 1].any()
    written = read(llama, UNEQUAL, t.out, write=tc.replace_mlps(llama, {0: t}, UNEQUAL))
    torch.testing.assert_close(written[~used & mask], out[~used & mask])
    assert (written - out)[used].abs().amax(-1).min() > 0


def test_a_transcoder_under_another_layer_is_refused(llama):
    with pytest.raises(DictionaryError, match="stands the transcoder of layer 1"):
        tc.replace_mlps(llama, {0: for_model(llama, 1)}, PROMPTS)


def some_text(model, n=24):
    """Passages of random words as a corpus."""
    ids = torch.randint(3, info(model).d_vocab, (n * 12,), generator=torch.Generator().manual_seed(0))
    number = torch.arange(n)
    held = torch.zeros(n, dtype=torch.bool)
    made = corpus.Corpus(ids, torch.arange(0, n * 12 + 1, 12), number, torch.zeros(n, dtype=torch.uint8), held, ("x",))
    return together.Text(made, number, a_round=4, at_once=2)


def test_a_run_that_was_stopped_ends_as_one_that_was_not(llama, tmp_path):
    text, config = some_text(llama), TopK(d_in=24, n_latents=32, k=4)
    plan = Plan(steps=8, batch=20, decay=0.25, warmup=2, save_every=2)
    whole = list(together.train_together(llama, text, [0, 2], config, plan))
    file = tmp_path / "run.checkpoint"
    list(together.train_together(llama, text, [0, 2], config, replace(plan, steps=4, decay=0.01), checkpoint=file))
    resumed = list(together.train_together(llama, text, [0, 2], config, plan, checkpoint=file))
    for one, other in zip(whole, resumed, strict=True):
        assert one.layer == other.layer
        for name, tensor in one.tensors.items():
            torch.testing.assert_close(other.tensors[name], tensor, msg=name)
    with pytest.raises(DictionaryError, match="of other layers"):
        list(together.train_together(llama, text, [1], config, plan, checkpoint=file))


def test_directions_that_never_learn_do_not_begin_at_the_neurons(llama):
    text, config = some_text(llama), TopK(d_in=24, n_latents=32, k=4)
    plans = {frozen: Plan(steps=4, batch=20, warmup=2, frozen_decoder=frozen) for frozen in (False, True)}
    begun = {k: together.begun(llama, text, [0], config, plan, skip=True)[0] for k, plan in plans.items()}
    neurons = torch.nn.functional.normalize(starting.neurons_of(llama, 0).down, dim=1)
    near = {k: (fit.transcoder.W_dec.detach() @ neurons.T).abs().amax(1).min() for k, fit in begun.items()}
    assert near[False] > 0.999 and near[True] < 0.95
    (made,) = together.train_together(llama, text, [0], config, plans[True])
    torch.testing.assert_close(made.W_dec, begun[True].transcoder.W_dec.detach())


@pytest.fixture
def making(monkeypatch, tmp_path):
    """`make` with nothing trained or measured: what was marked, and whether it was as it came from training."""
    marked: list[tuple[list[int], bool]] = []

    def mark(layers, target, unpacked=None):
        marked.append((list(layers), unpacked is not None))
        rows = shipped._table(target) | {layer: {"layer": layer, "fvu_frozen": 0.5} for layer in layers}
        shipped._write([{"layer": None}, *rows.values()], target)

    monkeypatch.setattr(shipped, "train_all", lambda layers: [by_hand(8, 8, layer=layer) for layer in layers])
    monkeypatch.setattr(shipped, "mark", mark)
    monkeypatch.setattr(shipped, "unfinished", lambda layers: tmp_path / "run.checkpoint")
    return lambda **how: ([seconds is not None for _, seconds in shipped.make(["mlp01", "mlp02"], **how)], marked)


def test_what_is_whole_is_left_alone_and_what_has_no_marks_gets_them(making, tmp_path):
    where = tmp_path / "made"
    assert making(where=where) == ([True, True], [([1, 2], True)])
    assert making(where=where) == ([False, False], [([1, 2], True)])
    (where / "tables.json").unlink()
    assert making(where=where) == ([False, False], [([1, 2], True), ([1, 2], False)])
    (where / "mlp02.safetensors").unlink()
    made, marked = making(where=where)
    assert sorted(made) == [False, True] and marked[-1] == ([2], True)


def test_a_run_that_was_stopped_while_it_marked_marks_when_it_goes_on(making, tmp_path, monkeypatch):
    where = tmp_path / "made"
    making(where=where)
    whole = shipped.mark

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shipped, "mark", stopped)
    with pytest.raises(KeyboardInterrupt):
        making(where=where, force=True)
    assert [row["layer"] for row in tc.replacement_scores(where)] == [None]  # nothing stale stays
    monkeypatch.setattr(shipped, "mark", whole)
    assert making(where=where)[1][-1] == ([1, 2], False)


def test_rows_are_what_neurons_take_and_give_without_first_tokens(llama):
    text = some_text(llama)
    x, y = together.rows_of(llama, text, text.passages[:3], [1])[1]
    batch = corpus.tokens(text.corpus, text.passages[:3])
    torch.testing.assert_close(x, read(llama, batch, Site("mlp_in", 1))[:, 1:].flatten(0, 1))
    torch.testing.assert_close(y, read(llama, batch, Site("mlp_out", 1))[:, 1:].flatten(0, 1))


def test_comparison_knows_no_change_from_a_change(llama):
    text = some_text(llama)
    batch = corpus.tokens(text.corpus, text.passages)
    silent = {0: marking.constant(for_model(llama, 0), torch.zeros(24))}
    said = tc.compare(
        llama, batch, {"nothing": lambda _: {}, "silent": marking.replaced_by(llama, silent)}, batch_size=7
    )
    assert said["nothing"].agreement == said["clean"].agreement == 1
    assert said["nothing"].kl == pytest.approx(0, abs=1e-6)
    assert said["silent"].agreement < 1 and said["silent"].kl > 1e-3
    answers = batch.ids[:, 1:].flatten()
    loss = torch.nn.functional.cross_entropy(logits(llama, batch)[:, :-1].flatten(0, 1), answers)
    assert said["clean"].loss == pytest.approx(float(loss), rel=1e-4) and said["clean"].n == len(answers)


def test_the_books_transcoders_are_whole():
    layers = tc.shipped_transcoders()
    assert layers == list(range(30))
    found = tc.open_transcoders([0, 29])
    for layer, one in found.items():
        assert one.layer == layer and one.config.n_latents == shipped.N_LATENTS and one.W_skip is not None
        torch.testing.assert_close(one.W_dec.norm(dim=1), torch.ones(shipped.N_LATENTS), atol=0.1, rtol=0)


def test_the_books_table_says_how_far_they_can_be_trusted():
    whole, *rows = tc.replacement_scores()
    assert [row["layer"] for row in rows] == list(range(30)) and whole["layer"] is None
    assert whole["loss_clean"] < whole["loss"] < whole["loss_linear"] < whole["loss_mean"]
    assert whole["agreement_mean"] < whole["agreement_linear"] < whole["agreement"] < 0.9
    for row in rows:
        assert 0 < row["fvu_unpacked"] <= row["fvu"] < row["fvu_linear"] < 1, row
        assert row["l0"] <= 32 and row["n_rows"] > 5000


def test_a_layer_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DictionaryError, match="Known layers: none"):
        tc.open_transcoders([3], tmp_path)
    assert tc.open_transcoders(where=tmp_path) == {} and tc.replacement_scores(tmp_path) == []
