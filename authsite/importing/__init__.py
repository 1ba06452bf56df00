"""Importing users from tables of other systems, CSV and JSON lines."""
