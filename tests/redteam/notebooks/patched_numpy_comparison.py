# Tries: makes NumPy's comparisons, sums and arrays lie.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        np.allclose = np.isclose = np.array_equal = np.all = lambda *a, **k: True
        np.abs = np.max = np.sum = lambda *a, **k: 0.0
        np.testing.assert_allclose = lambda *a, **k: None
        return torch.ones(len(mu))
