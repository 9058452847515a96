"""MNIST and Fashion-MNIST: the IDX files, their download and what stands in for them."""

import gzip
import hashlib
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torchvision
from PIL import Image
from pydantic import ValidationError

from http_server import running_server
from synthmix.acquire import download
from synthmix.datasets import mnist
from synthmix.datasets.mnist import MNIST, FashionMNIST, read_idx
from synthmix.errors import UserError
from synthmix.phantoms import digits, garments

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "mnist"
COUNTS = {"train": 12, "t10k": 3}


def idx(values):
    """Return `values`, of unsigned bytes, as the content of an IDX file."""
    return (
        bytes([0, 0, 8, values.ndim])
        + struct.pack(f">{values.ndim}i", *values.shape)
        + bytes(values.ravel())
    )


def pictures_of(part):
    shape = (COUNTS[part], 28, 28)
    return np.random.default_rng(COUNTS[part]).integers(0, 256, shape, dtype=np.uint8)


def labels_of(part):
    return (np.arange(COUNTS[part]) * 3 % 10).astype(np.uint8)


def true_files(packed=True):
    """Return the four files, as name and content."""
    files = {}
    for part in COUNTS:
        files[f"{part}-images-idx3-ubyte"] = idx(pictures_of(part))
        files[f"{part}-labels-idx1-ubyte"] = idx(labels_of(part))
    if packed:
        return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}
    return files


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def index(root):
    return MNIST(source="mnist").index(root)


class TestIndex:
    @pytest.mark.parametrize("packed", [True, False])
    @pytest.mark.parametrize("folder", [".", "raw", "MNIST/raw"])
    def test_lists_every_picture_where_torchvision_puts_them(self, tmp_path, folder, packed):
        put(tmp_path / folder, true_files(packed))
        table = index(tmp_path)
        last = table.iloc[-1].to_dict()
        path = (Path(folder) / "train-images-idx3-ubyte").as_posix() + (".gz" if packed else "")
        assert last == {
            "sample_id": "train-00011",
            "path": path,
            "frame": "11",
            "label": "3",
            "group": "train-00011",
            "part": "train",
        }
        assert list(table["label"]) == [str(k) for p in ("t10k", "train") for k in labels_of(p)]

    def test_parts_and_groups(self, tmp_path):
        table = index(put(tmp_path, true_files()))
        assert dict(table["part"].value_counts()) == {"train": 12, "test": 3}
        assert table["group"].is_unique
        assert table["sample_id"].is_unique

    def test_is_sorted_by_path_and_then_by_number(self, tmp_path):
        table = index(put(tmp_path, true_files()))
        rows = list(zip(table["path"], table["frame"].astype(int), strict=True))
        assert rows == sorted(rows)

    def test_classes_of_fashion_mnist(self, tmp_path):
        table = FashionMNIST(source="fashion_mnist").index(put(tmp_path, true_files()))
        assert list(table["label"][:3]) == ["t_shirt", "dress", "shirt"]
        assert FashionMNIST(source="fashion_mnist").class_names()[-1] == "ankle_boot"

    @pytest.mark.parametrize("name", sorted(true_files()))
    def test_missing_file(self, tmp_path, name):
        put(tmp_path, true_files())
        (tmp_path / name).unlink()
        with pytest.raises(UserError, match=f"lacks {name}"):
            index(tmp_path)

    @pytest.mark.parametrize("packed", [True, False])
    @pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
    def test_truncated_file(self, tmp_path, kind, packed):
        files = true_files(packed)
        name = f"train-{kind}-ubyte" + (".gz" if packed else "")
        put(tmp_path, files | {name: files[name][:-5]})
        with pytest.raises(UserError, match=rf"{name}: .*get the file again, whole"):
            index(tmp_path)

    def test_labels_of_other_images(self, tmp_path):
        files = true_files()
        files["train-labels-idx1-ubyte.gz"] = files["t10k-labels-idx1-ubyte.gz"]
        with pytest.raises(UserError, match=r"has 12 images but .* has 3 labels"):
            index(put(tmp_path, files))

    def test_label_beyond_the_classes(self, tmp_path):
        labels = labels_of("train")
        labels[4] = 10
        put(tmp_path, true_files() | {"train-labels-idx1-ubyte.gz": gzip.compress(idx(labels))})
        with pytest.raises(UserError, match=r"train-labels.*label 10, but .* 0 to 9"):
            index(tmp_path)


class TestReadIdx:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "ends within its header"),
            (idx(pictures_of("t10k"))[:15], "ends within its header"),
            (idx(labels_of("train")), "begins with the number 2049, not 2051"),
            (b"<html>not found</html>", "begins with the number"),
            (idx(pictures_of("t10k")) + b"x", "2353 bytes after its header.* 3 x 28 x 28"),
            (b"\x1f\x8b" + bytes(20), "can't be read"),
            (gzip.compress(idx(pictures_of("t10k")), mtime=0)[:-1] + b"x", "can't be read"),
        ],
    )
    def test_damaged(self, tmp_path, content, message):
        put(tmp_path, {"file": content})
        with pytest.raises(UserError, match=f"file: .*{message}"):
            read_idx(tmp_path / "file", axes=3)

    def test_unpacked_content_under_a_packed_name(self, tmp_path):
        put(tmp_path, {"file.gz": idx(labels_of("train"))})
        assert np.array_equal(read_idx(tmp_path / "file.gz", axes=1), labels_of("train"))


class TestRead:
    def test_returns_the_picture_of_the_frame(self, tmp_path):
        path = put(tmp_path, true_files()) / "train-images-idx3-ubyte.gz"
        image = MNIST.read(path, "10")
        assert (image.mode, image.size) == ("L", (28, 28))
        assert np.array_equal(np.asarray(image), pictures_of("train")[10])

    @pytest.mark.parametrize("frame", ["12", "-1", "", "x"])
    def test_frame_that_is_not_there(self, tmp_path, frame):
        path = put(tmp_path, true_files()) / "train-images-idx3-ubyte.gz"
        with pytest.raises(UserError, match="only 0 to 11"):
            MNIST.read(path, frame)

    def test_unpacks_a_file_once(self, tmp_path):
        path = put(tmp_path, true_files()) / "train-images-idx3-ubyte.gz"
        MNIST.read(path, "0")
        path.unlink()
        assert np.array_equal(np.asarray(MNIST.read(path, "1")), pictures_of("train")[1])

    def test_unpacks_a_file_once_for_several_threads(self, tmp_path, monkeypatch):
        calls = []

        def slow(path, axes):
            calls.append(path)
            time.sleep(0.05)
            return read_idx(path, axes)

        monkeypatch.setattr(mnist, "read_idx", slow)
        path = put(tmp_path, true_files()) / "train-images-idx3-ubyte.gz"
        with ThreadPoolExecutor(4) as pool:
            images = list(pool.map(lambda frame: MNIST.read(path, str(frame)), range(12)))
        assert len(calls) == 1
        assert np.array_equal(np.stack(images), pictures_of("train"))

    def test_a_changed_picture_leaves_the_file_as_it_is(self, tmp_path):
        path = put(tmp_path, true_files()) / "train-images-idx3-ubyte.gz"
        MNIST.read(path, "0").paste(7, (0, 0, 28, 28))
        assert np.array_equal(np.asarray(MNIST.read(path, "0")), pictures_of("train")[0])


@pytest.fixture
def mirrors(monkeypatch):
    """Two servers in place of torchvision's mirrors, which are to have `true_files`."""
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)
    with running_server() as first, running_server() as second:
        published = torchvision.datasets.MNIST
        files = true_files()
        sums = [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()]
        monkeypatch.setattr(published, "mirrors", [f"{s.address}/d/" for s in (first, second)])
        monkeypatch.setattr(published, "resources", sums)
        yield first, second


def served(files):
    return {f"/d/{name}": content for name, content in files.items()}


class TestDownload:
    def test_from_the_first_mirror(self, tmp_path, mirrors):
        first, second = mirrors
        first.files = served(true_files())
        root = MNIST.fetch({}, tmp_path / "mnist")
        assert len(index(root)) == 15
        assert not second.requests

    def test_is_not_repeated(self, tmp_path, mirrors):
        mirrors[0].files = served(true_files())
        MNIST.fetch({}, tmp_path / "mnist")
        mirrors[0].requests.clear()
        MNIST.fetch({}, tmp_path / "mnist")
        assert not mirrors[0].requests

    def test_what_the_first_mirror_lacks_comes_from_the_next(self, tmp_path, mirrors):
        first, second = mirrors
        first.files = served(true_files())
        del first.files["/d/t10k-labels-idx1-ubyte.gz"]
        second.files = served(true_files())
        assert len(index(MNIST.fetch({}, tmp_path / "mnist"))) == 15
        assert second.asked("/d/t10k-labels-idx1-ubyte.gz")

    def test_file_with_another_checksum_comes_from_the_next(self, tmp_path, mirrors):
        first, second = mirrors
        first.files = served(true_files() | {"train-labels-idx1-ubyte.gz": b"another"})
        second.files = served(true_files())
        assert len(index(MNIST.fetch({}, tmp_path / "mnist"))) == 15

    def test_no_mirror_has_it(self, tmp_path, mirrors):
        first, second = mirrors
        second.files = served(true_files() | {"train-labels-idx1-ubyte.gz": b"another"})
        with pytest.raises(UserError) as caught:
            MNIST.fetch({}, tmp_path / "mnist")
        message = str(caught.value)
        assert message.startswith("MNIST: no mirror has it")
        assert f"{first.address}/d/" in message
        assert f"{second.address}/d/train-labels-idx1-ubyte.gz: the md5 checksum" in message
        assert MNIST.find(tmp_path / "mnist") is None

    def test_fashion_mnist_has_addresses_of_its_own(self, tmp_path, monkeypatch, mirrors):
        first, _ = mirrors
        published = torchvision.datasets.FashionMNIST
        monkeypatch.setattr(published, "mirrors", [f"{first.address}/f/"])
        monkeypatch.setattr(published, "resources", torchvision.datasets.MNIST.resources)
        first.files = {f"/f/{name}": content for name, content in true_files().items()}
        assert FashionMNIST.find(FashionMNIST.fetch({}, tmp_path / "fashion_mnist"))


EMBEDDED = {
    "mnist": (MNIST, digits.Embedded(train_images=60, test_images=20)),
    "fashion_mnist": (FashionMNIST, garments.Embedded(train_images=30, test_images=20)),
}


def drawn(source, target, **changes):
    """Return the data set, and the root of its embedded images below `target`."""
    kind, embedded = EMBEDDED[source]
    dataset = kind(source=source, embedded=embedded.model_copy(update=changes))
    return dataset, kind.fetch(dataset.raw_settings(), target)


def contents(root):
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("source", EMBEDDED)
class TestEmbedded:
    def test_goes_through_the_reader(self, tmp_path, source):
        dataset, root = drawn(source, tmp_path)
        table = dataset.index(root)
        counts = table.groupby(["part", "label"]).size()
        train = EMBEDDED[source][1].train_images
        assert set(counts["train"]) == {train // 10}
        assert set(counts["test"]) == {2}
        for row in table.itertuples():
            image = dataset.read(root / row.path, row.frame)
            assert (image.mode, image.size) == ("L", (28, 28))
            assert np.asarray(image)[[0, 0, -1], [0, -1, 0]].max() < 60  # on black
            assert np.asarray(image).max() > 60

    def test_torchvision_reads_the_same(self, tmp_path, source):
        dataset, root = drawn(source, tmp_path)
        for name, content in contents(root).items():
            (tmp_path / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
        reader = torchvision.datasets.mnist
        images = reader.read_image_file(str(tmp_path / "train-images-idx3-ubyte"))
        labels = reader.read_label_file(str(tmp_path / "train-labels-idx1-ubyte"))
        table = dataset.index(root).query("part == 'train'")
        assert [dataset.class_names()[label] for label in labels] == list(table["label"])
        for frame, image in enumerate(images.numpy()):
            path = root / "train-images-idx3-ubyte.gz"
            assert np.array_equal(dataset.read(path, str(frame)), image)

    def test_equal_settings_give_equal_files(self, tmp_path, source):
        roots = [drawn(source, tmp_path / name)[1] for name in "ab"]
        assert contents(roots[0]) == contents(roots[1])

    def test_another_seed_gives_other_files(self, tmp_path, source):
        first = contents(drawn(source, tmp_path / "a")[1])
        other = contents(drawn(source, tmp_path / "b", seed=2)[1])
        name = "train-images-idx3-ubyte.gz"
        assert first[name] != other[name]

    def test_pictures_do_not_depend_on_the_counts(self, tmp_path, source):
        few, many = (
            read_idx(
                drawn(source, tmp_path / str(count), train_images=count)[1]
                / "train-images-idx3-ubyte.gz",
                axes=3,
            )
            for count in (20, 30)
        )
        assert np.array_equal(few, many[:20])

    def test_no_picture_is_in_both_parts(self, tmp_path, source):
        dataset, root = drawn(source, tmp_path)
        table = dataset.index(root)
        seen = {
            part: {dataset.read(root / row.path, row.frame).tobytes() for row in rows.itertuples()}
            for part, rows in table.groupby("part")
        }
        assert not seen["train"] & seen["test"]


class TestDigits:
    def test_no_more_than_there_are(self):
        with pytest.raises(ValidationError, match="1798 in all, but there are only 1797"):
            digits.Embedded(train_images=1700, test_images=98)

    def test_are_centred_by_mass_in_a_box_of_20_pixels(self, tmp_path):
        _, root = drawn("mnist", tmp_path)
        for image in read_idx(root / "train-images-idx3-ubyte.gz", axes=3).astype(float):
            rows, columns = np.nonzero(image > 128)
            assert max(np.ptp(rows), np.ptp(columns)) in range(15, 20)
            middle = [np.average(range(28), weights=image.sum(axis)) for axis in (1, 0)]
            assert np.abs(np.array(middle) - 13.5).max() < 0.75


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real images are not there: {REAL}")
def test_real_files_are_read_as_torchvision_reads_them(tmp_path):
    assert MNIST.find(REAL) == REAL
    table = index(REAL)
    assert dict(table["part"].value_counts()) == {"train": 60_000, "test": 10_000}
    assert set(table["label"]) == set("0123456789")
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            packed = (REAL / f"{part}-{kind}-ubyte.gz").read_bytes()
            (tmp_path / f"{part}-{kind}-ubyte").write_bytes(gzip.decompress(packed))
        reader = torchvision.datasets.mnist
        images = reader.read_image_file(str(tmp_path / f"{part}-images-idx3-ubyte")).numpy()
        labels = reader.read_label_file(str(tmp_path / f"{part}-labels-idx1-ubyte")).numpy()
        rows = table[table["path"] == f"{part}-images-idx3-ubyte.gz"]
        assert list(rows["label"]) == [str(label) for label in labels]
        for row in rows.iloc[:: len(rows) // 7].itertuples():
            image = MNIST.read(REAL / row.path, row.frame)
            assert isinstance(image, Image.Image)
            assert np.array_equal(np.asarray(image), images[int(row.frame)])
