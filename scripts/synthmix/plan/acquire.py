"""What rules ask about raw data and starting weights."""

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from synthmix.datasets.base import Dataset
from synthmix.datasets.image_folder import ImageFolder
from synthmix.files import expanded
from synthmix.networks.plan import DOWNLOADED
from synthmix.plan.view import View
from synthmix.registry import classifier_modules, dataset_modules


def raw_name(view: View) -> str:
    """Return the folder of a data set's raw files; data sets of several studies may share it."""
    source, raw = view.data.source, view.data.raw_settings()
    return f"{source}-{sha256(_as_text(raw).encode()).hexdigest()[:8]}" if raw else source


def raw_state(data: Dataset) -> str:
    """Return what tells the raw files of a data set from changed ones."""
    return _state(type(data), _as_text(data.raw_settings()))


def data_state(view: View) -> str:
    """Return what tells all the files that a data set is made from, from changed ones."""
    return f"{raw_state(view.data)} {view.data.extra_state()}"


def folder_state(path: str) -> str:
    """Return what tells the images of a folder or an archive from changed ones."""
    return _state(ImageFolder, _as_text({"path": path}))


def modules(data: Dataset) -> tuple[str, ...]:
    """Return the modules that read the raw files of a data set."""
    return dataset_modules(data.source)


def own_weights(settings: Mapping[str, Any]) -> str | list[str]:
    """Return the user's own file of weights that a classifier starts from; [] where it does not."""
    weights = settings["weights"]
    return [] if weights in (*DOWNLOADED, "none") else str(expanded(weights))


def network_modules(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the modules of a classifier's network."""
    return classifier_modules(settings["network"])


def _as_text(raw: Mapping[str, Any]) -> str:
    return json.dumps(raw, sort_keys=True)


@cache
def _state(source: type[Dataset], raw: str) -> str:
    """Return the state of raw files once: a folder of many takes a while to look through."""
    return source.raw_state(json.loads(raw))
