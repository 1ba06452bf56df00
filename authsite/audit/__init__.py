"""The audit log: what happened to accounts."""
