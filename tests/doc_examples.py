"""The examples of `docs/extending.md`: files, lines of the registry and sections of a study."""

import re
from pathlib import Path

import yaml

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
REGISTRY = "scripts/synthmix/registry.py"


def files() -> dict[str, str]:
    """Return the files that the page has whole, by path."""
    found = re.findall(r"^`(\S+\.py)`:\n\n```python\n(.*?)^```", _text(), re.DOTALL | re.MULTILINE)
    return dict(found)


def modules() -> list[str]:
    """Return the names of the modules that these files are."""
    return [path.removeprefix("scripts/")[:-3].replace("/", ".") for path in files()]


def lines() -> dict[str, str]:
    """Return the line that the page adds to each table of the registry."""
    found = re.findall(
        r"^A line in `(\w+)`.*?```python\n(.*?)^```", _text(), re.DOTALL | re.MULTILINE
    )
    return dict(found)


def sections() -> dict[str, dict]:
    """Return what the page puts into a study, by section."""
    found = {}
    for text in re.findall(r"^```yaml\n(.*?)^```", _text(), re.DOTALL | re.MULTILINE):
        found |= yaml.safe_load(text)
    return found


def add_to(project: Path, *tables: str) -> None:
    """Add the examples to a project, with their lines in these tables; all without any."""
    for path, text in files().items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text)
    registry = project / REGISTRY
    text = registry.read_text()
    for table, line in lines().items():
        if not tables or table in tables:
            text = text.replace(f"{table} = {{\n", f"{table} = {{\n{line}")
    registry.write_text(text)


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")
