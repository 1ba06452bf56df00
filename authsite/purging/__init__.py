"""Deleting rows that have expired."""
