"""Hashing passwords, and deciding which ones are accepted."""
