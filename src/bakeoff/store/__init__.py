"""What is kept: fits, predictions, times and openings, in SQLite and a folder of artifacts."""
