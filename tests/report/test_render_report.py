"""The page holds what was found, in valid HTML, and asks nothing of the network."""

import html
import json
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from report_data import make_study_report, without
from synthmix.evaluate import wording
from synthmix.figures.catalogue import FIGURES
from synthmix.files import write_table
from synthmix.report.findings import find, find_classifiers
from synthmix.report.render_report import render_report
from synthmix.store import read_table

RAN_ON = {"versions": {"python": "3.11", "torch": "2.11"}, "device": "cpu", "threads": 1}
SCRIPT = "<script>alert(1)</script>"
NO_METRICS = pd.DataFrame(
    columns=["classifier", "mix", "seed", "fold", "split", "metric", "class", "value"]
)
VOID = {"meta", "img", "br", "hr", "input", "link", "col", "wbr", "source"}
BLOCKS = {"p", "div", "table", "ul", "dl", "figure", "section", "details", "pre", "h2", "h3", "h4"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Page(HTMLParser):
    """Every element of a page; fails on tags that do not pair up and on ids met twice."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.ids, self.text = [], [], set(), []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"<{tag}> has an attribute twice"
        assert not (tag in BLOCKS and "p" in self.open), f"<{tag}> inside <p>"
        self.elements.append((tag, attributes))
        if "id" in attributes:
            assert attributes["id"] not in self.ids
            self.ids.add(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return make_study_report(tmp_path_factory.mktemp("study"))


def render(tmp_path, *studies):
    output = tmp_path / "report.html"
    render_report(output, studies, RAN_ON)
    return output.read_text(encoding="utf-8")


def test_the_page_is_whole(report, tmp_path):
    text = render(tmp_path, report)
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    words = page.words()
    assert "Compared in accuracy with real images alone, synthetic images helped in" in words
    assert "Most accurate mix on validation images:" in words
    assert "UnidentifiedImageError" in words
    assert "images, not the 300,000 asked for" in words
    assert "torch 2.11" in words
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    # and the sheets of two classes, and three stages, of which two are tested
    assert len(images) == 2 + len(FIGURES) + 2 + 1
    assert all(image["alt"] for image in images)


def test_the_candidates_of_a_search_are_listed_the_best_first(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    assert "Search for settings of dcgan" in words
    rows = "1 chosen 2e-05 0.01234 2 1e-05 81.26 (70.1 to 90.4) \u2013 0.5"
    assert f"frechet distance {rows}" in words
    assert "was trained as the study has it" not in words
    kept = [replace(search, adopted=False) for search in report.searches]
    told = "Nothing follows from it: dcgan was trained as the study has it"
    assert told in Page(render(tmp_path, replace(report, searches=kept))).words()
    other = Page(
        render(
            tmp_path,
            without(
                report, "plot_search", "plot_candidate_tests", "plot_search_curves", searches=()
            ),
        )
    ).words()
    assert "How settings were chosen" not in other


def test_the_stages_of_a_classifiers_search_follow_one_another(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    told = words.split("Search for settings of vgg16")[1]
    assert told.startswith(" Macro f1 is of the validation images")
    assert "batch size macro f1 1 chosen 8 0.75 (0.6 to 0.9) 2 16 0.75" in told
    assert "epochs macro f1 1 chosen 5 0.75" in told


def test_the_answers_of_the_quiz_are_folded_away(report, tmp_path):
    text = render(tmp_path, report)
    folded = text.split("<summary>The answers for dcgan</summary>")[1].split("</details>")[0]
    assert "Real: 2, 3 and 5. Synthetic: 1 and 4." in folded
    assert "Which is which?" in text
    assert "Which is which?" not in render(tmp_path, without(report, "plot_quiz"))


def test_how_fast_images_are_read_is_shown_where_it_was_measured(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    assert "store 500 0.125 4,000.0 40.00 image folder 500 5 100.0 1.00" in words
    other = without(report, "plot_pipeline", pipeline=None)
    assert "How fast images are read" not in Page(render(tmp_path, other)).words()


def test_what_the_metadata_says_is_shown_where_there_is_a_census(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    assert "clinic 19 4 4.00 2 and 2 more in tables/census.csv" in words
    assert "left out used 44 50.00 44 <b>too dark</b> 44 50.00 0" in words
    other = without(report, "plot_census", census=None)
    assert "tables/census.csv" not in Page(render(tmp_path, other)).words()


@pytest.fixture(scope="module")
def classifiers_only(tmp_path_factory):
    """A cross-validated study without generators and mixes."""
    files = {"real_only": True, "folds": 3, "classifiers": ("resnet18", "cnn")}
    folder = tmp_path_factory.mktemp("study")
    return make_study_report(folder, files=files, title="Networks", description="", settings={})


def test_a_study_of_classifiers_says_nothing_of_mixes(classifiers_only, tmp_path):
    page = Page(render(tmp_path, classifiers_only))
    words = page.words()
    assert "How good are these classifiers?" in words
    assert "Best of 2 classifiers in accuracy of validation images: " in words
    for word in ("Generators", "generator", "mix", "Mixes", "synthetic", "verdict", "baseline"):
        assert word not in words.split()
    titles = {"Classifiers compared", "How sure the classifiers are", "What the classifiers see"}
    assert all(title in words for title in titles)
    assert "Compared in accuracy with real images" not in words
    assert "nan" not in words.lower().split()
    assert "None" not in words


def test_classifiers_are_compared_in_pairs(classifiers_only, tmp_path):
    words = Page(render(tmp_path, classifiers_only)).words()
    assert "1 of 1 pair: more accurate are resnet18 than cnn." in words
    assert "resnet18 \u2212 cnn resnet18 +0.100 (+0.020 to +0.180)" in words
    assert "31 12 0.032 0.043" in words


def test_without_evidence_no_classifier_is_better(classifiers_only):
    compared = read_table(classifiers_only.classifier_comparison).assign(better="can't tell yet")
    tables = (read_table(classifiers_only.summary), compared, read_table(classifiers_only.metrics))
    found = find_classifiers(*tables)
    assert found.best.startswith("No classifier is shown to be more accurate than another")
    assert found.counts == {}


def test_the_best_classifier_is_picked_on_validation_images(classifiers_only):
    summary = read_table(classifiers_only.summary)
    compared, metrics = (
        read_table(path)
        for path in (classifiers_only.classifier_comparison, classifiers_only.metrics)
    )
    by_test = summary.loc[summary["accuracy"].idxmax(), "classifier"]
    (other,) = set(summary["classifier"]) - {by_test}
    metrics = metrics[metrics["split"] != "validation"]
    found = find_classifiers(summary, compared, metrics)
    assert (found.picked_by, found.headline.split(": ")[1].split(",")[0]) == ("test", by_test)
    validation = metrics.assign(split="validation")
    validation["value"] = 0.7 + 0.1 * (validation["classifier"] == other)
    found = find_classifiers(summary, compared, pd.concat([metrics, validation]))
    assert found.picked_by == "validation"
    test = summary.set_index("classifier").loc[other, "accuracy"]
    start = f"Best of 2 classifiers in accuracy of validation images: {other}, accuracy {test:.3f}"
    assert found.headline.startswith(start)


def test_folds_are_explained_and_have_their_deviation(classifiers_only, report, tmp_path):
    words = Page(render(tmp_path, classifiers_only)).words()
    assert "Patients were dealt to 3 folds" in words
    assert "24 real images, each by the networks of the fold it is tested in" in words
    assert "Over the folds" in words
    assert "\u00b1 0.032" in words
    other = Page(render(tmp_path, report)).words()
    assert "folds" not in other
    assert "Patients were split first" in other


def test_repeats_are_told_and_that_an_official_test_part_stays(report, tmp_path):
    once = Page(render(tmp_path, report)).words()
    assert "The patients were split" not in once
    assert "each was trained once (seed 1)" in once
    often = replace(report, splits=3, generator_trainings=2, seeds=[1, 2], keeps_test=True)
    page = Page(render(tmp_path, often)).words()
    assert "2 times for each mix by each of 2 trainings of a generator in each of 3 splits" in page
    assert "The patients were split 3 times" in page
    assert "The official test part stays what it is" in page
    assert "means over 12 repeats" in page
    told = "3 splits of the patients, 2 trainings of each generator, seeds 1 and 2"
    assert f"the mean over the repeats ({told})" in page
    assert "Searches choose anew in each split" in page
    assert "official" not in Page(render(tmp_path, replace(often, keeps_test=False))).words()


def test_a_study_without_a_positive_class_has_measures_of_all_classes(tmp_path):
    files = {"positive_class": False, "classes": ("cat", "dog", "owl"), "real_only": True}
    study = make_study_report(tmp_path / "study", files=files)
    words = Page(render(tmp_path, study)).words()
    assert "classifier accuracy balanced accuracy macro F1 macro AUC vgg16 0." in words
    assert "is the one to be found" not in words
    assert "issed" not in words
    assert "None" not in words


def test_mixes_without_a_positive_class_are_judged_by_macro_f1(tmp_path):
    files = {"positive_class": False, "classes": ("cat", "dog", "owl")}
    study = make_study_report(tmp_path / "study", files=files)
    text = render(tmp_path, study)
    assert "The macro F1 on the real test images" in text
    assert ", macro F1 0." in find(read_table(study.summary), read_table(study.metrics)).best


def test_what_is_undefined_is_a_dash_with_its_reason(tmp_path):
    files = {"with_nan": True, "real_only": True}
    study = make_study_report(tmp_path / "study", files=files)
    words = Page(render(tmp_path, study)).words()
    assert "A dash stands for what is undefined." in words
    assert "AUC: the images are of one class only" in words
    assert "No classifier could be judged." in words


def test_what_is_undefined_in_a_fold_is_told_below_the_folds(classifiers_only, tmp_path):
    metrics = read_table(classifiers_only.metrics)
    undefined = (metrics["fold"] == "mean") & (metrics["metric"] == "sensitivity")
    metrics.loc[undefined, ["value", "deviation"]] = float("nan")
    metrics["undefined"] = metrics["undefined"].astype(object)
    metrics.loc[undefined, "undefined"] = "fold 2: there are no positives"
    write_table(tmp_path / "metrics.csv", metrics)
    study = replace(classifiers_only, metrics=tmp_path / "metrics.csv")
    before, after = Page(render(tmp_path, study)).words().split("Over the folds")
    told = "A dash stands for what is undefined. sensitivity: fold 2: there are no positives."
    assert told in after
    assert told not in before


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (0.5, ""),
        (None, ""),
        (0.3, "from a probability of 0.3 on"),
        ({"sensitivity": 0.9}, "finds 90% of them among the validation images"),
        ({"sensitivity": 0.925}, "finds 92.5% of them among the validation images"),
    ],
)
def test_another_threshold_than_the_likelier_class_is_told(threshold, said):
    told = wording.decision(threshold, "cancer")
    assert said in told
    assert bool(told) == bool(said)


@pytest.mark.parametrize("study", ["report", "classifiers_only"])
def test_every_table_has_a_heading_for_each_column(study, request, tmp_path):
    columns = 0
    for tag, attributes in Page(render(tmp_path, request.getfixturevalue(study))).elements:
        if tag == "thead":
            columns = 0
        elif attributes.get("scope") == "col":
            columns += 1
        elif attributes.get("scope") == "rowgroup":
            assert int(attributes["colspan"]) == columns


def test_the_command_that_traces_a_number_is_told(report, tmp_path):
    first = read_table(report.summary).iloc[0]
    names = f"--study {report.name} --dataset {report.dataset} --classifier {first['classifier']}"
    for scale in ("demo", "paper", "rehearsal"):
        said = Page(render(tmp_path, replace(report, scale=scale))).words()
        assert f"trace.py --scale {scale} {names} --mix {first['mix']} --metric accuracy" in said


def test_the_same_study_gives_the_same_page(report, tmp_path):
    assert render(tmp_path, report) == render(tmp_path, report)


def test_nothing_is_loaded_from_elsewhere(report, tmp_path):
    text = render(tmp_path, report)
    for tag, attributes in Page(text).elements:
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        for name in ("src", "href", "srcset", "poster", "data", "action"):
            assert attributes.get(name, "#").startswith(("data:image/", "#"))
    assert "url(" not in text
    assert "@import" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_links_lead_somewhere(report, tmp_path):
    page = Page(render(tmp_path, report, make_study_report(tmp_path / "other", title="Other")))
    targets = {attributes["href"][1:] for tag, attributes in page.elements if tag == "a"}
    assert targets
    assert targets <= page.ids


def test_contents_are_listed_for_more_than_one_study(report, tmp_path):
    assert "Contents" not in Page(render(tmp_path, report)).words()
    assert "Contents" in Page(render(tmp_path, report, report)).words()


def test_demo_is_said_if_and_only_if_it_is_one(report, tmp_path):
    warning = "they say nothing about medicine"
    assert warning in Page(render(tmp_path, report)).words()
    other = make_study_report(tmp_path / "other", scale="paper")
    assert "demo" not in Page(render(tmp_path, other)).words().lower()
    rehearsed = make_study_report(tmp_path / "rehearsed", scale="rehearsal")
    words = Page(render(tmp_path, rehearsed)).words()
    assert "No number here means anything" in words
    assert warning not in words


def test_names_are_escaped(tmp_path):
    hostile = make_study_report(
        tmp_path / "study",
        files={"classes": (SCRIPT, '"><img src=x>'), "generators": (SCRIPT,)},
        name=SCRIPT,
        dataset=SCRIPT,
        title=SCRIPT,
        description=SCRIPT,
        positive_class=SCRIPT,
        settings={SCRIPT: SCRIPT},
    )
    text = render(tmp_path, hostile, hostile)
    page = Page(text)
    assert SCRIPT not in text
    assert SCRIPT in page.words()
    assert all(attributes.get("src") != "x" for _, attributes in page.elements)


@pytest.mark.parametrize(
    "files",
    [
        {"only_mix": True},
        {"with_nan": True},
        {"classes": tuple(f"class{i}" for i in range(10))},
        {"generators": ("dcgan", "stylegan2_ada"), "classifiers": ("vgg16", "resnet50")},
        {"selections": ("undersampled", "tomek")},
    ],
    ids=["one mix", "nan", "ten classes", "several", "selections"],
)
def test_other_studies_are_shown_too(files, tmp_path):
    study = make_study_report(tmp_path / "study", files=files)
    words = Page(render(tmp_path, study)).words()
    assert "nan" not in words.lower().split()
    assert "None" not in words


def test_a_study_without_rejected_images_says_so(report, tmp_path):
    empty = tmp_path / "rejected.csv"
    write_table(empty, read_table(report.rejected).head(0))
    study = make_study_report(tmp_path / "study", rejected=empty)
    assert "Every image could be read" in Page(render(tmp_path, study)).words()


def test_licence_and_citation_of_a_published_data_set_are_shown(tmp_path):
    about = dict.fromkeys(("title", "licence", "citation", "homepage"), "")
    about |= {"licence": "CC BY 4.0 <b>", "citation": "Someone 2020"}
    fetched = tmp_path / "fetched.json"
    fetched.write_text(json.dumps({"root": "x", "about": about}))
    study = make_study_report(tmp_path / "study", fetched=fetched)
    words = Page(render(tmp_path, study)).words()
    assert "Licence: CC BY 4.0 <b>" in words
    assert "To be cited: Someone 2020" in words


def test_published_values_stand_beside_ours_with_their_footnotes(report, tmp_path):
    text = render(tmp_path, report)
    words = Page(text).words()
    assert "they are not expected to agree with what the source got" in words
    assert "Table 6: final <i>test</i> 1 of 2 agree, 1 of 3 without a value here" in words
    assert "The source counts normal as positive." in words
    assert "none: this study has no classifier cnn_of_theirs" in words
    assert "0.5 in <b>another</b> place." in words
    assert "Figure 5.10 1 of 1 without a value here" in words
    assert "<b>another" not in text
    assert "<i>test" not in text
    other = without(report, "plot_published", "plot_published_curves", published=None)
    assert "Beside the published values" not in Page(render(tmp_path, other)).words()


def test_what_departs_from_the_source_is_said_above_its_values(report, tmp_path):
    one = {"what": "They took <b>256.", "why": "No memory.", "effect": "Little.", "table": "6"}
    more = {"published_values": "context", "deviations": [one, one | {"table": None}]}
    words = Page(render(tmp_path, replace(report, settings={**report.settings, **more}))).words()
    text = "They took <b>256. Why: No memory. Likely effect: Little."
    heading = "Where this study is known to depart from its source: 2 places"
    assert f"{heading} Table 6: {text} {text}" in words
    assert f"Here otherwise: {text}" in words
    assert "This study follows another protocol than its source." in words
    assert "Inside: whether" not in words


def test_scores_of_all_classes_together_are_shown(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    assert "frechet distance own features" in words
    assert words.count("held out real") == 2
    assert "(few images)" in words
    assert "0.500 (0.40\u20130.60)" in words


def test_pairs_of_mixes_and_families_are_told(report, tmp_path):
    table = read_table(report.comparison)
    first, second = table["mix"].unique()[:2]
    pair = table[table["mix"] == first].head(1)
    pair = pair.assign(baseline=second, family="pairs", verdict="better", p_adjusted=0.02)
    table.loc[0, "family"] = "question"
    write_table(tmp_path / "comparison.csv", pd.concat([table, pair]))
    changed = replace(report, comparison=tmp_path / "comparison.csv")
    page = Page(render(tmp_path, changed)).words()
    assert "Two mixes with each other" in page
    assert "the number of comparisons of a kind: 1 that the study asks for." in page
    assert "adjusted among" in page
    others = f"mixes (exploratory: named in no family of the study) has {len(table) - 1}."
    assert f"question has 1, {others}" in page
    plain = Page(render(tmp_path, report)).words()
    assert "Two mixes with each other" not in plain
    assert "adjusted among" not in plain


def test_what_synthetic_images_are_worth_is_told_with_its_curves(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    mix = "cancer 30 / normal 70"
    assert "What synthetic images are worth" in words
    assert ": as good as 35% more patients (10% more to 80% more)." in words
    assert ": better than 300% more patients." in words
    assert "they are about these trained networks, and other trainings would give other" in words
    assert mix in words
    several = Page(render(tmp_path, replace(report, splits=3))).words()
    assert "intervals, over patients and training sets." in several
    figures = {name: f for name, f in report.figures.items() if name != "plot_learning_curve"}
    none = replace(report, learning_curve=None, figures=figures)
    assert "What synthetic images are worth" not in Page(render(tmp_path, none)).words()


def test_a_page_without_mixes_of_real_images_alone(tmp_path):
    report = make_study_report(tmp_path / "mixes")
    found = {name: read_table(getattr(report, name)) for name in ("summary", "mixes", "comparison")}
    found = {
        name: table[table["kind"] != "real_only"] if "kind" in table else table
        for name, table in found.items()
    }
    judged = [
        c for c in found["summary"] if c in ("verdict", "p_adjusted") or c.startswith("difference")
    ]
    found["summary"] = found["summary"].assign(**dict.fromkeys(judged))
    found["comparison"] = (
        found["comparison"]
        .head(1)
        .assign(family="pairs", verdict="better", baseline=found["mixes"]["mix"].iloc[-1])
    )
    for name, table in found.items():
        write_table(tmp_path / f"{name}.csv", table)
    changed = replace(report, **{name: tmp_path / f"{name}.csv" for name in found})
    page = Page(render(tmp_path, changed)).words()
    assert (
        "No mix was compared with real images alone. Most accurate mix on validation images: "
        in page
    )
    assert "0 of real images only" in page
    assert "Right of the line of two mixes it is the first that did better." in page
    assert "The baseline of a mix" not in page
    assert "A dotted line" not in page


def test_the_page_names_the_measure_of_the_verdict(classifiers_only, report, tmp_path):
    files = {"judged_by": "macro_f1", "classifiers": ("vgg16", "cnn")}
    words = Page(render(tmp_path, make_study_report(tmp_path / "mixes", files=files))).words()
    assert "Compared in macro F1 with real images alone, synthetic images helped in" in words
    assert "Best mix in macro F1 on validation images: " in words
    assert "only mix right" in words
    assert "adjusted p" in words
    assert "difference in macro F1" in words
    assert "difference in macro F1 in accuracy in AUC" in words
    assert "F1 AUC macro F1 missed cancer" in words
    assert "A verdict is about macro F1 and decided in this order" in words
    assert "randomisation test" in words
    for phrase in ("McNemar", "in accuracy with", "most accurate", "evidence in accuracy"):
        assert phrase not in words
    usual = Page(render(tmp_path, report)).words()
    assert "McNemar" in usual
    assert "randomisation" not in usual
    files = {"judged_by": "balanced_accuracy", "real_only": True, "classifiers": ("vgg16", "cnn")}
    study = make_study_report(tmp_path / "pairs", files=files)
    words = Page(render(tmp_path, study)).words()
    assert "Best of 2 classifiers in balanced accuracy: " in words
    assert "a difference in balanced accuracy in 1 of 1 pair: better are vgg16 than cnn." in words
    assert "in balanced accuracy in accuracy in macro F1 in AUC" in words
    pairs = read_table(study.classifier_comparison).assign(better="can't tell yet")
    found = find_classifiers(read_table(study.summary), pairs, read_table(study.metrics))
    assert "No classifier is shown to be better than another in balanced accuracy, in" in found.best


def test_the_number_of_duplicates_is_told(report, tmp_path):
    duplicates = tmp_path / "duplicates.csv"
    write_table(duplicates, read_table(report.split).head(3))
    study = make_study_report(tmp_path / "study", duplicates=duplicates)
    assert "3 images are, once prepared, the same" in Page(render(tmp_path, study)).words()


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ([], "No mix was compared"),
        (["hurts"], "hurt in the only mix compared"),
        (
            ["can't tell yet"] * 3,
            "images help or hurt in accuracy can't be told yet from any of 3 mixes",
        ),
        (["can't tell yet"], "can't be told yet from the only mix compared."),
        (["makes no difference"], "synthetic images made no difference in the only mix compared"),
        (["helps", "hurts"], "helped in 1 of 2 mixes and hurt in 1."),
        (
            ["hurts", "can't tell yet", "too small to matter", "makes no difference"],
            "helped in 0 of 4 mixes, hurt in 1 and made no difference in 2; in 1 it can't be told",
        ),
    ],
)
def test_the_headline_counts_verdicts(verdicts, headline):
    rows = [
        (f"mix{i}", "synthetic_mix", f"g{i}", "", "a 50 / b 50", 0.0, 0.7, 0.6, 0.8, verdict)
        for i, verdict in enumerate([*verdicts, None])
    ]
    names = ["mix", "kind", "generator", "selection", "class_shares", "real_share"]
    names += ["accuracy", "accuracy_low", "accuracy_high", "verdict"]
    summary = pd.DataFrame(rows, columns=names).assign(classifier="vgg16")
    summary[["auc", "auc_low", "auc_high"]] = 0.8, 0.7, 0.9
    summary["missed_positives"], summary["addition"] = 3, ""
    summary["scope"] = ""
    assert headline in find(summary, NO_METRICS).headline


def test_selections_are_told_apart_from_synthetic_images(report, tmp_path):
    assert "selections of real images" not in Page(render(tmp_path, report)).words()
    files = {"selections": ("undersampled", "tomek")}
    study = make_study_report(tmp_path / "study", files=files)
    words = Page(render(tmp_path, study)).words()
    assert "9 with synthetic images, 6 of selected real images only, 3 of real images only" in words
    assert "synthetic images helped in" in words
    assert " of 9 mixes" in words
    assert " of 6 mixes" in words
    assert words.count("tomek, real only") >= 2 * 3  # composition, results and comparison


def test_one_selection_is_a_sentence():
    row = {"mix": "m", "kind": "selected_real", "generator": "", "selection": "tomek"}
    row |= {"class_shares": "a 50 / b 50", "real_share": 1.0, "classifier": "vgg16"}
    row |= {f"{name}{part}": 0.8 for name in ("accuracy", "auc") for part in ("", "_low", "_high")}
    row |= {"missed_positives": 3, "addition": ""}
    found = find(pd.DataFrame([row | {"verdict": "hurts", "scope": ""}]), NO_METRICS)
    assert found.headline == "In accuracy, selections of real images hurt in the only mix compared."
    assert found.selections == ""
    none = dict.fromkeys(("helps", "makes no difference", "can't tell yet"), 0)
    assert found.counts == none | {"hurts": 1}
    assert found.best.startswith("Most accurate mix: tomek, real")


def test_the_best_mix_is_picked_by_validation_images(report):
    summary, metrics = read_table(report.summary), read_table(report.metrics)
    mixes = summary[summary["kind"] == "synthetic_mix"]
    worst = mixes.loc[mixes["accuracy"].idxmin()]
    own = (metrics["mix"] == worst["mix"]) & (metrics["classifier"] == worst["classifier"])
    metrics.loc[own & (metrics["split"] == "validation"), "value"] = 1.0
    found = find(summary, metrics)
    assert found.picked_by == "validation"
    assert found.best.startswith("Most accurate mix on validation images: ")
    assert f"accuracy {worst['accuracy']:.3f} (" in found.best
    metrics = metrics[~(own & (metrics["split"] == "validation"))]
    found = find(summary, metrics)
    assert found.picked_by == "test"
    assert f"accuracy {mixes['accuracy'].max():.3f} (" in found.best


def test_one_training_of_each_is_told(report, tmp_path):
    words = Page(render(tmp_path, report)).words()
    assert "These verdicts are about these trained networks alone, on new patients." in words
    assert "Trained again, they might come out otherwise" in words


def test_what_it_would_take_stands_beside_what_cant_be_told(report, tmp_path):
    table = read_table(report.comparison).assign(
        verdict="can't tell yet", needs="about 140 more test patients, or 4 more splits"
    )
    write_table(tmp_path / "comparison.csv", table)
    page = Page(render(tmp_path, replace(report, comparison=tmp_path / "comparison.csv")))
    assert "it would take about 140 more test patients, or 4 more splits" in page.words()


def test_the_best_mix_is_named_beside_its_baseline(report):
    summary = read_table(report.summary)
    mixes = summary[summary["kind"] == "synthetic_mix"]
    best = mixes.loc[mixes["accuracy"].idxmax()]
    baseline = summary[
        (summary["kind"] == "real_only") & (summary["class_shares"] == best["class_shares"])
    ]
    assert f"accuracy {best['accuracy']:.3f} (" in find(summary, read_table(report.metrics)).best
    assert f"AUC {best['auc']:.3f} (" in find(summary, read_table(report.metrics)).best
    assert (
        f"class shares: accuracy {baseline['accuracy'].item():.3f} ("
        in find(summary, read_table(report.metrics)).best
    )


def test_numbers_are_written_for_people():
    assert wording.interval(0.8123, 0.74, 0.88) == ("0.812", "(0.74\u20130.88)")
    assert wording.interval(0.8123, 0.8011, 0.8234) == ("0.812", "(0.801\u20130.823)")
    assert wording.interval(float("nan"), None, None) == ("\u2013", "")
    assert wording.signed_interval(-0.01, -0.05, 0.03) == (
        "\u22120.010",
        "(\u22120.050 to +0.030)",
    )
    assert wording.count(16800) == "16,800"
    assert wording.count(12.5) == "12.5"
    assert wording.p_value(0.0004) == "< 0.001"
    assert wording.listed([1, 2, 3]) == "1, 2 and 3"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_nothing_sticks_out_on_a_phone(report, tmp_path):
    """The page is put in a frame as wide as a phone: windows of Chromium can't be that narrow."""
    several = make_study_report(
        tmp_path / "study",
        files={
            "classes": tuple(f"class_{i}_{'of_a_long_name' * 3}" for i in range(6)),
            "classifiers": ("vgg16", "resnet50"),
        },
        title="An-unusually-long-title-without-any-place-to-break-" * 2,
    )
    frame = html.escape(render(tmp_path, report, several))
    wrapper = tmp_path / "phone.html"
    wrapper.write_text(
        f'<!DOCTYPE html><body style="margin:0"><p id="widths"></p>'
        f'<iframe width="390" height="844" style="border:0" srcdoc="{frame}"></iframe><script>'
        "const frame = document.querySelector('iframe');"
        "frame.onload = () => { document.getElementById('widths').textContent ="
        "`${frame.contentDocument.documentElement.scrollWidth} ${frame.contentWindow.innerWidth}`"
        "};</script></body>"
    )
    document = chromium(tmp_path, "--dump-dom", wrapper.as_uri())
    needed, available = document.split('id="widths">')[1].split("<")[0].split()
    assert available == "390"
    assert int(needed) <= 390
    screenshot = tmp_path / "phone.png"
    chromium(tmp_path, f"--screenshot={screenshot}", "--window-size=500,844", wrapper.as_uri())
    assert screenshot.stat().st_size > 10000


def chromium(tmp_path, *arguments):
    """Run Chromium without a window and return what it prints."""
    quiet = "no-first-run disable-gpu disable-quic disable-background-networking disable-sync"
    options = [f"--{option}" for option in f"{quiet} disable-component-update".split()]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [CHROMIUM, "--headless", "--no-sandbox", profile, *options, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_a_leak_is_told_wherever_the_other_way_is(report, tmp_path):
    settings = {**report.settings, "leakage": "as_published"}
    words = Page(render(tmp_path, replace(report, settings=settings))).words()
    leak = "Test images were seen in training (leakage: as_published)"
    finding, cautions, method = (words.index(leak + end) for end in (":", ". Gen", ". Images,"))
    assert finding < words.index("Most accurate mix") < cautions < method
    assert "of patients that no model has seen, except where it says otherwise." in words
    kept_apart = ("Patients were split first", "validation patients", "nothing can be expected")
    other = Page(render(tmp_path, report)).words()
    assert all(text in other and text not in words for text in kept_apart)
    assert "leakage" not in other
    assert "otherwise." not in other


def test_a_split_by_image_and_what_learns_from_all_are_told(report, tmp_path):
    """No more than is so: test images themselves were trained on by that generator alone."""
    generators = {"every": {"model": "dcgan", "learns_from": "all"}}
    settings = {**report.settings, "leakage": "by_image", "generators": generators}
    words = Page(render(tmp_path, replace(report, settings=settings))).words()
    assert "Other images of test patients were seen in training (leakage: by_image)" in words
    assert "no image is in two splits, and patients may be" in words
    assert "every learned from all images, test images among them" in words
    assert "used by nothing but generators that learn from all images:" in words
    assert "Patients were split first" not in words
    assert "test images are among those of training and validation too" not in words
    assert "drawn from all of them once more" not in words
