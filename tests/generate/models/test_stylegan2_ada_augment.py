"""StyleGAN2-ADA: the transforms, what is drawn for them, and how their probability adapts."""

import math

import pytest
import torch

from synthmix.generate.models.stylegan2_ada.augment import (
    AdaptiveAugmentation,
    draw_blits,
    draw_colours,
    draw_warps,
)
from synthmix.generate.models.stylegan2_ada.settings import Settings
from synthmix.generate.models.stylegan2_ada.transforms import SYM6, blit, recolour, warp

NO_SHIFT = torch.zeros(2, 2, dtype=torch.int64)
NO_TURN = torch.zeros(2, dtype=torch.int64)
NO_FLIP = torch.zeros(2, dtype=torch.bool)
IDENTITY = torch.eye(2, 3).expand(2, 2, 3)


def augmentation(p=0.0, **changes):
    made = AdaptiveAugmentation(Settings(model="stylegan2_ada", epochs=1, **changes))
    made.p = p
    return made


@pytest.fixture
def pictures():
    return torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(0))


# Transforms


def test_flips_and_turns_are_exact(pictures):
    flips = torch.tensor([False, True])
    made = blit(pictures, flips, NO_TURN, NO_SHIFT)
    assert torch.equal(made, torch.stack([pictures[0], pictures[1].flip(2)]))
    turned = blit(pictures, NO_FLIP, torch.tensor([1, 3]), NO_SHIFT)
    assert torch.equal(turned[0], pictures[0].rot90(1, (1, 2)))
    assert torch.equal(turned[1], pictures[1].rot90(3, (1, 2)))
    both = blit(pictures, ~NO_FLIP, torch.tensor([2, 2]), NO_SHIFT)
    assert torch.equal(both, pictures.flip(2))


def test_shifts_bring_in_the_mirror_image(pictures):
    made = blit(pictures, NO_FLIP, NO_TURN, torch.tensor([[3, 0], [0, -2]]))
    assert torch.equal(made[0, :, :, 3:], pictures[0, :, :, :-3])
    assert torch.equal(made[0, :, :, :3], pictures[0, :, :, 1:4].flip(2))
    assert torch.equal(made[1, :, :-2], pictures[1, :, 2:])


def test_the_wavelet_filter_is_orthonormal_with_six_vanishing_moments():
    taps = torch.tensor(SYM6, dtype=torch.float64)
    assert taps.sum().item() == pytest.approx(math.sqrt(2))
    for lag in range(0, 12, 2):
        expected = 1.0 if lag == 0 else 0.0
        assert (taps[lag:] @ taps[: 12 - lag]).item() == pytest.approx(expected, abs=1e-10)
    place = torch.arange(12, dtype=torch.float64)
    for power in range(6):
        moment = ((-1) ** place * place**power * taps).sum().item()
        assert moment == pytest.approx(0, abs=1e-8)


def test_the_identity_changes_nothing(pictures):
    torch.testing.assert_close(warp(pictures, IDENTITY), pictures, rtol=0, atol=1e-5)


def test_a_constant_image_stays_so_under_any_map():
    maps = torch.randn(2, 2, 3) * torch.tensor([1.0, 1.0, 20.0])
    flat = torch.full((2, 1, 32, 32), 0.7)
    torch.testing.assert_close(warp(flat, maps), flat)


def test_a_map_moves_a_picture_as_it_says():
    axis = torch.arange(64.0) - 31.5
    y, x = torch.meshgrid(axis, axis, indexing="ij")

    def blob(x, y):
        return torch.exp(-((x - 6) ** 2 / 100 + (y + 3) ** 2 / 50))

    cosine, sine = math.cos(0.5), math.sin(0.5)
    maps = torch.tensor([[[1.2 * cosine, -sine, 2.5], [sine, cosine, -1.0]]])
    made = warp(blob(x, y)[None, None], maps)[0, 0]
    expected = blob(1.2 * cosine * x - sine * y + 2.5, sine * x + cosine * y - 1)
    assert (made - expected)[12:-12, 12:-12].abs().max() < 0.01


def test_colours_are_mixed_by_the_matrix(pictures):
    matrix = torch.tensor([[[0.0, 1, 0, 0.5], [0, 0, 1, 0], [1, 0, 0, -1]]]).expand(2, 3, 4)
    made = recolour(pictures, matrix)
    red, green, blue = pictures.unbind(1)
    torch.testing.assert_close(made, torch.stack([green + 0.5, blue, red - 1], dim=1))


def test_all_transforms_can_be_differentiated_twice(pictures):
    both = augmentation(p=0.9, augment_colour=True)

    def transform(x):
        torch.manual_seed(3)
        return both(x)

    x = pictures.double().float().requires_grad_()
    weight = torch.randn_like(pictures, requires_grad=True)
    (gradient,) = torch.autograd.grad(transform(x), x, weight, create_graph=True)
    change = torch.randn_like(pictures)
    (second,) = torch.autograd.grad(gradient, weight, change)
    # linear but for an offset: the derivative of the gradient is the transform of the change
    linear = transform(pictures + change) - transform(pictures)
    torch.testing.assert_close(second, linear, rtol=1e-3, atol=1e-4)


# Draws


def test_without_probability_images_are_left_alone(pictures):
    assert augmentation(p=0.0)(pictures) is pictures
    off = augmentation(p=1.0, augment_blit=False, augment_geometric=False)
    assert off(pictures) is pictures


@pytest.mark.parametrize("kind", ["augment_blit", "augment_geometric", "augment_colour"])
def test_each_kind_of_transform_can_be_chosen(pictures, kind):
    kinds = dict.fromkeys(["augment_blit", "augment_geometric", "augment_colour"], False)
    torch.manual_seed(0)
    made = augmentation(p=1.0, **kinds | {kind: True})(pictures)
    assert made.shape == pictures.shape
    assert not torch.allclose(made, pictures, atol=1e-3)


def test_blits_are_as_likely_as_asked_for():
    torch.manual_seed(0)
    many = torch.zeros(4000, 1, 32, 32)
    flips, turns, shifts = draw_blits(many, 0.4)
    assert flips.float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert (turns > 0).float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (shifts != 0).any(1).float().mean().item() == pytest.approx(0.4, abs=0.04)
    assert shifts.abs().max() == 4


def test_warps_are_as_likely_as_asked_for():
    torch.manual_seed(0)
    many = torch.zeros(4000, 1, 32, 32)
    maps = draw_warps(many, 0.4)
    moved = (maps[:, :, 2] != 0).any(1).float().mean().item()
    assert moved == pytest.approx(0.4, abs=0.03)
    same_size = torch.linalg.det(maps[:, :, :2]).sub(1).abs().lt(1e-5).float().mean().item()
    assert same_size == pytest.approx(0.6, abs=0.03)
    # neither stretched nor turned, whatever the scale
    plain = maps[:, 0, 1].abs() + (maps[:, 0, 0] - maps[:, 1, 1]).abs() < 1e-5
    assert plain.float().mean().item() == pytest.approx(0.36, abs=0.03)


def test_grey_images_change_brightness_and_contrast_only():
    torch.manual_seed(0)
    maps = draw_colours(torch.zeros(500, 1, 32, 32), 1.0)
    assert maps.shape == (500, 1, 2)
    contrast = maps[:, 0, 0]
    assert (contrast > 0).all()
    assert contrast.log2().std().item() == pytest.approx(0.5, abs=0.05)
    assert (maps[:, 0, 1] / contrast).std().item() == pytest.approx(0.2, abs=0.02)


def test_hue_and_saturation_keep_grey_grey():
    torch.manual_seed(0)
    maps = draw_colours(torch.zeros(500, 3, 32, 32), 1.0)
    grey = maps @ torch.tensor([0.3, 0.3, 0.3, 1.0])
    torch.testing.assert_close(grey, grey[:, :1].expand(500, 3), rtol=1e-4, atol=1e-5)
    # a flip of luma turns the brightness of half of them around
    assert (maps[:, :, :3].sum((1, 2)) < 0).float().mean().item() == pytest.approx(0.5, abs=0.07)


# Adaptation


def test_the_probability_follows_the_mean_sign_of_the_real_outputs():
    adaptive = augmentation(ada_kimg=1)
    adaptive.observe(torch.tensor(0.5), 4)
    adaptive.adapt()
    assert adaptive.p == 0  # a mean sign of 0.5 is below the target, and p at its floor
    for _ in range(2):
        adaptive.observe(torch.tensor(1.0), 50)
    adaptive.adapt()
    assert adaptive.p == pytest.approx(0.1)
    adaptive.observe(torch.tensor(-1.0), 30)
    adaptive.adapt()
    assert adaptive.p == pytest.approx(0.07)
    adaptive.observe(torch.tensor(1.0), 5000)
    adaptive.adapt()
    assert adaptive.p == 1


def test_it_rises_faster_from_trained_weights_unless_the_study_says_how_fast():
    for given, images in (
        ({}, 500_000),
        ({"init_from": "ffhq.pkl"}, 100_000),
        ({"init_from": "ffhq.pkl", "ada_kimg": 250}, 250_000),
    ):
        adaptive = augmentation(**given)
        adaptive.observe(torch.tensor(1.0), 1000)
        adaptive.adapt()
        assert adaptive.p == pytest.approx(1000 / images)


def test_without_transforms_the_probability_stays():
    adaptive = augmentation(augment_blit=False, augment_geometric=False)
    adaptive.observe(torch.tensor(1.0), 50)
    adaptive.adapt()
    assert adaptive.p == 0


def test_the_state_holds_what_was_observed():
    one, two = augmentation(ada_kimg=1), augmentation(ada_kimg=1)
    one.observe(torch.tensor(1.0), 10)
    two.load_state(one.state())
    for adaptive in (one, two):
        adaptive.observe(torch.tensor(1.0), 10)
        adaptive.adapt()
    assert one.p == two.p == pytest.approx(0.02)
