"""The worked solution of the assignment: a variational autoencoder for binary images.

The text of the class is the class cell of ``vae_solved.ipynb``, letter for letter, so it is written
as students see it: without annotations, and with the marked blocks that the template leaves empty.
Formulas follow Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), sections 2 and 3 and
appendices B and C.
"""

# mypy: allow-untyped-defs

import torch
import torch.nn as nn
import torch.nn.functional as F  # noqa: N812 - the name that the notebook gives it


class VAE(nn.Module):
    def __init__(self, obs_dim, latent_dim, hidden_dim=100):
        """Create the trainable layers. This method is given.

        Args:
            obs_dim: Number D of observed dimensions, int
            latent_dim: Number L of latent dimensions, int
            hidden_dim: Number H of hidden units in the encoder and in the decoder, int
        """
        super().__init__()
        self.latent_dim = latent_dim
        # The encoder: one hidden layer, then one head for each posterior parameter
        self.linear1 = nn.Linear(obs_dim, hidden_dim)
        self.linear21 = nn.Linear(hidden_dim, latent_dim)
        self.linear22 = nn.Linear(hidden_dim, latent_dim)
        # The decoder: one hidden layer, then the likelihood parameters
        self.linear3 = nn.Linear(latent_dim, hidden_dim)
        self.linear4 = nn.Linear(hidden_dim, obs_dim)

    def encoder(self, x):
        """Compute the parameters of the approximate posterior q(z | x), row by row.

        Args:
            x: Observations, shape [batch_size, obs_dim]

        Returns:
            mu: Posterior means, shape [batch_size, latent_dim]
            logsigma: Logarithms of the posterior standard deviations,
                shape [batch_size, latent_dim]
        """
        ##########################################################
        # YOUR CODE HERE
        hidden = F.relu(self.linear1(x))
        return self.linear21(hidden), self.linear22(hidden)
        ##########################################################

    def sample_with_reparam(self, mu, logsigma):
        """Draw one z from q(z | x) for each row, differentiably in mu and logsigma.

        Args:
            mu: Posterior means, shape [batch_size, latent_dim]
            logsigma: Logarithms of the posterior standard deviations,
                shape [batch_size, latent_dim]

        Returns:
            z: Posterior samples, one per row, shape [batch_size, latent_dim]
        """
        ##########################################################
        # YOUR CODE HERE
        noise = torch.randn_like(mu)
        return mu + torch.exp(logsigma) * noise
        ##########################################################

    def decoder(self, z):
        """Compute the parameters of the likelihood p(x | z), row by row.

        Args:
            z: Latent variables, shape [batch_size, latent_dim]

        Returns:
            theta: Bernoulli parameters, each in (0, 1), shape [batch_size, obs_dim]
        """
        ##########################################################
        # YOUR CODE HERE
        hidden = F.relu(self.linear3(z))
        return torch.sigmoid(self.linear4(hidden))
        ##########################################################

    def kl_divergence(self, mu, logsigma):
        """Compute KL(q(z | x) || p(z)) in closed form for each row, with p(z) = N(0, I).

        Args:
            mu: Posterior means, shape [batch_size, latent_dim]
            logsigma: Logarithms of the posterior standard deviations,
                shape [batch_size, latent_dim]

        Returns:
            kl: KL divergences, one per row, shape [batch_size]
        """
        ##########################################################
        # YOUR CODE HERE
        variance = torch.exp(2 * logsigma)
        return 0.5 * (mu**2 + variance - 1 - 2 * logsigma).sum(dim=-1)
        ##########################################################

    def elbo(self, x):
        """Estimate the evidence lower bound of each row with a single posterior sample.

        Args:
            x: Binary observations, shape [batch_size, obs_dim]

        Returns:
            elbo: ELBO estimates, one per row, shape [batch_size]
        """
        ##########################################################
        # YOUR CODE HERE
        mu, logsigma = self.encoder(x)
        theta = self.decoder(self.sample_with_reparam(mu, logsigma))
        cross_entropy = F.binary_cross_entropy(theta, x, reduction="none")
        return -cross_entropy.sum(dim=-1) - self.kl_divergence(mu, logsigma)
        ##########################################################

    def sample(self, num_samples):
        """Generate new observations: z from the prior, then x from the likelihood given z.

        Args:
            num_samples: Number of observations to generate, int

        Returns:
            x: Generated binary observations, shape [num_samples, obs_dim]
        """
        ##########################################################
        # YOUR CODE HERE
        weight = self.linear3.weight  # the samples belong on its device
        z = torch.randn(num_samples, self.latent_dim, device=weight.device, dtype=weight.dtype)
        return torch.bernoulli(self.decoder(z))
        ##########################################################
