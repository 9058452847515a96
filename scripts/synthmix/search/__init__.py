"""Searching the settings of a generator: a grid of candidates, of which the best is used."""
