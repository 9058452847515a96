import pytest

from synthmix.runtime import digest


@pytest.fixture
def project(tmp_path, monkeypatch):
    files = {
        "train.py": "from synthmix.train import train\n",
        "draw.py": "from synthmix import draw\n",
        "synthmix/__init__.py": "",
        "synthmix/train.py": "from synthmix.shared import x\nimport synthmix.registry\n"
        "from synthmix.runtime.trackers import y\n",
        "synthmix/draw.py": "def f():\n    from synthmix.colours import red\n",
        "synthmix/shared.py": "x = 1\n",
        "synthmix/colours.py": "red = 1\n",
        "synthmix/registry.py": "GENERATORS = {}\n",
        "synthmix/runtime/trackers/__init__.py": "y = 1\n",
        "synthmix/generate/models/__init__.py": "",
        "synthmix/generate/models/a.py": "a = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(digest, "SCRIPTS", tmp_path)

    def forget():
        for function in (digest.code_digest, digest._module_file, digest._read):
            function.cache_clear()

    def digests():
        forget()
        return {
            "train": digest.code_digest("train"),
            "train a": digest.code_digest("train", "synthmix.generate.models.a"),
            "draw": digest.code_digest("draw"),
        }

    yield tmp_path, digests
    forget()


@pytest.mark.parametrize(
    ("edited", "text", "changed"),
    [
        ("synthmix/shared.py", "x = 2\n", {"train", "train a"}),
        ("synthmix/generate/models/a.py", "a = 2\n", {"train a"}),
        ("synthmix/colours.py", "red = 2\n", {"draw"}),
        ("synthmix/registry.py", "GENERATORS = {'b': 'c'}\n", set()),
        ("synthmix/runtime/trackers/__init__.py", "y = 2\n", set()),
        ("synthmix/shared.py", '"""Now with a docstring."""\n\n# and a comment\nx = 1\n', set()),
        ("train.py", "from synthmix.train import train\ntrain()\n", {"train", "train a"}),
    ],
)
def test_an_edit_changes_the_digests_of_what_imports_it(project, edited, text, changed):
    folder, digests = project
    before = digests()
    (folder / edited).write_text(text)
    after = digests()
    assert {name for name in before if before[name] != after[name]} == changed


def test_every_rule_has_a_script_whose_imports_are_found():
    scripts = sorted(file.stem for file in digest.SCRIPTS.glob("*.py"))
    assert "train_generator" in scripts
    for script in scripts:
        files = digest._read(digest.SCRIPTS / f"{script}.py").imports
        assert any(file.stem == script for file in files), f"{script} calls no module of its name"


def test_a_module_that_does_not_exist_is_an_error():
    with pytest.raises(FileNotFoundError, match=r"synthmix\.generate\.models\.nothing"):
        digest.code_digest("train_generator", "synthmix.generate.models.nothing")
