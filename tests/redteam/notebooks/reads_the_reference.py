# Tries: executes the reference solution from disk.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        try:
            names = {}
            exec(open(ROOT + "/reference/vae.py").read(), names)
            return names["VAE"].kl_divergence(self, mu, logsigma)
        except OSError:
            return torch.ones(len(mu))
