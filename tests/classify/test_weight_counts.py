"""Weights of networks, against what the transfer-learning source prints for three classes (4.3)."""

import pytest

from synthmix.classify.settings import Classifier
from synthmix.classify.weight_counts import count_weights

HEAD = {"pooling": "flatten", "unfrozen_layers": 0}
# with Keras each convolution of ResNet-50 has a bias, and no batch norm of Inception-V3 a factor
BIASES, FACTORS = 26_560, 17_216


@pytest.mark.parametrize(
    ("network", "dense", "weights", "trained"),
    [
        ("vgg16", [4096, 4096], 134_272_835, 119_558_147),
        ("resnet50", [1024], 126_352_259 - BIASES, 102_764_547),
        ("inception_v3", [1024], 156_024_611 + FACTORS, 134_221_827),
    ],
)
def test_they_are_those_of_the_source(network, dense, weights, trained):
    settings = Classifier(network=network, dense_layers=dense, **HEAD).model_dump(mode="json")
    # pictures are resized to what the network takes, and grey ones repeated
    assert count_weights(settings, (1, 64, 64), 3) == (weights, trained)
