# Tries: changes its own weights and the inputs, so that the question fits its answer.
# Loses: decoder 10
class VAE(Honest):
    def decoder(self, z):
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            z.zero_()
        return torch.full((len(z), self.linear4.out_features), 0.5)
