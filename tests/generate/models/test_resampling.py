import numpy as np
import pytest
import torch
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE
from imblearn.under_sampling import EditedNearestNeighbours, TomekLinks
from pydantic import ValidationError
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from synthmix.errors import UserError
from synthmix.generate.models.resampling.bases import adasyn_weights, borderline_weights
from synthmix.generate.models.resampling.cleaning import (
    kept_by_enn,
    kept_by_tomek,
    squared_distances,
)
from synthmix.generate.models.resampling.model import Resampling
from synthmix.generate.models.resampling.settings import Settings
from synthmix.generate.models.smote import SmoteBank, class_neighbours
from synthmix.generate.train_generator import fit
from synthmix.runtime.checkpoint import Checkpoint

CPU = torch.device("cpu")
METHODS = [
    "random_over_sampling",
    "smote",
    "borderline_smote",
    "adasyn",
    "smote_tomek",
    "smote_enn",
]


def digits(counts=(60, 40, 25)):
    """Return real digits 8x8, (N, 1, 8, 8) uint8, so many of the first classes."""
    data = load_digits()
    rows = np.concatenate([np.flatnonzero(data.target == c)[:n] for c, n in enumerate(counts)])
    images = (data.images[rows] * 15.9).astype(np.uint8)
    return torch.from_numpy(images)[:, None], torch.from_numpy(data.target[rows])


def crossed(dimensions=3, counts=(60, 30)):
    """Return classes that lie across each other, points (N, D) uint8 and labels."""
    rng = np.random.default_rng(3)
    points = [rng.normal(110 + 25 * c, 30, (n, dimensions)) for c, n in enumerate(counts)]
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.concatenate(points).clip(0, 255).astype(np.uint8), labels


def build(method="smote", images=None, labels=None, **changes):
    if images is None:
        images, labels = digits()
    shape = (*images.shape[2:], images.shape[1])
    settings = Settings(model="resampling", method=method, **changes)
    generator = Resampling(settings, shape, int(labels.max()) + 1, CPU)
    generator.finish(images, labels)
    return generator


@pytest.fixture(scope="module")
def fitted():
    return {method: build(method) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_an_image_depends_on_its_seed_alone(fitted, method):
    many = fitted[method].sample(range(30), 1)
    assert many.shape == (30, 8, 8, 1)
    assert many.dtype == np.uint8
    np.testing.assert_array_equal(fitted[method].sample([17], 1), many[[17]])
    np.testing.assert_array_equal(fitted[method].sample([29, 3], 1), many[[29, 3]])
    assert len(np.unique(many, axis=0)) > 15


def test_no_seeds_give_no_images(fitted):
    assert fitted["smote_enn"].sample([]).shape == (0, 8, 8, 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_generator_makes_the_same_images(fitted, method, tmp_path):
    fitted[method].save(tmp_path / "weights.safetensors", ["a", "b", "c"])
    loaded = Resampling.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == fitted[method].settings
    np.testing.assert_array_equal(loaded.sample([5, 6], 2), fitted[method].sample([5, 6], 2))


@pytest.mark.parametrize("method", METHODS)
def test_a_classifier_knows_what_is_made(method):
    """Trained on the real digits, it sees the class that was asked for in most images."""
    data = load_digits()
    judge = SVC(gamma=0.001).fit(data.data, data.target)
    generator = build(method, *digits([60, 30, 25, 20, 20, 20, 15, 15, 12, 10]))
    for label in range(10):
        made = generator.sample(range(20), label).reshape(20, -1) / 15.9
        assert (judge.predict(made) == label).mean() >= 0.8, label


@pytest.mark.parametrize("channels", [1, 3])
def test_copies_are_training_images_grey_or_rgb(channels):
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (12, channels, 9, 9)).astype(np.uint8))
    labels = torch.arange(12) % 2
    made = build("random_over_sampling", images, labels).sample(range(60), 1)
    own = images[labels == 1].permute(0, 2, 3, 1).numpy()
    found = [(image == own).all(axis=(1, 2, 3)) for image in made]
    assert np.any(found, axis=1).all()
    assert np.any(found, axis=0).all()


def test_copies_stay_copies_under_truncation():
    images, labels = digits()
    copies = build("random_over_sampling", images, labels)
    np.testing.assert_array_equal(copies.sample(range(9), 1, 0.3), copies.sample(range(9), 1))


def test_rgb_images_lie_between_two_of_their_class():
    black, red = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    red[:, 0] = 200
    images = torch.cat([black, red, black + 250, red + 50]).to(torch.uint8)
    made = build("smote", images, torch.tensor([0, 0, 1, 1])).sample(range(50), 0)
    assert not made[..., 1:].any()
    assert made[..., 0].min() < 30
    assert made[..., 0].max() > 170
    assert (made[..., 0] == made[:, :1, :1, 0]).all()


def test_truncation_ends_at_the_mean_of_the_class(fitted):
    images, labels = digits()
    made = {t: fitted["smote_enn"].sample(range(16), 1, t).astype(float) for t in (1, 0.5, 0)}
    assert made[1].std(0).mean() > made[0.5].std(0).mean() > made[0].std(0).mean() == 0
    np.testing.assert_allclose(
        made[0][0, ..., 0], images[labels == 1][:, 0].float().mean(0), atol=0.5
    )


def test_smote_gives_imbalanced_learns_samples():
    points, labels = (part.flatten(1) if part.ndim > 1 else part for part in digits())
    bank = SmoteBank(points, labels, class_neighbours(points, labels, 5))
    pixels = points.float().numpy()
    theirs, names = SMOTE(random_state=4).fit_resample(pixels, labels.numpy())
    made = theirs[len(points) :][names[len(points) :] == 1]
    random, members = np.random.RandomState(4), np.flatnonzero(labels == 1)
    drawn = random.randint(0, len(members) * 5, len(made))
    steps = random.uniform(size=len(made))
    np.testing.assert_array_equal(bank.step(members[drawn // 5], drawn % 5, steps), made)


def test_borderline_smote_steps_from_imbalanced_learns_danger_set():
    points, labels = crossed()
    sampler = BorderlineSMOTE(random_state=0)
    sampler.fit_resample(points.astype(np.float32), labels)
    weights = borderline_weights(points.astype(np.float32), labels, 10)
    danger = np.flatnonzero(weights * (labels == 1))
    np.testing.assert_array_equal(danger, sampler.in_danger_indices[1])
    assert 3 < len(danger) < 27

    images = torch.from_numpy(points).view(-1, 3, 1, 1).expand(-1, -1, 8, 8)
    generator = build("borderline_smote", images, torch.from_numpy(labels))
    rows, _, _ = generator.sampling_network().draw(range(300), 1)
    np.testing.assert_array_equal(np.unique(rows), danger)


def test_adasyn_gives_imbalanced_learns_numbers_and_samples():
    points, labels = crossed(counts=(80, 30))
    pixels = points.astype(np.float32)
    theirs, _ = ADASYN(random_state=4).fit_resample(pixels, labels)
    made = theirs[len(points) :]
    members = np.flatnonzero(labels == 1)
    weights = adasyn_weights(pixels, labels, 5)[members]
    numbers = np.rint(weights / weights.sum() * 50).astype(int)
    assert numbers.sum() == len(made)

    nearest = class_neighbours(torch.from_numpy(points), torch.from_numpy(labels), 5)
    bank = SmoteBank(torch.from_numpy(points), torch.from_numpy(labels), nearest)
    random = np.random.RandomState(4)
    columns = random.choice(5, size=len(made))
    steps = random.uniform(size=(len(made), 1))[:, 0]
    np.testing.assert_array_equal(bank.step(np.repeat(members, numbers), columns, steps), made)


def test_draws_follow_the_weights():
    points, labels = torch.arange(4)[:, None], torch.tensor([0, 0, 0, 1])
    weights = torch.tensor([1.0, 0.0, 3.0, 1.0], dtype=torch.float64)
    bank = SmoteBank(points, labels, torch.arange(4)[:, None], weights)
    rows, _, _ = bank.draw(range(2000), 0)
    np.testing.assert_allclose(np.bincount(rows) / 2000, [0.25, 0, 0.75], atol=0.03)


@pytest.mark.parametrize("method", ["borderline_smote", "adasyn"])
def test_a_class_far_from_others_is_resampled_from_all_its_images(method, caplog):
    images = torch.cat([torch.arange(20), 200 + torch.arange(20)]).to(torch.uint8)
    labels = torch.arange(40) // 20
    generator = build(method, images.view(-1, 1, 1, 1).expand(-1, 1, 8, 8), labels)
    assert f"no image of class number 1 is near another class: {method}" in caplog.text
    assert len(np.unique(generator.sampling_network().draw(range(300), 1)[0])) == 20


@pytest.mark.parametrize(
    ("kept_by", "cleaner"),
    [(kept_by_enn, EditedNearestNeighbours), (kept_by_tomek, TomekLinks)],
)
def test_cleaning_agrees_with_imbalanced_learn(kept_by, cleaner):
    """Each image added to the reference alone meets the fate that it has there."""
    reference, labels = crossed(8)
    images = crossed(8, (1, 60))[0][1:]
    kept = kept_by(images, 1, reference, labels)
    for image, verdict in zip(images, kept, strict=True):
        sampler = cleaner(sampling_strategy="all")
        together = np.concatenate([reference, image[None]]).astype(float)
        sampler.fit_resample(together, np.append(labels, 1))
        assert verdict == (len(reference) in sampler.sample_indices_)
    assert 5 < kept.sum() < 55


def test_distances_are_exact():
    rng = np.random.default_rng(0)
    one, two = (rng.integers(0, 256, (n, 784)).astype(np.uint8) for n in (2, 2100))
    whole = (one[:, None].astype(np.int64) - two.astype(np.int64)) ** 2
    np.testing.assert_array_equal(squared_distances(one, two), whole.sum(axis=2))


@pytest.mark.parametrize("method", ["smote_tomek", "smote_enn"])
def test_what_is_made_has_passed_the_cleaning(method):
    points, labels = crossed(4, (50, 20))
    images = torch.from_numpy(points).view(-1, 1, 2, 2)
    generator = build(method, images, torch.from_numpy(labels))
    made = generator.sample(range(80), 1).reshape(80, -1)
    reference = generator._reference_set(generator.sampling_network())
    assert np.bincount(reference[1]).tolist() == [50, 50]
    kept_by = kept_by_enn if method == "smote_enn" else kept_by_tomek
    assert kept_by(made, 1, *reference).all()
    plain = build("smote", images, torch.from_numpy(labels)).sample(range(80), 1)
    assert not kept_by(plain.reshape(80, -1), 1, *reference).all()


def test_a_class_that_cleaning_would_empty_is_named():
    """Whatever is made between its two images is equal to images of the other class."""
    values = torch.cat([torch.arange(41).repeat(3), torch.tensor([0, 40])]).to(torch.uint8)
    images = torch.zeros(125, 1, 8, 8, dtype=torch.uint8)
    images[:, 0, 0, 0] = values
    generator = build("smote_enn", images, (torch.arange(125) >= 123).long())
    with pytest.raises(UserError, match="class number 1"):
        generator.sample([0], 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_small_class_uses_fewer_neighbours_and_says_so(method, caplog):
    generator = build(method, *digits([30, 3]))
    said = "class number 1 (the first is 0) has 3 images: 2 neighbours of each are used, not 5"
    assert (said in caplog.text) == (method != "random_over_sampling")
    assert len(np.unique(generator.sample(range(40), 1), axis=0)) >= 3


@pytest.mark.parametrize("method", METHODS)
def test_a_class_of_one_is_refused(method):
    with pytest.raises(UserError, match=r"class number 1 .* has 1 training image"):
        build(method, *digits([30, 1]))


def test_the_workflow_trains_nothing_and_draws_a_sheet(tmp_path):
    images, labels = digits()
    generator = Resampling(Settings(model="resampling"), (8, 8, 1), 3, CPU)
    fitted = fit(generator, images, labels, Checkpoint(tmp_path / "a.pt", "a", 0), 1)
    losses, sheets = fitted.history(), fitted.sheets
    assert losses.to_dict("list") == {
        "epoch": [1],
        "images_seen": [len(images)],
        "accumulation_steps": [1],
    }
    assert sheets[1].shape == (6, 8, 8, 1)
    resumed = Resampling(Settings(model="resampling"), (8, 8, 1), 3, CPU)
    fit(resumed, images, labels, Checkpoint(tmp_path / "a.pt", "a", 0), 1)
    np.testing.assert_array_equal(resumed.sample(range(5), 2), generator.sample(range(5), 2))


def test_settings_know_what_makes_images():
    with pytest.raises(ValidationError, match="method"):
        Settings(model="resampling", method="tomek_links")
    with pytest.raises(ValidationError, match="neighbours"):
        Settings(model="resampling", neighbours=0)
    assert Settings(model="resampling").joint
