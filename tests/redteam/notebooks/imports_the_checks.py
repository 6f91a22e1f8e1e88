# Tries: imports the grader's own formulas.
# Loses: kl 5
import importlib
import sys


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        sys.path.insert(0, ROOT)
        for name in ("grader.vae.expected", "grader.vae.checks", "reference.vae", "grader"):
            try:
                module = importlib.import_module(name)
                return torch.as_tensor(module.kl(mu.detach().numpy(), logsigma.detach().numpy()))
            except Exception:
                pass
        return torch.ones(len(mu))
