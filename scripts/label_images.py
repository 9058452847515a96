"""Make a page to label images with, one key a label; --help says how."""

import sys

from synthmix.label.label_images import main

if __name__ == "__main__":
    sys.exit(main())
