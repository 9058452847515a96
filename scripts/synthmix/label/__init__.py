"""Labelling images by eye: one page that takes a key for each label."""
