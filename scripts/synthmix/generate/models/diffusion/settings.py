"""Settings of the diffusion generator."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.settings import PositiveFloat, PositiveInt, Share


class Settings(GeneratorSettings):
    """Denoising diffusion of Ho, Jain and Abbeel (2020), https://arxiv.org/abs/2006.11239."""

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

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the network can't make such images, or None where it can."""
        if image_size >= self.size_multiple:
            return None
        return (
            f"diffusion with {len(self.num_channels)} levels (num_channels) needs an image_size "
            f"of at least {self.size_multiple}, not {image_size}"
        )
