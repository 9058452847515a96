"""Downloading files that are large, from servers that fail at times."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tarfile import is_tarfile
from threading import Event, Lock, local
from typing import TypeVar
from urllib.parse import urlsplit
from zipfile import is_zipfile

import requests
from tqdm import tqdm

from synthmix.acquire.archives import is_archive_name
from synthmix.errors import UserError
from synthmix.files import write_text

Result = TypeVar("Result")
LOGGER = logging.getLogger(__name__)
SUMS = "SHA256SUMS"
ATTEMPTS = 5
UNKNOWN_HOST_ATTEMPTS = 2
FIRST_PAUSE_S = 1.0  # doubled after each attempt that brought nothing
LONGEST_PAUSE_S = 120.0
TIMEOUT_S = (10, 60)  # to connect, and between two pieces
HURRIED_S = (4, 8)
CHUNK = 1 << 16
_SESSIONS = local()  # of each thread its own: requests does not promise that they can be shared
_SILENCE = (requests.ConnectionError, requests.Timeout)
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


@dataclass(frozen=True)
class Offer:
    """What a source has to be downloaded, as it says without anything being downloaded.

    `files` are all of them, or examples where `count` says how many there are; `size` are the bytes
    of all, None where nothing is said of that.
    """

    files: Sequence[RemoteFile]
    count: int | None = None
    size: int | None = None


class UnreachableError(UserError):
    """A host that does not answer: there may be no network."""

    def __init__(self, text: str, host: str) -> None:
        super().__init__(text)
        self.host = host


@dataclass(frozen=True)
class _Patience:
    """How long servers are waited for, in this process."""

    hurried: bool = False

    def attempts(self, error: Exception) -> int:
        """Return how often what ended with `error` is tried."""
        if isinstance(error, _SILENCE):
            unknown = "NameResolutionError" in str(error)
            return 1 if self.hurried else UNKNOWN_HOST_ATTEMPTS if unknown else ATTEMPTS
        return min(2, ATTEMPTS) if self.hurried else ATTEMPTS

    @property
    def timeout_s(self) -> tuple[float, float]:
        return HURRIED_S if self.hurried else TIMEOUT_S


_patience = _Patience()


@contextmanager
def hurried() -> Iterator[None]:
    """Have every server be asked once and for a few seconds, by all threads, for the block."""
    global _patience
    before, _patience = _patience, _Patience(hurried=True)
    try:
        yield
    finally:
        _patience = before


class _PassingError(Exception):
    """A failure that may pass; the server may say after how long."""

    def __init__(self, text: str, pause_s: float = 0.0) -> None:
        super().__init__(text)
        self.pause_s = pause_s


class _StoppedError(Exception):
    """The download is given up: another file failed, or the user stopped it."""


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

    def remove(self, name: str) -> None:
        """Forget the checksum of the file `name`."""
        with self._lock:
            self._known.pop(name, None)
            lines = [f"{digest}  {known}\n" for known, digest in self._known.items()]
            write_text(self._path, "".join(lines))

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
        run = _Run(sums, progress.update)
        jobs = [pool.submit(_download, file, folder / file.name, run) for file in waiting]
        try:
            _wait(jobs)
        except BaseException:
            run.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


def _wait(jobs: Sequence[Future]) -> None:
    """Raise the first error of `jobs`, as soon as there is one."""
    step = max(1, len(jobs) // 100)
    for done, job in enumerate(as_completed(jobs), start=1):
        job.result()
        if done % step == 0 or done == len(jobs):
            LOGGER.info("downloaded %d of %d files", done, len(jobs))


def forget_checksum(folder: Path, name: str) -> None:
    """Forget the recorded checksum of the file `name` of `folder`: it was not what it should be."""
    _Sums(folder.parent / SUMS).remove(name)


def size_at(file: RemoteFile) -> int | None:
    """Return the bytes that the server of `file` offers, as a download would be offered them.

    None where it does not say how many. None of them is read. Raises `UserError` when it can't be
    had, or is not of the size that its source gives.
    """

    def attempt() -> int | None:
        with _request(file.url, {**file.headers, "Range": "bytes=0-"}) as response:
            if response.status_code == 416:  # an empty file
                return 0
            _raise_for_status(response, file.url)
            length = response.headers.get("Content-Length")
            return None if length is None else int(length)

    size = _persist(attempt, file.url, Event(), lambda: 0)
    if None not in (size, file.size) and size != file.size:
        raise UserError(
            f"{file.url}: has {size} bytes, and the list of its source says {file.size}: try again"
            " later, or get the files by hand"
        )
    return size


def get_json(url: str, headers: Mapping[str, str] | None = None) -> dict:
    """Return the JSON that a server answers to `url` with; raises `UserError` when it can't."""
    return _ask(url, headers or {}, lambda response: response.json())


def get_text(url: str) -> str:
    """Return the text that a server answers to `url` with; raises `UserError` when it can't."""
    return _ask(url, {}, lambda response: response.text)


def _ask(
    url: str, headers: Mapping[str, str], read: Callable[[requests.Response], Result]
) -> Result:
    def attempt() -> Result:
        with _request(url, headers) as response:
            _raise_for_status(response, url)
            return read(response)

    return _persist(attempt, url, Event(), lambda: 0)


@dataclass(frozen=True)
class _Run:
    """What the downloads of one call share."""

    sums: _Sums
    report: Callable[[int], object]
    stopped: Event = field(default_factory=Event)


def _download(file: RemoteFile, path: Path, run: _Run) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part, version = (path.with_name(f"{path.name}.{end}") for end in ("part", "version"))
    _persist(
        lambda: _transfer(file, part, version, run), file.url, run.stopped, lambda: _size(part)
    )
    digest = _digest(part, "sha256")
    expected = [
        checksum for checksum in (file.checksum, _recorded(run.sums, file.name)) if checksum
    ]
    for checksum in expected:
        algorithm, _, value = checksum.partition(":")
        found = digest if algorithm == "sha256" else _digest(part, algorithm)
        if found != value.lower():
            raise _refused(
                file, part, f"the {algorithm} checksum of what came is {found}, not {value}"
            )
    if is_archive_name(path.name) and not (is_zipfile(part) or is_tarfile(part)):
        raise _refused(file, part, "what came is no archive")
    if run.sums.get(file.name) is None:
        run.sums.add(file.name, digest)
    version.unlink(missing_ok=True)
    part.rename(path)


def _refused(file: RemoteFile, part: Path, reason: str) -> UserError:
    aside = part.rename(part.with_name(f"{part.name.removesuffix('.part')}.mismatch"))
    return UserError(
        f"{file.url}: {reason}. It is kept as {aside}. Run the same command again to download it "
        f"anew; if it is the same again the source has changed: then remove the line of "
        f"{file.name} from {SUMS}, if there is one and you trust the source"
    )


def _recorded(sums: _Sums, name: str) -> str | None:
    digest = sums.get(name)
    return digest and f"sha256:{digest}"


def _transfer(file: RemoteFile, part: Path, version: Path, run: _Run) -> None:
    """Bring what is lacking of `file` to `part`; raises `_PassingError` when it ends early.

    `version` keeps what the server calls the state of the file, so that two states of it are
    not joined to one.
    """
    have = _size(part)
    if file.size is not None and have == file.size:
        return
    wanted = {"Range": f"bytes={have}-"} if have else {}
    if have and version.exists():
        wanted["If-Range"] = version.read_text(encoding="utf-8")
    with _request(file.url, {**file.headers, **wanted}) as response:
        if response.status_code == 416:  # nothing lies beyond what is there
            if response.headers.get("Content-Range") == f"bytes */{have}" and file.size is None:
                return
            part.unlink()
            raise _PassingError("what was there did not fit")
        _raise_for_status(response, file.url)
        resumed = response.status_code == 206
        if resumed and not _continues(response, have):
            part.unlink()
            raise _PassingError("the server went on from another place")
        _keep_version(response, version)
        begin = have if resumed else 0
        length = response.headers.get("Content-Length")
        end = file.size if file.size is not None else length and begin + int(length)
        with part.open("ab" if resumed else "wb") as output:
            for piece in response.iter_content(CHUNK):
                if run.stopped.is_set():
                    raise _StoppedError
                output.write(piece)
                run.report(len(piece))
        _require_size(part, None if end is None else int(end))


def _require_size(part: Path, end: int | None) -> None:
    got = _size(part)
    if end is not None and got < end:
        raise _PassingError(f"it ended after {got} of {end} bytes")
    if end is not None and got > end:
        part.unlink()
        raise _PassingError(f"more came than the {end} bytes it should have")


def _keep_version(response: requests.Response, version: Path) -> None:
    tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if tag and not tag.startswith("W/"):  # a weak one does not promise the same bytes
        version.write_text(tag, encoding="utf-8")
    else:
        version.unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _continues(response: requests.Response, have: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _request(url: str, headers: Mapping[str, str]) -> requests.Response:
    if not hasattr(_SESSIONS, "own"):
        _SESSIONS.own = requests.Session()
    # compressed on the way, a file has another length and can't be gone on with
    sent = {"Accept-Encoding": "identity", **headers}
    return _SESSIONS.own.get(url, headers=sent, stream=True, timeout=_patience.timeout_s)


def _raise_for_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    if status in (401, 403):
        raise UserError(
            f"{url}: the server refused access ({status} {response.reason}); check your "
            f"credentials, and whether the terms of the data set must be accepted on its page"
        )
    if status >= 400 and status not in _WORTH_ANOTHER_TRY:
        raise UserError(
            f"{url}: the server answered {status} {response.reason}. Where the address has "
            f"changed, get the files by hand and put them into the folder of the data set"
        )
    pause = response.headers.get("Retry-After", "")
    raise _PassingError(
        f"the server answered {status} {response.reason}", float(pause) if pause.isdigit() else 0.0
    )


def _persist(
    attempt: Callable[[], Result], url: str, stopped: Event, progress: Callable[[], int]
) -> Result:
    """Return what `attempt` does, tried again after failures that may pass.

    Attempts count as failed together as long as `progress`, the bytes that are there, stays.
    """
    failed, before = 0, progress()
    while True:
        try:
            return attempt()
        except (_PassingError, requests.RequestException) as error:
            failed = 1 if progress() > before else failed + 1
            before = progress()
            attempts = _patience.attempts(error)
            if failed >= attempts:
                raise _given_up(url, error, attempts) from error
            asked = getattr(error, "pause_s", 0.0)
            pause = min(max(FIRST_PAUSE_S * 2 ** (failed - 1), asked), LONGEST_PAUSE_S)
            LOGGER.warning("%s: %s; trying again in %g s", url, error, pause)
            if stopped.wait(pause):
                raise _StoppedError from None


def _given_up(url: str, error: Exception, attempts: int) -> UserError:
    host = urlsplit(url).hostname or url
    if "NameResolutionError" in str(error):
        text = (
            f"{url}: there is no network, or {host} is not known here. Get the files elsewhere and "
            f"put them into the folder of the data set: docs/data_sets.md says which and where"
        )
        return UnreachableError(text, host)
    text = (
        f"{url}: {attempts} attempts failed, the last one with: {error}. Nothing of what came is "
        f"lost: run the same command again to go on, or put the files into the folder of the data "
        f"set by hand"
    )
    return UnreachableError(text, host) if isinstance(error, _SILENCE) else UserError(text)


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
