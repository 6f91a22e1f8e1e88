"""Nodes are spoken to over TLS with certificates, or on loopback; everything else is refused."""

from __future__ import annotations

import datetime
import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.course.cluster.clusters import cluster
from tests.course.courses import ROOT, command, handed_in, results


def certificates(folder: Path) -> dict[str, str]:
    """Make an authority's certificate and one that it signed; returns Dask's configuration."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder.mkdir()
    now = datetime.datetime.now(datetime.timezone.utc)

    def made(name: str, issuer: Any, signer: Any) -> tuple[Any, Any]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(
                x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True
            )
        )
        return builder.sign(signer or key, hashes.SHA256()), key

    authority, authority_key = made("course", None, None)
    own, own_key = made("node", authority.subject, authority_key)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "cert.pem").write_bytes(own.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        own_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    configuration = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(folder / "ca.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        configuration[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(folder / "cert.pem")
        configuration[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(folder / "key.pem")
    return configuration


def grade(handed: Path, out: Path, environment: dict[str, str], *options: str) -> Any:
    import os
    import subprocess

    return subprocess.run(
        command(handed, out, "--no-run", *options),
        capture_output=True,
        text=True,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
def test_a_course_is_graded_over_tls_and_not_without_the_right_certificate(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right", "wrong_elbo"])
    known, strange = certificates(tmp_path / "known"), certificates(tmp_path / "strange")
    tls = ("--protocol", "tls", "--host", "127.0.0.1")
    with cluster(tmp_path / "dask", 1, tls, known) as dask:
        refused = grade(handed, tmp_path / "no", strange, "--dask", str(dask.file))
        bare = grade(handed, tmp_path / "no", {}, "--dask", str(dask.file))
        done = grade(handed, tmp_path / "out", known, "--dask", str(dask.file))
    assert (refused.returncode, bare.returncode) == (1, 1)
    assert "or none that knows your certificate" in " ".join(refused.stderr.split())
    assert "tls:// needs certificates" in " ".join(bare.stderr.split())
    assert "Traceback" not in refused.stderr + bare.stderr
    assert done.returncode == 0, done.stderr + dask.log()
    assert [one["points"] for one in results(tmp_path / "out").values()] == [60.0, 45.0]


def test_a_scheduler_that_listens_everywhere_is_refused(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right"])
    with cluster(tmp_path / "dask", 0, ()) as dask:
        done = grade(handed, tmp_path / "out", {}, "--dask", str(dask.file))
    assert done.returncode == 2, done.stderr
    assert "open to everyone on its network" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_a_node_that_listens_everywhere_leaves(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right"])
    with cluster(tmp_path / "dask", 1) as dask:
        dask.add_node(host=None)
        done = grade(handed, tmp_path / "out", {}, "--dask", str(dask.file))
        told = " ".join(done.stderr.split())
        if "can't grade" not in told:  # the other node was there first
            dask.nannies.pop(0).kill()
            done = grade(handed, tmp_path / "out", {}, "--regrade", "--dask", str(dask.file))
            told = " ".join(done.stderr.split())
    assert "open to everyone on its network" in told
    assert "start its worker with --host 127.0.0.1" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--dask", "tcp://192.0.2.1:8786"), "open to everyone on its network"),
        (("--dask", "local:1", "--trust"), "--trust doesn't go with --dask"),
        (("--dask", "local:1", "--shard", "1/2"), "give one"),
        (("--dask", "nothing.json"), "There is no file nothing.json"),
    ],
)
def test_what_can_not_be_is_refused_at_once(
    options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    handed = handed_in(tmp_path / "in", ["right"])
    done = grade(handed, tmp_path / "out", {}, *options)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


@pytest.mark.slow
def test_where_nobody_listens_it_is_said(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = grade(handed, tmp_path / "out", {}, "--dask", f"tcp://127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"there is no scheduler at tcp://127.0.0.1:{port}" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
