"""What a rehearsal checks besides running jobs in short, and the page of what it has found."""
