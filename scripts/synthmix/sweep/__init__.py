"""Choosing the settings of a classifier in stages, on validation images alone."""
