"""Putting real and synthetic images together."""
