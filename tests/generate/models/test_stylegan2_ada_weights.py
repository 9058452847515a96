"""StyleGAN2-ADA: starting from pickles like NVIDIA's and from generators trained here."""

import io
import logging
import os
import pickle
import re
import struct
import sys
from collections import OrderedDict
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.stylegan2_ada.model import StyleGAN2ADA
from synthmix.generate.models.stylegan2_ada.pickles import read_networks
from synthmix.generate.models.stylegan2_ada.settings import Settings
from synthmix.generate.models.stylegan2_ada.weights import start_from
from tiny_generators import train_tiny

CPU = torch.device("cpu")
# Our names, as patterns, to those of the original.
ORIGINAL = {
    r"^average_w$": "mapping.w_avg",
    r"^mapping\.embedding\.": "mapping.embed.",
    r"^mapping\.layers\.(\d+)\.": r"mapping.fc\1.",
    r"^synthesis\.blocks\.(\d+)\.": r"synthesis.b\1.",
    r"\.constant$": ".const",
    r"\.noise$": ".noise_const",
    r"\.style\.": ".affine.",
    r"\.to_image\.": ".torgb.",
    r"\.from_image\.": ".fromrgb.",
    r"^head\.hidden\.": "b4.fc.",
    r"^head\.": "b4.",
    r"^blocks\.(\d+)\.": r"b\1.",
}


def build(size=32, channels=1, classes=1, seed=0, **changes):
    torch.manual_seed(seed)
    settings = {
        "model": "stylegan2_ada",
        "epochs": 1,
        "batch_size": 4,
        "latent_dim": 8,
        "style_dim": 8,
        "mapping_layers": 2,
        "channel_base": 256,
        "channel_max": 8,
    }
    return StyleGAN2ADA(Settings(**settings | changes), (size, size, channels), classes, CPU)


# A pickle in the original's format: its classes are made anew from their source, kept inside.


class PickledModule(nn.Module):
    def __reduce__(self):
        meta = {
            "type": "class",
            "version": 6,
            "module_src": "raise SystemExit('this source must never run')",
            "class_name": "SynthesisLayer",
            "state": self.__dict__,
        }
        return _reconstruct_persistent_obj, (meta,)


class EasyDict(dict):
    __module__ = "dnnlib.util"


def _reconstruct_persistent_obj(meta):
    raise AssertionError("the reader must not call this")


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"


@pytest.fixture(autouse=True)
def original_modules(monkeypatch):
    """Modules by the names of the original's, only so that pickles can refer to them."""
    for thing in (_reconstruct_persistent_obj, EasyDict):
        module = ModuleType(thing.__module__)
        setattr(module, thing.__name__, thing)
        monkeypatch.setitem(sys.modules, thing.__module__, module)
        package = thing.__module__.split(".")[0]
        monkeypatch.setitem(sys.modules, package, ModuleType(package))


def pickled_module(network):
    """Return a tree of modules with the tensors of `network` under the original's names."""
    root = PickledModule()
    parameters = dict(network.named_parameters())
    for name, tensor in network.state_dict().items():
        for pattern, replacement in ORIGINAL.items():
            name = re.sub(pattern, replacement, name)
        *path, last = name.split(".")
        module = root
        for step in path:
            if step not in module._modules:
                module.add_module(step, PickledModule())
            module = module._modules[step]
        if any(tensor is p.data or tensor.data_ptr() == p.data_ptr() for p in parameters.values()):
            module.register_parameter(last, nn.Parameter(tensor.clone()))
        else:
            module.register_buffer(last, tensor.clone())
        module.weight_gain = 1 / np.sqrt(8)
        module._init_kwargs = EasyDict(resolution=32)
        module.register_buffer("resample_filter", torch.ones(4, 4) / 16)
    return root


def write_pickle(path, source, protocol=4, **others):
    content = {
        "training_set_kwargs": {"path": "images.zip"},
        "G": pickled_module(source.generator),
        "D": pickled_module(source.discriminator),
        "G_ema": pickled_module(source.averaged),
        "augment_pipe": None,
        **others,
    }
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def networks(generator):
    return generator.generator, generator.averaged, generator.discriminator


def assert_same(one, other):
    for mine, theirs in zip(networks(one), networks(other), strict=True):
        for name, tensor in mine.state_dict().items():
            assert torch.equal(tensor, theirs.state_dict()[name]), name


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("conditional", [False, True])
def test_all_tensors_of_a_pickle_are_taken(tmp_path, protocol, conditional):
    source = build(classes=3, conditional=conditional, seed=1)
    with torch.no_grad():
        for parameter in source.generator.parameters():
            parameter += 1  # so that it differs from its average
    target = build(classes=3, conditional=conditional, seed=2)
    start_from(write_pickle(tmp_path / "source.pkl", source, protocol), *networks(target))
    assert_same(target, source)


def test_training_starts_from_the_weights_and_resuming_does_not(tmp_path):
    source = build(seed=1)
    path = write_pickle(tmp_path / "source.pkl", source)
    # next to no learning, so that the weights stay what they were
    target = build(seed=2, init_from=str(path), learning_rate=1e-12)
    pictures = torch.randint(0, 256, (4, 1, 32, 32), dtype=torch.uint8)
    target.train_epoch(pictures, torch.zeros(4, dtype=torch.int64))
    for name, value in source.averaged.named_parameters():
        torch.testing.assert_close(dict(target.averaged.named_parameters())[name], value)

    path.unlink()
    resumed = build(seed=3, init_from=str(path))
    resumed.load_training_state(target.training_state())
    resumed.train_epoch(pictures, torch.zeros(4, dtype=torch.int64))
    resumed.save(tmp_path / "weights.safetensors", ["a"])
    StyleGAN2ADA.load(tmp_path / "weights.safetensors", CPU)


@pytest.mark.parametrize(("given", "half_life"), [({}, 0.05 * 4), ({"init_from": "x.pkl"}, 2000)])
def test_the_average_has_its_whole_half_life_at_once_from_trained_weights(given, half_life):
    generator = build(ema_kimg=2, **given)
    generator.images_seen = 4
    before = [parameter.clone() for parameter in generator.averaged.parameters()]
    with torch.no_grad():
        for parameter in generator.generator.parameters():
            parameter += 1
    generator._average(4)
    share = 1 - 0.5 ** (4 / half_life)
    for old, new in zip(before, generator.averaged.parameters(), strict=True):
        torch.testing.assert_close(new - old, torch.full_like(old, share), rtol=1e-3, atol=1e-4)


def test_a_generator_trained_here_is_taken_too(tmp_path):
    source, target = build(seed=1), build(seed=2)
    source.save(tmp_path / "source.safetensors", ["a"])
    start_from(tmp_path / "source.safetensors", *networks(target))
    z = torch.randn(2, 8)
    assert torch.equal(target.generator(z), source.averaged(z))
    assert torch.equal(target.averaged(z), source.averaged(z))


def test_of_another_resolution_the_layers_that_match_are_taken(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = write_pickle(tmp_path / "source.pkl", build(64, seed=1))
    target = build(32, seed=2)
    before = {k: v.clone() for k, v in target.discriminator.state_dict().items()}
    start_from(path, *networks(target))
    after = target.discriminator.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert "blocks.16.conv0.weight" in changed
    assert "blocks.32.from_image.weight" not in changed
    total = len(target.averaged.state_dict())
    assert f"averaged generator: {total} of {total} tensors taken" in caplog.text
    assert "discriminator: not taken, start at random: blocks.32.from_image.weight" in caplog.text
    assert "in the file alone: synthesis.blocks.64.conv0.bias" in caplog.text


def test_colour_becomes_grey(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    source, target = build(channels=3, seed=1), build(channels=1, seed=2)
    for network in networks(source):
        for name, tensor in network.named_parameters():
            if name.endswith("to_image.bias"):
                nn.init.normal_(tensor)
    start_from(write_pickle(tmp_path / "source.pkl", source), *networks(target))
    z = torch.randn(4, 8)
    grey = target.averaged(z)
    torch.testing.assert_close(grey, source.averaged(z).mean(1, keepdim=True), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        target.discriminator(grey), source.discriminator(grey.expand(-1, 3, -1, -1))
    )
    assert "from colour to grey: synthesis.blocks.4.to_image.weight" in caplog.text


# Files that are refused


class Runs:
    """Makes a folder when it is read by an unpickler that does what it is told."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def assert_refused(path, match):
    target = build()
    before = {k: v.clone() for k, v in target.averaged.state_dict().items()}
    with pytest.raises(UserError, match=match):
        start_from(path, *networks(target))
    assert all(torch.equal(before[k], v) for k, v in target.averaged.state_dict().items())


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path, protocol):
    folder = tmp_path / "it_ran"
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"G_ema": Runs(folder)}, protocol))
    assert_refused(path, r"refers to (posix|nt)\.mkdir")
    assert not folder.exists()
    pickle.loads(path.read_bytes())  # an ordinary unpickler runs it
    assert folder.exists()


def test_code_next_to_the_networks_and_inside_a_storage_is_refused(tmp_path):
    folder = tmp_path / "it_ran"
    write_pickle(tmp_path / "beside.pkl", build(), augment_pipe=Runs(folder))
    assert_refused(tmp_path / "beside.pkl", r"\.mkdir")

    class Storage:
        def __reduce__(self):
            inside = io.BytesIO()
            torch.save(Runs(folder), inside, _use_new_zipfile_serialization=False)
            return torch.storage._load_from_bytes, (inside.getvalue(),)

    (tmp_path / "inside.pkl").write_bytes(pickle.dumps({"G_ema": Storage()}))
    assert_refused(tmp_path / "inside.pkl", "no whole pickle")
    assert not folder.exists()


@pytest.mark.parametrize("name", ["builtins eval", "builtins getattr", "os system", "torch load"])
def test_names_that_could_do_harm_are_refused(tmp_path, name):
    module, attribute = name.split()
    code = b"c" + f"{module}\n{attribute}\n".encode() + b"."
    (tmp_path / "a.pkl").write_bytes(code)
    assert_refused(tmp_path / "a.pkl", f"refers to {module}.{attribute}")


def test_a_pickle_cannot_change_what_it_refers_to(tmp_path):
    """Setting attributes of a named thing (opcode BUILD) touches nothing that is used again."""
    rebuild = torch._utils._rebuild_tensor_v2
    code = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x05\x00\x00\x00__a__K\x01s\x86b."
    (tmp_path / "a.pkl").write_bytes(code)
    with pytest.raises(UserError):
        read_networks(tmp_path / "a.pkl")
    assert not hasattr(rebuild, "__a__")
    code = b"\x80\x02ccollections\nOrderedDict\nN}X\x05\x00\x00\x00itemsK\x01s\x86b."
    (tmp_path / "a.pkl").write_bytes(code)
    with pytest.raises(UserError):
        read_networks(tmp_path / "a.pkl")
    assert OrderedDict(a=1).items()


def test_a_tensor_larger_than_its_storage_is_refused(tmp_path):
    class Tensor:
        def __reduce__(self):
            rebuild, (storage, offset, _, *rest) = torch.zeros(4).__reduce_ex__(4)
            return rebuild, (storage, offset, (1000,), *rest)

    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"G_ema": Tensor()}))
    assert_refused(tmp_path / "a.pkl", "out of bounds")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_pickle_that_is_cut_off_is_refused(tmp_path, share):
    path = write_pickle(tmp_path / "source.pkl", build(seed=1))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(path, "no whole pickle")


def test_other_files_are_refused(tmp_path):
    assert_refused(tmp_path / "none.pkl", "there is no file")
    (tmp_path / "a.txt").write_text("weights")
    assert_refused(tmp_path / "a.txt", r"neither a \.pkl nor a \.safetensors")
    (tmp_path / "a.pkl").write_text("weights")
    assert_refused(tmp_path / "a.pkl", "no whole pickle")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps({"model": {}}))
    assert_refused(tmp_path / "b.pkl", r"holds no generator \(G_ema\)")
    (tmp_path / "c.pkl").write_bytes(pickle.dumps([1, 2]))
    assert_refused(tmp_path / "c.pkl", "holds no generator")
    (tmp_path / "d.pkl").write_bytes(pickle.dumps({"G_ema": {"weight": 1}}))
    assert_refused(tmp_path / "d.pkl", "no whole pickle")
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", 1000) + b"{")
    assert_refused(tmp_path / "a.safetensors", "no whole safetensors file")


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_safetensors_that_are_cut_off_are_refused(tmp_path, share):
    path = tmp_path / "source.safetensors"
    build(seed=1).save(path, ["a"])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(path, "no whole safetensors file")


@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_text("<html>")])
def test_what_only_calls_itself_safetensors_is_refused_and_not_run(tmp_path, write):
    write(Runs(tmp_path / "it_ran"), tmp_path / "a.safetensors")
    assert_refused(tmp_path / "a.safetensors", "no whole safetensors file")
    assert not (tmp_path / "it_ran").exists()


@pytest.mark.parametrize("network", ["averaged", "generator", "discriminator"])
def test_weights_that_are_not_finite_are_refused(tmp_path, network):
    source = build(seed=1)
    with torch.no_grad():
        next(getattr(source, network).parameters()).view(-1)[0] = float("nan")
    assert_refused(write_pickle(tmp_path / "a.pkl", source), f"not finite .{network}")


def test_another_kind_of_generator_is_refused(tmp_path):
    train_tiny("dcgan").save(tmp_path / "dcgan.safetensors", ["a"])
    assert_refused(tmp_path / "dcgan.safetensors", "no layer in .* has the name and shape")


def test_weights_of_another_architecture_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"0.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    assert_refused(tmp_path / "other.safetensors", "no layer in .* has the name and shape")
