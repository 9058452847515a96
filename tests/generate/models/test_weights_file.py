"""The file of a trained generator: what it says, and every way in which it can be wrong."""

import contextlib
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from synthmix.errors import UserError
from synthmix.generate.models.loading import load_any
from synthmix.generate.models.weights_file import HEADER_KEY, read_header
from synthmix.generate.sample_generator import sample_generator
from synthmix.registry import GENERATORS, load_generator
from tiny_generators import CLASSES, CPU, SIZE, build_tiny, names_of, train_tiny
from workflow_project import ROOT

EVERY = pytest.mark.parametrize("model", sorted(GENERATORS))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a function: the file of a tiny trained generator of a kind, made once."""
    folder, made = tmp_path_factory.mktemp("files"), {}

    def file(model):
        if model not in made:
            made[model] = folder / f"{model}.safetensors"
            generator = train_tiny(model)
            generator.save(made[model], names_of(generator))
        return made[model]

    return file


def header_in(file):
    with safe_open(file, framework="numpy") as opened:
        return json.loads(opened.metadata()[HEADER_KEY])


def rewritten(file, target, tensors=None, **changes):
    """Write `file` to `target` with other tensors, or other things said of it."""
    header = json.dumps(header_in(file) | changes)
    save_file(load_file(file) if tensors is None else tensors, target, {HEADER_KEY: header})
    return target


def assert_refused(file, match, model):
    """Check that neither way of loading takes `file`, that both name it, and leave it alone."""
    before = file.read_bytes() if file.is_file() else None
    for load in (load_any, load_generator(model).load):
        with pytest.raises(UserError, match=match) as refusal:
            load(file, CPU)
        assert str(file) in str(refusal.value)
    assert (file.read_bytes() if file.is_file() else None) == before


@EVERY
def test_it_says_what_it_holds_and_comes_back_without_being_told(model, files):
    header = read_header(files(model))
    joint = load_generator(model).Settings(**header.settings).joint
    assert header.model == model
    assert header.image_shape == (SIZE, SIZE, 1)
    assert list(header.class_names) == (CLASSES if joint else CLASSES[:1])
    loaded, trained = load_any(files(model), CPU), train_tiny(model)
    assert type(loaded) is type(trained)
    assert loaded.settings == trained.settings
    label = loaded.classes - 1
    np.testing.assert_array_equal(loaded.sample([3, 5], label), trained.sample([3, 5], label))


@EVERY
def test_the_same_generator_makes_the_same_bytes(model, files, tmp_path):
    whole = files(model).read_bytes()
    for attempt in range(4):
        loaded = load_any(files(model), CPU)
        loaded.save(tmp_path / f"{attempt}.safetensors", names_of(loaded))
        assert (tmp_path / f"{attempt}.safetensors").read_bytes() == whole


@EVERY
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.3, 0.999])
def test_a_file_that_is_cut_off_is_refused(model, share, files, tmp_path):
    whole = files(model).read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: int(share * len(whole))])
    assert_refused(cut, "cut off or damaged|is empty|no safetensors file", model)


@EVERY
def test_another_kind_than_asked_for_is_refused(model, files):
    other = next(name for name in sorted(GENERATORS) if name != model)
    with pytest.raises(UserError, match=f"of the kind {model}, not {other}"):
        load_generator(other).load(files(model), CPU)


def other_architectures(model):
    """Yield settings of a generator that make its weights larger, or others, one at a time."""

    def shapes(**changes):
        network = build_tiny(model, **changes).sampling_network()
        return {name: tensor.shape for name, tensor in network.state_dict().items()}

    for name, value in load_generator(model).Settings.tiny.items():
        if type(value) is int and name not in ("epochs", "batch_size"):
            with contextlib.suppress(ValidationError):  # a value that can't be
                if shapes(**{name: 2 * value}) != shapes():
                    yield {name: 2 * value}


def test_most_generators_have_settings_that_make_another_architecture():
    assert all(any(other_architectures(name)) for name in ("dcgan", "deepsmote", "diffusion"))


@EVERY
def test_tensors_of_another_architecture_are_refused(model, files, tmp_path):
    for changes in other_architectures(model):
        settings = header_in(files(model))["settings"] | changes
        odd = rewritten(files(model), tmp_path / "wide.safetensors", settings=settings)
        assert_refused(odd, "another architecture or resolution", model)
    tensors = load_file(files(model))
    for odd in (dict(list(tensors.items())[:-1]), tensors | {"other": torch.zeros(1)}):
        file = rewritten(files(model), tmp_path / "odd.safetensors", odd)
        assert_refused(file, "another architecture or resolution", model)


@pytest.mark.parametrize("model", ["dcgan", "deepsmote", "resampling", "stylegan2_ada"])
def test_weights_of_another_resolution_are_refused(model, files, tmp_path):
    other = rewritten(files(model), tmp_path / "a.safetensors", image_shape=[64, 64, 1])
    assert_refused(other, "another architecture or resolution", model)


@EVERY
def test_weights_of_other_channels_are_refused(model, files, tmp_path):
    other = rewritten(files(model), tmp_path / "a.safetensors", image_shape=[SIZE, SIZE, 3])
    assert_refused(other, "another architecture or resolution", model)


@pytest.mark.parametrize("model", [name for name in sorted(GENERATORS) if name != "ready_images"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(model, value, files, tmp_path):
    tensors = load_file(files(model))
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name].view(-1)[-1] = value
    odd = rewritten(files(model), tmp_path / "a.safetensors", tensors)
    assert_refused(odd, f"{name} has values that are not finite", model)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"model": "dcgam"}, "settings: are of another model"),
        ({"image_shape": [0, 32, 1]}, "image_shape"),
        ({"image_shape": [32, 32]}, "image_shape"),
        ({"image_shape": [32, 64, 1]}, "not square"),
        ({"image_shape": [48, 48, 1]}, "power of two"),
        ({"class_names": []}, "class_names"),
        ({"class_names": ["../../up"]}, "class_names"),
        ({"class_names": ["a", "a"]}, "class_names: name a class twice"),
        ({"settings": 3}, "settings"),
        ({"settings": {"model": "dcgan"}}, "epochs"),
        ({"settings": {"model": "dcgan", "epochs": 1, "speed": 3}}, "speed"),
        ({"surprise": 1}, "surprise"),
        ({"format_version": 99}, "a format that this version of the project does not know"),
    ],
)
def test_odd_descriptions_are_refused(changes, match, files, tmp_path):
    assert_refused(rewritten(files("dcgan"), tmp_path / "a.safetensors", **changes), match, "dcgan")


def test_an_unknown_kind_is_named_with_the_nearest_one(files, tmp_path):
    settings = header_in(files("dcgan"))["settings"] | {"model": "dcgam"}
    odd = rewritten(files("dcgan"), tmp_path / "a.safetensors", model="dcgam", settings=settings)
    with pytest.raises(UserError, match=r"'dcgam' is not one of .* did you mean dcgan\?"):
        load_any(odd, CPU)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {HEADER_KEY: "{"}, {HEADER_KEY: "1"}])
def test_safetensors_without_a_description_are_refused(metadata, files, tmp_path):
    save_file(load_file(files("dcgan")), tmp_path / "a.safetensors", metadata)
    assert_refused(tmp_path / "a.safetensors", "does not say which|is damaged", "dcgan")


class Runs:
    """Makes a folder when an ordinary unpickler reads it."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("write", [torch.save, lambda value, file: file.write(pickle.dumps(value))])
def test_a_pickle_is_refused_and_not_run(write, tmp_path):
    with (tmp_path / "a.safetensors").open("wb") as file:
        write(Runs(tmp_path / "it_ran"), file)
    assert_refused(tmp_path / "a.safetensors", "a pickle of PyTorch or a zip", "dcgan")
    assert not (tmp_path / "it_ran").exists()


def test_other_files_are_refused(tmp_path):
    (tmp_path / "page").write_text("\n<!doctype html><html>Sign in</html>")
    assert_refused(tmp_path / "page", "is a web page", "dcgan")
    (tmp_path / "text").write_text("weights, one would think")
    assert_refused(tmp_path / "text", "is no safetensors file", "dcgan")
    assert_refused(tmp_path / "gone", "there is no file", "dcgan")
    assert_refused(tmp_path, "there is no file", "dcgan")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("bank.labels", lambda tensor: tensor + 1),
        ("bank.neighbours", lambda tensor: tensor + 100),
        ("bank.neighbours", lambda tensor: tensor[1:]),
        ("bank.neighbours", lambda tensor: tensor[:, :0]),
        ("bank.weights", lambda tensor: -tensor),
        ("bank.points", lambda tensor: tensor[1:]),
    ],
)
def test_codes_that_could_not_be_sampled_are_refused(name, change, files, tmp_path):
    tensors = load_file(files("deepsmote"))
    tensors[name] = change(tensors[name]).contiguous()
    odd = rewritten(files("deepsmote"), tmp_path / "a.safetensors", tensors)
    assert_refused(odd, "another architecture or resolution", "deepsmote")


def test_a_pool_stays_what_it_was_when_the_weights_are_broken(files, tmp_path):
    pool = tmp_path / "pool.npy"
    pool.write_bytes(b"the pool of before")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(files("dcgan").read_bytes()[:-10])
    with pytest.raises(UserError, match="cut off"):
        sample_generator("dcgan", "mine", {"cancer": 0}, cut, pool, {"cancer": 5}, 1.0, CPU)
    assert pool.read_bytes() == b"the pool of before"
    assert sorted(tmp_path.iterdir()) == [cut, pool]


def test_a_save_that_fails_leaves_what_was_there(files, tmp_path):
    generator = load_any(files("dcgan"), CPU)
    with pytest.raises(ValueError, match="2 names for 1 classes"):
        generator.save(tmp_path / "a.safetensors", CLASSES)
    assert not list(tmp_path.iterdir())


def test_reading_the_description_loads_no_torch(files):
    code = (
        "import sys; from synthmix.generate.models.weights_file import read_header; "
        "print(read_header(sys.argv[1]).model, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(files("dcgan"))]
    shown = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, text=True)
    assert shown.stdout.split() == ["dcgan", "False"], shown.stderr


def test_a_gpu_without_memory_is_no_fault_of_the_file(files, monkeypatch):
    def has_no_room(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(load_generator("dcgan"), "__init__", has_no_room)
    with pytest.raises(torch.OutOfMemoryError):
        load_generator("dcgan").load(files("dcgan"), CPU)
