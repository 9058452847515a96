"""What Snakemake recorded, read where Snakemake writes it."""

import pytest
from snakemake.persistence.file import FilePersistence

from synthmix.errors import UserError
from synthmix.trace.records import METADATA, Records
from traced_project import DATASET, METRICS, record_file

LONG = f"results/{'long/' * 60}é.csv"


@pytest.mark.parametrize("path", ["results/report.html", LONG])
def test_records_lie_where_snakemake_keeps_them(path, tmp_path):
    class Persistence:
        _max_len = None
        _fetch_max_len = FilePersistence._fetch_max_len

    expected = FilePersistence._record_path(Persistence(), str(tmp_path), path)
    assert str(record_file(tmp_path, path)) == expected


def test_a_record_says_who_made_a_file_of_what(project):
    project.note("plot_something", ["results/report.html"], [METRICS], [1, [True], {"a": None}])
    record = Records.read(project.folder).of("results/report.html")
    assert record.rule == "plot_something"
    assert record.inputs == (METRICS,)
    assert list(record.input_checksums) == [METRICS]
    assert set(map(str, record.parameters)) == {"1", "[True]", "{'a': None}"}
    assert record.started < record.modified


def test_long_names_are_put_together_again(project):
    file = record_file(project.folder / METADATA, LONG)
    file.parent.mkdir(parents=True)
    file.write_bytes(record_file(project.folder / METADATA, METRICS).read_bytes())
    assert Records.read(project.folder).of(LONG).rule == "score_predictions"


def test_outputs_of_one_job_and_what_was_made_from_them(untouched):
    records = Records.read(untouched.folder)
    split, store = f"{DATASET}/split.csv", f"{DATASET}/stores/real.csv"
    assert len(records.outputs(records.of(store))) == 3
    assert records.made_from(store) == [split]
    assert records.of("Snakefile") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rule": "all"}'])
def test_a_damaged_record_counts_as_none(text, project):
    record_file(project.folder / METADATA, METRICS).write_text(text)
    records = Records.read(project.folder)
    assert records.of(METRICS) is None
    assert records.of("results/report.html") is not None


def test_without_records_it_is_said_where_to_be(tmp_path):
    with pytest.raises(UserError, match=r"no record.*the folder in which Snakemake ran"):
        Records.read(tmp_path)
