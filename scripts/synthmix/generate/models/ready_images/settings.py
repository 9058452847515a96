"""Settings of ready images."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthmix.acquire.archives import MOST_BYTES
from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import GeneratorCost
from synthmix.settings import Name, PositiveFloat, PositiveInt

UNKNOWN = "unknown"
# what says how a generator is trained or resized, and so nothing of images that are there
_MEANINGLESS = (
    *("epochs", "image_size", "batch_size", "learns_from", "accumulation_steps", "devices"),
    *("snapshots", "sheet_epochs"),
)


class Settings(GeneratorSettings):
    """Images that somebody made elsewhere. The workflow has prepared them as it does real ones."""

    tiny: ClassVar = {"images": "pool", "learned_from": UNKNOWN}
    is_ready = True
    on_cpu = True

    model: Literal["ready_images"]
    images: str = Field(
        min_length=1,
        description="Folder or archive (.zip, .tar.gz) with a folder of images for each class, or a"
        " table with the columns path (relative to the table's folder) and label; relative to where"
        " the workflow runs; ~ is your home folder.",
    )
    learned_from: str = Field(
        min_length=1,
        description="Which real images they were made from: a file that lists their sample_id, as"
        " in index.csv, one a line or in a column of that name; or unknown, and then nobody can"
        " rule out that test images are among them, which the report says.",
    )
    classes: dict[str, Name] = Field(
        {},
        description="Classes that are called otherwise there: {their name: name in the study}.",
    )
    max_unpacked_gb: PositiveFloat = Field(
        MOST_BYTES / 1e9, description="An archive that would unpack to more is refused."
    )
    epochs: PositiveInt = Field(1, description="Has no effect: nothing is trained. Leave it out.")

    @model_validator(mode="after")
    def _is_trained_by_nothing(self) -> Self:
        fields = GeneratorSettings.model_fields | {"epochs": type(self).model_fields["epochs"]}
        named = [
            name
            for name in _MEANINGLESS
            if getattr(self, name) != fields[name].get_default(call_default_factory=True)
        ]
        if getattr(self, "search", None) is not None:
            named.append("search")
        if named:
            raise ValueError(
                f"{', '.join(named)}: means nothing for ready_images, which are there already and "
                f"train nothing: leave it out"
            )
        return self

    @property
    def joint(self) -> bool:
        """One model keeps the images of all classes."""
        return True

    @property
    def origin_is_known(self) -> bool:
        """Whether a list says from which real images they were made."""
        return self.learned_from != UNKNOWN

    def in_short(self, steps: int) -> dict[str, Any]:
        """Return that there is nothing to change: nothing is trained."""
        return {}

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return that there are no networks."""
        return GeneratorCost(0, 0, 0, 0)
