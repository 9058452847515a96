"""What a study says of drawn images, in the setting `embedded` of a published data set."""

from abc import ABC, abstractmethod
from pathlib import Path

from synthmix.settings import SettingsModel


class StandIn(SettingsModel, ABC):
    """How many images are drawn in the place of a published data set's, and how large."""

    @abstractmethod
    def write(self, root: Path) -> None:
        """Draw every image into the empty folder `root`, in the layout of the published ones.

        What an image shows depends on the settings and its own number, not on how many there are.
        """
