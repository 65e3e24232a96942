"""Where fits run, with time limits and progress."""
