"""The page that images are labelled on: one file, which asks nothing of the network."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from synthmix.label.pictures import Shown
from synthmix.prepare.volumes import PLANES

HERE = Path(__file__).parent


def render_page(
    title: str, keys: Mapping[str, str], images: Sequence[Shown], blind: bool = False
) -> str:
    """Return the page for the `images` in their order, with the key of each label.

    With `blind` it does not show what the images are called. Those that have a reason in the place
    of pictures are listed below the others.
    """
    script, palette, own_style = (
        file.read_text(encoding="utf-8").strip()
        for file in (HERE / "page.js", HERE.parent / "palette.css", HERE / "page.css")
    )
    style = f"{palette}\n{own_style}"
    shown = [image for image in images if not image.reason]
    return _template().render(
        title=title,
        keys=keys,
        data={
            "storage": f"synthmix labels {digest_of(keys, shown)}",
            "labels": list(keys),
            "keys": list(keys.values()),
            "planes": PLANES,
            "blind": blind,
            "images": [{"path": image.name, "pictures": image.pictures} for image in shown],
        },
        count=len(shown),
        bad=[image for image in images if image.reason],
        # nothing but these very texts is run, whatever files and labels are called
        script=Markup(script),
        style=Markup(style),
        policy=f"default-src 'none'; img-src data:; "
        f"script-src {_source(script)}; style-src {_source(style)}",
    )


def digest_of(keys: Mapping[str, str], images: Sequence[Shown]) -> str:
    """Return 16 hexadecimal digits that change with the labels, the files and their content.

    A browser keeps labels under it: those of two pages don't mix, and a page that is made again
    finds its own.
    """
    listed = [sorted(keys), [(image.name, image.digest) for image in images]]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


def _source(text: str) -> str:
    """Return how a Content-Security-Policy names the element that holds `text`."""
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2")
