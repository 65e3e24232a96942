"""Fakes that behave, for tests of Bakeoff and of what is built on it."""
