import json

import pandas as pd
import pytest

from published_data import printed, write_published
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED
from synthmix.published.compare_published import WRITTEN, compare_published
from synthmix.published.protocol import Protocol
from synthmix.published.results import Results
from synthmix.published.sections import measure_text, read_comparison, sections, value_text

KEY = {"classifier": "c", "mix": "m", "split": "test"}


@pytest.fixture
def compared(tmp_path):
    """The table and the page of four values in two tables of a source."""
    rows = [
        ("accuracy", 0.5, 0.4, 0.6),
        ("published_way_f1", 0.7, 0.6, 0.8),
    ]
    columns = ["metric", "value", "low", "high"]
    known = {"classifier": "c", "mix": "m", "seed": "all", "fold": "all", "split": "test"}
    write_table(
        tmp_path / "metrics.csv",
        pd.DataFrame(rows, columns=columns).assign(**known, **{"class": ""}),
    )
    published = write_published(
        tmp_path / "p.csv",
        [
            printed("5.10", "metrics", "accuracy", 0.55, **KEY, note="0.6 | elsewhere <b>"),
            printed("5.10", "metrics", "published_way_f1", 0.9, **KEY),
            printed("5.10", "metrics", "accuracy", 0.5, dataset="other", **KEY),
            printed("5.1", "metrics", "accuracy", 0.4, 0.45, **KEY | {"classifier": "gone"}),
            printed("figure 2", "none", note="A picture."),
        ],
        {"5.10": ("the last one", "Normal is positive.")},
    )
    results = Results(["c"], ["m"], [], 0.9, metrics=tmp_path / "metrics.csv")
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", scale="demo")
    return read_comparison(tmp_path / "o.csv"), (tmp_path / "o.md").read_text()


def test_each_value_stands_beside_ours(compared):
    table, _ = compared
    assert list(table.columns) == list(WRITTEN)
    assert table["table"].tolist() == ["5.10", "5.10", "5.1", "figure 2"]
    assert table["inside"].tolist() == ["yes", "no", "not comparable", "not comparable"]
    assert table["title"].tolist()[0] == "the last one"
    numbers = table.loc[:1, ["published_low", "ours_low", "low", "high", "difference"]]
    assert numbers.astype(float).round(6).to_numpy().tolist() == [
        [0.55, 0.5, 0.4, 0.6, -0.05],
        [0.9, 0.7, 0.6, 0.8, -0.2],
    ]
    assert table["why_absent"].tolist() == [
        *("", "", "this study has no classifier gone for the data set", "A picture."),
    ]


def test_the_page_has_a_section_a_table_with_escaped_footnotes(compared):
    _, page = compared
    assert "numbers of the demo, on drawn data" in page
    assert "90% interval" in page
    assert "## Table 5.10: the last one\n\nNormal is positive." in page
    assert "Classifier: c, training set: m, images: test." in page
    assert "| accuracy | 0.55 [1] | 0.5 (0.4 to 0.6) | \u22120.05 | yes |" in page
    assert "| F1 (source's way) | 0.9 | 0.7 (0.6 to 0.8) | \u22120.2 | no |" in page
    assert "1. 0.6 \\| elsewhere &lt;b>" in page
    assert "| accuracy | 0.4 to 0.45 | none: this study has no classifier gone" in page
    assert "## Figure 2\n" in page


def test_results_of_images_that_were_trained_on_say_so(tmp_path):
    published = write_published(tmp_path / "p.csv", [printed("1", "none", note="A picture.")])
    files = (tmp_path / "o.csv", tmp_path / "o.md")
    results = Results([], [], [], 0.95)
    compare_published(published, "d", results, *files, scale="paper", leakage=AS_PUBLISHED)
    assert read_comparison(files[0])["leakage"].tolist() == [AS_PUBLISHED]
    assert "**Test images were seen in training" in files[1].read_text()


def test_sections_say_how_many_agree(compared):
    table, _ = compared
    assert [(section.heading, section.counts) for section in sections(table)] == [
        ("Table 5.10: the last one", "1 of 2 agree"),
        ("Table 5.1", "1 of 1 without a value here"),
        ("Figure 2", "1 of 1 without a value here"),
    ]


def test_what_tells_lines_apart_is_a_column(tmp_path):
    rows = [printed("B.1", "images", "images", 1.0, split=split) for split in ("train", "test")]
    published = write_published(tmp_path / "p.csv", rows)
    write_table(tmp_path / "split.csv", pd.DataFrame({"split": ["train"], "label": ["a"]}))
    results = Results([], [], [], 0.95, split=tmp_path / "split.csv")
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", scale="paper")
    (section,) = sections(read_comparison(tmp_path / "o.csv"))
    assert section.heading == "Table B.1"
    assert section.keys == {"split": "images"}
    assert [line.keys["split"] for line in section.lines] == ["train", "test"]
    assert [line.inside for line in section.lines] == ["yes", "no"]
    assert "numbers of the demo" not in (tmp_path / "o.md").read_text()


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("", "", "\u2013"),
        ("119558147.0", "119558147.0", "119,558,147"),
        ("0.99", "1.0", "0.99 to 1"),
        ("0.0002", "0.0002", "0.0002"),
        ("-0.04", "-0.04", "\u22120.04"),
        ("vgg16", "vgg16", "vgg16"),
    ],
)
def test_values_as_text(low, high, text):
    assert value_text(low, high) == text


def test_names_of_measures():
    assert measure_text("macro_f1") == "macro F1"
    assert measure_text("published_way_recall") == "recall (source's way)"


def test_which_images_of_the_metadata_are_counted_stands_beside_each_number(tmp_path):
    images_of = ("diagnosis=nevus; collection!=SONIC", "diagnosis=scar")
    rows = [printed("3", "census", "images", 1.0, candidate=name) for name in images_of]
    census = pd.DataFrame({"collection": ["MSK-1", "SONIC"], "diagnosis": "nevus"})
    write_table(tmp_path / "census.csv", census)
    results = Results([], [], [], 0.95, census=tmp_path / "census.csv")
    published = write_published(tmp_path / "p.csv", rows)
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", scale="paper")
    (section,) = sections(read_comparison(tmp_path / "o.csv"))
    lines = [(line.keys["candidate"], line.inside, line.why_absent) for line in section.lines]
    assert lines == [
        ("diagnosis nevus, collection not SONIC", "yes", ""),
        ("diagnosis scar", "not comparable", "our metadata lists no image of diagnosis scar"),
    ]


def metrics_of(folder, *rows):
    """Write metrics of test images: classifier, mix, value, low and high of an accuracy."""
    known = {"seed": "all", "fold": "all", "split": "test", "class": "", "metric": "accuracy"}
    columns = ["classifier", "mix", "value", "low", "high"]
    write_table(folder / "metrics.csv", pd.DataFrame(rows, columns=columns).assign(**known))
    return folder / "metrics.csv"


def compared_with(folder, rows, results, **others):
    published = write_published(folder / "p.csv", rows)
    files = (folder / "o.csv", folder / "o.md")
    compare_published(published, "d", results, *files, scale="paper", **others)
    return read_comparison(files[0]), files[1].read_text()


DEVIATION = {"what": "They took 256.", "why": "No memory | here.", "effect": "Little."}


def test_beside_another_protocol_values_are_context(tmp_path):
    metrics = metrics_of(tmp_path, ("c", "m", 0.5, 0.4, 0.6))
    rows = [
        printed("1", "metrics", "accuracy", 0.55, **KEY),
        printed("1", "metrics", "accuracy", 0.9, **KEY),
        printed("1", "metrics", "f1", 0.9, **KEY),
    ]
    results = Results(["c"], ["m"], [], 0.95, metrics=metrics)
    context = Protocol.of_settings({"published_values": "context"})
    table, page = compared_with(tmp_path, rows, results, protocol=context)
    assert table["inside"].tolist() == ["another protocol", "another protocol", "not comparable"]
    assert table["ours_low"].tolist()[:2] == ["0.5", "0.5"]
    assert "**This study follows another protocol than its source." in page
    assert "| 0.55 | 0.5 (0.4 to 0.6) | \u22120.05 | another protocol |" in page
    assert "Inside: whether" not in page
    assert " yes " not in page
    (section,) = sections(table, context)
    assert section.counts == "2 of another protocol, 1 of 3 without a value here"


def test_what_departs_from_the_source_heads_the_page_and_foots_its_tables(tmp_path):
    rows = [printed(table, "none", note="A picture.") for table in ("5.1", "5.10")]
    settings = {"deviations": [DEVIATION | {"table": "5.1"}, DEVIATION | {"table": None}]}
    protocol = Protocol.of_settings(settings)
    results = Results([], [], [], 0.95)
    table, page = compared_with(tmp_path, rows, results, protocol=protocol)
    heading = "## Where this study is known to depart from its source: 2 places"
    text = "They took 256. Why: No memory \\| here. Likely effect: Little."
    assert f"{heading}\n\n- Table 5.1: {text}\n- {text}\n" in page
    assert page.index(heading) < page.index("Ours stands with")
    first, second = page.split("## Table 5.10")
    assert f"Here otherwise: {text}" in first
    assert "Here otherwise" not in second
    assert [len(section.departures) for section in sections(table, protocol)] == [1, 0]


def test_a_range_says_which_of_ours_are_not_in_it(tmp_path):
    metrics = metrics_of(
        tmp_path,
        ("a", "m", 0.9, 0.88, 0.92),
        ("b", "m", 0.8, 0.78, 0.82),
        ("c", "m", 0.2, 0.1, 0.3),
        ("d", "other", 0.1, 0.0, 0.2),
    )
    results = Results(["a", "b", "c", "d"], ["m"], [], 0.95, metrics=metrics)
    key = {"mix": "m", "split": "test"}
    rows = [
        printed("1", "metrics", "accuracy", 0.79, 0.91, classifier="!c", **key),
        printed("1", "metrics", "accuracy", 0.15, 0.91, **key),
        printed("1", "metrics", "accuracy", 0.79, 0.91, classifier="a; b", **key),
    ]
    table, page = compared_with(tmp_path, rows, results)
    assert table["inside"].tolist() == ["yes", "yes", "yes"]
    assert table["ours_low"].astype(float).tolist() == [0.8, 0.2, 0.8]
    assert table["left_out"].tolist() == [
        "c, as in the source; d, not trained so",
        "d, not trained so",
        "c, as in the source; d, as in the source",
    ]
    assert table["difference"].astype(float).round(6).tolist() == [0.01, 0.05, 0.01]
    assert table["difference_high"].astype(float).round(6).tolist() == [-0.01, -0.01, -0.01]
    assert "1. Left out of our range: c, as in the source; d, not trained so." in page
    assert "| all but c | accuracy | 0.79 to 0.91 | 0.8 to 0.9 (0.78 to 0.92) [1] | +0.01, " in page


# What ours was trained with


def search_table(folder, *rows):
    columns = ["stage", "settings", "score", "value", "low", "high", "test_accuracy", "chosen"]
    own = [(*row[:2], "accuracy", 0.5, "", "", *row[2:]) for row in rows]
    write_table(folder / "search.csv", pd.DataFrame(own, columns=columns))
    return {("classifiers", "best"): folder / "search.csv"}


@pytest.fixture
def stages(tmp_path):
    """Results of a search in two stages that chose VGG-16 and of what goes on from it."""
    chosen = tmp_path / "stage2.json"
    settings = {"network": "vgg16", "batch_size": 64, "learning_rate": 0.001}
    chosen.write_text(json.dumps({"candidate": "x", "settings": settings}))
    base = {"network": "vgg16", "batch_size": 32, "learning_rate": 0.001, "dropout": 0.5}
    own = {"learning_rate": 1e-5, "augmentation": {"zoom": 0.1}}
    names = ["best", "fine_tuned"]
    return Results(
        names,
        ["m"],
        [],
        0.95,
        metrics=metrics_of(tmp_path, *((name, "m", 0.5, 0.4, 0.6) for name in names)),
        searches=search_table(
            tmp_path,
            (1, "network: vgg16, batch_size: 64", 0.5, True),
            (1, "network: resnet50, batch_size: 64", 0.6, False),
            (2, "learning_rate: 0.001", 0.5, True),
        ),
        settings={
            "classifiers": {
                "best": {"base": base, "own": {}, "origin": "best"},
                "fine_tuned": {"base": base, "own": own, "origin": "best"},
            }
        },
        chosen={("classifiers", name): chosen for name in names},
    )


def chose(**settings):
    return [printed("5", "parameters", k, v, classifier="best") for k, v in settings.items()]


def test_what_our_search_chose_otherwise_is_not_comparable(stages, tmp_path):
    of_test = {"mix": "m", "split": "test"}
    rows = [
        *chose(network="resnet50", batch_size=64.0, learning_rate=0.01, dropout=0.9),
        printed("6", "metrics", "accuracy", 0.9, classifier="best", **of_test),
        printed("6", "metrics", "accuracy", 0.9, classifier="fine_tuned", **of_test),
    ]
    table, page = compared_with(tmp_path, rows, stages)
    # a setting is itself as it is printed or not
    assert table["inside"].tolist() == ["no", "yes", "no", "no", "not comparable", "not comparable"]
    assert table["why_not_comparable"].tolist()[4:] == [
        "the source has network resnet50, best here vgg16; "
        "the source has learning rate 0.01, best here 0.001",
        "the source has network resnet50, fine_tuned here vgg16",
    ]
    assert table["ours_low"].tolist()[4] == "0.5"
    assert "| not comparable [1] |" in page
    assert "1. the source has network resnet50" in page


def test_of_the_same_settings_values_are_judged(stages, tmp_path):
    rows = [
        *chose(network="vgg16", batch_size=64.0),
        *chose(batch_size=128.0),  # a source that contradicts itself is met by either
        printed("6", "metrics", "accuracy", 0.9, classifier="best", mix="m", split="test"),
    ]
    table, _ = compared_with(tmp_path, rows, stages)
    assert table["inside"].tolist() == ["yes", "yes", "no", "no"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("dropout=0.5; batch_size=64", ""),
        ("augmentation.zoom=0.2", "the source has augmentation, zoom 0.2, fine_tuned here 0.1"),
        ("batch_size=32", "the source has batch size 32, fine_tuned here 64"),
        ("mixup.alpha=0.2", "the source has mixup, alpha 0.2, fine_tuned here none"),
        ("mixup.alpha=0; mixup=null", ""),
        ("batchsize=64", "the source has batchsize 64, fine_tuned here none"),
    ],
)
def test_a_value_may_name_the_settings_it_is_of(stages, tmp_path, settings, why):
    key = {"classifier": "fine_tuned", "mix": "m", "split": "test"}
    row = printed("6", "metrics", "accuracy", 0.9, **key, candidate=settings)
    table, _ = compared_with(tmp_path, [row], stages)
    assert table["why_not_comparable"].tolist() == [why]
    assert table["inside"].tolist() == ["not comparable" if why else "no"]


def test_a_candidate_goes_on_from_what_earlier_stages_chose(stages, tmp_path):
    def row(stage, candidate):
        key = {"classifier": "best", "stage": stage, "split": "test"}
        return printed("6", "search", "accuracy", 0.5, candidate=candidate, **key)

    first = "network=resnet50; batch_size=64"
    rows = [*chose(network="resnet50"), row("1", first), row("2", "learning_rate=0.001")]
    table, _ = compared_with(tmp_path, rows, stages)
    # the first stage tries it itself, the second one goes on from another network
    assert table["why_not_comparable"].tolist() == [
        *("", "", "the source has network resnet50, best here vgg16"),
    ]
    named = [row("2", "learning_rate=0.001; network=vgg16"), row("2", "learning_rate=1")]
    table, _ = compared_with(tmp_path, named, stages)
    assert table["why_not_comparable"].tolist() == ["", ""]
    assert table["why_absent"].tolist() == ["", "no candidate of stage 2 has learning_rate=1"]
