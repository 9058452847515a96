"""YAML as people write it: read as it stands, or refused with its line."""

import json

import pytest

from synthmix.config.parse import parse


@pytest.fixture
def read(tmp_path):
    """Return what a file of some text holds, and what is wrong with it."""

    def contents(text):
        file = tmp_path / "s.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return parse(file)

    return contents


@pytest.fixture
def refused(read):
    """Return why some text is refused."""

    def reason(text):
        contents, (problem,) = read(text)
        assert contents is None
        return problem

    return reason


@pytest.mark.parametrize(
    "circle",
    [
        "a: &a {b: *a}",
        "a: &a [*a]",
        "a: &a\n  <<: *a",
        "a: &a {b: &b [*a], c: *b}",
        "a: &a {? *a : b}",
    ],
)
def test_what_holds_itself(refused, circle):
    assert refused(f"title: x\n{circle}\n").startswith("line 2, column 4: what begins here holds")


@pytest.mark.parametrize("kind", ["[{}]", "{{<<: [{}]}}", "{{k: [{}]}}"])
def test_a_billion_values_in_a_few_lines(refused, kind):
    lines = ["a0: &a0 {x: 1}"]
    for number in range(1, 10):
        aliases = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} {kind.format(aliases)}")
    assert refused("\n".join(lines)).startswith("has more than 100000 values, as its aliases (*)")


def test_aliases_within_reason(read):
    text = "a: &a {x: [1, 2]}\nb: {<<: *a, y: *a}\nc: [*a, *a]\n"
    contents, problems = read(text)
    assert not problems
    assert contents["b"] == {"x": [1, 2], "y": {"x": [1, 2]}}
    assert contents["c"] == [{"x": [1, 2]}] * 2


@pytest.mark.parametrize("levels", [70, 500])
def test_what_is_nested_too_deeply(refused, levels):
    assert refused("[" * levels + "]" * levels).startswith("is nested more than 60 levels deep")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: x\nprepare:\n\timage_size: 8\n", "line 3, column 1: is not YAML: a tab"),
        ("a:\n  - b\n\t- c\n", "line 3, column 1: is not YAML: a tab"),
        ("title: x\n---\ntitle: y\n", "line 2, column 1: is not YAML: a second document"),
        ("title: x\nscores: 'y\n", "line 2, column 9: is not YAML: the quotes that begin here"),
        ("title: x\ny: a\0b\n", "line 2: is not YAML: the character 0x0, which no text has"),
        (f"title: x\nseed: {'9' * 5000}\n", "line 2, column 7: is not YAML: this is no value"),
        ("title: x\ny: !!int no\n", "line 2, column 4: is not YAML: this is no value of its kind"),
        ("title: x\ny: !!python/name:os.system\n", "line 2, column 4: is not YAML: could not"),
        ("title: x: y\n", "line 1, column 9: is not YAML: mapping values are not allowed here"),
        (
            "title: x\nname: caf\u00e9\n".encode("latin-1"),
            "line 2: is not UTF-8 text, for its byte 0xe9",
        ),
        ("title: x\n".encode("utf-16"), "line 1: is not UTF-8 text, for its byte 0xff"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(refused, text, problem):
    assert refused(text).startswith(problem)


def test_the_mark_and_the_ends_of_lines_of_windows(read):
    assert read("\ufefftitle: x\r\nb:\r\n  - 1\r\n") == ({"title": "x", "b": [1]}, [])


def test_keys_are_given_once_at_any_depth(read):
    contents, problems = read("a: {b: 1, 'b': 2}\nc: 1\nd: 1\nc: 2\n")
    assert problems == [
        "line 1, column 11: b is given twice, first on line 1",
        "line 4, column 1: c is given twice, first on line 2",
    ]
    assert contents["c"] == 2


# what older YAML makes of them: 8, 1000, False, True, 750, a date, 31, 5, an error, and 2 text
@pytest.mark.parametrize(
    "text",
    ["010", "-07", "1_000", "no", "ON", "12:30", "2020-01-01", "0x1F", "+5", "=", "n/a", "0o7"],
)
def test_text_is_what_stands_there(read, text):
    assert json.loads(json.dumps(read(f"v: [{text}]")[0])) == {"v": [text]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("7", 7), ("-3", -3), ("0", 0), ("1e3", 1000.0), ("2e-5", 2e-5), (".5", 0.5)),
        *(("true", True), ("FALSE", False), ("~", None), ("null", None), ("", None)),
    ],
)
def test_numbers_and_switches(read, text, value):
    found = read(f"v: {text}")[0]["v"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("1_000", 1000), ("+5", 5), ("3.2_5", 3.25), ("Yes", True), ("off", False)],
)
def test_what_a_number_or_a_switch_may_be_written_as(read, text, meaning):
    assert read(f"v: {text}")[0]["v"].meaning == meaning
    assert not hasattr(read(f"v: '{text}'")[0]["v"], "meaning")
