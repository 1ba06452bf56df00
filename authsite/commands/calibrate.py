"""`authsite calibrate`: measure this machine, and propose what a password's hash may cost."""

import argparse
import functools
import os
import re
import sys

from argon2.exceptions import HashingError

from authsite.commands.as_json import add_json, as_json
from authsite.commands.not_done import NotDone
from authsite.passwords.calibration import (
    LEAST,
    Costs,
    Measure,
    TargetMissed,
    TooLittleMemory,
    cost_of_guessing,
    measure_here,
    propose_costs,
)

HELP = "measure this machine and propose Argon2id parameters for it; needs no ini file"

#: The hasher computes as many at once, unless the settings say otherwise.
CORES = os.cpu_count() or 1

_HERE = functools.partial(measure_here, at_once=CORES)
_TARGET = re.compile(r"([1-9][0-9]{0,4})(ms|s)")
_SECONDS = {"ms": 0.001, "s": 1.0}
_MEMORY = re.compile(r"([1-9][0-9]{0,8})(KiB|MiB|GiB)")
_KIB = {"KiB": 1, "MiB": 1024, "GiB": 1024**2}
_MEMORY_A_CORE = 32 * 1024


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command take two limits and a form for its answer."""
    command.add_argument(
        "--target",
        type=_seconds,
        default=0.25,
        metavar="TIME",
        help="how long a hash may take: 250ms (the default), 1s",
    )
    command.add_argument(
        "--memory",
        type=_kib,
        default=CORES * _MEMORY_A_CORE,
        metavar="SIZE",
        help="what all hashes may take together, one on each core: 64MiB, 1GiB; "
        "32MiB a core by default",
    )
    add_json(command)


def run(asked: argparse.Namespace, *, measure: Measure = _HERE, cores: int = CORES) -> int:
    """Print the lines for the ini file, and what they mean for the site and for an attacker."""
    try:
        costs, seconds = propose_costs(measure, target=asked.target, memory=asked.memory // cores)
    except TooLittleMemory:
        least = cores * LEAST[-1].memory
        raise NotDone(f"{cores} hashes at once need at least --memory {least}KiB") from None
    except HashingError as error:
        raise NotDone(f"this machine cannot compute such a hash: {error}") from error
    except TargetMissed as missed:
        raise NotDone(
            f"a hash cannot take less than {_milliseconds(missed.seconds)} here: that is what the "
            f"smallest parameters allowed take, m={missed.costs.memory} t={missed.costs.passes}; "
            f"{_milliseconds(asked.target)} was asked for"
        ) from None
    tell = _as_json if asked.json else _as_ini
    sys.stdout.write(tell(costs, seconds=seconds, cores=cores))
    return 0


def _as_ini(costs: Costs, *, seconds: float, cores: int) -> str:
    together = costs.memory * cores / 1024
    return (
        f"authsite.passwords.time_cost = {costs.passes}\n"
        f"authsite.passwords.memory_cost = {costs.memory}\n"
        "authsite.passwords.parallelism = 1\n"
        f"# A hash takes {_milliseconds(seconds)} while {cores} are computed at once, in "
        f"{together:g} MiB together: {cores / seconds:.1f} sign-ins a second on this machine.\n"
        f"# {cost_of_guessing(costs, seconds=seconds)}\n"
    )


def _as_json(costs: Costs, *, seconds: float, cores: int) -> str:
    answer = {
        "time_cost": costs.passes,
        "memory_cost": costs.memory,
        "parallelism": 1,
        "hashes_at_once": cores,
        "seconds": round(seconds, 4),
        "sign_ins_per_second": round(cores / seconds, 1),
        "cost_of_guessing": cost_of_guessing(costs, seconds=seconds),
    }
    return as_json(answer)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _seconds(text: str) -> float:
    match = _TARGET.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError("must be a time such as 250ms or 1s")
    return int(match[1]) * _SECONDS[match[2]]


def _kib(text: str) -> int:
    match = _MEMORY.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError("must be a size such as 64MiB or 1GiB")
    return int(match[1]) * _KIB[match[2]]
