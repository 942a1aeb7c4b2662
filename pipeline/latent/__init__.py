"""Move through latent spaces."""
