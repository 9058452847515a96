import json

import pytest
from jsonschema import Draft7Validator

from synthmix.config.parse import parse
from synthmix.config.schema import schema_files, workflow_schema
from workflow_project import ROOT, STUDIES

FOLDER = ROOT / "studies"
FILES = [FOLDER / f"{name}.yaml" for name in STUDIES]
FILES += sorted((ROOT / "tests" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("name", ["study.schema.json", "config.schema.json"])
def test_the_files_are_current(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_files()[name], (
        f"studies/{name} is out of date; regenerate it with "
        "PYTHONPATH=scripts python -m synthmix.config.schema"
    )


@pytest.mark.parametrize("text", schema_files().values())
def test_the_schemas_are_schemas(text):
    schema = json.loads(text)

    Draft7Validator.check_schema(schema)
    assert schema["$schema"]
    assert schema["title"]


def test_the_schema_of_studies_can_be_read():
    assert (FOLDER / "study.schema.json").read_text(encoding="utf-8").count("\n") < 6000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_study_of_the_project(editors, file):
    settings, _ = parse(file)

    editors.validate(settings)


def test_a_valid_study(editors, settings):
    editors.validate(settings)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("mixes", {"real_shares": [95]}),
        ("mixes", {"real_share": [0.5]}),
        ("mixes", {"train_images": "200"}),
        ("prepare", {"channels": 2}),
        ("generators", {"small": {"model": "dcgan"}}),
        ("generators", {"big-one": {"model": "dcgan", "epochs": 1}}),
        ("datasets", {"films": {"source": "elsewhere"}}),
        ("demo", {"mixes": {"real_share": [0.5]}}),
        ("demo", {"mixes": {"real_shares": [95]}}),
        ("demo", {"generators": {"small": {"epoch": 3}}}),
        ("demo", {"datasets": {"films": {"source": "image_folder"}}}),
        ("demo", {"demo": {}}),
        ("demo", {"generators": {"small": {"model": "smote", "epochs": 3}}}),
        ("demo", {"mixes": {"class_shares": [{"cancer": 1}]}}),
        ("per_dataset", {"films": {"title": "Films"}}),
        ("per_dataset", {"films": {"prepare": {"image_size": 2}}}),
        ("prepare", {"volume_shape": [16, 20, "16"]}),
    ],
)
def test_a_wrong_study(editors, settings, section, change):
    settings[section] = settings.get(section, {}) | change

    assert not editors.is_valid(settings)


def test_a_study_that_lacks_a_section(editors, settings):
    del settings["datasets"]

    assert not editors.is_valid(settings)


def test_everything_in_demo_is_optional(editors, settings):
    settings["demo"] = {
        "mixes": {"real_shares": [0.5], "validation_class_shares": {"cancer": 0.3}},
        "generators": {"small": {"epochs": 3}},
        "test_sample": {"images": 20},
        "evaluation": {},
        "classifiers": {"vgg": None},
    }

    editors.validate(settings)


def test_the_configuration():
    config = Draft7Validator(workflow_schema())

    assert config.is_valid({"studies": ["mammography"], "scale": "demo"})
    assert config.is_valid({"studies": "mammography", "scale": "demo", "seeds": 3})
    assert not config.is_valid({"studies": ["mammography"], "scale": "full"})
    assert not config.is_valid({"studies": ["mammography"], "scale": "demo", "seed": 1})


def test_a_name_is_left_out_of_overlays_alone(editors, settings):
    settings["classifiers"]["vgg"] = None

    assert not editors.is_valid(settings)
