"""From raw files to equal images, split by patient."""
