"""The brain tumor dataset: its files, the ways it comes to disk, and drawn brains in its place."""

import hashlib
import io
import json
import logging
import re
import zipfile
from functools import cache

import h5py
import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydantic import ValidationError

from http_server import running_server
from synthmix.acquire import download
from synthmix.datasets import brain_tumor
from synthmix.datasets.brain_tumor import BrainTumor
from synthmix.errors import UserError
from synthmix.phantoms import brain_slices
from synthmix.phantoms.brain_slice_patients import random_patient

PICTURE = np.array([[0, 1, -7], [3, 32767, 5]], np.int16)  # 2 rows of 3 pixels
FOLDERS = ("1-766", "767-1532", "1533-2298", "2299-3064")
ZIPS = tuple(f"brainTumorDataPublic_{numbers}.zip" for numbers in FOLDERS)


def mat_bytes(label=1, patient="100360", image=PICTURE, without=()):
    """Return a MATLAB 7.3 file: a user block, then HDF5 with the axes in reverse order."""
    contents = {
        "PID": np.array([[ord(letter)] for letter in patient], np.uint16),
        "image": image.T,
        "label": np.array([[label]], np.float64),
        "tumorBorder": np.zeros((1, 8)),
        "tumorMask": np.zeros_like(image.T, np.uint8),
    }
    file = io.BytesIO()
    with h5py.File(file, "w", userblock_size=512) as opened:
        for name in contents.keys() - set(without):
            values = contents[name]
            opened.create_dataset(f"cjdata/{name}", data=values, chunks=values.shape, compression=3)
    return b"MATLAB 7.3 MAT-file".ljust(512) + file.getvalue()[512:]


def cvind_bytes():
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened["cvind"] = np.ones((1, 3064))
    return file.getvalue()


@cache
def slices():
    """Return the content of eight files, two for each archive."""
    numbers = (1, 10, 767, 1000, 1533, 2000, 2299, 3064)
    return {
        f"{number}.mat": mat_bytes(label=1 + index % 3, patient=f"MR0{index // 2}")
        for index, number in enumerate(numbers)
    }


def zip_bytes(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@cache
def archives():
    files = list(slices().items())
    return {name: zip_bytes(dict(files[2 * i : 2 * i + 2])) for i, name in enumerate(ZIPS)}


def published():
    """Return all that figshare has: archives and two small files."""
    return archives() | {"cvind.mat": cvind_bytes(), "README.txt": b"read me"}


def put(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def make_settings(**more):
    return BrainTumor(source="brain_tumor", **more)


def index(root):
    return make_settings().index(root)


@pytest.fixture
def root(tmp_path):
    put(tmp_path / "raw", slices())
    return tmp_path / "raw"


class TestIndex:
    def test_lists_label_and_patient_of_each_slice(self, tmp_path):
        put(tmp_path / "b", {"2.mat": mat_bytes(1, "100360"), "11.mat": mat_bytes(3, "MR017260F")})
        put(tmp_path / "a", {"7.mat": mat_bytes(2, "5")})
        assert index(tmp_path).to_dict("list") == {
            "sample_id": ["a_7", "b_11", "b_2"],
            "path": ["a/7.mat", "b/11.mat", "b/2.mat"],
            "label": ["glioma", "pituitary", "meningioma"],
            "group": ["5", "MR017260F", "100360"],
        }

    def test_passes_over_other_files(self, root):
        put(root, {"cvind.mat": cvind_bytes(), "README.txt": b"", ".9.mat": b"", "9.mat~": b""})
        assert set(index(root)["path"]) == set(slices())

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "OSError"),
            (mat_bytes()[:900], "OSError"),
            (cvind_bytes(), "no cjdata/label"),
            (mat_bytes(without=["PID"]), "no cjdata/PID"),
            (mat_bytes(label=4), "cjdata/label is 4"),
            (mat_bytes(label=1.5), r"cjdata/label is 1\.5"),
            (mat_bytes(patient="\0\0"), "cjdata/PID is"),
        ],
    )
    def test_a_damaged_file_is_left_out_with_the_reason(self, tmp_path, caplog, content, reason):
        files = {f"{number}.mat": mat_bytes(1 + number % 3) for number in range(1, 20)}
        put(tmp_path, files | {"20.mat": content})
        with caplog.at_level(logging.WARNING):
            paths = index(tmp_path)["path"]
        assert set(paths) == set(files)
        assert "20.mat" in caplog.text
        assert re.search(reason, caplog.text)

    def test_many_damaged_files_are_an_error(self, root):
        put(root, {"20.mat": b"no HDF5"})
        with pytest.raises(UserError, match=r"1 of 9 files .* 20\.mat \(OSError.*get it again"):
            index(root)

    def test_class_without_slices(self, tmp_path):
        put(tmp_path, {"1.mat": mat_bytes(1), "2.mat": mat_bytes(2)})
        with pytest.raises(UserError, match="no slice has a pituitary tumour"):
            index(tmp_path)

    def test_a_slice_that_is_there_twice(self, root):
        put(root / "copy", {"10.mat": mat_bytes()})
        with pytest.raises(UserError, match=r"10\.mat and as copy/10\.mat; keep one"):
            index(root)


class TestRead:
    def test_rows_and_columns_are_those_that_matlab_shows(self, root):
        image = BrainTumor.read(root / "1.mat", "")
        assert image.values.dtype == np.float32
        assert np.array_equal(image.values, PICTURE)

    def test_file_without_an_image(self, tmp_path):
        put(tmp_path, {"1.mat": mat_bytes(without=["image"])})
        with pytest.raises(KeyError, match="no cjdata/image"):
            BrainTumor.read(tmp_path / "1.mat", "")

    def test_image_of_three_axes(self, tmp_path):
        put(tmp_path, {"1.mat": mat_bytes(image=np.zeros((2, 3, 4), np.int16))})
        with pytest.raises(ValueError, match=r"shape \(4, 3, 2\)"):
            BrainTumor.read(tmp_path / "1.mat", "")


@cache
def layouts():
    files = list(slices().items())
    folders = [name.removesuffix(".zip") for name in ZIPS]
    apart = {f"{folders[i // 2]}/{name}": content for i, (name, content) in enumerate(files)}
    return {
        "four archives": archives(),
        "all that figshare has": published(),
        "archive of archives": {"1512427.zip": zip_bytes(published())},
        "archive of a folder of archives": {
            "set.zip": zip_bytes({f"1512427/{name}": data for name, data in published().items()})
        },
        "folder of archives": {f"1512427/{name}": data for name, data in published().items()},
        "four folders": apart | {"cvind.mat": cvind_bytes()},
        "folder of four folders": {f"set/{name}": data for name, data in apart.items()},
        "one folder": dict(files),
        "folder in a folder": {f"data/all/{name}": data for name, data in files},
        "archive of one folder": {"data.zip": zip_bytes({f"d/{n}": data for n, data in files})},
    }


class TestByHand:
    @pytest.fixture(autouse=True)
    def _no_network(self, monkeypatch):
        monkeypatch.setattr(BrainTumor, "download", lambda folder: pytest.fail("downloads"))

    @pytest.mark.parametrize("layout", layouts())
    def test_every_slice_is_found(self, tmp_path, layout):
        put(tmp_path, layouts()[layout])
        assert BrainTumor.missing({}, tmp_path) is None
        fetched = BrainTumor.fetch({}, tmp_path)
        found = {path.rsplit("/", 1)[-1] for path in index(fetched)["path"]}
        assert found == set(slices())

    @pytest.mark.parametrize("layout", ["four archives", "archive of archives", "one folder"])
    def test_what_was_put_there_stays_and_is_used_again(self, tmp_path, layout):
        put(tmp_path, layouts()[layout])
        first = BrainTumor.fetch({}, tmp_path)
        assert BrainTumor.fetch({}, tmp_path) == first
        for name, content in layouts()[layout].items():
            assert (tmp_path / name).read_bytes() == content

    def test_inner_archives_are_not_kept_a_second_time(self, tmp_path):
        put(tmp_path, {"1512427.zip": zip_bytes(published())})
        fetched = BrainTumor.fetch({}, tmp_path)
        assert not list(fetched.rglob("*.zip"))

    def test_a_broken_off_extraction_is_not_taken_for_whole(self, tmp_path):
        put(tmp_path, archives() | {"files.partial/x/1.mat": mat_bytes()})
        assert BrainTumor.find(tmp_path) is None
        assert len(index(BrainTumor.fetch({}, tmp_path))) == len(slices())

    def test_damaged_archive(self, tmp_path):
        put(tmp_path, {"1512427.zip": zip_bytes({ZIPS[0]: archives()[ZIPS[0]][:300]})})
        with pytest.raises(UserError, match="not a ZIP file, or damaged"):
            BrainTumor.fetch({}, tmp_path)
        assert BrainTumor.find(tmp_path) is None

    def test_another_archive(self, tmp_path):
        put(tmp_path, {"other.zip": zip_bytes({"cvind.mat": cvind_bytes()})})
        with pytest.raises(UserError, match="is not brain tumor dataset"):
            BrainTumor.fetch({}, tmp_path)


class TestDownload:
    @pytest.fixture
    def server(self, monkeypatch):
        with running_server() as server:
            monkeypatch.setattr(brain_tumor, "API", server.address)
            monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)
            monkeypatch.setattr(download, "CHUNK", 100)  # less than a piece would be lost
            server.files |= {f"/{name}": content for name, content in published().items()}
            self.publish(server)
            yield server

    def publish(self, server, **changes):
        entries = [
            {
                "name": name,
                "size": len(content),
                "download_url": f"{server.address}/{name}",
                "computed_md5": hashlib.md5(content).hexdigest(),
                "supplied_md5": "",
            }
            for name, content in published().items()
        ]
        entries[0] |= changes
        server.files["/articles/1512427"] = json.dumps({"files": entries}).encode()

    def test_all_slices_come(self, server, tmp_path):
        assert set(index(BrainTumor.fetch({}, tmp_path))["label"]) == set(brain_tumor.LABELS)
        assert {path.name for path in (tmp_path / "download").iterdir()} == set(published())

    def test_supplied_checksum_where_none_was_computed(self, server, tmp_path):
        self.publish(server, computed_md5=None, supplied_md5="0" * 32)
        with pytest.raises(UserError, match="not " + "0" * 32):
            BrainTumor.fetch({}, tmp_path)

    def test_no_checksum_at_all(self, server, tmp_path):
        self.publish(server, computed_md5=None)
        assert len(index(BrainTumor.fetch({}, tmp_path))) == len(slices())

    def test_an_archive_with_another_checksum_is_not_taken(self, server, tmp_path):
        self.publish(server, computed_md5="0" * 32)
        with pytest.raises(UserError, match=f"{ZIPS[0]}: the md5 checksum .* not 0000"):
            BrainTumor.fetch({}, tmp_path)
        assert BrainTumor.find(tmp_path) is None
        assert not (tmp_path / "download").exists()
        assert not (tmp_path / "download.partial" / ZIPS[0]).exists()

    def test_a_cut_download_goes_on(self, server, tmp_path):
        server.cuts[f"/{ZIPS[1]}"] = [500]
        assert len(index(BrainTumor.fetch({}, tmp_path))) == len(slices())
        assert server.asked(f"/{ZIPS[1]}")[1]["Range"] == "bytes=500-"

    def test_a_later_attempt_goes_on(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(download, "ATTEMPTS", 1)
        server.cuts[f"/{ZIPS[3]}"] = [500]
        with pytest.raises(UserError, match="run the same command again"):
            BrainTumor.fetch({}, tmp_path)
        assert len(index(BrainTumor.fetch({}, tmp_path))) == len(slices())
        assert [asked.get("Range") for asked in server.asked(f"/{ZIPS[3]}")] == [None, "bytes=500-"]

    @pytest.mark.parametrize("answer", [{}, {"files": []}, {"files": [{"name": "a.zip"}]}, []])
    def test_another_answer_of_figshare(self, server, tmp_path, answer):
        server.files["/articles/1512427"] = json.dumps(answer).encode()
        with pytest.raises(UserError, match="does not list files the way it used to"):
            BrainTumor.fetch({}, tmp_path)


EMBEDDED = {
    "meningioma_patients": 3,
    "glioma_patients": 2,
    "pituitary_patients": 2,
    "slices_per_patient": 2,
    "size": 48,
}


def draw(folder, **more):
    folder.mkdir()
    brain_slices.Embedded(**EMBEDDED | more).write(folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.mat")
    }


def contents(path):
    with h5py.File(path) as file:
        return {name: values[()] for name, values in file["cjdata"].items()}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    raw = make_settings(embedded=EMBEDDED).raw_settings()
    return BrainTumor.fetch(raw, tmp_path_factory.mktemp("brains"))


class TestEmbedded:
    def test_reader_finds_every_class_and_patient(self, fetched):
        table = index(fetched)
        assert dict(table["label"].value_counts()) == {
            "meningioma": 6,
            "glioma": 4,
            "pituitary": 4,
        }
        assert set(table.groupby("group").size()) == {2}
        assert set(table.groupby("group")["label"].nunique()) == {1}

    def test_reader_reads_every_slice(self, fetched):
        for path in index(fetched)["path"]:
            image = BrainTumor.read(fetched / path, "").values
            assert image.shape == (48, 48)
            assert 0 <= image.min() < 0.1 * image.max()

    def test_a_folder_is_named_after_the_numbers_in_it(self, tmp_path, monkeypatch):
        monkeypatch.setattr(brain_slices, "FILES_PER_FOLDER", 5)
        names = draw(tmp_path / "a", meningioma_patients=2)
        numbers = {name.split("/")[1]: name.split("/")[0] for name in names}
        assert numbers["1.mat"] == numbers["5.mat"] == "brainTumorDataPublic_1-5"
        assert numbers["6.mat"] == numbers["10.mat"] == "brainTumorDataPublic_6-10"

    def test_files_have_what_the_real_ones_have(self, fetched):
        path = fetched / "brainTumorDataPublic_1-766" / "1.mat"
        assert path.read_bytes()[:19] == b"MATLAB 7.3 MAT-file"
        assert path.read_bytes()[124:128] == b"\x00\x02IM"
        found = {name: (v.dtype.name, v.shape) for name, v in contents(path).items()}
        assert found == {
            "PID": ("uint16", (6, 1)),
            "image": ("int16", (48, 48)),
            "label": ("float64", (1, 1)),
            "tumorBorder": ("float64", (1, 64)),
            "tumorMask": ("uint8", (48, 48)),
        }

    def test_head_is_upright_as_the_reader_shows_it(self, fetched):
        """In views from the front or the side the neck runs out of the image below."""
        top, bottom = [], []
        for path in index(fetched)["path"]:
            image = BrainTumor.read(fetched / path, "").values
            top.append(image[:2].mean())
            bottom.append(image[-2:].mean())
        assert np.mean(bottom) > 2 * np.mean(top)

    def test_border_runs_around_the_mask(self, fetched):
        for path in fetched.rglob("*.mat"):
            found = contents(path)
            drawn = Image.new("1", (48, 48))
            ImageDraw.Draw(drawn).polygon(found["tumorBorder"].ravel().tolist(), fill=1)
            inside, mask = np.asarray(drawn), found["tumorMask"].T.astype(bool)
            assert mask.sum() > 4
            # a tumour within the brain ends where the brain does
            assert (mask & ~inside).sum() <= 0.2 * mask.sum() + 2

    def test_is_deterministic(self, tmp_path):
        assert draw(tmp_path / "a") == draw(tmp_path / "b")

    def test_files_bear_no_time(self, fetched):
        with h5py.File(next(fetched.rglob("*.mat"))) as file:
            assert all(h5py.h5g.get_objinfo(v.id).mtime == 0 for v in file["cjdata"].values())

    def test_patients_do_not_depend_on_how_many_others_there_are(self, tmp_path):
        few, more = draw(tmp_path / "a"), draw(tmp_path / "b", glioma_patients=5)
        assert few.items() < more.items()

    def test_another_seed_draws_other_patients(self, tmp_path):
        one, other = draw(tmp_path / "a"), draw(tmp_path / "b", seed=2)
        assert one.keys() == other.keys()
        assert not set(one.values()) & set(other.values())

    def test_all_patients_are_seen_as_asked_for(self):
        views = [
            random_patient(np.random.default_rng(seed), "glioma", 32, ["coronal"]).view
            for seed in range(20)
        ]
        assert set(views) == {"coronal"}

    def test_a_patient_is_seen_in_one_of_the_views_named(self, tmp_path):
        all_views, axial = draw(tmp_path / "a"), draw(tmp_path / "b", views=["axial"])
        assert draw(tmp_path / "c", views=["axial", "coronal", "sagittal"]) == all_views
        assert axial.keys() == all_views.keys()
        assert axial != all_views

    def test_tumours_are_as_large_as_asked_for(self):
        usual, large = (
            random_patient(np.random.default_rng(1), "glioma", 32, tumour_size=size).tumour.radius
            for size in (1.0, 1.8)
        )
        assert large == pytest.approx(1.8 * usual)

    def test_slices_of_a_patient_are_alike_but_not_the_same(self, fetched):
        table = index(fetched)
        images = {
            path: BrainTumor.read(fetched / path, "").values.ravel() for path in table["path"]
        }
        for _, paths in table.groupby("group")["path"]:
            one, other = (images[path] for path in paths)
            assert 0.8 < np.corrcoef(one, other)[0, 1] < 0.9999

    def test_a_class_without_patients_is_refused(self):
        with pytest.raises(ValidationError, match="glioma_patients"):
            brain_slices.Embedded(**EMBEDDED | {"glioma_patients": 0})
