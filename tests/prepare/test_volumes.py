"""Slices and smaller volumes."""

import numpy as np
import pytest

from synthmix.prepare.volumes import MOST_SIDE, resample_volume, three_slices
from synthmix.readers.raw_image import Volume


def ramp(axis, shape=(20, 30, 40)):
    """Return a volume whose values grow along one axis."""
    values = np.arange(shape[axis], dtype=np.float32)
    return np.broadcast_to(values.reshape([-1 if a == axis else 1 for a in range(3)]), shape)


class TestThreeSlices:
    def test_a_square_as_long_as_the_longest_side(self):
        slices = three_slices(Volume(ramp(0)))
        assert slices.shape == (40, 40, 3)
        assert slices.dtype == np.uint8

    def test_the_slices_are_the_middle_ones(self):
        volume = np.zeros((20, 30, 40), np.float32)
        volume[:, :, 20] = volume[:, 15, :] = volume[10, :, :] = 1
        volume[0, 0, 20] = 0
        slices = three_slices(Volume(volume))
        filled = [(slices[:, :, channel] == 255).sum() for channel in range(3)]
        assert filled == [20 * 30 - 1, 20 * 40, 30 * 40]

    @pytest.mark.parametrize(
        ("axis", "channel", "direction"),
        [
            (1, 0, (-1, 0)),  # axial: the front is up
            (0, 0, (0, -1)),  # and the patient's right at the left
            (2, 1, (-1, 0)),  # coronal: the top is up
            (0, 1, (0, -1)),
            (2, 2, (-1, 0)),  # sagittal
            (1, 2, (0, -1)),  # the front at the left
        ],
    )
    def test_the_way_round(self, axis, channel, direction):
        picture = three_slices(Volume(ramp(axis)))[:, :, channel].astype(int)
        rows, columns = np.nonzero(picture)
        inner = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        growth = [np.diff(inner, axis=0).sum(), np.diff(inner, axis=1).sum()]
        assert tuple(np.sign(growth)) == direction

    def test_shorter_slices_are_centred_on_black(self):
        volume = ramp(2) + 100.0
        axial = three_slices(Volume(volume))[:, :, 0]
        rows, columns = np.nonzero(axial)
        assert (rows.min(), rows.max()) == (5, 34)
        assert (columns.min(), columns.max()) == (10, 29)

    def test_the_scale_is_that_of_all_three(self):
        # the axial slice is of one value, which the other two say is the middle
        axial = three_slices(Volume(ramp(2)))[5:35, 10:30, 0]
        assert (axial == axial[0, 0]).all()
        assert 100 < axial[0, 0] < 155

    def test_a_few_extreme_voxels_do_not_set_the_scale(self):
        volume = np.array(ramp(2))
        plain = three_slices(Volume(volume))
        volume[10, 15, 20], volume[11, 15, 20] = 1e6, -1e6
        assert (
            abs(three_slices(Volume(volume)).astype(int) - plain).max(initial=0, axis=2).mean() < 1
        )

    def test_a_z_score_is_that_of_the_clipped_intensities(self):
        volume = np.random.default_rng(1).normal(300, 40, (20, 20, 20)).astype(np.float32)
        planes = np.stack([volume[:, :, 10], volume[:, 10, :], volume[10, :, :]])
        low, high = np.percentile(planes, [0.5, 99.5])
        expected = np.stack([np.flip(plane.T) for plane in planes], axis=2).clip(low, high)
        expected = (expected - expected.mean()) / expected.std()
        found = three_slices(Volume(volume)).astype(float)
        found = (found - found.mean()) / found.std()
        np.testing.assert_allclose(found, expected, atol=0.02)

    def test_nearly_all_background(self):
        volume = np.zeros((40, 40, 40), np.float32)
        volume[20, 20, 20] = 5
        slices = three_slices(Volume(volume))
        assert (slices.max(), (slices > 0).sum()) == (255, 3)

    def test_slices_of_one_value_are_black(self):
        volume = np.full((8, 8, 8), 3, np.float32)
        volume[0, 0, 0] = 4
        assert three_slices(Volume(volume)).max() == 0


class TestSpacing:
    @staticmethod
    def ball(spacing, radius=25, field=70):
        """Return a ball in voxels of `spacing`."""
        axes = [
            (np.arange(field // side) - (field // side - 1) / 2) * side
            for side in map(int, spacing)
        ]
        inside = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")) <= radius**2
        return Volume(inside.astype(np.float32), spacing)

    @pytest.mark.parametrize("spacing", [(1, 1, 5), (5, 1, 1), (1, 5, 1), (2, 1, 7), (7, 5, 1)])
    def test_a_ball_is_round_in_all_planes(self, spacing):
        slices = three_slices(self.ball(spacing))
        assert slices.shape == (70, 70, 3)
        for channel in range(3):
            rows, columns = np.nonzero(slices[..., channel] > 128)
            assert abs(np.ptp(rows) - np.ptp(columns)) <= max(spacing)
            assert 50 - max(spacing) <= np.ptp(rows) + 1 <= 50 + max(spacing)

    def test_direction_is_kept(self):
        values = np.zeros((10, 10, 10), np.float32)
        values[:, 8, :] = values[:, :, 1] = 1
        axial, coronal, sagittal = np.moveaxis(three_slices(Volume(values, (1, 1, 3))), -1, 0)
        assert np.argmax(axial.sum(axis=1)) in range(10, 12)  # the front is up
        assert coronal[25, 10:20].min() > 200  # the bottom is down
        assert coronal[4:20].max() == 0
        assert np.argmax(sagittal.sum(axis=0)[10:20]) == 1  # the front is at the left

    @pytest.mark.parametrize("spacing", [(1, 1, 1), (0.7, 0.7, 0.7), (1, 1, 1.005)])
    def test_cubes_change_nothing(self, spacing):
        volume = np.random.default_rng(1).normal(0, 1, (7, 8, 9)).astype(np.float32)
        plain = three_slices(Volume(volume))
        np.testing.assert_array_equal(three_slices(Volume(volume, spacing)), plain)

    def test_no_slice_becomes_huge(self):
        volume = Volume(np.random.default_rng(1).random((40, 4, 8)).astype("f4"), (0.01, 1, 100))
        assert three_slices(volume).shape == (MOST_SIDE, MOST_SIDE, 3)


def resampled(values, shape, *how, spacing=(1.0, 1.0, 1.0)):
    return resample_volume(Volume(np.asarray(values, np.float32), spacing), shape, *how)


class TestResampleVolume:
    @pytest.mark.parametrize("shape", [(91, 109, 91), (7, 50, 13)])
    def test_shape_and_z_score(self, shape):
        volume = np.random.default_rng(1).gamma(2, 50, (36, 43, 36)).astype(np.float32)
        small = resampled(volume, shape)
        assert small.shape == shape
        assert small.dtype == np.float16
        assert abs(small.astype(float).mean()) < 1e-3
        assert abs(small.astype(float).std() - 1) < 1e-3

    def test_axes_keep_their_direction_and_place(self):
        small = resampled(ramp(1), (10, 15, 20)).astype(float)
        profile = small.mean(axis=(0, 2))
        expected = np.arange(15) - 7.0
        np.testing.assert_allclose(profile, expected / expected.std(), atol=0.1)

    def test_fine_patterns_do_not_fold_back(self):
        wave = np.sin(np.arange(64) * np.pi * 0.9)
        volume = np.broadcast_to(wave[:, None, None], (64, 16, 16)).astype(np.float32).copy()
        volume[:, 8:] += 1  # something that stays
        small = resampled(volume, (16, 4, 4)).astype(float)
        assert small[4:12].std(axis=0).max() < 0.1

    def test_the_same_shape_changes_no_pattern(self):
        volume = np.random.default_rng(1).normal(0, 1, (6, 7, 8)).astype(np.float32)
        expected = (volume - volume.mean()) / volume.std()
        np.testing.assert_allclose(resampled(volume, (6, 7, 8)), expected, atol=5e-3)

    def test_one_extreme_voxel_stays_finite(self):
        volume = np.zeros((64, 64, 64), np.float32)
        volume[32, 32, 32] = 1e30
        assert np.isfinite(resampled(volume, (64, 64, 64))).all()

    def test_large_offsets_keep_the_pattern(self):
        volume = np.random.default_rng(1).normal(0, 1, (16, 16, 16)).astype(np.float32)
        plain = resampled(volume, (8, 8, 8))
        np.testing.assert_allclose(resampled(volume + 1000, (8, 8, 8)), plain, atol=5e-3)

    def test_volume_of_one_value(self):
        with pytest.raises(ValueError, match="all voxels are equal"):
            resampled(np.ones((8, 8, 8), np.float32), (4, 4, 4))


def lengths(small, axis):
    """Return how many voxels along an axis are brighter than halfway, in the middle of others."""
    small = small.astype(float)
    line = small.max(axis=tuple(number for number in range(3) if number != axis))
    return int((line > (small.min() + small.max()) / 2).sum())


class TestVoxelSize:
    @pytest.mark.parametrize("how", ["smooth", "decimate"])
    @pytest.mark.parametrize(
        "spacing", [(1.0, 1.0, 1.0), (0.7, 1.0, 1.3), (2.0, 2.0, 2.0), (1.0, 1.0, 5.0)]
    )
    def test_a_ball_stays_a_ball(self, spacing, how):
        # a field as of MR-ART, longer in two directions than in the other
        field = (48, 64, 64)
        axes = [
            np.arange(round(length / side)) * side - length / 2
            for length, side in zip(field, spacing, strict=True)
        ]
        inside = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")) <= 20**2
        small = resampled(inside, (23, 27, 23), 2.0, how, spacing=spacing)
        assert small.shape == (23, 27, 23)
        sides = [lengths(small, axis) for axis in range(3)]
        assert max(abs(side - 20) for side in sides) <= max(spacing) / 2 + 1
        stretched = resampled(inside, (23, 27, 23), None, how, spacing=(1.0, 1.0, 1.0))
        if spacing == (1.0, 1.0, 1.0):  # the fault: 19 voxels across, 17 from front to back
            assert lengths(stretched, 0) - lengths(stretched, 2) >= 3

    def test_what_is_cut_off_lies_away_from_the_head(self):
        volume = np.zeros((8, 8, 40), np.float32)
        volume[2:6, 2:6, 22:36] = 100
        small = resampled(volume, (8, 8, 20), 1.0)
        assert lengths(small, 2) == 14
        low = resampled(volume[:, :, ::-1], (8, 8, 20), 1.0)
        np.testing.assert_array_equal(low, small[:, :, ::-1])

    def test_a_neck_does_not_move_the_window_off_the_head(self):
        axes = np.meshgrid(*(np.arange(n) - 20.0 for n in (40, 40, 90)), indexing="ij")
        x, y, z = axes[0], axes[1], axes[2] - 50
        head, neck = x**2 + y**2 + z**2 <= 16**2, (x**2 + y**2 <= 9**2) & (z < 0)
        small = resampled(head | neck, (40, 40, 40), 1.0)
        seen = np.flatnonzero(small.astype(float)[20, 20] > 0)
        # the top of the head is there, with air above it
        assert seen.max() in range(34, 38)

    def test_what_is_too_short_is_padded_with_the_background(self):
        volume = np.random.default_rng(1).uniform(5, 9, (4, 6, 6)).astype(np.float32)
        volume[0, 0, 0] = 3
        small = resampled(volume, (9, 6, 6), 1.0).astype(float)
        assert (small[[0, 1, 6, 7, 8]] == small.min()).all()
        padded = np.pad(volume, [(2, 3), (0, 0), (0, 0)], constant_values=3)
        expected = (padded - padded.mean()) / padded.std()
        np.testing.assert_allclose(small, expected, atol=5e-3)

    def test_decimating_takes_every_second_voxel(self):
        volume = np.random.default_rng(1).normal(0, 1, (181, 217, 181)).astype(np.float32)
        small = resampled(volume, (91, 109, 91), 2.0, "decimate")  # section 3.3.2 of the source
        expected = volume[::2, ::2, ::2]
        expected = (expected - expected.mean()) / expected.std()
        np.testing.assert_allclose(small, expected, atol=5e-3)

    @pytest.mark.parametrize(
        ("voxel_size", "taken"),
        [
            (1.5, [0, 1, 3, 4, 6, 7, 9, 10, 12, 13]),
            (0.5, [*np.repeat(np.arange(15), 2)]),
            (2.5, [0, 2, 5, 7, 10, 12]),
        ],
    )
    def test_decimating_takes_voxels_evenly(self, voxel_size, taken):
        shape = (len(taken), 15, 15)
        volume = ramp(0, (15, 15, 15))
        small = resampled(volume, shape, 1.0, "decimate", spacing=(1 / voxel_size, 1, 1))
        expected = volume[taken]
        expected = (expected - expected.mean()) / expected.std()
        np.testing.assert_allclose(small, expected, atol=5e-3)

    def test_spacings_of_few_digits_take_the_same_voxels(self):
        volume = np.random.default_rng(1).normal(0, 1, (20, 24, 20)).astype(np.float32)
        exact = resampled(volume, (10, 12, 10), 2.0, "decimate")
        rough = resampled(volume, (10, 12, 10), 2.0, "decimate", spacing=(1.00001, 0.9999, 1))
        np.testing.assert_array_equal(rough, exact)

    def test_decimating_keeps_the_noise_and_smoothing_lowers_it(self):
        # of one part that is still and one that is noisy, which sets the scale
        noise = np.random.default_rng(1).normal(0, 1, (64, 64, 64)).astype(np.float32)
        noise[:32] += 20
        kept = resampled(noise, (32, 32, 32), 2.0, "decimate").astype(float)
        weak = resampled(noise, (32, 32, 32), 2.0, "smooth").astype(float)
        assert kept[:14].std() > 2 * weak[:14].std()

    def test_stretching_by_decimation(self):
        small = resampled(ramp(1), (10, 15, 20), None, "decimate").astype(float)
        assert len(np.unique(small)) == 15
        assert np.allclose(
            np.diff(small.mean(axis=(0, 2))), np.diff(small.mean(axis=(0, 2)))[0], atol=1e-2
        )
