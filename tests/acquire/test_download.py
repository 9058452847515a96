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
        running.files["/a.bin"] = CONTENT
        yield running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw" / "download"


def remote(server, **changes):
    return RemoteFile(**{"url": f"{server.address}/a.bin", "name": "a.bin"} | changes)


def digest(algorithm="md5", content=CONTENT):
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_its_checksum_is_recorded(server, folder):
    download_files([remote(server)], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT
    recorded = (folder.parent / "SHA256SUMS").read_text()
    assert recorded == f"{hashlib.sha256(CONTENT).hexdigest()}  a.bin\n"
    assert names(folder) == ["a.bin"]


def test_a_file_that_is_there_is_not_fetched_again(server, folder):
    download_files([remote(server)], folder)
    download_files([remote(server)], folder)
    assert len(server.asked("/a.bin")) == 1


def test_a_cut_connection_is_gone_on_with_where_it_broke(server, folder):
    server.cuts["/a.bin"] = [100_000]
    download_files([remote(server, checksum=digest())], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT
    first, second = server.asked("/a.bin")
    assert "Range" not in first
    assert 0 < int(second["Range"].removeprefix("bytes=").rstrip("-")) <= 100_000


def test_a_killed_download_is_gone_on_with_by_the_next_run(server, folder):
    folder.mkdir(parents=True)
    (folder / "a.bin.part").write_bytes(CONTENT[:1000])
    download_files([remote(server, checksum=digest("sha256"))], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT
    assert server.asked("/a.bin")[0]["Range"] == "bytes=1000-"


def test_a_server_without_ranges_is_asked_for_all_of_it(server, folder):
    server.files["/a.bin"] = lambda headers: (200, {}, CONTENT)
    folder.mkdir(parents=True)
    (folder / "a.bin.part").write_bytes(b"other" * 100)
    download_files([remote(server)], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_whole_is_begun_anew(server, folder):
    folder.mkdir(parents=True)
    (folder / "a.bin.part").write_bytes(CONTENT + b"more")
    download_files([remote(server)], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT


def test_503_then_success(server, folder):
    server.failures["/a.bin"] = [503, 503, 429]
    download_files([remote(server)], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT


def test_a_server_that_keeps_failing_is_given_up(server, folder):
    server.failures["/a.bin"] = [503] * 50
    with pytest.raises(UserError, match=r"a\.bin: 5 attempts failed.*503"):
        download_files([remote(server)], folder)
    assert len(server.asked("/a.bin")) == 5


def test_404_is_told_at_once(server, folder):
    gone = remote(server, url=f"{server.address}/gone.zip")
    with pytest.raises(UserError, match=r"gone\.zip: the server answered 404"):
        download_files([gone], folder)
    assert len(server.asked("/gone.zip")) == 1
    assert names(folder) == []


def test_refused_access_names_the_credentials(server, folder):
    server.failures["/a.bin"] = [403]
    with pytest.raises(UserError, match="credentials"):
        download_files([remote(server)], folder)


def test_a_wrong_checksum_keeps_the_file_aside(server, folder):
    with pytest.raises(UserError, match=r"md5 checksum.*kept as .*a\.bin\.mismatch"):
        download_files([remote(server, checksum="md5:" + "0" * 32)], folder)
    assert names(folder) == ["a.bin.mismatch"]
    assert not (folder.parent / "SHA256SUMS").exists()


def test_a_file_that_changed_at_its_source_is_noticed(server, folder):
    download_files([remote(server)], folder)
    (folder / "a.bin").unlink()
    server.files["/a.bin"] = CONTENT[::-1]
    with pytest.raises(UserError, match=r"sha256 checksum(.|\n)*SHA256SUMS"):
        download_files([remote(server)], folder)
    assert names(folder) == ["a.bin.mismatch"]


def test_a_server_that_is_not_there(folder, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 2)
    with pytest.raises(UserError, match="2 attempts failed"):
        download_files([RemoteFile("http://127.0.0.1:9/a.bin", "a.bin")], folder)


@pytest.mark.parametrize("name", ["../a.bin", "/etc/a.bin", "a/../../b"])
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


def test_an_archive_that_is_none_is_not_taken(server, folder):
    server.files["/a.zip"] = b"<html>please sign in</html>"
    with pytest.raises(UserError, match="what came is no archive"):
        download_files([remote(server, url=f"{server.address}/a.zip", name="a.zip")], folder)
    assert names(folder) == ["a.zip.mismatch"]
    assert not (folder.parent / "SHA256SUMS").exists()


def test_an_empty_answer_that_is_no_answer_is_not_taken_for_the_file(server, folder):
    server.files["/a.bin"] = lambda headers: (202, {}, b"")
    with pytest.raises(UserError, match="answered 202"):
        download_files([remote(server)], folder)


def test_two_states_of_a_file_are_not_joined(server, folder):
    def answer(body, tag):
        def serve(headers):
            begin = int(headers.get("Range", "bytes=0-")[6:-1])
            if begin and headers.get("If-Range") == tag:
                place = f"bytes {begin}-{len(body) - 1}/{len(body)}"
                return 206, {"ETag": tag, "Content-Range": place}, body[begin:]
            return 200, {"ETag": tag}, body

        return serve

    folder.mkdir(parents=True)
    (folder / "a.bin.part").write_bytes(CONTENT[:1000])
    (folder / "a.bin.version").write_text('"one"')
    server.files["/a.bin"] = answer(CONTENT[::-1], '"two"')
    download_files([remote(server)], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT[::-1]
    assert names(folder) == ["a.bin"]


def test_a_download_that_gets_on_is_not_given_up(server, folder):
    server.cuts["/a.bin"] = [70_000] * 7
    download_files([remote(server, checksum=digest())], folder)
    assert (folder / "a.bin").read_bytes() == CONTENT


def test_the_pause_that_a_server_asks_for_is_kept_within_limits(
    server, folder, monkeypatch, caplog
):
    monkeypatch.setattr(download, "LONGEST_PAUSE_S", 0.02)
    server.files["/a.bin"] = lambda headers: (503, {"Retry-After": "7"}, b"")
    with pytest.raises(UserError):
        download_files([remote(server)], folder)
    assert [message[-20:] for message in caplog.messages] == ["trying again in 0.02 s"[-20:]] * 4


def test_a_failure_stops_the_other_downloads(server, folder, monkeypatch):
    """The other one would be tried again after a long pause."""
    server.failures["/gone"] = [404]
    server.failures["/slow"] = [503] * 1000
    files = [RemoteFile(f"{server.address}/{name}", name) for name in ("slow", "gone")]
    monkeypatch.setattr(download, "FIRST_PAUSE_S", 30)
    with pytest.raises(UserError, match="gone: the server answered 404"):
        download_files(files, folder)
    assert len(server.asked("/slow")) <= 2


def test_no_network_is_said_in_so_many_words(folder):
    with pytest.raises(UserError, match=r"there is no network, or nowhere\.invalid is not known"):
        download_files([RemoteFile("http://nowhere.invalid/a.bin", "a.bin")], folder)
