"""Make images from a trained generator, without the workflow; --help says how."""

import sys

from synthmix.export.sample_images import main

if __name__ == "__main__":
    sys.exit(main())
