"""What a study says of the loss of a classifier; no torch here."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from synthmix.settings import Name, NonNegativeFloat, SettingsModel, Share

CostMatrix = Annotated[
    dict[Name, Annotated[dict[Name, NonNegativeFloat], Field(min_length=1)]], Field(min_length=1)
]


BY_RARITY = "by_rarity"

# no mean over images: a mean over parts of a batch is another loss
OF_A_BATCH = ("dice",)


class CrossEntropy(SettingsModel):
    """Cross entropy, with two classes the binary one of the difference of the two outputs."""

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="Share of each target that is spread evenly over all classes (Szegedy et al.,"
        " 2016), so that answers are less sure.",
    )


class BinaryCrossEntropy(SettingsModel):
    """Mean over classes of the binary cross entropy of a sigmoid output for each.

    Predictions are softmax outputs with this loss too: the same class wins, but the probabilities
    are too sure of it, since nothing here made the outputs sum to 1.
    """

    name: Literal["binary_cross_entropy"]


class Focal(SettingsModel):
    """The focal loss: what is told well already counts less (Lin et al., 2017)."""

    name: Literal["focal"]
    gamma: NonNegativeFloat = Field(
        2.0, description="How much less; with 0 it is the cross entropy."
    )


class MeanSquaredError(SettingsModel):
    """Half the squared distance between the probabilities and the true class."""

    name: Literal["mean_squared_error"]


class MeanFalseError(SettingsModel):
    """Sum over classes of the mean squared error of a class's training images.

    Wang et al., 2016, have two classes; each of more has a term of its own.
    """

    name: Literal["mean_false_error"]


class MeanSquaredFalseError(SettingsModel):
    """Sum over classes of the square of that mean error, so that the worst class counts most.

    Batches take the mean errors of the epoch before for those of the training images.
    """

    name: Literal["mean_squared_false_error"]
    squared: Literal["each", "sum"] = Field(
        "each",
        description="each: the mean error of each class, as the paper has it (Wang et al., 2016)."
        " sum: the sum of them, as some print it, which learns as the mean false error does.",
    )


class _Bilinear(SettingsModel):
    cost_matrix: CostMatrix | Literal["by_rarity"] | None = Field(
        None,
        description="Cost of each mistake: {true class: {predicted class: cost}}. What is not named"
        " costs 1, and nothing if right. by_rarity: a mistake with an image costs the more the"
        " fewer training images its class has, as class_weights: balanced weighs it.",
    )
    cross_entropy_share: Share = Field(
        0.0, description="Share of the cross entropy; the rest is this loss."
    )


class Bilinear(_Bilinear):
    """The expected cost of the mistakes, by a matrix of costs (Resheff et al., 2017)."""

    name: Literal["bilinear"]


class LogBilinear(_Bilinear):
    """As bilinear, of -log(1 - p) in the place of each probability p of a mistake.

    With equal costs and two classes it is the cross entropy.
    """

    name: Literal["log_bilinear"]


class Dice(SettingsModel):
    """One less the mean over classes of the soft Dice coefficient of a batch.

    Classes are weighted by class_weights (as Sudre et al., 2017, weight them). Predictions are
    softmax outputs, whichever the loss is of: the same class wins.
    """

    name: Literal["dice"]
    denominator: Literal["squares", "sums"] = Field(
        "squares",
        description="What twice the overlap is divided by: the sums of the squares (Milletari et"
        " al., 2016) or the plain sums of probabilities and labels.",
    )
    outputs: Literal["softmax", "sigmoid"] = Field(
        "softmax", description="sigmoid: each output is a probability of its own."
    )


_AnyLoss = Annotated[
    CrossEntropy
    | BinaryCrossEntropy
    | Focal
    | MeanSquaredError
    | MeanFalseError
    | MeanSquaredFalseError
    | Bilinear
    | LogBilinear
    | Dice,
    Field(discriminator="name"),
]
LossName = Literal[
    "cross_entropy",
    "binary_cross_entropy",
    "focal",
    "mean_squared_error",
    "mean_false_error",
    "mean_squared_false_error",
    "bilinear",
    "log_bilinear",
    "dice",
]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


LossSettings = Annotated[
    _AnyLoss, BeforeValidator(_named, json_schema_input_type=_AnyLoss | LossName)
]


def cost_matrix_classes(settings: Mapping[str, Any]) -> set[str] | None:
    """Return the classes that the cost matrix of a loss names; None where it has none.

    `settings` are those of a loss as plain values.
    """
    costs = settings.get("cost_matrix")
    return set(costs).union(*costs.values()) if isinstance(costs, Mapping) else None
