"""Data sets that Kaggle keeps."""

import base64

from synthmix.acquire.download import RemoteFile
from synthmix.errors import UserError

API = "https://www.kaggle.com/api/v1"
STEPS = (
    "Kaggle asks for credentials:\n"
    "  1. sign in at https://www.kaggle.com and choose Settings, API, Create New Token;\n"
    "  2. put the file kaggle.json that it gives you into ~/.kaggle/ (chmod 600), or set\n"
    "     KAGGLE_USERNAME and KAGGLE_KEY, or KAGGLE_API_TOKEN, to what it says;\n"
    "  3. run the same command again."
)


def missing_credentials(handle: str, source: str) -> str | None:
    """Return, where there are no credentials, what needs them, an empty line, and how to get them.

    `handle` is the data set on Kaggle, `source` what it is called here.
    """
    if _authorization() is not None:
        return None
    return (
        f"{source}: {handle} is to be downloaded from Kaggle; or get the archive by hand from "
        f"https://www.kaggle.com/datasets/{handle} and put it into data_dir/{source}/.\n\n{STEPS}"
    )


def archive(handle: str) -> RemoteFile:
    """Return the archive of the data set `handle` (owner/name), to be called <name>.zip.

    Not by kagglehub's own download, which unpacks what comes without a limit; the credentials
    are those that it finds. Raises `UserError` without credentials.
    """
    name = handle.split("/")[1]
    authorization = _authorization()
    if authorization is None:
        raise UserError(missing_credentials(handle, name))
    url = f"{API}/datasets/download/{handle}"
    return RemoteFile(url, f"{name}.zip", headers={"Authorization": authorization})


def _authorization() -> str | None:
    """Return the header that authorises, by the environment or the file of the user."""
    from kagglehub.config import get_kaggle_credentials

    try:
        credentials = get_kaggle_credentials()
    except ValueError as error:  # kaggle.json is not what it should be
        raise UserError(f"{error}.\n\n{STEPS}") from error
    if credentials is None:
        return None
    if credentials.api_key:
        return f"Bearer {credentials.api_key}"
    pair = f"{credentials.username}:{credentials.key}".encode()
    return f"Basic {base64.b64encode(pair).decode('ascii')}"
