"""What a study says of drawn images, in the setting `embedded` of a published data set."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from synthmix.settings import SettingsModel


class StandIn(SettingsModel, ABC):
    """How many images are drawn in the place of a published data set's, and how large."""

    @classmethod
    @abstractmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class.

        `size` is the height in pixels where that can be chosen.
        """

    @abstractmethod
    def write(self, root: Path) -> None:
        """Draw every image into the empty folder `root`, in the layout of the published ones.

        What an image shows depends on the settings and its own number, not on how many there are.
        """
