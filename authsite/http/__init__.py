"""One HTTP concern per module; none knows what an account is."""
