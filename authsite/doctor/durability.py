"""Whether PostgreSQL keeps what it has committed when its machine fails."""

from authsite.doctor.finding import Finding, ok, warn
from authsite.doctor.postgresql import show
from authsite.doctor.subject import Subject

_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


def durability(subject: Subject) -> Finding:
    """A commit is on the disk of PostgreSQL before the site answers."""
    with subject.read_only_engine.connect() as connection:
        off = [name for name in _SETTINGS if show(connection, name) == "off"]
    if not off:
        return ok("Commits are on disk before the site answers.")
    names = " and ".join(off)
    return warn(f"A crash of the database loses confirmed changes: {names} = off.")
