"""The Nu HTML checker finds nothing to complain about in any page or in the style sheet."""
