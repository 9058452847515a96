"""Settings of the StyleGAN2-ADA generator."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import BOTH, FORWARD, GeneratorCost, convolution, dense, total
from synthmix.settings import PositiveFloat, PositiveInt, Share

# Thousands of images in which augmentation can rise from nothing: that of Karras et al. (2020),
# section 3.1, and what their program takes where it starts from trained weights.
ADA_KIMG, ADA_KIMG_FROM_WEIGHTS = 500.0, 100.0


class Settings(GeneratorSettings):
    """StyleGAN2-ADA of Karras et al. (2020), https://arxiv.org/abs/2006.06676."""

    works_in_parts = True
    tiny: ClassVar = {
        "latent_dim": 32,
        "style_dim": 32,
        "mapping_layers": 2,
        "channel_base": 512,
        "channel_max": 32,
        "batch_size": 16,
        "ada_kimg": 20,
        "epochs": 70,
    }

    model: Literal["stylegan2_ada"]
    batch_size: Annotated[int, Field(ge=2)] = Field(32, description="Images a training step.")
    conditional: bool = Field(
        False, description="One model learns all classes, told their labels; else one a class."
    )
    latent_dim: PositiveInt = Field(512, description="Length of the latent vector z.")
    style_dim: PositiveInt = Field(512, description="Length of the mapped vector w.")
    mapping_layers: PositiveInt = Field(8, description="Layers of the network from z to w.")
    channel_base: PositiveInt | None = Field(
        None,
        description="Channels of a layer times its resolution; by default 32768 for images of 512 "
        "pixels and up, 16384 for smaller ones.",
    )
    channel_max: PositiveInt = Field(512, description="No layer has more channels than this.")
    minibatch_std_group: PositiveInt = Field(
        4, description="Images that the discriminator compares with each other (at most)."
    )
    learning_rate: PositiveFloat = Field(2.5e-3, description="Adam's step size, both networks.")
    r1_gamma: PositiveFloat | None = Field(
        None,
        description="Weight of the R1 gradient penalty; by default 0.0002 * resolution^2 / "
        "batch_size.",
    )
    path_length_weight: Annotated[float, Field(ge=0)] = Field(
        2.0, description="Weight of the path-length regularisation; 0 switches it off."
    )
    style_mixing: Share = Field(
        0.9, description="Share of the training steps whose images mix two latent vectors."
    )
    ema_kimg: PositiveFloat | None = Field(
        None,
        description="Half-life of the average of the generator's weights, in thousands of images; "
        "by default batch_size * 10 / 32.",
    )
    ema_rampup: PositiveFloat = Field(
        0.05,
        description="The half-life is at most this share of the images seen so far; with init_from "
        "it is whole from the beginning, as in NVIDIA's program.",
    )
    augment_blit: bool = Field(
        True, description="Augment with flips, quarter turns and shifts by whole pixels."
    )
    augment_geometric: bool = Field(
        True, description="Augment with scaling, stretching, rotation and shifts."
    )
    augment_colour: bool = Field(
        False,
        description="Augment with brightness and contrast, of colour images also with luma flip, "
        "hue and saturation.",
    )
    ada_target: Annotated[float, Field(ge=-1, le=1)] = Field(
        0.6, description="Mean sign of the discriminator's outputs for real images to hold."
    )
    ada_kimg: PositiveFloat | None = Field(
        None,
        description="Thousands of images in which the probability of augmentation can rise from "
        "0 to 1; by default 500, and 100 where init_from has weights to start from, as NVIDIA's "
        "program.",
    )
    mixed_precision: bool = Field(
        True, description="Half precision at the four highest resolutions, on a GPU only."
    )
    init_from: str | None = Field(
        None,
        description="File of weights to start from: NVIDIA's .pkl of stylegan2-ada-pytorch (they "
        "have a licence of their own) or a generator trained here (.safetensors); layers of equal "
        "shape are taken.",
    )

    @property
    def ada_images(self) -> float:
        """Images in which the probability of augmentation can rise from 0 to 1."""
        by_default = ADA_KIMG if self.init_from is None else ADA_KIMG_FROM_WEIGHTS
        return 1000 * (self.ada_kimg or by_default)

    @property
    def joint(self) -> bool:
        """Whether one model learns all classes: where it is told their labels."""
        return self.conditional

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the networks can't make such images, or None where they can."""
        if not (32 <= image_size <= 1024 and image_size.bit_count() == 1):
            return (
                "StyleGAN2-ADA needs an image_size that is a power of two from 32 to 1024, "
                f"not {image_size}"
            )
        if channels not in (1, 3):
            return f"StyleGAN2-ADA makes images of 1 or 3 channels, not {channels}"
        return None

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        size, _, channels = image_shape
        base = self.channel_base or (32768 if size >= 512 else 16384)
        sizes = [2**n for n in range(2, size.bit_length())]
        widths = {side: max(1, min(base // side, self.channel_max)) for side in sizes}
        style = self.style_dim
        mapping = [self.latent_dim, *[style] * self.mapping_layers]
        generator = total(dense(a, b) for a, b in pairwise(mapping))
        judge = convolution(channels, widths[size], 1, size, size)
        for side in sizes:
            width = widths[side]
            if side > 4:
                half, below = side // 2, widths[side // 2]
                # up: a convolution of the larger maps, or of the smaller ones with four times the
                # work
                generator += convolution(below, width, 3, half, half) + dense(style, below)
                judge += convolution(width, width, 3, side, side)
                judge += convolution(width, below, 3, half, half)
                judge += convolution(width, below, 1, half, half)
            generator += convolution(width, width, 3, side, side) + dense(style, width)
            generator += convolution(width, channels, 1, side, side) + dense(style, width)
        judge += convolution(widths[4] + 1, widths[4], 3, 4, 4) + dense(16 * widths[4], widths[4])
        # as for DCGAN, with images made anew; a gradient of a gradient every 16th step for the
        # discriminator and every 4th, on half a batch, for the generator
        learning = (BOTH + FORWARD + 6 / 8) * generator.macs + (2 * BOTH + 2 + 6 / 16) * judge.macs
        parameters = 2 * generator.parameters + judge.parameters
        return GeneratorCost(learning, generator.macs, parameters, generator.parameters)
