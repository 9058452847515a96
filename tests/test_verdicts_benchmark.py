"""`benchmarks/verdicts.py`: intervals hold the truth and verdicts are seldom false."""

import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest

from synthmix.evaluate.effect import error_of
from synthmix.evaluate.power import power
from workflow_project import ROOT

OURS = "ours"
MCNEMAR = "McNemar, one training"


@pytest.fixture(scope="module")
def verdicts():
    spec = importlib.util.spec_from_file_location("verdicts", ROOT / "benchmarks" / "verdicts.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["verdicts"] = module
    spec.loader.exec_module(module)
    return module


def by_method(rows):
    return {row["method"]: row for row in rows}


def small(setting):
    """Return the setting with fewer patients and more of what moves them all."""
    return replace(setting, patients=80)


@pytest.mark.parametrize("place", [0, 1, 2, 5])
@pytest.mark.parametrize("splits", [2, 3, 5])
def test_in_a_few_studies_the_truth_is_mostly_covered(verdicts, place, splits):
    row = verdicts.count(small(verdicts.SETTINGS[place]), splits, 100, (OURS,))[0]
    assert row["covered"] >= 0.92
    assert row["alarm"] <= 0.09  # at most 5%, and what luck adds in 100 studies
    assert max(row[name] for name in verdicts.MARGINS.values()) <= 0.09


def test_seeds_alone_alarm_mcnemar_s_test_and_not_ours(verdicts):
    setting = next(one for one in verdicts.SETTINGS if "seeds alone" in one.name)
    found = by_method(verdicts.count(setting, 3, 300, (OURS,)))
    assert found[MCNEMAR]["alarm"] > 0.1
    assert found[OURS]["alarm"] <= 0.05


def test_a_true_difference_is_seen(verdicts):
    setting = replace(verdicts.SETTINGS[1], patients=300, split=0.02, classifier=0.02)
    drawn = next(verdicts.studies(setting, 5, 0.1, 50))
    difference, p_value = verdicts.ours(drawn.repeats)
    assert np.mean(difference) == pytest.approx(0.1, abs=0.01)
    assert np.mean(p_value(difference) < 0.05) > 0.9


@pytest.mark.parametrize(("place", "splits", "difference"), [(0, 5, 0.05), (1, 3, 0.08)])
def test_differences_are_seen_as_often_as_foretold(verdicts, place, splits, difference):
    drawn = list(verdicts.studies(verdicts.SETTINGS[place], splits, difference, 300))
    errors = [error_of(one.repeats) for one in drawn]
    means = [one.repeats.means((0, 1, 2)) for one in drawn]
    seen = [error.p_value(mean) < 0.05 for error, mean in zip(errors, means, strict=True)]
    variances = np.concatenate([error.variances for error in errors], axis=1).mean(1)
    expected = replace(errors[0], variances=variances)
    assert power(difference, expected, 0.05) == pytest.approx(np.concatenate(seen).mean(), abs=0.08)


@pytest.mark.parametrize("place", range(14))
def test_the_truth_is_what_studies_are_about(verdicts, place):
    setting = verdicts.SETTINGS[place]
    for difference in (0.0, 0.08):
        truth = setting.truth(difference)
        if truth is None:
            assert setting.measure == "macro_f1"
            continue
        drawn = list(verdicts.studies(setting, 3, difference, 100))
        means = np.concatenate([one.repeats.means((0, 1, 2)) for one in drawn])
        assert means.mean() == pytest.approx(truth, abs=4 * means.std() / len(means) ** 0.5)


def test_the_same_studies_come_again(verdicts):
    first, second = (
        verdicts.count(verdicts.SETTINGS[1], 2, 30, (OURS, "crossed bootstrap")) for _ in range(2)
    )
    assert str(first) == str(second)


def test_the_worst_of_all_settings_is_told(verdicts):
    rows = [
        {"setting": name, "splits": 2, "method": OURS}
        | {"covered": covered, "alarm": covered / 10}
        | dict.fromkeys(verdicts.MARGINS.values(), 0.01)
        for name, covered in (("a", 0.93), ("b", 0.97))
    ]
    row = verdicts.summary(rows).iloc[0]
    assert row.tolist() == [OURS, 2, 0.93, 0.97, pytest.approx(0.097), 0.01, 0.01]


@pytest.mark.full
@pytest.mark.parametrize("splits", [2, 3, 5, 10])
def test_verdicts_keep_what_they_promise(verdicts, splits):
    trials = 1500
    most = 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5  # at most 5%, and luck
    rows = [verdicts.count(one, splits, trials, (OURS,))[0] for one in verdicts.SETTINGS]
    print(verdicts.summary(rows).to_string())
    for row in rows:
        assert row["covered"] >= 0.92, row
        assert splits < 5 or row["covered"] <= 0.98, row
        assert row["alarm"] <= most, row
        assert row["equal"] <= most, row
        # AUC of 40 positive images near 1 is skewed, which no interval of two equal halves is
        skewed = row["setting"].startswith("AUC")
        assert row["equal, wide margin"] <= (0.1 if skewed else most), row
