"""Tells you which model to trust on your labelled images."""

__version__ = "0.1.0"
