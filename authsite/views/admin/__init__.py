"""The pages of administrators, below `/admin`."""
