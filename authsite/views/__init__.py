"""The outer ring: one file for each page, named as its address."""
