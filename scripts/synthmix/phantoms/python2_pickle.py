"""Pickles as Python 2 wrote them, in which CIFAR-10 comes."""

import struct

import numpy as np


def pickled(value: object) -> bytes:
    """Return a pickle of `value` in protocol 2, as Python 2 wrote them.

    Not by `pickle`: Python 3 has other opcodes for bytes, and numpy's modules have other names now.
    """
    return b"\x80\x02" + _opcodes(value) + b"."


def _opcodes(value: object) -> bytes:
    """Return the opcodes that put a map, list, array of bytes, text (bytes) or number there."""
    if isinstance(value, dict):
        items = (_opcodes(key) + _opcodes(item) for key, item in value.items())
        return b"}(" + b"".join(items) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(_opcodes, value)) + b"e"
    if isinstance(value, bytes):
        if len(value) < 256:
            return b"U" + struct.pack("<B", len(value)) + value
        return b"T" + struct.pack("<i", len(value)) + value
    if isinstance(value, np.ndarray):
        empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        kind = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNN" + 2 * _opcodes(-1) + b"K\x00tb"
        shape = b"(" + b"".join(_opcodes(side) for side in value.shape) + b"t"
        return empty + b"(K\x01" + shape + kind + b"\x89" + _opcodes(value.tobytes()) + b"tb"
    return b"J" + struct.pack("<i", value)
