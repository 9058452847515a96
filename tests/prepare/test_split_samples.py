import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE
from synthmix.prepare.parts import leakage_in, rows_of
from synthmix.prepare.settings import (
    BalancedSubsample,
    CountSplit,
    FoldSplit,
    LongTailSubsample,
    OfficialSplit,
    ShareSplit,
)
from synthmix.prepare.split_samples import assign_splits, split_samples
from synthmix.store import read_table

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def samples_of(patients):
    """Return samples from {(label, patient): number of images}."""
    rows = [
        {"sample_id": f"{label}{group}-{i}", "label": label, "group": f"{label}{group}"}
        for (label, group), images in patients.items()
        for i in range(images)
    ]
    samples = pd.DataFrame(rows).assign(part="")
    return samples.assign(path=samples["sample_id"] + ".png")


@pytest.fixture
def samples():
    cancer = {("cancer", i): 2 for i in range(60)}
    return samples_of(cancer | {("normal", i): 1 + i % 4 for i in range(100)})


def test_no_patient_is_in_two_splits(samples):
    split = assign_splits(samples, SHARES, seed=3)
    assert split.notna().all()
    assert (split.groupby(samples["group"]).nunique() == 1).all()


def test_every_class_is_dealt_out_by_the_shares(samples):
    split = assign_splits(samples, SHARES, seed=3)
    shares = pd.crosstab(samples["label"], split, normalize="index")
    for name, share in SHARES.items():
        assert (abs(shares[name] - share) < 0.03).all()


def test_the_seed_decides(samples):
    assert assign_splits(samples, SHARES, 3).equals(assign_splits(samples, SHARES, 3))
    assert not assign_splits(samples, SHARES, 3).equals(assign_splits(samples, SHARES, 4))


def test_three_patients_are_enough_and_two_are_not():
    three = samples_of({("a", i): 5 for i in range(3)} | {("b", i): 1 for i in range(3)})
    split = assign_splits(three, SHARES, seed=1)
    assert split.groupby(three["label"]).nunique().tolist() == [3, 3]
    two = samples_of({("a", i): 5 for i in range(2)} | {("b", i): 1 for i in range(3)})
    with pytest.raises(UserError, match=r"class a has images of 2 patient\(s\)"):
        assign_splits(two, SHARES, seed=1)


def test_a_patient_with_two_classes_stays_whole():
    samples = samples_of({("a", i): 3 for i in range(20)})
    samples.loc[::3, "label"] = "b"
    split = assign_splits(samples, SHARES, seed=1)
    assert (split.groupby(samples["group"]).nunique() == 1).all()


def split(
    tmp_path,
    samples,
    test_sample=None,
    split_settings=None,
    subsample=None,
    leakage=NONE,
    seed=1,
    first=None,
):
    write_table(tmp_path / "real.csv", samples)
    split_samples(
        tmp_path / "real.csv",
        tmp_path / "split.csv",
        tmp_path / "duplicates.csv",
        split_settings or ShareSplit(**SHARES),
        subsample,
        test_sample,
        seed=seed,
        leakage=leakage,
        first=first,
    )
    return read_table(tmp_path / "split.csv")


def test_the_test_sample_has_its_size_and_class_shares(tmp_path, samples):
    table = split(tmp_path, samples, {"images": 30, "class_shares": {"cancer": 0.3, "normal": 0.7}})
    assert table["sample_id"].tolist() == samples["sample_id"].tolist()
    test = table[table["split"] == "test"]
    assert test["label"].value_counts().to_dict() == {"normal": 21, "cancer": 9}
    held_out = set(table.loc[table["split"] == "held_out", "group"])
    assert held_out
    assert not held_out & set(table.loc[table["split"].isin(["train", "validation"]), "group"])


def test_a_test_sample_that_is_too_large_keeps_its_shares(tmp_path, samples):
    table = split(
        tmp_path, samples, {"images": 900, "class_shares": {"cancer": 0.5, "normal": 0.5}}
    )
    counts = table.loc[table["split"] == "test", "label"].value_counts()
    assert counts["cancer"] == counts["normal"]
    assert counts["cancer"] >= 20


def test_without_a_test_sample_all_test_images_count(tmp_path, samples):
    assert "held_out" not in set(split(tmp_path, samples, None)["split"])


class TestCounts:
    def wanted(self, **more):
        counts = {
            "train": {"cancer": 71, "normal": 120},
            "validation": {"cancer": 20, "normal": 40},
        }
        counts |= {"test": {"cancer": 21, "normal": 50}}
        return CountSplit(method="counts", **counts | more)

    def test_single_images_are_met_exactly_and_the_others_held_out(self, tmp_path):
        samples = samples_of(
            {("cancer", i): 1 for i in range(130)} | {("normal", i): 1 for i in range(230)}
        )
        table = split(tmp_path, samples, split_settings=self.wanted())
        counts = pd.crosstab(table["split"], table["label"]).to_dict("index")
        assert counts == {
            "train": {"cancer": 71, "normal": 120},
            "validation": {"cancer": 20, "normal": 40},
            "test": {"cancer": 21, "normal": 50},
            "held_out": {"cancer": 18, "normal": 20},
        }

    def test_patients_stay_whole_and_the_counts_are_met_nearly(self, tmp_path, samples, caplog):
        table = split(tmp_path, samples, split_settings=self.wanted())
        assert (table.groupby("group")["split"].nunique() == 1).all()
        counts = pd.crosstab(table["split"], table["label"])
        for name in ("train", "validation", "test"):
            for label, wanted in getattr(self.wanted(), name).items():
                assert abs(counts.loc[name, label] - wanted) <= 3

    def test_a_difference_is_told(self, tmp_path, samples, caplog):
        too_many = self.wanted(train={"cancer": 500, "normal": 120})
        split(tmp_path, samples, split_settings=too_many)
        assert any("images of cancer, not 500" in message for message in caplog.messages)


class TestFolds:
    def test_every_patient_is_in_one_fold_and_classes_are_spread(self, tmp_path, samples):
        table = split(tmp_path, samples, split_settings=FoldSplit(method="folds", folds=5))
        assert (table.groupby("group")["fold"].nunique() == 1).all()
        shares = pd.crosstab(table["fold"], table["label"], normalize="index")["cancer"]
        assert list(shares.index) == [1, 2, 3, 4, 5]
        assert shares.max() - shares.min() < 0.1

    def test_one_fold_tests_and_the_next_validates(self, tmp_path, samples):
        settings = FoldSplit(method="folds", folds=4, test_fold=4)
        table = split(tmp_path, samples, split_settings=settings)
        folds = table.groupby("split")["fold"].unique().map(sorted).to_dict()
        assert folds == {"test": [4], "validation": [1], "train": [2, 3]}

    def test_fewer_patients_than_folds(self, tmp_path):
        samples = samples_of({("a", i): 2 for i in range(4)} | {("b", i): 2 for i in range(9)})
        with pytest.raises(UserError, match=r"class a has images of 4 patient\(s\), but 5 folds"):
            split(tmp_path, samples, split_settings=FoldSplit(method="folds", folds=5))


class TestOfficial:
    @pytest.fixture
    def parts(self, samples):
        names = {group: i % 5 for i, group in enumerate(samples["group"].unique())}
        part = samples["group"].map(names).map(lambda i: "test" if i == 0 else "train")
        return samples.assign(part=part)

    def test_parts_are_kept_and_validation_comes_from_training_patients(self, tmp_path, parts):
        settings = OfficialSplit(method="official", validation=0.25)
        table = split(tmp_path, parts, split_settings=settings)
        assert (table["split"] == "test").equals(parts["part"] == "test")
        assert (table.groupby("group")["split"].nunique() == 1).all()
        learned = table[table["split"] != "test"]
        assert abs((learned["split"] == "validation").mean() - 0.25) < 0.02

    def test_a_validation_part_is_kept(self, tmp_path, parts):
        trained = parts.loc[parts["part"] == "train", "group"].unique()
        of_group = parts["group"].isin([*trained[:5], *trained[-5:]])
        parts.loc[of_group, "part"] = "validation"
        table = split(tmp_path, parts, split_settings=OfficialSplit(method="official"))
        assert table["split"].tolist() == parts["part"].tolist()

    @pytest.mark.parametrize("has_validation", [False, True])
    def test_a_later_split_deals_all_but_the_test_part_anew(self, tmp_path, parts, has_validation):
        if has_validation:
            trained = parts.loc[parts["part"] == "train", "group"].unique()
            parts.loc[parts["group"].isin(trained[::4]), "part"] = "validation"
        tables = []
        for seed, first in ((1, None), (2, tmp_path / "1.csv")):
            settings = OfficialSplit(method="official")
            sample = {"images": 20, "class_shares": {"cancer": 0.5, "normal": 0.5}}
            tables.append(split(tmp_path, parts, sample, settings, seed=seed, first=first))
            write_table(tmp_path / f"{seed}.csv", tables[-1])
        one, other = (table[table["part"] != "test"] for table in tables)
        assert (one["split"] != other["split"]).any()
        assert (other.groupby("group")["split"].nunique() == 1).all()
        shares = [(table["split"] == "validation").mean() for table in (one, other)]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)
        one, other = (table[table["part"] == "test"] for table in tables)
        assert one["split"].tolist() == other["split"].tolist()
        assert set(one["split"]) == {"test", "held_out"}

    def test_it_is_said_that_the_test_part_stays(self, tmp_path, parts, capsys):
        settings = OfficialSplit(method="official")
        split(tmp_path, parts, split_settings=settings)
        assert "stays" not in capsys.readouterr().err
        write_table(tmp_path / "1.csv", read_table(tmp_path / "split.csv"))
        split(tmp_path, parts, split_settings=settings, seed=2, first=tmp_path / "1.csv")
        assert (
            "; the official test part stays, the others are dealt anew" in capsys.readouterr().err
        )

    def test_without_parts(self, tmp_path, samples):
        with pytest.raises(UserError, match="no part test and no part train; use method: shares"):
            split(tmp_path, samples, split_settings=OfficialSplit(method="official"))

    def test_a_patient_in_two_parts_is_refused(self, tmp_path, parts):
        parts.loc[0, "part"] = "test" if parts.loc[0, "part"] == "train" else "train"
        with pytest.raises(UserError, match="1 patients have images in several parts, such as can"):
            split(tmp_path, parts, split_settings=OfficialSplit(method="official"))


class TestSubsample:
    def test_balanced_takes_as_many_of_each_class(self, tmp_path, samples):
        table = split(tmp_path, samples, subsample=BalancedSubsample(method="balanced"))
        used = table[table["split"] != "held_out"]
        assert used["label"].value_counts().to_dict() == {"cancer": 120, "normal": 120}
        assert (used[used["label"] == "normal"].groupby("group")["split"].nunique() == 1).all()

    def tail(self, tmp_path, samples, **settings):
        counts = {"train": {"cancer": 80, "normal": 20}, "test_images": None} | settings
        subsample = LongTailSubsample(method="long_tail", **counts)
        table = split(tmp_path, samples, subsample=subsample)
        return pd.crosstab(table["split"], table["label"])

    def test_a_long_tail_has_its_counts_before_validation_is_split_off(self, tmp_path, samples):
        counts = self.tail(tmp_path, samples)
        learned = counts.loc[["train", "validation"]]
        assert learned.sum().to_dict() == {"cancer": 80, "normal": 20}
        assert abs(learned.loc["validation", "cancer"] - 20) <= 1

    def test_test_images_are_at_the_same_rates(self, tmp_path, samples):
        counts = self.tail(tmp_path, samples)
        assert counts.loc["test"].to_dict() == {"cancer": 24, "normal": 6}
        counts = self.tail(tmp_path, samples, test_images=10)
        assert counts.loc["test"].to_dict() == {"cancer": 8, "normal": 2}

    def test_more_than_there_are(self, tmp_path, samples):
        with pytest.raises(UserError, match="asks for 200 images of class cancer, and there are"):
            self.tail(tmp_path, samples, train={"cancer": 200, "normal": 20})


class TestDuplicates:
    @pytest.fixture
    def with_content(self, samples):
        return samples.assign(content=[f"{i:016x}" for i in range(len(samples))])

    def test_those_of_one_patient_are_no_matter(self, tmp_path, with_content):
        with_content.loc[[0, 1], "content"] = "same"
        assert with_content.loc[0, "group"] == with_content.loc[1, "group"]
        table = split(tmp_path, with_content)
        assert "held_out" not in set(table["split"])
        assert read_table(tmp_path / "duplicates.csv").empty

    def test_those_of_several_patients_are_listed_and_kept_out_of_the_test(
        self, tmp_path, with_content
    ):
        before = split(tmp_path, with_content)["split"]
        tested = before.index[before == "test"][0]
        trained = before.index[before == "train"][:2]
        with_content.loc[[tested, *trained], "content"] = "same"
        table = split(tmp_path, with_content)
        assert table.loc[tested, "split"] == "held_out"
        assert (table.loc[trained, "split"] == "train").all()
        listed = read_table(tmp_path / "duplicates.csv")
        assert set(listed["sample_id"]) == set(with_content.loc[[tested, *trained], "sample_id"])
        assert table.drop(index=tested)["split"].equals(before.drop(index=tested))

    def test_those_of_images_that_nothing_uses_are_no_matter(self, tmp_path, with_content):
        subsample = BalancedSubsample(method="balanced")
        before = split(tmp_path, with_content, subsample=subsample)["split"]
        tested = before.index[(before == "test") & (with_content["label"] == "normal")][0]
        unused = before.index[before == "held_out"][-1]
        with_content.loc[[tested, unused], "content"] = "same"
        table = split(tmp_path, with_content, subsample=subsample)
        assert table.loc[tested, "split"] == "test"
        assert len(read_table(tmp_path / "duplicates.csv")) == 2

    def test_a_long_tail_keeps_its_rates(self, tmp_path, with_content):
        before = split(tmp_path, with_content)["split"]
        tested = before.index[before == "test"][:3]
        trained = before.index[before == "train"][:3]
        for one, other in zip(tested, trained, strict=True):
            with_content.loc[[one, other], "content"] = f"same{one}"
        counts = {"cancer": 80, "normal": 20}
        subsample = LongTailSubsample(method="long_tail", train=counts, test_images=20)
        table = split(tmp_path, with_content, subsample=subsample)
        found = table[table["split"] == "test"]["label"].value_counts().to_dict()
        assert found == {"cancer": 16, "normal": 4}


def test_a_split_without_a_class_is_refused(tmp_path):
    samples = samples_of({("a", i): 1 for i in range(20)} | {("b", i): 1 for i in range(3)})
    tail = LongTailSubsample(method="long_tail", train={"a": 12, "b": 1})
    with pytest.raises(UserError, match="split has no image of class b"):
        split(tmp_path, samples, subsample=tail)


def test_a_class_whose_patients_have_another_one_too_is_in_every_split(tmp_path):
    """Ten subjects with a good and a bad scan, and one with a good scan alone."""
    both = samples_of({("x", i): 2 for i in range(10)})
    both["label"] = ["good", "bad"] * 10
    alone = samples_of({("good", 1): 1})
    samples = pd.concat([both, alone], ignore_index=True)
    table = split(tmp_path, samples)
    assert (pd.crosstab(table["split"], table["label"]) > 0).all(axis=None)
    assert table.groupby("group")["split"].nunique().max() == 1


def test_folds_of_a_balanced_sample_are_whole_numbers(tmp_path, samples):
    split(
        tmp_path,
        samples,
        split_settings=FoldSplit(method="folds", folds=5),
        subsample=BalancedSubsample(method="balanced"),
    )
    text = (tmp_path / "split.csv").read_text()
    assert ".0" not in text


def test_a_patient_that_is_more_than_a_fold_is_told(tmp_path, caplog):
    sizes = {(label, i): 5 if i else 40 for label in "ab" for i in range(6)}
    split(tmp_path, samples_of(sizes), split_settings=FoldSplit(method="folds", folds=5))
    assert "class a, 65 images: the shares that were asked for can't be had" in caplog.text
    caplog.clear()
    even = samples_of({(label, i): 5 for label in "ab" for i in range(20)})
    split(tmp_path, even, split_settings=FoldSplit(method="folds", folds=5))
    assert "can't be had" not in caplog.text


def test_a_test_part_that_falls_short_is_told(tmp_path, samples, caplog):
    tail = LongTailSubsample(
        method="long_tail", train={"cancer": 80, "normal": 20}, test_images=999
    )
    split(tmp_path, samples, subsample=tail)
    assert any("not the 999 asked for" in message for message in caplog.messages)


class TestAsPublished:
    def test_all_images_are_learned_from_and_some_of_them_tested_on(self, tmp_path, samples):
        table = split(tmp_path, samples, leakage=AS_PUBLISHED)
        assert set(table["split"]) == {"train"}
        tested = rows_of(table, "test")["label"].value_counts()
        assert tested.to_dict() == {"normal": 50, "cancer": 24}
        validation = rows_of(table, "validation")
        assert len(validation) == round((120 + 250) / 4)
        trained = rows_of(table, "train")
        assert len(trained) + len(validation) == len(samples)
        # nor are patients kept apart
        assert set(trained["group"]) & set(validation["group"])

    def test_a_test_sample_may_be_larger_than_the_test_share(self, tmp_path, samples, capsys):
        wanted = {"images": 200, "class_shares": {"cancer": 0.3, "normal": 0.7}}
        table = split(tmp_path, samples, wanted, leakage=AS_PUBLISHED)
        tested = rows_of(table, "test")["label"].value_counts()
        assert tested.to_dict() == {"normal": 140, "cancer": 60}
        assert "held_out" not in set(table["split"])
        assert "test 200, held_out 0" in capsys.readouterr().err

    def test_it_is_told(self, tmp_path, samples, caplog):
        split(tmp_path, samples, leakage=AS_PUBLISHED)
        assert "test images were seen in training (leakage: as_published)" in caplog.text

    def test_what_a_subsample_leaves_out_is_left_out(self, tmp_path, samples):
        subsample = BalancedSubsample(method="balanced")
        table = split(tmp_path, samples, subsample=subsample, leakage=AS_PUBLISHED)
        assert table["split"].value_counts().to_dict() == {"train": 240, "held_out": 130}
        assert table.loc[table["split"] == "held_out", ["validates", "tested"]].sum().sum() == 0

    def test_images_that_several_patients_have_stay(self, tmp_path, samples):
        same = samples.assign(content="same")
        table = split(tmp_path, same, leakage=AS_PUBLISHED)
        assert set(table["split"]) == {"train"}
        assert len(read_table(tmp_path / "duplicates.csv")) == len(samples)

    def test_a_class_of_one_image_is_refused(self, tmp_path, samples):
        with pytest.raises(UserError, match="train split has no image of class rare"):
            split(
                tmp_path,
                pd.concat([samples, samples_of({("rare", 1): 1})], ignore_index=True),
                leakage=AS_PUBLISHED,
            )


class TestByImage:
    def test_images_are_dealt_out_without_regard_to_patients(self, tmp_path, samples, caplog):
        table = split(tmp_path, samples, leakage=BY_IMAGE)
        shares = pd.crosstab(table["label"], table["split"], normalize="index")
        for name, share in SHARES.items():
            assert (abs(shares[name] - share) < 0.01).all()
        assert (table.groupby("group")["split"].nunique() > 1).sum() > 40
        assert table["group"].tolist() == samples["group"].tolist()
        assert "other images of test patients were seen in training" in caplog.text

    def test_duplicates_stay(self, tmp_path, samples):
        table = split(tmp_path, samples.assign(content="same"), leakage=BY_IMAGE)
        assert set(table["split"]) == {"train", "validation", "test"}
        assert leakage_in(table) == BY_IMAGE
        assert leakage_in(split(tmp_path, samples)) == NONE

    def test_published_counts_are_met_though_images_are_the_same(self, tmp_path):
        samples = samples_of({("cancer", i): 1 for i in range(9)}).assign(content="same")
        counts = {"train": {"cancer": 5}, "validation": {"cancer": 2}, "test": {"cancer": 2}}
        wanted = CountSplit(method="counts", **counts)
        table = split(tmp_path, samples, split_settings=wanted, leakage=BY_IMAGE)
        assert table["split"].value_counts().to_dict() == {"train": 5, "validation": 2, "test": 2}


@pytest.mark.parametrize("leakage", [NONE, BY_IMAGE, AS_PUBLISHED])
@pytest.mark.parametrize("balanced", [False, True])
def test_images_of_no_class_are_held_out(tmp_path, samples, leakage, balanced):
    """They count for no share and no balance, be they ever so few or many."""
    unlabelled = samples.tail(5).assign(label="unlabelled", sample_id=list("vwxyz"))
    samples = pd.concat([samples, unlabelled], ignore_index=True)
    subsample = BalancedSubsample(method="balanced") if balanced else None
    table = split(tmp_path, samples, subsample=subsample, leakage=leakage)
    assert set(table.loc[table["label"] == "unlabelled", "split"]) == {"held_out"}
    counts = table.loc[table["split"] != "held_out", "label"].value_counts().to_dict()
    expected = samples["label"].value_counts().drop("unlabelled")
    assert counts == {k: 120 if balanced else n for k, n in expected.items()}
