"""Searching settings of a generator or a classifier: candidates in stages, and their best."""
