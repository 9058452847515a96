"""What everything ran on, for the report."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import synthmix

PACKAGES = ("snakemake", "torch", "torchvision", "numpy", "pandas", "scipy", "pillow")


def ran_on(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the versions of what ran, the machine, and the workflow's settings in `config`."""
    return {
        "versions": {
            "synthmix": synthmix.__version__,
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "workflow": {
            name: config[name] for name in ("scale", "device", "seeds", "training_threads")
        },
    }
