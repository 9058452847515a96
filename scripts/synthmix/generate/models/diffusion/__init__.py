"""Denoising diffusion on MONAI's network and schedules: settings in `settings`, rest in `model`."""
