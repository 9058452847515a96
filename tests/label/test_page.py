"""The page: what it holds, that names do no harm, and that it takes keys and gives a table."""

import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from browser import CHROMIUM, CONTROL, browser
from synthmix.datasets.manifest import Manifest
from synthmix.label.label_images import main
from synthmix.label.page import digest_of, render_page
from synthmix.label.pictures import Shown

KEYS = {"good": "g", "bad": "b"}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
HOSTILE = "<img src=x onerror=document.title='harm'>"
CLOSING = "</script><script>document.title='harm'</script>"
NAMES = ["0.png", f"{HOSTILE}.png", 'a, "b"\n.png', "deep/größe.png", "deep/z.png", "NA.png"]


class Page(HTMLParser):
    """The elements of a page, and the text of its data."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.inside, self.data = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.inside = dict(attributes)
        self.elements.append((tag, self.inside))

    def handle_data(self, data):
        if self.inside.get("id") == "data":
            self.data += data


def shown(names=("a.png", "b.png"), digest="1"):
    return [Shown(name, (PIXEL,), digest) for name in names]


def test_images_are_in_the_page_and_bad_ones_listed():
    text = render_page("scans", KEYS, [*shown(), Shown("c.png", reason="is <no> picture")])
    page = Page(text)
    data = json.loads(page.data)
    assert data["images"] == [{"path": name, "pictures": [PIXEL]} for name in ("a.png", "b.png")]
    assert (data["labels"], data["keys"]) == (["good", "bad"], ["g", "b"])
    assert "1 file can\u2019t be shown" in text
    assert "<code>c.png</code>: is &lt;no&gt; picture" in text
    assert "be shown" not in render_page("scans", KEYS, shown())


def test_it_asks_nothing_of_the_network():
    text = render_page("scans", KEYS, shown())
    assert not re.search("https?:", text)
    names = {name for _, attributes in Page(text).elements for name in attributes}
    assert not names & {"src", "href", "action", "onclick", "style"}


def test_names_and_labels_do_no_harm():
    plain = Page(render_page("scans", KEYS, [*shown(), Shown("c", reason="d")]))
    keys = {CLOSING: "<", HOSTILE: '"'}
    bad = Shown(CLOSING, reason=HOSTILE)
    hostile = Page(render_page(CLOSING, keys, [*shown((CLOSING, HOSTILE)), bad]))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [image["path"] for image in json.loads(hostile.data)["images"]] == [CLOSING, HOSTILE]


def test_pages_of_other_images_or_labels_keep_their_labels_elsewhere():
    others = [
        digest_of(KEYS, shown()),
        digest_of({"good": "g", "poor": "b"}, shown()),
        digest_of(KEYS, shown(digest="2")),
        digest_of(KEYS, shown(("a.png",))),
    ]
    assert len(set(others)) == 4
    assert digest_of({"bad": "1", "good": "2"}, shown()) == others[0]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A browser, for all the tests of this file."""
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(tmp_path, opened):
    """The browser with a page about a folder of images, nothing labelled yet."""
    for shade, name in enumerate(NAMES):
        file = tmp_path / "scans" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (20, 10), shade).save(file)
    (tmp_path / "scans" / "bad.png").write_text(HOSTILE)
    arguments = [str(tmp_path / "scans"), "--output", str(tmp_path / "labels.html")]
    assert main([*arguments, "--labels", "good", "bad", "not sure"]) == 0
    opened.open((tmp_path / "labels.html").as_uri())
    return opened


def text(page, name):
    return page.run(f"document.getElementById('{name}').textContent")


def saved_table(page, folder):
    """Save by the key and return the table, where the images are."""
    downloaded = page.folder / "downloads" / "labels.csv"
    downloaded.unlink(missing_ok=True)
    page.press("s", modifiers=CONTROL)
    page.wait_for(downloaded.is_file)
    return downloaded.rename(folder / "labels.csv")


def listed(table):
    """Return the label of each image as a data set reads the table."""
    classes = {"fine": "good", "moved": "bad", "unsure": "not sure"}
    found = Manifest(source="manifest", path=str(table), classes=classes).index(table.parent)
    return dict(zip(found["path"], found["label"], strict=True))


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
class TestInABrowser:
    def test_keys_make_a_table_that_a_data_set_reads(self, page, tmp_path):
        order = sorted(NAMES)
        assert text(page, "count") == "labelled 0 of 6"
        page.press("g", "b", "n", "G")
        assert text(page, "count") == "labelled 4 of 6"
        assert text(page, "tally") == "good 2bad 1not sure 1"
        assert text(page, "position") == "5 / 6"
        page.press(" ", "b")  # skips one; then that is the only one left
        assert text(page, "position") == "5 / 6"
        page.press("ArrowLeft", "ArrowLeft", "b")  # another label for the third
        assert text(page, "position") == "5 / 6"
        labels = dict(zip(order, ["fine", "moved", "moved", "fine", None, "moved"], strict=True))
        expected = {path: label for path, label in labels.items() if label}
        page.press("g", "Backspace")
        table = saved_table(page, tmp_path / "scans")
        # a class without an image would be refused
        table.write_text(table.read_text() + "bad.png,not sure\n")
        assert listed(table) == expected | {"bad.png": "unsure"}
        assert page.run("document.title") == "scans \u2013 labels"

    def test_labels_are_there_when_the_page_is_opened_again(self, page, tmp_path):
        def stands_where_it_was() -> bool:
            if text(page, "count") == "labelled 0 of 6":
                page.press("g", "g", "ArrowRight")
            page.go((tmp_path / "labels.html").as_uri())
            return text(page, "count") == "labelled 2 of 6"

        # Chromium that has just started on a busy machine keeps things late, or loses them
        page.wait_for(stands_where_it_was)
        assert text(page, "position") == "4 / 6"
        page.press("ArrowLeft", "ArrowLeft")
        assert text(page, "label") == "good"

    def test_another_page_has_labels_of_its_own(self, page, tmp_path):
        page.press("g")
        other = tmp_path / "other.html"
        assert main([str(tmp_path / "scans"), "--output", str(other)]) == 0
        page.go(other.as_uri())
        assert text(page, "count") == "labelled 0 of 6"

    def test_a_blind_page_shows_no_names(self, page, tmp_path):
        blind = tmp_path / "blind.html"
        assert main([str(tmp_path / "scans"), "--output", str(blind), "--blind"]) == 0
        page.go(blind.as_uri())
        page.press("g")
        assert text(page, "position") == "2 / 6"
        assert ".png" not in page.run("document.querySelector('main').textContent")
        assert "good" in saved_table(page, tmp_path).read_text()

    def test_an_earlier_table_is_gone_on_with(self, page, tmp_path):
        page.press("b", "g")
        table = saved_table(page, tmp_path)
        rows = table.read_text().replace("bad", "good").replace("\n", "\r\n", 1)
        table.write_text(f"\ufeff{rows}gone.png,good\ndeep/z.png,dreadful\n", newline="")
        page.press("Backspace", "Backspace")
        assert text(page, "count") == "labelled 0 of 6"
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        field = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
        page.call("DOM.setFileInputFiles", files=[str(table)], nodeId=field)
        page.wait_for(lambda: text(page, "notice"))
        assert text(page, "notice") == (
            "labels.csv: 2 labels taken over; 1 name no image of this page; "
            "1 have a label that this page does not have."
        )
        assert text(page, "tally") == "good 2bad 0not sure 0"
        page.press("z", modifiers=CONTROL)
        assert text(page, "count") == "labelled 0 of 6"

    def test_the_space_key_is_of_what_is_in_focus(self, page):
        page.run("document.querySelector('.choice').focus()")
        page.press(" ")
        assert text(page, "count") == "labelled 1 of 6"

    def test_a_key_that_is_held_labels_one_image(self, page):
        key = {"key": "g", "text": "g", "windowsVirtualKeyCode": 71}
        for repeated in (False, True, True):
            page.call("Input.dispatchKeyEvent", type="keyDown", autoRepeat=repeated, **key)
        assert text(page, "count") == "labelled 1 of 6"

    def test_no_policy_is_broken_and_no_name_is_run(self, page):
        names = []
        for _ in NAMES:
            page.wait_for(lambda: page.run("document.querySelector('img').naturalWidth") == 20)
            assert page.run("document.images.length") == 1
            names.append(text(page, "name"))
            page.press("ArrowRight")
        assert names == sorted(NAMES)
        assert page.run("document.title") == "scans \u2013 labels"
        colour = "getComputedStyle(document.getElementById('pictures')).backgroundColor"
        assert page.run(colour) == "rgb(0, 0, 0)"
