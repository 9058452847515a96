import json
import math

import pytest
import torch
from jsonschema import Draft7Validator
from monai.losses import DiceLoss
from pydantic import TypeAdapter, ValidationError
from torch import nn

from synthmix.classify.loss_settings import LossName, LossSettings, cost_matrix_classes
from synthmix.classify.losses import (
    Whole,
    build_loss,
    class_weight_tensor,
    errors_of_equal_probabilities,
    squared_errors_of_classes,
)
from synthmix.errors import UserError

SETTINGS = TypeAdapter(LossSettings)
NAMES = LossName.__args__
CLASSES = ["a", "b", "c"]
# logarithms of probabilities, shifted as softmax outputs may be
PROBABILITIES = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.25, 0.25, 0.5]]
LABELS = [0, 1, 1, 2]
LOGITS = torch.tensor(PROBABILITIES, dtype=torch.float64).log() + 1.5
TARGETS = nn.functional.one_hot(torch.tensor(LABELS), 3).double()
WEIGHTS = torch.tensor([1.0, 2.0, 5.0])
COSTS = {"a": {"b": 3, "c": 2}, "b": {"a": 4}}
COST_ROWS = [[0, 3, 2], [4, 0, 1], [1, 1, 0]]  # the same, what is not named filled in


def settings(loss):
    return SETTINGS.validate_python(loss).model_dump(mode="json")


def loss_of(loss, weights=None, logits=LOGITS, targets=TARGETS, whole=None):
    names = CLASSES if logits.shape[1] == 3 else [f"class{i}" for i in range(logits.shape[1])]
    images = None if whole is None else whole.images
    return build_loss(settings(loss), names, weights, images)(logits, targets, whole)


def mean(values, weights=(1, 1, 1)):
    """The mean over the four images, each weighted by its class."""
    of_image = [weights[label] for label in LABELS]
    return sum(w * v for w, v in zip(of_image, values, strict=True)) / sum(of_image)


def images(value):
    """What `value` makes of the probabilities and the label of each image."""
    return [value(p, label) for p, label in zip(PROBABILITIES, LABELS, strict=True)]


def sigmoid_error(p, label):
    outputs = [1 / (1 + math.exp(-(math.log(q) + 1.5))) for q in p]
    return -sum(math.log(s if k == label else 1 - s) for k, s in enumerate(outputs)) / 3


def squared_error(p, label):
    return sum(((k == label) - q) ** 2 for k, q in enumerate(p)) / 2


IMAGE_LOSSES = {
    "cross_entropy": lambda p, label: -math.log(p[label]),
    "binary_cross_entropy": sigmoid_error,
    "focal": lambda p, label: -((1 - p[label]) ** 2) * math.log(p[label]),
    "mean_squared_error": squared_error,
    "bilinear": lambda p, label: 1 - p[label],
    "log_bilinear": lambda p, label: -sum(math.log(1 - q) for k, q in enumerate(p) if k != label),
}


@pytest.mark.parametrize("name", IMAGE_LOSSES)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_losses_of_images(name, weights):
    expected = mean(images(IMAGE_LOSSES[name]), (1, 1, 1) if weights is None else (1, 2, 5))

    assert loss_of(name, weights).item() == pytest.approx(expected, rel=1e-12)


def test_the_hand_worked_values():
    # -(ln 0.7 + ln 0.6 + ln 0.2 + ln 0.5) / 4
    assert loss_of("cross_entropy").item() == pytest.approx(0.79252, abs=1e-5)
    # half of 0.14, 0.26, 0.98 and 0.375, over 4
    assert loss_of("mean_squared_error").item() == pytest.approx(0.219375)
    # 0.07 + (0.13 + 0.49) / 2 + 0.1875
    assert loss_of("mean_false_error").item() == pytest.approx(0.5675)
    # 0.07**2 + 0.31**2 + 0.1875**2
    assert loss_of("mean_squared_false_error").item() == pytest.approx(0.13615625)
    of_sum = {"name": "mean_squared_false_error", "squared": "sum"}
    assert loss_of(of_sum).item() == pytest.approx(0.5675**2)


def test_mean_false_errors_weigh_the_terms_of_classes():
    assert loss_of("mean_false_error", WEIGHTS).item() == pytest.approx(
        0.07 + 2 * 0.31 + 5 * 0.1875
    )
    assert loss_of("mean_squared_false_error", WEIGHTS).item() == pytest.approx(
        0.07**2 + 2 * 0.31**2 + 5 * 0.1875**2
    )


# training images by class: four fifths of those of tables 4.1 and 4.2 of the imbalance source
LONG_TAILED = {
    "mnist": ([3200, 1600, 800, 600, 400, 280, 160, 80, 48, 32], 100),
    "cifar10": ([3600, 1600, 800, 640, 480, 400, 320, 200, 120, 64], 56.25),
}


@pytest.mark.parametrize("dataset", LONG_TAILED)
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("mean_false_error", {}),
        ("mean_squared_false_error", {}),
        ("mean_squared_false_error", {"squared": "sum"}),
        ("cross_entropy", {}),
        ("bilinear", {"cost_matrix": "by_rarity", "cross_entropy_share": 0}),
        ("log_bilinear", {"cost_matrix": "by_rarity", "cross_entropy_share": 0}),
    ],
)
def test_in_batches_of_eight_an_image_counts_as_much_as_it_is_rare(name, more, dataset):
    """Batches as they come: 3 or 4 images of the largest class, and one of the rarest in some."""
    images, expected = LONG_TAILED[dataset]
    whole = Whole(torch.tensor(images), errors_of_equal_probabilities(10))
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 2, 9])
    weights = None
    if name == "cross_entropy":
        everyone = torch.repeat_interleave(torch.arange(10), torch.tensor(images))
        weights = class_weight_tensor("balanced", everyone, [str(k) for k in range(10)])
    logits = torch.zeros(8, 10, dtype=torch.float64, requires_grad=True)
    targets = nn.functional.one_hot(labels, 10)

    loss_of({"name": name} | more, weights, logits, targets, whole).backward()

    steps = logits.grad.norm(dim=1)
    assert (steps[7] / steps[0]).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"dice"}))
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_batches_add_up_to_the_whole(name, weights):
    """In value and gradient, however the images fall into batches."""
    logits = LOGITS.clone().requires_grad_()
    errors = squared_errors_of_classes(LOGITS, TARGETS) / TARGETS.sum(0)
    whole = Whole(TARGETS.sum(0), errors)
    at_once = loss_of(name, weights, logits, TARGETS)
    expected = torch.autograd.grad(at_once, logits)[0]

    batches = [
        loss_of(name, weights, logits[rows], TARGETS[rows], whole) * len(rows) / len(LOGITS)
        for rows in ([0, 2, 3], [1])
    ]

    torch.testing.assert_close(sum(batches), at_once, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(
        torch.autograd.grad(sum(batches), logits)[0], expected, rtol=1e-6, atol=1e-7
    )


def test_costs_by_rarity():
    whole = Whole(torch.tensor([6, 3, 1]), torch.ones(3))
    loss = {"name": "bilinear", "cost_matrix": "by_rarity"}
    # 10 / 3 over the images of the class, times 1 less the probability of the true one
    costs = [10 / 18, 10 / 9, 10 / 3]
    expected = mean(images(lambda p, label: costs[label] * (1 - p[label])))

    assert loss_of(loss, whole=whole).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["bilinear", "log_bilinear"])
def test_no_cost_is_known_of_a_class_without_images(name):
    loss = {"name": name, "cost_matrix": "by_rarity", "cross_entropy_share": 0.5}
    with pytest.raises(UserError, match="by_rarity: no training image is of the class b; name the"):
        build_loss(loss, CLASSES, None, torch.tensor([6, 0, 1]))


def test_errors_of_equal_probabilities():
    equal = torch.zeros(3, 3)
    found = squared_errors_of_classes(equal, torch.eye(3))
    torch.testing.assert_close(found, errors_of_equal_probabilities(3))


def test_a_class_that_is_not_there_has_no_error():
    assert loss_of("mean_false_error", None, LOGITS[:3], TARGETS[:3]).item() == pytest.approx(0.38)
    assert loss_of("dice", WEIGHTS, LOGITS[:3], TARGETS[:3]).isfinite()


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_dice(weights):
    columns = list(zip(*PROBABILITIES, strict=True))
    terms = []
    for k, column in enumerate(columns):
        true = [label == k for label in LABELS]
        overlap = sum(p for p, is_true in zip(column, true, strict=True) if is_true)
        terms.append(1 - 2 * overlap / (sum(p * p for p in column) + sum(true)))
    of_class = [1.0, 1.0, 1.0] if weights is None else weights.tolist()
    expected = sum(w * t for w, t in zip(of_class, terms, strict=True)) / sum(of_class)

    assert loss_of("dice", weights).item() == pytest.approx(expected, rel=1e-12)


def test_dice_is_that_of_monai():
    theirs = DiceLoss(softmax=True, batch=True, squared_pred=True, smooth_nr=0, smooth_dr=0)

    torch.testing.assert_close(loss_of("dice"), theirs(LOGITS, TARGETS))


@pytest.mark.parametrize("outputs", ["softmax", "sigmoid"])
def test_dice_with_plain_sums_is_that_of_monai(outputs):
    own = {f"{outputs}": True}
    theirs = DiceLoss(**own, batch=True, smooth_nr=0, smooth_dr=0)
    loss = {"name": "dice", "denominator": "sums", "outputs": outputs}

    torch.testing.assert_close(loss_of(loss), theirs(LOGITS, TARGETS))
    assert loss_of(loss) != pytest.approx(loss_of("dice").item(), rel=1e-3)


@pytest.mark.parametrize("share", [0, 0.25])
@pytest.mark.parametrize("name", ["bilinear", "log_bilinear"])
def test_costs_of_mistakes(share, name):
    def mistake(q):
        return q if name == "bilinear" else -math.log(1 - q)

    def expected(p, label):
        cost = sum(COST_ROWS[label][k] * mistake(q) for k, q in enumerate(p))
        return (1 - share) * cost - share * math.log(p[label])

    loss = {"name": name, "cost_matrix": COSTS, "cross_entropy_share": share}
    assert loss_of(loss).item() == pytest.approx(mean(images(expected)), rel=1e-12)
    assert loss_of(loss, WEIGHTS).item() == pytest.approx(
        mean(images(expected), (1, 2, 5)), rel=1e-12
    )


def test_a_cost_turns_a_mistake_into_another():
    cheap, dear = (
        {"name": "bilinear", "cost_matrix": {"a": {"b": cost}}, "cross_entropy_share": 0.5}
        for cost in (0, 10)
    )
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    gradients = [
        torch.autograd.grad(loss_of(loss, None, logits, TARGETS[:1]), logits)[0]
        for loss in (cheap, dear)
    ]
    assert gradients[1][0, 1] > gradients[0][0, 1]
    assert gradients[1][0, 2] < gradients[0][0, 2]


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_cross_entropy_is_torchs(weights):
    labels = torch.tensor(LABELS)
    theirs = nn.functional.cross_entropy(
        LOGITS, labels, None if weights is None else weights.double()
    )
    torch.testing.assert_close(loss_of("cross_entropy", weights), theirs)
    torch.testing.assert_close(loss_of({"name": "focal", "gamma": 0}, weights), theirs)


def test_smoothed_labels_are_torchs():
    loss = loss_of({"name": "cross_entropy", "label_smoothing": 0.2})
    theirs = nn.CrossEntropyLoss(label_smoothing=0.2)(LOGITS, torch.tensor(LABELS))
    assert loss.item() == pytest.approx(theirs.item())
    assert loss.item() > loss_of("cross_entropy").item()


def test_two_classes_are_the_binary_case():
    logits, targets = LOGITS[:, :2], TARGETS[:2, :2].repeat(2, 1)
    difference = logits[:, 1] - logits[:, 0]
    binary = nn.functional.binary_cross_entropy_with_logits(difference, targets[:, 1])

    torch.testing.assert_close(loss_of("cross_entropy", None, logits, targets), binary)
    torch.testing.assert_close(loss_of("log_bilinear", None, logits, targets), binary)


def test_binary_cross_entropy_is_torchs():
    theirs = nn.functional.binary_cross_entropy_with_logits(LOGITS, TARGETS)

    torch.testing.assert_close(loss_of("binary_cross_entropy"), theirs)


@pytest.mark.parametrize("name", IMAGE_LOSSES)
def test_a_blended_label_is_a_blend_of_losses(name):
    """As mixup has it: the loss of one label times its share, and the other's times the rest."""
    share, other = 0.3, TARGETS.roll(1, 0)

    torch.testing.assert_close(
        loss_of(name, None, LOGITS, share * TARGETS + (1 - share) * other),
        share * loss_of(name) + (1 - share) * loss_of(name, None, LOGITS, other),
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_gradients(name, weights):
    torch.manual_seed(0)
    logits = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    targets = torch.rand(5, 3, dtype=torch.float64)
    targets = targets / targets.sum(1, keepdim=True)

    assert torch.autograd.gradcheck(lambda x: loss_of(name, weights, x, targets), logits)


@pytest.mark.parametrize("name", [*NAMES, {"name": "focal", "gamma": 0.5}])
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_sure_outputs_are_no_trouble(name, scale):
    logits = ((2 * TARGETS.float() - 1) * scale).requires_grad_()
    loss = loss_of(name, None, logits, TARGETS)
    loss.backward()

    assert loss.isfinite()
    assert logits.grad.isfinite().all()
    assert (loss.item() < 1e-6) == (scale > 0)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_of_mixed_precision(name):
    logits = LOGITS.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = loss_of(name, WEIGHTS, logits, TARGETS.float())

    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, loss_of(name, WEIGHTS, logits.float(), TARGETS.float()))


def test_weights_of_classes():
    labels = torch.tensor([0, 0, 0, 1])

    assert class_weight_tensor("none", labels, ["a", "b"]) is None
    torch.testing.assert_close(
        class_weight_tensor("balanced", labels, ["a", "b"]), torch.tensor([4 / 6, 4 / 2])
    )
    torch.testing.assert_close(
        class_weight_tensor({"b": 3, "a": 1}, labels, ["a", "b"]), torch.tensor([1.0, 3.0])
    )


def test_weights_that_fit_no_class_are_told():
    labels = torch.tensor([0, 0])

    with pytest.raises(UserError, match="no training image is of the class b"):
        class_weight_tensor("balanced", labels, ["a", "b"])
    with pytest.raises(UserError, match="give each of them a weight"):
        class_weight_tensor({"a": 1, "z": 2}, labels, ["a", "b"])


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ({"a": {"z": 1}}, "names z, which is no class"),
        ({"z": {"a": 1}}, "names z, which is no class"),
        ({t: dict.fromkeys(CLASSES, 0) for t in CLASSES}, "no mistake costs anything"),
    ],
)
def test_costs_that_fit_no_class_are_told(costs, message):
    with pytest.raises(UserError, match=message):
        loss_of({"name": "bilinear", "cost_matrix": costs})


def test_classes_that_costs_name():
    named = settings({"name": "log_bilinear", "cost_matrix": {"a": {"b": 2}, "c": {"b": 1}}})

    assert cost_matrix_classes(named) == {"a", "b", "c"}
    assert cost_matrix_classes(settings("bilinear")) is None
    assert cost_matrix_classes(settings("focal")) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_short_for_a_loss(name):
    assert settings(name) == settings({"name": name})
    schema = Draft7Validator(json.loads(json.dumps(SETTINGS.json_schema())))
    assert schema.is_valid(name)
    assert schema.is_valid({"name": name})


@pytest.mark.parametrize(
    "loss",
    [
        "hinge",
        {"name": "focal", "gamma": -1},
        {"name": "cross_entropy", "gamma": 1},
        {"name": "bilinear", "cost_matrix": {"a": {"b": -1}}},
        {"name": "bilinear", "cost_matrix": {"a": {}}},
        {"name": "bilinear", "cross_entropy_share": 1.5},
    ],
)
def test_wrong_settings(loss):
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(loss)
