"""`python -m bench`: measure everything in one run and compare it with the figures wanted."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure, as_markdown, as_text, write_json, write_markdown
from bench.machine import describe_machine
from bench.measures import (
    cpu,
    footprint,
    history,
    importing,
    look_up,
    mail,
    pages,
    processes,
    purge,
    purge_postgresql,
    shortcuts,
    sign_ins,
    throttles,
)
from bench.run import Run
from bench.server import ROOT

MEASURES = {
    "cpu": cpu,
    "shortcuts": shortcuts,
    "pages": pages,
    "processes": processes,
    "sign-ins": sign_ins,
    "throttles": throttles,
    "mail": mail,
    "history": history,
    "look-up": look_up,
    "purge": purge,
    "purge-postgresql": purge_postgresql,
    "import": importing,
    "footprint": footprint,
}
PAGE = ROOT / "docs" / "performance.md"
RESULT = Path(__file__).with_name("result.json")


def main() -> int:
    """Return 0 when every wanted figure is met, 1 when one is not, 2 when nothing was measured."""
    args = _arguments()
    for needed, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(needed) is None:
            print(f"{needed} is missing. To get it on Debian: sudo apt-get install {package}")
            return 2
    with tempfile.TemporaryDirectory(prefix="authsite-bench-") as folder:
        run = Run(
            folder=Path(folder),
            rounds=2 if args.quick else args.rounds,
            seconds=1 if args.quick else args.seconds,
            cores=tuple(sorted(os.sched_getaffinity(0))),
            quick=args.quick,
        )
        machine = describe_machine(run)
        figures: list[Figure] = []
        for name in args.only or MEASURES:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += MEASURES[name].measure(run)
    print(as_text(figures))
    if args.only or args.quick:
        print(f"Not the whole suite, so {PAGE.name} stays as it is.", file=sys.stderr)
    else:
        write_json(RESULT, machine, figures)
        write_markdown(PAGE, as_markdown(machine, figures))
    return int(any(figure.met is False for figure in figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=MEASURES, metavar="NAME", help=", ".join(MEASURES)
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each load takes its turn")
    parser.add_argument("--seconds", type=int, default=3, help="how long each load lasts")
    parser.add_argument("--quick", action="store_true", help="rough figures in a minute or two")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
