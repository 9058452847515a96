"""Classifier networks; each is named in `synthmix.registry`."""
