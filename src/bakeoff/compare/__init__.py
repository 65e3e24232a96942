"""Statistics on arrays: scores, intervals, tests, decisions, verdict."""
