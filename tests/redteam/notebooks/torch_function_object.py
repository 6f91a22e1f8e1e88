# Tries: returns an object that answers every function of torch as it likes.
# Loses: kl 5
class Agreeable:
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

    shape = torch.Size([7])


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return Agreeable()
