import pytest
import torch

from synthmix.classify.sampling import epoch_order

LABELS = torch.tensor([0] * 900 + [2] * 100)  # no image of class 1


def test_shuffled_is_every_image_once():
    torch.manual_seed(0)
    order = epoch_order(LABELS, "shuffled", len(LABELS))

    assert sorted(order.tolist()) == list(range(1000))
    assert order.tolist() != list(range(1000))


def test_of_more_images_each_epoch_has_another_random_part():
    torch.manual_seed(0)
    parts = [epoch_order(LABELS, "shuffled", 300).tolist() for _ in range(30)]
    assert {(len(part), len(set(part))) for part in parts} == {(300, 300)}
    assert parts[0] != parts[1]
    # 0.02 images are missed by all 30 on average
    assert len(set().union(*map(set, parts))) >= 999


@pytest.mark.parametrize("images", [1001, 2000, 2345])
def test_fewer_images_are_gone_round(images):
    torch.manual_seed(0)
    order = epoch_order(LABELS, "shuffled", images)
    counts = torch.bincount(order, minlength=1000)
    assert len(order) == images
    assert set(counts.tolist()) <= {images // 1000, images // 1000 + 1}
    assert order[:1000].tolist() != order[1000:2000].tolist()


@pytest.mark.parametrize("images", [300, 2000])
def test_balanced_draws_as_many_as_it_is_told(images):
    torch.manual_seed(0)
    drawn = LABELS[epoch_order(LABELS, "balanced", images)]
    assert len(drawn) == images
    assert 0.35 < (drawn == 2).float().mean() < 0.65


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
