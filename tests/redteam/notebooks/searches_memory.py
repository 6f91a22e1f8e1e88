# Tries: asks the garbage collector for arrays that look like the expected value.
# Loses: kl 5
import gc


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        gc.unfreeze()
        for thing in gc.get_objects():
            for value in [thing, *gc.get_referents(thing)[:50]]:
                if isinstance(value, np.ndarray) and value.shape == (len(mu),):
                    return torch.as_tensor(value)
        return torch.ones(len(mu))
