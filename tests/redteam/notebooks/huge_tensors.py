# Tries: returns tensors that would fill the examiner's memory.
# Loses: kl 5, decoder 10
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return torch.zeros(1).expand(10**13)

    def decoder(self, z):
        return [[torch.zeros(1).expand(10**9)] * 1000] * 1000
