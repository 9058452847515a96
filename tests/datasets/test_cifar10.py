"""CIFAR-10: its pickles, which must not run anything, their download and what stands in for it."""

import hashlib
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torchvision

from http_server import running_server
from synthmix.acquire import download
from synthmix.datasets.cifar10 import CIFAR10, load_pickle
from synthmix.errors import UserError
from synthmix.phantoms import colour_pictures

TOP = "cifar-10-batches-py"
NAMES = b"airplane automobile bird cat deer dog frog horse ship truck".split()
COUNT = 12


def batch(name):
    """Return a batch as it is once it is loaded."""
    number = 6 if name == "test_batch" else int(name[-1])
    title = "testing batch 1 of 1" if number == 6 else f"training batch {number} of 2"
    shape = (COUNT, 3072)
    return {
        b"batch_label": title.encode(),
        b"labels": [(number + place) % 10 for place in range(COUNT)],
        b"data": np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8),
        b"filenames": [b"a.png"] * COUNT,
    }


def true_tree():
    """Return what each file of the tree holds."""
    batches = {name: batch(name) for name in ("data_batch_1", "data_batch_2", "test_batch")}
    return batches | {"batches.meta": {b"label_names": NAMES, b"num_vis": 3072}}


def put(folder, tree):
    """Write `tree`; in protocol 3, in which Python 3 has texts of bytes."""
    (folder / TOP).mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        data = content if isinstance(content, bytes) else pickle.dumps(content, protocol=3)
        (folder / TOP / name).write_bytes(data)
    return folder


def index(root):
    return CIFAR10(source="cifar10").index(root)


class TestIndex:
    def test_lists_every_picture(self, tmp_path):
        table = index(put(tmp_path, true_tree()))
        assert table.iloc[COUNT + 3].to_dict() == {
            "sample_id": "data_batch_2-00003",
            "path": f"{TOP}/data_batch_2",
            "frame": "3",
            "label": "dog",
            "group": "data_batch_2-00003",
            "part": "train",
        }
        assert dict(table["part"].value_counts()) == {"train": 2 * COUNT, "test": COUNT}
        assert table["sample_id"].is_unique
        assert table["group"].is_unique

    def test_is_sorted_by_path_and_then_by_number(self, tmp_path):
        table = index(put(tmp_path, true_tree()))
        rows = list(zip(table["path"], table["frame"].astype(int), strict=True))
        assert rows == sorted(rows)

    @pytest.mark.parametrize("name", ["data_batch_1", "data_batch_2", "test_batch", "batches.meta"])
    def test_missing_file(self, tmp_path, name):
        put(tmp_path, true_tree())
        (tmp_path / TOP / name).unlink()
        with pytest.raises(UserError, match=r"get .*again"):
            index(tmp_path)

    def test_other_classes(self, tmp_path):
        meta = {b"label_names": [b"apple", *NAMES[1:]]}
        put(tmp_path, true_tree() | {"batches.meta": meta})
        with pytest.raises(UserError, match=r"batches\.meta: its label_names are not airplane"):
            index(tmp_path)

    def test_first_batch_that_is_another(self, tmp_path):
        put(tmp_path, true_tree() | {"data_batch_1": batch("data_batch_2")})
        with pytest.raises(UserError, match="data_batch_1: calls itself b'training batch 2 of 2'"):
            index(tmp_path)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({b"labels": [0] * (COUNT - 1)}, "its labels are not 12 numbers from 0 to 9"),
            ({b"labels": [10] * COUNT}, "its labels are not"),
            ({b"labels": [-1] * COUNT}, "its labels are not"),
            ({b"labels": [b"3"] * COUNT}, "its labels are not"),
            ({b"labels": None}, "its labels are not"),
            ({b"data": np.zeros((COUNT, 3071), np.uint8)}, "its data are no N x 3072 bytes"),
            ({b"data": np.zeros((COUNT, 3072), np.int16)}, "its data are no"),
            ({b"data": np.zeros(3072, np.uint8)}, "its data are no"),
            ({b"data": None}, "its data are no"),
        ],
    )
    def test_mistaken_batch(self, tmp_path, changes, message):
        put(tmp_path, true_tree() | {"test_batch": batch("test_batch") | changes})
        with pytest.raises(UserError, match=f"test_batch: {message}"):
            index(tmp_path)


class Evil:
    """Writes a file when a pickle of it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


class Call:
    """Calls `function` when a pickle of it is loaded."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


class TestLoadPickle:
    def test_evil_is_refused_and_not_run(self, tmp_path):
        victim = tmp_path / "victim"
        evil = pickle.dumps({b"data": Evil(victim)})
        with pytest.raises(UserError, match=r"data_batch_1: asks for pathlib\S* .*was not run"):
            index(put(tmp_path, true_tree() | {"data_batch_1": evil}))
        assert not victim.exists()
        pickle.loads(evil)
        assert victim.exists()  # it would have run

    @pytest.mark.parametrize(
        "pickled",
        [
            pickle.dumps({b"a": Call(eval, "1")}),
            pickle.dumps({b"a": Call(np.load, "x")}),
            pickle.dumps({b"a": print}),
            b"cos\nsystem\n(S'true'\ntR.",
            b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__reduce__\x93.",
        ],
    )
    def test_whatever_is_no_array_is_refused(self, tmp_path, pickled):
        (tmp_path / "file").write_bytes(pickled)
        with pytest.raises(UserError, match="file: asks for"):
            load_pickle(tmp_path / "file")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "can't be read"),
            (b"<html>", "can't be read"),
            (pickle.dumps(batch("data_batch_1"), protocol=3)[:-9], "can't be read"),
            (pickle.dumps([1]), "holds a list, not a map"),
            (
                pickle.dumps({b"a": Call(np.ndarray, (2**50,))}, protocol=3),
                "can't be read",
            ),
        ],
    )
    def test_damaged(self, tmp_path, content, message):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(UserError, match=f"file: {message}"):
            load_pickle(tmp_path / "file")

    def test_absent(self, tmp_path):
        with pytest.raises(UserError, match="file: can't be read"):
            load_pickle(tmp_path / "file")


class TestRead:
    def test_returns_the_picture_of_the_frame(self, tmp_path):
        path = put(tmp_path, true_tree()) / TOP / "data_batch_2"
        image = CIFAR10.read(path, "7")
        assert (image.mode, image.size) == ("RGB", (32, 32))
        row = batch("data_batch_2")[b"data"][7]
        for x, y in ((0, 0), (31, 0), (5, 9)):
            place = 32 * y + x
            assert image.getpixel((x, y)) == tuple(row[[place, 1024 + place, 2048 + place]])

    @pytest.mark.parametrize("frame", ["12", "-1", "", "x"])
    def test_frame_that_is_not_there(self, tmp_path, frame):
        path = put(tmp_path, true_tree()) / TOP / "test_batch"
        with pytest.raises(UserError, match="only 0 to 11"):
            CIFAR10.read(path, frame)

    def test_loads_a_batch_once(self, tmp_path):
        path = put(tmp_path, true_tree()) / TOP / "test_batch"
        first = CIFAR10.read(path, "0")
        path.unlink()
        assert CIFAR10.read(path, "0") == first


def packed(tree, folder):
    """Return the archive of `tree`."""
    put(folder, tree)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
        file.add(folder / TOP, TOP)
    return archive.getvalue()


class TestFetch:
    def test_archive_that_was_put_there(self, tmp_path):
        target = tmp_path / "cifar10"
        target.mkdir()
        (target / "cifar-10-python.tar.gz").write_bytes(packed(true_tree(), tmp_path / "made"))
        root = CIFAR10.fetch({}, target)
        assert root == target / "files" / "cifar-10-python" / TOP
        assert set(index(root)["path"]) == {"data_batch_1", "data_batch_2", "test_batch"}

    def test_unpacked_tree_that_was_put_there(self, tmp_path):
        put(tmp_path / "cifar10", true_tree())
        assert CIFAR10.fetch({}, tmp_path / "cifar10") == tmp_path / "cifar10" / TOP

    @pytest.fixture
    def server(self, monkeypatch, tmp_path):
        monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)
        archive = packed(true_tree(), tmp_path / "made")
        with running_server() as server:
            published = torchvision.datasets.CIFAR10
            monkeypatch.setattr(published, "url", f"{server.address}/cifar.tar.gz")
            monkeypatch.setattr(published, "tgz_md5", hashlib.md5(archive).hexdigest())
            server.files["/cifar.tar.gz"] = archive
            yield server

    def test_downloads(self, tmp_path, server):
        root = CIFAR10.fetch({}, tmp_path / "cifar10")
        assert len(index(root)) == 3 * COUNT
        assert (tmp_path / "cifar10" / "download" / "cifar-10-python.tar.gz").is_file()

    def test_another_checksum(self, tmp_path, server):
        server.files["/cifar.tar.gz"] += b"x"
        with pytest.raises(UserError, match="the md5 checksum of what came is"):
            CIFAR10.fetch({}, tmp_path / "cifar10")
        assert not (tmp_path / "cifar10" / "files").exists()


EMBEDDED = colour_pictures.Embedded(train_images=50, test_images=20)


def drawn(target, **changes):
    """Return the data set, and the root of its embedded images below `target`."""
    dataset = CIFAR10(source="cifar10", embedded=EMBEDDED.model_copy(update=changes))
    return dataset, CIFAR10.fetch(dataset.raw_settings(), target)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The data set, and the root of its embedded images; to be read only."""
    return drawn(tmp_path_factory.mktemp("embedded"))


def contents(root):
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


class TestEmbedded:
    def test_goes_through_the_reader(self, embedded):
        dataset, root = embedded
        table = dataset.index(root)
        counts = table.groupby(["part", "label"]).size()
        assert set(counts["train"]) == {5}
        assert set(counts["test"]) == {2}
        images = {dataset.read(root / row.path, row.frame).tobytes() for row in table.itertuples()}
        assert len(images) == 70
        assert all(np.ptp(np.frombuffer(image, np.uint8)) > 40 for image in images)

    def test_has_the_files_of_the_archive(self, embedded):
        _, root = embedded
        files = {*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"}
        assert {
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
        } == {f"{TOP}/{name}" for name in files}

    def test_torchvision_reads_the_same(self, embedded, monkeypatch):
        dataset, root = embedded
        # its checksums are those of the real files
        monkeypatch.setattr(torchvision.datasets.cifar, "check_integrity", lambda *_: True)
        table = dataset.index(root)
        for part in ("train", "test"):
            published = torchvision.datasets.CIFAR10(root, train=part == "train")
            rows = table[table["part"] == part]
            names = [published.classes[label] for label in published.targets]
            assert names == list(rows["label"])
            for row, image in zip(rows.itertuples(), published.data, strict=True):
                assert np.array_equal(dataset.read(root / row.path, row.frame), image)

    def test_equal_settings_give_equal_files(self, embedded, tmp_path):
        assert contents(drawn(tmp_path)[1]) == contents(embedded[1])

    def test_another_seed_gives_other_files(self, embedded, tmp_path):
        first, other = contents(embedded[1]), contents(drawn(tmp_path, seed=2)[1])
        assert first["test_batch"] != other["test_batch"]

    def test_pictures_do_not_depend_on_the_counts(self, embedded, tmp_path):
        few, many = (
            load_pickle(root / TOP / "test_batch")[b"data"]
            for root in (drawn(tmp_path, test_images=10)[1], embedded[1])
        )
        assert np.array_equal(few, many[:10])
