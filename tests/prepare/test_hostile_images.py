"""Files that are damaged, strange or made to do harm: refused with a reason, or read right."""

import gzip
import json
import os
import re
import struct
import tracemalloc
import zlib

import nibabel
import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.files import write_table
from synthmix.prepare.index_dataset import index_dataset, read_index
from synthmix.prepare.prepare_images import prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.raw_names import printable
from synthmix.store import load_store, read_table

READ = None  # what stands in the place of a reason for files that are read


def picture(mode="L", size=(20, 14)):
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    return Image.fromarray(pixels).convert(mode)


def saved(picture, suffix, **options):
    def write(path):
        path = path.with_suffix(suffix)
        picture.save(path, **options)
        return path

    return write


def content(data, suffix):
    def write(path):
        path = path.with_suffix(suffix)
        path.write_bytes(data)
        return path

    return write


def cut(write, length):
    """Keep the first `length` bytes, or all but the last -`length`."""

    def cut_off(path):
        path = write(path)
        path.write_bytes(path.read_bytes()[:length])
        return path

    return cut_off


def with_name(write, name):
    def renamed(path):
        path = write(path)
        return path.rename(path.with_name(f"{name}{path.suffix}"))

    return renamed


def called(write, name):
    """Give a file another name, with its suffix or without one."""
    return lambda path: write(path).rename(path.with_name(name))


def png(width, height, data=b"", colour=0):
    """Return a PNG that claims a size, whatever data it has."""

    def chunk(kind, body):
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def animation(suffix, **options):
    frames = [Image.new("L", (20, 14), shade) for shade in (0, 90, 200)]
    return saved(frames[0], suffix, save_all=True, append_images=frames[1:], **options)


def dicom(**changes):
    def write(path):
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = "1.2.3"
        dataset = pydicom.Dataset()
        dataset.file_meta = meta
        dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3"
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 14, 20, 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        dataset.PixelData = np.arange(280, dtype="<u2").tobytes()
        for name, value in changes.items():
            setattr(dataset, name, value)
        path = path.with_suffix(".dcm")
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


def without_mark(write):
    """Leave out what a DICOM file begins with."""

    def cut_off(path):
        path = write(path)
        path.write_bytes(path.read_bytes()[132:])
        return path

    return cut_off


def symlink(target, suffix=".png"):
    def write(path):
        path = path.with_suffix(suffix)
        path.symlink_to(target)
        return path

    return write


def high_depth(dtype, suffix):
    values = np.linspace(0, 30000, 280).reshape(14, 20).astype(dtype)
    return saved(Image.fromarray(values), suffix)


JPEG = saved(picture("RGB"), ".jpg")
BOMB = zlib.compress(bytes(50_000_000), 9)
PICTURES = {
    "truncated_jpeg": (cut(JPEG, -200), "truncated"),
    "jpeg_header_only": (cut(JPEG, 20), "."),
    "no_bytes": (content(b"", ".png"), "is empty"),
    "zero_bytes": (content(bytes(5000), ".jpg"), "cannot identify"),
    "text_named_png": (content(b"this is not a picture\n" * 20, ".png"), "cannot identify"),
    "html_error_page": (content(b"<html>404</html>", ".jpg"), "is a web page"),
    "truncated_png": (cut(saved(picture("RGB"), ".png"), 300), "."),
    "png_of_no_size": (content(png(0, 0), ".png"), "."),
    "png_without_data": (content(png(20, 14), ".png"), "."),
    "png_that_claims_too_much": (content(png(60_000, 60_000, BOMB), ".png"), "max_pixels"),
    "png_that_claims_much": (content(png(20_000, 20_000, BOMB), ".png"), "claims to hold 20000 x"),
    "jpeg_named_png": (with_name(JPEG, "really_a_jpeg.png"), READ),
    "one_pixel": (saved(picture("L", (1, 1)), ".png"), "all its pixels are equal"),
    "long_strip": (saved(picture("L", (20_000, 100)), ".png"), READ),
    "tall_line": (saved(picture("L", (1, 3000)), ".png"), READ),
    "cmyk": (saved(picture("CMYK"), ".jpg"), READ),
    "palette": (saved(picture("P"), ".png"), READ),
    "transparent_palette": (saved(picture("P"), ".gif", transparency=0), READ),
    "two_levels": (saved(picture("1"), ".png"), READ),
    "grey_with_alpha": (saved(picture("LA"), ".png"), READ),
    "sixteen_bit": (high_depth(np.uint16, ".png"), READ),
    "float_tiff": (high_depth(np.float32, ".tif"), READ),
    "nan_tiff": (saved(Image.fromarray(np.full((4, 4), np.nan, np.float32)), ".tif"), "not numb"),
    "animated_gif": (animation(".gif"), "holds 3 pictures"),
    "animated_png": (animation(".png"), "holds 3 pictures"),
    "tiff_of_pages": (animation(".tiff"), "holds 3 pictures"),
    "exif_that_is_garbage": (saved(picture(), ".jpg", exif=b"Exif\0\0garbage"), READ),
    "unicode": (with_name(JPEG, "Ünïcode 画像 🩻"), READ),
    "long_name": (with_name(JPEG, "n" * 200), READ),
    "odd_name": (with_name(JPEG, "a b,c'd\"e#f%20[1]$(x);&"), READ),
    "newline_in_name": (with_name(JPEG, "two\nlines"), READ),
    "dicom": (dicom(), READ),
    "dicom_of_frames": (dicom(NumberOfFrames=2), "holds 2 frames"),
    "dicom_without_pixels": (cut(dicom(), 300), "."),
    "dicom_that_claims_too_much": (dicom(Rows=60_000, Columns=60_000), "claims to hold"),
    "dicom_without_slope": (dicom(RescaleSlope=None, RescaleIntercept=None), READ),
    "dicom_with_a_window_of_no_width": (dicom(WindowCenter=5, WindowWidth=0), READ),
    "dicom_that_is_all_padding": (
        dicom(PixelData=bytes(560), PixelPaddingValue=0),
        "all its pixels are padding",
    ),
    "dicom_of_long_pixels": (dicom(PixelSpacing=[3, 1]), READ),
    "dicom_of_endless_pixels": (dicom(PixelSpacing=[30_000, 1]), READ),
    "dicom_without_a_preamble": (without_mark(dicom()), READ),
    "dicom_of_hue_and_saturation": (dicom(PhotometricInterpretation="HSV"), "."),
    "picture_named_dicom": (with_name(saved(picture(), ".png"), "picture.dcm"), READ),
    "text_named_dicom": (content(b"DICOM? no.", ".dcm"), "no DICOM file"),
    "link_to_a_picture": (symlink("../well/good0.png"), READ),
    "link_to_nothing": (symlink("gone.png"), "a link to gone.png, which is not there"),
    "link_to_itself": (symlink("link_to_itself.png"), "a link that leads in a circle"),
    "link_of_git_annex": (symlink("../.git/annex/objects/a/b/SHA256E-s1--c.png"), "git annex get"),
    "pointer_of_git_annex": (content(b"/annex/objects/SHA256E-s1--c.jpg\n", ".jpg"), "git annex"),
    "pointer_of_git_lfs": (content(b"version https://git-lfs.github.com/spec/v1\n", ".tif"), "lfs"),
    "dicom_without_suffix": (called(dicom(), "IM0001"), READ),
    "dicom_by_identifier": (called(dicom(), "1.2.840.113619.2.5"), READ),
    "dicom_of_siemens": (called(dicom(), "HEAD.MR.0001.IMA"), READ),
    "dicom_under_any_suffix": (called(dicom(), "slice.v2"), READ),
    "dicom_named_jpeg": (called(dicom(), "dicom.jpg"), READ),
    "picture_without_suffix": (called(JPEG, "1D3F00A2"), READ),
    "picture_with_a_number": (called(saved(picture(), ".png"), "scan.7"), READ),
    "jfif": (called(JPEG, "a.jfif"), READ),
    "jpe": (called(JPEG, "b.JPE"), READ),
    "dib": (called(saved(picture(), ".bmp"), "c.DIB"), READ),
    "tga": (saved(picture("RGB"), ".tga"), READ),
    "pbm": (called(saved(picture("1"), ".ppm"), "d.pbm"), READ),
    "avif": (saved(picture("RGB"), ".avif"), READ),
    "j2k": (saved(picture(), ".j2k"), READ),
    "latin_1_in_name": (called(JPEG, os.fsdecode(b"M\xfcller.png")), READ),
    "bad_file_of_bad_name": (
        called(content(b"none", ".png"), os.fsdecode(b"\xff\n.png")),
        "cannot identify image file",
    ),
}


def volume(shape=(12, 14, 10), dtype=np.float32, **header):
    values = np.random.default_rng(1).normal(100, 30, shape).astype(dtype)
    image = nibabel.Nifti1Image(values, np.eye(4))
    for name, value in header.items():
        image.header[name] = value
    return image


def nifti(image, suffix=".nii.gz"):
    def write(path):
        path = path.with_name(f"{path.name}{suffix}")
        nibabel.save(image, path)
        return path

    return write


def spoiled(value):
    values = volume().get_fdata().astype(np.float32)
    values[3, 4, 5] = value
    return nibabel.Nifti1Image(values, np.eye(4))


def big_endian(path):
    image = volume(dtype=np.int16)
    header = image.header.as_byteswapped(">")
    path = path.with_name(f"{path.name}.nii")
    nibabel.save(nibabel.Nifti1Image(image.get_fdata(), np.eye(4), header), path)
    return path


def declared(*shape):
    """Return a writer of a header that declares `shape` and has no data."""
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(shape)

    def write(path):
        path = path.with_name(f"{path.name}.nii.gz")
        path.write_bytes(gzip.compress(header.binaryblock + bytes(4)))
        return path

    return write


def colours():
    return nibabel.Nifti1Image(
        np.zeros((6, 7, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")]), np.eye(4)
    )


def analyze():
    return nibabel.AnalyzeImage(volume().get_fdata(dtype=np.float32), np.eye(4))


def stretched(image, spacing):
    return nibabel.Nifti1Image(image.get_fdata(dtype=np.float32), np.diag([*spacing, 1]))


def patched(place, data):
    """Return a writer of a volume with other bytes at a place of its header."""

    def write(path):
        path = nifti(volume(), ".nii")(path)
        written = path.read_bytes()
        path.write_bytes(written[:place] + data + written[place + len(data) :])
        return path

    return write


def renamed(write, suffix):
    def write_and_rename(path):
        written = write(path)
        return written.rename(path.with_name(f"{path.name}{suffix}"))

    return write_and_rename


VOLUMES = {
    "nan_voxel": (nifti(spoiled(np.nan)), "not numbers"),
    "infinite_voxel": (nifti(spoiled(np.inf)), "not numbers"),
    "several_volumes": (nifti(volume((6, 7, 5, 3))), "holds 3 volumes"),
    "one_of_several": (nifti(volume((6, 7, 5, 1))), READ),
    "line": (nifti(volume((6, 1, 1))), "3 axes"),
    "colours": (nifti(colours()), "only plain numbers"),
    "long_voxels": (nifti(stretched(volume(), (1, 1, 5))), READ),
    "voxels_a_thousand_times_as_long": (nifti(stretched(volume(), (1, 1, 1000))), READ),
    "voxels_of_no_size": (patched(80, bytes(12)), READ),
    "no_form_codes": (nifti(nibabel.Nifti1Image(volume().get_fdata(), None)), READ),
    "slope_that_is_no_number": (patched(112, np.array([np.nan] * 2, "<f4").tobytes()), READ),
    "packed_but_not_named_so": (renamed(nifti(volume(), ".nii.gz"), ".nii"), READ),
    "named_packed_but_not": (renamed(nifti(volume(), ".nii"), ".nii.gz"), READ),
    "pair": (nifti(nibabel.Nifti1Pair(volume().get_fdata(), np.eye(4)), ".img"), READ),
    "analyze": (
        nifti(nibabel.AnalyzeImage(volume().get_fdata(dtype=np.float32), np.eye(4)), ".img"),
        READ,
    ),
    "half_a_pair": (content(bytes(5000), ".img"), "lacks half_a_pair.hdr"),
    "constant": (nifti(nibabel.Nifti1Image(np.ones((6, 7, 5), np.int16), np.eye(4))), "equal"),
    "big_endian": (big_endian, READ),
    "not_compressed": (nifti(volume(), ".nii"), READ),
    "truncated_gz": (cut(nifti(volume()), 2000), "cut off|damaged"),
    "truncated_nii": (cut(nifti(volume(), ".nii"), 1000), "cut off|damaged"),
    "text_named_nifti": (lambda path: content(b"no volume", ".nii.gz")(path), "."),
    "declares_too_much": (declared(30_000, 30_000, 30_000), "max_pixels|cut off"),
    "short_of_data": (declared(300, 300, 300), "cut off"),
}


def prepared(tmp_path, dataset_class, source, files, good, settings):
    """Index and prepare `files`, among good ones; return what became of each by its name."""
    root = tmp_path / "raw"
    paths = {}
    for label in ("odd", "well"):
        (root / label).mkdir(parents=True)
    for i in range(3):
        good(root / "well" / f"good{i}")
    for name, (write, _) in files.items():
        paths[name] = write(root / "odd" / name).name
    (root / "odd" / "loop").symlink_to(root / "odd", target_is_directory=True)
    (tmp_path / "fetched.json").write_text(json.dumps({"root": str(root)}))
    dataset = dataset_class(
        source=source, path=str(root), classes={"odd": ["odd"], "well": ["well"]}
    )
    index_dataset(dataset.index_settings(), tmp_path / "fetched.json", tmp_path / "index.csv")
    index = read_index(tmp_path / "index.csv")
    assert len(index) == len(files) + 3
    prepare_images(
        tmp_path / "index.csv",
        tmp_path / "fetched.json",
        source,
        tmp_path / "real.npy",
        tmp_path / "rejected.csv",
        Prepare(max_rejected_share=1, **settings),
        threads=2,
    )
    images, table = load_store(tmp_path / "real.npy")
    rejected = read_table(tmp_path / "rejected.csv").set_index("path")["reason"].to_dict()
    assert len(images) + len(rejected) == len(index)
    fates = {name: rejected.get(f"odd/{printable(path)}") for name, path in paths.items()}
    return fates, images, table


def check(fates, files):
    wrong = {
        name: fates[name]
        for name, (_, reason) in files.items()
        if (fates[name] is None) != (reason is READ)
    }
    assert not wrong
    for name, (_, reason) in files.items():
        if reason is not READ:
            assert re.search(reason, fates[name]), (name, fates[name])
            assert "\n" not in fates[name]


def test_there_are_many():
    assert len(PICTURES) + len(VOLUMES) >= 30


def test_pictures(tmp_path):
    files = dict(PICTURES)
    fates, images, table = prepared(
        tmp_path,
        ImageFolder,
        "image_folder",
        files,
        saved(picture(), ".png"),
        {"image_size": 16, "channels": 3},
    )
    check(fates, files)
    assert images.shape[1:] == (16, 16, 3)
    strip = table.set_index("path").loc["odd/long_strip.png"]
    assert (strip["width"], strip["height"]) == (20_000, 100)


@pytest.mark.parametrize(
    "settings", [{"image_size": 16, "channels": 3}, {"volume_shape": [6, 7, 5]}]
)
def test_volumes(tmp_path, settings):
    fates, images, table = prepared(
        tmp_path, NiftiFolder, "nifti_folder", VOLUMES, nifti(volume()), settings
    )
    check(fates, VOLUMES)
    assert np.isfinite(images.astype(float)).all()
    assert table["depth"].min() >= 2


def test_what_is_read_is_read_right(tmp_path):
    """The same picture in several disguises is the same picture."""
    grey = picture()
    disguises = {
        "plain": (saved(grey, ".png"), READ),
        "bmp": (saved(grey, ".bmp"), READ),
        "tiff": (saved(grey, ".tif"), READ),
        "palette": (saved(grey.convert("P"), ".gif"), READ),
        "rgb": (saved(grey.convert("RGB"), ".png"), READ),
        "alpha": (saved(grey.convert("LA"), ".png"), READ),
        "renamed": (with_name(saved(grey, ".bmp"), "really_a_bmp.png"), READ),
    }
    _, images, table = prepared(
        tmp_path, ImageFolder, "image_folder", disguises, saved(grey, ".png"), {"image_size": 16}
    )
    assert len(images) == len(disguises) + 3
    assert table["content"].nunique() == 1


def test_a_volume_is_read_alike_in_either_byte_order(tmp_path):
    image = volume(dtype=np.int16)
    nifti(image, ".nii")(tmp_path / "little")
    big_endian(tmp_path / "big")
    read = [NiftiFolder.read(tmp_path / f"{name}.nii", "").values for name in ("little", "big")]
    np.testing.assert_allclose(read[0], read[1], atol=1)


def test_a_dicom_picture_is_read_alike_in_many_disguises(tmp_path):
    """What differs are the words for the same greys, from 0 to 4095."""
    greys = np.random.default_rng(1).integers(0, 4096, (14, 20)).astype("<u2")
    greys[0, :2] = 0, 4095
    window = {"WindowCenter": 2048, "WindowWidth": 4096, "BitsStored": 12, "HighBit": 11}
    group = pydicom.Dataset()
    group.FrameVOILUTSequence = [pydicom.Dataset()]
    group.FrameVOILUTSequence[0].WindowCenter = 2048
    group.FrameVOILUTSequence[0].WindowWidth = 4096
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", np.arange(4096, dtype="<u2").tobytes())

    def of(values, **changes):
        changes.setdefault("PixelData", values.tobytes())
        return (dicom(**(window | changes)), READ)

    disguises = {
        "plain": of(greys),
        "upside_down": of(4095 - greys, PhotometricInterpretation="MONOCHROME1"),
        "negative_slope": of(4095 - greys, RescaleSlope=-1, RescaleIntercept=4095),
        "signed": of(
            greys.astype("<i2") - 2048,
            PixelRepresentation=1,
            RescaleSlope=1,
            RescaleIntercept=2048,
        ),
        "overlay_above": of(greys | (greys << 12)),
        "upper_bits": of(greys << 4, HighBit=15),
        "several_windows": of(greys, WindowCenter=[2048, 7], WindowWidth=[4096, 9]),
        "table": of(greys, ModalityLUTSequence=[table]),
        "group": of(
            greys,
            WindowCenter=None,
            WindowWidth=None,
            NumberOfFrames=1,
            SharedFunctionalGroupsSequence=[group],
        ),
        "no_preamble": (without_mark(of(greys)[0]), READ),
    }
    _, images, table = prepared(
        tmp_path, ImageFolder, "image_folder", disguises, of(greys)[0], {"image_size": 16}
    )
    assert len(images) == len(disguises) + 3
    assert table["content"].nunique() == 1
    assert np.ptp(images) > 200


def test_a_volume_is_read_alike_in_many_disguises(tmp_path):
    values = volume((12, 14, 10), np.int16).get_fdata().astype(np.int16)
    mirrored = nibabel.Nifti1Image(values[::-1], np.diag([-1, 1, 1, 1]))
    turned = nibabel.Nifti1Image(
        values.transpose(2, 0, 1),
        np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    )
    plain = nibabel.Nifti1Image(values, np.eye(4))
    disguises = {
        "mirrored": (nifti(mirrored), READ),
        "turned": (nifti(turned), READ),
        "no_codes": (nifti(nibabel.Nifti1Image(values, None)), READ),
        "pair": (nifti(nibabel.Nifti1Pair(values, np.eye(4)), ".img"), READ),
        "analyze": (nifti(nibabel.AnalyzeImage(values, np.eye(4)), ".img"), READ),
        "second_version": (nifti(nibabel.Nifti2Image(values, np.eye(4)), ".nii"), READ),
        "not_packed": (renamed(nifti(plain, ".nii"), ".nii.gz"), READ),
        "packed": (renamed(nifti(plain, ".nii.gz"), ".nii"), READ),
    }
    settings = {"image_size": 16, "channels": 3}
    _, images, table = prepared(
        tmp_path, NiftiFolder, "nifti_folder", disguises, nifti(plain), settings
    )
    assert len(images) == len(disguises) + 3
    assert table["content"].nunique() == 1


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """The peak of what Python and numpy hold, for 100 and for 400 pictures of 512 x 512."""
    peaks = []
    for count in (100, 400):
        folder = tmp_path / str(count)
        root = folder / "raw" / "a"
        root.mkdir(parents=True)
        for i in range(count):
            picture("L", (64, 64)).save(root / f"{i:03}.png")
        (folder / "fetched.json").write_text(json.dumps({"root": str(root.parent)}))
        rows = [(f"s{i}", f"a/{i:03}.png", "", "a", str(i), "") for i in range(count)]
        columns = ["sample_id", "path", "frame", "label", "group", "part"]
        write_table(folder / "index.csv", pd.DataFrame(rows, columns=columns))
        tracemalloc.start()
        prepare_images(
            folder / "index.csv",
            folder / "fetched.json",
            "image_folder",
            folder / "real.npy",
            folder / "rejected.csv",
            Prepare(image_size=512),
            threads=2,
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 0.75 * 400 * 512 * 512
