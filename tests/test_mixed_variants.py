"""Errors in several methods of one class: each is charged where it was made, and there alone."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, notebook_with

LOGITS = {
    "decoder": """
        def decoder(self, z):
            return self.linear4(F.relu(self.linear3(z)))
        """,
    "sample": """
        def sample(self, num_samples):
            logits = self.decoder(torch.randn(num_samples, self.latent_dim))
            return torch.bernoulli(logits.sigmoid())
        """,
}
LOSS_OF_LOGITS = """
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        a = self.decoder(self.sample_with_reparam(mu, logsigma))
        nll = F.binary_cross_entropy_with_logits(a, x, reduction='none').sum(1)
        return -nll - self.kl_divergence(mu, logsigma)
    """
NO_RELU = """
    def decoder(self, z):
        return self.linear4(self.linear3(z))
    """
LOG_SIGMOIDS = """
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        a = self.decoder(self.sample_with_reparam(mu, logsigma))
        seen = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)
        return seen.sum(-1) - self.kl_divergence(mu, logsigma)
    """
SOFTPLUS = """
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        a = self.decoder(self.sample_with_reparam(mu, logsigma))
        return (x * a - F.softplus(a)).sum(1) - self.kl_divergence(mu, logsigma)
    """
PLAIN = """
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        theta = self.decoder(self.sample_with_reparam(mu, logsigma))
        nll = F.binary_cross_entropy(theta, x, reduction='none').sum(1)
        return -nll - self.kl_divergence(mu, logsigma)
    """
AVERAGE = """
    def elbo(self, x):
        mu, logsigma = self.encoder(x)
        theta = self.decoder(self.sample_with_reparam(mu, logsigma))
        total = -F.binary_cross_entropy(theta, x, reduction='sum')
        return (total - self.kl_divergence(mu, logsigma)) / len(x)
    """
LOG_VARIANCE = {
    "reparam": """
        def sample_with_reparam(self, mu, logsigma):
            return mu + torch.exp(0.5 * logsigma) * torch.randn_like(mu)
        """,
    "kl": """
        def kl_divergence(self, mu, logsigma):
            return 0.5 * (mu ** 2 + torch.exp(logsigma) - 1 - logsigma).sum(1)
        """,
}
SUMMED = {
    "reparam": """
        def sample_with_reparam(self, mu, logsigma):
            return mu + torch.exp(2 * logsigma) * torch.randn_like(mu)
        """,
    "kl": """
        def kl_divergence(self, mu, logsigma):
            return 0.5 * (mu ** 2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum()
        """,
}


@pytest.mark.parametrize(
    ("methods", "lost"),
    [
        (LOGITS | {"elbo": LOSS_OF_LOGITS}, set()),
        (LOGITS | {"elbo": LOG_SIGMOIDS}, set()),
        (LOGITS | {"decoder": NO_RELU, "elbo": LOSS_OF_LOGITS}, set()),
        (LOGITS | {"elbo": SOFTPLUS, "kl": LOG_VARIANCE["kl"]}, set()),
        (LOG_VARIANCE | {"elbo": PLAIN}, set()),
        (SUMMED | {"elbo": AVERAGE}, {"elbo.per_sample"}),
    ],
    ids=["loss_of_logits", "log_sigmoids", "no_relu", "softplus", "log_variance", "summed"],
)
def test_a_caller_that_is_right_with_its_helpers_loses_its_own_errors_alone(
    methods: dict[str, str], lost: set[str], examine_notebook: Examine
) -> None:
    variants = [
        Variant(task, task, right=False, why="", code=dedent(code).strip())
        for task, code in methods.items()
    ]
    tasks = frozenset(methods) | {"elbo", "sample"}
    found = lost_checks(examine_notebook(notebook_with(*variants), tasks))
    assert {check for check in found if check.startswith(("elbo.", "sample."))} == lost, found
    for task in set(methods) - {"elbo", "sample"}:
        assert any(check.startswith(f"{task}.") for check in found)
