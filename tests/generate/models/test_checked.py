"""What a generator gives back is looked at before it is kept."""

import numpy as np
import pytest
import torch

from synthmix.errors import UserError
from synthmix.generate.models import checked
from synthmix.generate.models.base import Generator

SHAPE = (4, 4, 3)


class Made(Generator):
    """A generator that gives back what a test wants."""

    def __init__(self, sampled=None, losses=None, seen=8):
        self.sampled, self.losses, self.seen = sampled, losses, seen
        super().__init__(None, SHAPE, 1, torch.device("cpu"))

    def build(self):
        pass

    def train_epoch(self, images, labels):
        self.images_seen += self.seen
        return self.losses

    def training_parts(self):
        return {}

    def sampling_network(self):
        return torch.nn.Identity()

    def sample(self, seeds, label=0, truncation=1.0):
        return self.sampled


def test_what_is_right_is_given_on():
    images = np.zeros((2, *SHAPE), np.uint8)
    assert checked.sample(Made(images), [5, 6]) is images
    losses = {"critic_loss": 0.5, "augment_p": np.float32(0)}
    assert checked.train_epoch(Made(losses=losses), torch.zeros(8), torch.zeros(8)) == losses


@pytest.mark.parametrize(
    ("sampled", "said"),
    [
        (np.zeros((1, *SHAPE), np.uint8), r"not uint8 of \(1, 4, 4, 3\)"),
        (np.zeros((2, 3, 4, 4), np.uint8), r"not uint8 of \(2, 3, 4, 4\)"),
        (np.zeros((2, *SHAPE)), "not float64"),
        (torch.zeros((2, *SHAPE), dtype=torch.uint8), "a numpy array, not Tensor"),
        (None, "a numpy array, not NoneType"),
    ],
)
def test_images_of_another_number_shape_or_kind_are_refused(sampled, said):
    with pytest.raises(UserError, match=rf"test_checked\.py: sample must return .*{said}"):
        checked.sample(Made(sampled), [5, 6])


@pytest.mark.parametrize(
    ("losses", "seen", "said"),
    [
        (None, 8, "a float for each name of a loss, not None"),
        ({"a_loss": torch.tensor(1.0)}, 8, "a float for each name of a loss, not {'a_loss'"),
        ({"a_loss": 1.0}, 0, "must add the images of its steps to images_seen"),
        (
            {"a_loss": float("nan")},
            8,
            "a loss is not finite .* lower the generator's learning_rate",
        ),
    ],
)
def test_losses_that_are_no_numbers_are_refused(losses, seen, said):
    with pytest.raises(UserError, match=said):
        checked.train_epoch(Made(losses=losses, seen=seen), torch.zeros(8), torch.zeros(8))
