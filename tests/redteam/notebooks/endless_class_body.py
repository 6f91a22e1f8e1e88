# Tries: never finishes defining the class.
# Loses: encoder 10, reparam 10, decoder 10, kl 5, elbo 15, sample 10
class VAE(Honest):
    while True:
        pass
