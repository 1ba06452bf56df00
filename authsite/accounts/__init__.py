"""Accounts: what can happen to them, one flow per function, without the web framework."""
