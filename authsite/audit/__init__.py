"""The audit log: the security events of accounts."""
