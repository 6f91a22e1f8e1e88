"""Learning platforms: how each names what it hands out, and what it takes back."""
