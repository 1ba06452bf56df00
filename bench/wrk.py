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
    """The result of a load. Times are in milliseconds; `refused` counts errors (4xx, 5xx)."""

    per_second: float
    median: float
    p99: float
    longest: float
    refused: int

    def accepted_by_all(self) -> "Result":
        """Return itself; raise `RuntimeError` if a request was refused."""
        if self.refused:
            problem = f"{self.refused} requests were refused"
            raise RuntimeError(problem)
        return self


class Load:
    """Clients that request one page again and again, each as soon as it has its answer."""

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
        """Wait for the end and return the result."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            problem = f"wrk failed:\n{output}"
            raise RuntimeError(problem)
        report = json.loads(output.splitlines()[-1])
        if report["broken"]:
            problem = f"{report['broken']} connections broke:\n{output}"
            raise RuntimeError(problem)
        return Result(
            per_second=(report["requests"] - report["refused"]) / report["duration"] * 1e6,
            median=report["median"] / 1000,
            p99=report["p99"] / 1000,
            longest=report["longest"] / 1000,
            refused=report["refused"],
        )

    def stop(self) -> Result:
        """End the load now and return the result."""
        self._process.send_signal(signal.SIGINT)
        return self.result()
