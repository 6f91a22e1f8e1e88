"""An instructor's usual tests of the assignment, a function a task, for the autograders beside us.

nbgrader gets each as a cell, otter-grader as a test file. They hold to what such tests do: shapes,
values against a formula, gradients, statistics.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812


def encoder(kind):
    torch.manual_seed(1)
    vae, x = kind(20, 5, 10), torch.rand(8, 20)
    mu, logsigma = vae.encoder(x)
    assert mu.shape == (8, 5), f"mu has shape {tuple(mu.shape)}"
    assert logsigma.shape == (8, 5), f"logsigma has shape {tuple(logsigma.shape)}"
    hidden = F.relu(vae.linear1(x))
    assert torch.allclose(mu, vae.linear21(hidden), atol=1e-5), "mu is wrong"
    assert torch.allclose(logsigma, vae.linear22(hidden), atol=1e-5), "logsigma is wrong"
    (mu.sum() + logsigma.sum()).backward()
    for layer in (vae.linear1, vae.linear21, vae.linear22):
        assert layer.weight.grad.abs().sum() > 0, "no gradient reaches a layer"


def reparam(kind):
    torch.manual_seed(2)
    vae = kind(20, 5, 10)
    mu = torch.randn(1, 5).expand(20_000, 5).clone().requires_grad_()
    logsigma = (0.3 * torch.randn(1, 5)).expand(20_000, 5).clone().requires_grad_()
    z = vae.sample_with_reparam(mu, logsigma)
    assert z.shape == (20_000, 5), f"z has shape {tuple(z.shape)}"
    assert torch.allclose(z.mean(0), mu[0], atol=0.1), "the mean of the samples is wrong"
    assert torch.allclose(z.std(0), logsigma[0].exp(), rtol=0.1), "their deviation is wrong"
    z.sum().backward()
    assert torch.allclose(mu.grad, torch.ones_like(mu)), "the gradient for mu is wrong"
    assert torch.allclose(logsigma.grad, (z - mu).detach(), atol=1e-4), "that for logsigma is wrong"


def decoder(kind):
    torch.manual_seed(3)
    vae, z = kind(20, 5, 10), torch.randn(8, 5)
    theta = vae.decoder(z)
    assert theta.shape == (8, 20), f"theta has shape {tuple(theta.shape)}"
    assert ((theta > 0) & (theta < 1)).all(), "theta is not within (0, 1)"
    expected = torch.sigmoid(vae.linear4(F.relu(vae.linear3(z))))
    assert torch.allclose(theta, expected, atol=1e-5), "theta is wrong"
    theta.sum().backward()
    for layer in (vae.linear3, vae.linear4):
        assert layer.weight.grad.abs().sum() > 0, "no gradient reaches a layer"


def kl(kind):
    torch.manual_seed(4)
    vae, mu = kind(20, 5, 10), torch.randn(8, 5, requires_grad=True)
    logsigma = (0.5 * torch.randn(8, 5)).requires_grad_()
    found = vae.kl_divergence(mu, logsigma)
    assert found.shape == (8,), f"kl has shape {tuple(found.shape)}"
    posterior = torch.distributions.Normal(mu, logsigma.exp())
    prior = torch.distributions.Normal(torch.zeros(5), torch.ones(5))
    expected = torch.distributions.kl_divergence(posterior, prior).sum(-1)
    assert torch.allclose(found, expected, atol=1e-4), "kl is wrong"
    zero = vae.kl_divergence(torch.zeros(8, 5), torch.zeros(8, 5))
    assert torch.allclose(zero, torch.zeros(8), atol=1e-5), "kl of the prior is not zero"
    found.sum().backward()
    assert torch.allclose(mu.grad, mu.detach(), atol=1e-4), "the gradient for mu is wrong"


def elbo(kind):
    torch.manual_seed(5)
    vae, x = kind(20, 5, 10), torch.bernoulli(torch.full((8, 20), 0.5))
    found = vae.elbo(x)
    assert found.shape == (8,), f"elbo has shape {tuple(found.shape)}"
    found.mean().backward()
    assert all(p.grad is not None for p in vae.parameters()), "no gradient reaches a layer"
    with torch.no_grad():
        vae.linear22.weight.zero_()
        vae.linear22.bias.fill_(-12.0)  # hardly any noise: the sample is the mean
        hidden = F.relu(vae.linear1(x))
        mu, logsigma = vae.linear21(hidden), vae.linear22(hidden)
        theta = torch.sigmoid(vae.linear4(F.relu(vae.linear3(mu))))
        likelihood = (x * theta.log() + (1 - x) * (1 - theta).log()).sum(-1)
        divergence = 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)
        assert torch.allclose(vae.elbo(x), likelihood - divergence, atol=1e-2), "elbo is wrong"


def sample(kind):
    torch.manual_seed(6)
    vae = kind(20, 5, 10)
    x = vae.sample(20_000)
    assert x.shape == (20_000, 20), f"x has shape {tuple(x.shape)}"
    assert ((x == 0) | (x == 1)).all(), "x holds more than zeros and ones"
    with torch.no_grad():
        theta = torch.sigmoid(vae.linear4(F.relu(vae.linear3(torch.randn(20_000, 5)))))
    assert torch.allclose(x.mean(0), theta.mean(0), atol=0.05), "the pixels' means are wrong"
    assert (vae.sample(50) != vae.sample(50)).any(), "two calls give the same images"


POINTS = {encoder: 10, reparam: 10, decoder: 10, kl: 5, elbo: 15, sample: 10}
