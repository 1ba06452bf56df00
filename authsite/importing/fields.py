"""What is asked of a person, and the columns in which other systems keep it."""

from collections.abc import Collection, Mapping

from authsite.importing.errors import UnusableSource

#: The fields, and what their columns are called: without case, hyphens and underscores.
FIELDS = {
    "id": ("id", "userid", "uuid"),
    "email": ("email", "emailaddress", "mail"),
    "first_name": ("firstname", "givenname", "forename", "first", "given"),
    "last_name": ("lastname", "familyname", "surname", "last", "family"),
    "name": ("name", "fullname", "displayname"),
    "password": (
        "passwordhash",
        "hashedpassword",
        "encryptedpassword",
        "passworddigest",
        "password",
        "hash",
    ),
    "verified": ("emailverifiedat", "emailverified", "confirmedat", "verifiedat", "verified"),
    "created": ("createdat", "datejoined", "signedupat", "joinedat", "createdon", "created"),
    "active": ("isactive", "active"),
}


def columns_of(names: Collection[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field that has one among `names`.

    `chosen` are fields and the columns that somebody has said; an empty column is none. Of several
    that could be meant, the one that comes first in `FIELDS` is taken.
    """
    plain = {"".join(filter(str.isalnum, name.lower())): name for name in reversed(list(names))}
    found = {}
    for field, known in FIELDS.items():
        if field in chosen:
            named = [chosen[field]] if chosen[field] in names else []
        else:
            named = [plain[each] for each in known if each in plain]
        if named:
            found[field] = named[0]
    return found


def demand(
    needed: Collection[str], names: Collection[str], *, chosen: Mapping[str, str], where: str
) -> dict[str, str]:
    """Return the column of each field; raise `UnusableSource` if one that is needed has none.

    Every column that somebody has said must be there; who says that a field has none gets along
    without it.
    """
    there = f"{where} has: {', '.join(names)}"
    for field, column in chosen.items():
        if column and column not in names:
            raise UnusableSource(f"there is no column {column} for {field}: {there}")
    found = columns_of(names, chosen)
    for field in needed:
        if field not in found and (field not in chosen or field == "email"):
            raise UnusableSource(
                f"no column looks like {field}. Name it with --map {field}=COLUMN: {there}"
            )
    return found
