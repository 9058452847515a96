"""COVID-19 Radiography Database: its trees, old and new, and the films drawn in its layout."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from raw_files import files_below
from synthmix.datasets.covid_xray import CovidXray
from synthmix.errors import UserError
from synthmix.phantoms import chest_film_drawing
from synthmix.prepare.index_dataset import validate_index
from synthmix.readers import read_image

NEW = "COVID-19_Radiography_Dataset"
OLD = "COVID-19 Radiography Database"


def make_settings(**more):
    return CovidXray(source="covid_xray", **more)


def drawn_settings(**more):
    counts = {"normal": 3, "pneumonia": 2, "covid": 4, "lung_opacity": 1}
    return make_settings(embedded=counts | {"size": 64} | more)


def fetch(settings, target):
    return CovidXray.fetch(settings.raw_settings(), target)


def make_files(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


@pytest.fixture
def tree(tmp_path):
    """The data set as it is now: a folder of archives' content."""
    root = tmp_path / "tree"
    names = ["COVID-1", "COVID-2", "Normal-1", "Viral Pneumonia-1", "Lung_Opacity-1"]
    for name in names:
        folder = name.rpartition("-")[0]
        make_files(root / NEW / folder, [f"{kind}/{name}.png" for kind in ("images", "masks")])
        make_files(root / NEW, [f"{folder}.metadata.xlsx"])
    make_files(root / NEW, ["README.md.txt"])
    return root


@pytest.fixture
def old_tree(tmp_path):
    """The data set as it was first: pictures in the class folders, some called otherwise."""
    root = tmp_path / "old"
    pictures = ["COVID-19/COVID-19 (1).png", "NORMAL/NORMAL (1).png", "NORMAL/NORMAL (2).png"]
    pictures += ["Viral Pneumonia/Viral Pneumonia (1).png"]
    make_files(root / OLD, [*pictures, "NORMAL.metadata.xlsx", "README.md.txt"])
    return root


class TestRealTree:
    def test_pictures_are_listed_and_masks_passed_over(self, tree):
        root = CovidXray.find(tree)
        table = make_settings().index(root)
        assert table.to_dict("list") == {
            "sample_id": [
                "COVID_images_COVID-1",
                "COVID_images_COVID-2",
                "Normal_images_Normal-1",
                "Viral_Pneumonia_images_Viral_Pneumonia-1",
            ],
            "path": [
                "COVID/images/COVID-1.png",
                "COVID/images/COVID-2.png",
                "Normal/images/Normal-1.png",
                "Viral Pneumonia/images/Viral Pneumonia-1.png",
            ],
            "label": ["covid", "covid", "normal", "pneumonia"],
            "group": list(table["path"]),
        }
        assert all((root / path).is_file() for path in table["path"])

    def test_classes_are_in_the_order_of_the_map(self, tree):
        classes = {"ill": ["COVID", "Lung_Opacity"], "healthy": ["Normal"]}
        settings = make_settings(classes=classes)
        labels = settings.index(CovidXray.find(tree))["label"]
        assert settings.class_names() == ("ill", "healthy")
        assert labels.value_counts().to_dict() == {"ill": 3, "healthy": 1}

    def test_an_old_version_is_read_too(self, old_tree):
        table = make_settings().index(CovidXray.find(old_tree))
        assert table["path"].tolist() == [
            "COVID-19/COVID-19 (1).png",
            "NORMAL/NORMAL (1).png",
            "NORMAL/NORMAL (2).png",
            "Viral Pneumonia/Viral Pneumonia (1).png",
        ]
        assert table["label"].tolist() == ["covid", "normal", "normal", "pneumonia"]

    def test_pictures_beside_the_folder_of_pictures_are_not_listed_twice(self, tree):
        make_files(tree / NEW, ["Normal/Normal-1.png"])
        paths = list(make_settings().index(CovidXray.find(tree))["path"])
        assert [path for path in paths if "Normal" in path] == ["Normal/images/Normal-1.png"]

    def test_what_the_mac_adds_is_passed_over(self, tree):
        make_files(tree / NEW, ["Normal/images/._Normal-1.png", "Normal/images/.x/Normal-2.png"])
        assert len(make_settings().index(CovidXray.find(tree))) == 4

    def test_a_class_without_pictures_is_told(self, tree):
        shutil.rmtree(tree / NEW / "Normal" / "images")
        with pytest.raises(UserError, match="normal has no pictures in Normal"):
            make_settings().index(CovidXray.find(tree))

    def test_an_old_version_without_a_folder_of_a_class_is_told(self, old_tree):
        settings = make_settings(classes={"opacity": ["Lung_Opacity"], "normal": ["Normal"]})
        with pytest.raises(UserError, match=r"opacity has no pictures in Lung_Opacity.*old"):
            settings.index(CovidXray.find(old_tree))


class TestFetch:
    def test_an_unpacked_tree_put_there_by_hand_is_used_where_it_is(self, tree):
        assert CovidXray.fetch({}, tree) == tree / NEW

    def test_an_archive_put_there_by_hand_is_used_without_a_network(self, old_tree, tmp_path):
        target = tmp_path / "data" / "covid_xray"
        target.mkdir(parents=True)
        shutil.make_archive(str(target / "archive"), "zip", old_tree)
        assert CovidXray.missing({}, target) is None
        root = CovidXray.fetch({}, target)
        assert root == target / "files" / "archive" / OLD
        assert len(make_settings().index(root)) == 4

    def test_another_tree_is_told(self, tmp_path):
        make_files(tmp_path / "data", ["a.zip.txt", "x/COVID/images/a.png"])
        shutil.make_archive(str(tmp_path / "data" / "other"), "zip", tmp_path / "data" / "x")
        with pytest.raises(UserError, match="is not COVID-19 Radiography Database"):
            CovidXray.fetch({}, tmp_path / "data")

    def test_it_is_downloaded_once_and_unpacked(self, tree, tmp_path, kaggle_server):
        body = Path(shutil.make_archive(str(tmp_path / "archive"), "zip", tree)).read_bytes()
        path = "/datasets/download/tawsifurrahman/covid19-radiography-database"
        kaggle_server.files[path] = body
        root = CovidXray.fetch({}, tmp_path / "data")
        assert CovidXray.fetch({}, tmp_path / "data") == root
        assert len(kaggle_server.requests) == 1
        assert len(make_settings().index(root)) == 4

    @pytest.mark.usefixtures("_no_kaggle_account")
    def test_without_credentials_the_steps_are_told(self, tmp_path):
        told = CovidXray.missing({}, tmp_path / "data")
        assert "kaggle.json" in told
        assert "data_dir/covid_xray/" in told
        assert CovidXray.missing(drawn_settings().raw_settings(), tmp_path / "data") is None


class TestSettings:
    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            ({"a": ["COVID"]}, "at least 2"),
            ({"a": ["COVID"], "b": []}, "at least 1"),
            ({"a": ["COVID"], "b": ["Normal", "COVID"]}, "COVID is named more than once"),
            ({"a": ["COVID"], "b": ["Healthy"]}, "Normal"),
        ],
    )
    def test_mistaken_classes(self, classes, message):
        with pytest.raises(ValidationError, match=message):
            make_settings(classes=classes)

    @pytest.mark.parametrize("more", [{"normal": 0}, {"covid": 0}, {"pneumonia": 0}, {"size": 8}])
    def test_range(self, more):
        with pytest.raises(ValidationError):
            drawn_settings(**more)

    def test_the_raw_files_depend_on_every_setting_of_the_films(self):
        changes = [{}, {"seed": 2}, {"size": 100}, {"normal": 4}, {"lung_opacity": 0}]
        raw = [drawn_settings(**change).raw_settings() for change in changes]
        assert all(one != other for one, other in itertools.combinations(raw, 2))

    def test_the_raw_files_do_not_depend_on_the_classes(self):
        classes = {"a": ["COVID"], "b": ["Normal"]}
        assert make_settings(classes=classes).raw_settings() == make_settings().raw_settings()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return fetch(drawn_settings(), tmp_path_factory.mktemp("drawn"))


class TestEmbedded:
    def test_the_tree_is_the_true_one(self, drawn):
        counts = {"COVID": 4, "Normal": 3, "Viral Pneumonia": 2, "Lung_Opacity": 1}
        assert set(files_below(drawn)) == {
            f"{NEW}/{folder}/{kind}/{folder}-{number}.png"
            for folder, count in counts.items()
            for number in range(1, count + 1)
            for kind in ("images", "masks")
        }

    def test_the_reader_lists_the_films_of_its_classes(self, drawn):
        settings = drawn_settings()
        table = settings.index(drawn)
        validate_index(table.assign(frame="", part=""), settings.class_names(), drawn)
        assert table["label"].value_counts().to_dict() == {"covid": 4, "normal": 3, "pneumonia": 2}
        assert not table["path"].str.contains("masks").any()

    def test_films_are_square_and_grey(self, drawn):
        for path in drawn_settings().index(drawn)["path"]:
            film = read_image(drawn / path)
            assert (film.format, film.mode, film.size) == ("PNG", "L", (64, 64))

    def test_lungs_are_darker_than_what_surrounds_them(self, drawn):
        for path in (drawn / NEW / "Normal" / "images").iterdir():
            film = np.asarray(Image.open(path)).astype(float)
            mask = np.asarray(Image.open(path.parents[1] / "masks" / path.name)) > 0
            middle = np.zeros_like(mask)
            middle[16:48, 30:34] = True
            assert film[mask].mean() < 0.8 * film[middle & ~mask].mean()

    def test_is_deterministic(self, drawn, tmp_path):
        assert files_below(fetch(drawn_settings(), tmp_path)) == files_below(drawn)

    def test_films_do_not_depend_on_how_many_others_there_are(self, drawn, tmp_path):
        more = drawn_settings(normal=5, pneumonia=3, covid=5, lung_opacity=2)
        assert files_below(drawn).items() < files_below(fetch(more, tmp_path)).items()

    def test_another_seed_draws_other_films(self, drawn, tmp_path):
        other = fetch(drawn_settings(seed=2), tmp_path)
        assert not set(files_below(other).values()) & set(files_below(drawn).values())


@pytest.mark.parametrize("folder", ["COVID", "Viral Pneumonia", "Lung_Opacity"])
def test_disease_takes_air_out_of_the_lungs_and_changes_nothing_else(folder, monkeypatch):
    for name in ("_CHILDREN", "_BEDSIDE"):
        shares = getattr(chest_film_drawing, name)
        monkeypatch.setattr(chest_film_drawing, name, dict.fromkeys(shares, 0.2))
    whitened = []
    for seed in range(20):
        (healthy, mask), (ill, _) = (
            chest_film_drawing.draw(np.random.default_rng(seed), shown, 64)
            for shown in ("Normal", folder)
        )
        change = ill.astype(float) - healthy
        near_lungs = np.asarray(Image.fromarray(mask).filter(ImageFilter.MaxFilter(11))) > 0
        assert np.abs(change[~near_lungs]).max() <= 3
        whitened.append(change[mask > 0].mean())
    assert np.mean(whitened) > 4


@pytest.mark.full
def test_films_can_be_learned_but_not_at_a_glance(tmp_path):
    settings = make_settings(embedded=dict.fromkeys(("normal", "pneumonia", "covid"), 120))
    root = fetch(settings, tmp_path)
    table = settings.index(root)
    films = [np.asarray(read_image(root / path).resize((32, 32))) for path in table["path"]]
    pixels = np.stack(films).reshape(len(films), -1) / 255
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    assert 0.5 < cross_val_score(model, pixels, table["label"], cv=3).mean() < 0.85
    brightness = pixels.mean(axis=1, keepdims=True)
    assert cross_val_score(model, brightness, table["label"], cv=3).mean() < 0.55
