"""Downloading files that are large, from servers that fail at times."""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TypeVar

import requests
from tqdm import tqdm

from synthmix.errors import UserError

Result = TypeVar("Result")
LOGGER = logging.getLogger(__name__)
SUMS = "SHA256SUMS"
ATTEMPTS = 5
FIRST_PAUSE_S = 1.0  # doubled after each failed attempt
TIMEOUT_S = (10, 60)  # to connect, and between two pieces
CHUNK = 1 << 16
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class RemoteFile:
    """A file to download."""

    url: str
    name: str
    """Where it goes, relative to the folder of the data set, with forward slashes."""
    checksum: str | None = None
    """What the source publishes: "md5:..." or "sha256:...", in hexadecimal."""
    size: int | None = None
    """Bytes."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """To be sent along; not to another host that the address leads to, if they authorise."""


class _PassingError(Exception):
    """A failure that may pass."""


class _Sums:
    """The checksums that were recorded when files first came: `SHA256SUMS`, as sha256sum reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._known = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    def get(self, name: str) -> str | None:
        """Return the recorded checksum of the file `name`, or None."""
        return self._known.get(name)

    def add(self, name: str, digest: str) -> None:
        """Record the checksum of the file `name`."""
        with self._lock:
            self._known[name] = digest
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{digest}  {name}\n")


def download_files(files: Sequence[RemoteFile], folder: Path, workers: int = 4) -> None:
    """Download `files` to `folder`, several at a time; those that are there are not fetched again.

    A file has its final name once it is whole: until then it is `<name>.part`, which a later
    attempt goes on with. Servers that fail for the moment are tried again, after longer and
    longer pauses. Each file is held to the checksum that its source publishes and to the one that
    `SHA256SUMS` beside `folder` recorded when it was first fetched.

    Raises `UserError` when a file can't be had; one with another checksum is kept as
    `<name>.mismatch`.
    """
    names = [file.name for file in files]
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise UserError(f"the source names a file {name!r}, which would land elsewhere")
    folder.mkdir(parents=True, exist_ok=True)
    sums = _Sums(folder.parent / SUMS)
    waiting = [file for file in files if not (folder / file.name).is_file()]
    sizes = [file.size for file in waiting]
    total = None if None in sizes or not sizes else sum(sizes)
    with (
        tqdm(total=total, unit="B", unit_scale=True, desc="download", disable=None) as progress,
        ThreadPoolExecutor(workers) as pool,
    ):
        jobs = [
            pool.submit(_download, file, folder / file.name, sums, progress.update)
            for file in waiting
        ]
        try:
            for done, job in enumerate(jobs, start=1):
                job.result()
                if len(jobs) < 100 or done % (len(jobs) // 100) == 0:
                    LOGGER.info("downloaded %d of %d files", done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def get_json(url: str, headers: Mapping[str, str] | None = None) -> dict:
    """Return the JSON that a server answers to `url` with; raises `UserError` when it can't."""

    def ask() -> dict:
        with _request(url, headers or {}) as response:
            _raise_for_status(response, url)
            return response.json()

    return _persist(ask, url)


def get_text(url: str) -> str:
    """Return the text that a server answers to `url` with; raises `UserError` when it can't."""

    def ask() -> str:
        with _request(url, {}) as response:
            _raise_for_status(response, url)
            return response.text

    return _persist(ask, url)


def _download(file: RemoteFile, path: Path, sums: _Sums, report: Callable[[int], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    _persist(lambda: _transfer(file, part, report), file.url)
    digest = _digest(part, "sha256")
    expected = [checksum for checksum in (file.checksum, _recorded(sums, file.name)) if checksum]
    for checksum in expected:
        algorithm, _, value = checksum.partition(":")
        found = digest if algorithm == "sha256" else _digest(part, algorithm)
        if found != value.lower():
            aside = part.rename(path.with_name(f"{path.name}.mismatch"))
            raise UserError(
                f"{file.url}: the {algorithm} checksum of what came is {found}, not {value}. It is "
                f"kept as {aside}. Run the same command again to download it anew; if it differs "
                f"again the source has changed: then remove its line from {SUMS} if you trust it"
            )
    if sums.get(file.name) is None:
        sums.add(file.name, digest)
    part.rename(path)


def _recorded(sums: _Sums, name: str) -> str | None:
    digest = sums.get(name)
    return digest and f"sha256:{digest}"


def _transfer(file: RemoteFile, part: Path, report: Callable[[int], object]) -> None:
    """Bring what is lacking of `file` to `part`; raises `_PassingError` when it ends early."""
    have = part.stat().st_size if part.exists() else 0
    if file.size is not None and have == file.size:
        return
    wanted = {"Range": f"bytes={have}-"} if have else {}
    with _request(file.url, {**file.headers, **wanted}) as response:
        if response.status_code == 416:  # nothing lies beyond what is there: begin anew
            part.unlink()
            raise _PassingError("what was there did not fit")
        _raise_for_status(response, file.url)
        resumed = response.status_code == 206
        if resumed and not _continues(response, have):
            part.unlink()
            raise _PassingError("the server went on from another place")
        begin = have if resumed else 0
        length = response.headers.get("Content-Length")
        end = file.size if file.size is not None else length and begin + int(length)
        with part.open("ab" if resumed else "wb") as output:
            for piece in response.iter_content(CHUNK):
                output.write(piece)
                report(len(piece))
        got = part.stat().st_size
        if end is not None and got < int(end):
            raise _PassingError(f"it ended after {got} of {end} bytes")
        if end is not None and got > int(end):
            part.unlink()
            raise _PassingError(f"more came than the {end} bytes it should have")


def _continues(response: requests.Response, have: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _request(url: str, headers: Mapping[str, str]) -> requests.Response:
    # compressed on the way, a file has another length and can't be gone on with
    sent = {"Accept-Encoding": "identity", **headers}
    return requests.get(url, headers=sent, stream=True, timeout=TIMEOUT_S)


def _raise_for_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in _WORTH_ANOTHER_TRY:
        raise _PassingError(f"the server answered {status} {response.reason}")
    if status in (401, 403):
        raise UserError(
            f"{url}: the server refused access ({status} {response.reason}); check your "
            f"credentials, and whether the terms of the data set must be accepted on its page"
        )
    if status >= 400:
        raise UserError(
            f"{url}: the server answered {status} {response.reason}. Where the address has "
            f"changed, get the files by hand and put them into the folder of the data set"
        )


def _persist(attempt: Callable[[], Result], url: str) -> Result:
    """Return what `attempt` does, tried again after failures that may pass."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except (_PassingError, requests.RequestException) as error:
            if number == ATTEMPTS:
                raise UserError(
                    f"{url}: {ATTEMPTS} attempts failed, the last one with: {error}. Nothing of "
                    f"what came is lost: run the same command again to go on, or put the files "
                    f"into the folder of the data set by hand"
                ) from error
            pause = FIRST_PAUSE_S * 2 ** (number - 1)
            LOGGER.warning("%s: %s; trying again in %g s", url, error, pause)
            time.sleep(pause)
    raise AssertionError("unreachable")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
