"""The settings classes that the registered data sets and generators bring along."""

import importlib

from synthmix.registry import DATASETS, GENERATORS, generator_package, load_dataset
from synthmix.settings import SettingsModel


def dataset_settings() -> tuple[type[SettingsModel], ...]:
    """Return the settings class of every registered data set source."""
    return tuple(load_dataset(name) for name in DATASETS)


def generator_settings() -> tuple[type[SettingsModel], ...]:
    """Return the settings class of every registered generator, without loading torch."""
    packages = [generator_package(name) for name in GENERATORS]
    return tuple(importlib.import_module(f"{package}.settings").Settings for package in packages)
