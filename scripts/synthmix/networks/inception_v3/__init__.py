"""Inception-V3: facts in `settings`, layers in `model`."""
