"""Engines, sessions and compiled selects: the only home of code below SQLAlchemy."""
