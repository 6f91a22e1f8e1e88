"""Prints, as JSON, the layers that this machine enforces.

It is started as ``python -m grader.candidate.confinement``.
"""

from __future__ import annotations

import json

from grader.candidate import confinement

if __name__ == "__main__":
    print(json.dumps(confinement.layers()))
