"""Raw data, fetched and checked."""
