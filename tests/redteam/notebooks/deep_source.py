# Tries: overflows whoever walks the source, with an expression nested by operators.
# Loses: nothing
# Deep: - 20000
class VAE(Honest):
    pass
