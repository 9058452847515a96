"""Reading DICOM files, written here as devices and archives write them."""

import io

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from synthmix.datasets.image_folder import ImageFolder
from synthmix.readers import read_image
from synthmix.readers.dicom import patient_of, read_dicom

RAMP = np.arange(0, 1200, 100, dtype=np.uint16).reshape(3, 4)
RGB = np.random.default_rng(1).integers(0, 256, (3, 4, 3), dtype=np.uint8)


def make_dataset(values, **elements):
    """Return a data set that holds `values`, (H, W) or (H, W, 3); None removes an element."""
    colour = values.ndim == 3
    bits = values.dtype.itemsize * 8
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientID = "P1"
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = values.tobytes()
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


def make_table(entries, first, bits, kind):
    """Return a lookup table as items of sequences hold it; `kind` is how its data are stored."""
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
    data = np.array(entries, "<u2").tobytes() if kind == "OW" else entries
    table.add_new("LUTData", kind, data)
    return table


@pytest.fixture
def file(tmp_path):
    return tmp_path / "image.dcm"


@pytest.fixture
def shown(file):
    """Return a function that writes a data set and returns what is read of it."""

    def read(values, **elements):
        make_dataset(values, **elements).save_as(file, enforce_file_format=True)
        return np.asarray(read_dicom(file))

    return read


def refused(file, dataset, message):
    dataset.save_as(file, enforce_file_format=True)
    with pytest.raises(ValueError, match=message):
        read_dicom(file)


class TestGrey:
    def test_own_range_without_a_window(self, shown):
        expected = np.rint(RAMP / 1100 * 255)
        assert (shown(RAMP) == expected).all()

    def test_sixteen_bits_are_unsigned(self, shown):
        values = np.array([[0, 32768, 65535]], np.uint16)
        assert shown(values).tolist() == [[0, 128, 255]]

    def test_result_is_a_grey_picture(self, file):
        make_dataset(RAMP).save_as(file, enforce_file_format=True)
        image = read_dicom(file)
        assert (image.mode, image.size) == ("L", (4, 3))

    def test_constant_picture(self, shown):
        assert (shown(np.full((3, 4), 7, np.uint16)) == 0).all()

    def test_monochrome1_is_inverted(self, shown):
        inverted = shown(RAMP, PhotometricInterpretation="MONOCHROME1")
        assert (inverted == 255 - shown(RAMP)).all()

    def test_ct_window_in_hounsfield_units(self, shown):
        """PS3.3 C.11.2.1.2: centre 40, width 400 is black up to -160, white above 239."""
        hounsfield = np.array([[-1000, -160, 39, 40, 239, 240, 2000]])
        values = (hounsfield + 1024).astype(np.int16)
        window = {"WindowCenter": 40, "WindowWidth": 400}
        grey = shown(values, RescaleSlope=1, RescaleIntercept=-1024, **window)
        assert grey.tolist() == [[0, 0, 127, 128, 255, 255, 255]]

    def test_signed_values_and_a_slope(self, shown):
        values = np.array([[-10, 0, 10]], np.int16)
        window = {"WindowCenter": 5, "WindowWidth": 40, "VOILUTFunction": "LINEAR_EXACT"}
        grey = shown(values, RescaleSlope=2, RescaleIntercept=5, **window)
        assert grey.tolist() == [[0, 128, 255]]

    def test_negative_slope_inverts(self, shown):
        values = np.array([[0, 100]], np.uint16)
        window = {"WindowCenter": -50, "WindowWidth": 99}
        assert shown(values, RescaleSlope=-1, RescaleIntercept=0, **window).tolist() == [[255, 0]]

    def test_the_window_is_mapped_and_not_the_picture(self, shown):
        window = {"WindowCenter": 550, "WindowWidth": 1101}
        whole = shown(RAMP, **window)
        assert (shown(RAMP[1:2], **window) == whole[1:2]).all()
        assert 0 < whole[1:2].min() < whole[1:2].max() < 255

    def test_first_of_several_windows(self, shown):
        several = shown(RAMP, WindowCenter=[300, 800], WindowWidth=[200, 300])
        assert (several == shown(RAMP, WindowCenter=300, WindowWidth=200)).all()

    def test_empty_window_counts_as_none(self, shown):
        assert (shown(RAMP, WindowCenter="", WindowWidth="") == shown(RAMP)).all()

    def test_sigmoid_window(self, shown):
        window = {"WindowCenter": 500, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"}
        expected = 255 / (1 + np.exp(-4 * (RAMP - 500.0) / 400))
        assert (shown(RAMP, **window) == np.rint(expected)).all()

    def test_modality_table(self, shown):
        table = make_table([0, 30, 10, 20], 0, 16, "OW")
        values = np.array([[0, 1, 2, 3]], np.uint16)
        assert shown(values, ModalityLUTSequence=[table]).tolist() == [[0, 255, 85, 170]]

    @pytest.mark.parametrize("kind", ["OW", "US"])
    @pytest.mark.parametrize("bits", [8, 16])
    def test_voi_table(self, shown, bits, kind):
        """One longer than 256 entries, and values on both sides of it."""
        largest = 2**bits - 1
        entries = [largest - round(i / 511 * largest) for i in range(512)]
        values = np.array([[0, 1000, 1511, 60000, 1300]], np.uint16)
        expected = [255, 255, 0, 0, round((1 - 300 / 511) * 255)]
        table = make_table(entries, 1000, bits, kind)
        assert shown(values, VOILUTSequence=[table]).tolist() == [expected]

    def test_voi_table_after_a_rescale(self, shown):
        table = make_table([0, 100, 255], -1, 8, "OW")
        values = np.array([[0, 1, 32768]], np.uint16)
        rescale = {"RescaleSlope": 2, "RescaleIntercept": -0.6}
        assert shown(values, VOILUTSequence=[table], **rescale).tolist() == [[0, 255, 255]]

    def test_window_comes_before_a_voi_table(self, shown):
        window = {"WindowCenter": 550, "WindowWidth": 500}
        table = make_table([0, 0], 0, 8, "OW")
        assert (shown(RAMP, VOILUTSequence=[table], **window) == shown(RAMP, **window)).all()

    def test_compression_without_plugins(self, file):
        dataset = make_dataset(RAMP)
        plain = np.rint(RAMP / 1100 * 255)
        dataset.compress(RLELossless)
        dataset.save_as(file, enforce_file_format=True)
        assert (np.asarray(read_dicom(file)) == plain).all()


class TestColour:
    def test_rgb(self, shown):
        assert (shown(RGB) == RGB).all()

    def test_colour_by_plane(self, shown):
        planes = np.ascontiguousarray(RGB.transpose(2, 0, 1)).tobytes()
        assert (shown(RGB, PlanarConfiguration=1, PixelData=planes) == RGB).all()

    def test_sixteen_bits_a_channel(self, shown):
        values = RGB.astype(np.uint16) * 256 + 100
        assert (shown(values) == np.rint(values / 65535 * 255)).all()

    def test_ybr(self, shown):
        ybr = pydicom.pixels.convert_color_space(RGB, "RGB", "YBR_FULL")
        read = shown(ybr, PhotometricInterpretation="YBR_FULL").astype(int)
        assert np.abs(read - RGB).max() <= 2

    @pytest.mark.parametrize("pictures", [1, 2])
    def test_jpeg(self, file, pictures):
        """The header tells how many count; some writers leave more behind the first."""
        smooth = np.zeros((32, 32, 3), np.uint8)
        smooth[..., 0], smooth[..., 2] = np.arange(0, 256, 8), 90
        packed = io.BytesIO()
        Image.fromarray(smooth).save(packed, "JPEG", quality=95)
        dataset = make_dataset(smooth, PhotometricInterpretation="YBR_FULL_422")
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        dataset.PixelData = encapsulate([packed.getvalue()] * pictures)
        dataset.save_as(file, enforce_file_format=True)
        assert np.abs(np.asarray(read_dicom(file)).astype(int) - smooth).max() < 12

    @pytest.mark.parametrize("dtype", ["<u1", "<u2"])
    def test_palette(self, shown, dtype):
        bits = np.dtype(dtype).itemsize * 8
        scale = (2**bits - 1) // 255
        elements = {"PhotometricInterpretation": "PALETTE COLOR"}
        for name, entries in {"Red": [0, 255], "Green": [10, 20], "Blue": [200, 0]}.items():
            elements[f"{name}PaletteColorLookupTableDescriptor"] = [2, 0, bits]
            data = (np.array(entries, dtype) * scale).astype(dtype).tobytes()
            elements[f"{name}PaletteColorLookupTableData"] = data
        elements["AlphaPaletteColorLookupTableData"] = np.array([9, 9], dtype).tobytes()
        read = shown(np.array([[0, 1]], np.uint8), **elements)
        assert read.tolist() == [[[0, 10, 200], [255, 20, 0]]]

    def test_other_colours_are_refused(self, file):
        refused(file, make_dataset(RGB, PhotometricInterpretation="HSV"), "HSV")


class TestRefused:
    def test_several_frames(self, file):
        dataset = make_dataset(RAMP, NumberOfFrames=5, PixelData=RAMP.tobytes() * 5)
        refused(file, dataset, "holds 5 frames")

    def test_one_frame_is_not_several(self, shown):
        assert shown(RAMP, NumberOfFrames=1).shape == (3, 4)

    def test_no_pixel_data(self, file):
        refused(file, make_dataset(RAMP, PixelData=None), "without pixel data")

    @pytest.mark.parametrize("missing", ["Rows", "Columns"])
    def test_no_size(self, file, missing):
        refused(file, make_dataset(RAMP, **{missing: None}), "without a size")

    def test_missing_element(self, file):
        message = "cannot be decoded.*Photometric Interpretation"
        refused(file, make_dataset(RAMP, PhotometricInterpretation=None), message)

    def test_header_that_promises_too_much(self, file):
        dataset = make_dataset(RAMP, Rows=65535, Columns=65535)
        refused(file, dataset, "claims to hold 65535 x 65535 pixels")

    @pytest.mark.parametrize("keep", [0.1, 0.3, 0.6, 0.99])
    def test_truncated(self, file, keep):
        values = np.zeros((20, 20), np.uint16)
        make_dataset(values).save_as(file, enforce_file_format=True)
        whole = file.read_bytes()
        file.write_bytes(whole[: int(len(whole) * keep)])
        with pytest.raises(ValueError, match=r"cut short|cannot be|mark DICM"):
            read_dicom(file)

    def test_pixels_that_are_not_numbers(self, file):
        values = np.array([[0, 1], [np.nan, 2]], np.float32)
        dataset = make_dataset(values, PixelData=None, FloatPixelData=values.tobytes())
        refused(file, dataset, "not numbers")

    def test_window_without_width(self, file):
        refused(file, make_dataset(RAMP, WindowCenter=1, WindowWidth=0), "Window Width must be")

    def test_missing_plugin(self, file):
        dataset = make_dataset(RAMP, PixelData=encapsulate([b"\xff\xd8\xff\xd9"]))
        dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
        refused(file, dataset, "compressed as High-Throughput.*gdcmconv")

    def test_damaged_compression(self, file):
        dataset = make_dataset(RGB, PixelData=encapsulate([b"\xff\xd8no JPEG"]))
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        refused(file, dataset, "cannot be decoded.*gdcmconv")

    def test_another_format(self, file):
        file.write_bytes(b"GIF89a" + bytes(200))
        with pytest.raises(ValueError, match="mark DICM is missing"):
            read_dicom(file)


class TestRecognised:
    def test_by_its_suffix(self, file):
        make_dataset(RAMP).save_as(file, enforce_file_format=True)
        assert read_image(file).size == (4, 3)

    def test_by_its_mark_without_a_suffix(self, tmp_path):
        make_dataset(RAMP).save_as(tmp_path / "IM000001", enforce_file_format=True)
        assert read_image(tmp_path / "IM000001").size == (4, 3)


class TestPatient:
    @pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    def test_patient_id(self, file, syntax):
        dataset = make_dataset(RAMP, PatientID=" 007 ")
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(file, enforce_file_format=True)
        assert patient_of(file) == (" 007", "")

    @pytest.mark.parametrize(
        ("patient", "found"),
        [
            *((None, ("", "no PatientID")), ("", ("", "no PatientID")), ("P1", ("P1", ""))),
            ("A\\B", ("A\\B", "")),  # as if there were two of them
        ],
    )
    def test_what_stands_for_a_patient(self, file, patient, found):
        make_dataset(RAMP, PatientID=patient).save_as(file, enforce_file_format=True)
        assert patient_of(file) == found

    @pytest.mark.parametrize("content", [b"no DICOM", b""])
    def test_a_file_that_is_no_dicom(self, file, content):
        file.write_bytes(content)
        assert patient_of(file) == ("", "no DICOM file")

    def test_groups_of_an_image_folder(self, tmp_path):
        for name, patient in {"a/1": "P2", "a/2": "P1", "b/3": "P1"}.items():
            path = tmp_path / f"{name}.dcm"
            path.parent.mkdir(exist_ok=True)
            make_dataset(RAMP, PatientID=patient).save_as(path, enforce_file_format=True)
        settings = ImageFolder(
            source="image_folder",
            path=str(tmp_path),
            classes={"a": "a", "b": "b"},
            patients="dicom",
        )
        assert list(settings.index(tmp_path)["group"]) == ["P2", "P1", "P1"]
