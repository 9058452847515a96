"""Images that somebody made elsewhere, behind the contract of a generator."""
