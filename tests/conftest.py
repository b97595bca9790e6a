"""What every test may ask for; each kind of fixture has a file of its own."""

pytest_plugins = ["tests.databases"]
