"""The networks of StyleGAN2-ADA: mapping, synthesis with a skip to the image, discriminator.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020,
https://arxiv.org/abs/1912.04958): configuration F with output skips in the generator and residual
blocks in the discriminator. All weights are drawn from N(0, 1) and scaled when they are used, so
that Adam moves all of them alike (equalised learning rate).

With `half_blocks` = n the blocks of the n highest resolutions, but for 4 x 4, compute in half
precision.
"""

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import conv2d, leaky_relu, linear, one_hot

from synthmix.generate.models.stylegan2_ada.resample import (
    downsampling_convolution,
    upsample,
    upsampling_convolution,
)

# Half-precision activations are held within this range, 256 as in StyleGAN2-ADA, appendix.
HALF_LIMIT = 256.0
AVERAGE_DECAY = 0.995


class Linear(nn.Module):
    """A fully connected layer with equalised learning rate, (N, inputs) to (N, outputs)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: bool = True,
        bias: float = 0.0,
        rate_multiplier: float = 1.0,
    ) -> None:
        """Start all biases at `bias`; `rate_multiplier` scales the effective learning rate."""
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.activation = activation
        self.rate_multiplier = rate_multiplier
        self.weight_scale = rate_multiplier / math.sqrt(inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, inputs) to (N, outputs), through a leaky ReLU if `activation`."""
        x = linear(x, self.weight * self.weight_scale, self.bias * self.rate_multiplier)
        return activate(x) if self.activation else x


class Convolution(nn.Module):
    """A convolution of the discriminator with equalised learning rate, bias and leaky ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, down: bool = False, linear: bool = False
    ) -> None:
        """Halve the size if `down`; leave out bias and activation if `linear`."""
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = None if linear else nn.Parameter(torch.zeros(outputs))
        self.weight_scale = 1 / math.sqrt(inputs * kernel**2)
        self.down = down

    def forward(self, x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W), half of H and W if `down`."""
        weight = (self.weight * self.weight_scale).to(x.dtype)
        if self.down:
            x = downsampling_convolution(x, weight)
        else:
            x = conv2d(x, weight, padding=weight.shape[-1] // 2)
        if self.bias is None:
            return x * gain
        return activate(x + _per_channel(self.bias, x), gain)


class StyledConvolution(nn.Module):
    """A 3 x 3 convolution of the generator: modulated, demodulated, with noise and leaky ReLU."""

    def __init__(
        self, inputs: int, outputs: int, style_dim: int, resolution: int, up: bool
    ) -> None:
        """Make maps of `resolution` x `resolution`, of half that size before if `up`."""
        super().__init__()
        self.style = Linear(style_dim, inputs, activation=False, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", torch.randn(resolution, resolution))
        self.up = up

    def forward(self, x: torch.Tensor, w: torch.Tensor, random_noise: bool) -> torch.Tensor:
        """Map (N, inputs, h, h) under styles from `w` (N, style_dim); see `Synthesis.forward`."""
        x = modulated_convolution(x, self.weight, self.style(w), self.up)
        shape = (len(x), 1, *self.noise.shape)
        noise = torch.randn(shape, device=x.device) if random_noise else self.noise
        x = x + (noise * self.noise_strength).to(x.dtype)
        return activate(x + _per_channel(self.bias, x))


class ToImage(nn.Module):
    """A modulated 1 x 1 convolution from the maps of a block to the image, not demodulated."""

    def __init__(self, inputs: int, channels: int, style_dim: int) -> None:
        """Map `inputs` maps to an image of `channels`."""
        super().__init__()
        self.style = Linear(style_dim, inputs, activation=False, bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.weight_scale = 1 / math.sqrt(inputs)

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Map (N, inputs, H, W) to its part of the image (N, channels, H, W), float32."""
        styles = self.style(w) * self.weight_scale
        x = modulated_convolution(x, self.weight, styles, demodulated=False)
        return _limit(x + _per_channel(self.bias, x)).float()


class SynthesisBlock(nn.Module):
    """All layers of one resolution, from maps of half its size; the first has a constant."""

    def __init__(
        self, inputs: int, outputs: int, style_dim: int, resolution: int, channels: int, half: bool
    ) -> None:
        """Start from a learned constant where `inputs` is 0; compute in float16 if `half`."""
        super().__init__()
        if inputs:
            self.conv0 = StyledConvolution(inputs, outputs, style_dim, resolution, up=True)
        else:
            self.constant = nn.Parameter(torch.randn(outputs, resolution, resolution))
        self.conv1 = StyledConvolution(outputs, outputs, style_dim, resolution, up=False)
        self.to_image = ToImage(outputs, channels, style_dim)
        self.convolutions = 2 if inputs else 1
        self.dtype = torch.float16 if half else torch.float32

    def forward(
        self,
        x: torch.Tensor | None,
        image: torch.Tensor | None,
        ws: torch.Tensor,
        random_noise: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take the maps and the image so far, and a row of `ws` (N, layers, style_dim) a layer."""
        styles = iter(ws.unbind(1))
        if x is None:
            x = self.constant.to(self.dtype).expand(len(ws), -1, -1, -1)
        else:
            x = self.conv0(x.to(self.dtype), next(styles), random_noise)
        x = self.conv1(x, next(styles), random_noise)
        made = self.to_image(x, next(styles))
        return x, made if image is None else upsample(image) + made


class Mapping(nn.Module):
    """Latent vectors, and labels where there are classes, to intermediate vectors w."""

    def __init__(self, latent_dim: int, classes: int, style_dim: int, layers: int) -> None:
        """`latent_dim` 0 maps labels alone, `classes` 0 latent vectors alone."""
        super().__init__()
        self.classes = classes
        self.embedding = Linear(classes, style_dim, activation=False) if classes else None
        widths = [latent_dim + (style_dim if classes else 0), *[style_dim] * layers]
        self.layers = nn.Sequential(
            *(Linear(a, b, rate_multiplier=0.01) for a, b in pairwise(widths))
        )

    def forward(self, z: torch.Tensor | None, labels: torch.Tensor | None) -> torch.Tensor:
        """Map `z` (N, latent_dim) and `labels` (N,) int64 to (N, style_dim)."""
        parts = [] if z is None else [_normalise(z)]
        if self.embedding is not None:
            parts.append(_normalise(self.embedding(one_hot(labels, self.classes).float())))
        return self.layers(torch.cat(parts, dim=1))


class Synthesis(nn.Module):
    """Intermediate vectors to images, from 4 x 4 up."""

    def __init__(
        self, style_dim: int, resolution: int, widths: dict[int, int], channels: int, half: int
    ) -> None:
        """`widths` are the maps of each resolution; `half` blocks compute in float16."""
        super().__init__()
        self.blocks = nn.ModuleDict()
        inputs = 0
        for size, outputs in sorted(widths.items()):
            block = SynthesisBlock(
                inputs, outputs, style_dim, size, channels, half=_is_half(size, resolution, half)
            )
            self.blocks[str(size)] = block
            inputs = outputs
        # the layer to the image has no vector of its own, but for the last one
        self.vectors = sum(block.convolutions for block in self.blocks.values()) + 1

    def forward(self, ws: torch.Tensor, random_noise: bool = False) -> torch.Tensor:
        """Map `ws` (N, vectors, style_dim) to images (N, C, H, W), float32, mostly in -1..1.

        The noise inputs are drawn anew if `random_noise`, else they are the same each time.
        """
        x = image = None
        first = 0
        for block in self.blocks.values():
            own = ws[:, first : first + block.convolutions + 1]
            x, image = block(x, image, own, random_noise)
            first += block.convolutions
        return image


class GeneratorNetwork(nn.Module):
    """Latent vectors (N, latent_dim) to images (N, C, H, W) in about -1..1."""

    def __init__(
        self,
        latent_dim: int,
        style_dim: int,
        mapping_layers: int,
        classes: int,
        resolution: int,
        channels: int,
        widths: dict[int, int],
        half_blocks: int = 0,
    ) -> None:
        """`classes` is 0 for a network that is not told labels; `widths` is of `layer_widths`."""
        super().__init__()
        self.mapping = Mapping(latent_dim, classes, style_dim, mapping_layers)
        self.synthesis = Synthesis(style_dim, resolution, widths, channels, half_blocks)
        self.register_buffer("average_w", torch.zeros(style_dim))

    def forward(
        self, z: torch.Tensor, labels: torch.Tensor | None = None, truncation: float = 1.0
    ) -> torch.Tensor:
        """Return the images of `z` with constant noise; `truncation` 0 is the average one."""
        w = self.average_w.lerp(self.mapping(z, labels), truncation)
        return self.synthesis(self.spread(w))

    def spread(self, w: torch.Tensor) -> torch.Tensor:
        """Repeat `w` (N, style_dim) for all layers: (N, vectors, style_dim)."""
        return w[:, None].expand(-1, self.synthesis.vectors, -1)

    @torch.no_grad()
    def follow_average(self, w: torch.Tensor) -> None:
        """Let the average that truncation pulls to follow `w` (N, style_dim)."""
        self.average_w.lerp_(w.mean(0), 1 - AVERAGE_DECAY)


class DiscriminatorBlock(nn.Module):
    """A residual block that halves the size; the first takes the image."""

    def __init__(self, inputs: int, outputs: int, half: bool, channels: int = 0) -> None:
        """Take an image of `channels`, if not 0, else maps; compute in float16 if `half`."""
        super().__init__()
        self.from_image = Convolution(channels, inputs, 1) if channels else None
        self.conv0 = Convolution(inputs, inputs, 3)
        self.conv1 = Convolution(inputs, outputs, 3, down=True)
        self.skip = Convolution(inputs, outputs, 1, down=True, linear=True)
        self.dtype = torch.float16 if half else torch.float32

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, inputs or channels, H, W) to (N, outputs, H / 2, W / 2)."""
        x = x.to(self.dtype)
        if self.from_image is not None:
            x = self.from_image(x)
        gain = math.sqrt(0.5)
        return self.skip(x, gain) + self.conv1(self.conv0(x), gain)


class Head(nn.Module):
    """The last maps, 4 x 4, to `outputs` numbers an image."""

    def __init__(self, inputs: int, outputs: int, group: int) -> None:
        """Compare images in groups of `group`."""
        super().__init__()
        self.conv = Convolution(inputs + 1, inputs, 3)
        self.hidden = Linear(inputs * 16, inputs)
        self.out = Linear(inputs, outputs, activation=False)
        self.group = group

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, inputs, 4, 4) to (N, outputs)."""
        x = self.conv(append_deviation(x.float(), self.group))
        return self.out(self.hidden(x.flatten(1)))


class DiscriminatorNetwork(nn.Module):
    """Images (N, C, H, W) in -1..1 to logits (N, 1) of being real."""

    def __init__(
        self,
        mapping_layers: int,
        classes: int,
        resolution: int,
        channels: int,
        widths: dict[int, int],
        group: int,
        half_blocks: int = 0,
    ) -> None:
        """`classes` is 0 for a network that is not told labels; `widths` is of `layer_widths`."""
        super().__init__()
        self.blocks = nn.ModuleDict()
        for size in sorted(widths, reverse=True)[:-1]:
            self.blocks[str(size)] = DiscriminatorBlock(
                widths[size],
                widths[size // 2],
                half=_is_half(size, resolution, half_blocks),
                channels=channels if size == resolution else 0,
            )
        last = widths[4]
        self.head = Head(last, last if classes else 1, group)
        self.mapping = Mapping(0, classes, last, mapping_layers) if classes else None

    def forward(self, image: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Map images, and `labels` (N,) int64 where it knows classes, to logits (N, 1)."""
        x = image
        for block in self.blocks.values():
            x = block(x)
        x = self.head(x)
        if self.mapping is None:
            return x
        # projection: how far the image lies in the direction of its class
        direction = self.mapping(None, labels)
        return (x * direction).sum(1, keepdim=True) / math.sqrt(x.shape[1])


def layer_widths(resolution: int, channel_base: int, channel_max: int) -> dict[int, int]:
    """Return the number of maps at the resolutions 4, 8, ..., `resolution`."""
    sizes = [2**n for n in range(2, resolution.bit_length())]
    return {size: max(1, min(channel_base // size, channel_max)) for size in sizes}


def modulated_convolution(
    x: torch.Tensor,
    weight: torch.Tensor,
    styles: torch.Tensor,
    up: bool = False,
    demodulated: bool = True,
) -> torch.Tensor:
    """Convolve each of (N, I, H, W) with its own kernels: `weight` times its `styles` (N, I).

    Scaling the maps before and after one shared convolution equals N sets of kernels, for a
    fraction of the memory.
    """
    if x.dtype == torch.float16 and demodulated:
        # demodulation undoes both; without them half precision overflows
        fan_in = weight[0].numel()
        largest = weight.detach().abs().amax((1, 2, 3), keepdim=True)
        weight = weight / (largest * math.sqrt(fan_in))
        styles = styles / styles.detach().abs().amax(1, keepdim=True)
    x = x * _per_map(styles, x)
    kernels = weight.to(x.dtype)
    x = upsampling_convolution(x, kernels) if up else conv2d(x, kernels, padding="same")
    return x * _per_map(demodulation(weight, styles), x) if demodulated else x


def demodulation(weight: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
    """Return what scales kernels (O, I, k, k) under `styles` (N, I) to unit norm, (N, O)."""
    energy = styles.square() @ weight.square().sum((2, 3)).T
    return (energy + 1e-8).rsqrt()


def append_deviation(x: torch.Tensor, group: int) -> torch.Tensor:
    """Add a map to (N, C, H, W): the standard deviation within groups of images, averaged.

    Groups have the size of the largest divisor of N that is at most `group`.
    """
    count, channels, height, width = x.shape
    size = next(n for n in range(min(group, count), 0, -1) if count % n == 0)
    groups = x.reshape(size, -1, channels, height, width)
    variance = (groups - groups.mean(0)).square().mean(0)
    deviation = (variance + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat([x, deviation.repeat(size)[:, None, None, None].expand_as(x[:, :1])], dim=1)


def activate(x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    """Return the leaky ReLU of `x`, scaled to keep the variance and by `gain`."""
    return _limit(leaky_relu(x, 0.2) * (math.sqrt(2) * gain), gain)


def _is_half(size: int, resolution: int, half_blocks: int) -> bool:
    """Whether a block is of the `half_blocks` highest resolutions; 4 x 4 never is."""
    return size > 4 and size << half_blocks > resolution


def _limit(x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    if x.dtype != torch.float16:
        return x
    return x.clamp(-HALF_LIMIT * gain, HALF_LIMIT * gain)


def _normalise(x: torch.Tensor) -> torch.Tensor:
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def _per_channel(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return values.to(x.dtype)[:, None, None]


def _per_map(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return values.to(x.dtype)[:, :, None, None]
