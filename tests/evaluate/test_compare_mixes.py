import pytest

from predictions_data import CLASSES, by_seed, long_tailed_predictions, once, write_predictions
from synthmix.evaluate.compare_mixes import columns, compare_mixes
from synthmix.evaluate.comparisons import Comparison, plan_comparisons
from synthmix.evaluate.paired import Judge
from synthmix.files import write_table
from synthmix.mix.plan import plan_mixes, plan_real_mixes
from synthmix.store import read_table

SHARES = {"cancer": 0.3, "normal": 0.7}
MIXES = plan_mixes(["g"], [SHARES], SHARES, [0, 0.05], 10, 10, "fail", ["fewer"])
JUDGE = Judge(CLASSES, "cancer", 300, 0.95, 0.05, seed=1)
COLUMNS = (
    "classifier,mix,baseline,family,leakage,difference,low,high,macro_f1_difference,macro_f1_low,"
    "macro_f1_high,auc_difference,auc_low,auc_high,narrow_low,narrow_high,margin,"
    "only_mix_correct,only_baseline_correct,p_value,auc_p_value,p_adjusted,auc_p_adjusted,scope,needs,verdict"
)


def files(folder):
    return folder / "t.csv", folder / "variance.csv"


@pytest.mark.parametrize(
    ("mix_accuracy", "baseline_accuracy", "verdict"),
    [(0.95, 0.6, "helps"), (0.6, 0.95, "hurts"), (0.8, 0.8, "can't tell yet")],
)
def test_the_verdict_follows_the_evidence(tmp_path, mix_accuracy, baseline_accuracy, verdict):
    predictions = {}
    for mix in MIXES:
        accuracy = baseline_accuracy if mix.is_baseline else mix_accuracy
        predictions["c", mix.name] = once(write_predictions(tmp_path / mix.name, 50, accuracy))
    compare_mixes(predictions, plan_comparisons(MIXES), ["c"], *files(tmp_path), JUDGE)
    table = read_table(tmp_path / "t.csv")
    assert ",".join(table) == COLUMNS
    assert table["mix"].tolist() == [mix.name for mix in MIXES[:3]]
    assert set(table["baseline"]) == {MIXES[3].name}
    assert set(table["verdict"]) == {verdict}
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()
    more = table["only_mix_correct"] - table["only_baseline_correct"]
    assert (more == (table["difference"] * 100).round()).all()


def test_real_images_alone_leave_an_empty_table(tmp_path):
    mixes = plan_real_mixes()
    predictions = {("c", mixes[0].name): once(write_predictions(tmp_path / "p.csv"))}
    compare_mixes(predictions, plan_comparisons(mixes), ["c"], *files(tmp_path), JUDGE)
    table = read_table(tmp_path / "t.csv")
    assert table.empty
    assert ",".join(table) == COLUMNS


@pytest.mark.parametrize(
    ("measure", "verdict"),
    [("accuracy", "can't tell yet"), ("balanced_accuracy", "helps"), ("macro_f1", "helps")],
)
def test_what_happens_in_a_rare_class_is_seen_by_measures_of_all_classes(
    tmp_path, measure, verdict
):
    predictions = {}
    for mix in MIXES:
        gains, losses = (1, 0) if mix.is_baseline else (13, 12)
        path = tmp_path / f"{mix.name}.csv"
        write_table(path, long_tailed_predictions(gains, losses))
        predictions["c", mix.name] = once(path)
    judge = Judge("abc", None, 300, 0.95, 0.05, seed=1, measure=measure)
    compare_mixes(predictions, plan_comparisons(MIXES), ["c"], *files(tmp_path), judge)
    table = read_table(tmp_path / "t.csv")
    assert list(table) == columns(measure)
    assert set(table["verdict"]) == {verdict}
    assert set(table["only_mix_correct"]) == set(table["only_baseline_correct"]) == {12}
    if measure == "accuracy":
        assert set(table["difference"]) == {0}
        assert "judged_by" not in table
    else:
        assert set(table["judged_by"]) == {measure}
        assert set(table["accuracy_difference"]) == {0}
        assert (table["difference"] > 0.1).all()
    first = (tmp_path / "t.csv").read_bytes()
    compare_mixes(predictions, plan_comparisons(MIXES), ["c"], *files(tmp_path), judge)
    assert (tmp_path / "t.csv").read_bytes() == first


def test_a_family_is_adjusted_for_its_own_comparisons_alone(tmp_path):
    """Of two mixes that gain as much the one among twenty others has the larger p-value."""
    predictions = {}
    for name, accuracy in {"real_only": 0.7, "published": 0.75, "alike": 0.75}.items():
        predictions["c", name] = once(write_predictions(tmp_path / name, 100, accuracy))
    others = [f"other{i}" for i in range(20)]
    predictions |= {("c", name): predictions["c", "alike"] for name in others}
    comparisons = [
        Comparison("published", "real_only", "question"),
        Comparison("alike", "real_only"),
        *(Comparison(name, "real_only") for name in others),
        Comparison("published", "alike", "pairs"),
    ]
    compare_mixes(predictions, comparisons, ["c"], *files(tmp_path), JUDGE)
    table = read_table(tmp_path / "t.csv").set_index("mix")
    alone, alike = table.loc["published"].iloc[0], table.loc["alike"]

    assert table["family"].tolist() == ["question", *["mixes"] * 21, "pairs"]
    assert alone["p_value"] == alone["p_adjusted"] < 0.05
    assert alike["p_value"] == alone["p_value"]
    assert alike["p_adjusted"] == pytest.approx(min(1, 21 * alike["p_value"]))
    assert (alone["verdict"], alike["verdict"]) == ("helps", "can't tell yet")


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [((0.95, 0.6), "better"), ((0.6, 0.95), "worse"), ((0.8, 0.8), "can't tell yet")],
)
def test_the_first_of_a_pair_is_better_or_worse(tmp_path, accuracies, verdict):
    predictions = {
        ("c", name): once(write_predictions(tmp_path / name, 50, accuracy))
        for name, accuracy in zip("ab", accuracies, strict=True)
    }
    pair = [Comparison("a", "b", "pairs")]
    compare_mixes(predictions, pair, ["c"], *files(tmp_path), JUDGE)
    (row,) = read_table(tmp_path / "t.csv").to_dict("records")
    assert row["verdict"] == verdict
    assert (row["mix"], row["baseline"], row["family"]) == ("a", "b", "pairs")
    assert row["difference"] == (row["only_mix_correct"] - row["only_baseline_correct"]) / 100


def test_several_trainings_have_their_variance_told_by_its_sources(tmp_path):
    predictions = {
        ("c", name): by_seed(
            {
                seed: [write_predictions(tmp_path / f"{name}{seed}", 50, accuracy, seed)]
                for seed in (1, 2, 3)
            }
        )
        for name, accuracy in (("mix", 0.8), ("real_only", 0.75))
    }
    compare_mixes(predictions, [Comparison("mix", "real_only")], ["c"], *files(tmp_path), JUDGE)
    (row,) = read_table(tmp_path / "t.csv").to_dict("records")
    assert row["scope"] == (
        "new trainings of the classifier on these training images, on new patients"
    )
    assert row["verdict"] == "can't tell yet"
    assert "more" in row["needs"]
    variance = read_table(tmp_path / "variance.csv")
    assert list(variance)[:4] == ["classifier", "mix", "baseline", "family"]
    assert set(variance["source"]) == {"patients", "classifiers"}
    assert variance["share"].sum() == pytest.approx(1)
    expected = variance["share"] * variance["variance"].sum()
    assert variance["variance"].tolist() == pytest.approx(expected.tolist())
