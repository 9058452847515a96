"""Images that several patients have: no test image may be one that was trained on."""

import logging
from typing import Literal, get_args

import numpy as np
import pandas as pd

from synthmix.scopes import UNLABELLED

LOGGER = logging.getLogger(__name__)

# Images that nothing uses: of test patients that the fixed test sample has no place for, left out
# of a subsample, or seen elsewhere under the name of another patient.
HELD_OUT = "held_out"

# What becomes of images that are nearly the same as one of another patient.
NearDuplicates = Literal["hold_out", "tell", "off"]
HOLD_OUT, TELL, OFF = get_args(NearDuplicates)

# What one image of a pair is of the other.
EQUAL, NEAR, MIRRORED, TURNED = "equal", "near", "mirrored", "turned"
PAIR_COLUMNS = [
    *("first", "second", "first_path", "second_path", "first_label", "second_label"),
    *("first_group", "second_group", "kind", "correlation", "distance"),
]
DUPLICATE_COLUMNS = [
    *("content", "sample_id", "path", "label", "group", "split"),
    *("picture", "kind", "nearest", "distance"),
]
PICTURE = "picture"  # column of a split's table: images with the same one count as the same
_EXAMPLES = 2  # pairs that a message names
_ALIKE = 5  # patients that show the same: fewer may have copies of one picture
_CLOSE = 0.25  # of the usual distance of two that are alike by nature: closer ones are copies
_MANY = 0.05  # of the test images: so many are hardly copies


def pairs_of(samples: pd.DataFrame, near: pd.DataFrame | None) -> pd.DataFrame:
    """Return the pairs of `samples` that are the same or, of the pairs `near`, nearly so.

    The columns are first and second, which are labels of the index, kind and distance. `near` has
    the columns first, second (sample_id), kind and distance; those of kind equal are found anew.
    """
    columns = ["first", "second", "kind", "distance"]
    found = pd.DataFrame(columns=columns)
    if "content" in samples:
        rows = pd.Series(samples.index, samples.index)
        first = rows.groupby(samples["content"]).transform("first")
        equal = pd.DataFrame({"first": first, "second": rows})[first != rows]
        found = equal.assign(kind=EQUAL, distance=0.0)
    if near is not None:
        row_of = pd.Series(samples.index, samples["sample_id"])
        others = near.loc[near["kind"] != EQUAL, columns]
        sides = {side: row_of.loc[others[side]].to_numpy() for side in ("first", "second")}
        others = others.assign(**sides)
        found = pd.concat([found, others]) if len(found) else others
    return found.reset_index(drop=True)


def pictures_of(samples: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Return for each of `samples` the first that shows its picture, by sample_id.

    Whatever is in a pair with an image shows the same picture as this, and so on.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    place = pd.Series(np.arange(len(samples)), samples.index)
    ends = [place.loc[pairs[side]].to_numpy(int) for side in ("first", "second")]
    links = coo_array((np.ones(len(pairs), bool), tuple(ends)), (len(samples), len(samples)))
    _, which = connected_components(links, directed=False)
    return samples.groupby(which)["sample_id"].transform("first")


def list_duplicates(samples: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the samples whose picture another group or class has too, with `DUPLICATE_COLUMNS`.

    `pairs` are those of `pairs_of`. `picture` is the first image that shows the same, `nearest` the
    one that is least different and `kind` what it is of this. The nearest images stand first.
    """
    pictures = pictures_of(samples, pairs)
    several = samples.groupby(pictures)[["group", "label"]].transform("nunique").gt(1).any(axis=1)
    swapped = pairs.rename(columns={"first": "second", "second": "first"})
    links = pd.concat([pairs, swapped]).sort_values("distance", kind="stable")
    links = links.drop_duplicates("first").set_index("first").reindex(samples.index[several])
    listed = samples[several].assign(
        picture=pictures[several],
        kind=links["kind"],
        nearest=links["second"].map(samples["sample_id"]),
        distance=links["distance"],
    )
    if "content" not in listed:
        listed["content"] = ""
    return listed.sort_values(["picture", "content", "sample_id"])[DUPLICATE_COLUMNS]


def hold_out_duplicates(samples: pd.DataFrame) -> None:
    """Hold out test images that show the same as an image in use of another group.

    They show the same where their `picture` is the same or, in a table without, their `content`.
    """
    column = PICTURE if PICTURE in samples else "content"
    tests = (samples["split"] == "test").sum()
    shared = shared_pictures(samples)
    tested = shared.index[shared["split"] == "test"]
    samples.loc[tested, "split"] = HELD_OUT
    if len(shared) == 0:
        return
    same = f"{len(shared)} images are the same as one of another patient"
    advice = ""
    if column == PICTURE:
        equal = len(_of_several_groups(shared, "content")) if "content" in shared else 0
        same = (
            f"{len(shared)} images are the same or nearly the same as one of another patient "
            f"({equal} of them pixel by pixel)"
        )
        if len(tested) > _MANY * tests:
            advice = "; if they are alike by nature, set near_duplicates: tell"
    LOGGER.warning("%s; %d of them are kept out of the test%s", same, len(tested), advice)


def alike_by_nature(samples: pd.DataFrame) -> bool:
    """Return, and log, whether most patients show nearly the same as others in every class.

    What they show is their `picture`; in a table without it they are not.
    """
    if PICTURE not in samples:
        return False
    found = samples.groupby(PICTURE)[["group", "label"]].nunique()
    common = found["group"].ge(_ALIKE) & found["label"].eq(samples["label"].nunique())
    alike = samples.loc[samples[PICTURE].map(common), "group"].nunique()
    patients = samples["group"].nunique()
    if 2 * alike <= patients:
        return False
    LOGGER.warning(
        "%d of %d patients show nearly the same as others, in every class: they are alike by "
        "nature, and near_duplicates: hold_out would leave a class without test images. It is "
        "taken for tell: only what is far closer than others is kept out of the test",
        alike,
        patients,
    )
    return True


def closest_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs, of those of `pairs_of`, that are equal or far closer than is usual.

    Usual is the median of the distances of images to their nearest.
    """
    near = pairs[pairs["kind"] != EQUAL]
    ends = pd.concat([near["first"], near["second"]])
    nearest = pd.concat([near["distance"]] * 2).groupby(ends.to_numpy()).min()
    return pairs[(pairs["kind"] == EQUAL) | (pairs["distance"] < _CLOSE * nearest.median())]


def shared_pictures(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples in use that show the same as one in use of another group."""
    column = PICTURE if PICTURE in samples else "content"
    in_use = samples[samples["split"] != HELD_OUT]
    return _of_several_groups(in_use, column) if column in samples else in_use.head(0)


def _of_several_groups(samples: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the samples whose value of `column` another group has too."""
    return samples[samples.groupby(column)["group"].transform("nunique") > 1]


def tell_near_duplicates(samples: pd.DataFrame, pairs: pd.DataFrame, tested: pd.Index) -> None:
    """Log how many images are nearly the same as one of another patient, left where they are.

    `tested` are those of `samples` that are tested on.
    """
    across = _differing(samples, pairs[pairs["kind"] != EQUAL], "group")
    if len(across):
        images = _images(across)
        LOGGER.warning(
            "%d images are nearly the same as one of another patient (%s); %d of them are tested "
            "on; near_duplicates: hold_out keeps such out where that leaves a test",
            len(images),
            _examples(samples, across, "group"),
            len(images.intersection(tested)),
        )


def tell_two_classes(samples: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Log how many images show the same as one of another class, whosever they are."""
    across = _differing(samples, pairs, "label")
    unlabelled = [samples.loc[across[side], "label"] == UNLABELLED for side in ("first", "second")]
    across = across[~(unlabelled[0].to_numpy() | unlabelled[1].to_numpy())]
    if len(across):
        LOGGER.warning(
            "%d images are the same or nearly the same as one of another class (%d of them pixel "
            "by pixel): %s. duplicates.csv lists all: see which class is right",
            len(_images(across)),
            len(_images(across[across["kind"] == EQUAL])),
            _examples(samples, across, "label"),
        )


def _differing(samples: pd.DataFrame, pairs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the pairs whose images have not the same value of `column`, the nearest first."""
    values = [samples.loc[pairs[side], column].to_numpy() for side in ("first", "second")]
    return pairs[values[0] != values[1]].sort_values("distance", kind="stable")


def _images(pairs: pd.DataFrame) -> pd.Index:
    return pd.Index(pd.concat([pairs["first"], pairs["second"]]).unique())


def _examples(samples: pd.DataFrame, pairs: pd.DataFrame, column: str) -> str:
    """Return what tells the images of the first few pairs by their value of `column`."""
    told = []
    for pair in pairs.head(_EXAMPLES).itertuples():
        one, other = samples.loc[pair.first], samples.loc[pair.second]
        told.append(f"{_told(one, column)}, {_told(other, column)}")
    more = ", ..." if len(pairs) > _EXAMPLES else ""
    return "; ".join(told) + more


def _told(sample: pd.Series, column: str) -> str:
    """Return what a message calls a sample: its path, or its name where a file holds many."""
    name = sample["sample_id"] if sample.get("frame") else sample["path"]
    # an image without a patient is its own
    return name if sample[column] in (sample["path"], name) else f"{name} of {sample[column]}"
