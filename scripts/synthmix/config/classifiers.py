"""The section of a classifier in a study file, with its search, and other ways to train it."""

from typing import Literal

from pydantic import Field

from synthmix.classify.settings import Classifier, NetworkName
from synthmix.search.settings import Search, SomeSettings, search_section, some_of
from synthmix.settings import Name

# what a classifier is, which another way to train it can't change, but for the size of its input
SHAPING = ("network", "weights", "input_size", "input_scaling", "pooling", "dense_layers", "cnn")

# how it is trained rather than what it learns
_FIXED = {"devices"}

Score = Literal["accuracy", "balanced_accuracy", "macro_f1", "auc", "negative_log_likelihood"]

Baseline: type[SomeSettings] = some_of(
    Classifier,
    "Baseline",
    "Another way to train: settings that go over those of a classifier.",
    tuple(name for name in SHAPING if name != "input_size"),
)


class _ClassifierSearch(Search):
    """Candidates for settings of a classifier, and how the best of them is known."""

    score: Score = Field(
        "macro_f1",
        description="By what the best candidate is known, on the validation images; auc without a"
        " positive_class is the mean of all classes. Of equally good ones the one with the lower"
        " negative_log_likelihood is taken, of these the first.",
    )


ClassifierSearch = search_section(Classifier, _ClassifierSearch, _FIXED)


class StudyClassifier(Classifier):
    """A network and how it is trained, or how the training of another classifier goes on."""

    network: NetworkName | None = Field(
        None, description=Classifier.model_fields["network"].description
    )
    starts_from: Name | None = Field(
        None,
        description="Another classifier of the study: this one goes on from its weights, with its"
        " settings but for those given here. In the place of network.",
    )
    settings_of: Name | None = Field(
        None,
        description="Another classifier of the study: this one is trained anew with its settings,"
        " what its search chooses among them, but for those given here. In the place of network.",
    )
    predicts_with: Name | None = Field(
        None,
        description="Another classifier of the study: this one has its weights and is not trained"
        " itself, and predicts with other monte_carlo_passes, null for none. In the place of"
        " network.",
    )
    search: ClassifierSearch | None = Field(
        None,
        description="Try several values of settings and use the best. They are chosen on the real"
        " images alone, of the first seed and fold, and then used for every mix.",
    )
