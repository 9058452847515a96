import pandas as pd
import pytest

from published_data import printed, write_published
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED
from synthmix.published.compare_published import WRITTEN, compare_published
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
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", demo=True)
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
    compare_published(published, "d", results, *files, demo=False, leakage=AS_PUBLISHED)
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
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", demo=False)
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
    compare_published(published, "d", results, tmp_path / "o.csv", tmp_path / "o.md", demo=False)
    (section,) = sections(read_comparison(tmp_path / "o.csv"))
    lines = [(line.keys["candidate"], line.inside, line.why_absent) for line in section.lines]
    assert lines == [
        ("diagnosis nevus, collection not SONIC", "yes", ""),
        ("diagnosis scar", "", "our metadata lists no image of diagnosis scar"),
    ]
