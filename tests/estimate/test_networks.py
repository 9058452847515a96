"""What networks are said to cost, against what torch counts."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from estimate_graphs import job, study
from synthmix.classify.network import new_network
from synthmix.classify.settings import Classifier
from synthmix.estimate.disk import INCEPTION_WEIGHTS, SCORE_FEATURES, disk
from synthmix.estimate.networks import (
    classifier_cost,
    generator_cost,
    inception_cost,
    own_features_cost,
    pretrained_parameters,
)
from synthmix.estimate.work import SCORE_BATCH, SCORE_STEPS
from synthmix.networks.plan import facts_of, input_size_of, unfrozen_of
from synthmix.registry import (
    CLASSIFIERS,
    GENERATORS,
    load_classifier,
    load_classifier_facts,
    load_generator,
    load_generator_settings,
)
from synthmix.score import train_score_network
from synthmix.score.features import InceptionFeatures
from synthmix.score.own_network import OwnFeatures


class Counter(TorchDispatchMode):
    """Counts multiply-adds; torch's own counter minds gradients being switched on and off."""

    macs = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Count, then do as asked."""
        result = function(*args, **(kwargs or {}))
        count = flop_registry.get(function._overloadpacket)
        if count:
            self.macs += count(*args, **(kwargs or {}), out_val=result) / 2
        return result


def macs_of(function):
    with Counter() as counter:
        result = function()
    return counter.macs, result


def parameters(*modules):
    return sum(part.numel() for module in modules for part in module.parameters())


COUNTED = [name for name in CLASSIFIERS if load_classifier_facts(name).costs]


@pytest.mark.parametrize("network", COUNTED)
def test_a_network_costs_what_torch_counts_layer_by_layer(network):
    facts = load_classifier_facts(network)
    size = facts.input_size or 40
    shape = (1, 16, 17, 19) if facts.volumes else (3, size, size)
    given = {} if facts.pretrained else facts.tiny
    settings = Classifier(network=network, weights="none", **given).model_dump(mode="json")
    with torch.device("meta"), torch.no_grad():
        layers = load_classifier(network).backbone(settings, shape).layers.eval()
        values, counted = torch.empty(1, *shape), []
        for layer in layers:
            macs, values = macs_of(lambda layer=layer, values=values: layer(values))
            counted.append((macs, parameters(layer), values.numel()))
    told = [
        (each.cost.macs, each.cost.parameters, each.values) for each in facts.costs(settings, shape)
    ]
    if facts.pretrained:
        assert told == counted
        assert pretrained_parameters(network) == parameters(layers)
    for one, other in zip(told, counted, strict=True):
        assert one[::2] == other[::2]
        assert one[1] == pytest.approx(other[1], rel=0.1)


def test_a_network_that_does_not_say_what_it_costs_has_no_cost(monkeypatch):
    settings = Classifier(network="vgg16", weights="none").model_dump(mode="json")
    monkeypatch.setitem(vars(load_classifier_facts("vgg16")), "costs", None)
    assert classifier_cost(settings, (64, 64, 1)) is None
    assert pretrained_parameters("vgg16") is None


CLASSIFIER_CASES = [
    ({"network": "vgg16", "unfrozen_layers": 3, "dense_layers": [256]}, (64, 64, 1)),
    ({"network": "vgg16", "unfrozen_layers": 0, "input_size": 64}, (64, 64, 1)),
    ({"network": "resnet18", "unfrozen_layers": 1, "input_size": 128}, (64, 64, 1)),
    (
        {"network": "cnn", "unfrozen_layers": "all", "cnn": {"levels": 3, "convolutions": 2}},
        (50, 50, 3),
    ),
    (
        {"network": "cnn", "unfrozen_layers": "all", "cnn": {"padding": "valid", "levels": 2}}
        | {"pooling": "average"},
        (64, 64, 3),
    ),
    (
        {"network": "cnn_3d", "unfrozen_layers": "all", "cnn": {"levels": 3, "filters": 4}}
        | {"dense_layers": [64]},
        (23, 27, 23),
    ),
]


@pytest.mark.parametrize(("given", "shape"), CLASSIFIER_CASES)
def test_a_classifier_costs_what_torch_counts(given, shape):
    settings = Classifier(weights="none", **given).model_dump(mode="json")
    image = (1, *shape) if facts_of(settings).volumes else (shape[2], *shape[:2])
    network = new_network(settings, image, 2).eval()
    size = input_size_of(settings)
    inputs = torch.zeros(1, network.channels, *([size, size] if size else image[1:]))
    frozen, trained = network.cut(unfrozen_of(settings))
    trained.eval()
    with torch.no_grad():
        before, features = macs_of(lambda: frozen(inputs))
        after, _ = macs_of(lambda: trained(features))
    cost = classifier_cost(settings, shape)
    assert cost.frozen.macs == pytest.approx(before)
    assert cost.trained.macs == pytest.approx(after)
    assert cost.features == features.numel()
    assert cost.trained.parameters == pytest.approx(parameters(trained), rel=0.02)


BATCH = 8
# what the tiny ones have otherwise
GENERATOR_CASES = [
    ({"model": "dcgan", "base_channels": 8, "kernel_size": 5}, (64, 64, 3)),
    ({"model": "dcgan", "start_size": 16, "discriminator_channels": 24}, (64, 64, 3)),
    (
        {"model": "stylegan2_ada", "channel_max": 64}
        | {"augment_blit": False, "augment_geometric": False},
        (32, 32, 1),
    ),
    ({"model": "bagan_gp", "epochs": 2, "autoencoder_epochs": 1}, (28, 28, 1)),
    ({"model": "deepsmote"}, (28, 28, 3)),
    ({"model": "diffusion", "attention_levels": [False, True]}, (30, 30, 1)),
]


def test_a_generator_of_the_tiny_study_costs_about_what_torch_counts():
    check_cost({"model": "dcgan"}, (32, 32, 1))


@pytest.mark.full  # seconds each, to build or to import
@pytest.mark.parametrize("model", GENERATORS)
def test_a_generator_costs_about_what_torch_counts(model):
    check_cost({"model": model}, (32, 32, 1))


@pytest.mark.full
@pytest.mark.parametrize(("given", "shape"), GENERATOR_CASES)
def test_a_generator_costs_about_what_torch_counts_with_other_settings(given, shape):
    check_cost(given, shape)


def check_cost(given, shape):
    """Compare what a generator is said to cost, where it is said, with what torch counts."""
    torch.manual_seed(1)
    kind = load_generator(given["model"])
    small = {"epochs": 1, **kind.Settings.tiny, "batch_size": BATCH, **given}
    settings = kind.Settings(**small)
    if settings.first_scored_epoch == 1:  # all its epochs are alike
        settings = settings.model_copy(update={"epochs": 1})
    cost = generator_cost(settings.model_dump(mode="json"), shape)
    if cost is None or not cost.learning:
        return
    generator = kind(settings, shape, 2, torch.device("cpu"))
    # as many steps as the rarest regularisation takes turns
    count = 16 * BATCH
    images = torch.randint(0, 256, (count, shape[2], *shape[:2]), dtype=torch.uint8)
    labels = torch.arange(count) % 2
    learning, _ = macs_of(
        lambda: [generator.train_epoch(images, labels) for _ in range(settings.epochs)]
    )
    generator.finish(images, labels)
    making, _ = macs_of(lambda: generator.sample(range(64)))
    networks = [p for p in generator.training_parts().values() if isinstance(p, torch.nn.Module)]

    assert cost.learning == pytest.approx(learning / count / settings.epochs, rel=0.1)
    assert cost.image == pytest.approx(making / 64, rel=0.06)
    assert cost.parameters == pytest.approx(parameters(*networks), rel=0.02)
    own = parameters(generator.sampling_network())
    assert cost.sampling_parameters == pytest.approx(own, rel=0.02)


def test_a_generator_may_cost_nothing_or_not_say_it(monkeypatch):
    assert generator_cost({"model": "resampling"}, (32, 32, 1)).learning == 0
    monkeypatch.delattr(load_generator_settings("resampling"), "cost")
    assert generator_cost({"model": "resampling"}, (32, 32, 1)) is None


def test_the_file_of_inception_is_as_large_as_its_tensors(monkeypatch):
    from pytorch_fid import inception

    monkeypatch.setattr(inception, "load_state_dict_from_url", lambda *_, **__: {})
    monkeypatch.setattr(torch.nn.Module, "load_state_dict", lambda *_: None)
    with torch.device("meta"):
        tensors = inception.fid_inception_v3().state_dict().values()
    assert sum(tensor.numel() for tensor in tensors) == INCEPTION_WEIGHTS
    sizes = study()
    assert disk(job("fetch_score_weights"), sizes).kept == pytest.approx(95.6e6, rel=0.01)


def test_the_networks_of_the_scores():
    own = OwnFeatures(1, 2).eval()
    macs, _ = macs_of(lambda: own(torch.zeros(1, 1, 128, 128, dtype=torch.uint8)))
    assert own_features_cost((128, 128, 1)).macs == macs
    assert inception_cost().macs == pytest.approx(5.7e9, rel=0.01)
    assert {"own": own.dims, "inception": InceptionFeatures.dims} == SCORE_FEATURES
    assert (train_score_network.STEPS, train_score_network.BATCH) == (SCORE_STEPS, SCORE_BATCH)
