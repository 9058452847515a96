"""The studies that follow their sources, at paper scale: nothing is trained."""

import re

import pytest
import yaml

from as_published import (
    READ_OFF,
    STUDIES,
    SUFFIX,
    otherwise,
    rows_of,
    views_of,
    why_not,
    without_row,
)
from plan_data import ROOT
from synthmix.published.rows import read_printed
from workflow_project import STUDIES as PROJECT

SOURCES = [name for name in PROJECT if not name.endswith(SUFFIX)]
# what was read off and is not printed there, by a pattern of what `without_row` says
NOT_PRINTED = {
    r"mri_qc_results\.csv: line 1\d, (parameters|conv_levels|convs_per_level)": (
        "section 4.2.1 says it once of the networks of table 3, which has no such columns"
    ),
    r"mammography_mixes\.csv: line 27, ": (
        "below the caption of 30/70 table 7 prints the counts of table 8, and these rows have them"
    ),
}

each_study = pytest.mark.parametrize("study", STUDIES)


def settings_of(study):
    return yaml.safe_load((ROOT / "studies" / f"{study}.yaml").read_text(encoding="utf-8"))


def test_each_source_has_a_study_that_follows_it():
    lacking = [name for name in SOURCES if f"{name}{SUFFIX}" not in STUDIES]

    assert not lacking, f"no study in studies/ follows the source of {', '.join(lacking)}"


@pytest.mark.parametrize("source", [name.removesuffix(SUFFIX) for name in STUDIES])
def test_the_wider_study_goes_over_it_and_is_another_protocol(source):
    settings = settings_of(source)

    assert settings["extends"] == f"{source}{SUFFIX}"
    assert settings["published_values"] == "context"
    assert "published" not in settings


@each_study
def test_it_is_held_against_its_source(study):
    for view in views_of(study):
        assert view.settings.published_values == "comparable"
        assert view.published == ROOT / f"studies/published/{study.removesuffix(SUFFIX)}.csv"


@pytest.mark.skipif(not READ_OFF.is_dir(), reason="lies beside the project where it was made")
@each_study
def test_every_printed_value_has_a_row(study):
    missing = [
        value
        for value in without_row(study.removesuffix(SUFFIX))
        if not any(re.match(pattern, value) for pattern in NOT_PRINTED)
    ]

    assert not missing, "\n".join(missing)


@each_study
def test_every_row_is_of_a_data_set_of_the_study(study):
    names = {view.dataset for view in views_of(study)}

    assert {row.dataset for row in read_printed(views_of(study)[0].published)} <= {"", *names}


@each_study
def test_every_row_has_a_number_of_ours_or_says_why_not(study):
    missing = {
        f"{row.table}, {row.dataset} {row.metric}: {reason}"
        for view in views_of(study)
        for row in rows_of(view)
        if (reason := why_not(view, row))
    }

    assert not missing, "\n".join(sorted(missing))


@each_study
def test_counts_settings_and_weights_are_as_printed_or_declared(study):
    declared = {one.table for one in views_of(study)[0].settings.deviations}
    undeclared = {
        found
        for view in views_of(study)
        for row in rows_of(view)
        if not why_not(view, row) and (found := otherwise(view, row)) and row.table not in declared
    }

    assert not undeclared, "\n".join(sorted(undeclared))


@each_study
def test_deviations_are_of_tables_that_there_are(study):
    settings = views_of(study)[0].settings
    tables = {row.table for row in read_printed(views_of(study)[0].published)}

    assert {one.table for one in settings.deviations if one.table} <= tables


def test_the_docs_have_the_number_of_deviations_by_study():
    text = (ROOT / "docs" / "published.md").read_text(encoding="utf-8")
    told = dict(re.findall(rf"^\| `(\w+{SUFFIX})` \| (\d+) \|$", text, re.MULTILINE))

    counts = {study: str(len(views_of(study)[0].settings.deviations)) for study in STUDIES}
    assert told == counts, "docs/published.md: the table under What departs"
