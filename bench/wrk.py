"""The load generator: wrk, by Will Glozer, from Debian."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.server import HOST, Server, pinned

SCRIPT = Path(__file__).with_name("wrk.lua")
_LONG = 3600


@dataclass(frozen=True)
class Result:
    """What came of a load. Times are in milliseconds; `refused` were answered with an error."""

    per_second: float
    median: float
    p99: float
    longest: float
    refused: int

    def accepted_by_all(self) -> "Result":
        """Return itself; a page that is refused is a mistake of the benchmark."""
        if self.refused:
            problem = f"{self.refused} requests were refused"
            raise RuntimeError(problem)
        return self


class Load:
    """Clients that ask for one page again and again, each as soon as it has its answer."""

    def __init__(
        self,
        server: Server,
        path: str,
        *,
        clients: int,
        core: int | None,
        seconds: int = _LONG,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        cookies: Path | None = None,
    ) -> None:
        sent = {"Host": HOST, **(headers or {})}
        command = [*pinned(core), "wrk", "--latency", f"-c{clients}", "-t1", f"-d{seconds}"]
        command += ["--timeout", "30", "-s", str(SCRIPT)]
        for name, value in sent.items():
            command += ["-H", f"{name}: {value}"]
        variables = {"BENCH_BODY": body, "BENCH_COOKIES": cookies and str(cookies)}
        self._process = subprocess.Popen(
            [*command, f"http://127.0.0.1:{server.port}{path}"],
            env=os.environ | {name: text for name, text in variables.items() if text},
            stdout=subprocess.PIPE,
            text=True,
        )

    def result(self) -> Result:
        """Wait for the end and return what came of it."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            problem = f"wrk failed:\n{output}"
            raise RuntimeError(problem)
        said = json.loads(output.splitlines()[-1])
        if said["broken"]:
            problem = f"{said['broken']} connections broke:\n{output}"
            raise RuntimeError(problem)
        return Result(
            per_second=(said["requests"] - said["refused"]) / said["duration"] * 1e6,
            median=said["median"] / 1000,
            p99=said["p99"] / 1000,
            longest=said["longest"] / 1000,
            refused=said["refused"],
        )

    def stop(self) -> Result:
        """End it now and return what came of it."""
        self._process.send_signal(signal.SIGINT)
        return self.result()
