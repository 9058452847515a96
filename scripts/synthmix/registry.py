"""Where each data set, generator and classifier lives, by the name study files call it.

Adding one is its own module (or package) and one line here. The entries are strings so that
naming one imports nothing: a study that uses one generator never loads the others, and an edit
of one reruns only its own jobs (see `synthmix.runtime.digest`). What is loaded is held to what
its kind has to be, and raises UserError where it isn't.
"""

from functools import cache
from types import ModuleType
from typing import Any

from synthmix.extensions import (
    fault,
    get_class,
    get_entry,
    load_module,
    require_beside,
    require_name,
    require_type,
    shown_file,
    split_entry,
)

# Class derived from `synthmix.datasets.base.Dataset`.
DATASETS = {
    "image_folder": "synthmix.datasets.image_folder:ImageFolder",
    "manifest": "synthmix.datasets.manifest:Manifest",
    "dicom_series": "synthmix.datasets.dicom_series:DicomSeries",
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

# Package of `settings`, with `Settings` (no torch there), and `model`, with the class named here,
# derived from `synthmix.generate.models.base.Generator`.
GENERATORS = {
    "dcgan": "synthmix.generate.models.dcgan:DCGAN",
    "deepsmote": "synthmix.generate.models.deepsmote:DeepSMOTE",
    "resampling": "synthmix.generate.models.resampling:Resampling",
    "bagan_gp": "synthmix.generate.models.bagan_gp:BAGANGP",
    "diffusion": "synthmix.generate.models.diffusion:Diffusion",
    "stylegan2_ada": "synthmix.generate.models.stylegan2_ada:StyleGAN2ADA",
    "ready_images": "synthmix.generate.models.ready_images:ReadyImages",
}

# Package of `settings`, with the network's facts in `NETWORKS` (no torch there), and `model`, with
# `backbone(settings, image_shape)`, which makes a `synthmix.networks.base.Backbone`, and,
# where there are ImageNet weights, `PUBLISHED`, a `synthmix.networks.published.Published`
# by name.
CLASSIFIERS = {
    "vgg16": "synthmix.networks.vgg16",
    "resnet18": "synthmix.networks.resnet",
    "resnet34": "synthmix.networks.resnet",
    "resnet50": "synthmix.networks.resnet",
    "inception_v3": "synthmix.networks.inception_v3",
    "squeezenet1_1": "synthmix.networks.squeezenet",
    "efficientnet_b0": "synthmix.networks.efficientnet",
    "efficientnet_lite0": "synthmix.networks.efficientnet_lite",
    "cnn": "synthmix.networks.cnn",
    "cnn_3d": "synthmix.networks.cnn",
}

# Package of `settings`, with `facts(network)`, and `model`, with `backbone` as above: of all
# networks whose names begin so, as timm/resnet18 does.
FAMILIES = {"timm": "synthmix.networks.of_timm"}


# Classes that these are derived from, or instances of
_DATASET = "synthmix.datasets.base:Dataset"
_GENERATOR = "synthmix.generate.models.base:Generator"
_GENERATOR_SETTINGS = "synthmix.generate.models.settings:GeneratorSettings"
_FACTS = "synthmix.networks.facts:NetworkFacts"
_PUBLISHED = "synthmix.networks.published:Published"


@cache
def load_dataset(name: str) -> type:
    """Return the class of the data set source `name`."""
    module, attribute = split_entry("DATASETS", name, DATASETS[name])
    loaded = load_module("DATASETS", name, module)
    kind = get_class(loaded, attribute, _DATASET)
    require_name(loaded, kind, "source", name)
    return kind


def dataset_modules(name: str) -> tuple[str, ...]:
    """Return the names of the modules of the data set source `name`."""
    return (split_entry("DATASETS", name, DATASETS[name])[0],)


@cache
def load_generator(name: str) -> type:
    """Return the class of the generator `name`; this loads torch."""
    package, attribute = split_entry("GENERATORS", name, GENERATORS[name])
    settings = load_generator_settings(name)
    loaded = load_module("GENERATORS", name, f"{package}.model")
    kind = get_class(loaded, attribute, _GENERATOR)
    if getattr(kind, "Settings", None) is not settings:
        problem = f"{attribute} must have the line Settings = Settings, those of {package}.settings"
        raise fault(shown_file(loaded), problem)
    return kind


@cache
def load_generator_settings(name: str) -> type:
    """Return the settings class of the generator `name`, without loading torch."""
    package, _ = split_entry("GENERATORS", name, GENERATORS[name])
    loaded = load_module("GENERATORS", name, f"{package}.settings")
    kind = get_class(loaded, "Settings", _GENERATOR_SETTINGS)
    require_name(loaded, kind, "model", name)
    require_type(loaded, kind, "tiny", dict)
    for fact in ("works_in_parts", "is_ready", "on_cpu"):
        require_type(loaded, kind, fact, bool)
    require_beside("GENERATORS", name, loaded, "model")
    return kind


def generator_modules(name: str) -> tuple[str, ...]:
    """Return the names of the modules of the generator `name`: its settings, its model."""
    package, _ = split_entry("GENERATORS", name, GENERATORS[name])
    return f"{package}.settings", f"{package}.model"


@cache
def load_classifier(name: str) -> ModuleType:
    """Return the module that makes the classifier network `name`; this loads torch."""
    facts = load_classifier_facts(name)
    loaded = load_module("CLASSIFIERS", name, f"{_package(name)}.model")
    if not callable(getattr(loaded, "backbone", None)):
        raise fault(
            shown_file(loaded), "there is no function backbone(settings, image_shape): add it"
        )
    if facts.pretrained and family_of(name) is None:
        get_entry(loaded, "PUBLISHED", name, _PUBLISHED)
    return loaded


@cache
def load_classifier_facts(name: str) -> Any:
    """Return the facts of the classifier network `name`, without loading torch."""
    loaded = load_module("CLASSIFIERS", name, f"{_package(name)}.settings")
    if family_of(name) is not None:
        return loaded.facts(name)
    facts = get_entry(loaded, "NETWORKS", name, _FACTS)
    require_beside("CLASSIFIERS", name, loaded, "model")
    return facts


def classifier_modules(name: str) -> tuple[str, ...]:
    """Return the names of the modules of the classifier network `name`: its facts, its layers."""
    return f"{_package(name)}.settings", f"{_package(name)}.model"


def is_network(name: str) -> bool:
    """Return whether a network can be called so; of a family, whatever follows its name."""
    return name in CLASSIFIERS or family_of(name) is not None


def _package(name: str) -> str:
    """Return the package of the classifier network `name`."""
    family = family_of(name)
    return CLASSIFIERS[name] if family is None else FAMILIES[family]


def family_of(name: str) -> str | None:
    """Return the family that a classifier network is of, as timm; None where it has an entry."""
    family, slash, rest = name.partition("/")
    return family if slash and rest and family in FAMILIES else None
