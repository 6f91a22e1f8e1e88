# Tries: makes double precision the default of all tensors.
# Loses: nothing
torch.set_default_dtype(torch.float64)


class VAE(Honest):
    torch.set_default_dtype(torch.float64)
