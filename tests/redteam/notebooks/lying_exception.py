# Tries: raises an exception that lies about its type, its text and its traceback.
# Loses: kl 5
class Slippery(BaseException):
    def __str__(self):
        raise Slippery()

    __repr__ = __str__

    @property
    def __traceback__(self):
        while True:
            pass


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        raise Slippery()
