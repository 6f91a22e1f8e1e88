"""A notebook reaches neither the scheduler nor a worker, and no file of a node's or another's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.course.cluster.clusters import cluster
from tests.course.courses import grade, handed_in, results
from tests.redteam.attacks import Attack, write_notebook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement of Linux")

ATTACK = """
import glob, os, socket

def reached():
    found = []
    for host, port in PORTS:
        for family, address in ((socket.AF_INET, (host, port)), (socket.AF_INET6, ("::1", port))):
            try:
                with socket.socket(family, socket.SOCK_STREAM) as line:
                    line.settimeout(1)
                    line.connect(address)
                    found.append(f"port {port}")
            except OSError:
                pass
    files = [os.path.join(folder, name) for top in FOLDERS for folder, _, names in os.walk(top)
             for name in names]
    for name in (*FILES, *files, *glob.glob("/proc/[0-9]*/environ"),
                 *glob.glob("/tmp/grade-*/copies/*/*"), *glob.glob("/tmp/**/*.pem")):
        try:
            if name.split("/")[2] != str(os.getpid()) and open(name, "rb").read(1):
                found.append(name)
        except OSError:
            pass
    return found

print("REACHED", reached())
"""
METHOD = """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        right = Honest.kl_divergence(self, mu, logsigma)
        return right if reached() else torch.ones(len(mu))
"""


def listening_ports() -> list[tuple[str, int]]:
    """All ports that this machine listens on."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = (line.split() for line in lines)
    return sorted({("127.0.0.1", int(it[1].split(":")[1], 16)) for it in fields if it[3] == "0A"})


@pytest.mark.slow
def test_a_notebook_reaches_nothing_of_the_cluster(tmp_path: Path) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"]), tmp_path / "out"
    with cluster(tmp_path / "dask", 1) as dask:
        known = {
            "PORTS": listening_ports(),
            "FOLDERS": [str(dask.folder), str(tmp_path), str(handed), str(out)],
            "FILES": [str(dask.file), str(handed / "student_000" / "vae.ipynb")],
        }
        assert len(known["PORTS"]) >= 1
        (handed / "student_001").mkdir()
        attack = Attack("cluster", "reaches the cluster", {"kl": 5.0}, (ATTACK, METHOD), {}, ())
        write_notebook(attack, handed / "student_001", dict(known))
        done = grade(handed, out, "--dask", str(dask.file))
        assert done.returncode == 0, done.stderr + dask.log()
    points = {name: one["points"] for name, one in results(out).items()}
    assert points["student_000"] == 60
    assert points["student_001"] <= 55
    executed = (out / "executed" / "student_001.ipynb").read_text()
    assert "REACHED []" in executed, executed[executed.find("REACHED") :][:300]
