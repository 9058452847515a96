"""Alpha that hides a picture: what would be left is black, whatever its colours hold."""

import numpy as np

FAINT = 0.03  # of full alpha: 8 of 255
LEAST_VISIBLE = 0.01  # of the pixels


def require_visible(colours: np.ndarray, alpha: np.ndarray) -> None:
    """Raise ValueError where `alpha`, (H, W) from 0 to 1, hides nearly all of the `colours`.

    `colours` are (H, W) or (H, W, C) in any unit. Where what is hidden is all of one colour,
    nothing is lost: a thin drawing on nothing is let through.
    """
    visible = alpha > FAINT
    share = visible.mean()
    if share >= LEAST_VISIBLE:
        return
    hidden = colours[~visible]
    if (hidden.min(axis=0) == hidden.max(axis=0)).all() and share > 0:
        return
    extent = "throughout" if share == 0 else f"but for {share:.1%} of it"
    raise ValueError(
        f"is transparent {extent} (alpha), so that it would be black; take the alpha channel out "
        f"if the colours below it are the picture"
    )
