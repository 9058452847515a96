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
)

from dicom_data import make_dataset, make_table
from synthmix.datasets.image_folder import ImageFolder
from synthmix.errors import UserError
from synthmix.readers import read_image
from synthmix.readers.dicom import patients_of, read_dicom
from synthmix.readers.raw_image import DeepPicture, Reading

RAMP = np.arange(0, 1200, 100, dtype=np.uint16).reshape(3, 4)
WINDOW = {"WindowCenter": 550, "WindowWidth": 1101}
RGB = np.random.default_rng(1).integers(0, 256, (3, 4, 3), dtype=np.uint8)


def strip(dataset):
    """Return `dataset` without what stands before it in a file."""
    del dataset.file_meta
    return dataset


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


@pytest.fixture
def deep(file):
    """Return a function that writes a data set and returns the deep picture that is read of it."""

    def read(values, **elements):
        make_dataset(values, **elements).save_as(file, enforce_file_format=True)
        picture = read_dicom(file)
        assert isinstance(picture, DeepPicture)
        return picture

    return read


def refused(file, dataset, message):
    dataset.save_as(file, enforce_file_format=True)
    with pytest.raises(ValueError, match=message):
        read_dicom(file)


class TestGrey:
    def test_values_stay_as_they_are_without_a_window(self, deep):
        picture = deep(RAMP)
        assert picture.values.dtype == np.float32
        assert (picture.values == RAMP).all()
        assert picture.background is None
        assert picture.notes == ()

    def test_sixteen_bits_are_unsigned(self, deep):
        values = np.array([[0, 32768, 65535]], np.uint16)
        assert deep(values).values.tolist() == [[0, 32768, 65535]]

    def test_eight_bits_stay_eight_bits(self, shown):
        values = np.arange(10, 130, 10, dtype=np.uint8).reshape(3, 4)
        assert (shown(values) == values).all()
        assert (shown(values, PhotometricInterpretation="MONOCHROME1") == 255 - values).all()

    @pytest.mark.parametrize(("bits", "whites"), [(1, [0, 255]), (4, [0, 17])])
    def test_fewer_than_eight_bits(self, shown, bits, whites):
        values = np.array([[0, 1]], np.uint8)
        assert shown(values, BitsStored=bits, HighBit=bits - 1).tolist() == [whites]

    def test_eight_bits_in_another_unit(self, deep):
        """The slope of PET differs from slice to slice: stored values can't be compared."""
        picture = deep(np.array([[0, 200]], np.uint8), RescaleSlope=3.5, RescaleIntercept=0)
        assert picture.values.tolist() == [[0, 700]]

    def test_result_is_a_grey_picture(self, file):
        make_dataset(RAMP, **WINDOW).save_as(file, enforce_file_format=True)
        image = read_dicom(file)
        assert (image.mode, image.size) == ("L", (4, 3))

    def test_monochrome1_is_inverted(self, shown):
        inverted = shown(RAMP, PhotometricInterpretation="MONOCHROME1", **WINDOW)
        assert (inverted == 255 - shown(RAMP, **WINDOW)).all()

    @pytest.mark.parametrize(("bits", "most"), [(12, 4095), (16, 65535)])
    def test_monochrome1_without_a_window_is_turned_round_within_its_bits(self, deep, bits, most):
        elements = {"BitsStored": bits, "HighBit": bits - 1}
        picture = deep(RAMP, PhotometricInterpretation="MONOCHROME1", **elements)
        assert (picture.values == most - RAMP.astype(float)).all()

    def test_monochrome1_in_another_unit(self, deep):
        """Signed values of 12 bits, from -2048 to 2047, mean -5096 to 3094."""
        values = np.array([[-2048, 0, 2047]], np.int16)
        elements = {"BitsStored": 12, "HighBit": 11, "RescaleSlope": 2, "RescaleIntercept": -1000}
        picture = deep(values, PhotometricInterpretation="MONOCHROME1", **elements)
        assert picture.values.tolist() == [[3094, -1002, -5096]]

    def test_windows_can_be_left_out(self, file):
        make_dataset(RAMP, **WINDOW).save_as(file, enforce_file_format=True)
        picture = read_dicom(file, Reading(use_windows=False))
        assert (picture.values == RAMP).all()

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

    def test_sigmoid_window(self, shown):
        window = {"WindowCenter": 500, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"}
        expected = 255 / (1 + np.exp(-4 * (RAMP - 500.0) / 400))
        assert (shown(RAMP, **window) == np.rint(expected)).all()

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


class TestColour:
    def test_rgb(self, shown):
        assert (shown(RGB) == RGB).all()

    def test_colour_by_plane(self, shown):
        planes = np.ascontiguousarray(RGB.transpose(2, 0, 1)).tobytes()
        assert (shown(RGB, PlanarConfiguration=1, PixelData=planes) == RGB).all()

    def test_sixteen_bits_a_channel(self, deep):
        values = RGB.astype(np.uint16) * 256 + 100
        assert (deep(values).values == values).all()

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

    def test_palette_of_eight_bits_that_says_sixteen(self, shown):
        elements = {"PhotometricInterpretation": "PALETTE COLOR"}
        for name in ("Red", "Green", "Blue"):
            elements[f"{name}PaletteColorLookupTableDescriptor"] = [2, 0, 16]
            elements[f"{name}PaletteColorLookupTableData"] = np.array([9, 255], "<u2").tobytes()
        read = shown(np.array([[0, 1]], np.uint8), **elements)
        assert read.tolist() == [[[9, 9, 9], [255, 255, 255]]]

    def test_other_colours_are_refused(self, file):
        refused(file, make_dataset(RGB, PhotometricInterpretation="HSV"), "HSV")


class TestRefused:
    def test_several_frames(self, file):
        dataset = make_dataset(RAMP, NumberOfFrames=5, PixelData=RAMP.tobytes() * 5)
        refused(file, dataset, "holds 5 frames")

    def test_one_frame_is_not_several(self, deep):
        assert deep(RAMP, NumberOfFrames=1).values.shape == (3, 4)

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
        refused(file, dataset, r"not numbers.*prepare\.nan_is_background")

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
        assert (read_image(file).values == RAMP).all()

    def test_by_its_mark_without_a_suffix(self, tmp_path):
        make_dataset(RAMP).save_as(tmp_path / "IM000001", enforce_file_format=True)
        assert (read_image(tmp_path / "IM000001").values == RAMP).all()

    @pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    @pytest.mark.parametrize("name", ["IM000001", "a.dcm"])
    def test_without_preamble(self, tmp_path, syntax, name):
        """As in files of before 1994, and in what is cut out of network messages."""
        dataset = make_dataset(RAMP)
        implicit = syntax == ImplicitVRLittleEndian
        pydicom.dcmwrite(tmp_path / name, strip(dataset), implicit_vr=implicit, little_endian=True)
        assert (tmp_path / name).read_bytes()[:2] == b"\x08\x00"
        assert (read_image(tmp_path / name).values == RAMP).all()


class TestPatient:
    @pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    def test_patient_id(self, file, syntax):
        dataset = make_dataset(RAMP, PatientID=" 007 ")
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(file, enforce_file_format=True)
        assert patients_of(file.parent, [file.name]) == ["007"]

    def test_all_files_without_a_patient_are_told_at_once(self, tmp_path):
        for name, patient in {"a": "", "b": "  ", "c": None, "d": "P1"}.items():
            path = tmp_path / f"{name}.dcm"
            make_dataset(RAMP, PatientID=patient).save_as(path, enforce_file_format=True)
        (tmp_path / "e.dcm").write_bytes(b"no DICOM")
        with pytest.raises(UserError) as refused:
            patients_of(tmp_path, [f"{name}.dcm" for name in "abcde"])
        told = str(refused.value)
        assert told.startswith("patients: dicom: 4 of 5 files name no patient:")
        assert all(f"{name}.dcm: has no PatientID" in told for name in "abc")
        assert "e.dcm: is no DICOM file" in told
        assert "d.dcm" not in told
        assert "set patients to image" in told

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
