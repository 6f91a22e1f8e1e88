"""How the statements of all tasks are held."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracle.bound_calls import BOUND_CALLS
from tests.oracle.bound_draws import BOUND_DRAWS
from tests.oracle.bound_formulas import BOUND_FORMULAS
from tests.oracle.bound_slopes import BOUND_SLOPES
from tests.oracle.divergence_facts import DIVERGENCE_FACTS
from tests.oracle.divergences import FORMULAS
from tests.oracle.draw_facts import DRAW_FACTS
from tests.oracle.draws import PLACES
from tests.oracle.images import PIXELS
from tests.oracle.latents import LATENTS
from tests.oracle.layers import LAYERS
from tests.oracle.network_rows import NETWORK_ROWS
from tests.oracle.statements import Oracle

_NETWORK: Oracle = {**LAYERS, **NETWORK_ROWS}
ORACLES: Mapping[str, Oracle] = {
    "encoder": _NETWORK,
    "decoder": _NETWORK,
    "kl": {**FORMULAS, **DIVERGENCE_FACTS},
    "reparam": {**PLACES, **DRAW_FACTS},
    "elbo": {**BOUND_DRAWS, **BOUND_CALLS, **BOUND_SLOPES, **BOUND_FORMULAS},
    "sample": {**PIXELS, **LATENTS},
}
"""For each task the statements that can be held, by name."""
