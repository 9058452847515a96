"""Where each data set, generator and classifier lives, by the name study files call it.

Adding one is its own module (or package) and one line here. The entries are strings so that
naming one imports nothing: a study that uses one generator never loads the others, and an edit
of one reruns only its own jobs (see `synthmix.runtime.digest`).
"""

import importlib
from types import ModuleType

# Class derived from `synthmix.datasets.base.Dataset`.
DATASETS = {
    "image_folder": "synthmix.datasets.image_folder:ImageFolder",
    "manifest": "synthmix.datasets.manifest:Manifest",
    "nifti_folder": "synthmix.datasets.nifti_folder:NiftiFolder",
    "mini_ddsm": "synthmix.datasets.mini_ddsm:MiniDDSM",
    "isic": "synthmix.datasets.isic:Isic",
    "brain_tumor": "synthmix.datasets.brain_tumor:BrainTumor",
    "covid_xray": "synthmix.datasets.covid_xray:CovidXray",
    "retina": "synthmix.datasets.retina:Retina",
    "mnist": "synthmix.datasets.mnist:MNIST",
    "fashion_mnist": "synthmix.datasets.mnist:FashionMNIST",
    "cifar10": "synthmix.datasets.cifar10:CIFAR10",
    "mr_art": "synthmix.datasets.mr_art:MrArt",
}

# Package with `settings.Settings` (no torch there), and the class in its module `model`.
GENERATORS = {
    "dcgan": "synthmix.generate.models.dcgan:DCGAN",
    "deepsmote": "synthmix.generate.models.deepsmote:DeepSMOTE",
    "resampling": "synthmix.generate.models.resampling:Resampling",
    "bagan_gp": "synthmix.generate.models.bagan_gp:BAGANGP",
    "diffusion": "synthmix.generate.models.diffusion:Diffusion",
    "stylegan2_ada": "synthmix.generate.models.stylegan2_ada:StyleGAN2ADA",
}

# Module with `backbone(settings, image_shape)`, which makes a
# `synthmix.classify.networks.base.Backbone`, and, where there are ImageNet weights, `PUBLISHED`, a
# `synthmix.classify.networks.published.Published` by name. Its facts too: `networks.facts.FACTS`.
CLASSIFIERS = {
    "vgg16": "synthmix.classify.networks.vgg16",
    "resnet18": "synthmix.classify.networks.resnet",
    "resnet34": "synthmix.classify.networks.resnet",
    "resnet50": "synthmix.classify.networks.resnet",
    "inception_v3": "synthmix.classify.networks.inception_v3",
    "squeezenet1_1": "synthmix.classify.networks.squeezenet",
    "efficientnet_b0": "synthmix.classify.networks.efficientnet",
    "cnn": "synthmix.classify.networks.cnn",
    "cnn_3d": "synthmix.classify.networks.cnn",
}


def load_dataset(name: str) -> type:
    """Return the class of the data set source `name`."""
    return getattr(importlib.import_module(dataset_module(name)), DATASETS[name].split(":")[1])


def dataset_module(name: str) -> str:
    """Return the name of the module of the data set source `name`."""
    return DATASETS[name].split(":")[0]


def load_generator(name: str) -> type:
    """Return the class of the generator `name`; this loads torch."""
    return getattr(importlib.import_module(generator_module(name)), GENERATORS[name].split(":")[1])


def load_generator_settings(name: str) -> type:
    """Return the settings class of the generator `name`, without loading torch."""
    return importlib.import_module(f"{generator_package(name)}.settings").Settings


def generator_module(name: str) -> str:
    """Return the name of the module with the networks and training of the generator `name`."""
    return f"{generator_package(name)}.model"


def generator_package(name: str) -> str:
    """Return the name of the package of the generator `name`."""
    return GENERATORS[name].split(":")[0]


def load_classifier(name: str) -> ModuleType:
    """Return the module of the classifier network `name`."""
    return importlib.import_module(CLASSIFIERS[name])
