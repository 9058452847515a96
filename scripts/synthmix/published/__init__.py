"""What the source of a study prints, beside what came out here."""
