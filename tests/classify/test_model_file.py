"""The file of an exported classifier: what it says, and every way in which it can be wrong."""

import json
import pickle

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from synthmix.classify.model_file import HEADER_KEY, load_model, save_model
from synthmix.classify.network import new_network
from synthmix.classify.settings import Classifier
from synthmix.errors import UserError
from synthmix.networks.plan import NEAREST_NEIGHBOURS
from synthmix.prepare.settings import Prepare
from tiny_classifiers import CLASSES, CPU, PICTURES, VOLUMES, export, header
from tiny_generators import names_of, train_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return export(tmp_path_factory.mktemp("model") / "model.safetensors")


def said(file):
    with safe_open(file, framework="pt") as opened:
        return json.loads(opened.metadata()[HEADER_KEY])


def rewritten(file, target, tensors=None, **changes):
    """Write `file` to `target` with other tensors, or other things said of it."""
    text = json.dumps(said(file) | changes)
    save_file(load_file(file) if tensors is None else tensors, target, {HEADER_KEY: text})
    return target


def assert_refused(file, match):
    with pytest.raises(UserError, match=match) as refusal:
        load_model(file, CPU)
    assert str(file) in str(refusal.value)


def test_it_comes_back_as_it_was(model):
    network, read = load_model(model, CPU)
    assert read.classes == CLASSES
    assert read.prepare == Prepare(image_size=16)
    assert read.image_shape == (1, 16, 16)
    assert not network.training
    state = load_file(model)
    assert state.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_a_head_with_training_images_in_it_comes_back(tmp_path):
    settings = Classifier(network="efficientnet_lite0", unfrozen_layers=0, head=NEAREST_NEIGHBOURS)
    described = header(settings=settings)
    network = new_network(settings.model_dump(mode="json"), described.image_shape, 2)
    network.head[0].make_room(7)
    network.head[0].labels[:, 1] = 1
    save_model(tmp_path / "m.safetensors", network, described)
    again, read = load_model(tmp_path / "m.safetensors", CPU)
    assert read.settings.head == NEAREST_NEIGHBOURS
    assert again.head[0].labels.tolist() == [[0, 1]] * 7


def test_the_same_classifier_makes_the_same_bytes(model, tmp_path):
    for attempt in range(3):
        again = export(tmp_path / f"{attempt}.safetensors")
        assert again.read_bytes() == model.read_bytes()


def test_one_of_before_there_were_ranges_is_read(model, tmp_path):
    text = said(model)
    del text["value_range"], text["prepare"]["intensity"]
    save_file(load_file(model), tmp_path / "old.safetensors", {HEADER_KEY: json.dumps(text)})
    _, read = load_model(tmp_path / "old.safetensors", CPU)
    assert read.value_range is None
    assert read.prepare.intensity == "auto"


def test_what_images_are_normalised_by_comes_back(tmp_path):
    settings = {"network": "vgg16", "unfrozen_layers": 0, "input_size": 32, "dense_layers": [2]}
    means = {}
    for weights in ("imagenet", "imagenet_original"):
        described = Classifier(**settings, weights=weights)
        prepare = Prepare(image_size=32, channels=3)
        file = tmp_path / f"{weights}.safetensors"
        network = new_network(described.model_dump(mode="json"), (3, 32, 32), len(CLASSES))
        save_model(file, network, header(settings=described, prepare=prepare))
        means[weights] = load_model(file, CPU)[0].mean
        assert ("weights" in said(file)["settings"]) == (weights == "imagenet_original")
    assert means["imagenet"][0] == 0.485
    assert means["imagenet_original"][0] == 0.48235


def test_it_says_nothing_of_how_it_was_trained(model):
    assert set(said(model)["settings"]) & {"learning_rate", "weights", "epochs"} == set()
    assert "max_rejected_share" not in said(model)["prepare"]


def test_loading_draws_no_random_numbers(model):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    load_model(model, CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_volumes_and_second_outputs(tmp_path):
    volumes = {"prepare": Prepare(volume_shape=(8, 12, 8)), "settings": Classifier(**VOLUMES)}
    export(tmp_path / "volumes.safetensors", **volumes)
    _, read = load_model(tmp_path / "volumes.safetensors", CPU)
    assert read.image_shape == (1, 8, 12, 8)
    big = header(
        settings=Classifier(network="inception_v3", input_size=75, unfrozen_layers=2),
        prepare=Prepare(image_size=16, channels=3),
    )
    torch.manual_seed(0)
    network = new_network(big.settings.model_dump(mode="json"), big.image_shape, 2)
    save_model(tmp_path / "big.safetensors", network, big)
    names = load_file(tmp_path / "big.safetensors").keys()
    assert not any(name.startswith("auxiliary") for name in names)
    loaded, _ = load_model(tmp_path / "big.safetensors", CPU)
    image = torch.rand(1, 3, 75, 75)
    with torch.no_grad():
        assert torch.equal(loaded(image), network.eval()(image))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_file_that_is_cut_off_is_refused(share, model, tmp_path):
    whole = model.read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: int(share * len(whole))])
    assert_refused(cut, "cut off or damaged|is empty|no safetensors file")


def test_files_of_other_kinds_are_refused(model, tmp_path):
    class Spiteful:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    (tmp_path / "a.pth").write_bytes(pickle.dumps(Spiteful()))
    assert_refused(tmp_path / "a.pth", "is a pickle of PyTorch or a zip")
    assert not (tmp_path / "run").exists()
    (tmp_path / "page").write_text("<!doctype html>")
    assert_refused(tmp_path / "page", "is a web page")
    assert_refused(tmp_path, "there is no file")
    assert_refused(tmp_path / "gone", "there is no file .*export_classifiers")
    save_file(load_file(model), tmp_path / "bare.safetensors")
    assert_refused(tmp_path / "bare.safetensors", "does not say which classifier")
    generator = train_tiny("dcgan")
    generator.save(tmp_path / "generator.safetensors", names_of(generator))
    assert_refused(tmp_path / "generator.safetensors", "does not say which classifier")


SETTINGS = Classifier(**PICTURES).model_dump(mode="json")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format_version": 2}, "a format that this version of the project does not know"),
        ({"classes": ["a"]}, "classes"),
        ({"classes": ["a", "a"]}, "twice"),
        ({"classes": ["../../up", "b"]}, "classes"),
        ({"classes": ["a", "b"]}, "positive_class: is none of the classes"),
        ({"classes": ["bad", "good", "ugly"], "threshold": 0.3}, "is for two classes"),
        ({"positive_class": None, "threshold": 0.3}, "threshold"),
        ({"threshold": 1.5}, "threshold"),
        ({"surprise": 1}, "surprise"),
        ({"settings": SETTINGS | {"network": "vgg17"}}, "settings.network"),
        ({"settings": SETTINGS | {"speed": 1}}, "settings.speed"),
        ({"prepare": {"image_size": 16, "volume_shape": [8, 8, 8]}}, "prepare"),
        ({"prepare": {"volume_shape": [2000, 2000, 2000]}}, "volumes of more than"),
        ({"value_range": [2, 1]}, "value_range"),
        ({"value_range": [0, 1e999]}, "value_range"),
        ({"value_range": [1]}, "value_range"),
        ({"about": "\x1b[31mred"}, "about"),
        ({"about": "a" * 3000}, "about"),
    ],
)
def test_odd_descriptions_are_refused(changes, match, model, tmp_path):
    assert_refused(rewritten(model, tmp_path / "a.safetensors", **changes), match)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": SETTINGS | {"network": "resnet18"}},
        {"settings": SETTINGS | {"dense_layers": [10**15]}},
        {"settings": SETTINGS | {"dense_layers": [8] * 100}},
        {"settings": SETTINGS | {"cnn": PICTURES["cnn"] | {"levels": 10**12}}},
        {"settings": SETTINGS | {"cnn": PICTURES["cnn"] | {"filters": 10**12}}},
        {"settings": SETTINGS | {"cnn": PICTURES["cnn"] | {"filters": 10**30}}},
        {"settings": SETTINGS | {"network": "cnn_3d"}},
        {"prepare": {"image_size": 32}},
        {"prepare": {"image_size": 16, "channels": 3}},
        {"prepare": {"volume_shape": [16, 16, 16]}},
        {"classes": ["bad", "good", "ugly"]},
    ],
)
def test_a_description_of_another_network_is_refused(changes, model, tmp_path):
    odd = rewritten(model, tmp_path / "a.safetensors", **changes)
    assert_refused(odd, "its tensors are not those of the")


def test_odd_tensors_are_refused(model, tmp_path):
    tensors = load_file(model)
    name = next(iter(tensors))
    for odd in (
        {key: value for key, value in tensors.items() if key != name},
        tensors | {"other": torch.zeros(1)},
        tensors | {name: tensors[name].double()},
        tensors | {name: tensors[name][..., :1].contiguous()},
    ):
        file = rewritten(model, tmp_path / "odd.safetensors", odd)
        assert_refused(file, "its tensors are not those of the cnn")
    for value in (float("nan"), float("inf")):
        broken = tensors | {name: torch.full_like(tensors[name], value)}
        file = rewritten(model, tmp_path / "odd.safetensors", broken)
        assert_refused(file, f"{name} has values that are not finite")
