import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digit_scores import CLASSES, CPU, FRECHET, SETTINGS, Digits, value
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED
from synthmix.scopes import ALL_CLASSES
from synthmix.score.compare import compare_distances
from synthmix.score.fit_real import fit_real, load_gaussians
from synthmix.score.reference import load_reference
from synthmix.score.score_generator import balanced_counts, cap
from synthmix.score.score_real import score_real
from synthmix.score.settings import ScoreSettings
from synthmix.score.tabulate_scores import tabulate_scores
from synthmix.score.train_score_network import train_score_network
from synthmix.store import load_array, load_class, read_table


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return Digits(tmp_path_factory.mktemp("digits"))


def noisy(images, level):
    random = np.random.default_rng(0)
    return np.clip(images + random.normal(0, level, images.shape), 0, 255).round().astype(np.uint8)


def test_more_noise_scores_worse(digits):
    tables = [
        digits.score(f"noise{level}", {c: noisy(digits.of(c, "test"), level) for c in CLASSES})[0]
        for level in (0, 16, 32, 64, 128)
    ]
    for label in (*CLASSES, ALL_CLASSES):
        distances = [value(table, FRECHET, label) for table in tables]
        assert distances == sorted(distances)
        assert distances[-1] > 20 * distances[0]
    kernel = [value(table, "kernel_distance_own_features") for table in tables]
    assert kernel == sorted(kernel)
    precision = [value(table, "precision") for table in tables]
    assert precision == sorted(precision, reverse=True)
    assert precision[0] > 0.8
    assert precision[-1] == 0


def test_copies_are_found_and_shown(digits):
    scores, pairs = digits.score("copies", {c: digits.of(c, "train") for c in CLASSES})
    assert value(scores, FRECHET) == pytest.approx(0, abs=1e-3)
    assert value(scores, "suspiciously_near") == 1
    assert value(scores, "nearer_than_held_out") > 0.99
    assert len(pairs) == 12
    assert (pairs["distance"] <= pairs["limit"]).all()
    for pair in pairs.itertuples():
        copied = digits.of(pair.label, "train")[pair.row]
        np.testing.assert_array_equal(copied, digits.images[pair.real_row])
        assert digits.samples["split"][pair.real_row] == "train"


def test_real_images_nobody_saw_are_no_copies(digits):
    scores, _ = digits.score("unseen", {c: digits.of(c, "test") for c in CLASSES})
    chance = scores[scores["score"] == "suspiciously_near_by_chance"].set_index("label")
    for label in (*CLASSES, ALL_CLASSES):
        assert value(scores, "suspiciously_near", label) <= chance.loc[label, "high"]


def test_the_table_says_what_was_compared(digits):
    scores, _ = digits.score("table", {c: digits.of(c, "test") for c in CLASSES})
    assert set(scores["generator"]) == {"table"}
    assert set(scores["features"]) == {"own"}
    assert not scores["score"].isin(["fid", "kid"]).any()
    assert set(zip(scores["label"], scores["scope"], strict=True)) == {
        *((label, "class") for label in CLASSES),
        (ALL_CLASSES, ALL_CLASSES),
    }
    whole = scores[(scores["label"] == "1") & (scores["score"] == FRECHET)].iloc[0]
    assert whole["images_real"] == len(digits.of("1", "train"))
    assert whole["images_synthetic"] == len(digits.of("1", "test"))
    assert "fewer images than the 64 features" in whole["caution"]
    within = scores[scores["score"].isin(["precision", "recall", "coverage"])]
    assert ((within["low"] <= within["value"]) & (within["value"] <= within["high"])).all()
    real = read_table(digits.folder / "real_scores.csv")
    assert set(real["generator"]) == {"held_out_real"}
    assert value(real, FRECHET) < 5


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_few_images_are_scored_as_far_as_can_be(digits, count):
    pools = {"0": digits.of("0", "test"), "1": digits.of("1", "test")[:count]}
    scores, pairs = digits.score(f"few{count}", pools)
    assert np.isnan(value(scores, FRECHET, "1")) == (count < 2)
    assert np.isfinite(value(scores, FRECHET, "0"))
    assert len(pairs) == 12
    few = scores[(scores["label"] == "1") & (scores["score"] != "nearest_training_distance")]
    assert (few["caution"].notna() | few["value"].notna()).all()


def test_two_runs_give_the_same_bytes(digits):
    digits.train_network("again.safetensors")
    files = [digits.folder / name for name in ("network.safetensors", "again.safetensors")]
    assert files[0].read_bytes() == files[1].read_bytes()
    pools = {c: digits.of(c, "test") for c in CLASSES}
    digits.score("first", pools)
    digits.score("second", pools)
    first, second = (digits.folder / f"{name}.csv" for name in ("first", "second"))
    assert first.read_text().replace("first", "") == second.read_text().replace("second", "")


def test_the_reference_is_kept_whole(digits):
    reference = load_reference(digits.folder / "reference.safetensors")
    assert set(reference) == {*CLASSES, ALL_CLASSES}
    zero = reference["0"]
    assert len(zero.rows) == len(digits.of("0", "train"))
    assert len(zero.held_out_distances) == len(digits.of("0", "validation", "test"))
    features = load_array(digits.folder / "real_features.npy")
    np.testing.assert_allclose(zero.gaussian.mean, features[zero.rows].mean(0), atol=1e-5)


def test_features_of_training_images_are_in_standard_deviations(digits):
    features = load_array(digits.folder / "real_features.npy")
    seen = features[digits.samples["split"] == "train"]
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-3)
    assert np.median(seen.std(0)) == pytest.approx(1, abs=1e-3)


def test_only_so_many_images_of_a_pool_are_looked_at(digits):
    features = digits.features("real.npy", "some.npy", most=10)
    whole = load_array(digits.folder / "real_features.npy")
    for label in CLASSES:
        rows = np.flatnonzero(digits.samples["label"] == label)[:10]
        np.testing.assert_allclose(load_class(features, label), whole[rows], atol=1e-5)


def test_all_classes_come_in_the_shares_of_the_training_images():
    samples = pd.DataFrame({"label": ["a"] * 30 + ["b"] * 10 + ["b"] * 9})
    samples["split"] = ["train"] * 40 + ["test"] * 9
    assert balanced_counts(samples, {"a": 60, "b": 50}) == {"a": 60, "b": 20}
    assert balanced_counts(samples, {"a": 60, "b": 5}) == {"a": 15, "b": 5}
    assert balanced_counts(samples, {"a": 60, "b": 0}) == {"a": 0, "b": 0}
    assert balanced_counts(samples, {"a": 60, "c": 50}) == {"a": 60, "c": 0}
    assert cap({"a": 60, "b": 20}, 40) == {"a": 30, "b": 10}
    assert cap({"a": 60, "b": 20}, 100) == {"a": 60, "b": 20}


def test_without_training_images_there_is_no_network(digits, tmp_path):
    write_table(tmp_path / "split.csv", digits.samples.assign(split="test"))
    with pytest.raises(UserError, match="no real training image"):
        train_score_network(
            digits.folder / "real.npy", tmp_path / "split.csv", CLASSES, tmp_path / "n", 1, CPU
        )


def test_auto_is_inception_at_paper_scale_and_needs_no_download_in_demos():
    scores = ScoreSettings()
    assert (scores.network, scores.check_network(), scores.check_weights()) == ("auto", None, None)
    assert scores.at_scale(demo=False).network == "inception"
    assert scores.at_scale(demo=True).network == "efficientnet_lite0"
    for network in ("inception", "own", "vgg16"):  # what a study says is kept
        given = ScoreSettings(network=network)
        assert given.at_scale(demo=True) == given.at_scale(demo=False) == given


def test_settings_say_where_weights_are_and_what_is_wrong(tmp_path):
    assert ScoreSettings(network="own").inception_path("data") is None
    inception = ScoreSettings(network="inception")
    assert (inception.check_weights(), inception.starting) == (None, None)
    assert Path(inception.inception_path("data")).parent == Path("data")
    gone = ScoreSettings(network="vgg16", weights=str(tmp_path / "gone.pth"))
    assert "no such file" in gone.check_weights()
    assert gone.starting == {"network": "vgg16", "weights": str(tmp_path / "gone.pth")}
    assert ScoreSettings(network="vgg16").starting == {"network": "vgg16", "weights": "imagenet"}


MEMORY = """
import resource, sys
import numpy as np, pandas as pd
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from synthmix.files import write_table
from synthmix.score.score_generator import score_generator
from synthmix.score.score_real import score_real
from synthmix.score.settings import ScoreSettings
from synthmix.store import save_array, table_path
folder, count = Path(sys.argv[2]), int(sys.argv[3])
for name in ("real", "pool"):
    random = np.random.default_rng(len(name))
    blocks = (random.normal(size=(500, 64)) for _ in range(count // 500))
    save_array(folder / f"{name}.npy", (64,), "float32", blocks)
samples = pd.DataFrame({"sample_id": range(count), "label": "a"})
samples["split"] = np.array(["train"] * 4 + ["test"])[np.arange(count) % 5]
write_table(folder / "split.csv", samples)
settings = ScoreSettings(network="own", kid_subsets=2)
real = folder / "real.npy", folder / "split.csv"
score_real(*real, ["a"], settings, 1, folder / "reference", folder / "real.csv")
pools = {"a": folder / "pool.npy"}
write_table(table_path(pools["a"]), pd.DataFrame({"label": ["a"] * count}))
out = folder / "scores.csv", folder / "pairs.csv"
score_generator("g", pools, *real, folder / "reference", settings, 1, *out)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.full
def test_memory_stays_flat_for_many_images(tmp_path):
    scripts = Path(__file__).parents[2] / "scripts"
    peaks = []
    for count in (1000, 10_000):
        command = [sys.executable, "-c", MEMORY, str(scripts), str(tmp_path), str(count)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True).stdout))
    # all distances between 10,000 images would take 800 MB
    assert peaks[1] - peaks[0] < 150


def test_where_a_generator_saw_every_image_nothing_is_said_of_copies(digits, tmp_path):
    samples = digits.samples.assign(split="train", tested=True, validates=False)
    real, described = load_array(digits.folder / "real_features.npy"), tmp_path / "r.safetensors"
    write_table(tmp_path / "split.csv", samples)
    files = (digits.folder / "real_features.npy", tmp_path / "split.csv")
    score_real(*files, CLASSES, SETTINGS, 1, described, tmp_path / "real.csv")
    assert read_table(tmp_path / "real.csv")["value"].isna().all()
    found = load_reference(described)[ALL_CLASSES]
    assert (len(found.rows), len(found.held_out)) == (len(real), 0)
    rows = compare_distances(found, np.ones(5), SETTINGS)
    values = {row["score"]: row["value"] for row in rows}
    assert np.isnan(values["suspiciously_near"])
    assert values["nearest_training_distance"] == 1
    assert {row["caution"] for row in rows} == {
        "no image that the generator has not seen to compare with"
    }


def test_validation_images_that_were_learned_from_are_not_held_out(digits, tmp_path):
    files = (digits.folder / "real_features.npy", digits.folder / "split.csv")
    described, seen = tmp_path / "r.safetensors", ["train", "validation"]
    score_real(*files, CLASSES, SETTINGS, 1, described, tmp_path / "r.csv", seen)
    found = load_reference(described)[ALL_CLASSES]
    assert set(digits.samples["split"].iloc[found.rows]) == set(seen)
    assert set(digits.samples["split"].iloc[found.held_out]) == {"test"}
    fit_real(*files, CLASSES, tmp_path / "fit.safetensors", seen)
    fitted = load_gaussians(tmp_path / "fit.safetensors")[ALL_CLASSES]
    np.testing.assert_array_equal(fitted.mean, found.gaussian.mean)


def test_the_table_of_all_scores_says_how_images_were_split(digits, tmp_path):
    digits.score("said", {c: digits.of(c, "test") for c in CLASSES})
    tables = [digits.folder / "said.csv", digits.folder / "real_scores.csv"]
    scored = list(zip(tables, [(1, None, 1), (1, None, None)], strict=True))
    tabulate_scores(scored, tmp_path / "scores.csv", tmp_path / "each.csv", AS_PUBLISHED)
    scores = read_table(tmp_path / "scores.csv")
    assert list(dict.fromkeys(scores["generator"])) == ["said", "held_out_real"]
    assert set(scores["leakage"]) == {AS_PUBLISHED}


def test_scores_of_repeats_are_averaged_and_told_one_by_one(tmp_path):
    for number, fid in ((1, 0.2), (2, 0.4), (3, None)):
        row = {"generator": "g", "label": "a", "scope": "a", "score": "fid", "value": fid}
        more = {"low": 0.1 * number, "high": 1.0, "caution": None}
        write_table(tmp_path / f"{number}.csv", pd.DataFrame([row | more]))
    scored = [(tmp_path / f"{n}.csv", (n, 5, 1)) for n in (1, 2, 3)]
    tabulate_scores(scored, tmp_path / "scores.csv", tmp_path / "each.csv")
    (mean,) = read_table(tmp_path / "scores.csv").to_dict("records")
    assert (mean["value"], mean["low"]) == pytest.approx((0.3, 0.2))
    each = read_table(tmp_path / "each.csv")
    assert each["split_number"].tolist() == [1, 2, 3]
    assert set(each["fold"]) == {5}


def test_a_generator_that_learns_from_all_images_is_held_against_all_of_them(digits):
    """Copies of test images are none of what it has not seen: they are its training images."""
    score_real(
        digits.folder / "real_features.npy",
        digits.folder / "split.csv",
        CLASSES,
        SETTINGS,
        1,
        digits.folder / "with_all.safetensors",
        digits.folder / "with_all.csv",
        everything=True,
    )
    described = load_reference(digits.folder / "with_all.safetensors")
    files = (digits.folder / "real_features.npy", digits.folder / "split.csv")
    fit_real(*files, CLASSES, digits.folder / "fit_all.safetensors", everything=True)
    fitted = load_gaussians(digits.folder / "fit_all.safetensors")["unlabelled"]
    np.testing.assert_array_equal(fitted.mean, described["unlabelled"].gaussian.mean)
    assert len(described["unlabelled"].rows) == len(digits.samples)
    assert len(described["unlabelled"].held_out) == 0
    for name, real in load_reference(digits.folder / "reference.safetensors").items():
        np.testing.assert_array_equal(described[name].gaussian.mean, real.gaussian.mean)
    reference = digits.folder / "reference.safetensors"
    before = reference.read_bytes()
    reference.write_bytes((digits.folder / "with_all.safetensors").read_bytes())
    try:
        scores, pairs = digits.score("all", {"unlabelled": digits.images})
    finally:
        reference.write_bytes(before)
    assert set(scores["label"]) == {ALL_CLASSES}
    assert value(scores, FRECHET) == pytest.approx(0, abs=1e-3)
    assert np.isnan(value(scores, "suspiciously_near"))
    whole = scores[scores["score"] == FRECHET].iloc[0]
    assert whole["images_real"] == whole["images_synthetic"] == len(digits.images)
    assert (pairs["distance"] < 1e-3).all()
    assert pairs["limit"].isna().all()
