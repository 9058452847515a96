import pandas as pd
import pytest

from predictions_data import CLASSES, once, write_predictions
from synthmix.evaluate.compare_classifiers import compare_classifiers
from synthmix.evaluate.compare_mixes import compare_mixes
from synthmix.evaluate.comparisons import plan_comparisons
from synthmix.evaluate.paired import Judge
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.evaluate.tabulate_study import METRICS, tabulate_study
from synthmix.files import write_table
from synthmix.mix.plan import plan_mixes, plan_real_mixes
from synthmix.store import read_table

SHARES = {"cancer": 0.3, "normal": 0.7}
MIXES = plan_mixes(["g"], [SHARES], SHARES, [0, 0.05], 10, 10, "fail", ["fewer"])
THREE = ("a", "b", "c")
OUTPUTS = ("mixes", "metrics", "confusion", "summary", "summary_markdown")


def tabulate(
    folder,
    mixes=MIXES,
    classifiers=("c",),
    classes=CLASSES,
    positive_class="cancer",
    folds=(None,),
    only_label=None,
    leakage="none",
    measure="accuracy",
    compare=(),
):
    """Write the tables of a study with made-up predictions; return where they are."""
    predictions, metrics, confusion, mix_tables = {}, [], [], {}
    for mix in mixes:
        origin = "real" if mix.generator is None else "synthetic"
        rows = pd.DataFrame({"split": ["train"] * 3, "label": classes[0], "origin": origin})
        mix_tables[mix.name] = folder / f"{mix.name}.mix.csv"
        write_table(mix_tables[mix.name], rows.assign(row=[0, 1, 1]))
        for number, classifier in enumerate(classifiers):
            name = f"{classifier}-{mix.name}"
            files = [
                write_predictions(folder / f"{name}-{f}", 30, 0.8, number, classes, f)
                for f in folds
            ]
            if only_label:
                write_table(files[0], read_table(files[0]).assign(label=only_label))
            predictions[classifier, mix.name] = once(*files)
            identity = {"study": "s", "dataset": "d", "classifier": classifier, "mix": mix.name}
            identity["leakage"] = leakage
            metrics.append(folder / f"{name}.metrics.csv")
            confusion.append(folder / f"{name}.confusion.csv")
            score_predictions(
                once(*files),
                once(*files),
                metrics[-1],
                confusion[-1],
                identity,
                classes,
                positive_class,
                100,
                0.95,
                seed=1,
            )
    judge = Judge(
        classes, positive_class, 100, 0.95, 0.05, seed=1, measure=measure, leakage=leakage
    )
    compare_mixes(
        predictions,
        plan_comparisons(mixes, compare),
        classifiers,
        folder / "comparison",
        folder / "variance",
        judge,
    )
    names = [mix.name for mix in mixes]
    compare_classifiers(predictions, names, classifiers, folder / "classifiers", judge)
    outputs = {name: folder / "out" / name for name in OUTPUTS}
    tabulate_study(
        mixes,
        classifiers,
        mix_tables,
        metrics,
        confusion,
        folder / "comparison",
        folder / "classifiers",
        outputs,
        leakage,
        measure,
    )
    return outputs


def blocks(markdown):
    """Return the Markdown tables in a file, as lists of lines."""
    parts = markdown.read_text().split("\n\n")
    return [part.strip().splitlines() for part in parts if part.startswith("|")]


def test_the_tables_of_a_study_of_mixes(tmp_path):
    outputs = tabulate(tmp_path)
    summary = read_table(outputs["summary"])
    assert summary["kind"].tolist() == ["synthetic_mix"] * 2 + ["selected_real", "real_only"]
    assert summary["selection"].fillna("").tolist() == ["", "", "fewer", ""]
    assert summary["train_synthetic"].tolist() == [3, 3, 0, 0]
    assert summary["verdict"].isna().tolist() == [False, False, False, True]
    assert summary["published_way_recall"].tolist() == summary["specificity"].tolist()
    assert set(METRICS) <= set(summary)
    assert summary[list(METRICS)].notna().all().all()
    assert read_table(outputs["mixes"])["repeated"].tolist() == [1, 1, 1, 1]
    # what is removed from the real images leaves all of them here
    same = read_table(outputs["mixes"]).set_index("mix")["same_as"].dropna()
    assert same.to_dict() == {"fewer-cancer30-normal70": "real_only-cancer30-normal70"}
    (table,) = blocks(outputs["summary_markdown"])
    assert len(table) == 2 + 4
    assert len({line.count("|") for line in table}) == 1


def test_pairs_of_mixes_have_a_table_of_their_own(tmp_path):
    names = [mix.name for mix in MIXES]
    outputs = tabulate(tmp_path, compare=[names[:2]])
    summary = read_table(outputs["summary"])
    assert summary["verdict"].isna().tolist() == [False, False, False, True]
    _, (head, _, row) = blocks(outputs["summary_markdown"])
    assert head == (
        "| classifier | first | second | accuracy | macro_f1 | auc | adjusted p | the first is |"
    )
    assert row.startswith(f"| c | {names[0]} | {names[1]} | 0 ")
    assert row.endswith("| 1 | can't tell yet |")


def test_a_study_may_train_on_no_real_images_alone(tmp_path):
    mixes = [mix for mix in MIXES if mix.generator]
    outputs = tabulate(tmp_path, mixes, compare=[[mix.name for mix in mixes]])
    summary = read_table(outputs["summary"])
    assert summary["mix"].tolist() == [mix.name for mix in mixes]
    assert summary["verdict"].isna().all()
    assert len(blocks(outputs["summary_markdown"])) == 2


@pytest.mark.parametrize(
    ("measure", "against", "pairs"),
    [
        (
            "accuracy",
            "| missed_positives | against real only |",
            "| accuracy | macro_f1 | auc | adjusted p | more accurate |",
        ),
        (
            "macro_f1",
            "| missed_positives | macro_f1 | against real only, in macro_f1 |",
            "| macro_f1 | accuracy | auc | adjusted p | better in macro_f1 |",
        ),
    ],
)
def test_tables_name_the_measure_of_the_verdict_where_it_is_not_accuracy(
    tmp_path, measure, against, pairs
):
    outputs = tabulate(tmp_path, MIXES[::3], ("c", "d"), measure=measure)
    summary = read_table(outputs["summary"])
    assert summary.get("judged_by", pd.Series("accuracy")).unique().tolist() == [measure]
    of_mixes, of_pairs = blocks(outputs["summary_markdown"])
    assert of_mixes[0].endswith(against)
    assert of_pairs[0].endswith(pairs)
    compared = summary[summary["kind"] != "real_only"]
    assert (
        compared["difference"].tolist()
        == read_table(tmp_path / "comparison")["difference"].tolist()
    )


def test_every_table_says_how_images_were_split(tmp_path):
    warning = "**Test images were seen in training (leakage: as_published): results are too good.**"
    for leakage in ("none", "as_published"):
        outputs = tabulate(tmp_path / leakage, leakage=leakage)
        compared = [tmp_path / leakage / name for name in ("comparison", "classifiers")]
        tables = [outputs[name] for name in ("mixes", "metrics", "confusion", "summary")]
        for file in [*tables, *compared]:
            assert set(read_table(file)["leakage"]) <= {leakage}
        assert all(len(read_table(file)) for file in [*tables, compared[0]])
        text = outputs["summary_markdown"].read_text()
        assert text.startswith(warning) == (leakage == "as_published")


def test_the_tables_of_several_classes_on_real_images_alone(tmp_path):
    outputs = tabulate(tmp_path, plan_real_mixes(), ("c", "d"), classes=THREE, positive_class=None)
    summary = read_table(outputs["summary"])
    assert summary["class_shares"].tolist() == ["as they are"] * 2
    assert summary["macro_f1"].between(0.5, 1).all()
    assert (summary["auc"] == summary["macro_auc"]).all()
    assert summary[["sensitivity", "specificity", "verdict", "difference"]].isna().all().all()
    mixes, classes, pairs = blocks(outputs["summary_markdown"])
    assert (len(mixes), len(classes), len(pairs)) == (2 + 2, 2 + 6, 2 + 1)
    assert "macro_f1" in mixes[0]
    assert "| c | real_only | a |" in classes[2]
    assert pairs[2].startswith("| real_only | c | d |")


def test_folds_have_a_table_of_their_means(tmp_path):
    outputs = tabulate(tmp_path, plan_real_mixes(), folds=(1, 2, 3))
    summary = read_table(outputs["summary"])
    assert summary["total"].tolist() == [180]
    _, folds = blocks(outputs["summary_markdown"])
    assert len(folds) == 2 + 1
    metrics = read_table(outputs["metrics"])
    of_folds = metrics[(metrics["fold"].astype(str) == "mean") & (metrics["metric"] == "accuracy")]
    assert f"{of_folds['value'].iloc[0]:.3g}" in folds[2]


def test_classes_may_be_called_by_numbers(tmp_path):
    outputs = tabulate(tmp_path, plan_real_mixes(), classes=("0", "1"), positive_class="1")
    assert set(read_table(outputs["metrics"])["class"].dropna()) == {"0", "1"}


def test_what_is_undefined_is_a_dash_with_a_reason(tmp_path):
    outputs = tabulate(tmp_path, plan_real_mixes(), only_label="normal")
    text = outputs["summary_markdown"].read_text()
    (table,) = blocks(outputs["summary_markdown"])
    assert table[2].count("| - |") >= 1
    assert "- auc of c, real_only, is undefined: the images are of one class only" in text
    summary = read_table(outputs["summary"])
    assert summary[["auc", "auc_low", "auc_high"]].isna().all().all()
    assert summary["specificity"].notna().all()
