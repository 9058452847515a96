"""Which jobs are counted, what is learned from where, and what is written."""

import pytest

from estimate_graphs import altered, study
from synthmix.errors import UserError
from synthmix.estimate.costs import Machine, estimate
from synthmix.estimate.estimate import write_estimate
from synthmix.estimate.rates import Rates
from synthmix.store import read_table

MACHINE = Machine(2, None, "cpu")


def test_jobs_of_one_rule_and_kind_share_a_row():
    table = estimate(study(), Rates([], "cpu"), MACHINE).table.set_index("rule")
    assert table["jobs"].sum() == table["to_do"].sum() == 9
    assert table.loc["train_generator", "kind"] == "dcgan"
    assert table.loc["train_generator", "unknown"] == 1
    assert table.loc["train_generator", "seconds_gpu"] > 0
    assert table.loc["train_generator", "disk_mb"] > 0


def test_jobs_that_are_done_cost_nothing():
    sizes = altered(altered(study(), to_do=False), "predict", to_do=True)
    found = estimate(sizes, Rates([], "cpu"), MACHINE).table.set_index("rule")
    assert found["to_do"].sum() == 1
    assert found.loc["train_generator", ["seconds_gpu", "disk_mb"]].tolist() == [0, 0]


@pytest.fixture
def planned(tmp_path):
    """Results of three studies, and a function that writes down what it is asked to plan."""
    for place in (
        "paper/asked/d",
        "paper/other/d",
        "paper/gone/d",
        "demo/asked/d",
        "demo/broken/d",
    ):
        (tmp_path / place / "benchmarks").mkdir(parents=True)
    asked = []

    def plan(config):
        asked.append((config["scale"], config["studies"], config["device"]))
        if config["studies"] == ["broken"]:
            raise UserError("no plan")
        return study().graph

    def write(scale="paper"):
        config = {"scale": scale, "studies": ["asked"], "device": "cpu"}
        known, files = ["asked", "other", "broken"], (tmp_path / "a.csv", tmp_path / "a.md")
        return write_estimate(plan, config, known, {}, MACHINE, tmp_path, *files)

    return write, asked


def test_other_studies_and_the_other_scale_are_learned_from(planned, tmp_path):
    write, asked = planned
    found = write()
    assert asked == [
        ("paper", ["asked"], "cpu"),
        ("demo", ["asked"], "cpu"),
        ("demo", ["broken"], "cpu"),
        ("paper", ["other"], "cpu"),
    ]
    assert read_table(tmp_path / "a.csv")["jobs"].sum() == found.table["jobs"].sum() == 9
    assert (tmp_path / "a.md").read_text().startswith("# What asked at scale paper")


def test_the_rehearsal_of_what_is_asked_for_is_learned_from_at_scale_paper(planned, tmp_path):
    write, asked = planned
    other = tmp_path / "rehearsal" / "other" / "d" / "benchmarks"
    other.mkdir(parents=True)
    write()
    assert "rehearsal" not in {scale for scale, *_ in asked}
    # in the graph of the tests the study that is asked for is called s
    (tmp_path / "rehearsal" / "s" / "d" / "benchmarks").mkdir(parents=True)
    write()
    assert [each for each in asked if each[0] == "rehearsal"] == [("rehearsal", ["asked"], "cpu")]
    asked.clear()
    write(scale="demo")
    assert "rehearsal" not in {scale for scale, *_ in asked}
