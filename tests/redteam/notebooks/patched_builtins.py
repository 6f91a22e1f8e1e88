# Tries: replaces the builtins that a comparison may lean on.
# Loses: kl 5
import builtins


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        builtins.all = builtins.any = lambda *a, **k: True
        builtins.abs = builtins.max = builtins.float = lambda *a, **k: 0.0
        return torch.ones(len(mu))
