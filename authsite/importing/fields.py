"""The fields of an imported user, and the columns in which other systems store them."""

from collections.abc import Collection, Mapping

from authsite.importing.errors import UnusableSource

#: The fields, and the usual names of their columns in lower case without punctuation.
FIELDS = {
    "id": ("id", "userid", "uuid"),
    "email": ("email", "emailaddress", "mail", "useremail"),
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
        "userpass",
    ),
    "verified": ("emailverifiedat", "emailverified", "confirmedat", "verifiedat", "verified"),
    "created": (
        "createdat",
        "datejoined",
        "signedupat",
        "joinedat",
        "createdon",
        "created",
        "insertedat",
        "userregistered",
    ),
    "active": ("isactive", "active"),
    "locked": ("lockedat", "locked", "bannedat", "banned"),
    "locked_until": ("lockeduntil", "banexpires"),
    "deleted": ("deletedat", "deleted"),
}


def plain(name: str) -> str:
    """Return the name of a column in lower case without punctuation."""
    return "".join(filter(str.isalnum, name.lower()))


def find_columns(names: Collection[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field that has one among `names`.

    `chosen` maps fields to the columns of the operator; an empty column is none. Otherwise the name
    that is first in `FIELDS` wins.
    """
    by_plain_name = {plain(name): name for name in reversed(list(names))}
    found = {}
    for field, usual_names in FIELDS.items():
        if field in chosen:
            candidates = [chosen[field]] if chosen[field] in names else []
        else:
            candidates = [by_plain_name[each] for each in usual_names if each in by_plain_name]
        if candidates:
            found[field] = candidates[0]
    return found


def require_columns(
    required: Collection[str], names: Collection[str], *, chosen: Mapping[str, str], where: str
) -> dict[str, str]:
    """Return the column of each field; raise `UnusableSource` if a required one is missing.

    A column that the operator chose is required, too; an empty choice means that there is none,
    except for the email.
    """
    available = f"{where} {_list(names)}"
    for field, column in chosen.items():
        if column and column not in names:
            raise UnusableSource(f"there is no column {column} for {field}: {available}")
    found = find_columns(names, chosen)
    for field in required:
        if field not in found and (field not in chosen or field == "email"):
            raise UnusableSource(
                f"no column looks like {field}. Name it with --map {field}=COLUMN: {available}"
            )
    return found


def _list(names: Collection[str]) -> str:
    """Return the names, unless they are cells of a user, one of which may be a hash."""
    if any("@" in name for name in names):
        return "contains an email address, and no names of columns"
    return f"has: {', '.join(names)}"
