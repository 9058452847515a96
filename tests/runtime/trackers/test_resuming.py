from synthmix.runtime.trackers.resuming import ResumableRun


def test_a_run_that_was_broken_off_is_taken_up(tmp_path):
    run = ResumableRun(tmp_path, 1)
    assert run.id is None
    run.begin("abc")
    for step in (1, 2, 3):
        assert run.is_new(step)
        run.told(step)
    again = ResumableRun(tmp_path, 3)
    assert again.id == "abc"
    assert [again.is_new(step) for step in (2, 3, 4)] == [False, False, True]
    again.told(4)
    # images of a step may follow its values
    assert again.is_new(4)
    assert not ResumableRun(tmp_path, 2).is_new(4)


def test_a_training_that_begins_again_is_another_run(tmp_path):
    run = ResumableRun(tmp_path, 1)
    run.begin("abc")
    run.told(1)
    again = ResumableRun(tmp_path, 1)
    assert again.id is None
    assert again.is_new(1)


def test_a_finished_run_is_forgotten(tmp_path):
    run = ResumableRun(tmp_path, 1)
    run.begin("abc")
    run.told(5)
    run.end()
    assert ResumableRun(tmp_path, 3).id is None
    assert list(tmp_path.iterdir()) == []
