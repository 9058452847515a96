from pathlib import Path

import pandas as pd
import pytest

from synthmix.mix.plan import describe_class_shares, plan_mixes, pool_size

PUBLISHED = Path(__file__).parents[2] / "studies" / "published" / "mammography_mixes.csv"


@pytest.fixture
def paper_mixes(paper_mammography):
    return plan_mixes(["dcgan"], **paper_mammography.mixes.model_dump(exclude={"generators"}))


def published_counts():
    """Return the printed counts by (class shares, real share, split, class)."""
    return {
        (
            row["cancer_normal"],
            int(row["synthetic_real"].split("/")[1]) / 100,
            # what the source calls test is what its training stops by
            {"train": "train", "test": "validation"}[row["split"]],
            row["class"],
        ): (row["synthetic"], row["real"])
        for row in pd.read_csv(PUBLISHED).to_dict("records")
    }


def test_the_nine_mixes_have_the_published_counts_to_the_image(paper_mixes):
    published = published_counts()
    ours = {}
    for mix in paper_mixes:
        if mix.generator is None:
            continue
        shares = "/".join(f"{100 * share:g}" for share in mix.class_shares.values())
        for split, classes in mix.counts().items():
            for label, origins in classes.items():
                key = (shares, mix.real_share, split, label)
                ours[key] = (origins["synthetic"], origins["real"])
    assert len(published) == 36
    assert ours == published


def test_every_class_share_has_its_real_only_baseline(paper_mixes):
    baselines = {mix.name for mix in paper_mixes if mix.generator is None}
    assert len(baselines) == 3
    assert {mix.baseline for mix in paper_mixes} == baselines


def test_every_selection_has_a_mix_for_each_class_share(paper_mammography):
    settings = paper_mammography.mixes.model_dump(exclude={"generators"})
    mixes = plan_mixes(["dcgan"], **settings, selections=["fewer", "cleaned"])
    assert mixes[:9] + mixes[15:] == plan_mixes(["dcgan"], **settings)
    assert [mix.selection for mix in mixes[9:15]] == ["fewer"] * 3 + ["cleaned"] * 3
    for mix, baseline in zip(mixes[9:12], mixes[15:], strict=True):
        assert mix.baseline == baseline.name
        assert (mix.is_baseline, baseline.is_baseline) == (False, True)
        assert mix.class_shares == baseline.class_shares
        for split, images in (("train", 16800), ("validation", 7200)):
            counts = mix.counts()[split].values()
            assert sum(origins["real"] for origins in counts) == images
            assert sum(origins["synthetic"] for origins in counts) == 0
    assert mixes[9].name == "fewer-cancer30-normal70"
    assert type(mixes[9]).from_dict(mixes[9].to_dict()) == mixes[9]
    assert pool_size(mixes, "dcgan", "cancer") == 11760 + 2160


def test_names_tell_mixes_apart(paper_mixes):
    assert len({mix.name for mix in paper_mixes}) == 12
    assert paper_mixes[4].name == "dcgan-cancer50-normal50-real5"


def test_the_pool_holds_the_largest_mix(paper_mixes):
    assert pool_size(paper_mixes, "dcgan", "cancer") == 11760 + 2160
    assert pool_size(paper_mixes, "dcgan", "normal") == 11760 + 5040


def test_class_shares_are_shown_in_percent():
    assert describe_class_shares({"a": 0.335, "b": 0.665}) == "a 33.5 / b 66.5"


def test_a_mix_survives_being_a_parameter(paper_mixes):
    mix = paper_mixes[0]
    assert type(mix).from_dict(mix.to_dict()) == mix
