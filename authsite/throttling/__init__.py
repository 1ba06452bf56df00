"""Throttles: count attempts, and refuse those beyond a limit."""
