"""How much work jobs are, from their parameters."""

from dataclasses import replace
from math import prod

import pandas as pd
import pytest

from estimate_graphs import BASELINE, MIX, altered, job, of_rule, study, with_baseline
from synthmix.estimate.disk import disk
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.work import MACS, PAIRS, SECONDS, SEEN, Load, Work, work
from synthmix.registry import load_classifier_facts


def amount(sizes, rule):
    return work(of_rule(sizes, rule), sizes).weights[1]


def test_a_generator_s_work_grows_with_epochs_pixels_and_images():
    once = amount(study(epochs=10), "train_generator")
    assert amount(study(epochs=30), "train_generator") == pytest.approx(3 * once)
    larger = work(of_rule(study(size=64), "train_generator"), study(size=64))
    smaller = work(of_rule(study(), "train_generator"), study())
    assert larger.most.macs > 3 * smaller.most.macs
    assert larger.most.steps == smaller.most.steps
    assert (larger.kind, larger.unit) == ("dcgan", MACS)


def test_a_generator_that_may_stop_early_does_so_after_its_patience():
    sizes = study(epochs=100)
    training = of_rule(sizes, "train_generator")
    snapshots = {"every": 10, "images": 2, "patience": 2, "keep": "best"}
    params = {**training.params, "network": "own"}
    params["own"] = {"snapshots": snapshots}
    found = work(replace(training, params=params), sizes)
    assert found.weights[0] == pytest.approx(found.weights[1] * 30 / 100)
    params["own"] = {"snapshots": {**snapshots, "images": 5000}}
    scored = work(replace(training, params=params), sizes)
    assert scored.most.macs > found.most.macs
    assert scored.most.steps == found.most.steps


def test_a_classifier_trains_on_its_mix_for_between_patience_and_all_epochs():
    sizes = study()
    found = work(of_rule(sizes, "train_classifier"), sizes)
    assert found.weights[0] == pytest.approx(found.weights[1] * 10 / 30)
    assert found.kind == "vgg16, by features"
    assert found.most.steps == pytest.approx(30 * (80 / 32 + 40 / 32))


def test_without_features_the_frozen_layers_are_gone_through_every_epoch():
    cached, changing = study(), study(mixup=0.2)
    by_features, by_images = (
        work(of_rule(sizes, "train_classifier"), sizes).most.macs for sizes in (cached, changing)
    )
    assert by_images > 3 * by_features


def test_of_a_network_that_does_not_say_what_it_costs_pixels_are_counted(monkeypatch):
    monkeypatch.setitem(vars(load_classifier_facts("vgg16")), "costs", None)
    sizes = study()
    training = of_rule(sizes, "train_classifier")
    found = work(training, sizes)
    assert (found.kind, found.unit) == ("vgg16, by features", SEEN)
    assert found.most.other == 30 * (80 + 40) * prod(sizes.shape(training))
    with pytest.raises(NotKnownError, match="how large the layers of vgg16 are"):
        disk(training, sizes)


def test_a_baseline_trains_on_as_many_real_images_as_its_shares_allow():
    sizes = study()
    baseline = replace(MIX, generator=None, real_share=1.0)
    sizes = altered(sizes, "compose_mix", params={"mix": baseline.to_dict()})
    # of 60 and 40 training images and 36 and 24 validation images
    assert sizes.mix(of_rule(sizes, "train_classifier"), done=False) == (80, 48)


def test_a_training_that_is_done_is_as_long_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sizes = study()
    training = of_rule(sizes, "train_classifier")
    pd.DataFrame({"epoch": [1, 1, 2, 2], "split": ["train", "validation"] * 2}).to_csv(
        "history.csv", index=False
    )
    (tmp_path / "mixes").mkdir()
    splits = ["train"] * 40 + ["validation"] * 20
    pd.DataFrame({"split": splits}).to_csv("mixes/m.csv", index=False)
    done = work(training, sizes, done=True)
    assert done.least == done.most
    assert done.weights[1] == pytest.approx(work(training, sizes).weights[1] / 2 * 2 / 30)


def test_pairs_grow_with_the_square_of_images():
    sizes = study()
    found = work(of_rule(sizes, "score_real"), sizes)
    assert found.unit == PAIRS
    assert found.most.other == 200**2 + 100 * 100**2


def test_what_needs_the_number_of_images_says_of_which_data_set():
    sizes = Sizes(study().graph)
    with pytest.raises(NotKnownError, match="how many images s/d has"):
        work(of_rule(sizes, "train_generator"), sizes)
    # a mix says itself how many it takes
    assert work(of_rule(sizes, "train_classifier"), sizes).is_sized


def test_a_rule_that_nothing_is_known_of_has_no_size():
    assert work(job("plot_roc"), study()) == Work()
    assert not Work().is_sized
    assert Work().weights == (0, 0)


def test_every_unit_has_a_weight():
    assert Work("a", MACS, Load(), Load(2e10, 100)).weights == pytest.approx((0, 1.2))
    for unit in SECONDS:
        assert Work("a", unit, Load(other=1), Load(other=2)).weights[1] > 0


ADDED = replace(MIX, name="m", class_shares=None, real_share=None, ratio=1.0)


def on_mix(mix, equal_steps, **others):
    """Return the sizes of a study that trains on `mix`, of whose baseline it knows, and the job."""
    sizes = with_baseline(study(), mix, equal_steps, **others)
    return sizes, next(
        each
        for each in sizes.graph.jobs
        if each.rule == "train_classifier" and each.wildcards["mix"] == "m"
    )


def test_a_training_of_equal_steps_is_as_much_work_as_that_of_its_baseline():
    sizes, own = on_mix(ADDED, equal_steps=False)
    assert (sizes.epoch(own, False), sizes.mix(own, False)) == (200, (200, 60))
    more = work(own, sizes).most.macs
    sizes, own = on_mix(ADDED, equal_steps=True)
    assert (sizes.epoch(own, False), sizes.mix(own, False)) == (100, (200, 60))
    (trained,) = (
        each
        for each in sizes.graph.jobs
        if each.wildcards.get("mix") == BASELINE.name and each.rule == "train_classifier"
    )
    assert work(own, sizes).most == work(trained, sizes).most
    assert work(own, sizes).most.macs < 0.7 * more


def test_what_is_taken_over_from_the_baseline_is_no_work(tmp_path, monkeypatch):
    filled = replace(ADDED, ratio=None, fill=1.0)
    assert work(*reversed(on_mix(filled, True))).most.macs > 0
    sizes, own = on_mix(filled, True)
    even = replace(sizes, published={"s/d": {"cancer": 100, "normal": 100}})
    assert work(own, even).weights == (0, 0)
    # once it is done, its tables tell
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mixes").mkdir()
    table = pd.DataFrame({"split": ["train", "validation"], "row": [0, 1]})
    for name in ("r.csv", "mixes/m.csv"):
        table.to_csv(name, index=False)
    assert work(own, sizes, done=True).weights == (0, 0)
    table.assign(row=[0, 2]).to_csv("r.csv", index=False)
    assert work(own, even, done=True).weights[1] > 0


def test_the_validation_of_a_fixed_mix_may_be_of_its_baseline():
    sizes, own = on_mix(replace(MIX, validation_images=None), equal_steps=False)
    # of 36 and 24 real validation images
    assert sizes.mix(own, False) == (80, 48)
