import pytest

from predictions_data import CLASSES, write_predictions
from synthmix.evaluate.compare_mixes import COLUMNS, compare_mixes
from synthmix.evaluate.paired import Judge
from synthmix.mix.plan import plan_mixes, plan_real_mixes
from synthmix.store import read_table

SHARES = {"cancer": 0.3, "normal": 0.7}
MIXES = plan_mixes(["g"], [SHARES], SHARES, [0, 0.05], 10, 10, "fail", ["fewer"])
JUDGE = Judge(CLASSES, "cancer", 300, 0.95, 0.05, seed=1)


@pytest.mark.parametrize(
    ("mix_accuracy", "baseline_accuracy", "verdict"),
    [(0.95, 0.6, "helps"), (0.6, 0.95, "hurts"), (0.8, 0.8, "no evidence")],
)
def test_the_verdict_follows_the_evidence(tmp_path, mix_accuracy, baseline_accuracy, verdict):
    predictions = {}
    for mix in MIXES:
        accuracy = baseline_accuracy if mix.is_baseline else mix_accuracy
        predictions["c", mix.name] = [[write_predictions(tmp_path / mix.name, 50, accuracy)]]
    compare_mixes(predictions, MIXES, ["c"], tmp_path / "t.csv", JUDGE)
    table = read_table(tmp_path / "t.csv")
    assert tuple(table) == COLUMNS
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
    predictions = {("c", mixes[0].name): [[write_predictions(tmp_path / "p.csv")]]}
    compare_mixes(predictions, mixes, ["c"], tmp_path / "t.csv", JUDGE)
    table = read_table(tmp_path / "t.csv")
    assert table.empty
    assert tuple(table) == COLUMNS
