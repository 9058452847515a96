import json

from plan_data import STUDIES, plan_of
from synthmix.plan import report


def test_a_report_is_told_what_no_file_says():
    plan = plan_of(STUDIES / "volumes.yaml", seeds=[3, 4])
    facts = report.facts(plan, plan.view("volumes", "slices"))
    assert (facts["name"], facts["dataset"], facts["folds"]) == ("volumes", "slices", 3)
    assert (facts["scale"], facts["seeds"]) == ("paper", [3, 4])
    assert facts["settings"]["classifiers"].keys() == {"cnn_3d", "cnn_2d"}
    assert json.loads(json.dumps(facts))["evaluation"]["bootstrap_samples"] == 200
