"""What becomes of near-duplicates of each source, and how a study says otherwise."""

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from synthmix.datasets.brain_tumor import BrainTumor
from synthmix.datasets.dicom_series import DicomSeries
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.manifest import Manifest
from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.prepare.duplicates import HOLD_OUT, OFF, TELL
from synthmix.registry import DATASETS, load_dataset

FOLDER = "{source: image_folder, path: x, classes: {a: [a], b: [b]}"


def folder_with(text):
    return TypeAdapter(ImageFolder).validate_python(yaml.safe_load(f"{FOLDER}{text}}}"))


def test_own_images_are_held_out_and_published_ones_told():
    own = {ImageFolder, NiftiFolder, DicomSeries, Manifest}
    for name in DATASETS:
        source = load_dataset(name)
        wanted = HOLD_OUT if source in own else TELL
        assert source.near_duplicates_by_default == wanted, name
    assert BrainTumor.near_duplicates_by_default == TELL
    assert folder_with("").treats_near_duplicates == HOLD_OUT


@pytest.mark.parametrize("treatment", [HOLD_OUT, TELL, OFF])
def test_a_study_says_what_becomes_of_them(treatment):
    assert folder_with(f", near_duplicates: {treatment}").treats_near_duplicates == treatment


def test_that_alone_lists_no_image_anew():
    assert (
        folder_with(", near_duplicates: off").index_settings() == folder_with("").index_settings()
    )


@pytest.mark.parametrize("wrong", ["on", "keep"])
def test_other_words_are_refused(wrong):
    with pytest.raises(ValidationError, match="hold_out"):
        folder_with(f", near_duplicates: {wrong}")
