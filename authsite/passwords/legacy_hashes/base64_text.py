"""Base64 as hashes contain it: canonical, without `=`, and in passlib with `.` for `+`."""

import base64


def decode_base64(text: str) -> bytes | None:
    """Return the bytes; None if the text is not canonical."""
    try:
        decoded = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", validate=True)
    except ValueError:
        return None
    return decoded if base64.b64encode(decoded).decode("ascii").rstrip("=") == text else None


def decode_adapted_base64(text: str) -> bytes | None:
    """Return the bytes of passlib's spelling; None if it is not canonical."""
    return decode_base64(text.replace(".", "+"))
