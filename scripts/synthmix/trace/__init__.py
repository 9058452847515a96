"""Where a number comes from: from a result back to the raw files, checked on the way."""
