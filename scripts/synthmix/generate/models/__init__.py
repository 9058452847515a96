"""Generators of synthetic images; each is a package named in `synthmix.registry`."""
