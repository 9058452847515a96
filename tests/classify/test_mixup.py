import pytest
import torch
from torch import nn

from synthmix.classify.mixup import mix_up

TARGETS = nn.functional.one_hot(torch.tensor([0, 1, 2, 1]), 3).float()


@pytest.mark.parametrize("shape", [(3, 5, 5), (1, 4, 5, 6), (7,)])
def test_images_are_blended_as_their_labels_are(shape):
    torch.manual_seed(0)
    images = torch.rand(4, *shape)
    inputs, targets = images.clone(), TARGETS.clone()
    blended, shares = mix_up(inputs, targets, 0.4)
    share = shares[0, 0]  # the neighbour of the first image is of another class

    assert 0 < share < 1
    torch.testing.assert_close(shares.sum(1), torch.ones(4))
    torch.testing.assert_close(blended, share * images + (1 - share) * images.roll(1, 0))
    torch.testing.assert_close(shares, share * TARGETS + (1 - share) * TARGETS.roll(1, 0))
    assert torch.equal(inputs, images)
    assert torch.equal(targets, TARGETS)


def test_an_image_alone_stays_as_it_is():
    images = torch.rand(1, 3, 5, 5)
    blended, shares = mix_up(images, TARGETS[:1], 0.4)

    assert torch.equal(blended, images)
    assert torch.equal(shares, TARGETS[:1])


def shares_drawn(alpha):
    torch.manual_seed(0)
    images = torch.zeros(2, 1)
    pair = torch.eye(2)
    return torch.stack([mix_up(images, pair, alpha)[1][0, 0] for _ in range(400)])


@pytest.mark.parametrize("alpha", [0.2, 4.0])
def test_shares_have_the_spread_of_the_beta_distribution(alpha):
    shares = shares_drawn(alpha)

    assert shares.mean() == pytest.approx(0.5, abs=0.08)
    assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.25)
    assert torch.equal(shares, shares_drawn(alpha))
