"""`load` and `untrained` from every source, sites refused in one sentence, and the path that NDIF takes."""

import json
import os
import socket
import subprocess
import sys

import jaxtyping
import psutil
import pytest
import torch
from conftest import tiny_network, tiny_tokenizer
from huggingface_hub import constants
from interpbook.models import ModelError, PromptError, Site, SiteError, info, load, logits, read, unembed, untrained
from interpbook.models.loading import _check_remote, _local_only, network
from safetensors.torch import load_file, save_file

PROMPTS = ["the capital of france is", "a capital of germany is"]


@pytest.fixture
def folder(tmp_path):
    """A model as save_pretrained writes it."""
    tiny_network("llama").save_pretrained(tmp_path / "model")
    tiny_tokenizer().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_a_local_folder_gives_the_same_model_frozen_and_in_evaluation_mode(folder, llama):
    model = load(str(folder))
    torch.testing.assert_close(logits(model, PROMPTS), logits(llama, PROMPTS))
    module = network(model)
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_dtype_is_as_asked(folder):
    assert {p.dtype for p in network(load(str(folder), dtype=torch.bfloat16)).parameters()} == {torch.bfloat16}


def test_info_knows_the_sizes(any_model):
    found = info(any_model)
    assert found[1:9] == (3, 4, 4 if found.name == "gpt2" else 2, 24, 6, 20, 12, 32)
    assert found.n_params == sum(p.numel() for p in network(any_model).parameters())


def test_untrained_follows_its_seed_and_leaves_the_callers_alone(folder):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (untrained(str(folder), seed=seed) for seed in (0, 0, 1))
    torch.testing.assert_close(torch.rand(3), expected)
    torch.testing.assert_close(logits(first, PROMPTS), logits(again, PROMPTS))
    assert (logits(first, PROMPTS) - logits(other, PROMPTS)).abs().max() > 1e-3
    assert info(first) == info(load(str(folder)))


def test_loading_writes_nothing_a_notebook_would_keep(folder, capfd):
    load(str(folder))
    untrained(str(folder))
    assert capfd.readouterr() == ("", "")


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["smolm2", "SmolLM2", "smollm"])
def test_an_unknown_name_brings_the_nearest_one(name):
    with pytest.raises(ModelError, match="Did you mean 'smollm2'"):
        load(name)


def test_an_unknown_name_far_from_all_names_the_three_ways():
    with pytest.raises(ModelError, match=r"no model is called 'zzz'.*local folder.*hub id"):
        load("zzz")


@pytest.mark.parametrize("loader", [load, untrained, lambda name: load(name, remote=True)])
def test_a_hub_id_without_a_network_says_what_works(loader):
    """Offline mode stands for a cut network: the hub's client raises the same way, after fewer tries."""
    with pytest.raises(ModelError, match=r"'nobody/nothing' could not be loaded: .*load\('smollm2'\)") as caught:
        loader("nobody/nothing")
    assert "not on this machine, and the model hub cannot be reached" in str(caught.value)
    assert "://" not in str(caught.value)


def test_where_no_name_can_be_looked_up_nobody_waits_for_the_hub(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("interpbook.models.loading.getproxies", dict)

    def no_network(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert _local_only("nobody/nothing") == {"local_files_only": True}
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    assert _local_only("nobody/nothing") == {}


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"holds no config.json"):
        load(str(tmp_path))


def _cut_weights(folder):
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1000)


def _drop_a_matrix(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.self_attn.q_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _reshape(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 21}))


DAMAGE = {
    "weights cut off": (_cut_weights, "could not be loaded"),
    "weights gone": (lambda folder: (folder / "model.safetensors").unlink(), "could not be loaded"),
    "a matrix missing": (_drop_a_matrix, r"lacks 1 weight matri.*layers.1.self_attn.q_proj"),
    "other sizes": (_reshape, "could not be loaded"),
    "configuration cut off": (lambda folder: (folder / "config.json").write_text('{"mod'), "could not be loaded"),
    "unknown kind": (lambda folder: (folder / "config.json").write_text('{"model_type": "x"}'), "could not be loaded"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "could not be loaded"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_in_one_sentence(folder, damage):
    harm, sentence = DAMAGE[damage]
    harm(folder)
    with pytest.raises(ModelError, match=sentence):
        load(str(folder))


def test_too_little_memory_is_said_before_loading(folder, monkeypatch):
    nothing_free = psutil.virtual_memory()._replace(available=0)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: nothing_free)
    with pytest.raises(ModelError, match=r"0.0 GB are free. Shut down other notebooks"):
        load(str(folder))


def unchecked_site(kind, layer, head=None):
    """A site as a reader makes it, without the check of types that these tests add."""
    made = object.__new__(Site)
    for name, value in {"kind": kind, "layer": layer, "head": head, "position": None}.items():
        object.__setattr__(made, name, value)
    made.__post_init__()
    return made


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Site("residual", 1), "no kind 'residual'. Did you mean 'resid'"),
        (lambda: Site("resid"), "'resid' needs a layer, for example layer=0"),
        (lambda: Site("embed", 0), "'embed' takes no layer"),
        (lambda: Site("resid", 1, head=2), "not split by head"),
        (lambda: unchecked_site("resid", "1"), "layer is a whole number such as 0; got '1'"),
        (lambda: unchecked_site("resid", 1.0), "layer is a whole number"),
    ],
)
def test_a_site_that_cannot_be_is_refused(make, sentence):
    with pytest.raises(SiteError, match=sentence):
        make()


def test_sites_with_the_same_numbers_are_the_same():
    assert {unchecked_site("z", torch.tensor(1), head=torch.tensor(2))} == {Site("z", 1, head=2)}


@pytest.mark.parametrize(
    ("site", "sentence"),
    [
        (Site("resid", 3), "layers 0 to 2"),
        (Site("resid", -1), "layers 0 to 2"),
        (Site("z", 0, head=4), "heads 0 to 3"),
        (Site("k", 0, head=2), "heads 0 to 1 for 'k' .query heads share them"),
        (Site("resid", 0, position=6), "positions 0 to 5"),
        (Site("resid", 0, position=-7), "positions 0 to 5"),
    ],
)
def test_a_site_that_this_model_lacks_is_refused(llama, site, sentence):
    with pytest.raises(SiteError, match=sentence):
        read(llama, PROMPTS, site)
    with pytest.raises(SiteError, match=sentence):
        logits(llama, PROMPTS, write={site: torch.zeros(1)})


def test_positions_from_the_start_need_prompts_of_equal_length(llama):
    with pytest.raises(PromptError, match=r"\[2, 6\] tokens, so position 1 means another word in each"):
        read(llama, ["berlin", PROMPTS[0]], Site("resid", 0, position=1))


def test_a_position_before_the_shortest_prompt_is_padding(llama):
    with pytest.raises(PromptError, match="the shortest prompt has 2 tokens, so position -3 is padding"):
        read(llama, ["berlin", PROMPTS[0]], Site("resid", 0, position=-3))


@pytest.mark.parametrize(
    ("site", "value", "sentence"),
    [
        (Site("resid", 0), torch.zeros(2, 5, 24), r"holds \(2, 6, 24\), the new value is \(2, 5, 24\)"),
        (Site("resid", 0), lambda _: None, "expected a tensor .* got a NoneType"),
        (Site("pattern", 0), torch.zeros(1), "can be read, not written"),
    ],
)
def test_a_value_that_cannot_be_written_is_refused_and_the_model_goes_on(llama, site, value, sentence):
    before = logits(llama, PROMPTS)
    with pytest.raises(SiteError, match=sentence):
        logits(llama, PROMPTS, write={site: value})
    torch.testing.assert_close(logits(llama, PROMPTS), before)


def test_no_sites_and_vectors_of_another_width_are_refused(llama):
    with pytest.raises(SiteError, match="list of sites is empty"):
        read(llama, PROMPTS, [])
    with pytest.raises(SiteError, match="the vectors have 5 numbers; the residual stream of this model has 24"):
        unembed(llama, torch.zeros(5))


@pytest.fixture
def unchecked_types():
    """As in a notebook, where annotations are not enforced."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.parametrize(
    ("act", "error", "sentence"),
    [
        (
            lambda m: read(m, PROMPTS, "resid"),
            SiteError,
            r"expected a place such as Site\('resid', layer=0\), got 'resid'",
        ),
        (lambda m: read(m, PROMPTS, None), SiteError, "got a NoneType"),
        (lambda m: logits(m, PROMPTS, write={"z": torch.zeros(1)}), SiteError, "got 'z'"),
        (lambda m: logits(m, PROMPTS, write=Site("resid", 0)), SiteError, "expected a dictionary"),
        (lambda m: logits(m, None), PromptError, "got a NoneType"),
        (lambda m: logits(m, torch.ones(1, 2, dtype=torch.bool)), PromptError, "got torch.bool"),
        (
            lambda m: logits(m, torch.ones(1, 2, dtype=torch.long, device="meta")),
            PromptError,
            "holds shapes and no numb",
        ),
        (lambda m: unembed(m, torch.tensor(1.0)), SiteError, r"of shape \(\.\.\., 24\)"),
        (lambda _: Site(None, 1), SiteError, "the kind comes first"),
    ],
)
def test_what_a_newcomer_types_first_is_answered_in_a_sentence(llama, unchecked_types, act, error, sentence):
    with pytest.raises(error, match=sentence):
        act(llama)


# --- NDIF -------------------------------------------------------------------------------------------------------------

REHEARSAL = """
import sys, torch
from interpbook.models import Site, load, logits, read
here, there = load(sys.argv[1]), load(sys.argv[1], remote="local")
prompts = ["the capital of france is", "berlin"]
sites = [Site("resid", 1), Site("z", 0, head=1), Site("resid_mid", 2)]
for one, other in zip(read(here, prompts, sites).values(), read(there, prompts, sites).values(), strict=True):
    torch.testing.assert_close(one, other)
write = {Site("resid", 1, position=-1): torch.ones(24), Site("z", 2, head=0): torch.zeros_like}
torch.testing.assert_close(logits(here, prompts, write=write), logits(there, prompts, write=write))
"""


def test_the_rehearsal_of_ndif_gives_the_same_numbers(folder):
    """`remote="local"` ships the traced code as text, with our modules hidden, as a request to NDIF would."""
    done = subprocess.run(
        [sys.executable, "-c", REHEARSAL, str(folder)], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr


def test_remote_is_one_of_three():
    with pytest.raises(ModelError, match=r"remote is True .* got 'elsewhere'"):
        _check_remote("elsewhere")
