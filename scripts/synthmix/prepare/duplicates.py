"""Images that several patients have: no test image may be one that was trained on."""

import logging

import pandas as pd

LOGGER = logging.getLogger(__name__)

# Images that nothing uses: of test patients that the fixed test sample has no place for, left out
# of a subsample, or seen elsewhere under the name of another patient.
HELD_OUT = "held_out"
DUPLICATE_COLUMNS = ["content", "sample_id", "path", "label", "group", "split"]


def find_duplicates(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the samples whose picture another group has too, with `DUPLICATE_COLUMNS`."""
    if "content" not in samples:
        return pd.DataFrame(columns=DUPLICATE_COLUMNS)
    groups = samples.groupby("content")["group"].transform("nunique")
    return samples.loc[groups > 1, DUPLICATE_COLUMNS].sort_values(["content", "sample_id"])


def hold_out_duplicates(samples: pd.DataFrame) -> None:
    """Hold out test images that are the same as an image in use of another group."""
    same = find_duplicates(samples[samples["split"] != HELD_OUT])
    tested = same.index[same["split"] == "test"]
    samples.loc[tested, "split"] = HELD_OUT
    if len(same):
        LOGGER.warning(
            "%d images are the same as one of another patient; %d of them are kept out of the test",
            len(same),
            len(tested),
        )
