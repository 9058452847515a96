"""What the registry names is as it has to be; where it isn't its author is told what to do."""

import importlib
import re
from itertools import count

import pytest

from synthmix import registry
from synthmix.errors import UserError

NUMBERS = count()  # a module that was loaded stays loaded
LOADERS = (
    registry.load_dataset,
    registry.load_generator,
    registry.load_generator_settings,
    registry.load_classifier,
    registry.load_classifier_facts,
)


@pytest.mark.parametrize("name", registry.DATASETS)
def test_every_data_set_is_in_order(name):
    assert registry.load_dataset(name).model_fields["source"]
    assert [importlib.import_module(module) for module in registry.dataset_modules(name)]


@pytest.mark.parametrize("name", registry.GENERATORS)
def test_every_generator_is_in_order_and_its_tiny_settings_are_settings(name):
    kind = registry.load_generator(name).Settings
    assert kind(**{"model": name, "epochs": 1, **kind.tiny}).model == name
    assert kind.__module__ in registry.generator_modules(name)


@pytest.mark.parametrize("name", registry.CLASSIFIERS)
def test_every_classifier_is_in_order(name):
    assert callable(registry.load_classifier(name).backbone)
    assert registry.load_classifier(name).__name__ in registry.classifier_modules(name)


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Return what the author of a package is told when it is loaded as one of a kind."""

    def tell(kind, load, files, entry="{package}"):
        package = f"extension{next(NUMBERS)}"
        for file, text in {"__init__.py": "", **files}.items():
            path = tmp_path / package / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("PACKAGE", package))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(getattr(registry, kind), "mine", entry.format(package=package))
        for each in LOADERS:
            each.cache_clear()
        with pytest.raises(UserError) as error:
            load("mine")
        return re.sub(rf"\S*{package}", "PACKAGE", str(error.value))

    return tell


SETTINGS = """
from typing import Literal
from synthmix.generate.models.settings import GeneratorSettings
class Settings(GeneratorSettings):
    model: Literal["mine"]
"""
MODEL = """
from synthmix.generate.models.base import Generator
from PACKAGE.settings import Settings
class Mine(Generator):
    Settings = Settings
"""
WHOLE = MODEL + "".join(
    f"    def {name}(self, *arguments): pass\n"
    for name in ("build", "train_epoch", "sampling_network", "sample")
)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "GENERATORS: mine: there is no PACKAGE/settings.py: write it, or mend the line"),
        (
            {"settings.py": SETTINGS},
            "scripts/synthmix/registry.py: GENERATORS: mine: there is no PACKAGE/model.py: write",
        ),
        (
            {"settings.py": "\nimport nonsense\n"},
            "PACKAGE/settings.py, line 2: can't be imported: ModuleNotFoundError: No module named "
            "'nonsense'",
        ),
        ({"settings.py": "x = = 1"}, "PACKAGE/settings.py, line 1: can't be imported: SyntaxError"),
        ({"settings.py": "1 / 0"}, "PACKAGE/settings.py, line 1: can't be imported: ZeroDivision"),
        (
            {"settings.py": ""},
            "PACKAGE/settings.py: there is no class Settings, derived from GeneratorSettings "
            "(scripts/synthmix/generate/models/settings.py): add it; docs/extending.md has",
        ),
        ({"settings.py": "Settings = 3"}, "Settings is no class derived from GeneratorSettings"),
        ({"settings.py": "class Settings: pass"}, "Settings is no class derived from Generator"),
        (
            {"settings.py": SETTINGS.replace('"mine"', '"yours"')},
            'PACKAGE/settings.py: Settings must have the line model: Literal["mine"], its name',
        ),
        (
            {"settings.py": SETTINGS.replace('    model: Literal["mine"]', "    pass")},
            'Settings must have the line model: Literal["mine"]',
        ),
        (
            {"settings.py": f"{SETTINGS}    tiny = 5\n"},
            "PACKAGE/settings.py: Settings.tiny must be a dict, not 5",
        ),
        (
            {"settings.py": f"{SETTINGS}    works_in_parts = 'no'\n"},
            "Settings.works_in_parts must be a bool, not 'no'",
        ),
        (
            {"settings.py": SETTINGS, "model.py": "class Other: pass"},
            "PACKAGE/model.py: there is no class Mine, derived from Generator "
            "(scripts/synthmix/generate/models/base.py): add it",
        ),
        (
            {"settings.py": SETTINGS, "model.py": MODEL},
            "PACKAGE/model.py: Mine lacks build, sample, sampling_network, train_epoch: add what "
            "Generator (scripts/synthmix/generate/models/base.py) describes",
        ),
        (
            {"settings.py": SETTINGS, "model.py": WHOLE.replace("    Settings = Settings\n", "")},
            "PACKAGE/model.py: Mine must have the line Settings = Settings",
        ),
    ],
)
def test_mistakes_in_a_generator(told, files, message):
    found = told("GENERATORS", registry.load_generator, files, "{package}:Mine")
    assert message in found


def test_a_generator_s_line_without_a_class(told):
    found = told("GENERATORS", registry.load_generator_settings, {})
    assert found.startswith("scripts/synthmix/registry.py: GENERATORS: mine: ")
    assert "names no class: write module:Class" in found


FACTS = """
from synthmix.networks.facts import NetworkFacts
NETWORKS = {"mine": NetworkFacts(layers=1)}
"""
PRETRAINED = FACTS.replace("layers=1", "layers=1, pretrained=True, input_size=224")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "CLASSIFIERS: mine: there is no PACKAGE/settings.py: write it, or mend the line"),
        ({"settings.py": FACTS}, "CLASSIFIERS: mine: there is no PACKAGE/model.py: write it"),
        (
            {"settings.py": ""},
            "PACKAGE/settings.py: NETWORKS must have an entry 'mine', a NetworkFacts "
            "(scripts/synthmix/networks/facts.py): add it; docs/extending.md has",
        ),
        ({"settings.py": FACTS.replace("mine", "yours")}, "NETWORKS must have an entry 'mine'"),
        ({"settings.py": "NETWORKS = {'mine': 3}"}, "NETWORKS must have an entry 'mine', a"),
        (
            {"settings.py": FACTS.replace("layers=1", "layers=0")},
            "line 3: can't be imported: TypeError: layers must be 1 or more, or a function, not 0",
        ),
        (
            {"settings.py": FACTS.replace("layers=1", "layers=1, pooling='max'")},
            "ValueError: pooling must be one of ('average', 'flatten'), not 'max'",
        ),
        (
            {"settings.py": FACTS.replace("layers=1", "layers=1, tiny=3")},
            "TypeError: tiny must be a dict of settings, not 3",
        ),
        (
            {"settings.py": FACTS.replace("layers=1", "layers=1, pretrained=True")},
            "ValueError: input_size is missing: that of the pretrained weights",
        ),
        (
            {"settings.py": FACTS, "model.py": "backbone = 3"},
            "PACKAGE/model.py: there is no function backbone(settings, image_shape)",
        ),
        (
            {"settings.py": PRETRAINED, "model.py": "def backbone(settings, shape): pass"},
            "PACKAGE/model.py: PUBLISHED must have an entry 'mine', a Published",
        ),
    ],
)
def test_mistakes_in_a_classifier(told, files, message):
    assert message in told("CLASSIFIERS", registry.load_classifier, files)


DATASET = """
from typing import Literal
from synthmix.datasets.base import Dataset
class Mine(Dataset):
    source: Literal["mine"]
"""


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is no class Mine, derived from Dataset (scripts/synthmix/datasets/base.py)"),
        (
            {"__init__.py": DATASET},
            "Mine lacks class_names, fetch, index, raw_settings: add what Dataset",
        ),
        ({"__init__.py": "\nMine = undefined"}, "line 2: can't be imported: NameError: name 'und"),
    ],
)
def test_mistakes_in_a_data_set(told, files, message):
    assert message in told("DATASETS", registry.load_dataset, files, "{package}:Mine")


def test_a_module_that_is_not_there(monkeypatch):
    monkeypatch.setitem(registry.DATASETS, "mine", "synthmix.datasets.mine:Mine")
    there_is_no = r"registry.py: DATASETS: mine: there is no scripts/synthmix/datasets/mine.py: wri"
    with pytest.raises(UserError, match=there_is_no):
        registry.load_dataset("mine")
