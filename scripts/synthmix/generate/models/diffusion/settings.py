"""Settings of the diffusion generator."""

import math
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import BOTH, Cost, GeneratorCost, convolution, dense
from synthmix.runtime.pace import STEP
from synthmix.settings import PositiveFloat, PositiveInt, Share


class Settings(GeneratorSettings):
    """Denoising diffusion of Ho, Jain and Abbeel (2020), https://arxiv.org/abs/2006.11239."""

    works_in_parts = True
    tiny: ClassVar = {
        "num_channels": [16, 32],
        "num_res_blocks": 1,
        "norm_num_groups": 4,
        "attention_levels": [False, False],
        "num_head_channels": 16,
        "batch_size": 16,
        "sampling_steps": 10,
        "ema_decay": 0.98,
        "learning_rate": 0.002,
        "epochs": 7,
    }

    model: Literal["diffusion"]
    conditional: bool = Field(
        True, description="One model for all classes, told the label; else one model a class."
    )
    balanced: bool = Field(
        False,
        description="Train on images of each class equally often: rare ones are repeated "
        "and common ones left out, at random. Without it, an epoch is each image once.",
    )
    num_channels: list[PositiveInt] = Field(
        [64, 128, 128], min_length=1, description="Channels of each level; each halves the size."
    )
    attention_levels: list[bool] = Field(
        [False, False, True], description="Which levels have self-attention."
    )
    num_res_blocks: PositiveInt = Field(2, description="Residual blocks a level.")
    norm_num_groups: PositiveInt = Field(32, description="Groups of each group normalisation.")
    num_head_channels: PositiveInt = Field(32, description="Channels of each attention head.")
    diffusion_steps: PositiveInt = Field(1000, description="Levels of noise in training.")
    noise_schedule: Literal["cosine", "linear"] = Field(
        "cosine", description="How noise grows over the steps: Nichol and Dhariwal's or Ho's way."
    )
    prediction: Literal["v", "epsilon"] = Field(
        "v", description="What the network predicts: velocity (Salimans and Ho) or noise (Ho)."
    )
    learning_rate: PositiveFloat = Field(2e-4, description="AdamW's step size.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="AdamW's weight decay; 0 is plain Adam."
    )
    max_gradient_norm: PositiveFloat = Field(1.0, description="Longer gradients are cut to this.")
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.999, description="Decay of the average of weights that images are made with."
    )
    label_dropout: Share = Field(
        0.1, description="Share of training labels hidden, from which guidance learns."
    )
    guidance_scale: Annotated[float, Field(ge=0)] = Field(
        1.5, description="How strongly samples follow their label: 1 as learned, more is stronger."
    )
    sampling_steps: PositiveInt = Field(
        50, description="DDIM steps to make an image; they must divide diffusion_steps."
    )

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if len(self.attention_levels) != len(self.num_channels):
            raise ValueError("attention_levels and num_channels need an entry for each level")
        for channels in self.num_channels:
            if channels % self.norm_num_groups:
                raise ValueError(
                    f"num_channels ({channels}) must be a multiple of norm_num_groups "
                    f"({self.norm_num_groups})"
                )
        # the lowest level always has attention, between the way down and the way up
        attended = [*self.attention_levels[:-1], True]
        for channels, attention in zip(self.num_channels, attended, strict=True):
            if attention and channels % self.num_head_channels:
                raise ValueError(
                    f"num_channels ({channels}) of a level with attention, the last one included, "
                    f"must be a multiple of num_head_channels ({self.num_head_channels})"
                )
        return self

    @model_validator(mode="after")
    def _sampling_fits(self) -> Self:
        if self.diffusion_steps % self.sampling_steps:
            raise ValueError(
                f"sampling_steps ({self.sampling_steps}) must divide diffusion_steps "
                f"({self.diffusion_steps})"
            )
        if self.conditional and self.guidance_scale != 1 and not self.label_dropout:
            raise ValueError("a guidance_scale other than 1 needs a label_dropout above 0")
        return self

    @property
    def joint(self) -> bool:
        """Whether one model learns all classes: what `conditional` says."""
        return self.conditional

    @property
    def size_multiple(self) -> int:
        """Sizes that are not a multiple of this are padded inside."""
        return 2 ** (len(self.num_channels) - 1)

    def in_short(self, steps: int) -> dict[str, Any]:
        """Return what a rehearsal changes: images are made in as few steps as can be."""
        few = next(n for n in (2, *range(3, 1001), 1) if not self.diffusion_steps % n)
        return super().in_short(steps) | {"sampling_steps": min(few, self.sampling_steps)}

    def steps(self, images: int) -> dict[str, int]:
        """Return how many steps there are: the last batch need not be full."""
        return {STEP: self.epochs * math.ceil(images / self.batch_size)}

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the network can't make such images, or None where it can."""
        if image_size >= self.size_multiple:
            return None
        return (
            f"diffusion with {len(self.num_channels)} levels (num_channels) needs an image_size "
            f"of at least {self.size_multiple}, not {image_size}"
        )

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        network = self._network_cost(image_shape)
        guided = self.conditional and self.guidance_scale != 1
        image = self.sampling_steps * network.macs * (2 if guided else 1)
        parameters = network.parameters
        return GeneratorCost(BOTH * network.macs, image, 2 * parameters, parameters)

    def _network_cost(self, image_shape: tuple[int, int, int]) -> Cost:
        """Return what one pass of the U-Net costs."""
        widths, blocks, attended = self.num_channels, self.num_res_blocks, self.attention_levels
        height, _, channels = image_shape
        size = -(-height // self.size_multiple) * self.size_multiple
        time = 4 * widths[0]
        sides = [size >> level for level in range(len(widths))]
        cost = dense(widths[0], time) + dense(time, time)
        cost += convolution(channels, widths[0], 3, size, size)
        skips = [widths[0]]
        before = widths[0]
        for level, (width, side) in enumerate(zip(widths, sides, strict=True)):
            for _ in range(blocks):
                cost += _block(before, width, side, time, attended[level])
                before = width
                skips.append(width)
            if level < len(widths) - 1:
                cost += convolution(width, width, 3, side // 2, side // 2)
                skips.append(width)
        deepest, last = sides[-1], widths[-1]
        cost += _block(last, last, deepest, time, True) + _block(last, last, deepest, time, False)
        for level in reversed(range(len(widths))):
            width, side = widths[level], sides[level]
            for _ in range(blocks + 1):
                cost += _block(before + skips.pop(), width, side, time, attended[level])
                before = width
            if level:
                cost += convolution(width, width, 3, 2 * side, 2 * side)
        return cost + convolution(widths[0], channels, 3, size, size)


def _block(before: int, after: int, side: int, time: int, attended: bool) -> Cost:
    """Return the cost of a residual block of the U-Net, and of the attention behind it."""
    cost = convolution(before, after, 3, side, side) + convolution(after, after, 3, side, side)
    cost += dense(time, after)
    if before != after:
        cost += convolution(before, after, 1, side, side)
    if attended:
        places = side**2
        cost += Cost(places * 4 * after**2 + 2 * places**2 * after, 4 * after**2)
    return cost
