"""RFMiD: its tree, tables with mistakes, and the photographs drawn in its layout."""

import csv
import itertools
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from raw_files import files_below
from synthmix.datasets.retina import Retina
from synthmix.errors import UserError
from synthmix.phantoms.fundus_photograph_drawing import draw
from synthmix.prepare.index_dataset import validate_index
from synthmix.readers import read_image

TABLES = {
    "Training_Set": ("Training", "RFMiD_Training_Labels.csv"),
    "Evaluation_Set": ("Validation", "RFMiD_Validation_Labels.csv"),
    "Test_Set": ("Test", "RFMiD_Testing_Labels.csv"),
}
TRAINING = Path("Training_Set/Training_Set/RFMiD_Training_Labels.csv")


def make_settings(**more):
    return Retina(source="retina", **more)


def drawn_settings(**more):
    return make_settings(embedded={"healthy": 5, "diseased": 10, "height": 64} | more)


def fetch(settings, target):
    return Retina.fetch(settings.raw_settings(), target)


def write_labels(path, risks):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "Disease_Risk", "DR", "ARMD"])
        writer.writerows([identifier, risk, risk, 0] for identifier, risk in risks.items())


def make_tree(root, inner=True, test_folder="Test"):
    """Write the true tree: 1 and 2 in each part, of which 2 has a disease; 3 for training too."""
    for part, (pictures, table) in TABLES.items():
        top = root / part / part if inner else root / part
        identifiers = (1, 2, 3) if part == "Training_Set" else (1, 2)
        folder = top / (test_folder if part == "Test_Set" else pictures)
        folder.mkdir(parents=True)
        for identifier in identifiers:
            (folder / f"{identifier}.png").write_bytes(b"")
        write_labels(top / table, {identifier: int(identifier == 2) for identifier in identifiers})
    return root


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "tree")


class TestRealTree:
    def test_photographs_are_listed_with_labels_and_parts(self, tree):
        table = make_settings().index(tree)
        rows = table[["sample_id", "path", "label", "part"]].itertuples(index=False, name=None)
        evaluation, test, training = (
            "Evaluation_Set/Evaluation_Set/Validation",
            "Test_Set/Test_Set/Test",
            "Training_Set/Training_Set/Training",
        )
        assert [(path, label, part) for _, path, label, part in rows] == [
            (f"{evaluation}/1.png", "healthy", "validation"),
            (f"{evaluation}/2.png", "diseased", "validation"),
            (f"{test}/1.png", "healthy", "test"),
            (f"{test}/2.png", "diseased", "test"),
            (f"{training}/1.png", "healthy", "train"),
            (f"{training}/2.png", "diseased", "train"),
            (f"{training}/3.png", "healthy", "train"),
        ]

    def test_equal_numbers_of_several_parts_are_different_photographs(self, tree):
        table = make_settings().index(tree)
        assert table["sample_id"].is_unique
        assert table["group"].is_unique

    def test_the_classes_are_healthy_and_diseased(self):
        assert make_settings().class_names() == ("healthy", "diseased")

    def test_the_inner_folder_may_be_missing(self, tmp_path):
        table = make_settings().index(make_tree(tmp_path, inner=False))
        assert "Test_Set/Test/1.png" in list(table["path"])
        assert len(table) == 7

    def test_the_test_photographs_may_lie_in_testing(self, tmp_path):
        table = make_settings().index(make_tree(tmp_path, test_folder="Testing"))
        assert list(table["path"][table["part"] == "test"]) == [
            "Test_Set/Test_Set/Testing/1.png",
            "Test_Set/Test_Set/Testing/2.png",
        ]

    def test_what_the_mac_adds_is_passed_over(self, tree):
        folder = (tree / TRAINING).parent
        (folder / "._RFMiD_Training_Labels.csv").write_bytes(b"")
        (folder / "Training" / "._1.png").write_bytes(b"")
        assert len(make_settings().index(tree)) == 7

    def test_photographs_in_two_folders_are_told(self, tree):
        (tree / "Test_Set" / "Test_Set" / "Testing").mkdir()
        (tree / "Test_Set" / "Test_Set" / "Testing" / "1.png").write_bytes(b"")
        with pytest.raises(UserError, match=r"one folder.*Test_Set/Test, Test_Set/Testing"):
            make_settings().index(tree)

    def test_a_part_without_photographs_is_told(self, tree):
        shutil.rmtree(tree / "Test_Set" / "Test_Set" / "Test")
        with pytest.raises(UserError, match=r"Test_Set: the photographs should lie.*none"):
            make_settings().index(tree)


class TestLabels:
    def test_rows_and_photographs_without_each_other_are_counted(self, tree, caplog):
        write_labels(tree / TRAINING, {1: 0, 2: 1, 8: 1, 9: 1})
        table = make_settings().index(tree)
        told = " ".join(caplog.messages)
        assert "RFMiD_Training_Labels.csv: 2 of 4 rows without a photograph, such as 8, 9" in told
        assert "RFMiD_Training_Labels.csv: 1 of 3 photographs without a row, such as 3" in told
        assert (table["part"] == "train").sum() == 2

    def test_nothing_is_told_of_whole_tables(self, tree, caplog):
        make_settings().index(tree)
        assert not caplog.messages

    def test_a_byte_order_mark_and_spaces_do_no_harm(self, tree):
        text = "\ufeffID , Disease_Risk,DR\n1,0,0\n2, 1,1\n3,0 ,0\n"
        (tree / TRAINING).write_text(text, encoding="utf-8")
        labels = make_settings().index(tree).set_index("path")["label"]
        assert labels["Training_Set/Training_Set/Training/2.png"] == "diseased"
        assert len(labels) == 7

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "can't be read as a table"),
            ("ID,DR\n1,0\n", "lacks the column Disease_Risk;"),
            ("Image,Risk\n1,0\n", "lacks the column ID and Disease_Risk"),
            ("ID,Disease_Risk\n1,0\n2,yes\n", "1 rows are wrong, such as ID '2' with .* 'yes'"),
            ("ID,Disease_Risk\n1,0\n2,\n", "1 rows are wrong, such as ID '2' with .* ''"),
            ("ID,Disease_Risk\n1,0\n1,1\n", "1 rows are wrong, such as ID '1' with .* '1'"),
        ],
    )
    def test_mistaken_table(self, tree, text, message):
        (tree / TRAINING).write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=rf"RFMiD_Training_Labels\.csv: {message}"):
            make_settings().index(tree)

    def test_a_part_without_a_table_is_told(self, tree):
        (tree / TRAINING).unlink()
        with pytest.raises(UserError, match="Training_Set: has 0 files called"):
            make_settings().index(tree)

    def test_an_empty_class_is_told(self, tree):
        for part, (_, table) in TABLES.items():
            write_labels(tree / part / part / table, {1: 1, 2: 1})
        with pytest.raises(UserError, match="no photograph is healthy"):
            make_settings().index(tree)


class TestFetch:
    def test_an_unpacked_tree_put_there_by_hand_is_used_where_it_is(self, tree):
        assert Retina.fetch({}, tree.parent) == tree

    def test_archives_of_the_parts_put_there_by_hand_are_used(self, tree, tmp_path):
        target = tmp_path / "data" / "retina"
        target.mkdir(parents=True)
        for part in TABLES:
            shutil.make_archive(str(target / part), "zip", tree / part / part)
        assert Retina.missing({}, target) is None
        assert len(make_settings().index(Retina.fetch({}, target))) == 7

    def test_another_tree_is_told(self, tree):
        shutil.rmtree(tree / "Test_Set")
        shutil.make_archive(str(tree.parent / "data" / "other"), "zip", tree)
        with pytest.raises(UserError, match="is not Retinal Fundus Multi-disease Image Dataset"):
            Retina.fetch({}, tree.parent / "data")

    def test_it_is_downloaded_once_and_unpacked(self, tree, tmp_path, kaggle_server):
        body = Path(shutil.make_archive(str(tmp_path / "archive"), "zip", tree)).read_bytes()
        path = "/datasets/download/andrewmvd/retinal-disease-classification"
        kaggle_server.files[path] = body
        root = Retina.fetch({}, tmp_path / "data")
        assert Retina.fetch({}, tmp_path / "data") == root
        assert len(kaggle_server.requests) == 1
        assert len(make_settings().index(root)) == 7

    @pytest.mark.usefixtures("_no_kaggle_account")
    def test_without_credentials_the_steps_are_told(self, tmp_path):
        told = Retina.missing({}, tmp_path / "data")
        assert "kaggle.json" in told
        assert "data_dir/retina/" in told
        assert Retina.missing(drawn_settings().raw_settings(), tmp_path / "data") is None


class TestSettings:
    @pytest.mark.parametrize(
        "more",
        [
            *({"healthy": 4}, {"diseased": 4}, {"height": 8}, {"seed": -1}),
            *({"findings": []}, {"findings": ["ARMD"]}, {"least_severity": 1.1}),
        ],
    )
    def test_range(self, more):
        with pytest.raises(ValidationError):
            drawn_settings(**more)

    def test_the_raw_files_depend_on_every_setting(self):
        changes = [{}, {"seed": 2}, {"height": 100}, {"healthy": 6}, {"diseased": 11}]
        raw = [drawn_settings(**change).raw_settings() for change in changes]
        assert all(one != other for one, other in itertools.combinations(raw, 2))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return fetch(drawn_settings(), tmp_path_factory.mktemp("drawn"))


class TestEmbedded:
    def test_the_reader_lists_every_photograph(self, drawn, caplog):
        settings = drawn_settings()
        table = settings.index(drawn)
        validate_index(table.assign(frame=""), settings.class_names(), drawn)
        assert table.value_counts(["part", "label"]).to_dict() == {
            ("train", "healthy"): 3,
            ("train", "diseased"): 6,
            ("validation", "healthy"): 1,
            ("validation", "diseased"): 2,
            ("test", "healthy"): 1,
            ("test", "diseased"): 2,
        }
        assert not caplog.messages

    def test_the_tables_have_the_45_diseases_and_the_diseased_have_some(self, drawn):
        for part, (_, name) in TABLES.items():
            table = pd.read_csv(drawn / part / part / name)
            assert list(table)[:4] == ["ID", "Disease_Risk", "DR", "ARMD"]
            assert table.shape[1] == 2 + 45
            assert table["ID"].is_monotonic_increasing
            assert (table.iloc[:, 2:].any(axis=1) == table["Disease_Risk"]).all()

    def test_photographs_are_round_reddish_and_black_around(self, drawn):
        widths = set()
        for path in drawn_settings().index(drawn)["path"]:
            photograph = read_image(drawn / path)
            assert (photograph.format, photograph.mode, photograph.height) == ("PNG", "RGB", 64)
            widths.add(photograph.width)
            pixels = np.asarray(photograph).astype(float)
            corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
            assert corners.max() == 0
            red, green, blue = pixels[16:48, 28:56].mean(axis=(0, 1))
            assert red > green > blue
        assert widths == {85, 96}

    def test_is_deterministic(self, drawn, tmp_path):
        assert files_below(fetch(drawn_settings(), tmp_path)) == files_below(drawn)

    def test_photographs_do_not_depend_on_how_many_others_there_are(self, drawn, tmp_path):
        other = files_below(fetch(drawn_settings(healthy=9, diseased=11), tmp_path))
        pictures = {name: data for name, data in files_below(drawn).items() if ".png" in name}
        assert pictures.items() < other.items()

    def test_the_diseased_have_the_findings_asked_for(self, tmp_path):
        root = fetch(drawn_settings(findings=["DN", "EDN"], diseased=20), tmp_path)
        tables = [pd.read_csv(root / part / part / name) for part, (_, name) in TABLES.items()]
        found = pd.concat(tables).query("Disease_Risk == 1").iloc[:, 2:].sum()
        assert set(found.index[found > 0]) == {"DN", "EDN"}

    def test_another_seed_draws_other_photographs(self, drawn, tmp_path):
        other = fetch(drawn_settings(seed=2), tmp_path)
        assert not set(files_below(other).values()) & set(files_below(drawn).values())


@pytest.mark.parametrize(
    ("finding", "channel", "sign"),
    [
        *(("DN", 1, 1), ("EDN", 1, 1), ("CWS", 2, 1), ("ODP", 2, 1), ("ODC", 1, 1)),
        *(("HR", 0, -1), ("BRVO", 0, -1), ("MH", 2, 1)),
    ],
)
def test_a_finding_is_seen_and_little_else_changes(finding, channel, sign):
    strongest, changed = [], []
    for seed in range(15):
        # another disease that has no lesion drawn for it
        without, bearing = (
            draw(np.random.default_rng(seed), [disease], 96).astype(float)
            for disease in ("ARMD", finding)
        )
        difference = sign * (bearing - without)[..., channel]
        strongest.append(difference.max())
        changed.append((np.abs(difference) > 3).mean())
    assert np.mean(strongest) > 30
    assert finding == "MH" or np.mean(changed) < 0.15


def test_findings_are_as_striking_as_asked_for():
    faint, striking = (
        draw(np.random.default_rng(3), ["DN"], 96, severity).astype(float)
        - draw(np.random.default_rng(3), ["ARMD"], 96, severity)
        for severity in (0.0, 0.95)
    )
    assert np.abs(striking).mean() > 1.2 * np.abs(faint).mean()


@pytest.mark.full
def test_photographs_can_be_learned_but_not_at_a_glance(tmp_path):
    settings = make_settings(embedded={"healthy": 250, "diseased": 250})
    root = fetch(settings, tmp_path)
    table = settings.index(root)
    small = [np.asarray(read_image(root / path).resize((32, 32))) for path in table["path"]]
    pixels = np.stack(small).reshape(len(small), -1) / 255
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    folds = StratifiedKFold(3, shuffle=True, random_state=1)
    assert 0.57 < cross_val_score(model, pixels, table["label"], cv=folds).mean() < 0.85
    brightness = pixels.mean(axis=1, keepdims=True)
    assert cross_val_score(model, brightness, table["label"], cv=folds).mean() < 0.57
