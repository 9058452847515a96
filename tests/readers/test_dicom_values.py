"""Grey values of DICOM files by the formulas of its standard, and files that depart from it."""

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGExtended12Bit, RLELossless

from dicom_data import compress, make_dataset, make_table
from synthmix.readers.dicom import read_dicom
from synthmix.readers.dicom_header import parsed
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, Reading, notes_of

RAMP = np.arange(0, 1200, 100, dtype=np.uint16).reshape(3, 4)
WINDOW = {"WindowCenter": 550, "WindowWidth": 1101}


def with_raw(dataset, **elements):
    """Return `dataset` with elements as they may stand in a file, unlike what pydicom writes."""
    for name, text in elements.items():
        dataset.add_new(name, "DS", "0")
        dataset[name]._value = text
    return dataset


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a data set, or one of its values, and reads it."""

    def written(values, reading=AS_USUAL, **elements):
        dataset = values if isinstance(values, Dataset) else make_dataset(values, **elements)
        dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
        return read_dicom(tmp_path / "a.dcm", reading)

    return written


def greys(picture):
    assert picture.mode == "L"
    return np.asarray(picture).tolist()


class TestRescale:
    @pytest.mark.parametrize(
        ("slope", "intercept", "expected"),
        [
            ("2", "-1024", RAMP * 2.0 - 1024),
            ("", "", RAMP),
            ("1", "", RAMP),
            ("", "0", RAMP),
            ("", "-1024", RAMP - 1024.0),
            ("2", "", RAMP * 2.0),
            (" 0.5 ", "1e1", RAMP * 0.5 + 10),
            ("0,5", "-0,25", RAMP * 0.5 - 0.25),
            ("2\\3", "1", RAMP * 2.0 + 1),
        ],
    )
    def test_as_files_have_them(self, read, slope, intercept, expected):
        dataset = with_raw(make_dataset(RAMP), RescaleSlope=slope, RescaleIntercept=intercept)
        assert (read(dataset).values == expected).all()

    @pytest.mark.parametrize("name", ["RescaleSlope", "RescaleIntercept"])
    def test_one_alone(self, read, name):
        expected = RAMP * 2.0 if name == "RescaleSlope" else RAMP + 2.0
        assert (read(RAMP, **{name: 2}).values == expected).all()

    @pytest.mark.parametrize("text", ["abc", "nan", "1,000", "1.2.3"])
    def test_no_number(self, read, text):
        dataset = with_raw(make_dataset(RAMP), RescaleSlope=text, RescaleIntercept="0")
        with pytest.raises(ValueError, match="RescaleSlope or RescaleIntercept is not a number"):
            read(dataset)

    def test_slope_of_zero(self, read):
        picture = read(RAMP, RescaleSlope=0, RescaleIntercept=5)
        assert (picture.values == RAMP + 5).all()
        assert "a RescaleSlope of 0 is taken for 1" in picture.notes


class TestWindow:
    """By PS3.3 C.11.2.1.2 and C.11.2.1.3."""

    @pytest.mark.parametrize(("centre", "width"), [(5, 1), (5, 2), (5, 3), (2048, 200), (0, 70000)])
    def test_linear(self, read, centre, width):
        values = np.array([[0, 3, 4, 5, 6, 1947, 1948, 2047, 2048, 2147, 2148, 60000]], np.uint16)
        picture = read(values, WindowCenter=centre, WindowWidth=width)
        assert greys(picture) == [[round(v) for v in self.linear(values[0], centre, width)]]

    def test_a_window_two_wide_is_a_step(self, read):
        picture = read(np.array([[3, 4, 5, 6]], np.uint16), WindowCenter=5, WindowWidth=2)
        assert greys(picture) == [[0, 0, 255, 255]]

    @staticmethod
    def linear(values, centre, width):
        for value in map(int, values):
            if value <= centre - 0.5 - (width - 1) / 2:
                yield 0
            elif value > centre - 0.5 + (width - 1) / 2:
                yield 255
            else:
                yield ((value - (centre - 0.5)) / (width - 1) + 0.5) * 255

    def test_below_one(self, read):
        """From its lower to its upper end, as such files mean it."""
        picture = read(
            np.array([[0, 200, 500, 800, 1000]], np.uint16),
            RescaleSlope="0.001",
            RescaleIntercept=0,
            WindowCenter="0.5",
            WindowWidth="0.6",
        )
        assert greys(picture) == [[0, 0, 128, 255, 255]]

    def test_linear_exact(self, read):
        window = {"WindowCenter": 10, "WindowWidth": 10, "VOILUTFunction": "LINEAR_EXACT"}
        picture = read(np.array([[4, 5, 7, 10, 12, 15, 16]], np.uint16), **window)
        assert greys(picture) == [[0, 0, 51, 128, 178, 255, 255]]

    def test_sigmoid(self, read):
        window = {"WindowCenter": 500, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"}
        expected = 255 / (1 + np.exp(-4 * (RAMP - 500.0) / 400))
        assert greys(read(RAMP, **window)) == np.rint(expected).tolist()

    def test_sigmoid_far_away_from_its_centre(self, read):
        window = {"WindowCenter": 30000, "WindowWidth": "0.01", "VOILUTFunction": "SIGMOID"}
        assert greys(read(np.array([[0, 30000, 65535]], np.uint16), **window)) == [[0, 128, 255]]

    @pytest.mark.parametrize("function", ["", "LINEAR ", "BANANA"])
    def test_other_functions_are_linear(self, read, function):
        picture = read(RAMP, VOILUTFunction=function, **WINDOW)
        assert greys(picture) == greys(read(RAMP, **WINDOW))
        assert any("function" in note for note in notes_of(picture)) == (function == "BANANA")

    @pytest.mark.parametrize("width", ["0", "-100", "abc", "nan", "inf"])
    def test_no_window(self, read, width):
        dataset = with_raw(make_dataset(RAMP), WindowCenter="550", WindowWidth=width)
        picture = read(dataset)
        assert isinstance(picture, DeepPicture)
        assert (picture.values == RAMP).all()
        assert any("window" in note for note in picture.notes)

    @pytest.mark.parametrize(("centre", "width"), [("", ""), ("550", ""), ("", "1101")])
    def test_empty(self, read, centre, width):
        picture = read(with_raw(make_dataset(RAMP), WindowCenter=centre, WindowWidth=width))
        assert (picture.values == RAMP).all()
        assert picture.notes == ()

    @pytest.mark.parametrize("second", ["800", "abc", ""])
    def test_first_of_several(self, read, second):
        several = {"WindowCenter": f"300\\{second}", "WindowWidth": "200\\300"}
        picture = read(with_raw(make_dataset(RAMP), **several))
        assert greys(picture) == greys(read(RAMP, WindowCenter=300, WindowWidth=200))

    def test_a_width_of_zero_leaves_the_table(self, read):
        table = make_table([255 - i for i in range(256)], 0, 8, "OW")
        values = np.array([[0, 100, 255]], np.uint16)
        picture = read(values, WindowCenter=5, WindowWidth=0, VOILUTSequence=[table])
        assert greys(picture) == [[255, 155, 0]]


class TestPadding:
    VALUES = np.array([[-2000, 0, 500, 1000]], np.int16)

    @pytest.mark.parametrize("kind", ["SS", "US"])
    def test_it_is_background(self, read, kind):
        dataset = make_dataset(self.VALUES)
        dataset.add_new("PixelPaddingValue", kind, -2000 if kind == "SS" else 65536 - 2000)
        picture = read(dataset)
        assert picture.background.tolist() == [[True, False, False, False]]
        assert picture.values.tolist() == [[0, 0, 500, 1000]]

    def test_where_no_types_are_written(self, read):
        """In implicit VR it is the dictionary that says what numbers are."""
        dataset = make_dataset(self.VALUES, WindowCenter=500, WindowWidth=1000)
        dataset.add_new("PixelPaddingValue", "SS", -2000)
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        assert greys(read(dataset, Reading(use_windows=True))) == [[0, 0, 128, 255]]
        picture = read(dataset, Reading(use_windows=False))
        assert picture.background.tolist() == [[True, False, False, False]]

    def test_unsigned_pixels_and_a_signed_value(self, read):
        dataset = make_dataset(np.array([[63536, 0, 500]], np.uint16))
        dataset.add_new("PixelPaddingValue", "SS", -2000)
        assert read(dataset).background.tolist() == [[True, False, False]]

    def test_before_the_modality_transform(self, read):
        rescale = {"RescaleSlope": 2, "RescaleIntercept": -1000}
        picture = read(self.VALUES, PixelPaddingValue=-2000, **rescale)
        assert picture.background.tolist() == [[True, False, False, False]]
        assert picture.values.tolist() == [[-1000, -1000, 0, 1000]]

    @pytest.mark.parametrize(("first", "last"), [(-2000, -1990), (-1990, -2000)])
    def test_range(self, read, first, last):
        values = np.array([[-2001, -2000, -1995, -1990, -1989]], np.int16)
        picture = read(values, PixelPaddingValue=first, PixelPaddingRangeLimit=last)
        assert picture.background.tolist() == [[False, True, True, True, False]]

    @pytest.mark.parametrize("window", [{}, WINDOW])
    def test_black_under_monochrome1(self, read, window):
        """There padding of 0 would be the brightest of all."""
        elements = {"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": 0}
        picture = read(RAMP, **elements, **window)
        shown = np.asarray(picture.values if isinstance(picture, DeepPicture) else picture)
        assert shown[0, 0] == 0 or shown[0, 0] == shown[-1, -1] == shown.min()
        assert (np.diff(shown.ravel().astype(float)[1:]) < 0).all()

    def test_black_in_a_window_that_would_show_it_bright(self, read):
        values = np.array([[4095, 0, 1000]], np.uint16)
        window = {"WindowCenter": 500, "WindowWidth": 1000}
        assert greys(read(values, PixelPaddingValue=4095, **window)) == [[0, 0, 255]]

    def test_in_bits_that_do_not_count(self, read):
        """12 bits are stored, and padding is written with all 16."""
        values = np.array([[63536, 2096, 7]], np.uint16)
        picture = read(values, PixelPaddingValue=63536, BitsStored=12, HighBit=11)
        assert picture.background.tolist() == [[True, False, False]]

    def test_nowhere(self, read):
        assert read(RAMP, PixelPaddingValue=7).background is None

    def test_empty(self, read):
        assert read(RAMP, PixelPaddingValue="").background is None

    def test_everywhere(self, read):
        with pytest.raises(ValueError, match="all its pixels are padding"):
            read(np.full((3, 4), 7, np.uint16), PixelPaddingValue=7)


class TestTables:
    @pytest.mark.parametrize("kind", ["OW", "US"])
    @pytest.mark.parametrize("bits", [10, 12, 14, 16])
    def test_modality_table(self, read, bits, kind):
        largest = 2**bits - 1
        table = make_table([largest - i for i in range(1024)], 0, bits, kind)
        values = np.array([[0, 1, 1023, 4000]], np.uint16)
        picture = read(values, ModalityLUTSequence=[table])
        assert picture.values.tolist() == [[largest, largest - 1, largest - 1023, largest - 1023]]

    def test_modality_table_of_eight_bits(self, read):
        table = make_table([0, 30, 255], 0, 8, "OW")
        picture = read(np.array([[0, 1, 2]], np.uint16), ModalityLUTSequence=[table])
        assert greys(picture) == [[0, 30, 255]]

    def test_bytes_in_place_of_words(self, read):
        table = make_table([0, 30, 255], 0, 8, "OW")
        table.LUTData = bytes([0, 30, 255, 0])
        picture = read(np.array([[0, 1, 2]], np.uint16), ModalityLUTSequence=[table])
        assert greys(picture) == [[0, 30, 255]]

    @pytest.mark.parametrize("first", [-2, 65534])
    def test_table_that_begins_below_zero(self, read, first):
        table = make_table([10, 20, 30, 4095], 0, 12, "OW")
        table.add_new("LUTDescriptor", "SS" if first < 0 else "US", [4, first, 12])
        picture = read(np.array([[-5, -2, -1, 0, 1, 9]], np.int16), ModalityLUTSequence=[table])
        assert picture.values.tolist() == [[10, 10, 20, 30, 4095, 4095]]

    def test_window_after_a_modality_table(self, read):
        table = make_table([0, 1000, 2000, 4000], 0, 12, "OW")
        window = {"WindowCenter": 1000, "WindowWidth": 2001}
        picture = read(np.array([[0, 1, 2, 3]], np.uint16), ModalityLUTSequence=[table], **window)
        assert greys(picture) == [[0, 128, 255, 255]]

    def test_monochrome1_and_a_modality_table(self, read):
        table = make_table([0, 1000, 4095], 0, 12, "OW")
        elements = {"PhotometricInterpretation": "MONOCHROME1", "ModalityLUTSequence": [table]}
        picture = read(np.array([[0, 1, 2]], np.uint16), **elements)
        assert picture.values.tolist() == [[4095, 3095, 0]]

    @pytest.mark.parametrize("first", [0, -2])
    def test_where_no_types_are_written(self, read, first):
        table = make_table([10, 300, 4095], first, 12, "OW")
        kind = np.int16 if first else np.uint16
        dataset = make_dataset(np.array([[0, 1, 2]], kind) + kind(first))
        dataset.ModalityLUTSequence = [table]
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        assert read(dataset).values.tolist() == [[10, 300, 4095]]

    def test_table_that_is_cut_short(self, read):
        table = make_table([1, 2, 3], 0, 16, "OW")
        table.add_new("LUTDescriptor", "US", [500, 0, 16])
        with pytest.raises(ValueError, match="fewer than the 500 entries"):
            read(RAMP, ModalityLUTSequence=[table])

    def test_voi_table_with_more_than_its_bits(self, read):
        """It says 8 bits and has 12: its largest entry would be black if it wrapped around."""
        table = make_table([0, 1024, 4095], 0, 8, "OW")
        picture = read(np.array([[0, 1, 2]], np.uint16), VOILUTSequence=[table])
        assert greys(picture) == [[0, 64, 255]]

    def test_big_endian(self, tmp_path):
        dataset = make_dataset(np.array([[0, 1, 2]], np.uint16))
        dataset.PixelData = np.array([0, 1, 2], ">u2").tobytes()
        table = make_table([10, 300, 4095], 0, 12, "OW")
        table.LUTData = np.array([10, 300, 4095], ">u2").tobytes()
        dataset.ModalityLUTSequence = [table]
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.save_as(
            tmp_path / "a.dcm", little_endian=False, implicit_vr=False, enforce_file_format=True
        )
        assert read_dicom(tmp_path / "a.dcm").values.tolist() == [[10, 300, 4095]]


class TestFunctionalGroups:
    """An object that might hold several frames, with one."""

    @staticmethod
    def groups(**macros):
        group = Dataset()
        for name, elements in macros.items():
            item = Dataset()
            for keyword, value in elements.items():
                setattr(item, keyword, value)
            setattr(group, name, [item])
        return group

    @pytest.mark.parametrize(
        "where", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
    )
    def test_rescale_window_and_spacing(self, read, where):
        values = np.array([[0, 1024], [1064, 3000]], np.uint16)
        group = self.groups(
            PixelValueTransformationSequence={"RescaleSlope": 1, "RescaleIntercept": -1024},
            FrameVOILUTSequence={
                "WindowCenter": 40,
                "WindowWidth": 400,
                "VOILUTFunction": "LINEAR_EXACT",
            },
            PixelMeasuresSequence={"PixelSpacing": [1, 2]},
        )
        picture = read(values, NumberOfFrames=1, **{where: [group]})
        assert picture.size == (4, 2)
        # ends are values of the stored columns
        assert np.asarray(picture)[:, [0, -1]].tolist() == [[0, 102], [128, 255]]

    def test_the_frame_comes_before_what_is_shared(self, read):
        def rescale(slope):
            elements = {"RescaleSlope": slope, "RescaleIntercept": 0}
            return self.groups(PixelValueTransformationSequence=elements)

        picture = read(
            RAMP,
            NumberOfFrames=1,
            SharedFunctionalGroupsSequence=[rescale(2)],
            PerFrameFunctionalGroupsSequence=[rescale(3)],
        )
        assert (picture.values == RAMP * 3.0).all()


class TestSpacing:
    @pytest.mark.parametrize(
        ("elements", "size"),
        [
            ({"PixelSpacing": [0.5, 0.5]}, (40, 30)),
            ({"PixelSpacing": [0.5, 0.501]}, (40, 30)),
            ({"PixelSpacing": [1, 0.5]}, (40, 60)),
            ({"PixelSpacing": [0.5, 1]}, (80, 30)),
            ({"ImagerPixelSpacing": [0.1, 0.15]}, (60, 30)),
            ({"PixelAspectRatio": [3, 2]}, (40, 45)),
            ({"PixelSpacing": [0.5, 0.5], "PixelAspectRatio": [3, 2]}, (40, 30)),
        ],
    )
    @pytest.mark.parametrize("window", [{}, WINDOW])
    def test_pixels_become_squares(self, read, elements, size, window):
        values = np.repeat(np.repeat(RAMP, 10, axis=0), 10, axis=1)
        picture = read(values, **elements, **window)
        deep = isinstance(picture, DeepPicture)
        assert (picture.values.shape[::-1] if deep else picture.size) == size
        assert any("squares" in note for note in notes_of(picture)) == (size != (40, 30))

    def test_a_disc_is_round(self, read):
        y, x = np.mgrid[:50, :100] - np.array([24.5, 49.5])[:, None, None]
        values = (1000 * ((2 * y) ** 2 + x**2 < 40**2)).astype(np.uint16)
        picture = read(values, PixelSpacing=[2, 1], PixelPaddingValue=0)
        rows, columns = np.nonzero(~picture.background)
        assert picture.background.shape == picture.values.shape == (100, 100)
        assert abs(np.ptp(rows) - np.ptp(columns)) <= 2

    @pytest.mark.parametrize("spacing", [[0, 1], [-1, 1], [1, 1000], [1, 0]])
    def test_without_sense(self, read, spacing):
        picture = read(RAMP, PixelSpacing=spacing)
        assert (picture.values == RAMP).all()
        assert any("spacing makes no sense" in note for note in picture.notes)

    def test_too_many_pixels(self, read):
        with pytest.raises(ValueError, match="max_pixels"):
            read(RAMP, Reading(max_pixels=100), PixelSpacing=[10, 1])


class TestBits:
    def test_overlay_in_the_high_bits(self, read):
        values = np.array([[5, 4095, 100]], np.uint16)
        overlay = values | np.array([[1 << 12, 1 << 15, 0]], np.uint16)
        assert read(overlay, BitsStored=12, HighBit=11).values.tolist() == [[5, 4095, 100]]

    @pytest.mark.parametrize("stray", [0, 0xF000, 0x5000])
    def test_signed_with_stray_bits(self, read, stray):
        values = np.array([[-2048, -1, 0, 2047]])
        words = ((values & 0xFFF) | stray).astype(np.uint16).view(np.int16)
        picture = read(words, BitsStored=12, HighBit=11)
        assert picture.values.tolist() == values.tolist()

    @pytest.mark.parametrize("signed", [False, True])
    def test_high_bit_at_the_top(self, read, signed):
        """As before 1993: 12 bits in the upper part of a word."""
        values = np.array([[-3, 0, 5, 2047]]) if signed else np.array([[0, 5, 2048, 4095]])
        words = ((values << 4) | 3).astype(np.int16 if signed else np.uint16)
        picture = read(words, BitsStored=12, HighBit=15)
        assert picture.values.tolist() == values.tolist()

    @pytest.mark.parametrize("high_bit", [3, 40])
    def test_high_bit_that_makes_no_sense(self, read, high_bit):
        values = np.array([[0, 5, 4095]], np.uint16)
        assert read(values, BitsStored=12, HighBit=high_bit).values.tolist() == [[0, 5, 4095]]

    def test_words_of_32_bits(self, read):
        values = np.array([[0, 70000, 2**20]], np.uint32)
        assert read(values).values.tolist() == [[0, 70000, 2**20]]

    @pytest.mark.parametrize("name", ["FloatPixelData", "DoubleFloatPixelData"])
    def test_numbers_with_fractions(self, read, name):
        values = np.array([[0.5, -3, 1e6]], "f4" if name == "FloatPixelData" else "f8")
        bits = values.dtype.itemsize * 8
        dataset = make_dataset(values, PixelData=None, BitsAllocated=bits)
        setattr(dataset, name, values.tobytes())
        assert read(dataset).values.tolist() == [[0.5, -3, 1e6]]
        dataset.PhotometricInterpretation = "MONOCHROME1"
        assert read(dataset).values.tolist() == [[-0.5, 3, -1e6]]

    def test_not_a_number_is_background_on_request(self, read):
        values = np.array([[0.5, np.nan, 7]], np.float32)
        dataset = make_dataset(values, PixelData=None, FloatPixelData=values.tobytes())
        picture = read(dataset, Reading(nan_is_background=True))
        assert picture.background.tolist() == [[False, True, False]]
        assert picture.values.tolist() == [[0.5, 0.5, 7]]
        assert any("NaN" in note for note in picture.notes)


class TestCompression:
    """What is read of compressed files is what was compressed, to the last bit."""

    SYNTAXES = ("JPEGLosslessProcess14_1", "JPEGLosslessProcess14", "JPEGLSLossless")

    @pytest.mark.parametrize("syntax", [*SYNTAXES, "JPEG2000Lossless"])
    @pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (12, True), (16, True)])
    def test_lossless(self, tmp_path, syntax, bits, signed):
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        kind = f"{'i' if signed else 'u'}{2 if bits > 8 else 1}"
        values = np.random.default_rng(1).integers(low, high + 1, (16, 20)).astype(kind)
        values[0, :2] = low, high
        dataset = make_dataset(values, BitsStored=bits, HighBit=bits - 1)
        compress(dataset, tmp_path / "a.dcm", syntax)
        assert parsed(tmp_path / "a.dcm").file_meta.TransferSyntaxUID.is_compressed
        picture = read_dicom(tmp_path / "a.dcm")
        shown = picture.values if isinstance(picture, DeepPicture) else np.asarray(picture)
        assert (shown == values).all()

    @pytest.mark.parametrize("syntax", [*SYNTAXES, "JPEG2000Lossless"])
    def test_colours(self, tmp_path, syntax):
        values = np.random.default_rng(1).integers(0, 256, (64, 80, 3)).astype(np.uint8)
        compress(make_dataset(values), tmp_path / "a.dcm", syntax)
        assert (np.asarray(read_dicom(tmp_path / "a.dcm")) == values).all()

    def test_jpeg_of_twelve_bits(self, tmp_path):
        """It loses something, but no bits."""
        values = np.add.outer(np.arange(64) * 20, np.arange(48) * 30).astype(np.uint16)
        dataset = make_dataset(values, BitsStored=12, HighBit=11)
        compress(dataset, tmp_path / "a.dcm", "JPEGExtendedProcess2_4")
        assert parsed(tmp_path / "a.dcm").file_meta.TransferSyntaxUID == JPEGExtended12Bit
        assert np.abs(read_dicom(tmp_path / "a.dcm").values - values).max() <= 4

    def test_run_lengths(self, read):
        dataset = make_dataset(RAMP)
        dataset.compress(RLELossless)
        assert (read(dataset).values == RAMP).all()

    @pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEGLSLossless"])
    def test_cut_off(self, tmp_path, syntax):
        path = tmp_path / "a.dcm"
        values = np.random.default_rng(1).integers(0, 4096, (32, 32)).astype(np.uint16)
        compress(make_dataset(values), path, syntax)
        path.write_bytes(path.read_bytes()[:-600])
        with pytest.raises(ValueError, match="cut short"):
            read_dicom(path)


def test_what_pydicom_finds_odd_is_kept_off_the_screen(read, recwarn, caplog):
    dataset = with_raw(make_dataset(RAMP), WindowCenter="5" * 20, WindowWidth="7")
    dataset.PixelData += bytes(100)
    read(dataset)
    assert not recwarn.list
    assert not caplog.records
