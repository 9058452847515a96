from plan_data import changed, view_of
from published_data import printed, write_published
from synthmix.plan import mixups, published

CNN = {"network": "cnn", "weights": "none", "dense_layers": [8]}


def line(label, *points):
    keys = ("alpha", "classifier", "published")
    return {"label": label, "points": [dict(zip(keys, point, strict=True)) for point in points]}


def test_classifiers_that_differ_in_mixup_alone_are_a_line(tmp_path):
    values = {"classifier": "b", "mix": "real_only", "split": "test"}
    write_published(tmp_path / "v.csv", [printed("1", "metrics", "accuracy", 0.9, **values)])
    published._read_once.cache_clear()
    classifiers = {
        "b": CNN | {"mixup": 0.3},
        "a": CNN | {"mixup": 0.2},
        "plain": CNN,
        "on": {"predicts_with": "a", "monte_carlo_passes": 5},
        "more": CNN | {"mixup": 0.3, "monte_carlo_passes": 5},
        "other": CNN | {"mixup": 0.3, "batch_size": 4},
    }
    more = {"classifiers": classifiers, "published": "v.csv"}
    more |= {"mixes": None, "generators": {}, "test_sample": None}
    view = changed(tmp_path, "tiny", **more)
    assert mixups.series(view) == [
        line("dropout off", (0, "plain", None), (0.2, "a", None), (0.3, "b", 0.9)),
        line("dropout on, 5 passes", (0.2, "on", None), (0.3, "more", None)),
    ]


def test_without_two_alphas_there_is_none():
    assert mixups.series(view_of("tiny")) == []
    assert mixups.series(view_of("volumes", "volumes")) == []
