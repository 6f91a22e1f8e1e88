# Tries: claims its points in the notebook's metadata, with a kernel that runs a command.
# Loses: kl 5
# Metadata: {"points": 60, "grade": {"kl": 5}, "kernelspec": {"name": "sh", "argv": ["/bin/sh", "-c", "kill -9 -1"], "display_name": "<script>alert(1)</script>"}, "language_info": {"name": "=cmd|' /C calc'!A0"}}
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return torch.ones(len(mu))
