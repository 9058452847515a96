import pytest
import torch

from synthmix.classify.sampling import epoch_order

LABELS = torch.tensor([0] * 900 + [2] * 100)  # no image of class 1


def test_shuffled_is_every_image_once():
    torch.manual_seed(0)
    order = epoch_order(LABELS, "shuffled", len(LABELS))

    assert sorted(order.tolist()) == list(range(1000))
    assert order.tolist() != list(range(1000))


def test_balanced_draws_all_classes_equally_often():
    torch.manual_seed(0)
    order = epoch_order(LABELS, "balanced", len(LABELS))
    drawn = LABELS[order]

    assert len(order) == 1000
    assert 430 < (drawn == 2).sum() < 570  # four and a half deviations
    assert len(order.unique()) < 1000
    # and all images of a class: of 100 drawn 500 times, one is missed once in 150 classes
    assert len(order[drawn == 2].unique()) > 95


@pytest.mark.parametrize("sampler", ["shuffled", "balanced"])
def test_one_seed_one_order(sampler):
    torch.manual_seed(1)
    first, second = (epoch_order(LABELS, sampler, len(LABELS)) for _ in range(2))
    torch.manual_seed(1)

    assert torch.equal(epoch_order(LABELS, sampler, len(LABELS)), first)
    assert not torch.equal(first, second)
