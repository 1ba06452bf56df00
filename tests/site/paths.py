"""The path of every page, to be opened: that of a link, too."""

from pyramid.registry import Registry

from authsite.addresses import pages_of

#: Shaped like the token of a link, of which nobody was sent one.
NOBODYS = "A" * 43


def path_of(address: str) -> str:
    """Return a path at this address of the table of pages."""
    return address.replace("{token}", NOBODYS)


def paths_of(registry: Registry) -> list[str]:
    """Return a path for every page there is."""
    return sorted({path_of(page.address) for page in pages_of(registry)})
