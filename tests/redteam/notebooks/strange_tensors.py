# Tries: returns sparse, meta, quantised, complex and nested tensors.
# Loses: kl 5, decoder 10, reparam 10
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        if len(mu) == 7:
            return torch.ones(7).to_sparse()
        return torch.quantize_per_tensor(torch.ones(len(mu)), 0.1, 0, torch.quint8)

    def decoder(self, z):
        return torch.ones(len(z), 6, device="meta")

    def sample_with_reparam(self, mu, logsigma):
        return torch.complex(mu, mu)
