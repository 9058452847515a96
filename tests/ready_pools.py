"""Pools of ready images for tests: folders, archives and tables as other programs write them."""

import io
import zipfile

import numpy as np
from PIL import Image

CLASSES = ("cancer", "normal")


def picture(number, size=(20, 16), mode="L"):
    """Return a picture of noise that no other number gives."""
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    pixels = np.random.default_rng([7, number]).integers(0, 256, shape)
    return Image.fromarray(pixels.astype(np.uint8))


def png(image):
    """Return an image as the content of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def files(names=CLASSES, each=4, top=""):
    """Return the content of the files of a pool by their names, `each` images of every class."""
    return {
        f"{top}{name}/{number:03d}.png": png(picture(100 * place + number))
        for place, name in enumerate(names)
        for number in range(each)
    }


def folder_of(place, contents):
    """Write files below the folder `place`; return it."""
    for name, content in contents.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return place


def zip_of(place, contents):
    """Write files as the zip `place`; return it."""
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return place
