# Tries: is called after a formula, a script and a terminal escape, as its author's name will be.
# Loses: nothing
# File: =HYPERLINK("x")<img src=x onerror=alert(1)>\x1b[31m\u202e.ipynb
class VAE(Honest):
    pass
