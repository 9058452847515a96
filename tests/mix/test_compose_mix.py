import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.mix.compose_mix import (
    assemble,
    check_no_leak,
    compose_mix,
    real_rows,
    synthetic_rows,
    tell_validation_images_seen,
)
from synthmix.mix.plan import ELSEWHERE, plan_additions, plan_mixes, plan_real_mixes
from synthmix.prepare.parts import deal_from_one_pool
from synthmix.store import read_table


def real_samples(train, validation, test=10):
    """Return a split with so many images of each class, two a patient."""
    rows = []
    for split, count in {"train": train, "validation": validation, "test": test}.items():
        for label in ("cancer", "normal"):
            for i in range(count):
                name = f"{label}-{split}-{i}"
                group = f"{label}-{split}-{i // 2}"
                rows.append({"sample_id": name, "label": label, "group": group, "split": split})
    return pd.DataFrame(rows)


def pool(label, images):
    seeds = range(images)
    rows = {"sample_id": [f"g-{label}-{i}" for i in seeds], "label": label, "seed": seeds}
    rows |= {"store": f"g/{label}", "row": seeds, "group": "", "origin": "synthetic"}
    return pd.DataFrame(rows)


def plan(real_share, when_real_runs_short="fail", train_images=100, validation_images=50):
    mixes = plan_mixes(
        ["g"],
        [{"cancer": 0.3, "normal": 0.7}],
        {"cancer": 0.4, "normal": 0.6},
        [real_share],
        train_images,
        validation_images,
        when_real_runs_short,
    )
    return mixes[0], mixes[1]


POOLS = {"cancer": pool("cancer", 200), "normal": pool("normal", 200)}


def counts(table):
    return table.groupby(["split", "label", "origin"]).size().to_dict()


def test_a_mix_has_the_planned_counts_and_no_row_twice():
    mix, _ = plan(real_share=0.1)
    table = assemble(mix, real_rows(real_samples(50, 20), seed=1), POOLS)
    assert counts(table) == {
        ("train", "cancer", "real"): 3,
        ("train", "cancer", "synthetic"): 27,
        ("train", "normal", "real"): 7,
        ("train", "normal", "synthetic"): 63,
        ("validation", "cancer", "real"): 2,
        ("validation", "cancer", "synthetic"): 18,
        ("validation", "normal", "real"): 3,
        ("validation", "normal", "synthetic"): 27,
    }
    assert not table.duplicated(["store", "row"]).any()
    assert set(table["store"]) == {"real", "g/cancer", "g/normal"}


def test_a_mix_is_validated_on_the_real_images_of_its_baseline():
    ways = [{"cancer": 0.3, "normal": 0.7}], {"cancer": 0.4, "normal": 0.6}, [0, 0.1]
    *mixes, baseline = plan_mixes(["g"], *ways, 100, None, "fail", validation="real")
    real = real_rows(real_samples(50, 20), seed=1)
    wanted = assemble(baseline, real, {})
    wanted = wanted[wanted["split"] == "validation"].reset_index(drop=True)
    assert wanted["label"].value_counts().to_dict() == {"normal": 20, "cancer": 13}
    for mix in mixes:
        table = assemble(mix, real, POOLS)
        found = table[table["split"] == "validation"].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, wanted)
        train = table[table["split"] == "train"]
        assert len(train) == 100
        # no image of a pool is put aside for validation
        assert train.loc[train["origin"] == "synthetic", "row"].min() == 0


def test_too_few_real_images_to_validate_on_are_told():
    ways = [{"cancer": 0.3, "normal": 0.7}], {"cancer": 0.01, "normal": 0.99}, [0]
    mix, _ = plan_mixes(["g"], *ways, 100, None, "fail", validation="real")
    real = real_rows(real_samples(50, 20), seed=1)
    said = r"the validation split has .* too few for the class shares"
    with pytest.raises(UserError, match=said):
        assemble(mix, real, POOLS)


def test_the_paper_mixes_are_composed_to_the_image(published_mammography):
    samples = real_samples(1400, 600)
    pools = {label: pool(label, 17000) for label in ("cancer", "normal")}
    settings = published_mammography.mixes.model_dump(exclude={"generators"})
    for mix in plan_mixes(["g"], **settings):
        table = assemble(mix, real_rows(samples, seed=1), pools)
        planned = {
            (split, label, origin): images
            for split, classes in mix.counts().items()
            for label, origins in classes.items()
            for origin, images in origins.items()
            if images
        }
        assert counts(table) == planned
        assert len(table) == 16800


def test_rows_refer_to_the_image_they_describe():
    mix, _ = plan(real_share=0.5)
    samples = real_samples(50, 30)
    table = assemble(mix, real_rows(samples, seed=1), POOLS)
    real = table[table["origin"] == "real"]
    assert (samples.loc[real["row"], "sample_id"].to_numpy() == real["sample_id"]).all()
    cancer = table[table["store"] == "g/cancer"]
    assert (POOLS["cancer"].loc[cancer["row"], "sample_id"].to_numpy() == cancer["sample_id"]).all()


def test_a_larger_real_share_keeps_the_images_of_a_smaller_one():
    real = real_rows(real_samples(50, 30), seed=1)
    few, many = (assemble(plan(real_share=s)[0], real, POOLS) for s in (0.1, 0.4))
    few, many = (set(t.loc[t["origin"] == "real", "sample_id"]) for t in (few, many))
    assert few < many


def test_the_baseline_takes_all_real_images_that_its_shares_allow():
    _, baseline = plan(real_share=0.1)
    table = assemble(baseline, real_rows(real_samples(70, 30), seed=1), {})
    assert counts(table) == {
        ("train", "cancer", "real"): 30,
        ("train", "normal", "real"): 70,
        ("validation", "cancer", "real"): 20,
        ("validation", "normal", "real"): 30,
    }


def test_too_few_real_images_fail_or_are_repeated_as_told(caplog):
    real = real_rows(real_samples(20, 30), seed=1)
    with pytest.raises(UserError, match="asks for 35 real train images of class normal and there"):
        assemble(plan(real_share=0.5)[0], real, POOLS)
    table = assemble(plan(real_share=0.5, when_real_runs_short="repeat")[0], real, POOLS)
    repeated = table[(table["split"] == "train") & (table["origin"] == "real")]
    assert repeated["label"].value_counts().to_dict() == {"normal": 35, "cancer": 15}
    assert repeated["sample_id"].value_counts().max() == 2
    assert "images are repeated" in caplog.text


@pytest.fixture
def composed():
    samples = real_samples(50, 20)
    table = assemble(plan(real_share=0.2)[0], real_rows(samples, seed=1), POOLS)
    return table, samples


def test_a_clean_mix_passes(composed):
    table, samples = composed
    check_no_leak(table, samples, [samples[samples["split"] == "train"]])


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_test_image_in_a_mix_fails(composed, split):
    table, samples = composed
    row = table.index[(table["origin"] == "real") & (table["split"] == split)][0]
    table.loc[row, "group"] = samples.loc[samples["split"] == "test", "group"].iloc[0]
    with pytest.raises(UserError, match=f"leak: its {split} images are of patients outside"):
        check_no_leak(table, samples, [])


def test_a_patient_in_training_and_validation_fails(composed):
    table, samples = composed
    row = table.index[(table["origin"] == "real") & (table["split"] == "validation")][0]
    table.loc[row, "group"] = samples.loc[samples["split"] == "train", "group"].iloc[0]
    with pytest.raises(UserError, match="outside the validation split"):
        check_no_leak(table, samples, [])


def test_a_split_that_tears_a_patient_apart_fails(composed):
    table, samples = composed
    first = samples.index[samples["split"] == "test"][0]
    samples.loc[first, "group"] = samples.loc[samples["split"] == "train", "group"].iloc[0]
    with pytest.raises(UserError, match="in the train and the test split: cancer-train-0"):
        check_no_leak(table, samples, [])


def test_a_generator_that_saw_a_test_patient_fails(composed):
    table, samples = composed
    with pytest.raises(UserError, match="leak: its generators' images"):
        check_no_leak(table, samples, [samples[samples["split"] != "validation"]])


def test_a_generator_may_see_validation_images_where_it_says_so_and_no_test_image(composed, caplog):
    table, samples = composed
    both = samples[samples["split"] != "test"]
    with pytest.raises(UserError, match="images are of patients outside the train split"):
        check_no_leak(table, samples, [both])
    check_no_leak(table, samples, [both], ("train", "validation"))
    with pytest.raises(UserError, match="outside the train and validation split"):
        check_no_leak(table, samples, [samples], ("train", "validation"))

    validates = table[(table["split"] == "validation") & (table["origin"] == "real")]
    tell_validation_images_seen("m", table, [both])
    assert f"learned from {len(validates)} of its {len(validates)} real" in caplog.text
    caplog.clear()
    tell_validation_images_seen("m", table, [samples[samples["split"] == "train"]])
    assert not caplog.text


def test_the_table_is_written(tmp_path):
    samples = real_samples(50, 20)
    write_table(tmp_path / "split.csv", samples)
    for label, table in POOLS.items():
        write_table(tmp_path / f"{label}.csv", table)
    trained = samples[samples["split"] == "train"][["sample_id", "group"]]
    write_table(tmp_path / "trained_on.csv", trained)
    compose_mix(
        plan(real_share=0.1)[0],
        tmp_path / "split.csv",
        {label: tmp_path / f"{label}.csv" for label in POOLS},
        [tmp_path / "trained_on.csv"],
        tmp_path / "mix.csv",
        seed=1,
    )
    assert len(read_table(tmp_path / "mix.csv")) == 150


class TestAsPublished:
    @pytest.fixture
    def samples(self):
        """Eighty images of each class in one pool, of which a quarter validates, half is tested."""
        samples = real_samples(50, 20).drop(columns="split")
        everything = pd.Series(True, index=samples.index)
        dealt = deal_from_one_pool(samples["label"], everything, 0.25, 0.5, seed=1)
        return samples.join(dealt)

    def compose(self, tmp_path, samples, mix):
        write_table(tmp_path / "split.csv", samples)
        for label, table in POOLS.items():
            write_table(tmp_path / f"{label}.csv", table)
        write_table(tmp_path / "trained_on.csv", samples[["sample_id", "group"]])
        pools = {label: tmp_path / f"{label}.csv" for label in POOLS} if mix.generator else {}
        trained_on = [tmp_path / "trained_on.csv"] if mix.generator else []
        output = tmp_path / "mix.csv"
        compose_mix(mix, tmp_path / "split.csv", pools, trained_on, output, seed=1)
        return read_table(output)

    def test_test_images_get_in_and_it_is_told(self, tmp_path, samples, caplog):
        table = self.compose(tmp_path, samples, plan(real_share=0.4)[0])
        tested = set(samples.loc[samples["tested"], "sample_id"])
        seen = len(tested & set(table["sample_id"]))
        assert seen > 0
        told = f"the mix g-cancer30-normal70-real40 has {seen} of 80, its generators have seen 80"
        assert told in caplog.text

    def test_no_image_is_both_trained_and_validated_on(self, tmp_path, samples):
        for mix in plan(real_share=0.4):
            table = self.compose(tmp_path, samples, mix)
            real = table[table["origin"] == "real"]
            assert not real["sample_id"].duplicated().any()

    def test_the_baseline_takes_what_its_shares_allow_of_its_part_of_the_pool(
        self, tmp_path, samples
    ):
        table = self.compose(tmp_path, samples, plan(real_share=0.4)[1])
        assert counts(table) == {
            ("train", "cancer", "real"): 26,
            ("train", "normal", "real"): 59,
            ("validation", "cancer", "real"): 13,
            ("validation", "normal", "real"): 20,
        }


def test_additions_keep_all_real_images_and_no_image_twice():
    real = real_rows(real_samples(30, 10), seed=1)
    real["train", "normal"] = real["train", "normal"].head(12)
    (mix,) = plan_additions(["g"], [1], [], adds_to_validation=True)
    real["validation", "normal"] = real["validation", "normal"].head(4)
    table = assemble(mix, real, {label: pool(label, 40) for label in ("cancer", "normal")})
    counts = table.groupby(["split", "label", "origin"]).size().to_dict()
    assert counts == {
        ("train", "cancer", "real"): 30,
        ("train", "normal", "real"): 12,
        ("train", "normal", "synthetic"): 18,
        ("validation", "cancer", "real"): 10,
        ("validation", "normal", "real"): 4,
        ("validation", "normal", "synthetic"): 6,
    }
    assert not table["sample_id"].duplicated().any()


def test_classes_are_filled_to_the_largest_that_a_removal_leaves(tmp_path):
    samples = real_samples(30, 10)
    write_table(tmp_path / "split.csv", samples)
    train = samples[samples["split"] == "train"]
    cancer = train[train["label"] == "cancer"]["sample_id"]
    fate = train[["sample_id", "label"]].assign(kept=~train["sample_id"].isin(cancer[:25]))
    write_table(tmp_path / "fate.csv", fate.assign(spared=False))
    normal = (train["label"] == "normal").sum()
    pools = {label: tmp_path / f"{label}.csv" for label in ("cancer", "normal")}
    for label, path in pools.items():
        write_table(path, pool(label, 40))
    (mix,) = plan_additions(["g"], [1], [], False, selection="tomek")

    output = tmp_path / "mix.csv"
    compose_mix(mix, tmp_path / "split.csv", pools, [], output, 1, tmp_path / "fate.csv")

    table = read_table(output)
    found = counts(table[table["split"] == "train"])
    left = len(cancer) - 25
    assert 0 < left < normal
    assert found == {
        ("train", "cancer", "real"): left,
        ("train", "cancer", "synthetic"): normal - left,
        ("train", "normal", "real"): normal,
    }


def test_classes_may_share_a_store(tmp_path):
    table = tmp_path / "g.training2" / "all_classes.csv"
    write_table(table, pd.concat([pool("a", 3), pool("b", 2)]))
    rows = synthetic_rows("b", table)
    assert rows["row"].tolist() == [3, 4]
    assert set(rows["store"]) == {"g.training2/all_classes"}


class TestByImage:
    @pytest.fixture
    def samples(self):
        """A split in which a patient of training has an image in the test."""
        samples = real_samples(20, 10)
        of_test = samples["sample_id"] == "cancer-test-0"
        samples.loc[of_test, "group"] = "cancer-train-0"
        return samples

    def compose(self, tmp_path, samples, **how):
        write_table(tmp_path / "split.csv", samples)
        (mix,) = plan_real_mixes()
        compose_mix(mix, tmp_path / "split.csv", {}, [], tmp_path / "mix.csv", seed=1, **how)
        return read_table(tmp_path / "mix.csv")

    def test_patients_may_be_torn_and_are_counted(self, tmp_path, samples, caplog):
        table = self.compose(tmp_path, samples, leakage="by_image")
        assert counts(table)["train", "cancer", "real"] == 20
        assert "1 of 20 test images are of patients that the mix real_only has" in caplog.text

    def test_without_it_nothing_is_composed(self, tmp_path, samples):
        with pytest.raises(UserError, match="leak: patients are in the train and the test split"):
            self.compose(tmp_path, samples)


def test_ready_images_of_test_patients_are_told_and_do_not_stop_it(tmp_path, caplog):
    samples = real_samples(50, 20)
    write_table(tmp_path / "split.csv", samples)
    seen = samples[samples["split"] != "train"].groupby("split").head(3)
    write_table(tmp_path / "seen.csv", seen[["sample_id", "group"]])
    for label, images in POOLS.items():
        write_table(tmp_path / f"{label}.csv", images.drop(columns=["store", "row"]))
    mix, _ = plan(real_share=0.1)
    pools = {label: tmp_path / f"{label}.csv" for label in POOLS}
    given = (mix, tmp_path / "split.csv", pools, [tmp_path / "seen.csv"], tmp_path / "mix.csv", 1)
    with pytest.raises(UserError, match="leak: its generators' images are of patients outside"):
        compose_mix(*given)
    compose_mix(*given, learns_from=ELSEWHERE)
    assert "were made from 3 test and 3 validation images (learned_from)" in caplog.text
    assert len(read_table(tmp_path / "mix.csv"))
