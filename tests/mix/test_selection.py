import numpy as np
import pytest
from imblearn.under_sampling import (
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
)
from pydantic import TypeAdapter, ValidationError
from sklearn.datasets import load_digits

from synthmix.errors import UserError
from synthmix.mix.removal import Removal
from synthmix.mix.selection import select


def removal(method, **settings):
    return TypeAdapter(Removal).validate_python({"method": method, **settings})


def crossed(counts=(60, 40, 30)):
    """Return classes that lie across each other, points (N, 6) uint8 and names."""
    rng = np.random.default_rng(3)
    points = [rng.normal(110 + 25 * c, 30, (n, 6)) for c, n in enumerate(counts)]
    return np.concatenate(points).clip(0, 255).astype(np.uint8), np.repeat(["a", "b", "c"], counts)


def line(*values):
    """Return images of 2x2 pixels that are all of one value each, uint8."""
    return np.array(values, np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)


CASES = [
    (removal("random_under_sampling"), RandomUnderSampler(random_state=5)),
    (removal("condensed_nearest_neighbours"), CondensedNearestNeighbour(random_state=5)),
    (
        removal("condensed_nearest_neighbours", neighbours=3),
        CondensedNearestNeighbour(n_neighbors=3, random_state=5),
    ),
    (removal("edited_nearest_neighbours"), EditedNearestNeighbours()),
    (removal("edited_nearest_neighbours", neighbours=1), EditedNearestNeighbours(n_neighbors=1)),
    (removal("tomek_links"), TomekLinks()),
]


@pytest.mark.parametrize(("settings", "sampler"), CASES)
def test_a_selection_is_imbalanced_learns(settings, sampler):
    points, labels = crossed()
    sampler.fit_resample(points.astype(np.float32), labels)
    kept = select(points.reshape(-1, 2, 3, 1), labels, settings, 5)
    np.testing.assert_array_equal(kept, np.unique(sampler.sample_indices_))
    assert len(kept) < len(points)
    assert (labels[kept] == "c").sum() == 30


def test_tomek_links_by_hand():
    """Only 30 and 33 are each other's nearest and of two classes; the larger class loses one."""
    images = line(10, 11, 20, 30, 33, 50, 51)
    labels = np.array(["many", "many", "many", "many", "few", "few", "few"])
    assert select(images, labels, removal("tomek_links"), 0).tolist() == [0, 1, 2, 4, 5, 6]


def test_more_neighbours_remove_more_by_hand():
    """The nearest to 40 is 30, of its class; the next is 55, of the other."""
    images = line(10, 18, 30, 40, 55, 74, 95)
    labels = np.array(["many"] * 4 + ["few"] * 3)
    one, two = (removal("edited_nearest_neighbours", neighbours=n) for n in (1, 2))
    assert select(images, labels, one, 0).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert select(images, labels, two, 0).tolist() == [0, 1, 2, 4, 5, 6]


def test_random_under_sampling_cuts_to_the_smallest_class_by_the_seed_and_sees_no_pixels():
    labels = load_digits().target[:300]
    smallest = np.bincount(labels).min()
    settings = removal("random_under_sampling")
    nothing = np.empty((len(labels), 0))
    kept = [select(nothing, labels, settings, seed) for seed in (1, 1, 2)]
    assert np.bincount(labels[kept[0]]).tolist() == [smallest] * 10
    np.testing.assert_array_equal(kept[0], kept[1])
    assert (kept[0] != kept[2]).any()
    select(nothing, labels, settings, 2**62)


def test_a_class_that_removal_would_empty_is_named():
    """Two classes take turns on a line: each image's nearest are of the other."""
    images = np.repeat(np.arange(0, 120, 2)[:, None], 4, axis=1)
    labels = np.array(["some", "many"] * 29 + ["many"] * 2)
    with pytest.raises(UserError, match="every image of class many: choose another"):
        select(images, labels, removal("edited_nearest_neighbours"), 0)


@pytest.mark.parametrize(
    ("labels", "settings", "message"),
    [
        ([0, 0, 0, 0], removal("tomek_links"), "there is only one"),
        (
            [0, 1, 0],
            removal("edited_nearest_neighbours"),
            "asks for 3 neighbours and there are 2 other images: lower neighbours",
        ),
        (
            [0, 0, 0, 0, 1],
            removal("condensed_nearest_neighbours", neighbours=3),
            "asks for 3 neighbours and there are 2 images to begin with",
        ),
    ],
)
def test_what_cannot_be_selected_from_is_said(labels, settings, message):
    with pytest.raises(UserError, match=message):
        select(np.zeros((len(labels), 4)), np.array(labels), settings, 0)


def test_as_many_neighbours_as_there_can_be_are_enough():
    labels = np.array([0, 0, 0, 0, 1])
    settings = removal("condensed_nearest_neighbours", neighbours=2)
    assert 4 in select(line(1, 2, 3, 4, 90), labels, settings, 0)


@pytest.mark.parametrize("method", ["random_under_sampling", "tomek_links"])
def test_neighbours_mean_nothing_to_some(method):
    with pytest.raises(ValidationError, match="neighbours"):
        removal(method, neighbours=3)
