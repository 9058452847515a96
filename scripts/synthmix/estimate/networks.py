"""What networks cost: multiply-adds and parameters, from their settings alone; no torch here.

Convolutions, dense layers and attention are counted; what is done to each value apart (activations,
norms, resizing) is left out. Tests hold the numbers to what torch counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from synthmix.classify.networks.facts import FACTS
from synthmix.classify.networks.plan import input_size_of, pooling_of, unfrozen_of
from synthmix.estimate.published_costs import LAYERS

Settings = Mapping[str, Any]
Shape = Sequence[int]

FORWARD, BOTH = 1, 3  # a pass that learns goes back through weights and values: twice the work


@dataclass(frozen=True)
class Cost:
    """Multiply-adds for one image, and parameters."""

    macs: float = 0
    parameters: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Return the cost of both."""
        return Cost(self.macs + other.macs, self.parameters + other.parameters)


@dataclass(frozen=True)
class ClassifierCost:
    """What a classifier costs, in its two parts."""

    frozen: Cost
    trained: Cost
    features: int  # values that the frozen part makes of an image


@dataclass(frozen=True)
class GeneratorCost:
    """What a generator costs."""

    learning: float  # multiply-adds for each training image of an epoch
    image: float  # multiply-adds to make an image
    parameters: float  # of all networks, averages of weights included
    sampling_parameters: float  # of the network that makes images


def classifier_cost(settings: Settings, image_shape: Shape) -> ClassifierCost:
    """Return what a classifier costs for images (H, W, C) or volumes (X, Y, Z)."""
    layers = _cnn(settings, image_shape)
    if settings["network"] in LAYERS:
        layers = _published(settings["network"], input_size_of(settings))
    cut = len(layers) - unfrozen_of(settings)
    width = _pooled(settings, layers[-1][1])
    head = _sum(_dense(a, b) for a, b in pairwise([width, *settings["dense_layers"], 2]))
    before, after = layers[:cut], layers[cut:]
    features = prod(image_shape) if not before else before[-1][1] if after else width
    return ClassifierCost(
        _sum(cost for cost, _ in before), _sum(cost for cost, _ in after) + head, round(features)
    )


def _published(network: str, size: int | None) -> list[tuple[Cost, float]]:
    """Return the cost of each layer and the values it puts out."""
    native = FACTS[network].input_size
    scale = ((size or native) / native) ** 2
    return [
        (Cost(macs * scale, parameters), values * scale)
        for macs, parameters, values in LAYERS[network]
    ]


def _cnn(settings: Settings, image_shape: Shape) -> list[tuple[Cost, float]]:
    """Return the same for the levels of the networks cnn and cnn_3d."""
    cnn, volumes = settings["cnn"], FACTS[settings["network"]].volumes
    size = None if volumes else input_size_of(settings)
    sides = list(image_shape) if volumes else [size, size] if size else list(image_shape[:2])
    before = 1 if volumes else image_shape[2]
    levels = []
    for number in range(cnn.get("levels", 0)):
        filters = min(cnn["filters"] * 2**number, cnn["max_filters"] or float("inf"))
        cost = Cost()
        for _ in range(cnn["convolutions"]):
            if cnn["padding"] == "valid":
                sides = [side - cnn["kernel_size"] + 1 for side in sides]
            cost += _convolution(before, filters, cnn["kernel_size"], *sides)
            before = filters
        if cnn["last_pooling"] or number < cnn["levels"] - 1:
            sides = [max(1, side // 2) for side in sides]
        levels.append((cost, filters * prod(sides)))
    return levels


def _pooled(settings: Settings, values: float) -> int:
    """Return how many values the dense layers see, where the last layer puts out `values`."""
    facts = FACTS[settings["network"]]
    if pooling_of(settings) == "average":
        cnn = settings["cnn"]
        widest = facts.channels if facts.pretrained else cnn["filters"] * 2 ** (cnn["levels"] - 1)
        return min(widest, cnn.get("max_filters") or widest)
    # a published network has windows of a larger last layer averaged down to the size it knows
    native = LAYERS[settings["network"]][-1][2] if facts.pretrained else values
    return round(max(min(values, native), facts.channels if facts.pretrained else 1))


def inception_cost() -> Cost:
    """Return what FID's Inception network costs: an image is resized to what it was made for."""
    return _sum(cost for cost, _ in _published("inception_v3", None))


def own_features_cost(image_shape: Shape) -> Cost:
    """Return what the small network of the scores costs, for images (H, W, C)."""
    size, widths = min(64, image_shape[0]), (image_shape[2], 16, 16, 32)
    return _sum(
        _convolution(a, b, 3, size >> level, size >> level)
        for level, (a, b) in enumerate(pairwise(widths), start=1)
    )


def generator_cost(settings: Settings, image_shape: Shape) -> GeneratorCost | None:
    """Return what a generator costs for images (H, W, C); None for one that is not known here."""
    count = _GENERATORS.get(settings["model"])
    return count and count(settings, image_shape)


def _dcgan(settings: Settings, shape: Shape) -> GeneratorCost:
    size, kernel = shape[0], settings["kernel_size"]
    halvings = (size // 4).bit_length() - 1
    widths = [
        min(settings["base_channels"] * 2**n, settings["max_channels"]) for n in range(halvings)
    ]
    pyramid = _pyramid(shape[2], widths, kernel, size)
    generator = pyramid + _convolution(settings["latent_dim"], widths[-1], 4, 1, 1)
    judge = pyramid + _convolution(widths[-1], 1, 4, 1, 1)
    # the discriminator sees both kinds and learns; once more for the generator, which learns alone
    learning = BOTH * generator.macs + (2 * BOTH + 2) * judge.macs
    both = (generator + judge).parameters
    return GeneratorCost(learning, generator.macs, both, generator.parameters)


def _stylegan2(settings: Settings, shape: Shape) -> GeneratorCost:
    size, channels = shape[0], shape[2]
    base = settings["channel_base"] or (32768 if size >= 512 else 16384)
    sizes = [2**n for n in range(2, size.bit_length())]
    widths = {side: max(1, min(base // side, settings["channel_max"])) for side in sizes}
    style = settings["style_dim"]
    mapping = [settings["latent_dim"], *[style] * settings["mapping_layers"]]
    generator = _sum(_dense(a, b) for a, b in pairwise(mapping))
    judge = _convolution(channels, widths[size], 1, size, size)
    for side in sizes:
        width = widths[side]
        if side > 4:
            half, below = side // 2, widths[side // 2]
            # up: a convolution of the larger maps, or of the smaller ones with four times the work
            generator += _convolution(below, width, 3, half, half) + _dense(style, below)
            judge += _convolution(width, width, 3, side, side)
            judge += _convolution(width, below, 3, half, half)
            judge += _convolution(width, below, 1, half, half)
        generator += _convolution(width, width, 3, side, side) + _dense(style, width)
        generator += _convolution(width, channels, 1, side, side) + _dense(style, width)
    judge += _convolution(widths[4] + 1, widths[4], 3, 4, 4) + _dense(16 * widths[4], widths[4])
    # as for DCGAN, with images made anew; a gradient of a gradient every 16th step for the
    # discriminator and every 4th, on half a batch, for the generator
    learning = (BOTH + FORWARD + 6 / 8) * generator.macs + (2 * BOTH + 2 + 6 / 16) * judge.macs
    parameters = 2 * generator.parameters + judge.parameters
    return GeneratorCost(learning, generator.macs, parameters, generator.parameters)


def _bagan(settings: Settings, shape: Shape) -> GeneratorCost:
    size, base, steps = (
        settings["working_size"],
        settings["base_channels"],
        settings["critic_steps"],
    )
    halvings = size.bit_length() - 3
    widths = [base, *[2 * base] * (halvings - 2), 4 * base]
    trunk = _pyramid(shape[2], widths, 4, size)
    code = _dense(settings["latent_dim"], 16 * widths[-1])
    critic = trunk + _dense(8 * base, 16 * widths[-1])
    generator = trunk + code
    autoencoder = BOTH * (trunk + generator + code).macs
    # three kinds of images and a gradient of a gradient for the critic; then the generator learns
    adversarial = steps * ((3 * BOTH + 6) * critic.macs + generator.macs)
    adversarial += BOTH * generator.macs + 2 * critic.macs
    share = settings["autoencoder_epochs"] / settings["epochs"]
    learning = share * autoencoder + (1 - share) * adversarial
    parameters = (critic + generator + code).parameters
    return GeneratorCost(learning, generator.macs, parameters, generator.parameters)


def _deepsmote(settings: Settings, shape: Shape) -> GeneratorCost:
    deepest = -(-shape[0] // 16)
    widths = [settings["hidden_width"] * 2**n for n in range(4)]
    half = _pyramid(shape[2], widths, 4, 16 * deepest)
    half += _dense(widths[-1] * deepest**2, settings["latent_dim"])
    # a batch of all classes and one of a class: the encoder learns from the first alone
    learning = (BOTH + FORWARD) * half.macs + 2 * BOTH * half.macs
    return GeneratorCost(learning, half.macs, 2 * half.parameters, half.parameters)


def _diffusion(settings: Settings, shape: Shape) -> GeneratorCost:
    network = unet_cost(settings, shape)
    guided = settings["conditional"] and settings["guidance_scale"] != 1
    image = settings["sampling_steps"] * network.macs * (2 if guided else 1)
    return GeneratorCost(BOTH * network.macs, image, 2 * network.parameters, network.parameters)


def unet_cost(settings: Settings, shape: Shape) -> Cost:
    """Return what one pass of the diffusion generator's network costs."""
    widths, blocks = settings["num_channels"], settings["num_res_blocks"]
    multiple = 2 ** (len(widths) - 1)
    size = -(-shape[0] // multiple) * multiple
    time = 4 * widths[0]
    sides = [size >> level for level in range(len(widths))]
    attended = settings["attention_levels"]
    cost = _dense(widths[0], time) + _dense(time, time)
    cost += _convolution(shape[2], widths[0], 3, size, size)
    skips = [widths[0]]
    before = widths[0]
    for level, (width, side) in enumerate(zip(widths, sides, strict=True)):
        for _ in range(blocks):
            cost += _block(before, width, side, time, attended[level])
            before = width
            skips.append(width)
        if level < len(widths) - 1:
            cost += _convolution(width, width, 3, side // 2, side // 2)
            skips.append(width)
    deepest, last = sides[-1], widths[-1]
    cost += _block(last, last, deepest, time, True) + _block(last, last, deepest, time, False)
    for level in reversed(range(len(widths))):
        width, side = widths[level], sides[level]
        for _ in range(blocks + 1):
            cost += _block(before + skips.pop(), width, side, time, attended[level])
            before = width
        if level:
            cost += _convolution(width, width, 3, 2 * side, 2 * side)
    return cost + _convolution(widths[0], shape[2], 3, size, size)


def _block(before: int, after: int, side: int, time: int, attended: bool) -> Cost:
    """Return the cost of a residual block of the U-Net, and of the attention behind it."""
    cost = _convolution(before, after, 3, side, side) + _convolution(after, after, 3, side, side)
    cost += _dense(time, after)
    if before != after:
        cost += _convolution(before, after, 1, side, side)
    if attended:
        places = side**2
        cost += Cost(places * 4 * after**2 + 2 * places**2 * after, 4 * after**2)
    return cost


def _resampling(settings: Settings, shape: Shape) -> GeneratorCost:
    return GeneratorCost(0, 0, 0, 0)


_GENERATORS: dict[str, Callable[[Settings, Shape], GeneratorCost]] = {
    "dcgan": _dcgan,
    "stylegan2_ada": _stylegan2,
    "bagan_gp": _bagan,
    "deepsmote": _deepsmote,
    "diffusion": _diffusion,
    "resampling": _resampling,
}


def _pyramid(channels: int, widths: Sequence[int], kernel: int, size: int) -> Cost:
    """Return the cost of convolutions that halve an image of `size` pixels to `widths` maps."""
    return _sum(
        _convolution(a, b, kernel, size >> level, size >> level)
        for level, (a, b) in enumerate(pairwise([channels, *widths]), start=1)
    )


def _convolution(inputs: float, outputs: float, kernel: int, *sides: int) -> Cost:
    """Return the cost of a convolution that puts out maps with these `sides`."""
    weights = inputs * outputs * kernel ** len(sides)
    return Cost(weights * prod(sides), weights + outputs)


def _dense(inputs: float, outputs: float) -> Cost:
    return Cost(inputs * outputs, inputs * outputs + outputs)


def _sum(costs: Any) -> Cost:
    return sum(costs, Cost())
