import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from published_data import printed
from synthmix.classify.settings import Classifier
from synthmix.files import write_table
from synthmix.published.finders import find
from synthmix.published.results import AbsentError, Results

TRAINED = ("c", "m")


def write(folder, name, columns, *rows):
    write_table(folder / name, pd.DataFrame(rows, columns=columns.split()))
    return folder / name


def results(**files):
    names = {"classifiers": ["c", "d"], "mixes": ["m", "n"], "generators": ["g"]}
    return Results(**{**names, "confidence": 0.95, **files})


def metrics(folder, *rows):
    columns = "classifier mix seed fold split class metric value low high"
    return results(metrics=write(folder, "metrics.csv", columns, *rows))


def test_a_metric_is_that_of_all_seeds_of_its_class_with_its_interval(tmp_path):
    found = metrics(
        tmp_path,
        ("c", "m", "1", "all", "test", "", "recall", 0.1, 0.0, 0.2),
        ("c", "m", "all", "all", "test", "", "recall", 0.5, 0.4, 0.6),
        ("c", "m", "all", "all", "test", "1", "recall", 0.7, 0.6, 0.8),
        ("c", "m", "all", "all", "validation", "", "recall", 0.9, 0.8, 1.0),
    )
    key = {"classifier": "c", "mix": "m"}
    ours = find(printed("1", "metrics", "recall", 0.5, split="test", **key), found)
    assert (ours.low, ours.high, ours.interval) == (0.5, 0.5, (0.4, 0.6))
    of_class = printed("1", "metrics", "recall", 0.5, split="test", label="1", **key)
    assert find(of_class, found).low == 0.7
    assert find(printed("1", "metrics", "recall", 0.5, split="validation", **key), found).low == 0.9
    with pytest.raises(AbsentError, match="there is no f1 of test images"):
        find(printed("1", "metrics", "f1", 0.5, split="test", **key), found)


def test_which_of_two_classifiers_is_more_accurate_is_a_word(tmp_path):
    found = metrics(
        tmp_path,
        ("c", "m", "all", "all", "validation", "", "accuracy", 0.8, 0.7, 0.9),
        ("d", "m", "all", "all", "validation", "", "accuracy", 0.7, 0.6, 0.8),
        ("c", "m", "all", "all", "test", "", "accuracy", 0.7, 0.7, 0.9),
        ("d", "m", "all", "all", "test", "", "accuracy", 0.7, 0.6, 0.8),
    )

    def better(than, **key):
        row = printed("1", "metrics", f"better_than_{than}", "yes", mix="m", **key)
        ours = find(row, found)
        assert ours.exact
        return ours.low

    assert better("d", classifier="c", split="validation") == "yes"
    assert better("c", classifier="d", split="validation") == "no"
    assert better("d", classifier="c", split="test") == "no"
    with pytest.raises(AbsentError, match="there is no such metric of e trained on m"):
        better("e", classifier="c", split="test")


def test_weights_of_a_network_are_counted_without_a_training():
    settings = Classifier(network="cnn", weights="none").model_dump(mode="json")
    network = {"classifier": "c", "candidate": "network=cnn", "settings": settings}
    found = results(networks=[network | {"image_shape": (1, 32, 32), "classes": 2}])
    key = {"classifier": "c", "candidate": "network=cnn"}
    counts = [
        find(printed("1", "parameters", metric, 1.0, **key), found)
        for metric in ("network_weights", "network_weights_trained")
    ]
    assert counts[0].exact
    assert counts[0].low >= counts[1].low > 1000
    with pytest.raises(AbsentError, match="no network of c has network=vgg16"):
        find(
            printed(
                "1", "parameters", "network_weights", 1.0, **key | {"candidate": "network=vgg16"}
            ),
            found,
        )


def test_of_all_classifiers_it_is_the_range_with_the_outer_limits(tmp_path):
    found = metrics(
        tmp_path,
        ("c", "m", "all", "all", "test", "", "f1", 0.5, 0.4, 0.7),
        ("d", "m", "all", "all", "test", "", "f1", 0.8, 0.6, 0.9),
    )
    ours = find(printed("1", "metrics", "f1", 0.5, 0.6, mix="m", split="test"), found)
    assert (ours.low, ours.high, ours.interval) == (0.5, 0.8, (0.4, 0.9))


def test_the_outer_limits_may_be_those_of_one_classifier(tmp_path):
    found = metrics(
        tmp_path,
        ("c", "m", "all", "all", "test", "", "f1", 0.8, 0.5, 0.95),
        ("d", "m", "all", "all", "test", "", "f1", 0.7, 0.65, 0.75),
    )
    ours = find(printed("1", "metrics", "f1", 0.5, 0.6, mix="m", split="test"), found)
    assert (ours.low, ours.high, ours.interval) == (0.7, 0.8, (0.5, 0.95))


def test_images_of_a_published_leak_are_counted_in_each_of_their_parts(tmp_path):
    columns = "sample_id label split validates tested"
    rows = [("a", "x", "train", False, True), ("b", "x", "train", True, True)]
    rows += [("c", "x", "train", False, False), ("d", "x", "held_out", False, False)]
    found = results(split=write(tmp_path, "split.csv", columns, *rows))
    counts = {"train": 2, "validation": 1, "test": 2, "train+validation": 3}
    for split, images in counts.items():
        row = printed("1", "images", "images", 1.0, split=split)
        assert find(row, found).low == images, split


def test_a_difference_of_mixes_has_no_interval(tmp_path):
    found = metrics(
        tmp_path,
        ("c", "m", "all", "all", "test", "", "f1", 0.5, 0.4, 0.7),
        ("c", "n", "all", "all", "test", "", "f1", 0.4, 0.3, 0.5),
    )
    row = printed("1", "metrics", "f1", 0.1, classifier="c", mix="m minus n", split="test")
    assert find(row, found).low == pytest.approx(0.1)
    assert find(row, found).interval is None


def test_over_folds_it_is_their_mean_but_counts_are_of_all_of_them(tmp_path):
    found = metrics(
        tmp_path,
        *(
            ("c", "m", "all", fold, "test", "", metric, value, value - 1, value + 1)
            for fold, value in (("1", 1.0), ("all", 2.0), ("mean", 3.0))
            for metric in ("accuracy", "correct", "total")
        ),
    )
    key = {"classifier": "c", "mix": "m", "split": "test"}
    assert find(printed("1", "metrics", "accuracy", 1.0, **key), found).low == 3.0
    assert find(printed("1", "metrics", "correct", 1.0, **key), found).low == 2.0
    total = find(printed("1", "metrics", "total", 1.0, **key), found)
    assert total.exact
    assert total.interval is None


@pytest.mark.parametrize("kind", ["classifier", "mix", "generator"])
def test_what_a_study_lacks_is_a_reason_not_a_mistake(kind):
    row = printed("1", "metrics", "accuracy", 0.5, **{kind: "other"})
    with pytest.raises(AbsentError, match=f"this study has no {kind} other for the data set"):
        find(row, results())


def test_images_are_counted_in_index_split_and_mixes(tmp_path):
    labels = ["1"] * 3 + ["2"] * 2
    index = write(tmp_path, "index.csv", "label", *([label] for label in labels))
    splits = ("train", "validation", "held_out", "test", "test")
    widths = (10, 20, 30, 40, 50)
    split = write(
        tmp_path, "split.csv", "label split width", *zip(labels, splits, widths, strict=True)
    )
    composition = write(
        *(tmp_path, "mixes.csv", "mix split label origin images"),
        *(("m", "train", "1", "real", 4), ("m", "train", "1", "synthetic", 6)),
        ("m", "validation", "2", "real", 2),
    )
    found = results(index=index, split=split, composition=composition)

    def count(metric="images", **key):
        ours = find(printed("1", "images", metric, 1.0, **key), found)
        assert ours.exact
        return ours.low

    assert count() == 5
    assert count(label="2") == 2
    assert count(split="train+validation") == 2
    assert count(split="sample") == 4
    assert count(split="test", label="1") == 0
    assert count("width_max") == 50
    assert count("width_min", split="test") == 40
    assert count("synthetic", mix="m", split="train", label="1") == 6
    assert count(mix="m") == 12
    # a slip in the file of published values is no image
    for reason, key in {
        "no images of a class 3": {"label": "3"},
        "no images of a class 4": {"label": "4", "split": "test"},
        "no images of a class 5": {"label": "5", "mix": "m"},
        "no part of the images is called tst": {"split": "train+tst"},
        "not counted by reel": {"metric": "reel", "mix": "m"},
    }.items():
        with pytest.raises(AbsentError, match=reason):
            count(**key)


@pytest.fixture
def census(tmp_path):
    rows = [("HAM10000", "nevus")] * 2 + [("HAM10000", "melanoma"), ("SONIC", "nevus")]
    return results(census=write(tmp_path, "census.csv", "collection diagnosis", *rows))


@pytest.mark.parametrize(
    ("metric", "images_of", "value"),
    [
        ("images", "", 4),
        ("images", "collection=ham10000", 3),
        ("images", "diagnosis=nevus; collection=SONIC", 1),
        ("images", "diagnosis=nevus; collection!=SONIC", 2),
        ("images", "diagnosis!=nevus; diagnosis!=melanoma", 0),
        # of what is not there all others are kept
        ("images", "diagnosis=nevus; collection!=MSK-1", 3),
        ("percent", "collection=SONIC", 25),
        ("percent_of_9", "collection=SONIC", 11.11),
    ],
)
def test_images_of_the_metadata_are_counted_by_what_it_says(census, metric, images_of, value):
    ours = find(printed("1", "census", metric, 1.0, candidate=images_of), census)
    assert (ours.low, ours.high, ours.exact) == (value, value, True)


@pytest.mark.parametrize(
    ("metric", "images_of", "reason"),
    [
        ("images", "collection=MSK-1", "lists no image of collection MSK-1"),
        ("images", "age=50", "has no age"),
        ("percent_of_0", "", "not counted by percent_of_0"),
        ("pixels", "", "not counted by pixels"),
    ],
)
def test_what_the_metadata_lacks_is_absent(census, metric, images_of, reason):
    with pytest.raises(AbsentError, match=reason):
        find(printed("1", "census", metric, 1.0, candidate=images_of), census)


def test_a_data_set_may_have_no_census():
    with pytest.raises(AbsentError, match="the metadata of this data set says nothing of images"):
        find(printed("1", "census", "images", 1.0), results())


def test_confusions_are_counted_over_folds_and_averaged_over_seeds(tmp_path):
    columns = "sample_id group label predicted fold"
    names = [f"{seed}-{fold}.csv" for seed in (1, 2) for fold in (1, 2)]
    said = (("b", "a"), ("b", "b"), ("a", "a"), ("b", "a"))
    files = [
        write(tmp_path, name, columns, *((f"{name}{i}", i, "a", p, 1) for i, p in enumerate(each)))
        for name, each in zip(names, said, strict=True)
    ]
    found = results(test={TRAINED: [files[:2], files[2:]]})
    key = {"classifier": "c", "mix": "m", "split": "test"}
    assert find(printed("1", "confusion", "predicted_b", 1.0, label="a", **key), found).low == 2.0
    assert find(printed("1", "confusion", "correct", 1.0, label="a", **key), found).low == 2.0
    assert find(printed("1", "confusion", "total", 1.0, **key), found).exact
    for metric, label in (("predicted_c", "a"), ("right", "a"), ("correct", "c")):
        with pytest.raises(AbsentError, match=r"predictions are not counted by|no images of a cl"):
            find(printed("1", "confusion", metric, 0.0, label=label, **key), found)
    with pytest.raises(AbsentError, match="no predictions of validation images"):
        find(printed("1", "confusion", "correct", 1.0, **key | {"split": "validation"}), found)


def test_the_best_epoch_has_the_lowest_validation_loss_whichever_is_kept(tmp_path):
    rows = [(1, "train", 0.9, 0.5), (1, "validation", 0.8, 0.6)]
    rows += [(2, "train", 0.5, 0.7), (2, "validation", 0.4, 0.75)]
    rows += [(3, "train", 0.1, 0.99), (3, "validation", 0.6, 0.8)]
    kept = [(*row, row[0] == 3) for row in rows]
    history = write(tmp_path, "h.csv", "epoch split loss accuracy kept", *kept)
    found = results(histories={TRAINED: [history]})
    for epoch, expected in {"best": 0.75, "kept": 0.8}.items():
        key = {"classifier": "c", "mix": "m", "split": "validation", "epoch": epoch}
        assert find(printed("1", "history", "accuracy", 1.0, **key), found).low == expected
    key = {"classifier": "c", "mix": "m", "split": "train", "epoch": "best"}
    assert find(printed("1", "history", "accuracy", 1.0, **key), found).low == 0.7


def test_a_history_is_the_mean_over_trainings_with_students_t(tmp_path):
    columns = "epoch split loss accuracy kept"
    files = [
        write(
            *(tmp_path, f"{number}.csv", columns),
            *((1, "train", 1.0, 0.9, kept == 1), (1, "validation", 1.0, 0.1, kept == 1)),
            *((2, "train", 1.0, 0.8, kept == 2), (2, "validation", 1.0, 0.3, kept == 2)),
        )
        for number, kept in enumerate((1, 2))
    ]
    found = results(histories={TRAINED: files})

    def ours(metric, **key):
        row = printed("1", "history", metric, 1.0, classifier="c", mix="m", **key)
        return find(row, found)

    kept = ours("accuracy", split="validation", epoch="kept")
    assert kept.low == pytest.approx(0.2)
    # t of one degree of freedom reaches far: within 0 and 1
    assert kept.interval == (0, 1)
    assert ours("accuracy", split="train", epoch="highest").low == pytest.approx(0.9)
    assert ours("accuracy", split="validation", epoch="lowest").low == pytest.approx(0.1)
    assert ours("accuracy", split="train", epoch="last").low == pytest.approx(0.8)
    assert ours("accuracy", split="train", epoch="1").low == pytest.approx(0.9)
    assert ours("kept_epoch").low == 1.5
    assert ours("kept_epoch_from_0").low == 0.5
    assert ours("epochs").low == 2
    with pytest.raises(AbsentError, match="ended before epoch 3"):
        ours("accuracy", split="train", epoch="3")
    with pytest.raises(AbsentError, match="histories have no macro recall"):
        ours("macro_recall", split="train", epoch="1")


def test_a_generator_has_its_last_loss_its_best_snapshot_and_its_time(tmp_path):
    history = write(tmp_path, "h.csv", "epoch some_loss", (1, 0.5), (2, 0.25), (3, np.nan))
    snapshots = write(
        tmp_path, "s.csv", "epoch seconds score value", (1, 30, "fid", 50), (2, 90, "fid", 60)
    )
    times = {
        ("g", "1"): write(tmp_path, "1.csv", "epoch seconds", (1, 30), (2, 90)),
        ("g", "2"): write(tmp_path, "2.csv", "epoch seconds", (1, 60), (2, 120)),
        ("h", "1"): write(tmp_path, "3.csv", "epoch seconds", (1, 600)),
    }
    found = results(
        generator_histories={("g", "1"): history},
        snapshots={("g", "1"): snapshots},
        generator_times=times,
    )

    def ours(metric, label="1"):
        return find(printed("1", "generator", metric, 1.0, generator="g", label=label), found).low

    assert ours("some_loss") == 0.25
    assert ours("fid") == 50
    assert ours("training_minutes") == 1.5
    assert ours("training_minutes", label="") == 3.5  # all that it takes to have the generator
    with pytest.raises(AbsentError, match="g has no model of 3"):
        ours("training_minutes", label="3")
    with pytest.raises(AbsentError, match="scored by fid, not by frechet distance"):
        ours("frechet_distance")
    with pytest.raises(AbsentError, match="g has no model of all_classes, but of 1"):
        ours("fid", label="")


def test_scores_and_the_plane_of_a_generator(tmp_path):
    scores = write(
        *(tmp_path, "scores.csv", "generator label scope score value low high"),
        ("g", "1", "class", "recall", 0.1, 0.0, 0.2),
        ("g", "all_classes", "all_classes", "recall", 0.5, 0.4, 0.6),
    )
    plane = write(tmp_path, "plane.csv", "x_explained y_explained", (0.25, 0.125), (0.25, 0.125))
    found = results(scores=scores, planes={"g": plane})
    assert find(printed("1", "scores", "recall", 1.0, generator="g"), found).interval == (0.4, 0.6)
    assert find(printed("1", "scores", "recall", 1.0, generator="g", label="1"), found).low == 0.1
    assert find(printed("1", "scores", "plane_explained", 1.0, generator="g"), found).low == 0.375
    with pytest.raises(AbsentError, match="not scored by fid"):
        find(printed("1", "scores", "fid", 1.0, generator="g"), found)


def test_a_candidate_is_found_by_its_settings_as_numbers(tmp_path):
    columns = "stage settings test_accuracy test_accuracy_low test_accuracy_high test_total"
    table = write(
        *(tmp_path, "search.csv"),
        "|".join(columns.split()).replace("|", " "),
        (1, "network: vgg16, batch_size: 32", 0.5, 0.4, 0.6, 20),
        (1, "network: resnet50, batch_size: 32", 0.6, 0.5, 0.7, 20),
        (2, 'learning_rate: 1e-05, augmentation: {"zoom": 0.1}', 0.7, 0.6, 0.8, 20),
    )
    found = results(searches={("classifiers", "c"): table})

    def ours(metric, candidate, stage):
        key = {"classifier": "c", "candidate": candidate, "stage": stage, "split": "test"}
        return find(printed("1", "search", metric, 1.0, **key), found)

    resnet = ours("accuracy", "batch_size=32; network=resnet50", "1")
    assert (resnet.low, resnet.interval) == (0.6, (0.5, 0.7))
    assert ours("accuracy", "learning_rate=0.00001", "2").low == 0.7
    assert ours("total", "learning_rate=1e-5", "2").exact
    with pytest.raises(AbsentError, match="no candidate of stage 1 has batch_size=64"):
        ours("accuracy", "batch_size=64", "1")
    with pytest.raises(AbsentError, match="no test macro f1"):
        ours("macro_f1", "batch_size=32", "1")


def test_what_a_candidate_was_chosen_by_is_found_too(tmp_path):
    table = write(
        *(tmp_path, "search.csv", "stage settings score value low high"),
        (1, "latent_dim: 8", "reconstruction_loss", 0.5, "", ""),
        (1, "latent_dim: 16", "reconstruction_loss", 0.25, "", ""),
    )
    found = results(searches={("generators", "g"): table})

    def ours(metric):
        key = {"generator": "g", "candidate": "latent_dim=16"}
        return find(printed("1", "search", metric, 1.0, **key), found)

    assert ours("reconstruction_loss").low == 0.25
    assert ours("reconstruction_loss").interval is None
    with pytest.raises(AbsentError, match="the table of the search has no"):
        ours("fid")


def test_settings_are_those_that_were_chosen_and_weights_those_learned(tmp_path):
    chosen = tmp_path / "stage1.json"
    chosen.write_text(json.dumps({"candidate": "x", "settings": {"batch_size": 64}}))
    weights = tmp_path / "weights.safetensors"
    tensors = {"head.weight": (4, 3), "head.bias": (4,), "norm.running_mean": (4,)}
    save_file({name: np.zeros(shape, np.float32) for name, shape in tensors.items()}, weights)
    base = {"network": "vgg16", "batch_size": 32, "augmentation": {"zoom": 0.1, "flip": True}}
    found = results(
        settings={
            "classifiers": {"c": {"base": base, "own": {}}},
            "generators": {"g": {"base": {"epochs": 20, "first_epochs": 5}, "own": {}}},
        },
        chosen={("classifiers", "c"): chosen},
        weights={TRAINED: weights},
    )

    def ours(metric, **key):
        return find(printed("1", "parameters", metric, 1.0, **key), found).low

    assert ours("batch_size", classifier="c") == 64
    assert ours("network", classifier="c") == "vgg16"
    assert ours("augmentation.flip", classifier="c") == "true"
    assert ours("epochs", generator="g") == 20
    assert ours("epochs minus first_epochs", generator="g") == 15
    assert ours("learned_weights", classifier="c", mix="m") == 16
    with pytest.raises(AbsentError, match="g has no epochs minus other_epochs set"):
        ours("epochs minus other_epochs", generator="g")
    with pytest.raises(AbsentError, match=r"c has no augmentation\.shear_degrees set"):
        ours("augmentation.shear_degrees", classifier="c")


def test_a_word_has_no_difference():
    settings = {"classifiers": {"c": {"base": {"network": "vgg16", "epochs": 3}}}}
    row = printed("1", "parameters", "epochs minus network", 1.0, classifier="c")
    with pytest.raises(AbsentError, match="c has no epochs minus network set"):
        find(row, results(settings=settings))


def test_the_input_pipeline(tmp_path):
    table = write(tmp_path, "pipeline.csv", "loader images_per_second", ("store", 500.0))
    row = printed("5", "pipeline", "images_per_second", 133.76, candidate="store")
    assert find(row, results(pipeline=table)).low == 500
    with pytest.raises(AbsentError, match="measures no input pipeline"):
        find(row, results())
