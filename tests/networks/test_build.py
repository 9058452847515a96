import pytest
import torch
from torch import nn
from torchvision import models

from synthmix.classify.settings import Classifier
from synthmix.config.load import load
from synthmix.networks.build import build_network, draw_weights, load_backbone
from synthmix.networks.inputs import to_inputs
from synthmix.networks.plan import (
    backbone_name,
    frozen_settings,
    layers_of,
    minimum_size_of,
    weights_name,
)
from synthmix.networks.published import pick_weights
from synthmix.registry import CLASSIFIERS, load_classifier, load_classifier_facts
from synthmix.search.resolve import possible_settings, trained_with
from workflow_project import ROOT

FACTS = {name: load_classifier_facts(name) for name in CLASSIFIERS}
OF_TORCHVISION = [
    name for name, facts in FACTS.items() if facts.pretrained and facts.weights_package is None
]


def settings_of(network, **settings):
    return Classifier(network=network, weights="none", **settings).model_dump(mode="json")


def build(network, image_shape, classes=2, **settings):
    return build_network(settings_of(network, **settings), image_shape, classes)


def small(network, **settings):
    """Return a network for small images and two of these."""
    size = FACTS[network].tiny.get("input_size", 40)
    shape = (1, 16, 17, 19) if FACTS[network].volumes else (3, size, size)
    torch.manual_seed(0)
    return build(network, shape, **FACTS[network].tiny | settings), torch.randn(2, *shape)


def on_meta(*arguments, **settings):
    """Return a network without memory for weights, to count them."""
    with torch.device("meta"):
        return build(*arguments, **settings)


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def statistics(module):
    """Return how many values the running statistics of batch norm are."""
    return sum(buffer.numel() for buffer in module.buffers() if buffer.ndim)


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_facts_of_pretrained_networks_are_those_of_their_weights(name):
    weights = models.get_model_weights(name).IMAGENET1K_V1
    assert weights.transforms().crop_size == [FACTS[name].input_size]
    assert weights.meta["min_size"] == (FACTS[name].minimum_size,) * 2
    last = on_meta(name, (3, 224, 224), pooling="average").head[0]
    assert last.in_features == FACTS[name].channels


@pytest.mark.parametrize("name", FACTS)
def test_an_image_of_the_minimum_size_is_taken_and_a_smaller_one_refused(name):
    settings = FACTS[name].tiny
    minimum = minimum_size_of(settings_of(name, **settings))
    channels, dimensions = (1, 3) if FACTS[name].volumes else (3, 2)
    shape = (channels, *[minimum] * dimensions)
    network = on_meta(name, shape, 3, **settings).eval()
    assert network(torch.empty(2, *shape, device="meta")).shape == (2, 3)
    assert len(network.layers) == layers_of(settings_of(name, **settings))
    with pytest.raises(ValueError, match=f"{name} needs images of {minimum} pixels"):
        on_meta(name, (channels, *[minimum - 1] * dimensions), 3, **settings)


@pytest.mark.parametrize("levels", [1, 3])
def test_settings_say_how_many_layers_a_network_has_and_the_pixels_that_it_needs(levels):
    settings = settings_of("cnn", cnn={"levels": levels})
    assert (layers_of(settings), minimum_size_of(settings)) == (levels, 2**levels)


def test_volumes_and_pictures_are_told_apart():
    with pytest.raises(ValueError, match="resnet18 takes pictures"):
        on_meta("resnet18", (1, 32, 32, 32))
    with pytest.raises(ValueError, match="cnn_3d takes volumes"):
        on_meta("cnn_3d", (3, 32, 32))


@pytest.mark.parametrize("name", FACTS)
def test_where_it_is_cut_changes_no_result(name):
    network, images = small(name, dense_layers=[8])
    with torch.no_grad():
        expected = network.eval()(images)
        for unfrozen in (0, 1, len(network.layers) // 2, len(network.layers)):
            frozen, trained = network.cut(unfrozen)
            torch.testing.assert_close(trained.eval()(frozen(images)), expected)


@pytest.mark.parametrize("name", FACTS)
def test_no_layer_changes_what_it_is_given(name):
    network, features = small(name)
    with torch.no_grad():
        for layer in network.eval().layers:
            before = features.clone()
            behind = layer(features)
            assert features.equal(before)
            features = behind


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_the_layers_are_torchvisions(name):
    # with its ImageNet weights torchvision makes inception_v3 so
    extra = {"transform_input": True, "init_weights": False} if name == "inception_v3" else {}
    with torch.device("meta"):
        reference = models.get_model(name, **extra)
    last = "classifier" if hasattr(reference, "classifier") else "fc"
    setattr(reference, last, nn.Identity())
    network, images = small(name, pooling="average")
    reference = draw_weights(reference).eval()
    weights = pick_weights(load_classifier(name).PUBLISHED[name], reference.state_dict())
    load_backbone(network, weights)

    pictures = images.sigmoid()
    transforms = models.get_model_weights(name).IMAGENET1K_V1.transforms()
    with torch.no_grad():
        inputs = normalised(pictures, network.mean, network.standard_deviation)
        features = network.pooling(network.eval().layers(inputs))
        expected = features_of(reference, normalised(pictures, transforms.mean, transforms.std))
    scale = expected.std()
    torch.testing.assert_close(features / scale, expected / scale, atol=1e-4, rtol=1e-4)


def normalised(images, mean, deviation):
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (mean, deviation))
    return (images - mean) / deviation


def features_of(reference, images):
    """Return what goes into the last layers of torchvision's network, averaged."""
    if isinstance(reference, models.VGG | models.SqueezeNet):
        return reference.features(images).mean((2, 3))
    return reference(images)


def test_vgg16_sees_seven_by_seven_places_or_what_a_smaller_image_leaves():
    inputs = {
        size: on_meta("vgg16", (3, size, size)).head[0].in_features for size in (32, 64, 224, 448)
    }
    assert inputs == {32: 512, 64: 4 * 512, 224: 49 * 512, 448: 49 * 512}


@pytest.mark.parametrize(
    ("name", "pooling", "inputs"),
    [("resnet18", None, 512), ("resnet18", "flatten", 4 * 512), ("vgg16", "average", 512)],
)
def test_pooling_is_as_the_settings_say(name, pooling, inputs):
    network = on_meta(name, (3, 64, 64), pooling=pooling)
    assert network.head[0].in_features == inputs


def test_the_head_has_a_relu_and_dropout_behind_each_dense_layer():
    network = on_meta("resnet18", (3, 64, 64), 3, dense_layers=[20, 10], dropout=0.25)
    kinds = [type(layer) for layer in network.head]
    assert kinds == [nn.Linear, nn.ReLU, nn.Dropout] * 2 + [nn.Linear]
    assert [layer.out_features for layer in network.head[::3]] == [20, 10, 3]
    assert {layer.p for layer in network.head[2::3]} == {0.25}


@pytest.fixture(scope="module")
def swept():
    """Return the settings that the study of three networks may choose, by network."""
    study = load({"studies": ["transfer_learning"], "scale": "paper"}, ROOT)
    classifiers = study.studies["transfer_learning"].classifiers
    best = trained_with("best", classifiers)
    return {found["network"]: found for found in possible_settings(best, classifiers)}


# The source counts with Keras, where the running statistics of batch norm are parameters that
# are not trained, ResNet's convolutions have biases and Inception's batch norm has no factors.
@pytest.mark.parametrize(
    ("name", "size", "total", "trained", "statistics_of_it"),
    [
        ("vgg16", 224, 134_272_835, 119_558_147, 0),
        ("resnet50", 224, 126_352_259, 102_764_547, 53_120),
        ("inception_v3", 299, 156_024_611, 134_221_827, 34_432),
    ],
)
def test_parameters_are_those_of_the_source(swept, name, size, total, trained, statistics_of_it):
    head = {setting: swept[name][setting] for setting in ("pooling", "dense_layers")}
    network = on_meta(name, (3, size, size), 3, **head)
    network.auxiliary = None  # the source's has none
    frozen, head = network.cut(0)
    assert parameters(head) == trained
    assert statistics(frozen) == statistics_of_it
    means = statistics_of_it // 2
    biases_less_factors = {"vgg16": 0, "resnet50": means, "inception_v3": -means}[name]
    assert parameters(frozen) + statistics_of_it + biases_less_factors + trained == total


def test_vgg16_of_its_authors_sees_values_less_their_means_and_unscaled():
    weights = models.VGG16_Weights.IMAGENET1K_FEATURES
    published = load_classifier("vgg16").PUBLISHED["vgg16"].original
    assert published.url == weights.url
    assert list(published.mean) == pytest.approx(weights.transforms().mean)
    pixels = torch.tensor([0, 100, 255], dtype=torch.uint8).view(1, 3, 1, 1).expand(-1, -1, 40, 40)
    settings = settings_of("vgg16", unfrozen_layers=0) | {"weights": "imagenet_original"}
    # as a training sees it, and as its frozen part does
    for known in (settings, frozen_settings(settings)):
        with torch.device("meta"):
            network = build_network(known, (3, 40, 40), 2)
        (seen,) = to_inputs(pixels, network, None, torch.device("cpu"))[..., 0, 0]
        assert seen.tolist() == pytest.approx([-123, 100 - 117, 255 - 104], abs=0.1)
    assert weights_name(settings, 1) == "vgg16-imagenet_original"
    assert backbone_name(settings, 1).startswith("vgg16-imagenet_original-")


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "cnn"])
def test_batch_norm_of_the_frozen_part_stays_as_it_is(name):
    network, images = small(name, cnn={"levels": 4})
    frozen, trained = network.cut(2)
    both = nn.Sequential(frozen, trained).train()
    assert not any(module.training for module in frozen.modules())
    before = {key: value.clone() for key, value in frozen.state_dict().items()}
    behind = {key: value.clone() for key, value in trained.state_dict().items()}

    optimizer = torch.optim.SGD(both.parameters(), 0.1)
    both(images).square().sum().backward()
    optimizer.step()
    assert all(value.equal(before[key]) for key, value in frozen.state_dict().items())
    changed = {key for key, value in trained.state_dict().items() if not value.equal(behind[key])}
    assert any("running_mean" in key for key in changed)
    assert any(key.startswith("head.") for key in changed)


def test_a_whole_network_leaves_its_frozen_layers_in_evaluation_mode():
    network, _ = small("resnet18")
    frozen, trained = network.cut(2)
    nn.Sequential(network).train()
    assert not any(module.training for module in frozen.modules())
    assert all(module.training for module in trained.modules())


def test_the_last_cut_counts():
    network, _ = small("resnet18")
    network.cut(0)
    frozen, trained = network.cut(3)
    assert list(trained.layers) == ["6", "7", "8"]
    assert all(parameter.requires_grad for parameter in trained.parameters())
    assert not any(parameter.requires_grad for parameter in frozen.parameters())
    assert all(module.training for module in network.train().layers[-3:])


@pytest.mark.parametrize("unfrozen", [-1, 10])
def test_more_layers_than_there_are_can_not_be_unfrozen(unfrozen):
    with pytest.raises(ValueError, match=f"{unfrozen} layers can't be unfrozen: there are 9"):
        on_meta("resnet18", (3, 64, 64)).cut(unfrozen)


def test_the_auxiliary_output_is_of_training_and_where_its_place_is_trained():
    torch.manual_seed(0)
    network = build("inception_v3", (3, 299, 299), 3)
    features = torch.randn(2, 768, 17, 17)
    # the auxiliary head sees what the first of these layers puts out
    _, trained = network.cut(4)
    logits, auxiliary = trained.train()(features)
    assert logits.shape == auxiliary.shape == (2, 3)
    auxiliary.sum().backward()
    assert trained.layers["12"].branch_pool.conv.weight.grad.abs().sum() > 0
    assert trained.layers["13"].branch3x3_1.conv.weight.grad is None
    assert trained.eval()(features).shape == (2, 3)

    _, trained = network.cut(3)
    assert trained.auxiliary is None
    assert trained.train()(features).shape == (2, 3)


def test_there_is_no_auxiliary_output_of_images_that_leave_it_nothing():
    network = on_meta("inception_v3", (3, 299, 299))
    features = network.eval().layers[:13](torch.empty(1, 3, 299, 299, device="meta"))
    assert network.auxiliary(features).shape == (1, 2)
    assert on_meta("inception_v3", (3, 298, 299)).auxiliary is None


def test_random_weights_repeat_with_their_seed():
    def weights(seed):
        torch.manual_seed(seed)
        network = build("cnn", (1, 16, 16), dense_layers=[4])
        return torch.cat([parameter.flatten() for parameter in network.parameters()])

    assert weights(1).equal(weights(1))
    assert not weights(1).equal(weights(2))


def test_weights_are_put_in_and_the_head_stays():
    torch.manual_seed(0)
    one, other = (build("squeezenet1_1", (3, 32, 32)) for _ in range(2))
    head = other.head[0].weight.clone()
    state = one.state_dict()
    weights = {name: value for name, value in state.items() if name.startswith("layers.")}
    load_backbone(other, weights)
    assert all(other.state_dict()[name].equal(value) for name, value in weights.items())
    assert other.head[0].weight.equal(head)
    del weights["layers.3.squeeze.bias"]
    with pytest.raises(ValueError, match=r"don't fit the network(.|\n)*3\.squeeze\.bias"):
        load_backbone(other, weights)
