"""Downloads from a server that fails in the ways servers do."""

import hashlib

import pytest

from http_server import running_server
from synthmix.acquire import download
from synthmix.acquire.download import RemoteFile, download_files, get_json
from synthmix.errors import UserError

CONTENT = bytes(range(256)) * 2000


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)


@pytest.fixture
def server():
    with running_server() as running:
        running.files["/a.zip"] = CONTENT
        yield running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw" / "download"


def remote(server, **changes):
    return RemoteFile(**{"url": f"{server.address}/a.zip", "name": "a.zip"} | changes)


def digest(algorithm="md5", content=CONTENT):
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_its_checksum_is_recorded(server, folder):
    download_files([remote(server)], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT
    recorded = (folder.parent / "SHA256SUMS").read_text()
    assert recorded == f"{hashlib.sha256(CONTENT).hexdigest()}  a.zip\n"
    assert names(folder) == ["a.zip"]


def test_a_file_that_is_there_is_not_fetched_again(server, folder):
    download_files([remote(server)], folder)
    download_files([remote(server)], folder)
    assert len(server.asked("/a.zip")) == 1


def test_a_cut_connection_is_gone_on_with_where_it_broke(server, folder):
    server.cuts["/a.zip"] = [100_000]
    download_files([remote(server, checksum=digest())], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT
    first, second = server.asked("/a.zip")
    assert "Range" not in first
    assert 0 < int(second["Range"].removeprefix("bytes=").rstrip("-")) <= 100_000


def test_a_killed_download_is_gone_on_with_by_the_next_run(server, folder):
    folder.mkdir(parents=True)
    (folder / "a.zip.part").write_bytes(CONTENT[:1000])
    download_files([remote(server, checksum=digest("sha256"))], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT
    assert server.asked("/a.zip")[0]["Range"] == "bytes=1000-"


def test_a_server_without_ranges_is_asked_for_all_of_it(server, folder):
    server.files["/a.zip"] = lambda headers: (200, {}, CONTENT)
    folder.mkdir(parents=True)
    (folder / "a.zip.part").write_bytes(b"other" * 100)
    download_files([remote(server)], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_whole_is_begun_anew(server, folder):
    folder.mkdir(parents=True)
    (folder / "a.zip.part").write_bytes(CONTENT + b"more")
    download_files([remote(server)], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT


def test_503_then_success(server, folder):
    server.failures["/a.zip"] = [503, 503, 429]
    download_files([remote(server)], folder)
    assert (folder / "a.zip").read_bytes() == CONTENT


def test_a_server_that_keeps_failing_is_given_up(server, folder):
    server.failures["/a.zip"] = [503] * 50
    with pytest.raises(UserError, match=r"a\.zip: 5 attempts failed.*503"):
        download_files([remote(server)], folder)
    assert len(server.asked("/a.zip")) == 5


def test_404_is_told_at_once(server, folder):
    gone = remote(server, url=f"{server.address}/gone.zip")
    with pytest.raises(UserError, match=r"gone\.zip: the server answered 404"):
        download_files([gone], folder)
    assert len(server.asked("/gone.zip")) == 1
    assert names(folder) == []


def test_refused_access_names_the_credentials(server, folder):
    server.failures["/a.zip"] = [403]
    with pytest.raises(UserError, match="credentials"):
        download_files([remote(server)], folder)


def test_a_wrong_checksum_keeps_the_file_aside(server, folder):
    with pytest.raises(UserError, match=r"md5 checksum.*kept as .*a\.zip\.mismatch"):
        download_files([remote(server, checksum="md5:" + "0" * 32)], folder)
    assert names(folder) == ["a.zip.mismatch"]
    assert not (folder.parent / "SHA256SUMS").exists()


def test_a_file_that_changed_at_its_source_is_noticed(server, folder):
    download_files([remote(server)], folder)
    (folder / "a.zip").unlink()
    server.files["/a.zip"] = CONTENT[::-1]
    with pytest.raises(UserError, match=r"sha256 checksum(.|\n)*SHA256SUMS"):
        download_files([remote(server)], folder)
    assert names(folder) == ["a.zip.mismatch"]


def test_a_server_that_is_not_there(folder, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 2)
    with pytest.raises(UserError, match="2 attempts failed"):
        download_files([RemoteFile("http://127.0.0.1:9/a.zip", "a.zip")], folder)


@pytest.mark.parametrize("name", ["../a.zip", "/etc/a.zip", "a/../../b"])
def test_names_that_lead_elsewhere_are_refused(server, folder, name):
    with pytest.raises(UserError, match="would land elsewhere"):
        download_files([remote(server, name=name)], folder)
    assert not server.requests


def test_many_files_stop_at_the_first_that_cannot_be_had_and_keep_the_others(server, folder):
    server.files |= {f"/{i}.jpg": b"x" * (i + 1) for i in range(40)}
    files = [RemoteFile(f"{server.address}/{i}.jpg", f"images/{i}.jpg") for i in range(40)]
    del server.files["/25.jpg"]
    with pytest.raises(UserError, match=r"25\.jpg"):
        download_files(files, folder)
    assert len(names(folder / "images")) >= 20
    server.files["/25.jpg"] = b"y"
    asked = len(server.asked("/3.jpg"))
    download_files(files, folder)
    assert len(names(folder / "images")) == 40
    assert len(server.asked("/3.jpg")) == asked


def test_json_is_asked_for_again_after_a_failure(server):
    server.files["/list"] = b'{"count": 2}'
    server.failures["/list"] = [500]
    assert get_json(f"{server.address}/list") == {"count": 2}


def test_an_answer_that_is_not_json_is_told(server, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    server.files["/list"] = b"<html>"
    with pytest.raises(UserError, match="/list"):
        get_json(f"{server.address}/list")
