"""Checkpoints of strangers: read where they hold plain weights, whatever lies beside them."""

import argparse
import pickle
import sys
import types
import zipfile
from collections import OrderedDict, defaultdict
from functools import partial
from pathlib import Path

import importing
import pytest
import torch
from original_hifigan import CONFIGS, OriginalHifigan
from originals import OriginalResnet
from published import READERS, read_checkpoint, states, write_checkpoint
from strangers import bounded
from torch import Tensor

from pipeline.errors import UserError
from pipeline.interop import jik876
from pipeline.system.tensor_files import load_tensors

STATE = OriginalResnet(width=2).state_dict()
FIRST = "model.1.weight"
refused = partial(importing.refused, "junyanz")


def message(path: Path) -> str:
    with bounded():
        said = refused(path, "--name", "it", "--models", path.parent)
    assert not (path.parent / "it").exists()
    assert len(said) < 5000
    return said


def saved(folder: Path, state: object, *, legacy: bool = False) -> Path:
    torch.save(state, folder / "net.pth", _use_new_zipfile_serialization=not legacy)
    return folder / "net.pth"


def with_first(value: Tensor) -> dict[str, Tensor]:
    return {**STATE, FIRST: value}


ODD = {
    "repeated": (torch.zeros(1).expand(20_000, 20_000), "repeats its values"),
    "overlapping": (torch.zeros(40_000).as_strided((20_000, 20_000), (1, 1)), "repeats its values"),
    "sparse": (torch.zeros(2, 3, 7, 7).to_sparse(), "a sparse tensor"),
    "other sparse": (torch.zeros(3, 3).to_sparse_csr(), "a sparse tensor"),
    "quantised": (torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8), "quantised"),
    "meta": (torch.zeros(2, 3, 7, 7, device="meta"), "device meta, which has no values"),
    "complex": (torch.zeros(2, 3, 7, 7, dtype=torch.complex64), "complex numbers"),
    "whole numbers": (torch.zeros(2, 3, 7, 7, dtype=torch.int64), "found torch.int64"),
    "truths": (torch.zeros(2, 3, 7, 7, dtype=torch.bool), "found torch.bool"),
    "NaN": (torch.full((2, 3, 7, 7), torch.nan), "holds NaN or infinity"),
    "infinite": (torch.full((2, 3, 7, 7), -torch.inf), "holds NaN or infinity"),
    "wide": (torch.zeros(1, 1, 1, 1).expand(20_000, 3, 7, 7), "repeats its values"),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.filterwarnings("ignore")
def test_tensors_that_are_no_plain_weights_are_refused(tmp_path, kind, legacy):
    value, words = ODD[kind]
    said = message(saved(tmp_path, with_first(value), legacy=legacy))
    assert words in said
    assert FIRST in said


def test_many_names_of_one_array_are_refused(tmp_path):
    one = torch.zeros(2**18)
    said = message(saved(tmp_path, {f"x{number}": one for number in range(5000)}))
    assert "bytes of tensors, allowed" in said


def test_packed_files_are_refused(tmp_path):
    with zipfile.ZipFile(saved(tmp_path, {"a": torch.zeros(2**24)})) as plain:
        files = {name: plain.read(name) for name in plain.namelist()}
    with zipfile.ZipFile(tmp_path / "net.pth", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    assert "bytes unpacked" in message(tmp_path / "net.pth")


@pytest.mark.parametrize("what", [bytearray, torch.FloatTensor, torch.Tensor])
@pytest.mark.parametrize("legacy", [False, True])
def test_what_makes_memory_of_a_number_is_refused(tmp_path, what, legacy):
    class Vast:
        def __reduce__(self) -> tuple:
            return what, (2**33,)

    said = message(saved(tmp_path, {"a": Vast()}, legacy=legacy))
    assert "no file of weights needs" in said


def test_names_that_are_none_are_refused(tmp_path):
    assert "has a name" in message(saved(tmp_path, {1: torch.zeros(1)}))


class Settings:
    """As trainers keep them; not to be had where the file is read."""

    def __init__(self) -> None:
        self.lr = 1.0


class AttributeDict(dict):
    """As lightning has it."""


class Stack(list):
    """A list of another class, which torch fills in no way."""


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module with the classes, which is gone when a file is read."""
    module = types.ModuleType("some_trainer")
    for kind in (Settings, AttributeDict, Stack):
        monkeypatch.setattr(kind, "__module__", "some_trainer")
        setattr(module, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, "some_trainer", module)


BESIDE = {
    "objects": lambda: {"callbacks": {Settings: Settings()}, "args": argparse.Namespace(lr=1)},
    "dictionaries": lambda: {"hparams": AttributeDict(a=AttributeDict(b=1)), "it": Settings()},
    "defaults": lambda: {"seen": defaultdict(list, a=[1])},
    "lists": lambda: {"losses": [1.0, 2.0], "range": range(3)},
}


def assert_read(path: Path) -> None:
    found = load_tensors(path, "expected weights", "state_dict")
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[name], value) for name, value in STATE.items())


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("beside", BESIDE)
def test_what_trainers_leave_beside_the_weights_is_left_out(
    tmp_path, trainer, monkeypatch, beside, legacy
):
    path = saved(tmp_path, {**BESIDE[beside](), "state_dict": STATE}, legacy=legacy)
    monkeypatch.delitem(sys.modules, "some_trainer")
    assert_read(path)


@pytest.mark.parametrize("legacy", [False, True])
def test_weights_may_lie_in_dictionaries_of_any_class(tmp_path, trainer, monkeypatch, legacy):
    path = saved(tmp_path, AttributeDict(state_dict=AttributeDict(STATE)), legacy=legacy)
    monkeypatch.delitem(sys.modules, "some_trainer")
    assert_read(path)


def test_what_torch_fills_in_no_way_is_refused_with_the_reason(tmp_path, trainer, monkeypatch):
    path = saved(tmp_path, {"it": Stack([1]), "state_dict": STATE})
    monkeypatch.delitem(sys.modules, "some_trainer")
    with pytest.raises(UserError, match="damaged, of another format, or a whole pickled network"):
        load_tensors(path, "expected weights", "state_dict")


@pytest.mark.parametrize(
    "prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."]
)
def test_prefixes_of_wrappers_change_nothing(tmp_path, prefix):
    assert_read(saved(tmp_path, OrderedDict((prefix + name, v) for name, v in STATE.items())))


def test_a_compiled_part_of_a_network_is_read(tmp_path):
    state = {name.replace("model.", "model._orig_mod.", 1): v for name, v in STATE.items()}
    assert_read(saved(tmp_path, state))


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("prefix", ["_orig_mod.", "module._orig_mod."])
def test_every_published_layout_may_be_of_a_compiled_network(tmp_path, name, prefix):
    torch.manual_seed(0)
    saved_state = states()[name]
    expected = read_checkpoint(write_checkpoint(tmp_path / "plain", name, saved_state))
    wrappers = {"state_dict", "generator", "model_state"} & saved_state.keys()
    for key in wrappers or {None}:
        inner = saved_state if key is None else saved_state[key]
        renamed = {prefix + weight: value for weight, value in inner.items()}
        saved_state = renamed if key is None else {**saved_state, key: renamed}
    found = read_checkpoint(write_checkpoint(tmp_path / "compiled", name, saved_state))
    assert found.network == expected.network
    assert found.weights.keys() == expected.weights.keys()
    assert all(torch.equal(found.weights[w], value) for w, value in expected.weights.items())


def test_what_is_there_twice_is_refused(tmp_path):
    state = {**STATE, f"_orig_mod.{FIRST}": STATE[FIRST]}
    assert "some twice" in message(saved(tmp_path, state))


@pytest.mark.parametrize("content", [b"", b"\x80\x02.", b"(" * 10**6, b"PK\x03\x04", b"\x80\x02]."])
def test_damaged_files_are_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    assert "damaged" in message(tmp_path / "net.pth")


@pytest.mark.parametrize("ends", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("legacy", [False, True])
def test_what_was_cut_off_is_refused(tmp_path, ends, legacy):
    path = saved(tmp_path, STATE, legacy=legacy)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * ends)])
    assert "damaged" in message(path)


def test_a_pickle_alone_is_refused(tmp_path):
    (tmp_path / "net.pth").write_bytes(pickle.dumps(STATE))
    assert "damaged" in message(tmp_path / "net.pth")


@pytest.mark.parametrize(
    "length",
    [torch.zeros(1, 10**6, 1), torch.zeros(1), torch.zeros(32, 1, 1, dtype=torch.int64)],
)
def test_lengths_that_fit_no_directions_are_named(length):
    state = {**OriginalHifigan({**CONFIGS["v3"], "upsample_initial_channel": 32}).state_dict()}
    state["conv_pre.weight_g"] = length
    with bounded():
        folded = jik876.fold(state)
    assert "conv_pre.weight" not in folded
    assert "ups.0.weight" in folded
