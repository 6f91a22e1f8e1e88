# Tries: overflows the examiner's parser with a cell of nested brackets.
# Loses: nothing
# Deep: ( 150
class VAE(Honest):
    pass
