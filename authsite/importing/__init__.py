"""Reading people from where they are now: tables of other systems, CSV and JSON lines."""
