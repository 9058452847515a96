"""What a study says of the random changes of training images; no torch here."""

from synthmix.settings import SettingsModel


class Augmentation(SettingsModel):
    """Random changes of a picture."""


class VolumeAugmentation(SettingsModel):
    """Random changes of a volume."""
