"""Coded checks of data, protocol and results."""
