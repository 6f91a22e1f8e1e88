"""What a file is, by its content alone."""

from __future__ import annotations

import io
import json
import pickle
import plistlib
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.submission.kinds import Kind, kind_of

ROOT = Path(__file__).parents[2]
NOTEBOOK = {"metadata": {}, "nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]}
TEXT = json.dumps(NOTEBOOK)


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("vae.ipynb"))
    return made.getvalue()


CONFLICT = '{"cells": [\n<<<<<<< HEAD\n{},\n=======\n{"a": 1}\n>>>>>>> other\n]}'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT.encode(), Kind.NOTEBOOK),
        (b"\xef\xbb\xbf\r\n" + TEXT.encode(), Kind.NOTEBOOK),
        (TEXT.encode("utf-16"), Kind.NOTEBOOK),
        (TEXT.encode("utf-16-le"), Kind.NOTEBOOK),
        (TEXT.encode("utf-32"), Kind.NOTEBOOK),
        (TEXT.encode()[:-20], Kind.NOTEBOOK),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', Kind.NOTEBOOK),
        (b'{"a": 1}', Kind.JSON),
        (b"[1, 2]", Kind.JSON),
        (b"[build-system]\n", Kind.TEXT),
        (CONFLICT.encode(), Kind.CONFLICT),
        (CONFLICT.replace("\n", "\r\n").encode(), Kind.CONFLICT),
        (b"import torch\nclass VAE:\n    pass\n", Kind.SCRIPT),
        (b"# coding: latin-1\nx = '\xe9'\n", Kind.SCRIPT),
        ("# In[1]:\nx = 1".encode("utf-16"), Kind.SCRIPT),
        (b"", Kind.EMPTY),
        (b"\0" * 4000, Kind.EMPTY),
        (b"\xef\xbb\xbf \n", Kind.EMPTY),
        (b"---\njupyter:\n  jupytext:\n---\n\n```python\nimport torch\n```\n", Kind.MARKDOWN),
        (b"---\ntitle: x\nkernelspec:\n  name: x\n---\n# My VAE\nimport torch\n", Kind.MARKDOWN),
        (b"My VAE\n\n```{code-cell} ipython3\nclass VAE:\n    pass\n```\n", Kind.MARKDOWN),
        (b"# My VAE\r\n\r\nDear Sir, here is my work.", Kind.MARKDOWN),
        (b"import torch\n\ndef f():\n    '''\n```python\nf()\n```\n'''\n", Kind.SCRIPT),
        (b"# %% [markdown]\n# # My VAE\n\n# %%\nimport torch\n", Kind.SCRIPT),
        (b"Dear Sir, here is my work.", Kind.TEXT),
        (b"\n<!DOCTYPE html>\n<html><head></head></html>", Kind.WEB_PAGE),
        (b"<?xml version='1.0'?><!-- saved --><html lang='en'>", Kind.WEB_PAGE),
        (b"From: <Saved by Blink>\r\n", Kind.WEB_PAGE),
        (b"[InternetShortcut]\r\nURL=https://x", Kind.LINK),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3", Kind.PDF),
        (b"{\\rtf1 x}", Kind.OFFICE),
        (zipped(**{"[Content_Types].xml": "x"}), Kind.OFFICE),
        (zipped(**{"vae.ipynb": TEXT}), Kind.ZIP),
        (zipped(), Kind.ZIP),
        (zipped(**{"vae/data.pkl": "x"}), Kind.SAVED),
        (pickle.dumps([1]), Kind.SAVED),
        (tarred(), Kind.ARCHIVE),
        (b"\x1f\x8b\x08\0", Kind.ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c\0", Kind.ARCHIVE),
        (b"Rar!\x1a\x07\x01\0", Kind.ARCHIVE),
        (b"\x89PNG\r\n", Kind.PICTURE),
        (b"\0\x05\x16\x07\0\x02", Kind.MAC),
        (plistlib.dumps({"WebMainResource": {}}, fmt=plistlib.FMT_BINARY), Kind.WEB_PAGE),
        (plistlib.dumps({"NSURLNameKey": "vae.ipynb"}, fmt=plistlib.FMT_BINARY), Kind.ICLOUD),
        (plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY), Kind.MAC),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", Kind.POINTER),
        (bytes(range(128, 256)) * 9, Kind.UNKNOWN),
    ],
)
def test_a_kind_is_told_by_content(data: bytes, kind: Kind) -> None:
    assert kind_of(data) is kind


def test_the_projects_own_files_are_known() -> None:
    assert kind_of((ROOT / "student_template/vae.ipynb").read_bytes()) is Kind.NOTEBOOK
    for path in (ROOT / "grader").rglob("*.py"):
        assert kind_of(path.read_bytes()) in (Kind.SCRIPT, Kind.TEXT), path


def test_words_about_files_are_no_signatures() -> None:
    """What a notebook's texts mention doesn't make it another kind of file."""
    words = "%PDF- <html> [InternetShortcut] \n<<<<<<< a\n=======\n>>>>>>> b"
    made = {**NOTEBOOK, "metadata": {"title": words}}
    assert kind_of(json.dumps(made).encode()) is Kind.NOTEBOOK


@given(data=st.binary(max_size=300))
def test_any_bytes_have_a_kind(data: bytes) -> None:
    assert isinstance(kind_of(data), Kind)
