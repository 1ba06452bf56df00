"""The pages of a person's own account, one file each."""
