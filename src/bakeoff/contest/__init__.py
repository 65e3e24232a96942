"""Plan the fits, run them, keep the clock, open the test set, write the run."""
