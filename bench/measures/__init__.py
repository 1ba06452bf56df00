"""What is measured: one module for each kind of question, each with a `measure`."""
