"""What mixes are called where people read them."""

import pandas as pd

from synthmix.figures.mix_names import mix_names


def table(*rows):
    """Return a table of mixes with synthetic images: (mix, generator, training)."""
    return pd.DataFrame(rows, columns=["mix", "generator", "training"]).assign(
        kind="synthetic_mix",
        selection="",
        addition="filled",
        class_shares="as they are",
        real_share=0.5,
    )


def test_copies_for_two_ways_to_train_have_two_names():
    names = mix_names(
        table(
            ("g-filled", "g", None),
            ("h-filled", "h", "large"),
            ("c-filled", "c", None),
            ("c-filled-as-large", "c", "large"),
        )
    )
    assert {mix: name.full for mix, name in names.items()} == {
        "g-filled": "g, filled",
        "h-filled": "h, filled",
        "c-filled": "c, filled",
        "c-filled-as-large": "c, filled, as large",
    }
