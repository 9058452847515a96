import pytest
import torch

from synthmix.generate.models.dcgan.augment import augment, cut_out, jitter_color, translate

KINDS = ("color", "translation", "cutout")


def images(count=64, channels=3, size=16):
    """Images without a zero or an equal pixel among them, in -1..1."""
    torch.manual_seed(0)
    values = torch.rand(count, channels, size, size) * 0.9 + 0.05
    return values * (torch.rand_like(values) < 0.5).mul(2).sub(1)


def test_without_kinds_nothing_is_done_and_nothing_drawn():
    batch, before = images(), torch.get_rng_state()
    assert augment(batch, []) is batch
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_their_shape_and_are_drawn_anew_by_the_seed(kind, channels):
    batch = images(8, channels)
    torch.manual_seed(1)
    one, other = augment(batch, [kind]), augment(batch, [kind])
    torch.manual_seed(1)
    assert torch.equal(augment(batch, [kind]), one)
    assert one.shape == batch.shape
    assert one.dtype == batch.dtype
    assert not torch.equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind):
    batch = images(1, 2, 8).double().requires_grad_()

    def transformed(inputs):
        torch.manual_seed(5)
        return augment(inputs, [kind])

    assert torch.autograd.gradcheck(transformed, batch, eps=1e-4, atol=1e-4)


def test_a_shift_moves_an_image_by_an_eighth_at_most_and_fills_up_with_zeros():
    batch, shifts = images(256, 1, 16), set()
    for before, after in zip(batch[:, 0], translate(batch)[:, 0], strict=True):
        padded = torch.nn.functional.pad(before, (2, 2, 2, 2))
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(padded[2 - down : 18 - down, 2 - right : 18 - right], after)
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert len(shifts) == 25


def test_a_cut_is_a_square_of_half_the_width_that_may_reach_over_the_border():
    batch = images(512)
    after = cut_out(batch)
    gone = after == 0
    assert torch.equal(after[~gone], batch[~gone])
    assert torch.equal(gone, gone[:, :1].expand_as(gone))
    rows, columns = gone[:, 0].any(2).sum(1), gone[:, 0].any(1).sum(1)
    assert torch.equal(gone[:, 0].sum((1, 2)), rows * columns)
    # centred on any point between two pixels, the border's ends with it
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 8, 4, 8)
    edges = torch.stack([gone[:, 0].any(2)[:, 0], gone[:, 0].any(2)[:, -1]])
    assert edges.any(1).all()
    assert not edges.all(0).any()


def test_colours_change_by_no_more_than_their_strengths():
    batch = images(512)
    after = jitter_color(batch)
    # the mean is moved by the brightness alone
    moved = after.mean((1, 2, 3)) - batch.mean((1, 2, 3))
    assert -0.5 <= moved.min() < -0.45
    assert 0.45 < moved.max() <= 0.5
    # distances between channels are scaled by saturation and contrast together
    scale = (after[:, 0] - after[:, 1]) / (batch[:, 0] - batch[:, 1])
    assert scale.std((1, 2)).max() < 0.01
    assert 0 <= scale.mean((1, 2)).min() < 0.1
    assert 2.4 < scale.mean((1, 2)).max() <= 3.001


def test_a_grey_image_keeps_its_order_of_values():
    batch = images(64, 1)
    after = jitter_color(batch)
    assert torch.equal(after.flatten(1).argsort(1), batch.flatten(1).argsort(1))


def test_kinds_follow_one_another():
    batch = images(8)
    torch.manual_seed(2)
    both = augment(batch, ["cutout", "color"])
    torch.manual_seed(2)
    assert torch.equal(both, jitter_color(cut_out(batch)))
