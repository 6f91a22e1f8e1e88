"""The cases that show what is lost in each task, by its id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grader.kit.example import Cases
from grader.vae.decoder import examples as decoder
from grader.vae.elbo import examples as elbo
from grader.vae.encoder import examples as encoder
from grader.vae.kl import examples as kl
from grader.vae.reparam import examples as reparam
from grader.vae.sample import examples as sample

EXAMPLES: Mapping[str, Cases] = MappingProxyType(
    {
        "encoder": encoder.cases,
        "reparam": reparam.cases,
        "decoder": decoder.cases,
        "kl": kl.cases,
        "elbo": elbo.cases,
        "sample": sample.cases,
    }
)
