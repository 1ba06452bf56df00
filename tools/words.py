"""Refuse words for which the project has another term, in code, templates and docs."""

import re
import subprocess
import sys
from pathlib import Path

BANNED = re.compile(
    r"""
    (?<![a-z0-9])(?:
        strangers? | whoever | somebody | nobody | errands? | journals? | couriers?
        | mend(?:s|ed|ing)?
        | sweep(?:s|er|ers|ing)? | freez(?:e|es|ing) | froze | unfreezes? | (?:un)?frozen | anew
        | held[ _-]up | log(?:ged|ging)?[ -]in(?:to)? | log[_-]?ins? | simply | easily
    )(?![a-z0-9])
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: The words of OWASP's log events, of Python, SMTP, SQL and PgBouncer, of Django's tables, and of
#: the wiki2 tutorial.
ALLOWED = re.compile(
    r"authn_login\w*|\bfrozen=True|\bfrozen dataclass|\.login\b|\blogin[:=]|\bif login:"
    r"|\bPLAIN, LOGIN\b|\bROLE \{?\w+\}? LOGIN\b|\bserver_login_retry\b"
    r"|\blast_login\b|\bjournal_mode\b"
    r"|['/]login['\"]|\blogin\.jinja2\b|\bdef login\(|>Login<"
)
#: Passwords, and files about former names.
EXCEPT = {
    "common_passwords.txt",
    "former_names.py",
    "former_version.py",
    "test_renaming_migration.py",
}
SEARCHED = ("authsite", "bench", "docs", "examples", "tests", "README.md", "CHANGES.md")


def banned_words() -> list[str]:
    """Return where each banned word stands, as `file:line: word`, in files known to git."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *SEARCHED], capture_output=True, text=True, check=True
    )
    found = []
    for name in listed.stdout.splitlines():
        path = Path(name)
        if path.suffix not in {".py", ".md", ".jinja2", ".html", ".txt", ".css"}:
            continue
        if path.name in EXCEPT:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            words = BANNED.findall(ALLOWED.sub("", line))
            found += [f"{name}:{number}: {word}" for word in words]
    return found


if __name__ == "__main__":
    found = banned_words()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
