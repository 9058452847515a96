"""Names of an archive's members that are not UTF-8: what they most likely say."""

import unicodedata
from collections.abc import Sequence

# those that systems have named files in, before UTF-8; of equally likely ones the first is taken
LEGACY_ENCODINGS = (
    *("cp1252", "cp437", "cp850", "mac_roman", "cp1250", "cp852", "cp866", "cp1251"),
    *("cp932", "euc_kr", "gb2312", "big5", "gbk"),
)
_MOST_LOOKED_AT = 1000
_CHINESE = ("gb2312", "big5", "gbk")
_LIKELY = {"LATIN": 0.8, "CYRILLIC": 1.0, "HANGUL": 2.0, "HIRAGANA": 2.0, "KATAKANA": 2.0}
_WESTERN = frozenset("äöüßéèêëàâáçñóòíìúùûôîïåæøõãœÄÖÜÉÈÀÁÇÑÓÍÚÅÆØ")
_WESTERN_LETTER = 1.0
_IDEOGRAPH = 1.9  # of two bytes, as a syllable is
_FOREIGN = 0.5  # an ideograph in Korean, a syllable of Japanese in Chinese
_UNLIKELY = -1.0


def read_names(names: Sequence[bytes]) -> tuple[list[str], str]:
    """Return the names as text, and the encoding that those were read in which are not UTF-8.

    The encoding is the one in which all of these are words, as far as that can be told, and ""
    where all names are UTF-8.
    """
    texts = [_decoded(name, "utf-8") for name in names]
    others = [name for name, text in zip(names, texts, strict=True) if text is None]
    if not others:
        return [text for text in texts if text is not None], ""
    encoding = _likeliest(list(dict.fromkeys(others)))
    return [
        name.decode(encoding) if text is None else text
        for name, text in zip(names, texts, strict=True)
    ], encoding


def _likeliest(names: Sequence[bytes]) -> str:
    scores = {}
    for encoding in LEGACY_ENCODINGS:
        texts = [_decoded(name, encoding) for name in names]
        if None not in texts:
            shown = texts[:_MOST_LOOKED_AT]
            scores[encoding] = sum(_likelihood(text, encoding) for text in shown if text)
    return max(scores, key=lambda encoding: scores[encoding])  # cp437 reads anything


def _decoded(name: bytes, encoding: str) -> str | None:
    try:
        return name.decode(encoding)
    except UnicodeDecodeError:
        return None


def _likelihood(text: str, encoding: str) -> float:
    """Return how much the letters of `text` that are not ASCII look like those of words."""
    total = 0.0
    for position, letter in enumerate(text):
        if not letter.isascii():
            before = text[position - 1] if position else ""
            after = text[position + 1 : position + 2]
            total += _likelihood_of(letter, before, after, encoding)
    return total


def _likelihood_of(letter: str, before: str, after: str, encoding: str) -> float:
    script = _script(letter)
    if letter == "ー":  # the sign of a long vowel in katakana
        return _LIKELY["KATAKANA"]
    if script == "CJK":
        return _likelihood_of_ideograph(letter, before, after, encoding)
    if not letter.isalpha() or script not in _LIKELY:
        return _UNLIKELY
    value = _WESTERN_LETTER if letter in _WESTERN else _LIKELY[script]
    if script == "LATIN" and before.isalpha() and not before.isascii():
        value /= 2  # letters with accents stand by themselves
    if script.endswith("KANA") and encoding in _CHINESE:
        value = _FOREIGN
    if letter.isupper() and (before.islower() or (before.isalpha() and after.islower())):
        value -= 1.0  # words begin with their capital
    return value - (1.5 if script != "LATIN" and _is_in_latin(before, after) else 0)


def _likelihood_of_ideograph(letter: str, before: str, after: str, encoding: str) -> float:
    value = _FOREIGN if encoding == "euc_kr" else _IDEOGRAPH
    if _is_letter(letter.encode(encoding)[-1:].decode("latin-1")):
        value -= 0.8  # of a word with accents the next letter would be swallowed, too
    return value - (1.5 if _is_in_latin(before, after) else 0)


def _is_in_latin(before: str, after: str) -> bool:
    return _is_letter(before) or _is_letter(after)


def _is_letter(text: str) -> bool:
    return text.isascii() and text.isalpha()


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]
