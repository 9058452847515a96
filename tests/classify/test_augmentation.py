import warnings

import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms.v2.functional import rotate

from synthmix.classify.augmentation import build_augmentation
from synthmix.classify.augmentation_settings import Augmentation, VolumeAugmentation

PICTURES = {
    "rotation_degrees": 30,
    "width_shift": 0.2,
    "height_shift": 0.2,
    "shear_degrees": 20,
    "zoom": 0.3,
    "horizontal_flip": True,
    "vertical_flip": True,
    "brightness": 0.5,
    "contrast": 0.5,
    "saturation": 0.9,
    "hue": 0.5,
    "centre_crop": 0.5,
    "brightness_shift": 0.4,
    "blur": 3,
    "noise": 0.3,
}
VOLUMES = {
    "rotation_degrees": 20,
    "shift": 0.2,
    "zoom": 0.3,
    "horizontal_flip": True,
    "elastic": 0.08,
    "bias_field": 0.5,
    "noise": 0.3,
}
COLOUR = {"saturation", "hue"}


def pictures(images=16, channels=3):
    """The same picture many times: a bright blob off the middle, on black."""
    row, column = torch.meshgrid(torch.arange(24), torch.arange(20), indexing="ij")
    blob = torch.exp(-((row - 9) ** 2 + 2 * (column - 11) ** 2) / 30)
    tint = torch.tensor([220, 120, 60])[:channels, None, None]
    return (blob * tint).to(torch.uint8).repeat(images, 1, 1, 1)


def volumes(images=4):
    """The same volume many times, z-scored: a bright blob off the middle."""
    x, y, z = torch.meshgrid(*(torch.arange(n) for n in (12, 14, 10)), indexing="ij")
    blob = torch.exp(-((x - 4) ** 2 + (y - 8) ** 2 + 2 * (z - 4) ** 2) / 12)
    return ((blob - blob.mean()) / blob.std()).repeat(images, 1, 1, 1, 1)


def change(images, seed=0, **settings):
    is_volume = images.dim() == 5
    model = VolumeAugmentation if is_volume else Augmentation
    torch.manual_seed(seed)
    dumped = model(**settings).model_dump(mode="json")
    return build_augmentation(dumped, is_volume)(images)


CASES = [(pictures, name) for name in PICTURES] + [(volumes, name) for name in VOLUMES]


@pytest.mark.parametrize(("images", "name"), CASES)
def test_each_setting_alone(images, name):
    """Changes images, each its own way, to images of the same kind, the same with one seed."""
    value = (PICTURES if images is pictures else VOLUMES)[name]
    before = images()
    after = change(images(), **{name: value})

    assert after.shape == before.shape
    assert after.dtype == before.dtype
    assert after.isfinite().all()
    different = {tuple(image.flatten().tolist()) for image in after}
    assert len(different) == 2 if "flip" in name else len(different) > 2
    assert torch.equal(after, change(images(), **{name: value}))
    assert not torch.equal(after, change(images(), seed=3, **{name: value}))
    assert torch.equal(before, images())


@pytest.mark.parametrize("images", [pictures, volumes])
def test_all_at_once(images):
    settings = PICTURES if images is pictures else VOLUMES
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after = change(images(), **settings)

    assert after.shape == images().shape
    assert torch.equal(after, change(images(), **settings))


@pytest.mark.parametrize(
    ("images", "name", "axis"),
    [
        (pictures, "horizontal_flip", 3),
        (pictures, "vertical_flip", 2),
        (volumes, "horizontal_flip", 2),
    ],
)
def test_flips_are_flips(images, name, axis):
    before = images(16)
    after = change(images(16), **{name: True})
    kept = [torch.equal(a, b) for a, b in zip(after, before, strict=True)]
    flipped = [torch.equal(a, b) for a, b in zip(after, before.flip(axis), strict=True)]

    assert all(k != f for k, f in zip(kept, flipped, strict=True))
    assert 3 < sum(kept) < 13


@pytest.mark.parametrize("axis", [0, 1])
def test_shifts_are_of_a_share_of_the_side_at_the_most(axis):
    name = ("height_shift", "width_shift")[axis]
    before, after = pictures(100, 1), change(pictures(100, 1), **{name: 0.2})

    def place(images, of):
        return images.float().sum(3 - of).argmax(2).flatten()

    moved = place(after, axis) - place(before, axis)
    most = round(0.2 * (24, 20)[axis])  # pixels
    assert (moved.min(), moved.max()) == (-most, most)
    assert torch.equal(place(after, 1 - axis), place(before, 1 - axis))


def test_turns_are_of_so_many_degrees_at_the_most():
    """Each is compared with the picture turned by known degrees."""
    after = change(pictures(30), rotation_degrees=10).float()
    angles = torch.arange(-20, 21)
    turned = torch.stack(
        [rotate(pictures(1)[0].float(), float(angle), interpolation=2) for angle in angles]
    )
    distances = (after[:, None] - turned).square().sum((2, 3, 4))
    found = angles[distances.argmin(1)]

    assert found.abs().max() <= 10
    assert found.min() < -4
    assert found.max() > 4


@pytest.mark.parametrize("zoom", [0.3])
def test_zoom_goes_both_ways(zoom):
    sizes = change(pictures(60), zoom=zoom).float().sum((1, 2, 3)) / pictures(1).float().sum()

    # areas between 0.7 and 1.3 squared, with an allowance for what is cut off and rounded
    assert 0.4 < sizes.min() < 0.7
    assert 1.3 < sizes.max() < 1.75


def test_brightness_is_a_factor():
    before = pictures(60)
    factors = change(before, brightness=0.2).float().amax((1, 2, 3)) / before.max()

    assert factors.min() == pytest.approx(0.8, abs=0.04)
    assert factors.max() == pytest.approx(min(1.2, 255 / 220), abs=0.04)


def test_what_comes_in_is_black_or_as_dark_as_the_darkest():
    bright = torch.full((8, 3, 20, 20), 200, dtype=torch.uint8)
    assert change(bright, width_shift=0.3).min() == 0
    before = volumes()
    after = change(volumes(), shift=0.4)
    assert after.min() >= before.min() - 1e-5


def test_a_field_brightens_and_darkens_what_is_not_background():
    before = volumes()
    after = change(volumes(), bias_field=0.5)
    dark = before.amin()

    torch.testing.assert_close(after.amin(), dark)
    ratio = ((after - dark) / (before - dark))[before > 0.5]
    assert ratio.min() > 0
    assert ratio.std() > 0.05


def test_noise_is_in_units_of_the_spread():
    noise = (change(volumes(12), noise=0.5) - volumes(12)).std(dim=(1, 2, 3, 4))

    assert noise.max() < 0.52
    assert noise.max() > 0.3
    assert noise.min() < 0.2


def test_noise_of_pictures_is_a_share_of_their_range():
    grey = torch.full((40, 1, 30, 30), 128, dtype=torch.uint8)
    noisy = change(grey, noise=0.1).float()
    deviations = noisy.std((1, 2, 3)) / 255
    assert 0.08 < deviations.max() < 0.102
    assert deviations.min() < 0.03
    assert noisy.mean().item() == pytest.approx(128, abs=0.5)


def test_a_blur_is_of_so_many_pixels_at_the_most():
    line = torch.zeros(40, 1, 41, 41)
    line[..., 20] = 200
    blurred = change(line.to(torch.uint8), blur=2).float()
    there = torch.arange(41) - 20
    shares = blurred.mean((1, 2)) / blurred.mean((1, 2)).sum(1, keepdim=True)
    deviations = (shares * there**2).sum(1).sqrt()
    assert 1.6 < deviations.max() < 2.05
    assert deviations.min() < 0.5


def test_a_small_picture_can_be_blurred():
    assert change(pictures()[:, :, :4, :3], blur=20).shape == (16, 3, 4, 3)


def test_grey_pictures():
    settings = {name: value for name, value in PICTURES.items() if name not in COLOUR}
    after = change(pictures(4, channels=1), **settings)

    assert after.shape == (4, 1, 24, 20)


@pytest.mark.parametrize("model", [Augmentation, VolumeAugmentation])
def test_no_change_at_all_is_a_mistake(model):
    with pytest.raises(ValidationError, match="changes nothing; set one of rotation_degrees"):
        model()
    with pytest.raises(ValidationError, match="changes nothing"):
        model(horizontal_flip=False, zoom=0)


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (Augmentation, {"rotation_degrees": 181}),
        (Augmentation, {"width_shift": 1}),
        (Augmentation, {"hue": 0.6}),
        (Augmentation, {"zoom": -0.1}),
        (VolumeAugmentation, {"elastic": 0.1}),
        (VolumeAugmentation, {"motion": 1}),
    ],
)
def test_wrong_settings(model, settings):
    with pytest.raises(ValidationError):
        model(**settings)


def square(size=8):
    """A picture whose pixels all differ."""
    return torch.arange(3 * size * size).reshape(1, 3, size, size).to(torch.uint8)


def test_quarter_turns_are_right_angles_each_as_often():
    """Nothing is resampled, and no corner turns black."""
    turned = change(square().repeat(400, 1, 1, 1), quarter_turns=True)
    possible = [torch.rot90(square()[0], turns, (1, 2)) for turns in range(4)]
    counts = [sum(torch.equal(image, one) for image in turned) for one in possible]
    assert sum(counts) == 400
    assert min(counts) > 70


def test_a_crop_enlarges_the_middle_of_half_of_the_pictures():
    """A frame at the edge goes out of those that are cropped, and its middle stays."""
    frame = torch.zeros(1, 3, 40, 40, dtype=torch.uint8)
    frame[..., 0, :] = frame[..., -1, :] = frame[..., :, 0] = frame[..., :, -1] = 250
    frame[..., 18:22, 18:22] = 250
    after = change(frame.repeat(300, 1, 1, 1), centre_crop=0.2)
    cropped = after[:, 0, 0, 0] < 250
    whole = (after == frame).flatten(1).all(1)
    assert 0.35 < cropped.float().mean() < 0.6  # the smallest crops leave the frame
    assert 0.4 < whole.float().mean() < 0.6
    assert (after[:, :, 19:21, 19:21] > 200).all()


def test_a_middle_of_less_than_a_pixel_is_one():
    """Half of 300 pictures, half of them with less than half a pixel of their 8 left."""
    grey = torch.full((300, 1, 8, 8), 100, dtype=torch.uint8)
    assert torch.equal(change(grey, centre_crop=0.99), grey)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_a_range_need_not_lie_evenly_about_one(name):
    """[0.5, 0.5] is one factor: pictures change alike, and by as much as it says."""
    grey = torch.full((4, 3, 6, 6), 100, dtype=torch.uint8)
    grey[:, 0, :3] = 200
    one, other = (change(grey, seed, **{name: [0.5, 0.5]}) for seed in (1, 2))
    assert torch.equal(one, other)
    assert not torch.equal(one, grey)
    if name == "brightness":
        assert torch.equal(one, grey // 2)


def test_a_range_has_its_lower_end_first():
    with pytest.raises(ValidationError, match="lower end first"):
        Augmentation(saturation=[1.6, 0.6])


def test_brightness_is_shifted_by_a_share_of_the_range():
    """0.05 of 255 is 12.75: as many grey levels each way, the same for all pixels of a picture."""
    grey = torch.full((500, 3, 4, 4), 128, dtype=torch.uint8)
    shifts = change(grey, brightness_shift=0.05).int() - 128
    assert (shifts == shifts[:, :1, :1, :1]).all()
    assert -13 <= shifts.min() <= -11
    assert 11 <= shifts.max() <= 13
    assert shifts.float().mean().abs() < 1.5
    bright = change(torch.full((20, 3, 4, 4), 250, dtype=torch.uint8), brightness_shift=0.9)
    assert (bright[:, 0, 0, 0] == 255).sum() > 4  # cut off, not begun anew at black
