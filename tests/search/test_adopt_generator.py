from synthmix.search.adopt_generator import adopt_generator
from synthmix.search.chosen import write_chosen


def test_the_files_of_the_chosen_candidate_are_copied(tmp_path):
    candidates = {}
    for name in ("g_c1", "g_c2"):
        candidates[name] = [tmp_path / name / "weights", tmp_path / name / "history.csv"]
        (tmp_path / name).mkdir()
        for file in candidates[name]:
            file.write_text(f"{file.name} of {name}")
    write_chosen(tmp_path / "best.json", "g_c2", {"learning_rate": 1})
    outputs = [tmp_path / "g" / "weights", tmp_path / "g" / "history.csv"]

    adopt_generator(tmp_path / "best.json", candidates, outputs)

    assert [file.read_text() for file in outputs] == ["weights of g_c2", "history.csv of g_c2"]
    assert not outputs[0].is_symlink()
    assert len(list((tmp_path / "g").iterdir())) == 2
