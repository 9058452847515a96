"""Say where a number comes from, back to the raw files; --help says how."""

import sys

from synthmix.trace.trace import main

if __name__ == "__main__":
    sys.exit(main())
