"""Ready images as a generator, which makes image i for the seed i and no others."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from synthmix.config.generators import searchable
from synthmix.errors import UserError
from synthmix.generate.models.ready_images.model import ReadyImages
from synthmix.generate.models.ready_images.settings import Settings
from synthmix.generate.sheet import sheet_images

CPU = torch.device("cpu")
GIVEN = {"model": "ready_images", "images": "pool.zip", "learned_from": "unknown"}
LABELS = torch.tensor([0, 1, 1, 0, 1])


def pool():
    """Return five images (5, 3, 4, 4), each of one value, of the classes `LABELS`."""
    values = torch.arange(5, dtype=torch.uint8) * 10
    return values[:, None, None, None].expand(5, 3, 4, 4).contiguous()


def build():
    generator = ReadyImages(Settings(**GIVEN), (4, 4, 3), 2, CPU)
    assert generator.train_epoch(pool(), LABELS) == {}
    generator.finish(pool(), LABELS)
    return generator


def test_image_i_of_a_class_is_that_of_seed_i_whatever_is_asked_besides():
    generator = build()
    assert [generator.images_there(label) for label in (0, 1)] == [2, 3]
    made = generator.sample([2, 0, 1], 1)
    assert (made.shape, made.dtype) == ((3, 4, 4, 3), np.uint8)
    assert list(made[:, 0, 0, 0]) == [40, 10, 20]
    np.testing.assert_array_equal(generator.sample([1], 1, truncation=0.1), made[[2]])
    assert generator.sample([], 0).shape == (0, 4, 4, 3)


def test_there_are_no_more_than_there_are():
    with pytest.raises(UserError, match=r"2 ready images of class number 0 .* seed 2 is asked for"):
        build().sample([0, 2], 0)


def test_it_comes_back_from_its_file(tmp_path):
    generator = build()
    generator.save(tmp_path / "weights.safetensors", ["a", "b"])
    loaded = ReadyImages.load(tmp_path / "weights.safetensors", CPU)
    for label in (0, 1):
        seeds = range(generator.images_there(label))
        np.testing.assert_array_equal(loaded.sample(seeds, label), generator.sample(seeds, label))


def test_tensors_of_something_else_are_refused():
    generator = build()
    tensors = dict(generator.sampling_network().state_dict())
    for wrong in (
        {"images": tensors["images"]},
        tensors | {"images": tensors["images"].float()},
        tensors | {"images": tensors["images"][:, :1]},
        tensors | {"labels": torch.zeros(5, dtype=torch.int64)},
    ):
        with pytest.raises(ValueError, match=r"it has|images are|labels are not"):
            generator.load_sampling_state(wrong)


def test_a_sheet_shows_no_more_than_there_are():
    assert len(sheet_images(build())) == 5  # of four and four


@pytest.mark.parametrize(
    "setting",
    [
        {"snapshots": {"every": 1}},
        {"image_size": 64},
        {"learns_from": "training_and_validation"},
        {"batch_size": 8},
        {"epochs": 5},
        {"sheet_epochs": [1]},
        {"search": {"grid": {"images": ["a.zip", "b.zip"]}}},
    ],
)
def test_settings_of_trainings_are_refused_by_name(setting):
    (name,) = setting
    with pytest.raises(ValidationError, match=f"{name}: means nothing for ready_images"):
        searchable(Settings)(**GIVEN, **setting)


@pytest.mark.parametrize("setting", [{"init_from": "a.pkl"}, {"truncation": 0.5}])
def test_settings_of_other_models_are_unknown(setting):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Settings(**GIVEN, **setting)


@pytest.mark.parametrize("missing", ["images", "learned_from"])
def test_where_they_are_and_come_from_has_to_be_said(missing):
    with pytest.raises(ValidationError, match=f"{missing}\n *Field required"):
        Settings(**{name: value for name, value in GIVEN.items() if name != missing})


def test_nothing_is_trained_and_nothing_costs():
    settings = Settings(**GIVEN)
    assert settings.cost((4, 4, 3)).learning == 0
    assert settings.in_short(2) == {}
    assert (settings.joint, settings.on_cpu) == (True, True)
