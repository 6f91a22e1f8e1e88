# Tries: spoils what is global in torch: seeds, thread counts, printing, anomaly detection.
# Loses: nothing
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        torch.manual_seed(0)
        np.random.seed(0)
        torch.set_num_threads(64)
        torch.set_printoptions(precision=1)
        torch.autograd.set_detect_anomaly(True)
        torch.manual_seed = np.random.seed = lambda *a, **k: None
        return super().kl_divergence(mu, logsigma)
