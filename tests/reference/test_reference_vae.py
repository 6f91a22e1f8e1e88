"""The worked solution against torch.distributions and against numerical integration."""

from __future__ import annotations

import inspect
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from grader.vae import spec
from reference.vae import VAE

ROOT = Path(__file__).resolve().parents[2]
NUM_DRAWS = 20_000
STANDARD_ERRORS = 5


@pytest.fixture
def vae() -> VAE:
    torch.manual_seed(0)
    return VAE(obs_dim=7, latent_dim=3, hidden_dim=11).double()


@pytest.fixture
def narrow() -> VAE:
    """A model with one latent dimension, so that expectations over z can be integrated."""
    torch.manual_seed(1)
    model = VAE(obs_dim=4, latent_dim=1, hidden_dim=8).double()
    with torch.no_grad():
        model.linear3.weight.mul_(3)  # or theta would hardly depend on z
        model.linear4.weight.mul_(4)
    return model


def normal_quadrature() -> tuple[torch.Tensor, torch.Tensor]:
    """Nodes [60, 1] and weights [60] of an integral over N(0, 1), by Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return torch.from_numpy(nodes)[:, None], torch.from_numpy(weights / weights.sum())


def log_likelihood(vae: VAE, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    return Independent(Bernoulli(vae.decoder(z)), 1).log_prob(x)


def assert_average_is(draws: torch.Tensor, expected: torch.Tensor) -> None:
    """The mean over rows lies within a few standard errors of what is expected."""
    standard_error = draws.std(dim=0) / len(draws) ** 0.5
    assert ((draws.mean(dim=0) - expected).abs() <= STANDARD_ERRORS * standard_error).all()


def test_class_is_the_class_cell_of_the_solved_notebook() -> None:
    notebook = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", as_version=4)
    [cell] = [cell.source for cell in notebook.cells if cell.source.startswith("class VAE")]
    assert inspect.getsource(VAE).rstrip("\n") == cell


def test_constructor_is_the_one_of_the_assignment() -> None:
    _, *parameters = inspect.signature(VAE.__init__).parameters.values()
    assert tuple(parameter.name for parameter in parameters) == spec.CONSTRUCTOR
    assert parameters[-1].default == spec.DEFAULT_HIDDEN_DIM


def test_layers_are_those_of_the_assignment() -> None:
    sizes = {"D": 7, "L": 3, "H": 11}
    expected = {layer.name: (sizes[layer.inputs], sizes[layer.outputs]) for layer in spec.LAYERS}
    layers = VAE(7, 3, 11).named_children()
    assert {name: (layer.in_features, layer.out_features) for name, layer in layers} == expected


@pytest.mark.parametrize("method", [task.method for task in spec.TASKS], ids=lambda m: m.name)
def test_signature_docstring_and_block_are_those_of_the_assignment(method: spec.Method) -> None:
    function = getattr(VAE, method.name)
    names = [name for name, _ in method.parameters]
    assert list(inspect.signature(function).parameters) == ["self", *names]

    before, returns = inspect.getdoc(function).split("Returns:\n")
    arguments = before.split("Args:\n")[1]
    symbols = {"B": "batch_size", "D": "obs_dim", "L": "latent_dim", "N": "num_samples"}
    for section, entries in ((arguments, method.parameters), (returns, method.returns)):
        for name, shape in entries:
            described = section.split(f"    {name}: ")[1].split(": ")[0]
            written = f"[{', '.join(symbols[symbol] for symbol in shape)}]" if shape else "int"
            assert written in described

    lines = [line.strip() for line in inspect.getsource(function).rstrip().splitlines()]
    assert lines.count(spec.BLOCK_MARK) == 2
    assert lines[-1] == spec.BLOCK_MARK
    assert lines[lines.index(spec.BLOCK_MARK) + 1] == spec.BLOCK_TEXT


def test_encoder_feeds_one_hidden_layer_to_two_linear_heads(vae: VAE) -> None:
    x = torch.rand(5, 7, dtype=torch.double)
    hidden = (x @ vae.linear1.weight.T + vae.linear1.bias).clamp(min=0)
    mu, logsigma = vae.encoder(x)
    torch.testing.assert_close(mu, hidden @ vae.linear21.weight.T + vae.linear21.bias)
    torch.testing.assert_close(logsigma, hidden @ vae.linear22.weight.T + vae.linear22.bias)
    assert (logsigma < 0).any()


def test_decoder_ends_in_a_sigmoid(vae: VAE) -> None:
    z = torch.randn(5, 3, dtype=torch.double)
    hidden = (z @ vae.linear3.weight.T + vae.linear3.bias).clamp(min=0)
    logits = hidden @ vae.linear4.weight.T + vae.linear4.bias
    torch.testing.assert_close(vae.decoder(z), 1 / (1 + torch.exp(-logits)))


def test_samples_have_the_moments_of_the_posterior(vae: VAE) -> None:
    mu = torch.tensor([0.0, 3.0, -2.0]).expand(NUM_DRAWS, 3)
    logsigma = torch.tensor([0.0, 1.0, -1.5]).expand(NUM_DRAWS, 3)
    noise = (vae.sample_with_reparam(mu, logsigma) - mu) / torch.exp(logsigma)
    assert_average_is(noise, torch.zeros(3))
    assert_average_is(noise**2, torch.ones(3))
    assert_average_is(noise**4, torch.full((3,), 3.0))
    assert_average_is(noise * noise.roll(1, dims=1), torch.zeros(3))
    assert_average_is(noise * noise.roll(1, dims=0), torch.zeros(3))


def test_samples_are_differentiable_in_mean_and_log_std(vae: VAE) -> None:
    mu = torch.randn(4, 3, requires_grad=True)
    logsigma = torch.randn(4, 3, requires_grad=True)
    z = vae.sample_with_reparam(mu, logsigma)
    z.sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones(4, 3))
    torch.testing.assert_close(logsigma.grad, (z - mu).detach())


finite_rows = st.lists(
    st.tuples(st.floats(-20, 20), st.floats(-6, 3), st.floats(-20, 20), st.floats(-6, 3)),
    min_size=1,
    max_size=4,
)


@given(rows=finite_rows)
def test_kl_divergence_agrees_with_torch(rows: list[tuple[float, ...]]) -> None:
    table = torch.tensor(rows, dtype=torch.double)
    mu, logsigma = table[:, ::2], table[:, 1::2]
    standard = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    expected = kl_divergence(Independent(Normal(mu, logsigma.exp()), 1), standard)
    torch.testing.assert_close(VAE(1, 2).kl_divergence(mu, logsigma), expected)


def test_elbo_is_likelihood_less_divergence_at_the_sampled_z(
    vae: VAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.bernoulli(torch.full((6, 7), 0.4, dtype=torch.double))
    z = torch.randn(6, 3, dtype=torch.double)
    monkeypatch.setattr(vae, "sample_with_reparam", lambda mu, logsigma: z)
    expected = log_likelihood(vae, x, z) - vae.kl_divergence(*vae.encoder(x))
    torch.testing.assert_close(vae.elbo(x), expected)


def test_elbo_is_right_on_average_and_a_lower_bound(narrow: VAE) -> None:
    x = torch.tensor([[0.0, 1.0, 1.0, 0.0]], dtype=torch.double)
    nodes, weights = normal_quadrature()
    with torch.no_grad():
        mu, logsigma = narrow.encoder(x)
        on_posterior = log_likelihood(narrow, x, mu + logsigma.exp() * nodes)
        expected = weights @ on_posterior - narrow.kl_divergence(mu, logsigma)
        evidence = torch.log(weights @ log_likelihood(narrow, x, nodes).exp())
        estimates = narrow.elbo(x.expand(NUM_DRAWS, 4))
    assert_average_is(estimates, expected)
    assert estimates.std() > 0
    assert expected < evidence


def test_every_layer_is_trained_by_the_elbo(vae: VAE) -> None:
    x = torch.bernoulli(torch.full((6, 7), 0.5, dtype=torch.double))
    (-vae.elbo(x)).mean(-1).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in vae.parameters())


def test_generated_pixels_are_binary_with_the_right_frequencies(narrow: VAE) -> None:
    nodes, weights = normal_quadrature()
    with torch.no_grad():
        theta = narrow.decoder(nodes)
        x = narrow.sample(NUM_DRAWS)
    assert x.shape == (NUM_DRAWS, 4)
    assert ((x == 0) | (x == 1)).all()
    assert_average_is(x, weights @ theta)
    pairs = (x * x.roll(1, dims=1), theta * theta.roll(1, dims=1))
    assert_average_is(pairs[0], weights @ pairs[1])  # pixels of an image share one z


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_everything_stays_on_the_gpu() -> None:
    vae = VAE(7, 3, 11).to("cuda")
    x = vae.sample(5)
    assert x.is_cuda
    assert vae.elbo(x).is_cuda
