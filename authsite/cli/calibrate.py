"""`authsite calibrate`: measure this machine and propose the costs of a password hash."""

import functools
import re

import click
from argon2.exceptions import HashingError

from authsite.cli.errors import CommandError
from authsite.cli.options import example, json_option
from authsite.cli.output import format_json
from authsite.passwords.calibration import (
    MIN_COSTS,
    Costs,
    Measure,
    TargetMissed,
    TooLittleMemory,
    cost_of_guessing,
    measure_here,
    propose_costs,
)
from authsite.passwords.cores import available_cores

#: The hasher computes as many at once, unless the settings say otherwise.
CORES = available_cores()

_TARGET = re.compile(r"([1-9][0-9]{0,4})(ms|s)")
_SECONDS = {"ms": 0.001, "s": 1.0}
_MEMORY = re.compile(r"([1-9][0-9]{0,8})(KiB|MiB|GiB)")
_KIB = {"KiB": 1, "MiB": 1024, "GiB": 1024**2}
_MIB_PER_CORE = 32


def _parse_seconds(text: str) -> float:
    match = _TARGET.fullmatch(text)
    if match is None:
        raise click.BadParameter("Enter a time such as 250ms or 1s.")
    return int(match[1]) * _SECONDS[match[2]]


def _parse_kib(text: str) -> int:
    match = _MEMORY.fullmatch(text)
    if match is None:
        raise click.BadParameter("Enter a size such as 64MiB or 1GiB.")
    return int(match[1]) * _KIB[match[2]]


@click.command(epilog=example("calibrate --target 250ms --memory 64MiB"))
@click.option(
    "--target",
    type=_parse_seconds,
    default="250ms",
    show_default=True,
    metavar="TIME",
    help="How long a hash may take: 250ms, 1s.",
)
@click.option(
    "--memory",
    type=_parse_kib,
    default=f"{CORES * _MIB_PER_CORE}MiB",
    show_default=f"{_MIB_PER_CORE}MiB per core",
    metavar="SIZE",
    help="Memory for all hashes together, one on each core: 64MiB, 1GiB.",
)
@json_option
def calibrate(target: float, memory: int, as_json: bool) -> None:
    """Measure this machine and propose Argon2id parameters.

    Prints lines for the ini file, and what they mean for sign-ins and for an attacker. Needs no
    ini file.
    """
    measure = functools.partial(measure_here, at_once=CORES)
    click.echo(propose(measure, CORES, target=target, memory=memory, as_json=as_json), nl=False)


def propose(measure: Measure, cores: int, *, target: float, memory: int, as_json: bool) -> str:
    """Return the proposal for a machine; `target` in seconds, `memory` in KiB for all cores."""
    try:
        costs, seconds = propose_costs(measure, target=target, memory=memory // cores)
    except TooLittleMemory:
        minimum = cores * MIN_COSTS[-1].memory
        raise CommandError(f"{cores} hashes at once need at least --memory {minimum}KiB") from None
    except HashingError as error:
        raise CommandError(f"this machine cannot compute such a hash: {error}") from error
    except TargetMissed as missed:
        raise CommandError(
            f"a hash takes at least {_milliseconds(missed.seconds)} here, with the smallest "
            f"parameters allowed (m={missed.costs.memory}, t={missed.costs.passes}); pass a higher "
            f"--target than {_milliseconds(target)}"
        ) from None
    format_proposal = _format_json if as_json else _format_ini
    return format_proposal(costs, seconds=seconds, cores=cores)


def _format_ini(costs: Costs, *, seconds: float, cores: int) -> str:
    together = costs.memory * cores / 1024
    return (
        f"authsite.passwords.time_cost = {costs.passes}\n"
        f"authsite.passwords.memory_cost = {costs.memory}\n"
        "authsite.passwords.parallelism = 1\n"
        f"# A hash takes {_milliseconds(seconds)} while {cores} are computed at once, in "
        f"{together:g} MiB together: {cores / seconds:.1f} sign-ins a second on this machine.\n"
        f"# {cost_of_guessing(costs, seconds=seconds)}\n"
    )


def _format_json(costs: Costs, *, seconds: float, cores: int) -> str:
    return format_json(
        {
            "time_cost": costs.passes,
            "memory_cost": costs.memory,
            "parallelism": 1,
            "hashes_at_once": cores,
            "seconds": round(seconds, 4),
            "sign_ins_per_second": round(cores / seconds, 1),
            "cost_of_guessing": cost_of_guessing(costs, seconds=seconds),
        }
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
