"""What --config says is taken as it was written."""

import pytest
from snakemake.cli import parse_config

from synthmix.config.arguments import as_written
from synthmix.config.models import Workflow


def read(*arguments):
    """Return what Snakemake and then we make of the arguments of --config."""
    return as_written({"scale": "demo"} | parse_config(arguments), arguments)


@pytest.mark.parametrize(
    "path",
    ["010", "1e3", "true", "a, b", "a #b", "k: v", "{b}", "[b]", "*x", "- x", "~/x", "a=b", "it's"],
)
def test_a_path_is_what_was_written(path):
    for name in ("data_dir", "new_images"):
        assert read(f"{name}={path}")[name] == path


@pytest.mark.parametrize("quoted", ["'a, b'", '"a, b"'])
def test_quotes_around_all_of_a_path_are_no_part_of_it(quoted):
    assert read(f"new_images={quoted}")["new_images"] == "a, b"


def test_studies_are_names():
    assert read("studies=010")["studies"] == "010"
    assert read("studies=2021,b")["studies"] == "2021,b"
    assert read("studies=[a, 'b']")["studies"] == ["a", "b"]
    assert read("studies=k: v/x.yaml")["studies"] == "k: v/x.yaml"


def test_all_else_is_as_snakemake_reads_it():
    assert read("seeds=[1,2]", "device=cpu", "longest_runtime=20", "new_images=") == {
        "scale": "demo",
        "seeds": ["1", "2"],
        "device": "cpu",
        "longest_runtime": 20,
        "new_images": None,
    }
    assert as_written({"data_dir": "data"}, None) == {"data_dir": "data"}


@pytest.mark.parametrize(
    ("written", "repeats"),
    [
        ("{splits: 3}", {"splits": 3}),
        ("{splits: 3, generators: 2}", {"splits": 3, "generators": 2}),
        ("3", {"splits": 3}),
        ("3,2,1", {"splits": 3, "generators": 2, "classifiers": 1}),
        ("[3, 2]", {"splits": 3, "generators": 2}),
    ],
)
def test_repeats_are_numbers_by_their_names_or_in_their_order(written, repeats):
    workflow = Workflow.model_validate(read(f"repeats={written}", "studies=s"))
    assert workflow.repeats.model_dump(exclude_unset=True) == repeats
