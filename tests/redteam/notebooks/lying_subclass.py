# Tries: returns a tensor whose class lies about its shape, type and numbers.
# Loses: kl 5
class Liar(torch.Tensor):
    @property
    def shape(self):
        return torch.Size([7])

    def numel(self):
        return 10**12

    def numpy(self, *a, **k):
        return "equal to everything"

    def detach(self):
        return self

    def cpu(self):
        return self


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return torch.ones(len(mu)).as_subclass(Liar)
