"""The command line that makes a page to label images with."""

import json
import re
import zipfile

import pytest
from PIL import Image

from synthmix.label.label_images import main
from tiny_classifiers import picture


@pytest.fixture
def place(tmp_path):
    """A folder for the page beside one of images."""
    for number, name in enumerate(["0.png", "a/0.png", "größe.png"]):
        file = tmp_path / "scans" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(file)
    return tmp_path


@pytest.fixture
def run(place):
    def run(*arguments, images="scans", output="labels.html"):
        return main([str(place / images), "--output", str(place / output), *map(str, arguments)])

    return run


def paths(page):
    found = re.search(r'id="data">(.*)</script>', page.read_text(encoding="utf-8"))
    return [image["path"] for image in json.loads(found[1])["images"]]


def test_a_page_and_what_to_do_with_it(run, place, capsys):
    (place / "scans" / "bad.png").write_text("no picture")
    assert run() == 0
    seen = capsys.readouterr().out
    assert "labels.html: 3 images to label; open it in a browser. 1 can't be shown" in seen
    assert "bad.png: UnidentifiedImageError" in seen
    assert paths(place / "labels.html") == ["0.png", "a/0.png", "größe.png"]
    assert sorted(path.name for path in place.iterdir()) == ["labels.html", "scans"]


def test_archives_and_single_files(run, place):
    with zipfile.ZipFile(place / "scans.zip", "w") as archive:
        archive.write(place / "scans" / "0.png", "top/0.png")
    assert run(images="scans.zip", output="1.html") == 0
    assert paths(place / "1.html") == ["top/0.png"]
    assert run(images="scans/a/0.png", output="2.html") == 0
    assert paths(place / "2.html") == ["0.png"]


def test_threads_keep_the_order(run, place):
    assert run("--threads", 4) == 0
    assert run(output="one.html") == 0
    assert (place / "labels.html").read_bytes() == (place / "one.html").read_bytes()


def test_blind_pages_are_shuffled_alike_each_time(run, place):
    for number in range(9):
        picture(number).save(place / "scans" / f"{number}.png")
    for output in ("labels.html", "again.html"):
        assert run("--blind", output=output) == 0
    assert run(output="open.html") == 0
    blind, again, names = (paths(place / f"{name}.html") for name in ("labels", "again", "open"))
    assert blind == again != names
    assert sorted(blind) == names


def test_a_page_that_would_be_too_large_is_not_begun(run, place, capsys):
    noise = Image.effect_noise((300, 300), 90)
    noise.save(place / "scans" / "z.png")
    assert run("--limit-mb", 0.01) == 1
    told = capsys.readouterr().err
    assert "larger than --limit-mb 0.01: that is full after 3 of 4 images" in told
    assert "shrink the pictures with --pixels" in told
    assert not (place / "labels.html").exists()
    assert run("--limit-mb", 0.01, "--pixels", 20) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--labels", "good"], "two at least"),
        (["--keys", "g"], "1 keys for 2 labels"),
        (["--threads", 0], "--threads 0: give 1 at least"),
        (["--pixels", 0], "--pixels 0: give 1 at least"),
        (["--limit-mb", "nan"], "give more than 0"),
    ],
)
def test_mistakes_are_told(arguments, message, run, place, capsys):
    assert run(*arguments) == 1
    assert message in capsys.readouterr().err
    assert not (place / "labels.html").exists()


def test_mistakes_of_files_are_told(run, place, capsys):
    (place / "there.html").write_text("mine")
    (place / "bad").mkdir()
    (place / "bad" / "bad.png").write_text("no picture")
    for given, message in (
        ({"output": "there.html"}, "there.html is there already"),
        ({"output": "labels.csv"}, "give it the ending .html"),
        ({"images": "gone"}, "gone is not there"),
        ({"images": "bad"}, "none of 1 images can be shown:\n  bad.png: Unid"),
    ):
        assert run(**given) == 1
        assert message in capsys.readouterr().err
    assert (place / "there.html").read_text() == "mine"
