"""The settings of learning curves: on which shares of the training patients a study trains too."""

from typing import Annotated

from pydantic import Field

from synthmix.settings import Distinct, Name, SettingsModel

ShareOfPatients = Annotated[float, Field(ge=0.01, le=1)]


class LearningCurve(SettingsModel):
    """Trainings on shares of the training patients, with and without synthetic images."""

    real_patients: Annotated[list[ShareOfPatients], Field(min_length=1), Distinct] = Field(
        description="Shares of the training patients: what generators and classifiers learn from."
        " Larger ones have all patients of smaller ones; 1, all of them, is always among them."
    )
    mixes: Annotated[list[str], Field(min_length=1), Distinct] | None = Field(
        None,
        description="Mixes, generators, selections or baselines of the study to draw curves of,"
        " each beside its real-only baseline; all that have one where absent.",
    )
    classifiers: Annotated[list[Name], Field(min_length=1), Distinct] | None = Field(
        None, description="Classifiers to draw curves of; all of them where absent."
    )

    @property
    def shares(self) -> list[float]:
        """The shares in rising order, 1 being the last."""
        return sorted({*self.real_patients, 1.0})
