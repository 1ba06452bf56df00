"""The pages of the user's own account."""
