"""The settings of a classifier: its network, and how it is trained. No torch here."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from synthmix.classify.augmentation_settings import Augmentation, VolumeAugmentation
from synthmix.classify.loss_settings import CrossEntropy, LossSettings
from synthmix.networks.cnn.settings import Cnn
from synthmix.networks.plan import DENSE, FITTED, IMAGENET, LINEAR, PRETRAINED
from synthmix.registry import CLASSIFIERS, FAMILIES, is_network
from synthmix.settings import (
    Name,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SettingsModel,
    Share,
)

Dropout = Annotated[float, Field(ge=0, lt=1)]
ClassWeights = Annotated[dict[Name, PositiveFloat], Field(min_length=2)]


def _network_name(name: str) -> str:
    if not is_network(name):
        known = ", ".join(sorted(CLASSIFIERS))
        raise ValueError(f"{name!r} is not one of {known}, nor timm/ and a name that timm has")
    return name


NetworkName = Annotated[
    str,
    AfterValidator(_network_name),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": sorted(CLASSIFIERS)},
                {"type": "string", "pattern": f"^({'|'.join(FAMILIES)})/[^/]+$"},
            ]
        }
    ),
]


def _own_weights(settings: dict[str, Any]) -> str:
    """Return the weights that a network comes with, where a study names none."""
    return PRETRAINED if "/" in (settings.get("network") or "") else IMAGENET


class Plateau(SettingsModel):
    """A learning rate that falls when the validation loss does not."""

    patience: PositiveInt = Field(5, description="Epochs without a lower validation loss.")
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="What the learning rate is multiplied by."
    )
    min_delta: NonNegativeFloat = Field(1e-3, description="A smaller fall does not count.")
    min_learning_rate: NonNegativeFloat = Field(1e-7, description="It never falls below this.")


class Classifier(SettingsModel):
    """A network and how it is trained."""

    network: NetworkName = Field(
        description="The network; timm/<name>, such as timm/convnext_tiny.in12k_ft_in1k, is one of"
        " timm's."
    )
    weights: str = Field(
        default_factory=_own_weights,
        json_schema_extra={"default": IMAGENET},
        description="imagenet: downloaded, or installed with synthmix; imagenet_original: those of"
        " vgg16's authors, for values less their means, unscaled; pretrained: those that a network"
        " of timm comes with, and the default there; none: random; or the path of a .safetensors"
        " or .pth file.",
    )
    input_size: Annotated[int, Field(ge=8, le=1024)] | None = Field(
        None,
        description="Images are resized to this height and width in pixels; where absent, to what"
        " the network was made for, or not at all.",
    )
    input_scaling: Literal["network", "image"] = Field(
        "network",
        description="Pictures that the network sees. network: scaled as its weights were trained,"
        " values from 0 to 1 where they are random; image: each to mean 0 and deviation 1 over all"
        " its pixels and channels. Volumes are scaled so when they are prepared.",
    )
    unfrozen_layers: Annotated[int, Field(ge=0)] | Literal["all"] | None = Field(
        None,
        description="Layers, counted from the last before the dense ones, that are trained: of"
        " docs/classifiers.md's. Where absent, unfrozen_share says it.",
    )
    unfrozen_share: Share | None = Field(
        None, description="Share of the layers that is trained, in the place of unfrozen_layers."
    )
    pooling: Literal["average", "flatten"] | None = Field(
        None, description="How the dense layers see the last layer; the network's way if absent."
    )
    head: Literal[DENSE, LINEAR, *FITTED] = Field(
        DENSE,
        description="What stands on the layers. dense: the dense_layers and a last one; linear: the"
        " last one alone; both are trained along with the layers that are. logistic_regression, svm"
        " (linear, probabilities by Platt's sigmoid) and nearest_neighbours are scikit-learn's, and"
        " fitted at once to the features of layers of which none is trained.",
    )
    l2_penalty: PositiveFloat = Field(
        1.0, description="Of logistic_regression and svm: 1 / C of scikit-learn."
    )
    neighbours: PositiveInt = Field(
        5, description="Of nearest_neighbours: training images that an image is like."
    )
    dense_layers: list[PositiveInt] = Field(
        [], description="Widths of dense layers put before the last one; [4096, 4096] is VGG16's."
    )
    dropout: Dropout = Field(0.5, description="Dropout after each of the dense_layers.")
    cnn: Cnn = Field(Cnn(), description="The layers of the networks cnn and cnn_3d.")
    auxiliary_weight: NonNegativeFloat = Field(
        0.3, description="Weight in the loss of inception_v3's auxiliary output, if it is trained."
    )

    loss: LossSettings = Field(CrossEntropy(), description="What training lowers.")
    class_weights: Literal["none", "balanced"] | ClassWeights = Field(
        "none",
        description="Weight of each class in the loss; balanced: as it is rare in training.",
    )
    sampler: Literal["shuffled", "balanced"] = Field(
        "shuffled", description="balanced: all classes are drawn equally often, with replacement."
    )
    augmentation: Augmentation | None = Field(
        None, description="Random changes of training pictures, drawn anew each epoch."
    )
    volume_augmentation: VolumeAugmentation | None = Field(
        None, description="Random changes of training volumes, drawn anew each epoch."
    )
    mixup: PositiveFloat | None = Field(
        None, description="The alpha of mixup, which blends training images and their labels."
    )

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = Field(
        "adam", description="How weights are changed."
    )
    learning_rate: PositiveFloat = Field(1e-4, description="The optimizer's step size.")
    layer_learning_rate_decay: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="What a layer's learning rate is of that of the layer after it."
    )
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Momentum of sgd and rmsprop."
    )
    weight_decay: NonNegativeFloat = Field(
        0.0, description="L2 penalty of weights, not of biases; decoupled in adamw."
    )
    batch_size: PositiveInt = Field(32, description="Images a training step.")
    accumulation_steps: PositiveInt = Field(
        1, description="Parts of a batch, one in memory at a time."
    )
    devices: PositiveInt = Field(
        1, description="GPUs that share each batch; with device: cpu, processes."
    )
    mixed_precision: bool = Field(False, description="Compute in bfloat16 where that is safe.")
    epochs: PositiveInt = Field(100, description="Epochs at the most.")
    monitor: Literal["loss", "accuracy", "balanced_accuracy", "macro_f1"] = Field(
        "loss", description="The validation value by which the best epoch is known."
    )
    patience: PositiveInt = Field(
        10, description="Stop after this many epochs without a better value of monitor."
    )
    min_delta: NonNegativeFloat = Field(0.0, description="A smaller change is no better value.")
    keep: Literal["best", "last"] = Field(
        "best",
        description="Whose weights are kept: those of the best epoch, or of the last one, as Keras'"
        " EarlyStopping keeps them if nothing else is asked of it.",
    )
    plateau: Plateau | None = Field(None, description="When the learning rate falls, if ever.")
    monte_carlo_passes: Annotated[int, Field(ge=2)] | None = Field(
        None,
        description="Average predictions over so many passes with dropout on: Monte Carlo dropout.",
    )

    @model_validator(mode="after")
    def _one_way_to_unfreeze(self) -> Self:
        if self.unfrozen_layers is not None and self.unfrozen_share is not None:
            raise ValueError("give either unfrozen_layers or unfrozen_share")
        return self
