"""The pages of the site: one module each, named as its URL."""
