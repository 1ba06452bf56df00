"""The error of a source."""


class UnusableSource(Exception):
    """No (further) user can be read; the message is a sentence without a full stop."""
