"""The smallest exported classifiers, with random weights, and images to show them."""

import nibabel
import numpy as np
import torch
from PIL import Image

from synthmix.classify.model_file import ModelHeader, save_model
from synthmix.classify.network import new_network
from synthmix.classify.settings import Classifier
from synthmix.networks.inputs import to_inputs, to_tensor
from synthmix.prepare.prepare_images import prepare_image
from synthmix.prepare.settings import Prepare

CPU = torch.device("cpu")
CLASSES = ("bad", "good")
ABOUT = "A classifier for tests."
PICTURES = {"network": "cnn", "cnn": {"levels": 2, "filters": 3, "batch_norm": False}}
VOLUMES = PICTURES | {"network": "cnn_3d"}


def header(**changes):
    """Return what is said of a tiny classifier of grey pictures of 16 x 16 pixels."""
    values = {
        "settings": Classifier(**PICTURES),
        "classes": CLASSES,
        "positive_class": "bad",
        "threshold": 0.5,
        "prepare": Prepare(image_size=16),
        "about": ABOUT,
    }
    return ModelHeader(**values | changes)


def export(path, **changes):
    """Write a tiny classifier with random weights to `path`, and return `path`."""
    torch.manual_seed(0)
    described = header(**changes)
    settings = described.settings.model_dump(mode="json")
    network = new_network(settings, described.image_shape, len(described.classes))
    with torch.no_grad():
        # dark images and bright ones get answers that are clearly apart
        network.head[-1].weight.mul_(6)
        if described.prepare.image_size:
            middle = to_tensor(prepare_image(picture(5), described.prepare)[None])
            inputs = to_inputs(middle, network, described.settings.input_size, CPU)
            network.head[-1].bias.sub_(network.eval()(inputs)[0])
    save_model(path, network, described)
    return path


def picture(seed, size=(20, 14), mode="L"):
    """Return a picture of noise, brighter for a larger seed."""
    noise = np.random.default_rng(seed).integers(0, 60, (size[1], size[0], 3))
    return Image.fromarray((noise + 190 * seed // 12 % 195).astype(np.uint8)).convert(mode)


def write_volume(path, seed):
    """Write a NIfTI volume of noise."""
    values = np.random.default_rng(seed).normal(seed, 1, (9, 11, 8)).astype(np.float32)
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(path)
    return path
