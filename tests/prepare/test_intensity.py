"""Which values of deep images become black and white, and that all is told that should be."""

import json
import logging
import re

import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deep_files import write_png
from synthmix.classify.export_classifier import read_limits
from synthmix.classify.predict_new import EIGHT_BITS, NO_RANGE, predict_new
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.intensity import (
    as_grey_levels,
    common_limits,
    limits_path,
    own_limits,
    sample_of,
)
from synthmix.prepare.prepare_images import prepare_file, prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.readers import read_image
from synthmix.readers.raw_image import DeepPicture, Reading, Volume
from synthmix.store import load_store, read_table
from tiny_classifiers import CPU, export

SIDE = 32


def waves(number, top=1.0):
    """Return a picture from 0 to `top`, unlike others."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    values = np.sin(5 * y + number) + np.cos((4 + number % 3) * x)
    return (values - values.min()) / np.ptp(values) * top


def deep(values):
    return np.rint(values).astype(np.uint16)


class Folder:
    """A folder of images and what becomes of them."""

    def __init__(self, path):
        self.path = path
        (path / "raw").mkdir()
        (path / "fetched.json").write_text(json.dumps({"root": str(path / "raw")}))
        self.store = path / "real.npy"

    def add(self, name, values):
        file = self.path / "raw" / name
        if name.endswith(".nii"):
            nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), np.eye(4)), file)
        elif values.dtype == np.uint16 and values.ndim == 3:
            write_png(file, values)
        else:
            Image.fromarray(values).save(file)

    def prepare(self, threads=2, **settings):
        names = sorted(file.name for file in (self.path / "raw").iterdir())
        index = {"sample_id": names, "path": names, "frame": "", "label": "a", "group": names}
        write_table(self.path / "index.csv", pd.DataFrame(index).assign(part=""))
        volumes = names[0].endswith(".nii")
        defaults = {} if "volume_shape" in settings else {"image_size": SIDE}
        prepare_images(
            self.path / "index.csv",
            self.path / "fetched.json",
            "nifti_folder" if volumes else "image_folder",
            self.store,
            self.path / "rejected.csv",
            Prepare(**defaults | {"channels": 3 if volumes else 1} | settings),
            threads,
        )
        images, table = load_store(self.store)
        return dict(zip(table["path"], images.astype(float), strict=True))

    def reasons(self):
        return read_table(self.path / "rejected.csv").set_index("path")["reason"].to_dict()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def told(caplog):
    """What was told on the screen."""
    caplog.set_level(logging.WARNING)
    return lambda: "\n".join(caplog.messages)


class TestCommonRange:
    def test_brightness_that_differs_survives(self, folder, told):
        for number in range(10):
            top = 60000 if number < 5 else 15000
            folder.add(f"{number}.png", deep(waves(number, top)))
        found = folder.prepare()
        for number in range(10):
            wanted = waves(number, 255 if number < 5 else 63.75)
            assert np.abs(found[f"{number}.png"][..., 0] - wanted).max() < 1.5
        assert "one range of values for all 10, 0 to 60000 (prepare.intensity: auto)" in told()
        assert "of them" not in told()
        assert read_limits(limits_path(folder.store)) == (0, 60000)

    def test_one_hot_pixel_changes_nothing(self, folder):
        for number in range(4):
            folder.add(f"{number}.png", deep(waves(number, 4000)))
        before = folder.prepare()
        hot = deep(waves(0, 4000))
        hot[3, 4] = 65535
        folder.add("0.png", hot)
        after = folder.prepare()
        assert read_limits(limits_path(folder.store)) == (0, 4000)
        assert all(np.array_equal(before[name], after[name]) for name in before if name != "0.png")
        assert (before["0.png"] != after["0.png"]).sum() == 1

    def test_hot_pixels_of_every_image(self, folder):
        for number in range(4):
            values = deep(1000 + waves(number, 3000))
            values[number, 7] = 65535
            folder.add(f"{number}.png", values)
        folder.prepare()
        assert read_limits(limits_path(folder.store)) == (1000, 4000)

    def test_each_image_weighs_the_same(self):
        large = DeepPicture(np.tile(waves(0, 100), (40, 40)).astype(np.float32))
        small = [DeepPicture(waves(n, 1000).astype(np.float32)) for n in range(3)]
        assert common_limits([sample_of(image) for image in (large, *small)]) == (0, 1000)

    def test_background_does_not_count(self):
        values = waves(0, 100).astype(np.float32) - 50
        background = np.zeros(values.shape, bool)
        background[:16] = True
        values[:16] = -30000
        picture = DeepPicture(values, background)
        low, high = own_limits(picture)
        assert -51 < low < high < 51
        levels = as_grey_levels(picture, None)
        assert (levels[:16] == 0).all()
        assert levels[16:].max() == 255
        assert sample_of(DeepPicture(values, np.ones(values.shape, bool))) is None

    def test_float_pictures(self, folder):
        for number in range(3):
            values = waves(number, 1 - number / 4).astype(np.float32)
            Image.fromarray(values).save(folder.path / "raw" / f"{number}.tif")
        found = folder.prepare()
        assert found["0.tif"].max() == 255
        assert found["2.tif"].max() == pytest.approx(128, abs=1)

    def test_threads_change_nothing(self, folder):
        random = np.random.default_rng(0)
        for number in range(12):
            folder.add(
                f"{number}.png", deep(waves(number, 900) + random.gamma(1, 90, (SIDE, SIDE)))
            )
        files = []
        for threads in (1, 3):
            folder.prepare(threads)
            files.append(folder.store.read_bytes() + limits_path(folder.store).read_bytes())
        assert files[0] == files[1]

    def test_images_that_reach_far_beyond_are_counted(self, folder, told):
        for number in range(210):
            folder.add(f"{number}.png", deep(waves(number, 40000 if number == 7 else 1000)))
        folder.prepare()
        assert read_limits(limits_path(folder.store))[1] < 2000
        assert "; of 1 of them more than a hundredth of the pixels lie beyond it" in told()

    def test_images_that_will_show_little_are_counted(self, folder, told):
        for number in range(6):
            folder.add(f"{number}.png", deep(waves(number, 60000 if number else 2000)))
        folder.prepare()
        assert "; 1 of them have less than a twentieth of it, and will show little" in told()


class TestPasses:
    @pytest.fixture
    def reads(self, monkeypatch):
        names = []
        read = ImageFolder.read

        def noted(path, frame, reading):
            names.append(path.name)
            return read(path, frame, reading)

        monkeypatch.setattr(ImageFolder, "read", noted)
        return names

    def test_eight_bits_are_read_once(self, folder, reads):
        for number in range(30):
            folder.add(f"{number:02}.png", waves(number, 255).astype(np.uint8))
        folder.prepare()
        assert sorted(reads) == [f"{number:02}.png" for number in range(30)]
        assert read_limits(limits_path(folder.store)) is None

    @pytest.mark.parametrize("intensity", ["image", [0, 5000]])
    def test_deep_ones_too_where_the_range_is_known(self, intensity, folder, reads):
        for number in range(5):
            folder.add(f"{number}.png", deep(waves(number, 5000)))
        folder.prepare(intensity=intensity)
        assert len(reads) == 5

    def test_deep_ones_after_others(self, folder, told):
        """A broken file among them is rejected once; the order stays."""
        for number in range(40):
            deep_one = number % 2 and number > 20
            values = deep(waves(number, 5000)) if deep_one else waves(number, 255).astype(np.uint8)
            folder.add(f"{number:02}.png", values)
        (folder.path / "raw" / "30.png").write_text("no picture")
        found = folder.prepare(max_rejected_share=0.1)
        assert list(found) == [f"{number:02}.png" for number in range(40) if number != 30]
        assert list(folder.reasons()) == ["30.png"]
        for name, shown in found.items():
            assert np.abs(shown[..., 0] - waves(int(name[:2]), 255)).max() < 1.5
        assert "10 of 39 images are deeper than 8 bits" in told()


class TestOtherPolicies:
    def test_each_its_own(self, folder, told):
        for number in range(4):
            folder.add(f"{number}.png", deep(waves(number, 1000 * (number + 1))))
        found = folder.prepare(intensity="image")
        assert {image.max() for image in found.values()} == {255}
        assert "one range" not in told()

    def test_a_range_in_the_unit_of_the_file(self, folder):
        folder.add("0.png", deep(waves(0, 3000)))
        found = folder.prepare(intensity=[1000, 2000])["0.png"][..., 0]
        wanted = (deep(waves(0, 3000)).astype(float).clip(1000, 2000) - 1000) * 0.255
        assert np.abs(found - wanted).max() <= 0.5

    def test_a_range_that_shows_nothing(self, folder):
        for number in range(2):
            folder.add(f"{number}.png", deep(waves(number, 3000)))
        folder.add("2.png", deep(500 + waves(2, 100)))
        folder.prepare(intensity=[1000, 2000], max_rejected_share=0.5)
        assert re.search(r"from 1000 to 2000 \(prepare.intensity\)", folder.reasons()["2.png"])
        assert "from 500 to 600" in folder.reasons()["2.png"]

    def test_low_values_bright(self):
        picture = DeepPicture(waves(0, 100).astype(np.float32), inverted=True)
        as_stored = DeepPicture(picture.values)
        levels = as_grey_levels(picture, (0, 100))
        np.testing.assert_array_equal(levels, 255 - as_grey_levels(as_stored, (0, 100)))

    @pytest.mark.parametrize("intensity", [[2, 1], [1, 1], [0, float("inf")], "own", [1, 2, 3]])
    def test_what_is_no_policy(self, intensity):
        with pytest.raises(ValueError, match="intensity"):
            Prepare(image_size=SIDE, intensity=intensity)

    def test_windows_of_dicom_are_for_auto_alone(self):
        def reading(intensity):
            return Prepare(image_size=SIDE, intensity=intensity).reading()

        assert reading("auto").use_windows
        assert not any(reading(other).use_windows for other in ("image", "dataset", (0, 1)))


class TestVolumes:
    def block(self, number, top):
        return np.random.default_rng(number).uniform(0, 1, (9, 10, 8)) * top

    @pytest.fixture
    def volumes(self, folder):
        for number in range(4):
            folder.add(f"{number}.nii", self.block(number, 1000 if number else 250))
        return folder

    def test_each_its_own_by_default(self, volumes, told):
        found = volumes.prepare()
        assert {image.max() for image in found.values()} == {255}
        assert "one range" not in told()
        assert read_limits(limits_path(volumes.store)) is None

    def test_one_range_for_all(self, volumes, told):
        found = volumes.prepare(intensity="dataset")
        assert found["0.nii"].max() == pytest.approx(64, abs=2)
        assert found["1.nii"].max() > 250
        assert "one range of values for all 4" in told()

    def test_a_range_clips_before_the_z_score(self, volumes):
        shape = (9, 10, 8)
        found = volumes.prepare(intensity=[200, 700], volume_shape=shape)["1.nii"]
        clipped = NiftiFolder.read(volumes.path / "raw" / "1.nii", "").values.clip(200, 700)
        wanted = (clipped - clipped.mean()) / clipped.std()
        np.testing.assert_allclose(found, wanted, atol=0.01)
        whole = volumes.prepare(volume_shape=shape)["1.nii"]
        assert whole.max() > found.max() + 0.3

    def test_a_slice_that_shows_nothing(self, volumes):
        values = self.block(7, 100)
        values[:, 5, :] = 0
        volumes.add("4.nii", values)
        volumes.prepare(max_rejected_share=0.5)
        assert "middle coronal slice shows nothing" in volumes.reasons()["4.nii"]


class TestNothingIsLeft:
    def test_pictures_of_one_value(self, folder):
        for number in range(6):
            folder.add(f"{number}.png", deep(waves(number, 4000)))
        folder.add("black.png", np.zeros((9, 5), np.uint8))
        folder.add("white.png", np.full((9, 5, 3), 255, np.uint8))
        folder.add("deep.png", np.full((9, 5), 700, np.uint16))
        folder.add("colour.png", np.full((9, 5, 3), (900, 7, 7), np.uint16))
        spot = np.zeros((90, 50), np.uint8)
        spot[61, 13] = 255
        folder.add("spot.png", spot)
        found = folder.prepare(max_rejected_share=0.5)
        reasons = folder.reasons()
        assert set(reasons) == {"black.png", "white.png", "deep.png", "colour.png"}
        assert all("all its pixels are equal" in reason for reason in reasons.values())
        assert len(found) == 7

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "deep"])
    @pytest.mark.parametrize("hidden", [1.0, 0.995])
    def test_alpha_that_hides_a_picture(self, mode, hidden, folder):
        grey = waves(0, 255).astype(np.uint8)
        alpha = np.full(grey.shape, 2 if mode in ("RGBA", "LA") else 0, np.uint8)
        if hidden < 1:
            alpha[:1, :5] = 255
        file = folder.path / "raw" / "hidden.png"
        if mode == "deep":
            write_png(file, np.dstack([deep(grey * 200.0)] * 3 + [deep(alpha * 257.0)]))
        elif mode == "P":
            # entries 0 to 254 can't be seen, those of the corner can
            paletted = Image.fromarray(
                np.where(alpha > 0, 255, grey.clip(0, 254)).astype(np.uint8), "P"
            )
            paletted.putpalette([level for entry in range(256) for level in (entry, entry, entry)])
            paletted.save(file, transparency=bytes([0] * 255 + [255]))
        else:
            picture = np.dstack([grey, grey, grey, alpha] if mode == "RGBA" else [grey, alpha])
            Image.fromarray(picture, mode).save(file)
        folder.add("seen.png", grey)
        folder.prepare(max_rejected_share=0.5)
        reason = folder.reasons()["hidden.png"]
        assert re.match(r"is transparent (throughout|but for 0\.5% of it) \(alpha\)", reason), (
            reason
        )
        assert ("throughout" in reason) == (hidden == 1.0)

    def test_alpha_that_hides_nothing(self, folder):
        """A small drawing on nothing, and a picture cut out of its surroundings."""
        drawing = np.zeros((SIDE, SIDE, 4), np.uint8)
        drawing[5, 5:8] = 255
        folder.add("drawing.png", drawing)
        cut = np.dstack([waves(0, 255)] * 4).astype(np.uint8)
        cut[..., 3] = np.where(np.arange(SIDE) < 20, 255, 0)
        folder.add("cut.png", cut)
        found = folder.prepare()
        assert found["drawing.png"].max() == 255
        assert (found["cut.png"][:, 22:] == 0).all()


def test_notes_are_counted_and_told(folder, told):
    for number in range(3):
        values = waves(number).astype(np.float32)
        if number:
            values[4, 5] = np.nan
        Image.fromarray(values).save(folder.path / "raw" / f"{number}.tif")
    found = folder.prepare(nan_is_background=True)
    assert found["1.tif"][4, 5] == 0
    assert re.search(r"2 of 3 images: pixels that are not numbers .*such as '1.tif'", told())


def test_what_is_no_range_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(UserError, match=r"a\.json: can't be read as the range"):
        read_limits(tmp_path / "a.json")


class TestNewImages:
    """Those of another place are mapped by the range of the training, never by their own."""

    def predict(self, folder, **header):
        model = export(folder.path / "model.safetensors", **header)
        output = folder.path / "new.csv"
        predict_new([model], folder.path / "raw", output, seed=1, threads=1, device=CPU)
        return pd.read_csv(output).set_index("file")["probability_bad"]

    def test_a_dark_picture_stays_dark(self, folder, told):
        folder.add("dark.png", deep(waves(0, 4000)))
        dark = Image.fromarray(np.rint(deep(waves(0, 4000)) * (255 / 40000)).astype(np.uint8))
        dark.save(folder.path / "raw" / "eight.png")
        found = self.predict(folder, value_range=(0, 40000))
        assert found["dark.png"] == found["eight.png"]
        assert f"1 of 2 images: {EIGHT_BITS} (such as 'eight.png')" in told()
        assert NO_RANGE not in told()

    def test_a_classifier_without_a_range(self, folder, told):
        folder.add("dark.png", deep(waves(0, 4000)))
        Image.fromarray(np.rint(deep(waves(0, 4000)) * 0.06375).astype(np.uint8)).save(
            folder.path / "raw" / "eight.png"
        )
        found = self.predict(folder)
        assert found["dark.png"] == found["eight.png"]
        assert f"1 of 2 images: {NO_RANGE} (such as 'dark.png')" in told()

    def test_a_range_of_the_study(self, folder, told):
        folder.add("a.png", deep(waves(0, 4000)))
        folder.add("b.png", deep(waves(0, 4000).clip(1000, 2000)))
        prepare = Prepare(image_size=16, intensity=(1000, 2000))
        found = self.predict(folder, prepare=prepare)
        assert found["a.png"] == found["b.png"]
        assert NO_RANGE not in told()


def test_a_volume_takes_the_range_that_it_is_given():
    values = np.random.default_rng(0).uniform(0, 100, (8, 8, 8)).astype(np.float32)
    settings = Prepare(image_size=8, channels=3, intensity="dataset")
    found = prepare_file(None, lambda _: Volume(values), settings, (0.0, 200.0))
    assert found.deep
    assert 120 < found.array.max() <= 128


def test_a_deep_picture_of_pillow_is_taken_too(folder):
    """A data set of the user's own may return what Pillow has."""
    folder.add("0.png", deep(waves(0, 4000)))
    raw = Image.open(folder.path / "raw" / "0.png")
    found = prepare_file(None, lambda _: raw, Prepare(image_size=SIDE)).array
    again = prepare_file(folder.path / "raw" / "0.png", read_image, Prepare(image_size=SIDE)).array
    np.testing.assert_array_equal(found, again)
    assert Reading().use_windows
