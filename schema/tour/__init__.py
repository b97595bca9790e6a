"""The whole job, step by step, as any HTTP client would do it: for newcomers, for the documentation, for tests."""
