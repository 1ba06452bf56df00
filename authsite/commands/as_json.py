"""Answering as JSON, for the programs of an operator."""

import argparse
import json
from datetime import datetime
from typing import Any


def add_json(command: argparse.ArgumentParser) -> None:
    """Let the command be asked for its answer as JSON."""
    command.add_argument("--json", action="store_true", help="answer as JSON")


def as_json(answer: Any) -> str:
    """Return the answer as people can read it, too; times are in ISO 8601."""
    return f"{json.dumps(answer, indent=2, ensure_ascii=False, default=datetime.isoformat)}\n"


def as_json_line(answer: Any) -> str:
    """Return the same in one line, for what is read line by line."""
    return f"{json.dumps(answer, ensure_ascii=False, default=datetime.isoformat)}\n"
