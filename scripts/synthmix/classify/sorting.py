"""Sorting classified images into classes: by lists, links or copies, never over what is there."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synthmix.classify.new_images import NewImages
from synthmix.classify.predict_new import Answer
from synthmix.errors import UserError

WAYS = ("list", "link", "copy")


def check_sorting(folder: Path, way: str, place: Path, images: NewImages) -> None:
    """Raise UserError where the `images`, found at `place`, can't be sorted into `folder`.

    Makes the folders above it. Raises OSError where those, or links, can't be made.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--sort-into {folder} is a file: name a folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"--sort-into {folder} is not empty: empty it, or name another folder")
    if place.is_dir() and folder.resolve().is_relative_to(place.resolve()):
        raise UserError(
            f"--sort-into {folder} lies in {place}, so that its images would be classified the "
            f"next time: name a folder outside of it"
        )
    if way == "link" and images.unpacked:
        raise UserError(
            f"--by link: the images in {place} are not there to link to: take list or copy, or "
            f"unpack it and name the folder"
        )
    broken = [name for name in images.names if "\n" in name or "\r" in name]
    if way == "list" and broken:
        raise UserError(
            f"--by list: {broken[0]!r} has a line break in its name, which a line of a list can't "
            f"show: rename it, or take link or copy"
        )
    with _beside(folder.resolve()) as partial:
        if way == "link":
            (partial / "link").symlink_to(partial)


def sort_images(
    folder: Path, way: str, images: NewImages, answers: Iterable[Answer], classes: Sequence[str]
) -> None:
    """Sort the images by their class into `folder`, made whole or not at all.

    `way` is list: a file `<class>.txt` with the path of each image, or that in its archive; link:
    a folder for each class with a symbolic link to each image; copy: with a copy. There images
    keep the names they have below the folder that they were found in. Images that could not be
    read are left out. Raises OSError where something can't be written.
    """
    folder, root = folder.resolve(), images.root.resolve()
    sorted_names = {label: [] for label in classes}
    for answer in answers:
        if answer.predicted is not None:
            sorted_names[answer.predicted].append(answer.file)
    with _made_whole(folder) as partial:
        for label, names in sorted_names.items():
            if way == "list":
                shown = names if images.unpacked else [str(root / name) for name in names]
                _write_list(partial / f"{label}.txt", shown)
                continue
            (partial / label).mkdir()
            for name in names:
                target = partial / label / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if way == "copy":
                    shutil.copy2(root / name, target)
                else:
                    # as seen from where the link will be once the folder has its name
                    place = (folder / label / name).parent
                    target.symlink_to(os.path.relpath(root / name, place))


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """Yield a folder that takes the name of `folder`, which may be there if empty, at the end."""
    with _beside(folder) as partial:
        yield partial
        partial.replace(folder)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside `folder`, which is removed at the end."""
    partial = folder.with_name(f".{folder.name}-{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_list(path: Path, names: Iterable[str]) -> None:
    # names that are no UTF-8 stay as they are
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.writelines(f"{name}\n" for name in names)
