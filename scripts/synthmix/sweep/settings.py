"""The section `sweep` of a classifier in a study file; no torch here."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, create_model, model_serializer

from synthmix.classifiers.settings import Classifier
from synthmix.search.settings import grid_of, told_apart
from synthmix.settings import Name, SettingsModel

TIE_BREAKER = "negative_log_likelihood"

Score = Literal["accuracy", "balanced_accuracy", "macro_f1", "auc", "negative_log_likelihood"]

# what a classifier is, which another way to train it can't change
SHAPING = ("network", "weights", "input_size", "pooling", "dense_layers", "cnn")

ClassifierGrid = grid_of(Classifier, fixed=set())


def lower_is_better(score: str) -> bool:
    """Return which way a score is better."""
    return score == "negative_log_likelihood"


class Sweep(SettingsModel):
    """Values of settings to try, a stage after the other, each from the best of the one before."""

    stages: Annotated[list[ClassifierGrid], Field(min_length=1)] = Field(
        description="What each stage tries: values by setting, of which all combinations are"
        " trained, with what the stages before have chosen. A value of a section, such as"
        " augmentation, is the whole of it."
    )
    score: Score = Field(
        "macro_f1",
        description="By what the best is known, on the validation images; auc without a"
        " positive_class is the mean of all classes. Of equally good ones the one with the lower"
        " negative_log_likelihood is taken, of these the first.",
    )


class BaselineBase(SettingsModel):
    """Another way to train: settings that go over those of a classifier."""

    def given(self) -> dict[str, Any]:
        """Return the settings that are given, as plain values."""
        return self.model_dump(mode="json")

    @model_serializer(mode="wrap")
    def _given_alone(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: v for name, v in serialize(self).items() if name in self.model_fields_set}


Baseline: type[BaselineBase] = create_model(
    "Baseline",
    __base__=BaselineBase,
    __doc__=BaselineBase.__doc__,
    __module__=__name__,
    **{
        name: (
            Annotated[field.annotation, told_apart(field), *field.metadata] | None,
            Field(None, description=field.description),
        )
        for name, field in Classifier.model_fields.items()
        if name not in SHAPING
    },
)


class StudyClassifier(Classifier):
    """A network and how it is trained, or how the training of another classifier goes on."""

    network: Classifier.model_fields["network"].annotation | None = Field(
        None, description=Classifier.model_fields["network"].description
    )
    starts_from: Name | None = Field(
        None,
        description="Another classifier of the study: this one goes on from its weights, with its"
        " settings but for those given here. In the place of network.",
    )
    sweep: Sweep | None = Field(
        None,
        description="Settings to try. They are chosen on the real images alone, of the first seed"
        " and fold, and then used for every mix.",
    )
