"""Files of pictures with more than 8 bits a channel, which Pillow can't write."""

import struct
import zlib

import numpy as np

_FORMATS = {"u": 1, "i": 2, "f": 3}


def write_png(path, values, transparent=()):
    """Write a PNG of 16 bits: (H, W), or (H, W, C) of 2 (grey, alpha), 3 or 4 channels."""
    channels = 1 if values.ndim == 2 else values.shape[2]
    lines = b"".join(b"\0" + row.tobytes() for row in values.astype(">u2"))
    size = struct.pack(">II", values.shape[1], values.shape[0])
    header = size + bytes([16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0])
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    if transparent:
        parts.insert(1, (b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in parts:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        content += struct.pack(">I", len(data)) + kind + data + checksum
    path.write_bytes(content)
    return path


def write_tiff(path, values, order="<", photometric=None, planar=1, **tags):
    """Write a TIFF of one strip: (H, W) or (H, W, C) of any type, in either byte order.

    `tags` are other ones: `extra` (what the last channel is), `orientation`, `no_data`.
    """
    height, width = values.shape[:2]
    channels = 1 if values.ndim == 2 else values.shape[2]
    bits = 8 * values.dtype.itemsize
    stored = values.astype(values.dtype.newbyteorder(order))
    data = (np.moveaxis(stored, -1, 0) if planar == 2 else stored).tobytes()
    strips = channels if planar == 2 else 1
    length = len(data) // strips
    entries = {
        **{256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * channels), 259: (3, [1])},
        262: (3, [(1 if channels < 3 else 2) if photometric is None else photometric]),
        **{273: (4, [8 + i * length for i in range(strips)]), 277: (3, [channels])},
        **{278: (4, [height]), 279: (4, [length] * strips), 284: (3, [planar])},
        339: (3, [_FORMATS[values.dtype.kind]] * channels),
    }
    for name, tag in {"orientation": 274, "extra": 338}.items():
        if name in tags:
            entries[tag] = (3, [tags[name]])
    if "no_data" in tags:
        entries[42113] = (2, list(f"{tags['no_data']}\0".encode()))
    data += bytes(len(data) % 2)
    start = 8 + len(data)
    after = start + 2 + 12 * len(entries) + 4
    directory, rest = struct.pack(f"{order}H", len(entries)), b""
    for tag, (kind, numbers) in sorted(entries.items()):
        letter = {2: "B", 3: "H", 4: "I"}[kind]
        body = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(body) > 4:
            place = struct.pack(f"{order}I", after + len(rest))
            rest += body + bytes(len(body) % 2)
        else:
            place = body.ljust(4, b"\0")
        directory += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + place
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    path.write_bytes(head + data + directory + bytes(4) + rest)
    return path


def write_fits(path, values, shape=None, **cards):
    """Write a FITS file of `values`, (H, W), the lowest line first; `shape` is what it says."""
    stored = values.astype(values.dtype.newbyteorder(">"))
    bits = 8 * values.dtype.itemsize * (-1 if values.dtype.kind == "f" else 1)
    lengths = (shape or values.shape)[::-1]
    said = {"SIMPLE": "T", "BITPIX": bits, "NAXIS": len(lengths)}
    said |= {f"NAXIS{number}": length for number, length in enumerate(lengths, 1)} | cards
    lines = [f"{name:8}= {value:>20}".ljust(80) for name, value in said.items()]
    header = "".join([*lines, "END".ljust(80)]).encode()
    data = stored[::-1].tobytes()
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880) + data + bytes(-len(data) % 2880))
    return path
