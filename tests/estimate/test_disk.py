from pathlib import Path

import pytest

from estimate_graphs import job, of_rule, study
from synthmix.estimate.disk import disk
from synthmix.estimate.sizes import NotKnownError


def test_stores_take_a_byte_a_pixel_and_pools_as_well():
    sizes = study(size=64)
    assert disk(of_rule(sizes, "prepare_images"), sizes).kept == 200 * 64 * 64
    assert disk(of_rule(sizes, "sample_generator"), sizes).kept == 100 * 64 * 64


def test_trainings_keep_weights_and_pass_through_checkpoints():
    sizes = study()
    for rule in ("train_generator", "train_classifier"):
        found = disk(of_rule(sizes, rule), sizes)
        assert found.passing > found.kept > 10_000


def test_tables_and_figures_are_not_counted():
    assert disk(job("plot_roc"), study()).kept == 0


def fetched(source, settings):
    params = {"source": source, "settings": settings}
    return disk(job("fetch_dataset", params), study()).kept


def test_raw_data_is_as_large_as_published_or_unpacked(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "x" * 5000)
    assert fetched("image_folder", {"path": str(tmp_path / "a.zip")}) == 5000
    assert fetched("image_folder", {"path": str(tmp_path)}) == 0
    assert fetched("isic", {}) == 24e9
    assert fetched("isic", {"embedded": {}}) == 0
    with pytest.raises(NotKnownError, match="how large retina is"):
        fetched("retina", {})
    Path(tmp_path / "b.tar").write_text("no zip")
    with pytest.raises(NotKnownError, match=r"b\.tar"):
        fetched("image_folder", {"path": str(tmp_path / "b.tar")})
