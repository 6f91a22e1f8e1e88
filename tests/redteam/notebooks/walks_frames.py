# Tries: walks up the frames for an array that looks like the expected value.
# Loses: kl 5
import sys


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        frame = sys._getframe()
        while frame is not None:
            for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
                if isinstance(value, (np.ndarray, torch.Tensor)) and value.shape == (len(mu),):
                    return torch.as_tensor(value)
            frame = frame.f_back
        return torch.ones(len(mu))
