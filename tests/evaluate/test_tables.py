import numpy as np
import pandas as pd
import pytest

from synthmix.evaluate.compare_mixes import compare_mixes, holm, mcnemar_exact
from synthmix.evaluate.metrics import against_rest, weighted_metrics
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.evaluate.tabulate_study import tabulate_study
from synthmix.files import write_table
from synthmix.mix.plan import plan_mixes
from synthmix.store import read_table

CLASSES = ["cancer", "normal"]
MIXES = plan_mixes(
    ["g"],
    [{"cancer": 0.3, "normal": 0.7}],
    {"cancer": 0.3, "normal": 0.7},
    [0, 0.05],
    10,
    10,
    "fail",
    ["fewer"],
)
EVALUATION = {"bootstrap_samples": 300, "confidence": 0.95}


def write_predictions(path, accuracy, seed=0, patients=100):
    """Write predictions of two images a patient, right with the probability `accuracy`."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice(CLASSES, patients), 2)
    right = rng.random(2 * patients) < accuracy
    says_cancer = (labels == "cancer") == right
    probability = np.where(says_cancer, 0.8, 0.2)
    table = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(2 * patients)],
            "group": [f"p{i // 2}" for i in range(2 * patients)],
            "label": labels,
            "predicted": np.where(says_cancer, "cancer", "normal"),
            "probability_cancer": probability,
            "probability_normal": 1 - probability,
        }
    )
    write_table(path, table)
    return path


@pytest.mark.parametrize(
    ("first", "second", "p_value"), [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 0.021484375), (0, 6, 0.03125)]
)
def test_mcnemar_is_the_exact_binomial_test(first, second, p_value):
    # 2 * P(X <= 1) for X ~ B(10, 1/2) is 2 * 11 / 1024
    assert mcnemar_exact(first, second) == pytest.approx(p_value)
    assert mcnemar_exact(second, first) == pytest.approx(p_value)


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.9])), [1.0, 1.0])


@pytest.mark.parametrize(
    ("mix_accuracy", "baseline_accuracy", "verdict"),
    [(0.95, 0.6, "helps"), (0.6, 0.95, "hurts"), (0.8, 0.8, "no evidence")],
)
def test_the_verdict_follows_the_evidence(tmp_path, mix_accuracy, baseline_accuracy, verdict):
    predictions = {
        ("c", mix.name): [
            write_predictions(
                tmp_path / f"{mix.name}.csv",
                baseline_accuracy if mix.is_baseline else mix_accuracy,
            )
        ]
        for mix in MIXES
    }
    compare_mixes(
        predictions, MIXES, ["c"], tmp_path / "t.csv", **EVALUATION, significance=0.05, seed=1
    )
    table = read_table(tmp_path / "t.csv")
    assert table["mix"].tolist() == [mix.name for mix in MIXES[:3]]
    assert set(table["verdict"]) == {verdict}
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()


def test_mixes_judged_on_different_images_are_not_compared(tmp_path):
    predictions = {
        ("c", mix.name): [write_predictions(tmp_path / f"{i}.csv", 0.8, patients=50 + i)]
        for i, mix in enumerate(MIXES)
    }
    with pytest.raises(ValueError, match="different images"):
        compare_mixes(
            predictions, MIXES, ["c"], tmp_path / "t.csv", **EVALUATION, significance=0.05, seed=1
        )


def test_the_difference_is_the_mean_over_the_seeds(tmp_path):
    accuracies = {"mix": (0.9, 0.7), "baseline": (0.6, 0.5)}
    files = {
        kind: [write_predictions(tmp_path / f"{kind}{i}.csv", a) for i, a in enumerate(values)]
        for kind, values in accuracies.items()
    }
    predictions = {
        ("c", mix.name): files["baseline" if mix.is_baseline else "mix"] for mix in MIXES
    }
    compare_mixes(
        predictions, MIXES, ["c"], tmp_path / "t.csv", **EVALUATION, significance=0.05, seed=1
    )
    means = {
        kind: np.mean([(t["label"] == t["predicted"]).mean() for t in map(read_table, paths)])
        for kind, paths in files.items()
    }
    table = read_table(tmp_path / "t.csv")
    assert table["difference"][0] == pytest.approx(means["mix"] - means["baseline"])
    assert table["only_mix_correct"][0] > table["only_baseline_correct"][0]


def test_classes_may_be_called_by_numbers(tmp_path):
    table = pd.DataFrame({"sample_id": ["a", "b"], "group": ["1", "2"], "label": ["0", "1"]})
    table = table.assign(predicted=["0", "1"], probability_0=[0.9, 0.2], probability_1=[0.1, 0.8])
    write_table(tmp_path / "p.csv", table)
    read = read_table(tmp_path / "p.csv")
    assert weighted_metrics(against_rest(read, "0"), np.ones((1, 2)))["accuracy"][0] == 1


def score(tmp_path, name, files):
    identity = {"study": "s", "dataset": "d", "classifier": "c", "mix": name}
    score_predictions(
        files,
        tmp_path / f"{name}.metrics.csv",
        tmp_path / f"{name}.confusion.csv",
        identity,
        CLASSES,
        "cancer",
        **EVALUATION,
        seed=1,
    )
    return read_table(tmp_path / f"{name}.metrics.csv"), read_table(
        tmp_path / f"{name}.confusion.csv"
    )


def test_every_number_has_its_interval_and_seeds_are_averaged(tmp_path):
    files = {s: write_predictions(tmp_path / f"{s}.csv", 0.8, seed=0) for s in (1,)}
    files[2] = write_predictions(tmp_path / "2.csv", 1.0, seed=0)
    metrics, confusion = score(tmp_path, "m", files)
    assert set(metrics["seed"]) == {"1", "2", "all"}
    assert metrics[["low", "high"]].notna().all().all()
    accuracy = metrics[metrics["metric"] == "accuracy"].set_index("seed")
    assert accuracy.loc["2", "value"] == 1
    assert accuracy.loc["all", "value"] == pytest.approx((accuracy.loc["1", "value"] + 1) / 2)
    assert accuracy.loc["1", "low"] < accuracy.loc["1", "value"] < accuracy.loc["1", "high"]
    assert confusion["images"].sum() == 2 * 200
    assert len(confusion) == 2 * 4


def test_the_published_way_takes_the_other_class_as_positive(tmp_path):
    file = write_predictions(tmp_path / "1.csv", 0.7)
    metrics, confusion = score(tmp_path, "m", {1: file})
    values = metrics[metrics["seed"] == "1"].set_index("metric")["value"]
    cells = confusion.set_index(["true", "predicted"])["images"]
    normal = cells["normal", "normal"]
    claimed = normal + cells["cancer", "normal"]
    assert values["published_way_precision"] == pytest.approx(normal / claimed)
    assert values["published_way_recall"] == pytest.approx(values["specificity"])


def test_the_tables_of_a_study(tmp_path):
    mix_tables, metrics, confusion, predictions = {}, [], [], {}
    for mix in MIXES:
        file = write_predictions(tmp_path / f"{mix.name}.csv", 0.8)
        predictions["c", mix.name] = [file]
        score(tmp_path, mix.name, {1: file})
        metrics.append(tmp_path / f"{mix.name}.metrics.csv")
        confusion.append(tmp_path / f"{mix.name}.confusion.csv")
        origin = "real" if mix.generator is None else "synthetic"
        rows = pd.DataFrame({"split": ["train"] * 3, "label": "cancer", "origin": origin})
        mix_tables[mix.name] = tmp_path / f"{mix.name}.mix.csv"
        write_table(mix_tables[mix.name], rows.assign(row=[0, 1, 1]))
    compare_mixes(
        predictions, MIXES, ["c"], tmp_path / "comparison", **EVALUATION, significance=0.05, seed=1
    )
    published = pd.DataFrame(
        {
            "class_shares": ["cancer 30 / normal 70"],
            "real_share": 0,
            "metric": "accuracy",
            "value": 0.546,
        }
    )
    write_table(tmp_path / "published.csv", published)
    names = ("mixes", "metrics", "confusion", "summary", "summary_markdown")
    outputs = {name: tmp_path / "out" / name for name in names}
    tabulate_study(
        MIXES,
        ["c"],
        mix_tables,
        metrics,
        confusion,
        tmp_path / "comparison",
        tmp_path / "published.csv",
        outputs,
    )
    summary = read_table(outputs["summary"])
    assert summary["kind"].tolist() == ["synthetic_mix"] * 2 + ["selected_real", "real_only"]
    assert summary["selection"].fillna("").tolist() == ["", "", "fewer", ""]
    assert summary["train_synthetic"].tolist() == [3, 3, 0, 0]
    assert summary["published_accuracy"].tolist()[0] == 0.546
    assert summary["published_accuracy"].isna().tolist() == [False, True, True, True]
    assert summary["verdict"].isna().tolist() == [False, False, False, True]
    assert summary["published_way_recall"].tolist() == summary["specificity"].tolist()
    assert read_table(outputs["mixes"])["repeated"].tolist() == [1, 1, 1, 1]
    markdown = outputs["summary_markdown"].read_text().splitlines()
    assert len(markdown) == 2 + 4
    assert len({line.count("|") for line in markdown}) == 1
