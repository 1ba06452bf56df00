"""Mail: what is written, and that it arrives."""
