"""How fast the site is, and whether that is as fast as it is meant to be: `make bench`."""
