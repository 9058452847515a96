"""Types that settings are made of, shared by the configuration and every data set and model."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _without_repeats(entries: list[Any]) -> list[Any]:
    for position, entry in enumerate(entries):
        if entry in entries[:position]:
            raise ValueError(f"lists {entry!r} twice")
    return entries


Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$")]
PositiveInt = Annotated[int, Field(ge=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Distinct = AfterValidator(_without_repeats)


class SettingsModel(BaseModel):
    """A block of settings: unknown keys are mistakes, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
