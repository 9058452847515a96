"""The encoder of DeepSMOTE and the decoder that mirrors it.

Every convolution has kernel 4, stride 2 and padding 1, so four of them halve a size that is a
multiple of 16 four times. Any other image is padded with black (-1) on all sides to the next
multiple (28 to 32), and what is decoded is cut back. The authors' network for 28 x 28 rounds down
(28, 14, 7, 3, 1) instead, and its decoder, of three layers, is no mirror of it.
"""

from torch import Tensor, nn
from torch.nn.functional import fold, linear, pad, unfold

from synthmix.generate.models.deepsmote.settings import Settings

LAYERS = 4
MULTIPLE = 2**LAYERS
# On a CPU a convolution with as many weights as this on as few pixels is faster as one matrix
# product: by half at the deepest layer of width 128, whose reordering costs more than its use.
MANY_WEIGHTS = 2**21
FEW_PIXELS = 4


class Encoder(nn.Module):
    """Images (N, C, size, size) in -1..1 to codes (N, latent_dim), unbounded."""

    def __init__(self, settings: Settings, size: int, channels: int) -> None:
        """Build the network: four halvings, batch norm after all but the first, then the code."""
        super().__init__()
        self.margins = _margins(size)
        width = settings.hidden_width
        layers: list[nn.Module] = [Halving(channels, width, bias=True), nn.LeakyReLU(0.2)]
        for before in (width, 2 * width, 4 * width):
            after = 2 * before
            layers += [Halving(before, after), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        deepest = 2 ** (LAYERS - 1) * width * _deepest_size(size) ** 2
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(deepest, settings.latent_dim))

    def forward(self, images: Tensor) -> Tensor:
        """Return the codes of `images`."""
        return self.layers(pad(images, self.margins, value=-1.0))


class Decoder(nn.Module):
    """Codes (N, latent_dim) to images (N, C, size, size) in -1..1."""

    def __init__(self, settings: Settings, size: int, channels: int) -> None:
        """Build the network: a projection, then four doublings, batch norm before all of them."""
        super().__init__()
        left, _, top, _ = _margins(size)
        self.inner = (..., slice(top, top + size), slice(left, left + size))
        width, deepest_size = settings.hidden_width, _deepest_size(size)
        shape = (2 ** (LAYERS - 1) * width, deepest_size, deepest_size)
        layers: list[nn.Module] = [
            nn.Linear(settings.latent_dim, shape[0] * shape[1] * shape[2], bias=False),
            nn.Unflatten(1, shape),
            nn.BatchNorm2d(shape[0]),
            nn.ReLU(),
        ]
        for after in (4 * width, 2 * width, width):
            layers += [Doubling(2 * after, after), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, Doubling(width, channels, bias=True), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        """Return the images of `codes`."""
        return self.layers(codes)[self.inner]


class Halving(nn.Conv2d):
    """A convolution to half the height and width."""

    def __init__(self, before: int, after: int, bias: bool = False) -> None:
        """Build the layer; it needs no bias where batch norm follows."""
        super().__init__(before, after, 4, 2, 1, bias=bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the layer's output."""
        count, _, height, width = images.shape
        if not _as_product(self, height * width // 4):
            return super().forward(images)
        patches = unfold(images, 4, stride=2, padding=1).transpose(1, 2)
        made = linear(patches.flatten(0, 1), self.weight.flatten(1))
        return made.view(count, height // 2, width // 2, -1).permute(0, 3, 1, 2).contiguous()


class Doubling(nn.ConvTranspose2d):
    """A transposed convolution to twice the height and width."""

    def __init__(self, before: int, after: int, bias: bool = False) -> None:
        """Build the layer; it needs no bias where batch norm follows."""
        super().__init__(before, after, 4, 2, 1, bias=bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the layer's output."""
        count, _, height, width = images.shape
        if not _as_product(self, height * width):
            return super().forward(images)
        pixels = images.flatten(2).transpose(1, 2).flatten(0, 1)
        patches = (pixels @ self.weight.flatten(1)).view(count, height * width, -1)
        return fold(patches.transpose(1, 2), (2 * height, 2 * width), 4, stride=2, padding=1)


def _as_product(layer: Halving | Doubling, pixels: int) -> bool:
    """Return whether the layer is faster as a matrix product where its smaller side is `pixels`."""
    weight = layer.weight
    return (
        weight.device.type == "cpu"
        and layer.bias is None
        and weight.numel() >= MANY_WEIGHTS
        and pixels <= FEW_PIXELS
    )


def _deepest_size(size: int) -> int:
    return -(-size // MULTIPLE)


def _margins(size: int) -> tuple[int, int, int, int]:
    """Return the pixels to add left, right, at the top and at the bottom."""
    missing = _deepest_size(size) * MULTIPLE - size
    before, after = missing // 2, missing - missing // 2
    return before, after, before, after
