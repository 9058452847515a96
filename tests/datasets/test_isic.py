"""The ISIC archive: reading its tables, downloading it, and the drawn stand-in."""

import csv
import json
import re
import urllib.parse

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydantic import ValidationError

from http_server import running_server
from synthmix.acquire import download
from synthmix.datasets import isic
from synthmix.datasets.isic import Isic
from synthmix.errors import UserError
from synthmix.phantoms import skin_lesions

NEW = """\
isic_id,attribution,collection,copyright_license,diagnosis_1,patient_id,lesion_id
ISIC_0000001,Anonymous,MSK-1,CC-0,Benign,IP_1,IL_1
ISIC_0000002,Anonymous,MSK-1,CC-0, malignant ,IP_1,IL_2
ISIC_0000003,ViDIR Group,HAM10000,CC-BY-NC,BENIGN,,IL_3
ISIC_0000004,ViDIR Group,HAM10000,CC-BY-NC,Malignant,,
ISIC_0000005,Anonymous,SONIC,CC-0,Benign,IP_9,IL_9
ISIC_0000006,Anonymous,MSK-1,CC-0,Indeterminate,IP_2,IL_6
ISIC_0000007,Anonymous,MSK-1,CC-0,,IP_2,IL_7
"""
OLD = """\
_id,name,dataset.name,meta.clinical.benign_malignant,meta.clinical.diagnosis
a1,ISIC_0000001,UDA-1,benign,nevus
a2,ISIC_0000002,UDA-1,malignant,melanoma
a3,ISIC_0000003,sonic ,benign,nevus
a4,ISIC_0000004,UDA-1,indeterminate/benign,
"""
TYPES = """\
isic_id,attribution,collection,diagnosis_1,image_type
ISIC_0000001,Anonymous,MSK-1,Benign,dermoscopic
ISIC_0000002,Anonymous,MSK-1,Malignant,dermoscopic
ISIC_0000003,Anonymous,MSK-1,Benign,clinical: overview
ISIC_0000004,Anonymous,MSK-2,Malignant,Clinical
"""
CREDITED = """\
isic_id,attribution,benign_malignant
ISIC_0000001,Anonymous,benign
ISIC_0000002,Anonymous,malignant
ISIC_0000003,Anonymous,benign
"""


def settings(**more):
    return Isic(source="isic", **more)


def write_tree(root, table, names=None, folder="images", suffix=".jpg"):
    """Write `table` and a file for each of `names`, by default of its images."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "metadata.csv").write_text(table, encoding="utf-8")
    if names is None:
        names = re.findall(r"ISIC_\d{7}", table)
    (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / folder / f"{name}{suffix}").write_bytes(name.encode())
    return root


def names(table):
    return [path.split("/")[-1].split(".")[0][-1] for path in table["path"]]


class TestIndex:
    def test_table_of_the_new_archive(self, tmp_path):
        table = settings().index(write_tree(tmp_path, NEW))
        assert table.to_dict("list") == {
            "sample_id": [f"images_ISIC_000000{number}" for number in (1, 2, 3, 4)],
            "path": [f"images/ISIC_000000{number}.jpg" for number in (1, 2, 3, 4)],
            "label": ["benign", "malignant", "benign", "malignant"],
            "group": ["IP_1", "IP_1", "lesion IL_3", "image ISIC_0000004"],
        }

    def test_table_of_the_old_archive(self, tmp_path):
        table = settings().index(write_tree(tmp_path, OLD))
        assert names(table) == ["1", "2"]
        assert list(table["label"]) == ["benign", "malignant"]

    def test_sonic_is_kept_on_demand(self, tmp_path):
        table = settings(excluded_sources=[]).index(write_tree(tmp_path, NEW))
        assert names(table) == ["1", "2", "3", "4", "5"]

    def test_other_sources_are_excluded(self, tmp_path):
        table = settings(excluded_sources=["sonic", " ham10000 "]).index(write_tree(tmp_path, NEW))
        assert names(table) == ["1", "2"]

    def test_a_source_is_a_whole_word(self, tmp_path):
        table = settings(excluded_sources=["SONIC", "MSK"]).index(write_tree(tmp_path, NEW))
        assert names(table) == ["3", "4"]
        table = settings(excluded_sources=["SONIC", "MS", "SK-1"]).index(tmp_path)
        assert names(table) == ["1", "2", "3", "4"]

    def test_other_labels_are_a_class_on_demand(self, tmp_path):
        kept = settings(keep_other_labels=True)
        assert kept.class_names() == ("benign", "malignant", "other")
        table = kept.index(write_tree(tmp_path, NEW))
        assert names(table) == ["1", "2", "3", "4", "6", "7"]
        assert list(table["label"])[-2:] == ["other", "other"]

    def test_other_labels_are_kept_for_generators_on_demand(self, tmp_path):
        kept = settings(keep_for_generators=True)
        assert kept.class_names() == ("benign", "malignant")
        table = kept.index(write_tree(tmp_path, NEW))
        assert names(table) == ["1", "2", "3", "4", "6", "7"]
        assert list(table["label"])[-2:] == ["unlabelled", "unlabelled"]
        assert set(kept.census(tmp_path)["left_out"]) == {"", "collection SONIC"}

    @pytest.mark.parametrize(
        ("table", "column"), [(TYPES, "image_type"), (TYPES, "meta.acquisition.image_type")]
    )
    def test_clinical_photographs_are_left_out_on_demand(self, tmp_path, table, column):
        root = write_tree(tmp_path, table.replace("image_type", column))
        assert names(settings().index(root)) == ["1", "2", "3", "4"]
        without = settings(excluded_image_types=["clinical"])
        assert names(without.index(root)) == ["1", "2"]
        left_out = without.census(root).set_index("image")["left_out"]
        assert list(left_out) == ["", "", "image type clinical", "image type clinical"]
        kept = settings(excluded_image_types=["clinical"], keep_for_generators=True).index(root)
        assert list(kept["label"]) == ["benign", "malignant", "unlabelled", "unlabelled"]

    def test_types_that_nothing_tells_are_told(self, tmp_path):
        root = write_tree(tmp_path, NEW)
        with pytest.raises(UserError, match=r"excluded_image_types.*no column image_type"):
            settings(excluded_image_types=["clinical"]).index(root)

    def test_images_without_a_class_are_kept_in_one_way(self):
        with pytest.raises(ValidationError, match="choose one of them"):
            settings(keep_other_labels=True, keep_for_generators=True)

    @pytest.mark.parametrize(
        ("folder", "suffix"), [(".", ".JPG"), ("ISIC-images/UDA-1", ".jpeg"), ("x", ".png")]
    )
    def test_images_as_people_have_them(self, tmp_path, folder, suffix):
        table = settings().index(write_tree(tmp_path, NEW, folder=folder, suffix=suffix))
        assert names(table) == ["1", "2", "3", "4"]

    def test_missing_and_further_files_are_counted(self, tmp_path, caplog):
        found = [f"ISIC_000000{number}" for number in (1, 2, 8)]
        table = settings().index(write_tree(tmp_path, NEW, names=found))
        assert names(table) == ["1", "2"]
        assert "without a file: 2, such as ISIC_0000003, ISIC_0000004" in caplog.text
        assert "without a row in the table: 1, such as ISIC_0000008" in caplog.text

    def test_a_whole_tree_warns_of_nothing(self, tmp_path, caplog):
        settings().index(write_tree(tmp_path, NEW))
        assert not caplog.records

    @pytest.mark.parametrize(
        ("old", "new", "looked_for"),
        [
            ("isic_id", "id", "no column isic_id or image_id or image_name or image or name"),
            ("diagnosis_1", "dx", "no column benign_malignant or .* or diagnosis_1"),
        ],
    )
    def test_missing_column(self, tmp_path, old, new, looked_for):
        with pytest.raises(UserError, match=f"metadata.csv: has {looked_for}.*{new}"):
            settings().index(write_tree(tmp_path, NEW.replace(old, new)))

    def test_broken_table(self, tmp_path):
        (tmp_path / "metadata.csv").write_bytes(b"")
        with pytest.raises(UserError, match=r"metadata\.csv: cannot be read as a table"):
            settings().index(tmp_path)

    @pytest.mark.parametrize("rows", [0, 1])
    def test_class_without_images(self, tmp_path, rows):
        table = "".join(NEW.splitlines(keepends=True)[: rows + 1])
        with pytest.raises(UserError, match=r"no image is labelled (benign|malignant)"):
            settings(excluded_sources=[]).index(write_tree(tmp_path, table))

    def test_image_that_is_listed_twice(self, tmp_path):
        again = "ISIC_0000001,Anonymous,UDA-1,CC-0,{},IP_1,IL_1\n"
        write_tree(tmp_path, NEW + again.format("Benign"))
        assert names(settings().index(tmp_path)) == ["1", "2", "3", "4"]
        write_tree(tmp_path, NEW + again.format("Malignant"))
        with pytest.raises(UserError, match="1 images have several labels, such as ISIC_0000001"):
            settings().index(tmp_path)

    def test_image_listed_again_under_an_excluded_source(self, tmp_path):
        again = "ISIC_0000001,Anonymous,SONIC,CC-0,Benign,IP_1,IL_1\n"
        assert names(settings().index(write_tree(tmp_path, NEW + again))) == ["2", "3", "4"]


class TestSourcesThatTheTableDoesNotName:
    def test_nothing_tells_them(self, tmp_path):
        message = r"which images are of SONIC.*SONIC\.csv is not there.*out of excluded_sources"
        with pytest.raises(UserError, match=message):
            settings().index(write_tree(tmp_path, CREDITED))

    def test_table_of_the_collection(self, tmp_path):
        write_tree(tmp_path, CREDITED)
        (tmp_path / "SONIC.csv").write_text("isic_id,attribution\nISIC_0000003,Anonymous\n")
        assert names(settings().index(tmp_path)) == ["1", "2"]

    def test_folder_of_the_collection(self, tmp_path):
        write_tree(tmp_path, CREDITED, names=["ISIC_0000001", "ISIC_0000002"], folder="UDA-1")
        write_tree(tmp_path, CREDITED, names=["ISIC_0000003"], folder="SONIC")
        assert names(settings().index(tmp_path)) == ["1", "2"]

    def test_credit(self, tmp_path):
        table = CREDITED.replace("0003,Anonymous", "0003,SONIC study")
        assert names(settings().index(write_tree(tmp_path, table))) == ["1", "2"]


def census(root, **more):
    table = settings(**more).census(root)
    assert list(table.columns) == [
        *("image", "path", "left_out", "width", "height", "collection", "label", "diagnosis")
    ]
    assert table["image"].is_unique
    return {name[-1]: row for name, row in table.set_index("image").iterrows()}


class TestCensus:
    def test_has_what_the_index_leaves_out_and_why(self, tmp_path):
        write_tree(tmp_path, NEW, [f"ISIC_000000{number}" for number in (1, 2, 3, 5, 6)])
        rows = census(tmp_path)
        assert {number: row["left_out"] for number, row in rows.items()} == {
            **{"1": "", "2": "", "3": "", "4": "no file", "5": "collection SONIC"},
            **{"6": "neither benign nor malignant", "7": "neither benign nor malignant"},
        }
        assert [rows[number]["path"] for number in "14"] == ["images/ISIC_0000001.jpg", ""]
        assert [row["label"] for row in rows.values()] == [
            *("benign", "malignant", "benign", "malignant", "benign", "indeterminate", "unknown"),
        ]
        assert rows["3"]["collection"] == "HAM10000"
        used = [number for number, row in rows.items() if not row["left_out"]]
        assert used == names(settings().index(tmp_path))

    def test_other_labels_that_are_kept_are_not_left_out(self, tmp_path):
        rows = census(write_tree(tmp_path, NEW), keep_other_labels=True, excluded_sources=[])
        assert {row["left_out"] for row in rows.values()} == {""}
        assert rows["6"]["label"] == "indeterminate"

    def test_table_of_the_old_archive(self, tmp_path):
        rows = census(write_tree(tmp_path, OLD))
        assert [row["diagnosis"] for row in rows.values()] == [
            *("nevus", "melanoma", "nevus", "unknown"),
        ]
        assert rows["4"]["label"] == "indeterminate/benign"
        assert [rows[number]["collection"] for number in "13"] == ["UDA-1", "sonic"]

    @pytest.mark.parametrize(
        ("columns", "values", "diagnosis"),
        [
            ("diagnosis_2,diagnosis_3", "x,Solar lentigo", "solar lentigo"),
            ("diagnosis_2,diagnosis_3", 'x,"Melanoma, NOS"', "melanoma"),
            ("diagnosis_2,diagnosis_3", "Cysts,", "cysts"),
            ("diagnosis_3,diagnosis", "Solar or actinic keratosis,scar", "scar"),
            ("clinical.diagnosis_3,x", "Solar or actinic keratosis,", "actinic keratosis"),
            ("clinical.diagnosis,x", "angioma,", "angioma"),
        ],
    )
    def test_diagnosis_by_its_older_name(self, tmp_path, columns, values, diagnosis):
        table = f"isic_id,diagnosis_1,collection,{columns}\nISIC_0000001,Benign,MSK-1,{values}\n"
        assert census(write_tree(tmp_path, table))["1"]["diagnosis"] == diagnosis

    @pytest.mark.parametrize(
        "prefix", ["pixels_", "acquisition.pixels_", "meta.acquisition.pixels"]
    )
    def test_sizes_in_the_table(self, tmp_path, prefix):
        table = f"isic_id,benign_malignant,collection,{prefix}X,{prefix}Y\n"
        row = census(write_tree(tmp_path, table + "ISIC_0000001,benign,MSK-1,1022.0,767\n"))["1"]
        assert (row["width"], row["height"]) == ("1022", "767")

    def test_image_that_is_listed_twice_counts_once_as_it_is_used(self, tmp_path):
        again = "ISIC_0000006,Anonymous,UDA-1,CC-0,Benign,IP_2,IL_6\n"
        rows = census(write_tree(tmp_path, NEW + again))
        assert len(rows) == 7
        assert [rows["6"][name] for name in ("collection", "left_out")] == ["UDA-1", ""]

    def test_collection_that_only_a_table_of_its_own_tells(self, tmp_path):
        write_tree(tmp_path, CREDITED)
        (tmp_path / "SONIC.csv").write_text("isic_id,attribution\nISIC_0000003,Anonymous\n")
        assert [row["collection"] for row in census(tmp_path).values()] == [
            *("unknown", "unknown", "SONIC"),
        ]


JPEG = b"a picture of the size that it has"


def entry(address, number):
    name = f"ISIC_{number:07d}"
    label = ("Benign", "Malignant")[number % 2]
    return {
        "isic_id": name,
        "copyright_license": "CC-0",
        "attribution": "Anonymous",
        "files": {"full": {"url": f"{address}/content/{name}.jpg?Expires=1", "size": 5}},
        "metadata": {
            "acquisition": {"pixels_x": 4},
            "clinical": {"diagnosis_1": label, "age_approx": 50, "patient_id": f"IP_{number}"},
        },
    }


def serve(server, path, entries, page=3):
    """Serve a list of the API below `path`, in pages that name the next one."""
    pages = [entries[start : start + page] for start in range(0, len(entries), page)] or [[]]
    for number, results in enumerate(pages):
        here = path if number == 0 else f"{path}&cursor={number}"
        more = number + 1 < len(pages)
        following = f"{server.address}{path}&cursor={number + 1}" if more else None
        answer = {"count": len(entries), "next": following, "results": results}
        server.files[here] = json.dumps(answer).encode()


@pytest.fixture
def archive(monkeypatch):
    """Serve an archive: seven images of HAM10000, two of MSK-1, no further collections."""
    with running_server() as server:
        monkeypatch.setattr(isic, "API", server.address)
        monkeypatch.setattr(isic, "BATCH", 4)
        monkeypatch.setattr(Isic, "collections", ("HAM10000", "MSK-1"))
        monkeypatch.setattr(download, "FIRST_PAUSE_S", 0.0)
        collections = [
            {"id": number, "name": name}
            for number, name in ((5, "Other"), (7, "HAM10000"), (8, "SONIC"), (9, "MSK-1"))
        ]
        serve(server, "/collections/?limit=100", collections)
        for collection, numbers in ((7, range(1, 8)), (8, [20]), (9, (6, 11))):
            entries = [entry(server.address, number) for number in numbers]
            serve(server, f"/images/search/?collections={collection}&limit=100", entries)
            for one in entries:
                address = urllib.parse.urlsplit(one["files"]["full"]["url"])
                server.files[f"{address.path}?{address.query}"] = JPEG
        yield server


def content(number):
    return f"/content/ISIC_{number:07d}.jpg?Expires=1"


class TestDownload:
    def test_all_pages_of_all_collections_but_sonic(self, archive, tmp_path):
        root = settings().fetch({}, tmp_path / "isic")
        images = sorted(path.name for path in (root / "images").iterdir())
        assert images == [f"ISIC_{number:07d}.jpg" for number in (*range(1, 8), 11)]
        assert (root / "images" / images[0]).read_bytes() == JPEG
        assert not archive.asked(content(20))

    def test_a_list_that_ends_early_is_not_taken_for_whole(self, archive, tmp_path):
        last = "/images/search/?collections=7&limit=100&cursor=2"
        archive.files[last] = json.dumps({"count": 7, "next": None, "results": []}).encode()
        with pytest.raises(UserError, match="announced 7 entries and listed 6"):
            settings().fetch({}, tmp_path / "isic")
        assert not (tmp_path / "isic" / "download").exists()

    def test_table_is_what_the_reader_takes(self, archive, tmp_path):
        root = settings().fetch({}, tmp_path / "isic")
        rows = pd.read_csv(root / "metadata.csv", dtype=str)
        assert list(rows["collection"]) == ["HAM10000"] * 7 + ["MSK-1"]
        assert dict(rows.iloc[0]) == {
            "isic_id": "ISIC_0000001",
            "attribution": "Anonymous",
            "collection": "HAM10000",
            "copyright_license": "CC-0",
            "diagnosis_1": "Malignant",
            "age_approx": "50",
            "patient_id": "IP_1",
            "pixels_x": "4",
        }
        table = settings().index(root)
        assert list(table["label"][:2]) == ["malignant", "benign"]
        assert len(table) == 8

    def test_goes_on_after_half_of_the_images(self, archive, tmp_path):
        missing = archive.files.pop(content(5))
        with pytest.raises(UserError, match="ISIC_0000005"):
            settings().fetch({}, tmp_path / "isic")
        assert not list(tmp_path.rglob("metadata.csv"))
        archive.files[content(5)] = missing
        root = settings().fetch({}, tmp_path / "isic")
        assert len(settings().index(root)) == 8
        assert len(archive.asked(content(1))) == 1

    @pytest.mark.parametrize(
        "path", ["/images/search/?collections=7&limit=100&cursor=1", content(3)]
    )
    def test_busy_server_is_asked_again(self, archive, tmp_path, path):
        archive.failures[path] = [503, 503]
        root = settings().fetch({}, tmp_path / "isic")
        assert len(settings().index(root)) == 8
        assert len(archive.asked(path)) == 3

    def test_renamed_collection(self, archive, tmp_path, monkeypatch):
        monkeypatch.setattr(Isic, "collections", ("HAM10000", "MSK-6"))
        with pytest.raises(UserError, match="no collection MSK-6, but HAM10000, MSK-1, Other"):
            settings().fetch({}, tmp_path / "isic")

    def test_a_small_collection_may_be_lacking(self, archive, tmp_path, caplog):
        settings().fetch({}, tmp_path / "isic")
        assert "no collection 2018 JID Editorial Images or Dermoscopedia (CC-BY)" in caplog.text

    @pytest.mark.parametrize("answer", [b'{"results": [{"isic_id": "ISIC_0000001"}]}', b"[]"])
    def test_answer_of_another_form(self, archive, tmp_path, answer):
        archive.files["/images/search/?collections=9&limit=100"] = answer
        with pytest.raises(UserError, match=r"collections=9.*the ISIC archive has changed"):
            settings().fetch({}, tmp_path / "isic")


COUNTS = {"benign": 14, "malignant": 12, "sonic": 5, "indeterminate": 3}


def draw(root, **more):
    root.mkdir()
    skin_lesions.Embedded(**(COUNTS | {"height": 32} | more)).write(root)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.*")}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return the folder of drawn images."""
    embedded = skin_lesions.Embedded(**COUNTS, height=32)
    return Isic.fetch(settings(embedded=embedded).raw_settings(), tmp_path_factory.mktemp("isic"))


class TestEmbedded:
    def test_is_read_as_the_archive_is(self, root, caplog):
        counts = settings().index(root)["label"].value_counts().to_dict()
        assert counts == {"benign": 14, "malignant": 12}
        assert not caplog.records

    def test_excluded_and_other_images_are_there(self, root):
        table = settings(excluded_sources=[], keep_other_labels=True).index(root)
        counts = table["label"].value_counts().to_dict()
        assert counts == {"benign": 19, "malignant": 12, "other": 3}

    def test_patients_have_several_images(self, root):
        table = settings().index(root)
        sizes = table["group"].value_counts()
        assert len(sizes) < len(table)
        assert sizes.max() > 1
        assert table.groupby("group")["label"].nunique().max() == 2

    def test_images_are_colour_photographs(self, root):
        path = root / settings().index(root)["path"][0]
        image = Isic.read(path, "")
        assert (image.format, image.mode, image.height) == ("JPEG", "RGB", 32)
        assert 1.3 < image.width / image.height < 1.55
        assert np.ptp(np.asarray(image)) > 40

    def test_table_gives_the_size_of_each_image(self, root):
        with (root / "metadata.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                with Image.open(root / "images" / f"{row['isic_id']}.jpg") as image:
                    assert image.size == (int(row["pixels_x"]), int(row["pixels_y"]))

    def test_its_metadata_names_collections_and_diagnoses(self, root):
        table = settings().census(root)
        assert {"HAM10000", "SONIC"} < set(table["collection"])
        of_label = table.groupby("label")["diagnosis"].agg(set)
        assert of_label["malignant"] == {"melanoma", "basal cell carcinoma"}
        assert of_label["benign"] > {"nevus"}
        assert set(table.loc[table["collection"] == "SONIC", "diagnosis"]) == {"nevus"}
        assert (table["left_out"] == "").sum() == 14 + 12

    def test_equal_settings_give_equal_files(self, tmp_path):
        assert draw(tmp_path / "a") == draw(tmp_path / "b")

    def test_another_seed_gives_other_images(self, tmp_path):
        first, second = draw(tmp_path / "a"), draw(tmp_path / "b", seed=2)
        assert all(second[name] != first[name] for name in first)

    def test_an_image_does_not_depend_on_the_counts(self, tmp_path):
        few, many = draw(tmp_path / "a"), draw(tmp_path / "b", benign=20, malignant=13, sonic=0)
        common = (set(few) & set(many)) - {"metadata.csv"}
        assert len(common) == 14 + 12 + 3
        assert all(few[name] == many[name] for name in common)
