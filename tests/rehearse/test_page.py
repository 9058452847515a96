"""The page of a rehearsal: whole, escaped, and by itself."""

import base64
import re

import pandas as pd

from synthmix.rehearse.foretell import COLUMNS
from synthmix.rehearse.page import html, in_words, markdown, step_time, table_rows
from synthmix.rehearse.picture import picture

FINDINGS = ["kind", "study", "rule", "job", "message"]


def jobs(*rows):
    """Return a table of kinds of jobs, each with some values of its own."""
    usual = {
        **dict.fromkeys(COLUMNS, 0),
        **{"study": "s", "dataset": "d", "rule": "train_generator", "kind": "dcgan", "jobs": 2},
        **{"rehearsed": 2, "device": "cpu", "parts": 1, "steps": 10, "step_seconds": 2.0},
        **{"seconds": 100.0, "stops_early": False, "ram_mb": 900.0, "disk_mb": 5.0},
    }
    return pd.DataFrame([usual | row for row in rows])


def test_names_and_messages_are_escaped():
    found = pd.DataFrame(
        [("failed", "s", "r", "mix=<b>m</b>", "<script>x</script>")], columns=FINDINGS
    )
    page = html(found, jobs({"kind": "<i>net</i>", "study": "$<u>"}))
    assert "<script" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    for tag in ("<b>", "<i>", "<u>"):
        assert tag not in page


def test_it_asks_nothing_of_the_network():
    page = html(pd.DataFrame(columns=FINDINGS), jobs({}))
    assert "default-src 'none'" in page
    (drawn,) = re.findall(r'src="([^"]*)"', page)
    assert drawn.startswith("data:image/svg+xml;base64,")
    assert b"<svg" in base64.b64decode(drawn.partition(",")[2])
    assert not re.search(r"(?:src|href)=\"https?:|url\(", page)


def test_without_anything_foretold_there_is_neither_table_nor_picture():
    found, none = pd.DataFrame(columns=FINDINGS), pd.DataFrame(columns=COLUMNS)
    for page in (html(found, none), markdown(found, none)):
        assert "Every job that was asked for ran" in page
        assert "What the full run takes" not in page
    assert picture(none) is None


def test_words_say_how_what_is_foretold_is_known():
    words = " ".join(in_words(jobs({}, {"rehearsed": 1, "stops_early": True, "parts": 4})))
    assert "4 jobs: about 3 min" in words
    assert "For 3 of them one of their kind was rehearsed; the others are guessed." in words
    assert "its epochs are taken as run" in words
    assert "Measured on a CPU" in words
    assert "Batches went in parts, and memory is that of a part: train_generator dcgan." in words
    words = " ".join(in_words(jobs({"device": "cuda", "unknown": 1})))
    assert "at least" in words
    assert "How long 1 of them take is not known" in words
    assert "CPU" not in words
    assert "early" not in words


def test_jobs_without_steps_are_one_row_and_the_longest_comes_first():
    found = table_rows(
        jobs(
            {"kind": "short", "seconds": 1.0},
            {"rule": "plot_roc", "kind": "", "steps": 0, "seconds": 7.0},
            {"rule": "plot_pca", "kind": "", "steps": 0, "seconds": 5.0},
            {"kind": "long", "seconds": 500.0, "gpu_mb": 4000.0},
        )
    )
    assert [row[0] for row in found] == [
        *("train_generator long", "train_generator short"),
        "others, without steps",
    ]
    assert found[0][7] == "900 MB, GPU 4.0 GB"
    assert found[2][6] == "12 s"


def test_the_same_table_gives_the_same_picture():
    assert picture(jobs({}, {"gpu_mb": 5.0})) == picture(jobs({}, {"gpu_mb": 5.0}))


def test_steps_are_told_in_the_unit_that_fits_them():
    assert [step_time(seconds) for seconds in (0.0123, 0.5, 12.34)] == [
        "12.3 ms",
        "500 ms",
        "12.3 s",
    ]
