import pytest
import torch
from torch import nn

from synthmix.classify.settings import Classifier
from synthmix.networks.build import build_network
from synthmix.networks.cnn.model import MaxPooling3d, largest_of_windows
from synthmix.networks.plan import training_mb

LIBRARIES_MB = 2000  # as rules/classify.smk has it


def build(network, image_shape, dense_layers=(), **cnn):
    settings = Classifier(network=network, weights="none", dense_layers=dense_layers, cnn=cnn)
    return build_network(settings.model_dump(mode="json"), image_shape, 2)


def parameters(*arguments, **settings):
    with torch.device("meta"):
        return sum(value.numel() for value in build(*arguments, **settings).parameters())


def kinds(level):
    return [type(layer).__name__ for layer in level]


def test_a_level_is_put_together_as_the_settings_say():
    network = build("cnn", (1, 32, 32), levels=3, convolutions=2, filters=4, dropout=0.2)
    convolution = ["BatchNorm2d", "Conv2d", "ReLU"]
    assert [kinds(level) for level in network.layers] == [
        [*convolution * 2, "MaxPool2d"],
        ["Dropout", *convolution * 2, "MaxPool2d"],
        ["Dropout", *convolution * 2, "MaxPool2d", "BatchNorm2d"],
    ]
    assert network.channels == 1
    assert network.mean is None


def test_the_final_dropout_may_be_another_one():
    network = build("cnn", (1, 16, 16), levels=2, filters=4, dropout=0.2, final_dropout=0.1)
    assert kinds(network.layers[0]) == ["BatchNorm2d", "Conv2d", "ReLU", "MaxPool2d"]
    assert kinds(network.layers[1])[-3:] == ["MaxPool2d", "Dropout", "BatchNorm2d"]
    assert (network.layers[1][0].p, network.layers[1][-2].p) == (0.2, 0.1)


def test_filters_double_up_to_the_most():
    network = build("cnn", (3, 64, 64), levels=5, filters=8, max_filters=32, batch_norm=False)
    assert [level[-3].out_channels for level in network.layers] == [8, 16, 32, 32, 32]


def test_the_last_level_may_go_without_pooling():
    network = build("cnn", (3, 16, 16), levels=2, last_pooling=False, batch_norm=False)
    assert kinds(network.layers[0]) == ["Conv2d", "ReLU", "MaxPool2d"]
    assert kinds(network.layers[1]) == ["Conv2d", "ReLU"]
    assert network.head[0].in_features == 64 * 8 * 8


def test_dropout_may_follow_the_last_level_too():
    cnn = {"levels": 2, "dropout": 0.2, "final_dropout": 0.2}
    plain = build("cnn", (3, 16, 16), **cnn, batch_norm=False)
    assert [kinds(level) for level in plain.layers] == [
        ["Conv2d", "ReLU", "MaxPool2d"],
        ["Dropout", "Conv2d", "ReLU", "MaxPool2d", "Dropout"],
    ]
    normed = build("cnn", (3, 16, 16), **cnn)
    # as figure 27 of the MRI source has it: the dropout is part of the level
    assert kinds(normed.layers[-1])[-2:] == ["Dropout", "BatchNorm2d"]
    # it is a share of its own, whatever is between levels
    alone = build("cnn", (3, 16, 16), **(cnn | {"dropout": 0}))
    assert [layer for level in alone.layers for layer in kinds(level)].count("Dropout") == 1
    without = build("cnn", (3, 16, 16), **(cnn | {"final_dropout": 0}))
    assert kinds(without.layers[-1]).count("Dropout") == 1


def test_the_network_of_the_skin_source_has_its_weights():
    """Convolutions of 16, 32 and 64 filters, dense 512 and 64; ours has an output a class."""
    cnn = {"levels": 3, "filters": 16, "batch_norm": False, "dropout": 0.2, "final_dropout": 0.2}
    count = parameters("cnn", (3, 256, 256), [512, 64], **cnn)
    convolutions = 3 * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 9 * 64 + 64
    dense = 64 * 32 * 32 * 512 + 512 + 512 * 64 + 64
    assert count == convolutions + dense + 64 * 2 + 2
    assert count == 33_611_425 + 65  # one sigmoid output in the source


@pytest.mark.parametrize(
    ("settings", "minimum"),
    [
        ({"levels": 4}, 16),
        ({"levels": 4, "last_pooling": False}, 8),
        ({"levels": 2, "padding": "valid"}, 10),
        ({"levels": 2, "padding": "valid", "kernel_size": 5, "convolutions": 2}, 28),
    ],
)
def test_the_settings_decide_how_small_an_image_may_be(settings, minimum):
    assert parameters("cnn", (1, minimum, minimum), **settings)
    with pytest.raises(ValueError, match=f"cnn needs images of {minimum} pixels"):
        parameters("cnn", (1, minimum - 1, minimum), **settings)


VOLUME = (1, 91, 109, 91)
SQUARE, SLICES = (3, 217, 217), (3, 181, 217)


def of_table_1(levels, convolutions):
    """Its networks, before a pooling was put behind the last level (section 4.2.1)."""
    return {"levels": levels, "convolutions": convolutions, "last_pooling": False}


# The source prints millions: in table 1 50, 50, 50 and 40 for 5, 4, 5 and 5 levels, in section
# 4.2.1 6 for 4 levels. It has a level of the input besides, with which there are six layers in two
# dimensions and five in three (section 3.3.3): so all five numbers fit, and without it they don't.
@pytest.mark.parametrize(
    ("expected", "network", "shape", "dense_layers", "cnn"),
    [
        (50_339_912, "cnn", SQUARE, [512], of_table_1(5 + 1, 3)),
        (52_165_704, "cnn", SQUARE, [512], of_table_1(4 + 1, 3)),
        (37_754_024, "cnn", SQUARE, [512], of_table_1(5 + 1, 2)),
        (6_293_700, "cnn_3d", VOLUME, [256, 64], {"levels": 4 + 1}),
        (1_980_228, "cnn_3d", VOLUME, [256, 64], {"levels": 4 + 1, "filters": 16}),
        (97_512_008, "cnn", SQUARE, [512], of_table_1(4, 3)),
        (79_817_288, "cnn", SLICES, [512], of_table_1(4, 3)),
        (11_010_756, "cnn_3d", VOLUME, [256, 64], {"levels": 4}),
        (24_111_688, "cnn", SQUARE, [512], of_table_1(4, 3) | {"last_pooling": True}),
    ],
)
def test_parameters_are_about_those_of_the_source(expected, network, shape, dense_layers, cnn):
    assert parameters(network, shape, dense_layers, **cnn) == expected


def test_pooling_of_volumes_is_torchs():
    torch.manual_seed(0)
    ours, theirs = (torch.randn(2, 3, 5, 6, 7).requires_grad_() for _ in range(2))
    theirs.data.copy_(ours.data)
    expected = nn.MaxPool3d(2)(theirs)
    pooled = largest_of_windows(ours)
    assert pooled.equal(expected)
    assert MaxPooling3d()(ours).equal(expected)
    weights = torch.randn(expected.shape)
    (pooled * weights).sum().backward()
    (expected * weights).sum().backward()
    assert ours.grad.equal(theirs.grad)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_training_step_repeats_on_a_gpu():
    def gradient():
        torch.manual_seed(0)
        network = build("cnn_3d", (1, 24, 24, 24), [16], filters=8, levels=3).cuda()
        network(torch.randn(4, 1, 24, 24, 24).cuda()).square().sum().backward()
        return network.layers[0][1].weight.grad

    torch.use_deterministic_algorithms(True)
    try:
        assert gradient().equal(gradient())
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    ("network", "shape", "measured"),
    [  # the most that a training of 8 images held, in MB, on a CPU
        ({"levels": 5, "filters": 32}, (1, 91, 109, 91), 4200),
        (
            {"levels": 7, "convolutions": 4, "filters": 32, "max_filters": 512},
            (1, 91, 109, 91),
            12750,
        ),
        ({"levels": 5, "filters": 16}, (1, 91, 109, 91), 2650),
        ({"levels": 5, "convolutions": 3, "filters": 32}, (3, 217, 217), 4000),
    ],
)
def test_a_training_is_granted_the_memory_that_it_was_seen_to_take(network, shape, measured):
    name = "cnn_3d" if len(shape) == 4 else "cnn"
    settings = Classifier(network=name, weights="none", batch_size=8, cnn=network)
    granted = LIBRARIES_MB + training_mb(settings.model_dump(mode="json"), shape, 1)
    assert measured < granted < 2 * measured
