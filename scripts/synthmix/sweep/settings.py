"""The section `sweep` of a classifier in a study file; no torch here."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, create_model, model_serializer

from synthmix.classify.networks.settings import Classifier
from synthmix.search.settings import as_text, grid_of, told_apart
from synthmix.settings import Name, SettingsModel

TIE_BREAKER = "negative_log_likelihood"

Score = Literal["accuracy", "balanced_accuracy", "macro_f1", "auc", "negative_log_likelihood"]

# what a classifier is, which another way to train it can't change
SHAPING = ("network", "weights", "input_size", "pooling", "dense_layers", "cnn")

# how it is trained rather than what it learns
NOT_TRIED = {"devices"}

ClassifierGrid = grid_of(Classifier, fixed=NOT_TRIED)


class SomeSettings(SettingsModel):
    """Settings that go over those of a classifier; a subclass has a field for each of them."""

    def given(self) -> dict[str, Any]:
        """Return the settings that are given, as plain values."""
        return self.model_dump(mode="json")

    @model_serializer(mode="wrap")
    def _given_alone(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: v for name, v in serialize(self).items() if name in self.model_fields_set}


def _some_of(name: str, description: str, fixed: Collection[str]) -> type[SomeSettings]:
    """Return a model of all settings of a classifier but the `fixed` ones, none required."""
    return create_model(
        name,
        __base__=SomeSettings,
        __doc__=description,
        __module__=__name__,
        **{
            setting: (
                Annotated[field.annotation, told_apart(field), *field.metadata] | None,
                Field(None, description=field.description),
            )
            for setting, field in Classifier.model_fields.items()
            if setting not in fixed
        },
    )


Baseline: type[SomeSettings] = _some_of(
    "Baseline", "Another way to train: settings that go over those of a classifier.", SHAPING
)
OfValue: type[SomeSettings] = _some_of(
    "OfValue", "Settings that go with a value of another setting.", NOT_TRIED
)

# keys of a mapping are text, as are the values of settings there
SweptValue = Annotated[str, Field(pattern=r"^.+$")]


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
    per_value: dict[Name, dict[SweptValue, OfValue | None] | None] | None = Field(
        None,
        description="By setting that a stage tries, and by value of it: other settings, which a"
        " candidate with that value has too, as has all that goes on from its choice. A value"
        " that is not named here has those of the classifier.",
    )
    score: Score = Field(
        "macro_f1",
        description="By what the best is known, on the validation images; auc without a"
        " positive_class is the mean of all classes. Of equally good ones the one with the lower"
        " negative_log_likelihood is taken, of these the first.",
    )

    def going_with(self, setting: str, value: Any) -> dict[str, Any]:
        """Return the settings that go with a value of a setting, as plain values."""
        for key, settings in self.by_value(setting).items():
            if is_value(key, value):
                return settings
        return {}

    def by_value(self, setting: str) -> dict[str, dict[str, Any]]:
        """Return the settings that go with each value of a setting that has any."""
        named = (self.per_value or {}).get(setting) or {}
        return {value: some.given() for value, some in named.items() if some is not None}

    def tried(self, setting: str) -> list[Any]:
        """Return the values of a setting that the stages try, as plain values."""
        return [value for stage in self.stages for value in stage.varied().get(setting, [])]


def is_value(text: str, value: Any) -> bool:
    """Return whether `text`, a key of a study file, is the plain `value` of a setting."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(text) == value
        except ValueError:
            return False
    return text == as_text(value)


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
