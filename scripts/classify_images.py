"""Classify new images with an exported classifier, without the workflow; --help says how."""

import sys

from synthmix.classify.classify_images import main

if __name__ == "__main__":
    sys.exit(main())
