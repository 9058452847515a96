"""What the docs name is there: links, paths, modules, commands."""

import re
from pathlib import Path

import pytest
import yaml

import doc_examples
from workflow_project import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "results" / "README.md",
    ROOT / "profiles" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = ("benchmarks", "docs", "envs", "profiles", "rules", "scripts", "studies", "tests")
LIBRARY = ROOT / "scripts" / "synthmix"
PACKAGES = sorted(folder.name for folder in LIBRARY.iterdir() if (folder / "__init__.py").exists())
# what readers make themselves, or what a page tells them to add
OF_READERS = {"studies/mine.yaml", "mine.yaml", *doc_examples.files()}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_of(page: Path) -> list[str]:
    """Return what a page shows as code: its blocks line by line, and what stands in a line."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    blocks += re.findall(r"(?:^|\n)((?:    .*\n)+)", text)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


@pages
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pages
def test_paths_exist(page):
    names = {file.name for folder in FOLDERS for file in (ROOT / folder).rglob("*")}
    missing = []
    for code in code_of(page):
        for path in re.findall(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*\w", code):
            if not (ROOT / path).exists() and path not in OF_READERS:
                missing.append(path)
        # from the library's folder on
        for path in re.findall(
            rf"(?<![\w./-])(?:{'|'.join(PACKAGES)})/[\w./-]*(?:/|\.py)(?!\w)", code
        ):
            if not (LIBRARY / path).exists():
                missing.append(path)
        if re.fullmatch(r"[\w-]+\.(py|smk)", code) and code not in names:
            missing.append(code)
    assert not missing


@pages
def test_modules_exist(page):
    scripts = ROOT / "scripts"
    for code in code_of(page):
        for name in re.findall(r"\bsynthmix(?:\.[a-z_0-9]+)+", code):
            if name in ("synthmix.def", "synthmix.sif"):  # files of Apptainer
                continue
            parts = scripts.joinpath(*name.split("."))
            # the last word may be something in a module
            there = (parts, parts.with_suffix(".py"), parts.parent.with_suffix(".py"))
            added = any(f"{module}.".startswith(f"{name}.") for module in doc_examples.modules())
            assert added or any(path.exists() for path in there), name


@pages
def test_commands_exist(page):
    made = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    for code in code_of(page):
        for target in re.findall(r"\bmake ([a-z-]+)\b", code):
            assert target in made, code
        if re.match(r"(\.venv/bin/)?snakemake ", code):
            words = code.split("#")[0].split()[1:]
            for name in re.findall(r"(?<= )([a-z_]+)=", code.partition("--config")[2]):
                assert name in settings, code
            for target in targets(words):
                assert target in RULES, code


def rule_names() -> set[str]:
    """Return the rules that may be asked for by name."""
    files = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    named = set(re.findall(r"^(?:rule|use rule \w+ as) (\w+)", text, re.MULTILINE))
    return named | {file.stem for file in (ROOT / "studies").glob("*.yaml")}


RULES = rule_names()


def targets(words: list[str]) -> list[str]:
    """Return the rules that the words of a Snakemake command ask for."""
    found, expected = [], ""
    for word in words:
        if word.startswith("-"):
            expected = word.lstrip("-")
        elif "=" in word:
            continue
        elif expected and expected not in ("dry-run", "n"):
            expected = ""  # the value of an option
        elif re.fullmatch(r"[a-z_0-9]+", word):
            found.append(word)
    return found
