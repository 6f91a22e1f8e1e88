"""The desk as a process of its own, as `grade desk` starts it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """A desk that listens: its process, and the address that it has printed."""

    process: subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        """The address without the secret."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def client(self) -> httpx.Client:
        """Return a client that has opened the desk."""
        client = httpx.Client(base_url=self.origin, headers={"origin": self.origin}, timeout=60)
        client.get(self.address, follow_redirects=True).raise_for_status()
        return client


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Start the desk on a folder, and end it afterwards."""
    command = [sys.executable, "-m", "grader", "desk", str(folder), "--no-browser", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout:
        try:
            found = None
            while found is None:
                line = process.stdout.readline()
                assert line, "the desk has ended"
                found = re.search(r"http://\S+", line)
            yield Running(process, found[0])
        finally:
            process.kill()
            process.wait()
