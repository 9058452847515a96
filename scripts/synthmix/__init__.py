"""synthmix: will synthetic images help my classifier, which ones, and in what proportion?"""

__version__ = "0.1.0"
