"""The desk as a process: many at once, killed at any moment, ended by Ctrl-C."""

from __future__ import annotations

import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.decisions import write
from grader.decisions.read import read_decisions
from grader.desk.serve import listen
from tests.desk.desk_process import running
from tests.made_course import assignment_rubric, make_course

EDITED = 40
EACH = 80
KILLS = 20

EDITOR = """
import os, random, sys, time
from pathlib import Path
path, count = Path(sys.argv[1]), int(sys.argv[2])
for number in range(count):
    while True:
        before = path.read_bytes() if path.exists() else b""
        time.sleep(random.random() / 50)  # somebody types
        line = f"- {{student: s001, target: kl, comment: editor {number}}}  # mine\\n"
        new = path.with_name(".overrides.yaml.swp")
        new.write_bytes(before + line.encode())
        if (path.read_bytes() if path.exists() else b"") == before:
            os.replace(new, path)
            break
"""


def send(client: httpx.Client, comment: str, student: str = "s002") -> bool:
    """Send a decision; returns whether the desk says that it is written."""
    fields = {"student": student, "target": "kl", "comment": comment}
    answer = client.post("/decide", data=fields)
    return answer.status_code == 303 and "said=decided" in answer.headers["location"]


def comments(folder: Path) -> list[str]:
    return [decision.comment for decision in read_decisions(folder, assignment_rubric())]


@pytest.mark.slow
def test_two_browsers_and_an_editor_lose_nothing(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    said: dict[str, bool] = {}

    def browse(who: str, client: httpx.Client) -> None:
        for number in range(EACH):
            said[f"{who} {number}"] = send(client, f"{who} {number}", f"s00{number % 9 + 1}")

    with running(folder) as desk:
        threads = [
            threading.Thread(target=browse, args=(who, desk.client())) for who in ("ada", "bo")
        ]
        path = str(folder / "overrides.yaml")
        editor = subprocess.Popen([sys.executable, "-c", EDITOR, path, str(EDITED)])
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert editor.wait() == 0
        found = comments(folder)
        offered = [str(entry["comment"]) for entry in write.lost(folder)]
        if offered:  # an editor that replaces the file may do so in the very moment of a decision
            client = desk.client()
            assert f"{len(offered)} of the desk's decisions" in client.get("/").text
            client.post("/put-back")
            found = comments(folder)
    wanted = [*said, *(f"editor {number}" for number in range(EDITED))]
    assert len(wanted) == 200
    assert all(said.values())
    assert sorted(found) == sorted(wanted)
    assert (folder / "overrides.yaml").read_text().count("# mine") == EDITED
    print(f"{len(offered)} of 200 were put back")


@pytest.mark.slow
def test_killed_at_any_moment_it_keeps_what_it_has_answered(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    moments = random.Random(5)
    answered: list[str] = []
    sent: list[str] = []

    def browse(client: httpx.Client) -> None:
        try:
            while True:
                comment = secrets.token_hex(8)
                sent.append(comment)
                if send(client, comment):
                    answered.append(comment)
        except httpx.HTTPError:  # killed
            return

    for _ in range(KILLS):
        with running(folder) as desk:
            threads = [threading.Thread(target=browse, args=(desk.client(),)) for _ in range(2)]
            for thread in threads:
                thread.start()
            time.sleep(moments.uniform(0.02, 0.6))
            desk.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
        found = comments(folder)
        assert set(answered) <= set(found)
        offered = {str(entry["comment"]) for entry in write.lost(folder)}
        assert offered.isdisjoint(found)
        assert {*found, *offered} <= set(sent)
        assert len(found) == len(set(found))
    write.put_back(folder, assignment_rubric())
    assert write.lost(folder) == []
    print(f"{len(answered)} answered, {len(offered)} offered, {len(sent)} sent")


def test_it_listens_on_the_loopback_alone_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    with running(make_course(tmp_path), "--by", "Ada") as desk:
        port = int(desk.origin.rpartition(":")[2])
        assert desk.origin == f"http://127.0.0.1:{port}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            bound = [line.split()[1] for line in table if line.split()[3] == "0A"]
        assert f"0100007F:{port:04X}" in bound
        assert f"00000000:{port:04X}" not in bound
        page = desk.client().get("/").text
        assert "What Ada decides goes to" in page
        assert len(re.findall(r"secret=([\w-]+)", desk.address)[0]) >= 40
        os.kill(desk.process.pid, signal.SIGINT)
        assert desk.process.wait(timeout=20) in (0, -signal.SIGINT)


def test_a_taken_port_and_what_is_no_course_are_said(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course")
    with listen() as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(main, ["desk", str(folder), "--port", port, "--no-browser"])
    assert done.exit_code == 2
    assert f"Port {port} can't be used" in " ".join(done.output.split())
    done = CliRunner().invoke(main, ["desk", str(tmp_path), "--no-browser"])
    assert done.exit_code == 2
    assert "There is no course.json" in " ".join(done.output.split())
    (tmp_path / "file").touch()
    done = CliRunner().invoke(main, ["desk", str(tmp_path / "file"), "--no-browser"])
    assert done.exit_code == 2
    assert "file is no folder of results: give a folder that" in " ".join(done.output.split())
    done = CliRunner().invoke(main, ["desk", str(folder), "--boundaries", "x"])
    assert "--boundaries: give points with commas" in " ".join(done.output.split())


def test_the_socket_is_the_loopbacks() -> None:
    with listen() as one:
        assert one.getsockname()[0] == "127.0.0.1"
        assert one.family == socket.AF_INET
