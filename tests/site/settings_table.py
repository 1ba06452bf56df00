"""The table of settings of docs/configuration.md: `python -m tests.site.settings_table`."""

from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path
from typing import Any

from authsite import durations
from authsite.settings.loader import describe_settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
_BEGIN, _END = "<!-- settings -->\n", "<!-- end of settings -->\n"


def spelled(default: Any) -> str:
    """Return the default as an ini file would say it."""
    if default is MISSING:
        return "none: must be given"
    if default in (None, ()):
        return "none"
    if isinstance(default, timedelta):
        return f"`{durations.spelled(default)}`"
    if isinstance(default, tuple):
        return f"`{', '.join(map(str, default))}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def table() -> str:
    """Return the table as the code has it."""
    lines = ["| key | environment variable | default | meaning |", "| --- | --- | --- | --- |"]
    for setting in describe_settings():
        variable = f"`{setting.variable}`"
        if setting.secret:
            variable += f" or `{setting.variable}_FILE`"
        row = [f"`{setting.key}`", variable, spelled(setting.default), setting.meaning]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def written_table() -> str:
    """Return the table as the page has it."""
    return PAGE.read_text("utf-8").partition(_BEGIN)[2].partition(_END)[0]


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
    PAGE.write_text(f"{before}{_BEGIN}{table()}{_END}{after}", "utf-8")
