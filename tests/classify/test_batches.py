import numpy as np

from synthmix.classify.batches import batches_of


def test_a_last_batch_of_one_image_joins_the_one_before():
    assert [len(batch) for batch in batches_of(np.arange(9), 4)] == [4, 5]
    assert [len(batch) for batch in batches_of(np.arange(8), 4)] == [4, 4]
    assert [len(batch) for batch in batches_of(np.arange(3), 1)] == [1, 1, 1]
    assert [len(batch) for batch in batches_of(np.arange(1), 4)] == [1]
