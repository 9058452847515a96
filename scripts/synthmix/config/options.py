"""The settings classes that the registered data sets and generators bring along."""

from synthmix.config.generators import searchable
from synthmix.generate.models.settings import GeneratorSettings
from synthmix.registry import DATASETS, GENERATORS, load_dataset, load_generator_settings
from synthmix.settings import SettingsModel


def dataset_settings() -> tuple[type[SettingsModel], ...]:
    """Return the settings class of every registered data set source."""
    return tuple(load_dataset(name) for name in DATASETS)


def generator_settings() -> tuple[type[GeneratorSettings], ...]:
    """Return the settings class of every registered generator, each with a section `search`."""
    return tuple(searchable(load_generator_settings(name)) for name in GENERATORS)
