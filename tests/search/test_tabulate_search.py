"""The table of all candidates of a sweep, beside what each says of test images."""

import pytest

from sweep_tables import scorer, write_predictions
from synthmix.store import read_table
from synthmix.sweep.choose_classifier import choose_classifier
from synthmix.sweep.tabulate_sweep import TEST_METRICS, sweep_markdown, tabulate_sweep

STAGES = (
    {"a_s1c1": {"network": "vgg16", "batch_size": 8}, "a_s1c2": {"network": "x", "batch_size": 8}},
    {"a_s2c1": {"dense_layers": [8, 4]}},
)
VALIDATION = {"a_s1c1": 10, "a_s1c2": 8, "a_s2c1": 11}
TEST = {"a_s1c1": 6, "a_s1c2": 12, "a_s2c1": 9}


@pytest.fixture
def written(tmp_path):
    files = []
    for number, points in enumerate(STAGES):
        judged = {
            name: write_predictions(tmp_path / f"{name}.validation.csv", VALIDATION[name])
            for name in points
        }
        files.append(tmp_path / f"stage{number}.csv")
        best = tmp_path / f"stage{number}.json"
        choose_classifier("a", points, points, judged, "accuracy", scorer(), None, files[-1], best)
    test = {
        name: write_predictions(tmp_path / f"{name}.csv", right) for name, right in TEST.items()
    }
    tabulate_sweep("a", files, test, scorer(), tmp_path / "t.csv", tmp_path / "t.md")
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
    assert list(table["validation"]) == pytest.approx([10 / 12, 8 / 12, 11 / 12])
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
    leaking = sweep_markdown("a", table.assign(leakage="as_published"))
    assert leaking.startswith("**Test images were seen in training (leakage: as_published)")
    assert "took no part" not in leaking
    assert "seen in training" not in text
