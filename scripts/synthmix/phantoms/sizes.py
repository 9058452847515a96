"""Sizes that the drawing of a stand-in and its files agree on."""

COLOUR_PICTURE = 32
"""Height and width in pixels of a picture in the layout of CIFAR-10."""

FIELD_OF_VIEW_MM = (192, 256, 256)
"""What a scan in the layout of MR-ART shows: from left to right, back to front, bottom to top."""
