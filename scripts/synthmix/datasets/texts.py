"""What a text says, whatever program wrote it: without what can't be seen of it."""

import unicodedata
from collections.abc import Iterable

_INVISIBLE = ("Cf", "Cc")  # marks of byte order, zero-width characters, control codes


def tidied(text: str) -> str:
    """Return `text` in Unicode's NFC, without invisible characters and without space around it.

    Runs of white space, of any alphabet, are one space. Letter case and zeros stay.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            letter
            for letter in unicodedata.normalize("NFC", text)
            if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE
        )
    return " ".join(text.split())


def letters_of(text: str) -> str:
    """Return the letters and digits of `text` in lower case: what names that are alike share."""
    folded = unicodedata.normalize("NFKC", tidied(text)).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def some(values: Iterable[object], most: int = 3) -> str:
    """Return the first few of `values` as a message shows them."""
    listed = [str(value) for value in values]
    return ", ".join(listed[:most]) + (", ..." if len(listed) > most else "")
