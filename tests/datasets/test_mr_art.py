"""MR-ART: the tree of the real data set, its download, and the heads made in its place."""

import functools
import hashlib
import logging
import re

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from http_server import running_server
from synthmix.acquire import download
from synthmix.datasets import mr_art
from synthmix.datasets.mr_art import MrArt
from synthmix.errors import UserError
from synthmix.phantoms import brain_volume_drawing, brain_volumes

SCANS = {
    "sub-000103_acq-standard_T1w": 1,
    "sub-000103_acq-headmotion1_T1w": 2,
    "sub-000103_acq-headmotion2_T1w": 3,
    "sub-000148_acq-standard_T1w": 1,
    "sub-000148_acq-headmotion1_T1w": 3,
}


def path_of(scan):
    return f"{scan.split('_')[0]}/anat/{scan}.nii.gz"


def write(root, name, content=b""):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_scores(root, scores):
    rows = [f"{name}\t{score}" for name, score in scores.items()]
    write(root, mr_art.SCORES, "\n".join(["bids_name\tscore", *rows]))


@pytest.fixture
def root(tmp_path):
    """Return a tree as OpenNeuro has it, with what is not to be listed."""
    for scan in SCANS:
        write(tmp_path, path_of(scan))
        write(tmp_path, path_of(scan).replace(".nii.gz", ".json"))
        write(tmp_path, f"derivatives/mriqc-0.16.1/{path_of(scan)}")
    write(tmp_path, "sub-000103/func/sub-000103_acq-standard_bold.nii.gz")
    write(tmp_path, "sub-000103/anat/sub-000103_acq-standard_T2w.nii.gz")
    write(tmp_path, "dataset_description.json", "{}")
    write_scores(tmp_path, SCANS)
    return tmp_path


def make(**settings):
    return MrArt(source="mr_art", **settings)


class TestIndex:
    def test_scans_with_their_score_and_subject(self, root):
        samples = make().index(root)
        assert list(samples["path"]) == sorted(map(path_of, SCANS))
        assert list(samples["label"]) == ["bad", "bad", "good", "bad", "good"]
        assert list(samples["group"]) == ["sub-000103"] * 3 + ["sub-000148"] * 2
        assert samples["sample_id"].is_unique

    def test_medium_scans_may_count_as_good(self, root):
        samples = make(good_up_to=2).index(root).set_index("path")["label"]
        assert samples[path_of("sub-000103_acq-headmotion1_T1w")] == "good"
        assert samples[path_of("sub-000103_acq-headmotion2_T1w")] == "bad"

    def test_bad_scans_are_never_good(self):
        with pytest.raises(ValidationError, match="good_up_to"):
            make(good_up_to=3)

    @pytest.mark.parametrize("form", ["{}.nii.gz", "{}.nii", "sub-000103/anat/{}.nii.gz", " {} "])
    def test_names_with_suffix_or_folder(self, root, form):
        write_scores(root, {form.format(name): score for name, score in SCANS.items()})
        assert len(make().index(root)) == len(SCANS)

    def test_names_without_the_kind_of_image(self, root):
        write_scores(root, {name.removesuffix("_T1w"): score for name, score in SCANS.items()})
        assert len(make().index(root)) == len(SCANS)

    def test_further_labels_in_the_name(self, root):
        scan = "sub-000200_ses-1_acq-standard_run-2_T1w"
        write(root, path_of(scan))
        write_scores(root, SCANS | {scan: "1.0"})
        assert path_of(scan) in set(make().index(root)["path"])

    def test_scan_without_a_score_is_left_out_and_logged(self, root, caplog):
        unscored = "sub-000300_acq-standard_T1w"
        write(root, path_of(unscored))
        write_scores(root, SCANS | {"sub-000103_acq-headmotion2_T1w": "n/a"})
        samples = make().index(root)
        assert len(samples) == len(SCANS) - 1
        assert re.search(r"without a score.*: 2, such as .*sub-000300_acq-standard", caplog.text)

    def test_score_without_a_scan_is_logged(self, root, caplog):
        write_scores(root, SCANS | {"sub-000400_acq-standard_T1w": 1})
        assert len(make().index(root)) == len(SCANS)
        assert "not there: 1, such as sub-000400_acq-standard" in caplog.text

    @pytest.mark.parametrize("score", ["4", "1.5"])
    def test_score_out_of_range(self, root, score):
        write_scores(root, SCANS | {"sub-000103_acq-standard_T1w": score})
        with pytest.raises(UserError, match=r"1 scans have .* such as sub-000103_acq-standard"):
            make().index(root)

    def test_two_scores_of_one_scan(self, root):
        write_scores(root, SCANS | {"sub-000103_acq-standard": "2"})
        with pytest.raises(UserError, match="several scores"):
            make().index(root)

    @pytest.mark.parametrize("content", ["", "name\tscore\na\t1", "bids_name\tscore\na\tgood"])
    def test_table_that_is_none(self, root, content):
        write(root, mr_art.SCORES, content)
        with pytest.raises(UserError, match="can't be read as the scores"):
            make().index(root)

    def test_missing_table(self, root):
        (root / mr_art.SCORES).unlink()
        with pytest.raises(UserError, match=r"scores.tsv is missing"):
            make().index(root)

    def test_links_without_what_they_stand_for(self, root):
        for scan in SCANS:
            (root / path_of(scan)).unlink()
            (root / path_of(scan)).symlink_to(".git/annex/objects/absent")
        table = make().index(root)
        with pytest.raises(ValueError, match=r"git-annex .*datalad get"):
            make().read(root / table["path"][0], "")


def listing(keys, contents, token=None):
    """Return a page as S3 answers with."""
    entries = "".join(
        f"<Contents><Key>{key}</Key><Size>{len(contents[key])}</Size>"
        f"<ETag>&quot;{hashlib.md5(contents[key]).hexdigest()}{'-2' * ('T1w' in key)}&quot;</ETag>"
        "</Contents>"
        for key in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{str(token is not None).lower()}</IsTruncated>{more}{entries}"
        "</ListBucketResult>"
    ).encode()


@pytest.fixture
def server(monkeypatch):
    """Return a server with the data set in its bucket, listed on two pages."""
    wanted = [*map(path_of, SCANS), mr_art.SCORES, "dataset_description.json", "README"]
    others = ["derivatives/mriqc-0.16.1/group_T1w.tsv", "sub-000103/anat/x_T1w.json"]
    contents = {f"ds004173/{name}": f"content of {name}".encode() * 40 for name in wanted + others}
    keys = sorted(contents)
    first = "/openneuro.org/?list-type=2&prefix=ds004173/"
    with running_server() as running:
        running.files = {f"/openneuro.org/{key}": body for key, body in contents.items()}
        running.files[first] = listing(keys[:4], contents, "a+b/c==")
        running.files[f"{first}&continuation-token=a%2Bb%2Fc%3D%3D"] = listing(keys[4:], contents)
        running.wanted = wanted
        monkeypatch.setattr(mr_art, "BUCKET", f"{running.address}/openneuro.org")
        monkeypatch.setattr(download, "FIRST_PAUSE_S", 0)
        yield running


class TestDownload:
    def test_what_is_needed_of_both_pages(self, server, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        MrArt.download(tmp_path / "new")
        files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
        names = {path.relative_to(tmp_path / "new").as_posix() for path in files}
        assert names == set(server.wanted)
        assert (tmp_path / "new/README").read_bytes() == b"content of README" * 40
        assert "8 files of MR-ART" in caplog.text

    def test_broken_off_file_is_gone_on_with(self, server, tmp_path, monkeypatch):
        scan = f"/openneuro.org/ds004173/{path_of('sub-000148_acq-standard_T1w')}"
        server.cuts[scan] = [100]
        monkeypatch.setattr(download, "ATTEMPTS", 1)
        monkeypatch.setattr(download, "CHUNK", 50)
        with pytest.raises(UserError, match="Nothing of what came is lost"):
            MrArt.download(tmp_path / "new")
        MrArt.download(tmp_path / "new")
        assert server.asked(scan)[1]["Range"] == "bytes=100-"
        whole = tmp_path / "new" / path_of("sub-000148_acq-standard_T1w")
        assert whole.read_bytes() == server.files[scan]

    def test_what_is_there_is_not_fetched_again(self, server, tmp_path):
        for _ in range(2):
            MrArt.download(tmp_path / "new")
        assert len(server.asked("/openneuro.org/ds004173/README")) == 1

    def test_a_file_that_is_not_what_the_bucket_says(self, server, tmp_path):
        readme = "/openneuro.org/ds004173/README"
        server.files[readme] = server.files[readme].replace(b"o", b"0")
        with pytest.raises(UserError, match="README: the md5 checksum"):
            MrArt.download(tmp_path / "new")

    @pytest.mark.parametrize("answer", [b"<html><p>Welcome</html>", b"<Error>no</Error>"])
    def test_an_answer_that_is_no_list(self, server, tmp_path, answer):
        server.files["/openneuro.org/?list-type=2&prefix=ds004173/"] = answer
        with pytest.raises(UserError, match="did not answer with a list"):
            MrArt.download(tmp_path / "new")

    def test_an_empty_bucket(self, server, tmp_path):
        server.files["/openneuro.org/?list-type=2&prefix=ds004173/"] = listing([], {})
        with pytest.raises(UserError, match="no scans or no derivatives"):
            MrArt.download(tmp_path / "new")


COARSE = {"resolution_mm": 8}


@pytest.fixture(scope="module", autouse=True)
def _one_template():
    """Make the head that subjects are deformed from once for all tests: it takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(brain_volume_drawing.template_head)
        patch.setattr(brain_volume_drawing, "template_head", once)
        yield


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Return the root of the raw tree of three subjects, through `fetch`."""
    dataset = make(embedded={"subjects": 3, **COARSE})
    return MrArt.fetch(dataset.raw_settings(), tmp_path_factory.mktemp("mr_art"))


def contents(root):
    return {path.name: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


class TestEmbedded:
    def test_is_found_as_the_real_one_is(self, drawn):
        assert MrArt.find(drawn.parent) == drawn

    def test_every_subject_has_three_scans(self, drawn):
        samples = make().index(drawn)
        assert samples.groupby("group").size().tolist() == [3, 3, 3]
        assert set(samples["label"]) == {"good", "bad"}

    def test_participants_are_the_subjects(self, drawn):
        people = pd.read_csv(drawn / "participants.tsv", sep="\t")
        assert set(people["participant_id"]) == set(make().index(drawn)["group"])
        assert people["age"].between(18, 75).all()

    def test_scans_are_heads_the_right_way_up(self, drawn):
        for path in make().index(drawn)["path"]:
            if "standard" not in path:
                continue
            volume = MrArt.read(drawn / path, "").values
            assert volume.shape == (24, 32, 32)
            halves = [
                (volume[:12].mean(), volume[12:].mean()),  # as much at the left as at the right
                (volume[:, :, :6].mean(), volume[:, :, 16:].mean()),  # the neck is thinner
            ]
            assert halves[0][0] == pytest.approx(halves[0][1], rel=0.25)
            assert halves[1][0] < 0.6 * halves[1][1]

    def test_scans_of_one_subject_are_alike(self, drawn):
        def profile(path):
            volume = MrArt.read(drawn / path, "").values
            return volume / volume.mean()

        paths = [path for path in make().index(drawn)["path"] if "headmotion2" not in path]
        scans = [profile(path) for path in sorted(paths)]
        same = np.mean([abs(scans[i] - scans[i + 1]).mean() for i in (0, 2, 4)])
        other = np.mean([abs(scans[i] - scans[i + 2]).mean() for i in (0, 1, 2, 3)])
        assert same < other

    def test_equal_settings_give_equal_bytes_whatever_the_threads(self, tmp_path):
        embedded = brain_volumes.Embedded(subjects=1, **COARSE)
        threads = torch.get_num_threads()
        written = []
        for count in (1, 2):
            torch.set_num_threads(count)
            torch.manual_seed(count)
            (tmp_path / str(count)).mkdir()
            embedded.write(tmp_path / str(count))
            written.append(contents(tmp_path / str(count)))
        torch.set_num_threads(threads)
        assert written[0] == written[1]

    def test_a_subject_does_not_depend_on_how_many_there_are(self, drawn, tmp_path):
        brain_volumes.Embedded(subjects=1, **COARSE).write(tmp_path)
        few, many = contents(tmp_path), contents(drawn)
        scans = [name for name in few if name.endswith(".nii.gz")]
        assert len(scans) == 3
        assert all(few[name] == many[name] for name in scans)

    def test_another_seed_gives_other_scans(self, drawn, tmp_path):
        brain_volumes.Embedded(subjects=1, seed=2, **COARSE).write(tmp_path)
        few, many = contents(tmp_path), contents(drawn)
        assert not any(few[name] == many[name] for name in few if name.endswith(".nii.gz"))

    def test_torch_draws_what_it_would_have_drawn(self, tmp_path):
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        brain_volumes.Embedded(subjects=1, **COARSE).write(tmp_path)
        assert torch.equal(torch.rand(3), expected)

    def test_any_resolution(self, tmp_path):
        brain_volumes.Embedded(subjects=1, resolution_mm=5.3).write(tmp_path)
        [path] = tmp_path.rglob("*_acq-standard_T1w.nii.gz")
        assert MrArt.read(path, "").values.shape == (36, 48, 48)
