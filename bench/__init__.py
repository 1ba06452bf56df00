"""Benchmarks of the site, with the figures that they should reach: `make bench`."""
