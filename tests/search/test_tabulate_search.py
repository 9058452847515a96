"""The table of all candidates of a search, beside what classifiers say of test images."""

import pytest

from search_tables import SCORED, SCORER, write_predictions, write_scores
from synthmix.search.choose_candidate import choose_candidate
from synthmix.search.tabulate_search import TEST_METRICS, search_markdown, tabulate_search
from synthmix.store import read_table

STAGES = (
    {"a_s1c1": {"network": "vgg16", "batch_size": 8}, "a_s1c2": {"network": "x", "batch_size": 8}},
    {"a_s2c1": {"dense_layers": [8, 4]}},
)
VALIDATION = {"a_s1c1": 10, "a_s1c2": 8, "a_s2c1": 11}
TEST = {"a_s1c1": 6, "a_s1c2": 12, "a_s2c1": 9}


def choose(folder, number, points, judged, *by):
    """Choose in a stage and return its table."""
    table, best = folder / f"stage{number}.csv", folder / f"stage{number}.json"
    choose_candidate("classifiers.a.search", points, points, judged, *by, None, table, best)
    return table


@pytest.fixture
def written(tmp_path):
    files = []
    for number, points in enumerate(STAGES):
        judged = {
            name: [write_predictions(tmp_path / f"{name}.validation.csv", VALIDATION[name])]
            for name in points
        }
        files.append(choose(tmp_path, number, points, judged, "accuracy", "predictions", SCORED))
    test = {
        name: write_predictions(tmp_path / f"{name}.csv", right) for name, right in TEST.items()
    }
    tabulate_search("a", files, test, SCORER, tmp_path / "t.csv", tmp_path / "t.md")
    return read_table(tmp_path / "t.csv"), (tmp_path / "t.md").read_text()


def test_a_row_a_candidate_with_its_validation_and_its_test(written):
    table, _ = written
    assert list(table["candidate"]) == list(TEST)
    assert list(table["stage"]) == [1, 1, 2]
    assert list(table["settings"]) == [
        "network: vgg16, batch_size: 8",
        "network: x, batch_size: 8",
        "dense_layers: [8, 4]",
    ]
    # chosen by validation, however they test
    assert list(table["chosen"]) == [True, False, True]
    assert list(table["rank"]) == [1, 2, 1]
    assert list(table["value"]) == pytest.approx([10 / 12, 8 / 12, 11 / 12])
    assert list(table["test_accuracy"]) == pytest.approx([0.5, 1, 0.75])
    assert list(table["test_correct"]) == [6, 12, 9]
    assert list(table["test_incorrect"]) == [6, 0, 3]
    assert set(table["test_total"]) == {12}
    assert (table["test_macro_f1_low"] <= table["test_macro_f1"]).all()
    assert {f"test_{metric}" for metric in TEST_METRICS} < set(table.columns)


def test_people_read_it_a_stage_after_the_other(written):
    _, text = written
    assert "alone. The test images, of which the other columns are, took no part" in text
    first, second = text.split("Stage 2:")
    assert "| network: vgg16, batch_size: 8 | 0.833 (" in first
    assert "| 6 | 6 | 12 | yes |" in first
    assert "| 12 | 0 | 12 |  |" in first
    assert "| dense_layers: [8, 4] |" in second


def test_test_images_that_were_trained_on_are_told(written):
    table, text = written
    assert set(table["leakage"]) == {"none"}
    leaking = search_markdown("a", table.assign(leakage="as_published"))
    assert leaking.startswith("**Test images were seen in training (leakage: as_published)")
    assert "took no part" not in leaking
    assert "seen in training" not in text


def test_where_nothing_is_adopted_nothing_is_called_chosen(written):
    table, _ = written
    text = search_markdown("a", table, adopted=False)
    assert text.startswith("Nothing goes on from the best: each stage, and what is trained in the")
    assert "chosen" not in text
    assert "| total | best |" in text
    assert "| 6 | 6 | 12 | yes |" in text


def test_generators_have_a_table_without_test_images(tmp_path):
    points = {"g_c1": {"latent_dim": 8}, "g_c2": {"latent_dim": 16}}
    judged = {
        name: [write_scores(tmp_path / f"{name}.csv", value)]
        for name, value in zip(points, (9, 7), strict=True)
    }
    stage = choose(tmp_path, 1, points, judged, "fid", "scores", {})
    tabulate_search("g", [stage], {}, None, tmp_path / "t.csv", tmp_path / "t.md")
    table, text = read_table(tmp_path / "t.csv"), (tmp_path / "t.md").read_text()
    assert not [column for column in table if column.startswith("test_")]
    assert list(table["chosen"]) == [False, True]
    assert "by fid on training images alone" in text
    assert "test" not in text
    assert "| latent_dim: 16 | 7 (6 to 9) | yes |" in text
