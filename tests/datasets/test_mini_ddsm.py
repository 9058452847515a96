"""Mini-DDSM: the real tree, and the drawn mammograms in its layout."""

import itertools
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from raw_files import files_below
from synthmix.classify.extract_features import extract_features
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.settings import Classifier
from synthmix.datasets.mini_ddsm import MiniDDSM
from synthmix.errors import UserError
from synthmix.phantoms.mammogram_drawing import (
    SIDES,
    VIEWS,
    draw,
    random_anatomy,
    random_lesion,
)
from synthmix.prepare.prepare_images import prepare_image
from synthmix.prepare.settings import Prepare
from synthmix.readers import read_image
from synthmix.store import load_array, save_array


def fetch(settings, target):
    return MiniDDSM.fetch(settings.raw_settings(), target)


def make_settings(**more):
    embedded = {"normal_patients": 2, "benign_patients": 2, "cancer_patients": 3, "height": 96}
    return MiniDDSM(source="mini_ddsm", embedded=embedded | more)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    return fetch(make_settings(), tmp_path_factory.mktemp("drawn"))


CASES = [("Benign", "0029", "C"), ("Cancer", "3005", "B"), ("Normal", "0002", "A")]
TOP = "MINI-DDSM-Complete-JPEG-8"


class TestFetch:
    def test_tree_is_that_of_mini_ddsm(self, fetched):
        names = sorted(files_below(fetched / TOP))
        cases = {
            folder.name: {case.name for case in folder.iterdir()}
            for folder in (fetched / TOP).iterdir()
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
        for case in (fetched / TOP).glob("*/*"):
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
        more = make_settings(normal_patients=4, benign_patients=1, cancer_patients=5)
        other = files_below(fetch(more, tmp_path))
        same = {name: data for name, data in files_below(fetched).items() if "Benign" not in name}
        assert same.items() < other.items()
        assert len({name.split("/")[2] for name in other if "Benign" in name}) == 1

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
        with pytest.raises(UserError, match="file/files: the files cannot be written"):
            fetch(make_settings(), tmp_path / "file")


class TestIndex:
    def test_classes_and_patients(self, fetched):
        settings = make_settings()
        table = settings.index(fetched)
        assert settings.class_names() == ("cancer", "normal")
        assert table["label"].value_counts().to_dict() == {"cancer": 10, "normal": 8}
        assert table["group"].nunique() == 7
        assert sorted(table["path"]) == sorted(files_below(fetched)) == list(table["path"])


class TestRealTree:
    """What the downloaded data set has and the drawn one has not."""

    @pytest.fixture
    def tree(self, tmp_path):
        names = [f"{folder}/{case}/{letter}_{case}_1.LEFT_CC" for folder, case, letter in CASES]
        for name in names:
            for suffix in (".jpg", "_Mask.jpg"):
                path = tmp_path / "wrapper" / TOP / f"{name}{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"")
        rows = [{"fullPath": name.replace("/", "\\") + ".jpg", "Age": 50} for name in names]
        rows[0]["fullPath"] = "Benign\\9999\\C_9999_1.LEFT_CC.jpg"
        pd.DataFrame(rows).to_excel(tmp_path / "wrapper" / "DataWMask.xlsx", index=False)
        return tmp_path

    def test_masks_are_no_pictures_and_a_case_is_a_patient(self, tree):
        root = MiniDDSM.find(tree)
        table = MiniDDSM(source="mini_ddsm").index(root)
        assert root.name == "wrapper"
        assert table["label"].tolist() == ["cancer", "cancer", "normal"]
        assert table["group"].tolist() == ["0029", "3005", "0002"]
        assert not table["path"].str.contains("Mask").any()

    def test_other_classes_can_be_made_of_the_folders(self, tree):
        classes = {"cancer": ["Cancer"], "benign": ["Benign"]}
        table = MiniDDSM(source="mini_ddsm", classes=classes).index(MiniDDSM.find(tree))
        assert table["label"].tolist() == ["benign", "cancer"]

    def test_differences_to_its_table_are_told(self, tree, caplog):
        MiniDDSM(source="mini_ddsm").index(MiniDDSM.find(tree))
        told = " ".join(caplog.messages)
        assert "lists pictures that are not there: 1, such as Benign/9999" in told
        assert "does not list pictures that are there: 1, such as Benign/0029" in told

    def test_a_class_without_pictures_is_told(self, tree):
        for path in tree.rglob("A_*.jpg"):
            path.unlink()
        with pytest.raises(UserError, match="normal has no pictures in Normal"):
            MiniDDSM(source="mini_ddsm").index(MiniDDSM.find(tree))

    def test_an_archive_put_there_by_hand_is_used_without_a_network(self, tree, tmp_path):
        target = tmp_path / "data" / "mini_ddsm"
        target.mkdir(parents=True)
        shutil.make_archive(str(target / "archive"), "zip", tree / "wrapper")
        assert MiniDDSM.missing({}, target) is None
        root = MiniDDSM.fetch({}, target)
        assert root == target / "files" / "archive"
        assert len(MiniDDSM(source="mini_ddsm").index(root)) == 3

    def test_an_unpacked_tree_put_there_by_hand_is_used_where_it_is(self, tree, tmp_path):
        assert MiniDDSM.fetch({}, tree) == tree / "wrapper"

    def test_another_archive_is_told(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
            archive.writestr("a.jpg", b"")
        with pytest.raises(UserError, match="is not Mini-DDSM: no folder has MINI-DDSM"):
            MiniDDSM.fetch({}, tmp_path)

    def test_it_is_downloaded_and_unpacked(self, tree, tmp_path, kaggle_server):
        archive = shutil.make_archive(str(tmp_path / "miniddsm2"), "zip", tree / "wrapper")
        kaggle_server.files["/datasets/download/cheddad/miniddsm2"] = Path(archive).read_bytes()
        root = MiniDDSM.fetch({}, tmp_path / "data")
        assert len(MiniDDSM(source="mini_ddsm").index(root)) == 3
        assert MiniDDSM.fetch({}, tmp_path / "data") == root
        assert len(kaggle_server.requests) == 1
        assert not list((tmp_path / "data").glob("*.partial"))

    @pytest.mark.usefixtures("_no_kaggle_account")
    def test_without_credentials_the_steps_are_told_before_the_download(self, tmp_path):
        assert "kaggle.json" in MiniDDSM.missing({}, tmp_path / "data")
        assert MiniDDSM.missing(make_settings().raw_settings(), tmp_path / "data") is None


class TestSettings:
    @pytest.mark.parametrize(
        "more",
        [
            {"normal_patients": 0},
            {"normal_patients": 3334},
            {"benign_patients": 0},
            {"cancer_patients": 0},
            {"height": 8},
        ],
    )
    def test_range(self, more):
        with pytest.raises(ValidationError):
            make_settings(**more)

    def test_the_raw_files_depend_on_every_setting(self):
        changes = [{}, {"seed": 2}, {"height": 100}, {"normal_patients": 3}]
        raw = [make_settings(**change).raw_settings() for change in changes]
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
@pytest.mark.full
def test_phantoms_can_be_learned_but_not_at_a_glance(tmp_path):
    """Linear classifier on features of a random VGG16, images of 64 x 64, split by patient."""
    settings = make_settings(normal_patients=60, benign_patients=90, cancer_patients=90, height=320)
    root = fetch(settings, tmp_path)
    table = settings.index(root)
    prepare = Prepare(image_size=64)
    images = np.stack([prepare_image(read_image(root / path), prepare) for path in table["path"]])
    save_array(tmp_path / "real.npy", images.shape[1:], "uint8", [images])
    classifier = Classifier(network="vgg16", weights="none", input_size=64, unfrozen_layers=0)
    weights, features = tmp_path / "weights.safetensors", tmp_path / "features.npy"
    fetch_weights("vgg16", "none", weights, seed=1)
    extract_features(
        tmp_path / "real.npy", weights, features, classifier.model_dump(), torch.device("cpu")
    )
    truth = table["label"] == "cancer"
    scores = cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=1000)),
        load_array(features),
        truth,
        groups=table["group"],
        cv=StratifiedGroupKFold(5, shuffle=True, random_state=1),
        scoring="roc_auc",
    )
    assert 0.80 <= scores.mean() <= 0.97
    brightness = images.mean(axis=(1, 2, 3))
    assert roc_auc_score(truth, brightness) < 0.70
