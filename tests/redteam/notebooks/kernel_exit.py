# Tries: ends the kernel in the middle, and shuts it down through IPython.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return torch.ones(len(mu))


# In[9]:
import os
get_ipython().kernel.do_shutdown(False)
get_ipython().ask_exit()
os._exit(0)
