"""`authsite calibrate`: what an operator reads, for machines that are made up and for this one."""

import argparse
import configparser
import json

import pytest
from argon2.exceptions import HashingError

from authsite.commands import calibrate, main
from authsite.commands.not_done import NotDone
from authsite.passwords.calibration import Costs
from authsite.settings.parsers import number


def answer(capsys, *arguments: str, a_mib_takes: float = 0.001, cores: int = 2) -> str:
    """Return what is printed on a machine that needs so many seconds for a pass over 1 MiB."""
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)

    def measure(costs: Costs) -> float:
        return costs.memory / 1024 * costs.passes * a_mib_takes

    asked = parser.parse_args(arguments)
    assert calibrate.run(asked, measure=measure, cores=cores) == 0
    return capsys.readouterr().out


def test_the_answer_can_be_put_into_an_ini_file(capsys):
    ini = configparser.ConfigParser()
    ini.read_string(f"[app:main]\n{answer(capsys, '--memory', '64MiB')}")
    assert dict(ini["app:main"]) == {
        "authsite.passwords.time_cost": "7",
        "authsite.passwords.memory_cost": "32768",
        "authsite.passwords.parallelism": "1",
    }


def test_the_answer_says_what_it_means_for_the_site_and_for_an_attacker(capsys):
    said = answer(capsys, "--memory", "64MiB", "--target", "100ms")
    assert (
        "# A hash takes 96 ms while 2 are computed at once, in 64 MiB together: 20.8 sign-ins a "
        "second on this machine."
    ) in said
    assert "m=32768, t=3, p=1 a hash takes 96 ms of one core" in said
    assert "cost 0.3 core-years" in said


def test_json_says_the_same(capsys):
    said = json.loads(answer(capsys, "--json", "--memory", "76MiB", "--target", "1s", cores=4))
    assert "m=19456, t=52, p=1" in said.pop("cost_of_guessing")
    assert said == {
        "time_cost": 52,
        "memory_cost": 19_456,
        "parallelism": 1,
        "hashes_at_once": 4,
        "seconds": 0.988,
        "sign_ins_per_second": 4.0,
    }


@pytest.mark.parametrize(
    ("memory", "cost"), [("65536KiB", 32_768), ("64MiB", 32_768), ("1GiB", 256_000)]
)
def test_a_size_has_a_unit(capsys, memory, cost):
    said = json.loads(answer(capsys, "--json", "--memory", memory))
    assert said["memory_cost"] == cost


def test_what_a_machine_cannot_do_is_told(capsys):
    with pytest.raises(NotDone, match=r"cannot take less than 350 ms here.* m=7168 t=5; 250 ms"):
        answer(capsys, a_mib_takes=0.01)
    with pytest.raises(NotDone, match="64 hashes at once need at least --memory 458752KiB"):
        answer(capsys, "--memory", "447MiB", cores=64)


def test_it_needs_no_ini_file_and_measures_this_machine(capsys):
    """At most a hundred passes over 7 MiB, in whatever time."""
    assert main(["calibrate", "--target", "999s", "--memory", f"{calibrate.CORES * 7}MiB"]) == 0
    assert "memory_cost = 7168\n" in capsys.readouterr().out


def test_who_asks_too_much_of_this_machine_is_told(capsys):
    assert main(["calibrate", "--target", "1ms"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("authsite: a hash cannot take less than ")


def test_a_hash_that_no_memory_is_left_for_is_told(capsys):
    def measure(_costs):
        raise HashingError("Memory allocation error")

    with pytest.raises(NotDone, match="cannot compute such a hash: Memory allocation error"):
        calibrate.run(argparse.Namespace(target=1.0, memory=10**6, json=False), measure=measure)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--target", "250"],
        ["--target", "0ms"],
        ["--target", "1h"],
        ["--memory", "64MB"],
        ["--memory", "0MiB"],
        ["--memory", "many"],
        ["site.ini"],
    ],
)
def test_who_asks_wrongly_is_told_how_to_ask(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["calibrate", *arguments])
    assert end.value.code == 2
    assert "usage: authsite" in capsys.readouterr().err


def test_the_settings_take_what_is_proposed(capsys):
    said = json.loads(
        answer(capsys, "--json", "--memory", "64GiB", "--target", "99s", a_mib_takes=1e-7)
    )
    assert (said["time_cost"], said["memory_cost"]) == (100, 4_194_304)
    assert number(8, 4_194_304)(str(said["memory_cost"])) == said["memory_cost"]
