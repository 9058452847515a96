"""Where the raw files of a fetched data set lie."""

import json
from pathlib import Path

from synthmix.errors import UserError


def raw_root(fetched: str | Path) -> Path:
    """Return the folder of the raw files that `fetch_dataset` noted in `fetched`.

    Raises UserError when it is gone.
    """
    root = Path(json.loads(Path(fetched).read_text(encoding="utf-8"))["root"])
    if not root.is_dir():
        raise UserError(
            f"{root}: the raw files of the data set were there and are gone; bring them back, or "
            f"remove {fetched} to have them fetched again"
        )
    return root
