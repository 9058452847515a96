import numpy as np
import pytest
from imblearn.under_sampling import (
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
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
    return np.concatenate(points).clip(0, 255).astype(np.uint8), np.repeat(
        ["a", "b", "c"][: len(counts)], counts
    )


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
    (removal("edited_nearest_neighbours", vote="all"), EditedNearestNeighbours()),
    (removal("edited_nearest_neighbours", neighbours=1), EditedNearestNeighbours(n_neighbors=1)),
    (removal("tomek_links"), TomekLinks()),
]
OF_LARGEST = [
    (removal("tomek_links", removes_from="largest"), TomekLinks(sampling_strategy="majority")),
    (
        removal("random_under_sampling", removes_from="largest"),
        RandomUnderSampler(sampling_strategy="majority", random_state=5),
    ),
    (
        removal("edited_nearest_neighbours", removes_from="largest", vote="all"),
        EditedNearestNeighbours(sampling_strategy="majority"),
    ),
    (
        removal("condensed_nearest_neighbours", removes_from="largest"),
        CondensedNearestNeighbour(sampling_strategy="majority", random_state=5),
    ),
]


@pytest.mark.parametrize(("settings", "sampler"), CASES)
def test_a_selection_is_imbalanced_learns(settings, sampler):
    points, labels = crossed()
    sampler.fit_resample(points.astype(np.float32), labels)
    kept, spared = select(points.reshape(-1, 2, 3, 1), labels, settings, 5)
    np.testing.assert_array_equal(kept, np.unique(sampler.sample_indices_))
    assert len(kept) < len(points)
    assert (labels[kept] == "c").sum() == 30
    assert not len(spared)


@pytest.mark.parametrize(("settings", "sampler"), OF_LARGEST)
def test_the_largest_class_alone_loses_images(settings, sampler):
    points, labels = crossed()
    sampler.fit_resample(points.astype(np.float32), labels)
    kept, _ = select(points, labels, settings, 5)
    np.testing.assert_array_equal(kept, np.unique(sampler.sample_indices_))
    assert (labels[kept] == "b").sum() == 40
    assert (labels[kept] == "a").sum() < 60


def test_a_majority_of_three_decides_where_there_is_one():
    """As imbalanced-learn's mode does of two classes, where three neighbours always have one."""
    points, labels = crossed((60, 30))
    theirs = EditedNearestNeighbours(kind_sel="mode")
    theirs.fit_resample(points.astype(np.float32), np.unique(labels, return_inverse=True)[1])
    kept, _ = select(points, labels, removal("edited_nearest_neighbours"), 0)
    np.testing.assert_array_equal(kept, theirs.sample_indices_)
    all_agree, _ = select(points, labels, removal("edited_nearest_neighbours", vote="all"), 0)
    assert set(all_agree) < set(kept)


def test_without_a_majority_an_image_stays_whatever_classes_are_called():
    """The nearest of 50 are 48, 53 and 57, of three classes, its own among them."""
    images = line(50, 48, 53, 57, 0, 1, 2, 3, 200, 201, 202, 230, 231)
    labels = np.array(["y", "y", "x", "z", "y", "y", "y", "y", "x", "x", "x", "z", "z"])
    for names in ({"x": "x", "y": "y", "z": "z"}, {"x": "2", "y": "3", "z": "1"}):
        renamed = np.array([names[label] for label in labels])
        assert 0 in select(images, renamed, removal("edited_nearest_neighbours"), 0).rows


def test_each_of_the_numbers_of_neighbours_may_remove_by_hand():
    """One of three neighbours speaks against 20: the nearest. With three they would keep it."""
    images = line(20, 22, 17, 16, 12, 13, 60, 61, 90)
    labels = np.array(["many", "few", "many", "many", "many", "many", "few", "few", "few"])
    edited, in_all = (
        select(images, labels, removal(f"{how}_nearest_neighbours"), 0).rows
        for how in ("edited", "all")
    )
    assert 0 in edited
    assert 0 not in in_all


def test_cleaning_takes_what_outvotes_the_smallest_class_by_hand():
    """30 is of the smallest class and 28, 29 and 33 outvote it; each has friends of its own."""
    images = line(24, 26, 28, 29, 30, 33, 35, 36, 100, 101, 102)
    labels = np.array(["many"] * 4 + ["few"] + ["many"] * 3 + ["few"] * 3)
    edited, cleaned = (
        select(images, labels, removal(method), 0).rows.tolist()
        for method in ("edited_nearest_neighbours", "neighbourhood_cleaning")
    )
    assert edited == list(range(11))
    assert cleaned == [0, 1, 4, 6, 7, 8, 9, 10]


def test_repeated_editing_is_imbalanced_learns():
    """It stops where a class gets smaller than the smallest: here none does."""
    points, labels = crossed((200, 150, 30))
    theirs = RepeatedEditedNearestNeighbours(n_neighbors=1)
    theirs.fit_resample(points.astype(np.float32), labels)
    settings = {"neighbours": 1}
    kept, _ = select(points, labels, removal("repeated_edited_nearest_neighbours", **settings), 0)
    once, _ = select(points, labels, removal("edited_nearest_neighbours", **settings), 0)
    np.testing.assert_array_equal(kept, theirs.sample_indices_)
    assert set(kept) < set(once)


def test_tomek_links_by_hand():
    """Only 30 and 33 are each other's nearest and of two classes; the larger class loses one."""
    images = line(10, 11, 20, 30, 33, 50, 51)
    labels = np.array(["many", "many", "many", "many", "few", "few", "few"])
    assert select(images, labels, removal("tomek_links"), 0).rows.tolist() == [0, 1, 2, 4, 5, 6]


def test_more_neighbours_remove_more_by_hand():
    """The nearest to 40 is 30, of its class; the next is 55, of the other."""
    images = line(10, 18, 30, 40, 55, 74, 95)
    labels = np.array(["many"] * 4 + ["few"] * 3)
    one, two = (removal("edited_nearest_neighbours", neighbours=n, vote="all") for n in (1, 2))
    assert select(images, labels, one, 0).rows.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert select(images, labels, two, 0).rows.tolist() == [0, 1, 2, 4, 5, 6]


def test_random_under_sampling_cuts_to_the_smallest_class_by_the_seed_and_sees_no_pixels():
    labels = load_digits().target[:300]
    smallest = np.bincount(labels).min()
    settings = removal("random_under_sampling")
    nothing = np.empty((len(labels), 0))
    kept = [select(nothing, labels, settings, seed).rows for seed in (1, 1, 2)]
    assert np.bincount(labels[kept[0]]).tolist() == [smallest] * 10
    np.testing.assert_array_equal(kept[0], kept[1])
    assert (kept[0] != kept[2]).any()
    select(nothing, labels, settings, 2**62)


@pytest.mark.parametrize("method", ["edited_nearest_neighbours", "neighbourhood_cleaning"])
def test_a_class_that_would_be_emptied_keeps_the_image_nearest_to_its_mean(method):
    """Two classes take turns on a line from 0 to 118: each image's nearest are of the other."""
    images = np.repeat(np.arange(0, 120, 2)[:, None], 4, axis=1)
    labels = np.array(["some", "many"] * 29 + ["many"] * 2)
    kept, spared = select(images, labels, removal(method, vote="all"), 0)
    middle = images[labels == "many"].mean()
    many = np.flatnonzero(labels == "many")
    nearest = many[np.abs(images[many, 0] - middle).argmin()]
    assert spared.tolist() == [nearest]
    assert kept.tolist() == sorted([*np.flatnonzero(labels == "some"), nearest])


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
    assert 4 in select(line(1, 2, 3, 4, 90), labels, settings, 0).rows


@pytest.mark.parametrize("method", ["random_under_sampling", "tomek_links"])
def test_neighbours_mean_nothing_to_some(method):
    with pytest.raises(ValidationError, match="neighbours"):
        removal(method, neighbours=3)
