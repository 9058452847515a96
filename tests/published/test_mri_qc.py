"""The MRI study as published, at paper scale and without training: what it says is what is printed.

Numbers are those of the source: its tables by run, and its sections.
"""

from collections import Counter

import pytest
import torch

from plan_data import plan_of
from synthmix.classify.network import new_network
from synthmix.plan import classify, mixups, published
from synthmix.search.chosen import lay_over

# dropout, levels, convolutions a level, accuracy, millions of weights
TABLE_1 = [
    (0.5, 5, 3, 0.9136, 50),
    (0.25, 4, 3, 0.8786, 50),
    (0, 5, 3, 0.8539, 50),
    (0.5, 5, 2, 0.7885, 40),
]
# dropout, convolutions a level, accuracy while training
TABLE_2 = [(0.5, 3, 0.68), (0.25, 3, 0.72), (0.1, 3, 0.5), (0, 3, 0.66), (0.25, 4, 0.52)]
TABLE_2 += [(0.5, 4, 0.5)]
# final dropout, the other dropouts, filters, accuracy
TABLE_3 = [(0.2, 0.2, 32, 0.8753), (0.3, 0.3, 32, 0.8609), (0.1, 0.2, 32, 0.9001)]
TABLE_3 += [(0.1, 0.2, 32, 0.9371), (0, 0.2, 32, 0.8785), (0.15, 0.2, 32, 0.8572)]
TABLE_3 += [(0.1, 0.5, 32, 0.92), (0.1, 0.2, 16, 0.9851)]
SECTION_4_2_1 = [0.54, 0.82, 0.8235, 0.92]
# alpha of mixup, dropout on, accuracy
SECTION_4_2_3 = {
    "final_mixup3_bayesian": (0.3, True, 0.985),
    "final_mixup3": (0.3, False, 0.9888),
    "final_mixup4_bayesian": (0.4, True, 0.985),
    "final_mixup4": (0.4, False, 0.9519),
}


@pytest.fixture(scope="module")
def plan():
    return plan_of("mri_qc_as_published", "mri_qc")


def view(plan, dataset, study="mri_qc_as_published"):
    return plan.view(study, dataset)


def settings(plan, name, dataset="volumes"):
    found = classify.trained(view(plan, dataset), name)
    return lay_over(dict(found.base), found.own)


def printed(plan, name, metric, of, dataset="volumes"):
    rows = [
        (row.low, row.high)
        for row in published.rows(view(plan, dataset), of)
        if (row.classifier, row.metric) == (name, metric)
    ]
    assert rows, f"no row for {metric} of {name}"
    return rows


def alphas(found):
    """Return the alphas of each line of the figure of mixup."""
    lines = mixups.series(found)
    return {line["label"]: [point["alpha"] for point in line["points"]] for line in lines}


def weights(plan, name, dataset):
    shape = {"slices": (3, 217, 217), "volumes": (1, 91, 109, 91)}[dataset]
    with torch.device("meta"):
        network = new_network(settings(plan, name, dataset), shape, 2)
    return sum(value.numel() for value in network.parameters())


def trained(plan, study):
    """Return the classifiers of both data sets that are trained."""
    views = plan.views_of(study)
    return {classify.trained_as(found, name) for found in views for name in found.classifiers}


def test_table_1(plan):
    losses = ["dice", "cross_entropy", "cross_entropy", "cross_entropy"]
    for number, (dropout, levels, convolutions, accuracy, millions) in enumerate(TABLE_1, start=1):
        name = f"slices_run{number}"
        found = settings(plan, name, "slices")
        cnn = found["cnn"]
        assert (cnn["dropout"], cnn["convolutions"]) == (dropout, convolutions)
        assert cnn["levels"] == levels + 1  # that of the input
        assert found["loss"]["name"] == losses[number - 1]
        assert found["input_scaling"] == "image"
        assert printed(plan, name, "accuracy", "metrics", "slices") == [(accuracy, accuracy)]
        assert printed(plan, name, "levels", "none", "slices") == [(levels, levels)]
        assert round(weights(plan, name, "slices"), -7) == millions * 10**6


def test_table_2(plan):
    for number, (dropout, convolutions, accuracy) in enumerate(TABLE_2, start=1):
        found = settings(plan, f"volumes_run{number}")
        assert (found["cnn"]["dropout"], found["cnn"]["convolutions"]) == (dropout, convolutions)
        assert not found["cnn"]["last_pooling"]
        assert found["loss"]["outputs"] == "softmax"
        assert found["mixup"] is None
        rows = printed(plan, f"volumes_run{number}", "accuracy", "history")
        assert rows == [(accuracy, accuracy)]


def test_table_3(plan):
    for number, (final, others, filters, accuracy) in enumerate(TABLE_3, start=1):
        name = f"final_run{number}"
        found = settings(plan, name)
        cnn = found["cnn"]
        assert (cnn["final_dropout"], cnn["dropout"], cnn["filters"]) == (final, others, filters)
        assert (found["mixup"], found["dense_layers"], found["dropout"]) == (0.2, [256, 64], 0)
        assert found["loss"]["outputs"] == "sigmoid"
        assert printed(plan, name, "accuracy", "metrics") == [(accuracy, accuracy)]
        # 4.2.2: of run 4 alone it is said
        assert found["monte_carlo_passes"] == (20 if number == 4 else None)
    assert round(weights(plan, "final_run3", "volumes") / 1e6) == 6


def test_the_steps_between_tables_2_and_3(plan):
    for number, accuracy in enumerate(SECTION_4_2_1, start=1):
        rows = printed(plan, f"sigmoid_run{number}", "accuracy", "history")
        assert rows == [(accuracy, accuracy)]
    levels = [settings(plan, f"sigmoid_run{n}")["cnn"]["levels"] for n in range(1, 5)]
    assert levels == [7, 6, 5, 5]


def test_mixup_with_dropout_and_without(plan):
    for name, (alpha, bayesian, accuracy) in SECTION_4_2_3.items():
        found = settings(plan, name)
        assert found["mixup"] == alpha
        assert (found["monte_carlo_passes"] is not None) == bayesian
        assert printed(plan, name, "accuracy", "metrics") == [(accuracy, accuracy)]
    of_source = view(plan, "volumes")
    # the source counts good as positive
    assert printed(plan, "final_mixup3", "specificity", "metrics") == [(0.9851, 0.9851)]
    assert printed(plan, "final_mixup3", "sensitivity", "metrics") == [(0.9992, 0.9992)]
    assert alphas(of_source) == {
        "as sigmoid_run4, dropout off": [0, 0.2],  # and final_run2
        "as final_run8, dropout on, 20 passes": [0.2, 0.3, 0.4],
        "as final_run8, dropout off": [0.2, 0.3, 0.4],
    }
    fair = plan.view("mri_qc", "volumes")
    assert alphas(fair)["dropout off"] == [0, 0.2, 0.3, 0.4]  # no_mixup is the same but for that


def test_dropout_on_and_off_are_one_training(plan):
    twins = {
        "final_run4": "final_run3",
        "final_mixup2_bayesian": "final_run8",
        "final_mixup3_bayesian": "final_mixup3",
        "final_mixup4_bayesian": "final_mixup4",
    }
    found = view(plan, "volumes")
    others = {name: classify.trained_as(found, name) for name in found.classifiers}
    assert {name: other for name, other in others.items() if name != other} == twins


def test_the_source_trained_23_networks_and_the_fair_study_leaves_out_its_early_ones(plan):
    """Of tables 1, 2 and 3 (run 4 is run 3) and sections 4.2.1 and 4.2.3; each in ten folds."""
    counts = {"slices_run": 4, "volumes_run": 6, "sigmoid_run": 4, "final_run": 7, "final_mixup": 2}
    ours = trained(plan, "mri_qc_as_published")
    assert Counter(name.rstrip("0123456789") for name in ours) == counts

    fair = trained(plan, "mri_qc")
    assert ours - fair == {name for name in ours if name.startswith(("volumes", "sigmoid"))}
    assert fair - ours == {"slices_resnet18", "no_mixup", "augmented", "cross_entropy"}


def test_every_printed_setting_is_ours(plan):
    """Of those that are no range; what departs has a deviation, and no row that looks it up."""
    checked = 0
    for dataset in ("slices", "volumes"):
        for row in published.rows(view(plan, dataset), "parameters"):
            if row.metric == "learned_weights":
                assert row.low <= weights(plan, row.classifier, dataset) <= row.high
            else:
                value = settings(plan, row.classifier, dataset)
                for part in row.metric.split("."):
                    value = value[part]
                assert value == row.low == row.high, (row.classifier, row.metric)
            checked += 1
    assert checked == 4 * 4 + 6 * 2 + 4 + 8 * 4 + 2


def test_data_are_as_published_and_what_departs_is_declared(plan):
    study = view(plan, "volumes").settings
    assert {data.good_up_to for data in study.datasets.values()} == {2}
    volumes = study.prepare_of("volumes")
    assert (volumes.volume_shape, volumes.voxel_size) == ((91, 109, 91), 2)
    assert volumes.resample == "decimate"
    assert (study.split.folds, study.split.cross_validate) == (10, True)
    assert study.published_values == "comparable"
    tables = {row.table for d in ("slices", "volumes") for row in published.rows(view(plan, d))}
    assert {one.table for one in study.deviations} - {None} <= tables
    fair = plan.view("mri_qc", "volumes").settings
    assert fair.published_values == "context"
    assert not fair.deviations
