"""The drawn mammograms: files, determinism, and what can be learned from them."""

import itertools
import re

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synthmix.classifiers import vgg16
from synthmix.classify.extract_features import to_inputs
from synthmix.datasets import phantom_mammograms
from synthmix.datasets.phantoms import SIDES, VIEWS, draw, random_anatomy, random_lesion
from synthmix.errors import UserError
from synthmix.prepare.prepare_images import prepare_image, read_image


def fetch(settings, target):
    return phantom_mammograms.fetch(phantom_mammograms.raw_settings(settings), target)


def make_settings(**more):
    values = {
        "source": "phantom_mammograms",
        "normal_patients": 2,
        "benign_patients": 2,
        "cancer_patients": 3,
        "height": 96,
    }
    return phantom_mammograms.Settings(**(values | more))


def files_below(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    return fetch(make_settings(), tmp_path_factory.mktemp("phantoms"))


class TestFetch:
    def test_tree_is_that_of_mini_ddsm(self, fetched):
        names = sorted(files_below(fetched))
        cases = {
            folder.name: {case.name for case in folder.iterdir()} for folder in fetched.iterdir()
        }
        assert {folder: len(found) for folder, found in cases.items()} == {
            "Benign": 2,
            "Cancer": 3,
            "Normal": 2,
        }
        assert len(set.union(*cases.values())) == 7
        folders = r"(Benign/(\d{4})/C_\2|Cancer/(\d{4})/B_\3|Normal/(\d{4})/A_\4)"
        pattern = folders + r"_1\.(LEFT|RIGHT)_(CC|MLO)\.jpg"
        assert all(re.fullmatch(pattern, name) for name in names)

    def test_lesion_patients_have_one_side_and_normal_ones_both(self, fetched):
        for case in fetched.glob("*/*"):
            films = sorted(path.stem.split(".")[1] for path in case.iterdir())
            sides = {film.split("_")[0] for film in films}
            assert len(sides) == (2 if case.parent.name == "Normal" else 1)
            assert films == sorted(f"{side}_{view}" for side in sides for view in VIEWS)

    def test_films_are_upright_grey_jpegs_with_the_chest_wall_at_one_edge(self, fetched):
        widths = set()
        for path in fetched.rglob("*.jpg"):
            with Image.open(path) as image:
                assert (image.format, image.mode, image.height) == ("JPEG", "L", 96)
                assert 0.5 * 96 < image.width < 0.7 * 96
                widths.add(image.width)
                film = np.asarray(image).astype(float)
            left, right = film[40:70, :3].mean(), film[40:70, -3:].mean()
            wall, air = (left, right) if ".LEFT_" in path.name else (right, left)
            assert wall > 30
            assert air < 3
        assert len(widths) > 1

    def test_is_deterministic(self, fetched, tmp_path):
        again = fetch(make_settings(), tmp_path)
        assert files_below(again) == files_below(fetched)

    def test_patients_do_not_depend_on_how_many_others_there_are(self, fetched, tmp_path):
        more = make_settings(normal_patients=4, benign_patients=0, cancer_patients=5)
        other = files_below(fetch(more, tmp_path))
        same = {name: data for name, data in files_below(fetched).items() if "Benign" not in name}
        assert same.items() < other.items()
        assert not any(name.startswith("Benign") for name in other)

    def test_another_seed_draws_other_patients(self, fetched, tmp_path):
        other = fetch(make_settings(seed=2), tmp_path)
        assert not set(files_below(other).values()) & set(files_below(fetched).values())

    def test_starts_anew_after_a_broken_off_attempt(self, fetched, tmp_path):
        for folder in ("files", "files.partial"):
            (tmp_path / folder / "Normal").mkdir(parents=True)
            (tmp_path / folder / "Normal" / "stray.jpg").write_bytes(b"")
        again = fetch(make_settings(), tmp_path)
        assert files_below(again) == files_below(fetched)
        assert not (tmp_path / "files.partial").exists()

    def test_folder_that_cannot_be_written(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(UserError, match="file: the phantoms cannot be written"):
            fetch(make_settings(), tmp_path / "file")


class TestIndex:
    def test_classes_and_patients(self, fetched):
        settings = make_settings()
        table = phantom_mammograms.index(settings, fetched)
        assert settings.class_names() == ("cancer", "normal")
        assert table["label"].value_counts().to_dict() == {"cancer": 10, "normal": 8}
        assert table["group"].nunique() == 7
        assert sorted(table["path"]) == sorted(files_below(fetched)) == list(table["path"])

    def test_without_benign_patients(self, tmp_path):
        settings = make_settings(benign_patients=0)
        table = phantom_mammograms.index(settings, fetch(settings, tmp_path))
        assert table["label"].value_counts().to_dict() == {"cancer": 6, "normal": 8}


class TestSettings:
    @pytest.mark.parametrize(
        "more",
        [
            {"normal_patients": 0},
            {"normal_patients": 3334},
            {"benign_patients": -1},
            {"cancer_patients": 0},
            {"height": 8},
        ],
    )
    def test_range(self, more):
        with pytest.raises(ValidationError):
            make_settings(**more)

    def test_the_raw_files_depend_on_every_setting(self):
        changes = [{}, {"seed": 2}, {"height": 100}, {"normal_patients": 3}]
        raw = [phantom_mammograms.raw_settings(make_settings(**change)) for change in changes]
        assert all(one != other for one, other in itertools.combinations(raw, 2))


@pytest.mark.parametrize("finding", ["benign", "malignant"])
@pytest.mark.parametrize("side", SIDES)
def test_lesions_are_bright_and_where_they_should_be(finding, side):
    height = 160
    added = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        anatomy = random_anatomy(random, has_lesion=True)
        lesion = random_lesion(random, finding)
        row = round((0.5 + lesion.levels["CC"] * anatomy.half_height) * height)
        column = round(lesion.depth * anatomy.depth * height)
        without, bearing = (
            draw(np.random.default_rng(seed), anatomy, side, "CC", shown, height).astype(float)
            for shown in (None, lesion)
        )
        if side == "RIGHT":
            column = without.shape[1] - 1 - column
        place = np.s_[row - 3 : row + 4, column - 3 : column + 4]
        assert without[place].min() > 0
        added.append(bearing[place].mean() - without[place].mean())
    assert np.mean(added) > 25
    assert np.mean(np.array(added) > 5) > 0.8


@pytest.mark.full
def test_phantoms_can_be_learned_but_not_at_a_glance(tmp_path):
    """Linear classifier on features of a random VGG16, images of 64 x 64, split by patient."""
    torch.manual_seed(1)
    frozen = vgg16.frozen_part(vgg16.random_weights(), unfrozen_layers=0)
    settings = make_settings(normal_patients=60, benign_patients=90, cancer_patients=90, height=320)
    root = fetch(settings, tmp_path)
    table = phantom_mammograms.index(settings, root)
    images = np.stack(
        [prepare_image(read_image(root / path), 64, 1, True) for path in table["path"]]
    )
    inputs = to_inputs(images, 64, vgg16.MEAN, vgg16.STANDARD_DEVIATION, torch.device("cpu"))
    with torch.inference_mode():
        features = torch.cat([frozen(batch).flatten(1) for batch in inputs.split(32)]).numpy()
    truth = table["label"] == "cancer"
    scores = cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=1000)),
        features,
        truth,
        groups=table["group"],
        cv=StratifiedGroupKFold(5, shuffle=True, random_state=1),
        scoring="roc_auc",
    )
    assert 0.80 <= scores.mean() <= 0.97
    brightness = images.mean(axis=(1, 2, 3))
    assert roc_auc_score(truth, brightness) < 0.70
