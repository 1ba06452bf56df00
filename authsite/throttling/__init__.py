"""Counting attempts, and refusing those beyond a limit."""
