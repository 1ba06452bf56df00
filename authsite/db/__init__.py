"""Engines, sessions and compiled selects: the only package that uses database drivers directly."""
