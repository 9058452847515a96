import pytest
import torch
from torchvision.transforms.v2.functional import normalize

from synthmix.classify.settings import Classifier
from synthmix.networks.build import build_network, load_backbone
from synthmix.networks.random_weights import noise_images, random_weights
from synthmix.registry import CLASSIFIERS, load_classifier, load_classifier_facts

# the first of each kind
NETWORKS = {
    CLASSIFIERS[name]: name
    for name in reversed(CLASSIFIERS)
    if load_classifier_facts(name).pretrained
}.values()


@pytest.mark.parametrize("name", NETWORKS)
def test_features_of_random_weights_tell_images_apart(name):
    size = max(64, load_classifier_facts(name).minimum_size)
    settings = Classifier(network=name, weights="none").model_dump(mode="json")
    torch.manual_seed(0)
    network = build_network(settings, (3, size, size), 2)
    load_backbone(network, random_weights(load_classifier(name).PUBLISHED[name]))
    torch.manual_seed(2)
    images = normalize(torch.rand(16, 3, size, size), network.mean, network.standard_deviation)
    features = network.cut(0)[0](images)
    # as they are drawn at first the images share nearly all of it, the rest is 0.03 to 0.1 of it;
    # or, without running statistics, it is a thousandth in efficientnet_b0
    shared = features.mean(0)
    assert (features - shared).norm(dim=1).mean() > 0.2 * shared.norm()
    assert 0.1 < features.std() < 10


def test_batch_norm_is_as_new_but_for_its_statistics():
    torch.manual_seed(0)
    weights = random_weights(load_classifier("resnet18").PUBLISHED["resnet18"])
    assert (weights["layers.1.bn1.weight"] == 1).all()
    assert (weights["layers.1.bn1.running_var"] != 1).all()
    assert weights["layers.1.bn1.num_batches_tracked"] == 0


def test_images_of_noise_have_the_values_of_images():
    torch.manual_seed(0)
    images = noise_images()
    assert images.min() >= 0
    assert images.max() <= 1
    # coarse noise: some images are darker as a whole
    assert images.mean((1, 2, 3)).std() > 0.02
    assert images.std() > 0.15
