"""A PSA that runs: what newcomers, the demo and the tests speak to. It shares no code with the client side."""
