"""What the other products are told: the PSA's verbs, its wire, the one road to the network, and a PSA that runs."""
